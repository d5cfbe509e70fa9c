//! Versions that hold a tensor of certain bytes, whatever it is called in them.

use std::collections::HashSet;

use rusqlite::{Connection, params};
use sealkit_api::{HeldTensor, Step};
use sealkit_oci::Digest;
use sealkit_report::Known;

use super::look::Look;
use super::{Reached, label};

/// Most places of a tensor that are told of one version.
const MAX_HELD: usize = 100;

/// Every version that holds the tensor, of those that `look` may see.
pub(super) fn find(look: &mut Look<'_>, digest: &str) -> rusqlite::Result<Vec<Reached>> {
    let connection = look.connection;
    let sql = "SELECT id, repository FROM kits WHERE id IN (
          SELECT kit FROM tensor_kits WHERE file IN (SELECT file FROM tensor_digests WHERE digest = ?1)
          UNION SELECT kit FROM packed_tensors WHERE digest = ?1) ORDER BY id";
    let mut asked = connection.prepare_cached(sql)?;
    let mut rows = asked.query([digest])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        if !look.sees(row.get_ref(1)?.as_str()?) {
            continue;
        }
        let kit = row.get(0)?;
        let held = places(connection, kit, digest, 1)?;
        let Some(first) = held.first() else { continue };
        let path = path(label(connection, kit)?, first);
        found.push(Reached { kit, distance: 0, certain: true, path });
    }
    Ok(found)
}

/// Where a version holds the tensor; that there is more than is told is noted.
pub(super) fn held(
    look: &mut Look<'_>,
    kit: i64,
    digest: &str,
) -> rusqlite::Result<Vec<HeldTensor>> {
    let mut held = places(look.connection, kit, digest, MAX_HELD + 1)?;
    look.more |= held.len() > MAX_HELD;
    held.truncate(MAX_HELD);
    Ok(held)
}

/// At most `most` places of the tensor in a version, each once: what lies in a layer that is read by range goes first.
fn places(
    connection: &Connection,
    kit: i64,
    digest: &str,
    most: usize,
) -> rusqlite::Result<Vec<HeldTensor>> {
    let ranged = "SELECT path, name, layer, tensor_digests.start, tensor_digests.size
        FROM tensor_digests
        JOIN tensor_kits ON tensor_kits.file = tensor_digests.file AND tensor_kits.kit = ?2
        JOIN tensor_files ON tensor_files.id = tensor_digests.file
        WHERE tensor_digests.digest = ?1 ORDER BY path, name, tensor_digests.start LIMIT ?3";
    let packed = "SELECT path, name, layer, NULL, bytes FROM packed_tensors
        WHERE digest = ?1 AND kit = ?2 ORDER BY path, name, rowid LIMIT ?3";
    let (mut held, mut told) = (Vec::new(), HashSet::new());
    for sql in [ranged, packed] {
        let mut asked = connection.prepare_cached(sql)?;
        // What lies in both tables is counted in both.
        let limit = i64::try_from(most.saturating_mul(2)).unwrap_or(i64::MAX);
        for one in asked.query_map(params![digest, kit, limit], place)? {
            let one = one?;
            if held.len() < most && told.insert((one.file.clone(), one.name.clone())) {
                held.push(one);
            }
        }
    }
    Ok(held)
}

fn place(row: &rusqlite::Row<'_>) -> rusqlite::Result<HeldTensor> {
    let layer = row.get::<_, Option<String>>(2)?.and_then(|layer| layer.parse::<Digest>().ok());
    let (file, name) = (row.get(0)?, row.get(1)?);
    Ok(HeldTensor { file, name, layer, offset: row.get(3)?, bytes: row.get(4)? })
}

/// From the kit to its file, and from that to the tensor.
fn path(kit: String, held: &HeldTensor) -> Vec<Step> {
    let file = format!("file {}", held.file);
    let layer = held.layer.as_ref().map(|layer| format!("layer {layer}")).unwrap_or_default();
    let place = match held.offset {
        Some(from) => format!("{} bytes {from}-{}", held.file, from.saturating_add(held.bytes)),
        None => held.file.clone(),
    };
    let step = |from, to, source| {
        let relation = "contains".to_owned();
        Step { from, relation, to, known: Known::Measured, source }
    };
    vec![step(kit, file.clone(), layer), step(file, format!("tensor {}", held.name), place)]
}

//! Which versions of the hub a thing is that another version names.

use rusqlite::{Connection, OptionalExtension as _};
use sealkit_aibom::Kind;
use sealkit_report::Known;

use crate::Thing;
use crate::impact::{Bounds, Look, version};
use crate::keys::{digest_key, is_outside, model_key, tag_of, without_own_host};
use crate::read::thing_at;
use crate::write::hosts;

/// How many places of one digest are looked at.
const MAX_PLACES: Bounds = Bounds { versions: 200, each: 8 };

/// The version that a thing is, which version `own` names, as surely as can be told: by the digest of the manifest, by
/// the digest of its weights, then by its name. Datasets are no versions: they lie in one.
pub(super) fn find(
    look: &mut Look<'_>,
    own: i64,
    thing: &Thing,
) -> rusqlite::Result<Option<(i64, Known)>> {
    if !is_outside(thing.kind) && thing.kind != Kind::Other {
        return Ok(None);
    }
    for digest in &thing.digests {
        // One of the two is another than `own`.
        if let Some(kit) = look.kits(digest, 2)?.into_iter().find(|kit| *kit != own) {
            return Ok(Some((kit, Known::Measured)));
        }
    }
    for digest in &thing.digests {
        let key = format!("weights:{}", digest.to_ascii_lowercase());
        if let Some((kit, _)) =
            look.places(&key, Some(own), Bounds { versions: 1, each: 1 })?.first()
        {
            return Ok(Some((*kit, Known::Measured)));
        }
    }
    // Whoever names a digest means that one, and none that is called alike.
    if !thing.digests.is_empty() {
        return Ok(None);
    }
    let named = named(look.connection, thing)?.filter(|kit| *kit != own);
    let Some(kit) = named else { return Ok(None) };
    let may_see = look.sees(&version(look.connection, kit)?.0);
    Ok(may_see.then_some((kit, Known::Declared)))
}

/// Versions that hold the bytes of a dataset or model, other than the one that names it.
pub(super) fn holders(
    look: &mut Look<'_>,
    own: i64,
    thing: &Thing,
    most: usize,
) -> rusqlite::Result<Vec<i64>> {
    let mut found: Vec<i64> = Vec::new();
    for digest in &thing.digests {
        for (kit, at) in look.places(&digest_key(digest), Some(own), MAX_PLACES)? {
            if found.len() == most {
                return Ok(found);
            }
            let thing = thing_at(look.connection, kit, at)?;
            if thing.is_some_and(|thing| thing.kind.is_inside()) && !found.contains(&kit) {
                found.push(kit);
            }
        }
    }
    Ok(found)
}

/// The version that a name means: the one of its tag or version, else the newest of the repository.
fn named(connection: &Connection, thing: &Thing) -> rusqlite::Result<Option<i64>> {
    let own = without_own_host(&thing.name, &hosts(connection)?);
    let keys = [model_key(&thing.name), own.and_then(model_key)];
    let written = tag_of(&thing.name);
    let tag = written.or(thing.version.as_deref());
    for key in keys.into_iter().flatten() {
        let Some(repository) = key.strip_prefix("name:") else { continue };
        if let Some(tag) = tag {
            let sql = "SELECT kits.id FROM tags JOIN kits USING (repository, digest)
                WHERE tags.repository = ?1 AND tags.tag = ?2";
            let mut rows = connection.prepare_cached(sql)?;
            if let Some(kit) = rows.query_row([repository, tag], |row| row.get(0)).optional()? {
                return Ok(Some(kit));
            }
            // A tag that was written means that version or none; a version in a card may be no tag at all.
            if written.is_some() {
                continue;
            }
        }
        let sql = "SELECT id FROM kits WHERE repository = ?1 ORDER BY newest DESC, id DESC LIMIT 1";
        let mut rows = connection.prepare_cached(sql)?;
        if let Some(kit) = rows.query_row([repository], |row| row.get(0)).optional()? {
            return Ok(Some(kit));
        }
    }
    Ok(None)
}

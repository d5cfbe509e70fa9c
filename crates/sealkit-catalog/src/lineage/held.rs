//! Which versions of the hub a thing is that another version names.

use rusqlite::{Connection, OptionalExtension as _};
use sealkit_aibom::Kind;
use sealkit_report::Known;

use crate::Thing;
use crate::impact::{Look, version};
use crate::keys::{digest_key, model_key, tag_of, without_own_host};
use crate::read::thing_at;
use crate::write::hosts;

/// Most places of one digest that are looked at.
const MAX_PLACES: usize = 200;

/// The versions that a thing is, which version `own` names, the surest first: by the digest of the manifest, by
/// the digest of its weights, then by its name. Datasets are no versions: they lie in one.
pub(super) fn find(
    look: &mut Look<'_>,
    own: i64,
    thing: &Thing,
) -> rusqlite::Result<Vec<(i64, Known)>> {
    if !matches!(
        thing.kind,
        Kind::BaseModel | Kind::ExternalModel | Kind::ExternalDataset | Kind::Other
    ) {
        return Ok(Vec::new());
    }
    let (mut found, mut certain) = (Vec::new(), Vec::new());
    for digest in &thing.digests {
        certain.extend(look.kits(digest, MAX_PLACES)?);
    }
    for digest in &thing.digests {
        let key = format!("weights:{}", digest.to_ascii_lowercase());
        certain.extend(look.places(&key, Some(own), MAX_PLACES)?.into_iter().map(|(kit, _)| kit));
    }
    found.extend(certain.into_iter().map(|kit| (kit, Known::Measured)));
    // Whoever names a digest means that one, and none that is called alike.
    if thing.digests.is_empty() {
        found.extend(named(look.connection, thing)?.map(|kit| (kit, Known::Declared)));
    }
    let mut seen = Vec::new();
    for (kit, how) in found {
        let is_new = kit != own && !seen.iter().any(|(other, _)| *other == kit);
        if is_new && look.sees(&version(look.connection, kit)?.0) {
            seen.push((kit, how));
        }
    }
    Ok(seen)
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

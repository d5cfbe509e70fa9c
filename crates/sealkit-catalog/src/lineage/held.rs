//! Which versions of the hub a thing is that another version names.

use rusqlite::{Connection, OptionalExtension as _};
use sealkit_aibom::Kind;
use sealkit_report::Known;

use crate::Thing;
use crate::impact::{Bounds, Look, hosted, version};
use crate::keys::{WEIGHTS, digest_key, is_outside, model_key, tag_of, without_own_host};
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
        let key = format!("{WEIGHTS}{}", digest.to_ascii_lowercase());
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
    let named = named(look, thing)?.filter(|kit| *kit != own);
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
            if thing.is_some_and(|thing| holds(&thing)) && !found.contains(&kit) {
                found.push(kit);
            }
        }
    }
    Ok(found)
}

/// Whether it lies in the kit that lists it; a file may only be named there.
fn holds(thing: &Thing) -> bool {
    thing.kind.is_inside() && !(thing.kind == Kind::File && thing.known != Known::Measured)
}

/// The version that a name means: the one of its tag or version, else the newest of the repository.
fn named(look: &Look<'_>, thing: &Thing) -> rusqlite::Result<Option<i64>> {
    let hosts = hosts(look.connection)?;
    let own = without_own_host(&thing.name, &hosts);
    let keys = [model_key(&thing.name), own.and_then(model_key)];
    let repository = |key: &Option<String>| {
        key.as_ref().and_then(|key| key.strip_prefix("name:")).map(str::to_owned)
    };
    for repository in keys.iter().filter_map(repository) {
        if let Some(kit) = version_of(look.connection, &repository, thing)? {
            return Ok(Some(kit));
        }
    }
    // A local store has the addresses of registries, which names leave out: one that is alone is meant.
    let Some(path) = repository(&keys[0]).filter(|_| hosts.is_empty()) else { return Ok(None) };
    match hosted::of_path(look, &path)?.as_slice() {
        [one] => version_of(look.connection, one, thing),
        _ => Ok(None),
    }
}

/// The version of a repository that a thing is.
fn version_of(
    connection: &Connection,
    repository: &str,
    thing: &Thing,
) -> rusqlite::Result<Option<i64>> {
    let written = tag_of(&thing.name);
    if let Some(tag) = written.or(thing.version.as_deref()) {
        let sql = "SELECT kits.id FROM tags JOIN kits USING (repository, digest)
            WHERE tags.repository = ?1 AND tags.tag = ?2";
        let mut rows = connection.prepare_cached(sql)?;
        let found = rows.query_row([repository, tag], |row| row.get(0)).optional()?;
        // A tag that was written means that version or none; a version in a card may be no tag at all.
        if found.is_some() || written.is_some() {
            return Ok(found);
        }
    }
    let sql = "SELECT id FROM kits WHERE repository = ?1 ORDER BY newest DESC, id DESC LIMIT 1";
    let mut rows = connection.prepare_cached(sql)?;
    rows.query_row([repository], |row| row.get(0)).optional()
}

//! Versions that were made from one that is affected.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, params};
use sealkit_aibom::Kind;
use sealkit_api::Step;
use sealkit_oci::Digest;
use sealkit_report::Known;

use super::look::{Bounds, Look};
use super::{Reached, hosted, label, path, version};
use crate::keys::{
    MAYBE_WEIGHTS, WEIGHTS, digest_key, is_outside, model_key, tag_of, without_host,
};
use crate::read::thing_at;
use crate::tags::tags_of;
use crate::weights::is_empty;
use crate::write::hosts;

/// How many places of one name of a version are looked at.
const MAX_PLACES: Bounds = Bounds { versions: 10_000, each: 64 };

/// What a version is known by to those that come from it.
struct Identity {
    key: String,
    /// Why it is the same: `same-bytes-as`, `is`.
    relation: &'static str,
    known: Known,
    by: By,
}

/// What an identity goes by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// Bytes of the version.
    Bytes,
    /// A name that something outside has.
    Name,
    /// The name of its repository, which its other versions have too.
    Repository,
    /// The path of its repository without the address of the registry, which is that of other registries too.
    Path,
}

/// Names of versions whose heirs were found, so that they are not looked up again: of a thousand versions with the
/// same weights each is an heir of all others.
#[derive(Default)]
pub(crate) struct Names {
    keys: HashSet<String>,
    /// What names a repository, by the key of its name.
    named: HashMap<String, Vec<Named>>,
}

/// A thing that names a repository.
#[derive(Clone)]
struct Named {
    kit: i64,
    at: i64,
    /// The tag or version that it names.
    tag: Option<String>,
}

/// The heirs of a version that were not seen yet, of those that `look` may see.
pub(crate) fn find(
    look: &mut Look<'_>,
    reached: &Reached,
    seen: &HashSet<i64>,
    names: &mut Names,
) -> rusqlite::Result<Vec<Reached>> {
    let (mut found, mut own): (Vec<Reached>, HashSet<i64>) = (Vec::new(), HashSet::new());
    let to = label(look.connection, reached.kit)?;
    for identity in identities(look.connection, reached.kit)? {
        let is_new = names.keys.insert(identity.key.clone());
        let places = match identity.by {
            By::Repository | By::Path => {
                of_repository(look, reached.kit, (&identity, is_new), names)?
            }
            _ if is_new => {
                let places = look.places(&identity.key, Some(reached.kit), MAX_PLACES)?;
                places.into_iter().map(|(kit, at)| (kit, at, true)).collect()
            }
            _ => Vec::new(),
        };
        for (kit, at, is_meant) in places {
            if kit == reached.kit || seen.contains(&kit) || own.contains(&kit) {
                continue;
            }
            let Some(heir) = heir(look.connection, (kit, at), (reached, &identity, &to))? else {
                continue;
            };
            own.insert(kit);
            found.push(Reached { certain: heir.certain && is_meant, ..heir });
        }
    }
    Ok(found)
}

/// What names the repository of the version `kit`, and whether it surely means this version: it names one of its tags,
/// or no tag where there is no other version. What means another one by its tag is told once, as not certain: tags move.
fn of_repository(
    look: &mut Look<'_>,
    kit: i64,
    (identity, is_new): (&Identity, bool),
    names: &mut Names,
) -> rusqlite::Result<Vec<(i64, i64, bool)>> {
    let key = &identity.key;
    if is_new {
        let named = named(look, key, identity.by)?;
        names.named.insert(key.clone(), named);
    }
    let all = names.named.get(key).map(Vec::as_slice).unwrap_or_default();
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let (repository, digest) = version(look.connection, kit)?;
    let is_sure = identity.by != By::Path || is_alone(look, &repository, &digest)?;
    let tags = tags_of(look.connection, &repository, &digest.to_string())?;
    let sql = "SELECT NOT EXISTS (SELECT 1 FROM kits WHERE repository = ?1 AND id <> ?2)";
    let mut others = look.connection.prepare_cached(sql)?;
    let is_only = others.query_row(params![repository, kit], |row| row.get(0))?;
    let meant = all.iter().map(|one| {
        let is_meant = one.tag.as_ref().map_or(is_only, |tag| tags.contains(tag));
        (one.kit, one.at, is_meant)
    });
    let told = meant.filter(|(_, _, is_meant)| is_new || *is_meant);
    Ok(told.map(|(kit, at, is_meant)| (kit, at, is_meant && is_sure)).collect())
}

/// Whether a name without an address surely means this repository: no other of its path is here with another version.
/// A hub has names of its own, which others leave the address out of.
fn is_alone(look: &Look<'_>, repository: &str, digest: &Digest) -> rusqlite::Result<bool> {
    if !hosts(look.connection)?.is_empty() {
        return Ok(false);
    }
    let Some(path) = without_host(repository) else { return Ok(true) };
    let sql = "SELECT EXISTS (SELECT 1 FROM kits WHERE repository = ?1 AND digest <> ?2)";
    let mut others = look.connection.prepare_cached(sql)?;
    for other in hosted::of_path(look, path)?.iter().filter(|other| *other != repository) {
        if others.query_row(params![other, digest.to_string()], |row| row.get(0))? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What outside of kits has this name, without what names a digest: whoever does means that one, and is found by it.
fn named(look: &mut Look<'_>, key: &str, by: By) -> rusqlite::Result<Vec<Named>> {
    let mut found = Vec::new();
    for (kit, at) in look.places(key, None, MAX_PLACES)? {
        let thing = thing_at(look.connection, kit, at)?;
        let thing = thing.filter(|thing| thing.digests.is_empty() && is_outside(thing.kind));
        // Who writes the address of another registry means that one.
        let thing = thing.filter(|thing| by != By::Path || hosted::is_written(thing, key));
        let Some(thing) = thing else { continue };
        let at_address = thing.path.as_deref().and_then(tag_of);
        let tag = tag_of(&thing.name).or(at_address).map(str::to_owned).or(thing.version);
        found.push(Named { kit, at, tag });
    }
    Ok(found)
}

/// One version with the thing by which it is an heir; none where that is no such thing.
fn heir(
    connection: &Connection,
    (kit, at): (i64, i64),
    (reached, identity, to): (&Reached, &Identity, &str),
) -> rusqlite::Result<Option<Reached>> {
    let Some(thing) = thing_at(connection, kit, at)? else { return Ok(None) };
    // A kit's own name in its own AIBOM makes it no heir of its namesake elsewhere.
    if thing.kind == Kind::Kit || (identity.by != By::Bytes && !is_outside(thing.kind)) {
        return Ok(None);
    }
    let (mut path, certain) = path::to_thing(connection, kit, at)?;
    let known = identity.known.min(thing.known);
    let (relation, from) = (identity.relation.to_owned(), path::name(&thing));
    path.push(Step { from, relation, to: to.to_owned(), known, source: thing.source });
    path.extend(reached.path.iter().cloned());
    let certain = certain && reached.certain && known != Known::Inferred;
    Ok(Some(Reached { kit, distance: reached.distance + 1, certain, path }))
}

/// By its bytes first, then by what it is called.
fn identities(connection: &Connection, kit: i64) -> rusqlite::Result<Vec<Identity>> {
    let (repository, digest) = version(connection, kit)?;
    let bytes =
        |key| Identity { key, relation: "same-bytes-as", known: Known::Measured, by: By::Bytes };
    let called = |key, by| Identity { key, relation: "is", known: Known::Declared, by };
    let mut all = vec![bytes(digest_key(&digest.to_string()))];
    for (prefix, known) in [(WEIGHTS, Known::Measured), (MAYBE_WEIGHTS, Known::Inferred)] {
        let sql = "SELECT DISTINCT key FROM keys WHERE kit = ?1 AND key GLOB ?2 ORDER BY key";
        let mut weights = connection.prepare_cached(sql)?;
        for key in weights.query_map(params![kit, format!("{prefix}*")], |row| row.get(0))? {
            let key: String = key?;
            // Others may name the weights without having them.
            all.push(Identity { known, ..bytes(key.replacen(prefix, "digest:", 1)) });
        }
    }
    // Whoever has the same data was made of it, where this is a kit of data.
    let sql = "SELECT DISTINCT keys.key FROM keys JOIN things USING (kit, at)
        WHERE keys.kit = ?1 AND things.kind = 'dataset' AND key GLOB 'digest:sha256:*'
          AND NOT EXISTS (SELECT 1 FROM things WHERE kit = ?1 AND kind = 'model') ORDER BY keys.key";
    let mut data = connection.prepare_cached(sql)?;
    for key in data.query_map([kit], |row| row.get(0))? {
        let key: String = key?;
        if !is_empty(&key) {
            all.push(bytes(key));
        }
    }
    all.extend(model_key(&repository).map(|key| called(key, By::Repository)));
    let path = without_host(&repository).and_then(model_key);
    all.extend(path.map(|key| called(key, By::Path)));
    let sql = "SELECT DISTINCT keys.key FROM keys JOIN things USING (kit, at)
        WHERE keys.kit = ?1 AND things.kind = 'model'
          AND (key GLOB 'purl:pkg:huggingface/*' OR key GLOB 'purl:pkg:mlflow/*') ORDER BY keys.key";
    let mut purls = connection.prepare_cached(sql)?;
    for key in purls.query_map([kit], |row| row.get(0))? {
        all.push(called(key?, By::Name));
    }
    Ok(all)
}

//! Versions that were made from one that is affected.

use std::collections::HashSet;

use rusqlite::Connection;
use sealkit_aibom::Kind;
use sealkit_api::Step;
use sealkit_report::Known;

use super::{Reached, label, path, version};
use crate::keys::{digest_key, model_key};
use crate::read::thing_at;

/// Most heirs of one version that are looked at.
const MAX_HEIRS: i64 = 10_000;

/// What a version is known by to those that come from it.
struct Identity {
    key: String,
    /// Why it is the same: `same-bytes-as`, `is`.
    relation: &'static str,
    known: Known,
    /// Whether it is the name of something outside only.
    outside: bool,
}

/// The heirs of a version that were not seen yet. What is `known` already as a name of a version is not looked up
/// again: of a thousand versions with the same weights each is an heir of all others.
pub(crate) fn find(
    connection: &Connection,
    reached: &Reached,
    seen: &HashSet<i64>,
    known: &mut HashSet<String>,
) -> rusqlite::Result<Vec<Reached>> {
    let sql = "SELECT kit, at FROM keys WHERE key = ?1 AND kit <> ?2 ORDER BY kit, at LIMIT ?3";
    let mut rows = connection.prepare_cached(sql)?;
    let (mut found, mut own): (Vec<Reached>, HashSet<i64>) = (Vec::new(), HashSet::new());
    let to = label(connection, reached.kit)?;
    for identity in identities(connection, reached.kit)? {
        if !known.insert(identity.key.clone()) {
            continue;
        }
        let places = rows
            .query_map(rusqlite::params![identity.key, reached.kit, MAX_HEIRS], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        let places: Vec<(i64, i64)> = places.collect::<rusqlite::Result<_>>()?;
        for (kit, at) in places {
            if seen.contains(&kit) || own.contains(&kit) {
                continue;
            }
            let Some(thing) = thing_at(connection, kit, at)? else { continue };
            let outside =
                matches!(thing.kind, Kind::BaseModel | Kind::ExternalModel | Kind::ExternalDataset);
            // A kit's own name in its own AIBOM makes it no heir of its namesake elsewhere.
            if thing.kind == Kind::Kit || (identity.outside && !outside) {
                continue;
            }
            own.insert(kit);
            let (mut steps, certain) = path::to_thing(connection, kit, at)?;
            let known = identity.known.min(thing.known);
            let (relation, from) = (identity.relation.to_owned(), path::name(&thing));
            steps.push(Step { from, relation, to: to.clone(), known, source: thing.source });
            let certain = certain && reached.certain && known != Known::Inferred;
            steps.extend(reached.path.iter().cloned());
            found.push(Reached { kit, distance: reached.distance + 1, certain, path: steps });
        }
    }
    Ok(found)
}

/// By its bytes first, then by what it is called.
fn identities(connection: &Connection, kit: i64) -> rusqlite::Result<Vec<Identity>> {
    let (repository, digest) = version(connection, kit)?;
    let bytes =
        |key| Identity { key, relation: "same-bytes-as", known: Known::Measured, outside: false };
    let called = |key| Identity { key, relation: "is", known: Known::Declared, outside: true };
    let mut all = vec![bytes(digest_key(&digest.to_string()))];
    let sql = "SELECT keys.key FROM keys JOIN things USING (kit, at)
        WHERE keys.kit = ?1 AND key GLOB 'weights:*' ORDER BY keys.key";
    let mut weights = connection.prepare_cached(sql)?;
    for key in weights.query_map([kit], |row| row.get(0))? {
        let key: String = key?;
        // Others may name the weights without having them.
        all.push(bytes(key.replacen("weights:", "digest:", 1)));
    }
    all.extend(model_key(&repository).map(called));
    let sql = "SELECT DISTINCT keys.key FROM keys JOIN things USING (kit, at)
        WHERE keys.kit = ?1 AND things.kind = 'model'
          AND (key GLOB 'purl:pkg:huggingface/*' OR key GLOB 'purl:pkg:mlflow/*') ORDER BY keys.key";
    let mut purls = connection.prepare_cached(sql)?;
    for key in purls.query_map([kit], |row| row.get(0))? {
        all.push(called(key?));
    }
    Ok(all)
}

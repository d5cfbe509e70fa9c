//! Versions that contain the thing itself.

use std::collections::HashSet;

use rusqlite::Connection;
use sealkit_api::Step;
use sealkit_report::Known;

use super::look::{Bounds, Look};
use super::{Reached, kit, label, named, path, said};
use crate::keys::digest_key;
use crate::question::{DATASET_WORDS, MODEL_WORDS, PACKAGE_WORDS};
use crate::read::thing_at;
use crate::{Question, Thing};

/// How many places of a thing are looked at.
const MAX_PLACES: Bounds = Bounds { versions: 100_000, each: 1_000 };

/// Every version that contains what is asked about, of those that `look` may see.
pub(super) fn find(look: &mut Look<'_>, question: &Question) -> rusqlite::Result<Vec<Reached>> {
    let connection = look.connection;
    match question {
        Question::Digest(digest) => of_bytes(look, &digest.to_string()),
        Question::Hash(digest) => of_bytes(look, digest),
        Question::Tensor(digest) => {
            let mut found = super::tensor::find(look, digest)?;
            // A file has a digest by BLAKE3 too, where its AIBOM says so.
            let told: HashSet<i64> = found.iter().map(|one| one.kit).collect();
            let files = things(look, &[digest_key(digest)], |_| Some(true))?;
            found.extend(files.into_iter().filter(|one| !told.contains(&one.kit)));
            Ok(found)
        }
        Question::Purl(text) => named::by_purl(look, text),
        Question::Dataset(name) => named::by_name_or_kit(look, name, named::is_data, DATASET_WORDS),
        Question::Model(name) => named::by_name_or_kit(look, name, named::is_model, MODEL_WORDS),
        Question::Package(name) => {
            named::by_name_or_kit(look, name, named::is_package, PACKAGE_WORDS)
        }
        Question::Thing(name) => {
            let mut found = named::by_name(look, name, |_| true)?;
            // Whoever copies the reference of a kit puts no kind before it.
            if let Some(kit) = crate::question::as_kit(name) {
                found.extend(kit::find(look, &kit)?);
            }
            Ok(found)
        }
        Question::Kit(name) => kit::find(look, name),
        Question::Signer(name) => said::signed_by(connection, name),
        Question::Finding(rule) => said::with_finding(connection, rule),
        Question::Licence(licence) => said::licensed(look, licence),
    }
}

/// Versions that are, or hold or name, something of these bytes.
pub(super) fn of_bytes(look: &mut Look<'_>, digest: &str) -> rusqlite::Result<Vec<Reached>> {
    let mut found = kits(look.connection, "digest = ?1", &[&digest])?;
    found.extend(things(look, &[digest_key(digest)], |_| Some(true))?);
    Ok(found)
}

/// Where things with one of these keys are.
pub(super) fn places(look: &mut Look<'_>, keys: &[String]) -> rusqlite::Result<Vec<(i64, i64)>> {
    let mut found = Vec::new();
    for key in keys {
        found.extend(look.places(key, None, MAX_PLACES)?);
    }
    Ok(found)
}

/// Versions with a thing that has one of the keys and is the one that is meant, as `judge` says; none where it may
/// be. Of several of one version the first that surely is.
pub(super) fn things(
    look: &mut Look<'_>,
    keys: &[String],
    judge: impl Fn(&Thing) -> Option<bool>,
) -> rusqlite::Result<Vec<Reached>> {
    let connection = look.connection;
    let mut found: Vec<Reached> = Vec::new();
    for (kit, at) in places(look, keys)? {
        let Some(thing) = thing_at(connection, kit, at)? else { continue };
        let judged = judge(&thing);
        if judged == Some(false) {
            continue;
        }
        let surely = judged == Some(true);
        if found.last().is_some_and(|last| last.kit == kit && (last.certain || !surely)) {
            continue;
        }
        let (mut path, certain) = path::to_thing(connection, kit, at)?;
        if path.is_empty() {
            path.push(step(label(connection, kit)?, "is", &path::name(&thing), thing.known));
        }
        found.push(Reached { kit, distance: 0, certain: certain && surely, path });
    }
    Ok(found)
}

pub(super) fn kits(
    connection: &Connection,
    condition: &str,
    values: &[&dyn rusqlite::ToSql],
) -> rusqlite::Result<Vec<Reached>> {
    let sql = format!("SELECT id FROM kits WHERE {condition} ORDER BY id");
    let mut rows = connection.prepare_cached(&sql)?;
    let ids: Vec<i64> =
        rows.query_map(values, |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let reached = |kit| {
        let name = label(connection, kit)?;
        one(connection, kit, "is", &name, Known::Measured)
    };
    ids.into_iter().map(reached).collect()
}

pub(super) fn one(
    connection: &Connection,
    kit: i64,
    relation: &str,
    to: &str,
    known: Known,
) -> rusqlite::Result<Reached> {
    let path = vec![step(label(connection, kit)?, relation, to, known)];
    Ok(Reached { kit, distance: 0, certain: true, path })
}

pub(super) fn step(from: String, relation: &str, to: &str, known: Known) -> Step {
    let (relation, to) = (relation.to_owned(), to.to_owned());
    Step { from, relation, to, known, source: String::new() }
}

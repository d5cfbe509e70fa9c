//! Entries come and go.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension as _, params};
use sealkit_aibom::{Kind, RelationKind, licence_keys};
use sealkit_api::{CodeFact, Note};
use sealkit_oci::Digest;
use sealkit_report::{Known, Severity};

use crate::keys::{keys_of, licence_key};
use crate::tags::{count_facets, refresh};
use crate::{Catalog, CatalogError, Entry, tensors};

/// Seconds in the upper bits of an id, so that newer kits have higher ones; the rest tells kits of one
/// second apart.
const BITS: u32 = 20;

impl Catalog {
    /// Puts an entry in place of the one of the same repository and digest.
    pub fn put(&self, entry: &Entry) -> Result<(), CatalogError> {
        self.writing(|connection| put(connection, entry))
    }

    /// Removes the entry of a version, and what points at it. One that is not there is no error.
    pub fn remove(&self, repository: &str, digest: &Digest) -> Result<(), CatalogError> {
        let name = params![repository, digest.to_string()];
        self.writing(|connection| {
            take_out(connection, repository, digest)?;
            connection.execute("DELETE FROM tags WHERE repository = ?1 AND digest = ?2", name)?;
            connection.execute("DELETE FROM jobs WHERE repository = ?1 AND digest = ?2", name)?;
            refresh(connection, repository, None)
        })
    }
}

impl Catalog {
    /// Says under which names, `HOST` or `HOST:PORT`, the hub of this catalogue is reached: what its kits call by one
    /// of them is its own. Where that is news all versions are looked at again; true then.
    pub fn serve_as(&self, names: &[String], now: i64) -> Result<bool, CatalogError> {
        let mut names: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
        names.sort();
        names.dedup();
        self.writing(|connection| {
            if hosts(connection)? == names {
                return Ok(false);
            }
            connection.execute("DELETE FROM hosts", [])?;
            for name in &names {
                connection.execute("INSERT INTO hosts (host) VALUES (?1)", [name])?;
            }
            connection.execute(
                "INSERT INTO jobs (repository, digest, pushed, due)
                 SELECT repository, digest, pushed, ?1 FROM kits WHERE true
                 ON CONFLICT DO UPDATE SET due = min(due, excluded.due)",
                [now],
            )?;
            Ok(true)
        })
    }

    /// Removes the entry of what turned out to be no kit; its tags stay, as they are nobody else's.
    pub fn forget(&self, repository: &str, digest: &Digest) -> Result<(), CatalogError> {
        self.writing(|connection| {
            if take_out(connection, repository, digest)? {
                refresh(connection, repository, None)?;
            }
            Ok(())
        })
    }
}

/// Removes the entry of a version; false where there is none.
fn take_out(connection: &Connection, repository: &str, digest: &Digest) -> rusqlite::Result<bool> {
    let Some(id) = id_of(connection, repository, digest)? else { return Ok(false) };
    clear(connection, id)?;
    tensors::forget(connection, repository, digest, id)?;
    connection.execute("DELETE FROM kits WHERE id = ?1", [id])?;
    Ok(true)
}

/// The row of a version.
pub(crate) fn id_of(
    connection: &Connection,
    repository: &str,
    digest: &Digest,
) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT id FROM kits WHERE repository = ?1 AND digest = ?2";
    let mut found = connection.prepare_cached(sql)?;
    found.query_row(params![repository, digest.to_string()], |row| row.get(0)).optional()
}

/// Under which names the hub is reached, sorted.
pub(crate) fn hosts(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut asked = connection.prepare_cached("SELECT host FROM hosts ORDER BY host")?;
    asked.query_map([], |row| row.get(0))?.collect()
}

fn put(connection: &Connection, entry: &Entry) -> rusqlite::Result<()> {
    let id = match id_of(connection, &entry.repository, &entry.digest)? {
        Some(id) => {
            clear(connection, id)?;
            id
        }
        None => new_id(connection, entry.pushed)?,
    };
    let digest = entry.digest.to_string();
    connection.execute(
        "INSERT OR REPLACE INTO kits (id, repository, digest, pushed, size, artifact_type, title,
           description, version, parameters, problem, trust)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        params![
            id,
            entry.repository,
            digest,
            entry.pushed,
            number(entry.size),
            entry.artifact_type,
            entry.title,
            entry.description,
            entry.version,
            entry.parameters.map(number),
            entry.problem,
            entry.trust,
        ],
    )?;
    put_things(connection, id, entry)?;
    put_rest(connection, id, entry)?;
    connection.execute(
        "INSERT INTO words (rowid, text, marks) VALUES (?1, ?2, '')",
        params![id, entry.text],
    )?;
    tensors::ask(connection, &entry.repository, &entry.digest)?;
    refresh(connection, &entry.repository, Some(id))
}

fn put_things(connection: &Connection, id: i64, entry: &Entry) -> rusqlite::Result<()> {
    let mut thing_row = connection.prepare_cached(
        "INSERT INTO things (kit, at, kind, name, version, purl, path, digests, licences, known, source,
           names, versions)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?;
    let hosts = hosts(connection)?;
    let mut key_row = connection
        .prepare_cached("INSERT OR IGNORE INTO keys (key, kit, at) VALUES (?1, ?2, ?3)")?;
    let mut licences = HashSet::new();
    let holders = holders(entry);
    for (at, thing) in entry.things.iter().enumerate() {
        let holder = holders.get(&at).copied();
        let at = number(at as u64);
        thing_row.execute(params![
            id,
            at,
            thing.kind.name(),
            thing.name,
            thing.version,
            thing.purl,
            thing.path,
            thing.digests.join("\n"),
            thing.licences.join("\n"),
            known_number(thing.known),
            thing.source,
            thing.names.join("\n"),
            thing.versions.join("\n"),
        ])?;
        // Every file of a folder has its licence: the first of a kit is enough to find it by.
        let licences = thing.licences.iter().filter(|text| licences.insert(text.as_str()));
        let licences =
            licences.flat_map(|text| licence_keys(text)).filter_map(|id| licence_key(&id));
        for key in keys_of(thing, holder, &hosts).into_iter().chain(licences) {
            key_row.execute(params![key, id, at])?;
        }
    }
    let mut tie_row = connection.prepare_cached(
        "INSERT INTO ties (kit, \"from\", \"to\", kind, role, known, source)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for tie in &entry.ties {
        let (from, to) = (number(tie.from as u64), number(tie.to as u64));
        let known = known_number(tie.known);
        tie_row.execute(params![id, from, to, tie.kind.name(), tie.role, known, tie.source])?;
    }
    Ok(())
}

/// What contains each thing that something contains.
fn holders(entry: &Entry) -> HashMap<usize, Kind> {
    let holds = entry.ties.iter().filter(|tie| tie.kind == RelationKind::Contains);
    holds.filter_map(|tie| Some((tie.to, entry.things.get(tie.from)?.kind))).collect()
}

fn put_rest(connection: &Connection, id: i64, entry: &Entry) -> rusqlite::Result<()> {
    let sql = "INSERT OR IGNORE INTO facets (facet, value, kit) VALUES (?1, ?2, ?3)";
    let mut facet_row = connection.prepare_cached(sql)?;
    for (facet, value) in &entry.facets {
        facet_row.execute(params![facet.name(), value, id])?;
    }
    let sql = "INSERT INTO notes (kit, rule, severity, file, place, message)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut note_row = connection.prepare_cached(sql)?;
    for note in &entry.notes {
        let severity = severity_number(note.severity);
        let Note { rule, file, place, message, .. } = note;
        note_row.execute(params![id, rule, severity, file, place, message])?;
    }
    let sql =
        "INSERT INTO code (kit, file, what, name, place, known) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut code_row = connection.prepare_cached(sql)?;
    for CodeFact { file, what, name, place, known } in &entry.code {
        code_row.execute(params![id, file, what.name(), name, place, known_number(*known)])?;
    }
    let sql = "INSERT INTO signers (kit, name, statement, verified) VALUES (?1, ?2, ?3, ?4)";
    let mut signer_row = connection.prepare_cached(sql)?;
    for signer in &entry.signers {
        signer_row.execute(params![id, signer.name, signer.statement, signer.verified])?;
    }
    Ok(())
}

/// Removes all that belongs to a row of `kits`, except the row.
fn clear(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    let was_newest = "UPDATE kits SET newest = 0 WHERE id = ?1 AND newest = 1";
    if connection.execute(was_newest, [id])? > 0 {
        count_facets(connection, id, -1)?;
    }
    for table in ["things", "keys", "ties", "facets", "notes", "code", "signers"] {
        connection.execute(&format!("DELETE FROM {table} WHERE kit = ?1"), [id])?;
    }
    connection.execute("DELETE FROM words WHERE rowid = ?1", [id])?;
    Ok(())
}

/// A number that no kit has, behind those of the kits of the same second. A second that is full goes on in the next
/// one that is not.
fn new_id(connection: &Connection, pushed: i64) -> rusqlite::Result<i64> {
    let mut first = pushed.clamp(0, i64::MAX >> (BITS + 1)) << BITS;
    let mut highest =
        connection.prepare_cached("SELECT max(id) FROM kits WHERE id BETWEEN ?1 AND ?2")?;
    loop {
        let last = first + (1 << BITS) - 1;
        let highest: Option<i64> = highest.query_row([first, last], |row| row.get(0))?;
        match highest {
            None => return Ok(first),
            Some(highest) if highest < last => return Ok(highest + 1),
            // No more seconds are full than there are rows: this ends long before numbers do.
            Some(_) => first = last + 1,
        }
    }
}

/// SQLite has no unsigned numbers; what does not fit is larger than any disk.
pub(crate) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(crate) fn known_number(known: Known) -> i64 {
    match known {
        Known::Inferred => 0,
        Known::Declared => 1,
        Known::Attested => 2,
        Known::Measured => 3,
    }
}

pub(crate) fn severity_number(severity: Severity) -> i64 {
    match severity {
        Severity::Info => 0,
        Severity::Low => 1,
        Severity::Medium => 2,
        Severity::High => 3,
        Severity::Critical => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Puts a kit that came in this second under a number, or under a new one; gives the number.
    fn add(catalog: &Catalog, second: i64, id: Option<i64>) -> i64 {
        let mut added = 0;
        let add = |connection: &Connection| {
            added = id.map_or_else(|| new_id(connection, second), Ok)?;
            let sql =
                "INSERT INTO kits (id, repository, digest, pushed, size, artifact_type, trust)
                       VALUES (?1, 'a', ?1, ?2, 0, '', '')";
            connection.execute(sql, [added, second]).map(drop)
        };
        catalog.writing(add).unwrap();
        added
    }

    #[test]
    fn a_second_that_is_full_goes_on_in_the_next_that_is_not() {
        let catalog = Catalog::in_memory().unwrap();
        let number = |second: i64, at: i64| (second << BITS) + at;
        let last = (1 << BITS) - 1;
        assert_eq!([add(&catalog, 7, None), add(&catalog, 7, None)], [number(7, 0), number(7, 1)]);
        add(&catalog, 7, Some(number(7, last - 1)));
        assert_eq!(add(&catalog, 7, None), number(7, last));
        // The next second has kits of its own, and the one behind it is full as well.
        assert_eq!(add(&catalog, 8, None), number(8, 0));
        assert_eq!(add(&catalog, 7, None), number(8, 1));
        for second in [8, 9] {
            add(&catalog, second, Some(number(second, last)));
        }
        assert_eq!(
            [add(&catalog, 7, None), add(&catalog, 7, None)],
            [number(10, 0), number(10, 1)]
        );
        assert_eq!(add(&catalog, -5, None), 0, "a clock before 1970");
        let largest = i64::MAX >> (BITS + 1);
        assert_eq!(add(&catalog, i64::MAX, None), largest << BITS);
    }
}

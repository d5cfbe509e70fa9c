//! Rows become entries again.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row};
use sealkit_aibom::{Kind, RelationKind};
use sealkit_api::{CodeFact, CodeFactKind, Note, Signer};
use sealkit_oci::Digest;
use sealkit_report::{Known, Severity};

use crate::visible::may_see;
use crate::write::id_of;
use crate::{Catalog, CatalogError, Entry, Facet, Thing, Tie, Visible};

impl Catalog {
    /// The entry of a version; none where it has none yet.
    pub fn entry(&self, repository: &str, digest: &Digest) -> Result<Option<Entry>, CatalogError> {
        self.reading(|connection| match id_of(connection, repository, digest)? {
            Some(id) => entry(connection, id).map(Some),
            None => Ok(None),
        })
    }

    /// Repository and digest of every entry, sorted.
    pub fn versions(&self) -> Result<Vec<(String, Digest)>, CatalogError> {
        self.reading(|connection| {
            let sql = "SELECT repository, digest FROM kits ORDER BY repository, digest";
            let mut rows = connection.prepare_cached(sql)?;
            rows.query_map([], |row| Ok((row.get(0)?, digest(row, 1)?)))?.collect()
        })
    }
}

impl Catalog {
    /// Number of entries, and of jobs that wait, in the repositories that are `visible`.
    pub fn counts(&self, visible: Option<&[Visible]>) -> Result<(u64, u64), CatalogError> {
        self.reading(|connection| {
            Ok((count(connection, "kits", visible)?, count(connection, "jobs", visible)?))
        })
    }
}

/// Rows of a table whose repository may be seen: how much else there is says something too.
pub(crate) fn count(
    connection: &Connection,
    table: &'static str,
    visible: Option<&[Visible]>,
) -> rusqlite::Result<u64> {
    if visible.is_none() {
        let sql = format!("SELECT count(*) FROM {table}");
        return connection.query_row(&sql, [], |row| row.get(0));
    }
    let sql = format!("SELECT repository, count(*) FROM {table} GROUP BY repository");
    let mut rows = connection.prepare_cached(&sql)?;
    let mut total = 0;
    for row in rows.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, u64>(1)?)))? {
        let (repository, count) = row?;
        total += if may_see(visible, &repository) { count } else { 0 };
    }
    Ok(total)
}

fn entry(connection: &Connection, id: i64) -> rusqlite::Result<Entry> {
    let mut entry = connection.query_row(
        "SELECT repository, digest, pushed, size, artifact_type, title, description, version,
           parameters, problem, trust, (SELECT text FROM words WHERE rowid = kits.id)
         FROM kits WHERE id = ?1",
        [id],
        |row| {
            Ok(Entry {
                repository: row.get(0)?,
                digest: digest(row, 1)?,
                pushed: row.get(2)?,
                size: row.get(3)?,
                artifact_type: row.get(4)?,
                title: row.get(5)?,
                description: row.get(6)?,
                version: row.get(7)?,
                parameters: row.get(8)?,
                things: Vec::new(),
                ties: Vec::new(),
                facets: Vec::new(),
                notes: Vec::new(),
                code: Vec::new(),
                signers: Vec::new(),
                trust: row.get(10)?,
                text: row.get(11)?,
                problem: row.get(9)?,
            })
        },
    )?;
    entry.things = all(connection, THINGS, id, thing)?;
    entry.ties = all(connection, TIES, id, tie)?;
    entry.notes = all(connection, NOTES, id, note)?;
    entry.code = all(connection, CODE, id, code)?;
    entry.signers = all(connection, SIGNERS, id, signer)?;
    entry.facets = all(connection, FACETS, id, |row| {
        let facet = Facet::from_name(&row.get::<_, String>(0)?);
        Ok((facet.ok_or_else(|| strange(0, "facet"))?, row.get(1)?))
    })?;
    entry.facets.sort();
    Ok(entry)
}

/// The rows that a statement gives for one value.
pub(crate) fn ids(connection: &Connection, sql: &str, value: &str) -> rusqlite::Result<Vec<i64>> {
    connection.prepare_cached(sql)?.query_map([value], |row| row.get(0))?.collect()
}

const THINGS: &str =
    "SELECT kind, name, version, purl, path, digests, licences, known, source, names, versions
    FROM things WHERE kit = ?1 ORDER BY at";
const TIES: &str =
    "SELECT \"from\", \"to\", kind, role, known, source FROM ties WHERE kit = ?1 ORDER BY rowid";
pub(crate) const NOTES: &str =
    "SELECT severity, rule, file, place, message FROM notes WHERE kit = ?1 ORDER BY rowid";
pub(crate) const CODE: &str =
    "SELECT file, what, name, place, known FROM code WHERE kit = ?1 ORDER BY rowid";
pub(crate) const SIGNERS: &str =
    "SELECT name, statement, verified FROM signers WHERE kit = ?1 ORDER BY rowid";
const FACETS: &str = "SELECT facet, value FROM facets WHERE kit = ?1";

/// Every row of a query about one kit.
pub(crate) fn all<T>(
    connection: &Connection,
    sql: &str,
    id: i64,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection.prepare_cached(sql)?.query_map([id], read)?.collect()
}

/// One thing of a kit.
pub(crate) fn thing_at(
    connection: &Connection,
    kit: i64,
    at: i64,
) -> rusqlite::Result<Option<Thing>> {
    let sql =
        "SELECT kind, name, version, purl, path, digests, licences, known, source, names, versions
        FROM things WHERE kit = ?1 AND at = ?2";
    connection.prepare_cached(sql)?.query_row([kit, at], thing).optional()
}

fn thing(row: &Row<'_>) -> rusqlite::Result<Thing> {
    let kind = Kind::from_name(&row.get::<_, String>(0)?);
    Ok(Thing {
        kind: kind.ok_or_else(|| strange(0, "kind"))?,
        name: row.get(1)?,
        version: row.get(2)?,
        purl: row.get(3)?,
        path: row.get(4)?,
        digests: lines(&row.get::<_, String>(5)?),
        licences: lines(&row.get::<_, String>(6)?),
        known: known(row, 7)?,
        source: row.get(8)?,
        names: lines(&row.get::<_, String>(9)?),
        versions: lines(&row.get::<_, String>(10)?),
    })
}

/// One tie of a kit.
pub(crate) fn tie(row: &Row<'_>) -> rusqlite::Result<Tie> {
    let kind = RelationKind::from_name(&row.get::<_, String>(2)?);
    Ok(Tie {
        from: row.get(0)?,
        to: row.get(1)?,
        kind: kind.ok_or_else(|| strange(2, "tie"))?,
        role: row.get(3)?,
        known: known(row, 4)?,
        source: row.get(5)?,
    })
}

pub(crate) fn note(row: &Row<'_>) -> rusqlite::Result<Note> {
    let severity = match row.get::<_, i64>(0)? {
        0 => Severity::Info,
        1 => Severity::Low,
        2 => Severity::Medium,
        3 => Severity::High,
        4 => Severity::Critical,
        _ => return Err(strange(0, "severity")),
    };
    let (rule, file, place, message) = (row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
    Ok(Note { severity, rule, file, place, message })
}

/// One fact about code of a kit.
pub(crate) fn code(row: &Row<'_>) -> rusqlite::Result<CodeFact> {
    let what = CodeFactKind::from_name(&row.get::<_, String>(1)?);
    Ok(CodeFact {
        file: row.get(0)?,
        what: what.ok_or_else(|| strange(1, "fact"))?,
        name: row.get(2)?,
        place: row.get(3)?,
        known: known(row, 4)?,
    })
}

pub(crate) fn signer(row: &Row<'_>) -> rusqlite::Result<Signer> {
    Ok(Signer { name: row.get(0)?, statement: row.get(1)?, verified: row.get(2)? })
}

pub(crate) fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

fn known(row: &Row<'_>, at: usize) -> rusqlite::Result<Known> {
    Ok(match row.get::<_, i64>(at)? {
        0 => Known::Inferred,
        1 => Known::Declared,
        2 => Known::Attested,
        3 => Known::Measured,
        _ => return Err(strange(at, "known")),
    })
}

/// The digest in a column.
pub(crate) fn digest(row: &Row<'_>, at: usize) -> rusqlite::Result<Digest> {
    row.get::<_, String>(at)?.parse().map_err(|_| strange(at, "digest"))
}

fn strange(at: usize, what: &str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(at, Type::Text, format!("not a {what}").into())
}

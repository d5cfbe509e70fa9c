//! Rows of quarantine: each act is kept, also where it was lifted.

use rusqlite::{Connection, Row, params};
use sealkit_hubstore::Fault;
use sealkit_oci::Digest;
use sealkit_store::{Page, StoreError};

use super::Quarantined;

/// Stands for every repository: no name of one is empty.
const EVERYWHERE: &str = "";

/// What makes each version of the tables of the one before. `logged` counts which acts the transparency log has: 1 that it was placed, 2 that it was lifted too.
pub(super) const STEPS: &[&str] = &["
-- The first hubs had this table without a version.
CREATE TABLE IF NOT EXISTS quarantine (
  number INTEGER PRIMARY KEY AUTOINCREMENT, repository TEXT NOT NULL, digest TEXT NOT NULL,
  reason TEXT NOT NULL, by TEXT NOT NULL, at INTEGER NOT NULL,
  lifted INTEGER, lifted_by TEXT, logged INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX IF NOT EXISTS quarantine_that_holds
  ON quarantine (repository, digest) WHERE lifted IS NULL;
CREATE INDEX IF NOT EXISTS quarantine_to_log
  ON quarantine (number) WHERE logged < 1 + (lifted IS NOT NULL)"];

const COLUMNS: &str = "repository, digest, reason, by, at";

fn read(row: &Row<'_>) -> rusqlite::Result<(String, String, String, String, i64)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
}

fn one(row: (String, String, String, String, i64)) -> Result<Quarantined, Fault> {
    let (repository, digest, reason, by, since) = row;
    let digest = digest.parse().map_err(StoreError::from)?;
    let repository = Some(repository).filter(|name| name != EVERYWHERE);
    Ok(Quarantined { repository, digest, reason, by, since })
}

fn all(
    state: &Connection,
    text: &str,
    given: impl rusqlite::Params,
) -> Result<Vec<Quarantined>, Fault> {
    let mut asked = state.prepare_cached(text)?;
    let rows = asked.query_map(given, read)?;
    rows.map(|row| one(row?)).collect()
}

/// Everything that holds.
pub(super) fn holding(state: &Connection) -> Result<Vec<Quarantined>, Fault> {
    all(state, &format!("SELECT {COLUMNS} FROM quarantine WHERE lifted IS NULL"), [])
}

/// A page of what holds, the oldest first; the number of the last one is where the next page begins.
pub(super) fn list(state: &Connection, page: &Page) -> Result<Vec<(i64, Quarantined)>, Fault> {
    let after: i64 = page.after.as_deref().and_then(|after| after.parse().ok()).unwrap_or(0);
    let limit = page.limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
    let mut asked = state.prepare_cached(&format!(
        "SELECT {COLUMNS}, number FROM quarantine WHERE lifted IS NULL AND number > ?1
         ORDER BY number LIMIT ?2"
    ))?;
    let rows = asked.query_map(params![after, limit], |row| Ok((row.get(5)?, read(row)?)))?;
    rows.map(|row| row.map_err(Fault::from).and_then(|(number, row)| Ok((number, one(row)?))))
        .collect()
}

/// Places one; false where it holds already, which changes nothing.
pub(super) fn place(state: &Connection, new: &Quarantined) -> Result<bool, Fault> {
    let Quarantined { repository, digest, reason, by, since } = new;
    let repository = repository.as_deref().unwrap_or(EVERYWHERE);
    let placed = state
        .prepare_cached(
            "INSERT OR IGNORE INTO quarantine (repository, digest, reason, by, at)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![repository, digest.to_string(), reason, by, since])?;
    Ok(placed > 0)
}

/// Lifts one; false where there is none.
pub(super) fn lift(
    state: &Connection,
    repository: Option<&str>,
    digest: &Digest,
    (by, at): (&str, i64),
) -> Result<bool, Fault> {
    let lifted = state
        .prepare_cached(
            "UPDATE quarantine SET lifted = ?3, lifted_by = ?4
             WHERE repository = ?1 AND digest = ?2 AND lifted IS NULL",
        )?
        .execute(params![repository.unwrap_or(EVERYWHERE), digest.to_string(), at, by])?;
    Ok(lifted > 0)
}

/// An act that the transparency log lacks.
pub(super) struct ToLog {
    pub(super) number: i64,
    pub(super) repository: Option<String>,
    pub(super) digest: Digest,
    pub(super) by: String,
    pub(super) at: i64,
    pub(super) lifts: bool,
}

/// Acts that the log lacks, the oldest first, at most `limit`.
pub(super) fn to_log(state: &Connection, limit: usize) -> Result<Vec<ToLog>, Fault> {
    let mut asked = state.prepare_cached(
        "SELECT number, repository, digest, by, at, lifted, lifted_by, logged FROM quarantine
         WHERE logged < 1 + (lifted IS NOT NULL) ORDER BY number LIMIT ?1",
    )?;
    let mut rows = asked.query([i64::try_from(limit).unwrap_or(i64::MAX)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let digest: String = row.get(2)?;
        let digest: Digest = digest.parse().map_err(StoreError::from)?;
        let repository = Some(row.get::<_, String>(1)?).filter(|name| name != EVERYWHERE);
        let (number, logged): (i64, i64) = (row.get(0)?, row.get(7)?);
        if logged < 1 {
            let (by, at) = (row.get(3)?, row.get(4)?);
            let (repository, digest) = (repository.clone(), digest.clone());
            found.push(ToLog { number, repository, digest, by, at, lifts: false });
        }
        if let (Some(at), Some(by)) = (row.get(5)?, row.get(6)?) {
            found.push(ToLog { number, repository, digest, by, at, lifts: true });
        }
    }
    Ok(found)
}

/// Notes that the log has an act.
pub(super) fn logged(state: &Connection, number: i64, lifts: bool) -> Result<(), Fault> {
    state
        .prepare_cached("UPDATE quarantine SET logged = max(logged, ?2) WHERE number = ?1")?
        .execute(params![number, 1 + i64::from(lifts)])?;
    Ok(())
}

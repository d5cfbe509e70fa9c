//! Which AIBOMs the hub stored, and which versions it made one of.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _, params};
use sealkit_hubstore::Fault;
use sealkit_oci::Digest;

/// Whose tables these are in the database.
pub(super) const OWNER: &str = "aiboms";

/// `aiboms` has a row for each AIBOM that the hub attached, and keeps it when that is deleted; `size` is that of
/// `blob` in bytes. `aibom_looks` says by which version of SealKit a version was last looked at, whether it was
/// under quarantine then, and why it has no AIBOM.
pub(super) const STEPS: &[&str] = &["
CREATE TABLE aiboms (
  repository TEXT NOT NULL, referrer TEXT NOT NULL, kit TEXT NOT NULL, blob TEXT NOT NULL,
  size INTEGER NOT NULL, document TEXT NOT NULL, tool TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (repository, referrer)
) WITHOUT ROWID;
CREATE INDEX aiboms_by_kit ON aiboms (repository, kit);
CREATE TABLE aibom_looks (
  repository TEXT NOT NULL, kit TEXT NOT NULL, tool TEXT NOT NULL, is_held INTEGER NOT NULL,
  problem TEXT, PRIMARY KEY (repository, kit)
) WITHOUT ROWID;
CREATE INDEX aibom_looks_held ON aibom_looks (repository, kit) WHERE is_held;
"];

// `0` comes right behind `/`: everything below a prefix stands between both.
const BYTES: &str = "
SELECT coalesce(sum(size), 0) FROM (SELECT DISTINCT a.blob, a.size FROM aiboms a
  JOIN held h ON h.repository = a.repository AND h.digest = a.blob
  WHERE ?1 IS NULL OR a.repository = ?1
    OR (a.repository > ?1 || '/' AND a.repository < ?1 || '0'))";

/// An AIBOM that the hub stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Digest of the manifest that attaches it.
    pub(crate) referrer: String,
    /// Version of SealKit that made it.
    pub(crate) tool: String,
    /// When it was stored, in seconds since 1970.
    pub(crate) at: i64,
}

/// A row of `aiboms`.
pub(super) struct Row {
    pub(super) repository: String,
    pub(super) referrer: Digest,
    pub(super) kit: Digest,
    pub(super) blob: Digest,
    pub(super) size: u64,
    pub(super) document: Digest,
}

/// What came of looking at a version.
pub(super) struct Look {
    pub(super) repository: String,
    pub(super) kit: Digest,
    pub(super) is_held: bool,
    pub(super) problem: Option<String>,
}

/// Writes a row; false where it is there already.
pub(super) fn add(sql: &Connection, row: &Row, (tool, at): (&str, i64)) -> Result<bool, Fault> {
    let text = "INSERT OR IGNORE INTO aiboms VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let Row { repository, referrer, kit, blob, size, document } = row;
    let [referrer, kit, blob, document] = [referrer, kit, blob, document].map(Digest::to_string);
    let values = params![repository, referrer, kit, blob, size, document, tool, at];
    Ok(sql.prepare_cached(text)?.execute(values)? == 1)
}

/// When the AIBOM that `referrer` attaches was stored; none where the hub never did.
pub(super) fn stored_at(
    sql: &Connection,
    repository: &str,
    referrer: &Digest,
) -> Result<Option<i64>, Fault> {
    let text = "SELECT at FROM aiboms WHERE repository = ?1 AND referrer = ?2";
    let values = params![repository, referrer.to_string()];
    Ok(sql.prepare_cached(text)?.query_row(values, |row| row.get(0)).optional()?)
}

/// Those of one version, the newest first, deleted ones included.
pub(super) fn of_kit(sql: &Connection, repository: &str, kit: &Digest) -> Result<Vec<Kept>, Fault> {
    let text = "SELECT referrer, tool, at FROM aiboms WHERE repository = ?1 AND kit = ?2
                ORDER BY at DESC, referrer";
    let mut asked = sql.prepare_cached(text)?;
    let rows = asked.query_map(params![repository, kit.to_string()], |row| {
        Ok(Kept { referrer: row.get(0)?, tool: row.get(1)?, at: row.get(2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Writes down what came of looking at a version.
pub(super) fn looked(sql: &Connection, look: &Look, tool: &str) -> Result<(), Fault> {
    let text = "INSERT OR REPLACE INTO aibom_looks VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = params![look.repository, look.kit.to_string(), tool, look.is_held, look.problem];
    sql.prepare_cached(text)?.execute(values)?;
    Ok(())
}

/// Why a version has no AIBOM, where one could not be made.
pub(super) fn problem(
    sql: &Connection,
    repository: &str,
    kit: &Digest,
) -> Result<Option<String>, Fault> {
    let text = "SELECT problem FROM aibom_looks WHERE repository = ?1 AND kit = ?2";
    let values = params![repository, kit.to_string()];
    Ok(sql.prepare_cached(text)?.query_row(values, |row| row.get(0)).optional()?.flatten())
}

/// Which versions `tool` looked at.
pub(super) fn seen(sql: &Connection, tool: &str) -> Result<BTreeSet<(String, Digest)>, Fault> {
    let mut asked =
        sql.prepare_cached("SELECT repository, kit FROM aibom_looks WHERE tool = ?1")?;
    pairs(asked.query_map([tool], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// Up to `limit` versions that were under quarantine when they were looked at.
pub(super) fn held(sql: &Connection, limit: usize) -> Result<BTreeSet<(String, Digest)>, Fault> {
    let text = "SELECT repository, kit FROM aibom_looks WHERE is_held LIMIT ?1";
    let mut asked = sql.prepare_cached(text)?;
    pairs(asked.query_map([limit], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// Notes that a version is under quarantine no more and is to be looked at again.
pub(super) fn release(sql: &Connection, repository: &str, kit: &Digest) -> Result<(), Fault> {
    let text = "UPDATE aibom_looks SET is_held = 0, tool = '' WHERE repository = ?1 AND kit = ?2";
    sql.prepare_cached(text)?.execute(params![repository, kit.to_string()])?;
    Ok(())
}

fn pairs(
    rows: impl Iterator<Item = rusqlite::Result<(String, String)>>,
) -> Result<BTreeSet<(String, Digest)>, Fault> {
    let rows = rows.collect::<Result<Vec<_>, _>>()?.into_iter();
    Ok(rows.filter_map(|(name, digest)| Some((name, digest.parse().ok()?))).collect())
}

/// Bytes of the AIBOMs that the repositories `prefix` and below it hold of the hub's own, each counted once; of all
/// repositories where none is given.
pub(crate) fn bytes(sql: &Connection, prefix: Option<&str>) -> Result<u64, Fault> {
    Ok(sql.prepare_cached(BYTES)?.query_row(params![prefix], |row| row.get(0))?)
}

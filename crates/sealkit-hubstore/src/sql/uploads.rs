//! The rows of uploads.

use rusqlite::{Connection, OptionalExtension as _, params};
use sealkit_oci::Algorithm;

use super::Fault;
use crate::state::OpenUpload;

const COLUMNS: &str = "SELECT id, repository, key, algorithm, place, state FROM uploads";

pub(super) fn insert(
    sql: &Connection,
    upload: &OpenUpload,
    digest: Option<&str>,
    now: i64,
) -> Result<(), Fault> {
    let OpenUpload { id, repository, key, algorithm, place, hash } = upload;
    let algorithm = algorithm.name();
    sql.prepare_cached("INSERT INTO uploads VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
        .execute(params![id, repository, key, digest, algorithm, place, hash, now])?;
    Ok(())
}

fn read_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<OpenUpload> {
    let algorithm: String = row.get(3)?;
    let is_long = algorithm == Algorithm::Sha512.name();
    Ok(OpenUpload {
        id: row.get(0)?,
        repository: row.get(1)?,
        key: row.get(2)?,
        algorithm: if is_long { Algorithm::Sha512 } else { Algorithm::Sha256 },
        place: row.get(4)?,
        hash: row.get(5)?,
    })
}

/// The uploads of a blob, the longest first.
pub(super) fn of_digest(
    sql: &Connection,
    repository: &str,
    digest: &str,
) -> Result<Vec<OpenUpload>, Fault> {
    let text = format!("{COLUMNS} WHERE repository = ?1 AND digest = ?2 ORDER BY place DESC");
    let mut asked = sql.prepare_cached(&text)?;
    let rows = asked.query_map(params![repository, digest], read_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The session of this name, which a client opened.
pub(super) fn session(
    sql: &Connection,
    repository: &str,
    id: &str,
) -> Result<Option<OpenUpload>, Fault> {
    let text = format!("{COLUMNS} WHERE id = ?2 AND repository = ?1 AND digest IS NULL");
    let mut asked = sql.prepare_cached(&text)?;
    Ok(asked.query_row(params![repository, id], read_row).optional()?)
}

/// The upload of this name, which is touched now.
pub(super) fn resume(sql: &Connection, id: &str, now: i64) -> Result<Option<OpenUpload>, Fault> {
    sql.prepare_cached("UPDATE uploads SET touched = max(touched, ?2) WHERE id = ?1")?
        .execute(params![id, now])?;
    let mut asked = sql.prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?;
    Ok(asked.query_row([id], read_row).optional()?)
}

/// Writes how far an upload has come.
pub(super) fn keep(
    sql: &Connection,
    id: &str,
    place: u64,
    hash: &[u8],
    now: i64,
) -> Result<(), Fault> {
    sql.prepare_cached("UPDATE uploads SET place = ?2, state = ?3, touched = ?4 WHERE id = ?1")?
        .execute(params![id, place, hash, now])?;
    Ok(())
}

/// Removes the row of an upload; false where there is none any more.
pub(super) fn forget(sql: &Connection, id: &str) -> Result<bool, Fault> {
    Ok(sql.prepare_cached("DELETE FROM uploads WHERE id = ?1")?.execute([id])? > 0)
}

/// Removes the rows that nobody touched since `idle`; gives names and keys.
pub(super) fn forget_idle(sql: &Connection, idle: i64) -> Result<Vec<(String, String)>, Fault> {
    let mut asked =
        sql.prepare_cached("DELETE FROM uploads WHERE touched < ?1 RETURNING id, key")?;
    let gone = asked.query_map([idle], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(gone.collect::<Result<_, _>>()?)
}

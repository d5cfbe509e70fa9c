//! The rows of notes.

use rusqlite::{Connection, params};

use super::Fault;
use crate::{AlongNote, Note};

/// Writes the note of an act, and what goes along with it.
pub(super) fn add(
    sql: &Connection,
    repository: &str,
    note: Option<&[u8]>,
    along: Option<AlongNote>,
) -> Result<(), Fault> {
    if let Some(note) = note {
        if let Some(along) = along {
            along(sql, repository, note)?;
        }
        sql.prepare_cached("INSERT INTO notes (repository, note) VALUES (?1, ?2)")?
            .execute(params![repository, note])?;
    }
    Ok(())
}

/// The notes of a repository, or of all, oldest first.
pub(super) fn list(sql: &Connection, repository: Option<&str>) -> Result<Vec<Note>, Fault> {
    let mut asked = sql.prepare_cached(
        "SELECT number, repository, note FROM notes
         WHERE ?1 IS NULL OR repository = ?1 ORDER BY number",
    )?;
    let rows = asked.query_map([repository], |row| {
        Ok(Note { number: row.get(0)?, repository: row.get(1)?, bytes: row.get(2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn settle(sql: &Connection, numbers: &[i64]) -> Result<(), Fault> {
    let mut remove = sql.prepare_cached("DELETE FROM notes WHERE number = ?1")?;
    for number in numbers {
        remove.execute([number])?;
    }
    Ok(())
}

//! The rows of uploads.

use rusqlite::{Connection, OptionalExtension as _, params};
use sealkit_oci::Algorithm;
use sealkit_store::StoreError;

use crate::Fault;
use crate::storage::{Inner, Live};

/// The row of an upload.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) repository: String,
    pub(crate) key: String,
    pub(crate) algorithm: Algorithm,
    /// How many bytes it has.
    pub(crate) place: u64,
    /// Where the hash stands.
    pub(crate) state: Vec<u8>,
}

pub(crate) fn insert(
    state: &Connection,
    row: &Row,
    digest: Option<&str>,
    now: i64,
) -> Result<(), Fault> {
    state.prepare_cached("INSERT INTO uploads VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?.execute(
        params![
            row.id,
            row.repository,
            row.key,
            digest,
            row.algorithm.name(),
            row.place,
            row.state,
            now
        ],
    )?;
    Ok(())
}

const COLUMNS: &str = "SELECT id, repository, key, algorithm, place, state FROM uploads";

fn read_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let algorithm: String = row.get(3)?;
    let is_long = algorithm == Algorithm::Sha512.name();
    Ok(Row {
        id: row.get(0)?,
        repository: row.get(1)?,
        key: row.get(2)?,
        algorithm: if is_long { Algorithm::Sha512 } else { Algorithm::Sha256 },
        place: row.get(4)?,
        state: row.get(5)?,
    })
}

/// The uploads of a blob, the longest first.
pub(crate) fn of_digest(
    state: &Connection,
    repository: &str,
    digest: &str,
) -> Result<Vec<Row>, Fault> {
    let text = format!("{COLUMNS} WHERE repository = ?1 AND digest = ?2 ORDER BY place DESC");
    let mut asked = state.prepare_cached(&text)?;
    let rows = asked.query_map(params![repository, digest], read_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The session of this id, which a client opened.
pub(crate) fn find(state: &Connection, repository: &str, id: &str) -> Result<Option<Row>, Fault> {
    let text = format!("{COLUMNS} WHERE id = ?2 AND repository = ?1 AND digest IS NULL");
    let mut asked = state.prepare_cached(&text)?;
    Ok(asked.query_row(params![repository, id], read_row).optional()?)
}

/// The row as it is behind everything that was to be written before: the last request may have just
/// ended. `live` was taken for it, and is given back where there is none.
pub(crate) async fn latest(
    inner: &Inner,
    row: Row,
    live: &Live,
) -> Result<Option<Row>, StoreError> {
    let (id, now) = (row.id.clone(), (inner.clock)());
    let act = move |state: &Connection| {
        state.execute(
            "UPDATE uploads SET touched = max(touched, ?2) WHERE id = ?1",
            params![id, now],
        )?;
        let text = format!("{COLUMNS} WHERE id = ?1");
        let mut asked = state.prepare_cached(&text)?;
        Ok(asked.query_row([&id], read_row).optional()?)
    };
    let found = inner.database.write(act).await;
    if !matches!(found, Ok(Some(_))) {
        live.give_back();
        inner.forget(&row.id);
    }
    found
}

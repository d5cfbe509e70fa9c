//! Rows that are needed no more.

use rusqlite::{Connection, OptionalExtension as _, params};
use sealkit_store::StoreError;

use super::{Database, Fault};

/// Most rows of one step: others wait for no longer than it takes.
const BATCH: usize = 500;

/// Takes out what is needed no more. It is looked for by a reader, however long that takes: the writer
/// only does what is found.
pub(super) async fn run(
    database: &Database,
    cutoff: i64,
) -> Result<Vec<(String, u64)>, StoreError> {
    let unnamed = database.read(move |sql| unnamed_blobs(sql, cutoff)).await?;
    for batch in unnamed.chunks(BATCH) {
        let batch = batch.to_vec();
        database.write(move |sql| release(sql, &batch, cutoff)).await?;
    }
    let mut objects = Vec::new();
    for batch in database.read(unheld_blobs).await?.chunks(BATCH) {
        let batch = batch.to_vec();
        objects.extend(database.write(move |sql| drop_blobs(sql, &batch)).await?);
    }
    Ok(objects)
}

/// What no manifest of the repository names and nobody used since `?1`.
const UNNAMED: &str = "FROM held WHERE used < ?1 AND NOT EXISTS (
  SELECT 1 FROM links JOIN listed USING (digest)
  WHERE links.child = held.digest AND listed.repository = held.repository)";

/// How many blobs, of how many bytes, would go.
pub(super) fn preview(sql: &Connection, cutoff: i64) -> Result<(u64, u64), Fault> {
    let text = format!(
        "SELECT count(*), coalesce(sum(size), 0) FROM blobs WHERE digest NOT IN (
           SELECT digest FROM held WHERE (repository, digest) NOT IN (
             SELECT repository, digest {UNNAMED}))"
    );
    Ok(sql.query_row(&text, [cutoff], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// The unnamed blobs of each repository.
fn unnamed_blobs(sql: &Connection, cutoff: i64) -> Result<Vec<(String, String)>, Fault> {
    let mut asked = sql.prepare(&format!("SELECT repository, digest {UNNAMED}"))?;
    let found = asked.query_map([cutoff], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Takes blobs from their repositories, unless they were named or used since they were looked for.
fn release(sql: &Connection, found: &[(String, String)], cutoff: i64) -> Result<(), Fault> {
    let text = format!(
        "DELETE FROM held WHERE (repository, digest) IN (
           SELECT repository, digest {UNNAMED} AND repository = ?2 AND digest = ?3)"
    );
    let mut remove = sql.prepare_cached(&text)?;
    for (repository, digest) in found {
        remove.execute(params![cutoff, repository, digest])?;
    }
    Ok(())
}

/// Blobs that no repository has.
fn unheld_blobs(sql: &Connection) -> Result<Vec<String>, Fault> {
    let mut asked = sql.prepare(
        "SELECT digest FROM blobs
         WHERE NOT EXISTS (SELECT 1 FROM held WHERE held.digest = blobs.digest)",
    )?;
    let found = asked.query_map([], |row| row.get(0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Forgets blobs that no repository has; gives their objects.
fn drop_blobs(sql: &Connection, found: &[String]) -> Result<Vec<(String, u64)>, Fault> {
    let mut remove = sql.prepare_cached(
        "DELETE FROM blobs WHERE digest = ?1
         AND NOT EXISTS (SELECT 1 FROM held WHERE held.digest = ?1) RETURNING key, size",
    )?;
    let mut gone = Vec::new();
    for digest in found {
        gone.extend(remove.query_row([digest], |row| Ok((row.get(0)?, row.get(1)?))).optional()?);
    }
    Ok(gone)
}

/// Those of the keys that no row has.
pub(super) fn unknown(sql: &Connection, keys: Vec<String>) -> Result<Vec<String>, Fault> {
    let mut asked = sql.prepare_cached(
        "SELECT 1 FROM blobs WHERE key = ?1 UNION ALL SELECT 1 FROM uploads WHERE key = ?1",
    )?;
    let mut found = Vec::new();
    for key in keys {
        if !asked.exists(params![key])? {
            found.push(key);
        }
    }
    Ok(found)
}

//! Sweeping while the hub runs: what no manifest names goes after a time of grace, in small steps.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, params};
use sealkit_store::StoreError;
use serde::Serialize;

use crate::storage::Inner;
use crate::{Fault, Storage};

/// Most rows of one step: others wait for no longer than it takes.
const BATCH: usize = 500;

/// How to sweep.
#[derive(Clone, Debug)]
pub struct GcOptions {
    /// What was pushed or asked for within this time stays, named or not: its manifest may be on the way.
    pub grace: Duration,
    /// Change nothing.
    pub dry_run: bool,
}

impl Default for GcOptions {
    /// A day of grace.
    fn default() -> Self {
        Self { grace: Duration::from_hours(24), dry_run: false }
    }
}

/// What was swept, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GcReport {
    /// Blobs that no repository has any more.
    pub blobs: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Uploads that nobody went on with.
    pub uploads: u64,
    /// Objects that no row names.
    pub orphans: u64,
}

impl Storage {
    /// Sweeps. Pushes go on meanwhile: whoever names a blob that was just swept is told that it is not
    /// there, and sends it again under a new key. A clock that goes back only makes the sweep spare more.
    pub async fn gc(&self, options: &GcOptions) -> Result<GcReport, StoreError> {
        let inner = &self.inner;
        let now = (inner.clock)();
        let before = |time: Duration| now.saturating_sub(time.as_secs().min(1 << 40) as i64);
        let cutoff = before(options.grace);
        let mut report = GcReport::default();
        if options.dry_run {
            let act = move |state: &Connection| preview(state, cutoff);
            (report.blobs, report.bytes) = inner.database.read(act).await?;
            return Ok(report);
        }
        // Looked for by a reader, however long that takes: the writer only does what is found.
        let unnamed = inner.database.read(move |state| unnamed_blobs(state, cutoff)).await?;
        for batch in unnamed.chunks(BATCH) {
            let batch = batch.to_vec();
            inner.database.write(move |state| release(state, &batch, cutoff)).await?;
        }
        for batch in inner.database.read(unheld_blobs).await?.chunks(BATCH) {
            let batch = batch.to_vec();
            let gone = inner.database.write(move |state| drop_blobs(state, &batch)).await?;
            report.blobs += gone.len() as u64;
            report.bytes += gone.iter().map(|(_, size)| size).sum::<u64>();
            remove(inner, gone.into_iter().map(|(key, _)| key).collect()).await?;
        }
        let idle = before(inner.limits.idle);
        let stale = inner.database.write(move |state| drop_uploads(state, idle)).await?;
        report.uploads = stale.len() as u64;
        for (id, _) in &stale {
            inner.forget(id);
        }
        remove(inner, stale.into_iter().map(|(_, key)| key).collect()).await?;
        report.orphans = self.sweep_orphans(cutoff).await?;
        Ok(report)
    }

    /// Removes objects that no row names, such as those of a process that was killed.
    async fn sweep_orphans(&self, cutoff: i64) -> Result<u64, StoreError> {
        let inner = &self.inner;
        let objects = Arc::clone(&inner.objects);
        let all = Inner::blocking(move || objects.list()).await?;
        let old: Vec<String> =
            all.into_iter().filter(|one| one.modified < cutoff).map(|one| one.key).collect();
        let mut count = 0;
        for keys in old.chunks(BATCH) {
            let asked = keys.to_vec();
            // Rows are looked at after the listing: an object without one is never given one later.
            let unnamed = inner.database.read(move |state| unnamed(state, asked)).await?;
            count += unnamed.len() as u64;
            remove(inner, unnamed).await?;
        }
        Ok(count)
    }
}

async fn remove(inner: &Inner, keys: Vec<String>) -> Result<(), StoreError> {
    let objects = Arc::clone(&inner.objects);
    Inner::blocking(move || keys.iter().try_for_each(|key| objects.remove(key))).await
}

/// What no manifest of the repository names and nobody used since `?1`.
const UNNAMED: &str = "FROM held WHERE used < ?1 AND NOT EXISTS (
  SELECT 1 FROM links JOIN listed USING (digest)
  WHERE links.child = held.digest AND listed.repository = held.repository)";

fn preview(state: &Connection, cutoff: i64) -> Result<(u64, u64), Fault> {
    let text = format!(
        "SELECT count(*), coalesce(sum(size), 0) FROM blobs WHERE digest NOT IN (
           SELECT digest FROM held WHERE (repository, digest) NOT IN (
             SELECT repository, digest {UNNAMED}))"
    );
    Ok(state.query_row(&text, [cutoff], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// The unnamed blobs of each repository.
fn unnamed_blobs(state: &Connection, cutoff: i64) -> Result<Vec<(String, String)>, Fault> {
    let mut asked = state.prepare(&format!("SELECT repository, digest {UNNAMED}"))?;
    let found = asked.query_map([cutoff], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Takes blobs from their repositories, unless they were named or used since they were looked for.
fn release(state: &Connection, found: &[(String, String)], cutoff: i64) -> Result<(), Fault> {
    let text = format!(
        "DELETE FROM held WHERE (repository, digest) IN (
           SELECT repository, digest {UNNAMED} AND repository = ?2 AND digest = ?3)"
    );
    let mut remove = state.prepare_cached(&text)?;
    for (repository, digest) in found {
        remove.execute(params![cutoff, repository, digest])?;
    }
    Ok(())
}

/// Blobs that no repository has.
fn unheld_blobs(state: &Connection) -> Result<Vec<String>, Fault> {
    let mut asked = state.prepare(
        "SELECT digest FROM blobs
         WHERE NOT EXISTS (SELECT 1 FROM held WHERE held.digest = blobs.digest)",
    )?;
    let found = asked.query_map([], |row| row.get(0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Forgets blobs that no repository has; gives their objects.
fn drop_blobs(state: &Connection, found: &[String]) -> Result<Vec<(String, u64)>, Fault> {
    let mut remove = state.prepare_cached(
        "DELETE FROM blobs WHERE digest = ?1
         AND NOT EXISTS (SELECT 1 FROM held WHERE held.digest = ?1) RETURNING key, size",
    )?;
    let mut gone = Vec::new();
    for digest in found {
        gone.extend(remove.query_row([digest], |row| Ok((row.get(0)?, row.get(1)?))).optional()?);
    }
    Ok(gone)
}

fn drop_uploads(state: &Connection, idle: i64) -> Result<Vec<(String, String)>, Fault> {
    let mut asked =
        state.prepare_cached("DELETE FROM uploads WHERE touched < ?1 RETURNING id, key")?;
    let gone = asked.query_map([idle], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(gone.collect::<Result<_, _>>()?)
}

fn unnamed(state: &Connection, keys: Vec<String>) -> Result<Vec<String>, Fault> {
    let mut asked = state.prepare_cached(
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

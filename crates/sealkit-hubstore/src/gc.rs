//! Sweeping while the hub runs: what no manifest names goes after a time of grace, in small steps.

use std::sync::Arc;
use std::time::Duration;

use sealkit_store::StoreError;
use serde::Serialize;

use crate::here::blocking;
use crate::storage::Inner;
use crate::{State, Storage};

/// Most objects that are looked up or removed at once.
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

impl<S: State> Storage<S> {
    /// Sweeps. Pushes go on meanwhile: whoever names a blob that was just swept is told that it is not
    /// there, and sends it again under a new key. A clock that goes back only makes the sweep spare more.
    pub async fn gc(&self, options: &GcOptions) -> Result<GcReport, StoreError> {
        let inner = &self.inner;
        let now = (inner.clock)();
        let before = |time: Duration| now.saturating_sub(time.as_secs().min(1 << 40) as i64);
        let cutoff = before(options.grace);
        let mut report = GcReport::default();
        if options.dry_run {
            (report.blobs, report.bytes) = inner.state.collectable(cutoff).await?;
            return Ok(report);
        }
        let gone = inner.state.collect(cutoff).await?;
        report.blobs = gone.len() as u64;
        report.bytes = gone.iter().map(|(_, size)| size).sum();
        inner.remove_objects(gone.into_iter().map(|(key, _)| key)).await?;
        let stale = inner.state.end_idle_uploads(before(inner.limits.idle)).await?;
        report.uploads = stale.len() as u64;
        for (id, _) in &stale {
            inner.forget(id);
        }
        inner.remove_objects(stale.into_iter().map(|(_, key)| key)).await?;
        report.orphans = self.sweep_orphans(cutoff).await?;
        Ok(report)
    }

    /// Removes objects that no row names, such as those of a process that was killed.
    async fn sweep_orphans(&self, cutoff: i64) -> Result<u64, StoreError> {
        let inner = &self.inner;
        let objects = Arc::clone(&inner.objects);
        let all = blocking(move || objects.list()).await?;
        let old: Vec<String> =
            all.into_iter().filter(|one| one.modified < cutoff).map(|one| one.key).collect();
        let mut count = 0;
        for keys in old.chunks(BATCH) {
            // Rows are looked at after the listing: an object without one is never given one later.
            let unnamed = inner.state.unknown_keys(keys.to_vec()).await?;
            count += unnamed.len() as u64;
            inner.remove_objects(unnamed).await?;
        }
        Ok(count)
    }
}

impl<S: State> Inner<S> {
    async fn remove_objects(
        &self,
        keys: impl IntoIterator<Item = String>,
    ) -> Result<(), StoreError> {
        let keys: Vec<String> = keys.into_iter().collect();
        let objects = Arc::clone(&self.objects);
        blocking(move || keys.iter().try_for_each(|key| objects.remove(key))).await
    }
}

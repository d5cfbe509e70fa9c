//! Freeing the space of what nothing names any more.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use sealkit_oci::{Algorithm, Descriptor, Digest};

use super::blobs::regular_files;
use super::index::{IndexFile, Row};
use super::ingest::PARTIAL_SUFFIX;
use super::lock::{Lock, SESSION_PREFIX, oldest_session, try_own};
use super::mark::Reach;
use super::{INDEX_FILE, Layout};
use crate::StoreError;

/// Time stamps of files come from a clock that ticks this coarsely.
const TICK: Duration = Duration::from_millis(20);

/// How to collect garbage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GcOptions {
    /// What is younger than this stays: it may belong to a manifest that is not written yet. What
    /// a running [`LayoutWriter`](super::LayoutWriter) or upload needs stays whatever its age.
    pub grace: Duration,
    /// Only say what would be removed.
    pub dry_run: bool,
}

impl Default for GcOptions {
    fn default() -> Self {
        Self { grace: Duration::from_hours(24), dry_run: false }
    }
}

/// What was removed, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GcReport {
    /// Blobs and manifests that nothing named.
    pub blobs: Vec<Digest>,
    /// Index entries of referrers whose subject is gone.
    pub referrers: Vec<Digest>,
    /// Partial and temporary files that nobody was writing.
    pub leftovers: usize,
    /// Freed space in bytes.
    pub bytes: u64,
}

impl Layout {
    /// Removes blobs that no entry of the index reaches and that are older than the grace period,
    /// with the entries of referrers whose subject is gone. Nothing is removed while a manifest is
    /// damaged: what it needs is not known.
    pub fn gc(&self, options: &GcOptions) -> Result<GcReport, StoreError> {
        let _lock = Lock::exclusive(&self.inner.root)?;
        let cutoff = self.cutoff(options.grace)?;
        let mut index = self.load_index_fresh()?;
        let mut report = GcReport::default();
        let reach = self.keep_set(&index, cutoff, &mut report)?;
        if !report.referrers.is_empty() && !options.dry_run {
            let gone: HashSet<&Digest> = report.referrers.iter().collect();
            let dangling = |row: &Row| row.tag.is_none() && gone.contains(&row.descriptor.digest);
            index.remove(dangling);
            // The entries go before the blobs, so that a crash leaves orphans and no gaps.
            self.replace(&self.inner.root.join(INDEX_FILE), &index.to_bytes()?)?;
        }
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            self.sweep_blobs(algorithm, &reach, cutoff, options.dry_run, &mut report)?;
        }
        self.sweep_ingest(cutoff, options.dry_run, &mut report)?;
        Ok(report)
    }

    /// Only what is older than this may go.
    pub(super) fn cutoff(&self, grace: Duration) -> Result<SystemTime, StoreError> {
        let now = (self.inner.clock)();
        let aged = now.checked_sub(grace).unwrap_or(SystemTime::UNIX_EPOCH);
        let oldest = oldest_session(&self.ingest_dir())?;
        let cutoff = oldest.map_or(aged, |began| began.min(aged));
        Ok(cutoff.checked_sub(TICK).unwrap_or(SystemTime::UNIX_EPOCH))
    }

    /// What stays. Referrers that are left over are noted in `report`.
    fn keep_set(
        &self,
        index: &IndexFile,
        cutoff: SystemTime,
        report: &mut GcReport,
    ) -> Result<Reach, StoreError> {
        let mut roots = Vec::new();
        let mut referrers: HashMap<Digest, Vec<Descriptor>> = HashMap::new();
        for row in index.rows() {
            let subject = if row.tag.is_some() { None } else { self.subject_of(row)? };
            match subject {
                // One that came a moment ago may have come before its subject.
                Some(subject) if self.is_older(&row.descriptor.digest, cutoff) => {
                    referrers.entry(subject).or_default().push(row.descriptor.clone());
                }
                _ => roots.push(row.descriptor.clone()),
            }
        }
        let reach = self.walk_with(roots, &referrers)?;
        let dangling = referrers.into_values().flatten().map(|descriptor| descriptor.digest);
        report.referrers = dangling.filter(|d| !reach.manifests.contains_key(d)).collect();
        report.referrers.sort_unstable();
        report.referrers.dedup();
        Ok(reach)
    }

    fn is_older(&self, digest: &Digest, cutoff: SystemTime) -> bool {
        let meta = fs::metadata(self.blob_path(digest));
        meta.and_then(|meta| meta.modified()).map_or(true, |modified| modified < cutoff)
    }

    fn sweep_blobs(
        &self,
        algorithm: Algorithm,
        reach: &Reach,
        cutoff: SystemTime,
        dry_run: bool,
        report: &mut GcReport,
    ) -> Result<(), StoreError> {
        let directory = self.inner.root.join("blobs").join(algorithm.name());
        for (path, meta) in regular_files(&directory)? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            // A file that is not named like a blob is not ours to remove.
            let Ok(digest) = format!("{}:{name}", algorithm.name()).parse::<Digest>() else {
                continue;
            };
            let needed = reach.blobs.contains_key(&digest) || reach.manifests.contains_key(&digest);
            if needed || !meta.modified().is_ok_and(|modified| modified < cutoff) {
                continue;
            }
            if !dry_run {
                remove(&path)?;
            }
            report.bytes = report.bytes.saturating_add(meta.len());
            report.blobs.push(digest);
        }
        report.blobs.sort_unstable();
        Ok(())
    }

    pub(super) fn sweep_ingest(
        &self,
        cutoff: SystemTime,
        dry_run: bool,
        report: &mut GcReport,
    ) -> Result<(), StoreError> {
        for (path, meta) in regular_files(&self.ingest_dir())? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let ours = name.ends_with(PARTIAL_SUFFIX) || name.starts_with("tmp-");
            let old = meta.modified().is_ok_and(|modified| modified < cutoff);
            if !ours || !old || name.starts_with(SESSION_PREFIX) {
                continue;
            }
            let Ok(file) = fs::File::open(&path) else { continue };
            // A partial blob that somebody is writing is locked.
            if name.ends_with(PARTIAL_SUFFIX) && !try_own(&file, &path)? {
                continue;
            }
            if !dry_run {
                remove(&path)?;
            }
            report.leftovers += 1;
            report.bytes = report.bytes.saturating_add(meta.len());
        }
        Ok(())
    }

    /// Whether any entry of the index reaches this blob or manifest.
    pub(super) fn is_needed(&self, digest: &Digest) -> Result<bool, StoreError> {
        let reach = self.reachable(&self.load_index_fresh()?)?;
        Ok(reach.blobs.contains_key(digest) || reach.manifests.contains_key(digest))
    }
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(StoreError::io("remove", path, e))
        }
        _ => Ok(()),
    }
}

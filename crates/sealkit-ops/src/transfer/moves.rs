//! One kit from one repository to another: content first, then the manifest by its digest, then what
//! is attached to it, and the tag last, so that whoever follows the tag finds all of it.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sealkit_oci::{Digest, Target, media_type};
use sealkit_report::Hint as _;
use sealkit_store::{CopyEvent, CopyOptions, CopyReport, OnCopy, Repository, StoreError, copy};

use crate::{Context, Kit, OpsError, Progress};

/// What happens to signatures, AIBOMs, file tables and all else that is attached to a kit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferrerPolicy {
    /// It stays behind.
    Leave,
    /// It travels; a registry that can not take or give it costs a warning only.
    Try,
    /// It travels, or the kit does not.
    Require,
}

/// A kit that was moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Digest of its manifest.
    pub digest: Digest,
    /// Number of its layers.
    pub layers: usize,
    /// Layers that were at the destination already.
    pub layers_there: usize,
    /// Layers that were taken from another repository of the destination.
    pub layers_mounted: usize,
    /// Layers that went on where an earlier transfer had stopped.
    pub layers_resumed: usize,
    /// Bytes that were moved.
    pub bytes: u64,
    /// Manifests attached to the kit, directly or not, that are at the destination now.
    pub attached: usize,
    /// What the person should know.
    pub warnings: Vec<String>,
}

/// What is to be moved.
pub(crate) struct Move<'a> {
    /// What it is called while it runs, e.g. `pushing`.
    pub(crate) what: &'static str,
    pub(crate) kit: &'a Kit,
    pub(crate) to: &'a dyn Repository,
    /// Tag at the destination.
    pub(crate) tag: Option<&'a str>,
    pub(crate) referrers: ReferrerPolicy,
    /// Repository of the destination's place that may have the layers.
    pub(crate) from_repo: Option<String>,
}

/// Moves a kit.
pub(crate) async fn move_kit(context: &Context, job: Move<'_>) -> Result<Moved, OpsError> {
    let counts = Arc::new(Counts::of(job.kit));
    let options = CopyOptions {
        recursive: job.referrers != ReferrerPolicy::Leave,
        concurrency: context.concurrency,
        from_repo: job.from_repo.clone(),
        progress: Some(observer(job.what, &counts, &context.progress)),
        ..CopyOptions::default()
    };
    let outcome = move_graph(&job, &options).await;
    context.progress.finish();
    let (report, warning) = outcome?;
    if let Some(tag) = job.tag {
        let media_type = &job.kit.manifest.descriptor().media_type;
        let bytes = job.kit.manifest.bytes().to_vec();
        job.to.put_manifest(media_type, bytes.into(), Some(tag)).await?;
    }
    let attached = if warning.is_some() { 0 } else { counts.attached.load(Ordering::Relaxed) };
    Ok(Moved {
        digest: job.kit.digest().clone(),
        layers: job.kit.layers.len(),
        layers_there: counts.there.load(Ordering::Relaxed),
        layers_mounted: counts.mounted.load(Ordering::Relaxed),
        layers_resumed: counts.resumed.load(Ordering::Relaxed),
        bytes: report.bytes,
        attached,
        warnings: warning.into_iter().collect(),
    })
}

/// Copies the graph, and without what is attached where only that can not be moved.
async fn move_graph(
    job: &Move<'_>,
    options: &CopyOptions,
) -> Result<(CopyReport, Option<String>), OpsError> {
    let target = Target::Digest(job.kit.digest().clone());
    let source = &*job.kit.repository;
    let error = match copy(source, job.to, &target, options).await {
        Ok(report) => return Ok((report, None)),
        Err(error) => error,
    };
    if job.referrers != ReferrerPolicy::Try || !is_refusal(&error) {
        return Err(error.into());
    }
    let alone = CopyOptions { recursive: false, ..options.clone() };
    let report = copy(source, job.to, &target, &alone).await?;
    let warning = format!("signatures, AIBOM and file table did not travel: {error}");
    Ok((report, Some(warning)))
}

/// Whether a registry answered and said no. What has the kit itself refused too comes again when
/// the kit travels alone.
fn is_refusal(error: &StoreError) -> bool {
    let refused = ["registry-refused", "registry-denied", "registry-protocol", "unsupported"];
    refused.contains(&error.code())
}

/// What became of the layers of one kit.
#[derive(Default)]
struct Counts {
    kit: Option<Digest>,
    layers: HashSet<Digest>,
    there: AtomicUsize,
    mounted: AtomicUsize,
    resumed: AtomicUsize,
    attached: AtomicUsize,
}

impl Counts {
    fn of(kit: &Kit) -> Self {
        let layers = kit.layers.iter().map(|layer| layer.descriptor.digest.clone()).collect();
        Self { kit: Some(kit.digest().clone()), layers, ..Self::default() }
    }

    fn see(&self, event: CopyEvent<'_>) {
        let (counter, digest) = match event {
            // A second attempt starts to count anew.
            CopyEvent::Planned { .. } => {
                let all = [&self.there, &self.mounted, &self.resumed, &self.attached];
                return all.iter().for_each(|counter| counter.store(0, Ordering::Relaxed));
            }
            CopyEvent::Copied(it) | CopyEvent::Skipped(it)
                if media_type::is_manifest(&it.media_type) =>
            {
                if self.kit.as_ref() != Some(&it.digest) {
                    self.attached.fetch_add(1, Ordering::Relaxed);
                }
                return;
            }
            CopyEvent::Skipped(it) => (&self.there, &it.digest),
            CopyEvent::Mounted(it) => (&self.mounted, &it.digest),
            CopyEvent::Started(it, offset) if offset > 0 => (&self.resumed, &it.digest),
            _ => return,
        };
        if self.layers.contains(digest) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn observer(what: &'static str, counts: &Arc<Counts>, progress: &Arc<dyn Progress>) -> OnCopy {
    let (counts, progress) = (Arc::clone(counts), Arc::clone(progress));
    Arc::new(move |event| {
        counts.see(event);
        match event {
            CopyEvent::Planned { bytes, .. } => progress.start(what, Some(bytes)),
            CopyEvent::Started(_, offset) => progress.advance(offset),
            CopyEvent::Moved(_, bytes) => progress.advance(bytes),
            CopyEvent::Skipped(it) | CopyEvent::Mounted(it) => progress.advance(it.size),
            CopyEvent::Copied(_) => {}
        }
    })
}

//! Copying a graph of manifests and blobs between any two repositories: push, pull, mirror, save
//! and load are this one operation.

mod blob;
mod graph;

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::{StreamExt, stream};
use sealkit_oci::{Descriptor, Digest, Target};

use crate::{Repository, StoreError, StoredManifest};
use blob::Fate;
use graph::Graph;

/// Receives what happens during a copy.
pub type OnCopy = Arc<dyn Fn(CopyEvent<'_>) + Send + Sync>;

/// Something that happened during a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyEvent<'a> {
    /// The graph is known: this much may have to be moved.
    Planned {
        /// Number of blobs and manifests.
        items: usize,
        /// Their size in bytes.
        bytes: u64,
    },
    /// A blob's bytes begin to move, at this offset.
    Started(&'a Descriptor, u64),
    /// So many more bytes of a blob have moved.
    Moved(&'a Digest, u64),
    /// A blob or manifest is at the destination now.
    Copied(&'a Descriptor),
    /// A blob or manifest was at the destination already.
    Skipped(&'a Descriptor),
    /// A blob was taken from another repository of the destination.
    Mounted(&'a Descriptor),
}

/// How to copy.
#[derive(Clone)]
pub struct CopyOptions {
    /// Copies everything that refers to what is copied, too: signatures, AIBOMs, file tables.
    pub recursive: bool,
    /// Blobs that move at the same time.
    pub concurrency: usize,
    /// Tag that points at the copy at the destination.
    pub tag: Option<String>,
    /// Repository of the destination's place that may have the blobs already.
    pub from_repo: Option<String>,
    /// Is told what happens.
    pub progress: Option<OnCopy>,
    /// Bounds against a source that never ends.
    pub limits: CopyLimits,
}

impl Default for CopyOptions {
    fn default() -> Self {
        Self {
            recursive: false,
            concurrency: 4,
            tag: None,
            from_repo: None,
            progress: None,
            limits: CopyLimits::default(),
        }
    }
}

impl fmt::Debug for CopyOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CopyOptions")
            .field("recursive", &self.recursive)
            .field("concurrency", &self.concurrency)
            .field("tag", &self.tag)
            .field("from_repo", &self.from_repo)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Bounds of one copy. Reaching one is [`StoreError::Limit`]; nothing is left out silently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyLimits {
    /// Manifests and indexes, referrers included.
    pub manifests: usize,
    /// Bytes of all manifests together.
    pub manifest_bytes: usize,
    /// Referrers of one manifest.
    pub referrers: usize,
    /// Blobs of all manifests together.
    pub blobs: usize,
    /// Steps from the root down an index or up to referrers.
    pub depth: usize,
}

impl Default for CopyLimits {
    fn default() -> Self {
        Self {
            manifests: 10_000,
            manifest_bytes: 64 << 20,
            referrers: 1_000,
            blobs: 200_000,
            depth: 16,
        }
    }
}

/// What a copy did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyReport {
    /// The root that was copied.
    pub descriptor: Descriptor,
    /// Blobs and manifests that were moved.
    pub copied: usize,
    /// Blobs and manifests that were there already.
    pub skipped: usize,
    /// Blobs that were mounted.
    pub mounted: usize,
    /// Bytes that were moved.
    pub bytes: u64,
}

/// Copies what `target` names in `src` to `dst`, with all that it needs: blobs first, children
/// before what names them, so that at no moment the destination has a manifest whose content is
/// missing. Manifests keep their bytes. What is there already is not sent again, and a blob that
/// was cut off goes on where it stopped.
///
/// Sizes and digests are checked on the way; where they are wrong the error's place is the source.
pub async fn copy(
    src: &dyn Repository,
    dst: &dyn Repository,
    target: &Target,
    options: &CopyOptions,
) -> Result<CopyReport, StoreError> {
    let graph = Graph::discover(src, target, options).await?;
    let copier = Copier { src, dst, options };
    copier.tell(CopyEvent::Planned { items: graph.len(), bytes: graph.bytes() });
    let mut report =
        CopyReport { descriptor: graph.root.clone(), copied: 0, skipped: 0, mounted: 0, bytes: 0 };
    copier.blobs(&graph.blobs, &mut report).await?;
    for manifest in &graph.manifests {
        copier.manifest(manifest, &graph, &mut report).await?;
    }
    Ok(report)
}

/// One copy under way.
struct Copier<'a> {
    src: &'a dyn Repository,
    dst: &'a dyn Repository,
    options: &'a CopyOptions,
}

impl Copier<'_> {
    fn tell(&self, event: CopyEvent<'_>) {
        if let Some(progress) = &self.options.progress {
            progress(event);
        }
    }

    async fn blobs(&self, blobs: &[Descriptor], report: &mut CopyReport) -> Result<(), StoreError> {
        let futures: Vec<BoxFuture<'_, Result<Fate, StoreError>>> =
            blobs.iter().map(|blob| -> BoxFuture<'_, _> { Box::pin(self.blob(blob)) }).collect();
        let mut running = stream::iter(futures).buffer_unordered(self.options.concurrency.max(1));
        while let Some(fate) = running.next().await {
            match fate? {
                Fate::Copied(bytes) => {
                    report.copied += 1;
                    report.bytes = report.bytes.saturating_add(bytes);
                }
                Fate::Skipped => report.skipped += 1,
                Fate::Mounted => report.mounted += 1,
            }
        }
        Ok(())
    }

    async fn manifest(
        &self,
        manifest: &StoredManifest,
        graph: &Graph,
        report: &mut CopyReport,
    ) -> Result<(), StoreError> {
        let descriptor = &manifest.descriptor;
        let is_root = descriptor.digest == graph.root.digest;
        let tag = self.options.tag.as_deref().filter(|_| is_root);
        let by_digest = Target::Digest(descriptor.digest.clone());
        let there = self.dst.manifest(&by_digest).await?.is_some();
        if there && tag.is_none() {
            report.skipped += 1;
            self.tell(CopyEvent::Skipped(descriptor));
            return Ok(());
        }
        let put = || self.dst.put_manifest(&descriptor.media_type, manifest.bytes.clone(), tag);
        let mut stored = put().await;
        if let Err(StoreError::NotFound { what: "blob", .. }) = stored {
            // A blob that was there may have been collected meanwhile: look at all once more.
            self.blobs(&graph.blobs, report).await?;
            stored = put().await;
        }
        let stored = stored?;
        if stored.digest != descriptor.digest {
            let (expected, actual) = (descriptor.digest.clone(), stored.digest);
            return Err(StoreError::DigestMismatch { expected, actual, place: self.dst.place() });
        }
        if there {
            report.skipped += 1;
            self.tell(CopyEvent::Skipped(descriptor));
        } else {
            report.copied += 1;
            report.bytes = report.bytes.saturating_add(manifest.bytes.len() as u64);
            self.tell(CopyEvent::Copied(descriptor));
        }
        Ok(())
    }
}

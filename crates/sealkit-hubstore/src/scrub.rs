//! Reading everything again: a disk may give other bytes than it was given.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sealkit_store::StoreError;
use serde::Serialize;

use crate::here::blocking;
use crate::state::KnownBlob;
use crate::{Objects, State, Storage, hand};

/// How often an object that can not be read is tried.
const TRIES: u32 = 3;
/// How long to wait before it is tried again.
const PAUSE: Duration = Duration::from_millis(200);

/// What scrubbing found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScrubReport {
    /// Blobs that were looked at.
    pub blobs: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Digests whose bytes are others, or gone.
    pub damaged: Vec<String>,
    /// Digests whose bytes could not be read, several times over: nothing is known of them, and they are
    /// given out as before.
    pub unreadable: Vec<String>,
    /// Tags whose kits have a damaged blob, themselves or through an index: `repository:tag`.
    pub tags: Vec<String>,
}

impl<S: State> Storage<S> {
    /// Reads and hashes every blob, at most `rate` bytes a second where one is given. A blob that is
    /// damaged is not given out any more: whoever pushes it again heals it.
    pub async fn scrub(&self, rate: Option<u64>) -> Result<ScrubReport, StoreError> {
        let mut report = ScrubReport::default();
        let mut damaged = Vec::new();
        let begun = Instant::now();
        for blob in self.inner.state.blobs().await? {
            let found = self.look(&blob).await?;
            report.blobs += 1;
            report.bytes += blob.size;
            let now = (self.inner.clock)();
            match found {
                Found::Unreadable => report.unreadable.push(blob.digest.to_string()),
                Found::Good | Found::Damaged => {
                    let good = found == Found::Good;
                    let noted = self.inner.state.checked_blob(&blob.digest, &blob.key, good, now);
                    // It may have been swept or healed meanwhile.
                    if noted.await? && !good {
                        report.damaged.push(blob.digest.to_string());
                        damaged.push(blob.digest);
                    }
                }
            }
            if let Some(rate) = rate.filter(|rate| *rate > 0) {
                let due = Duration::from_secs_f64(report.bytes as f64 / rate as f64);
                tokio::time::sleep(due.saturating_sub(begun.elapsed())).await;
            }
        }
        report.tags = self.inner.state.tags_with(damaged).await?;
        Ok(report)
    }

    /// Reads one object; one that can not be read is tried again.
    async fn look(&self, blob: &KnownBlob) -> Result<Found, StoreError> {
        for tried in 1.. {
            let (objects, blob) = (Arc::clone(&self.inner.objects), blob.clone());
            let found = blocking(move || Ok(judge(&*objects, &blob))).await?;
            if found != Found::Unreadable || tried == TRIES {
                return Ok(found);
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(Found::Unreadable)
    }
}

/// What is known of the bytes of an object.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Good,
    /// They are others, too few, too many, or gone.
    Damaged,
    /// Reading failed, which says nothing of them.
    Unreadable,
}

fn judge(objects: &dyn Objects, blob: &KnownBlob) -> Found {
    match objects.size(&blob.key) {
        Ok(Some(size)) if size == blob.size => {}
        Ok(_) => return Found::Damaged,
        Err(_) => return Found::Unreadable,
    }
    let hashed = hand::hash(objects, &blob.key, blob.digest.algorithm(), blob.size);
    match hashed.and_then(|hasher| Ok(hasher.finish()?)) {
        Ok(digest) if digest == blob.digest => Found::Good,
        Ok(_) => Found::Damaged,
        // It was cut or removed since its size was asked for.
        Err(StoreError::Io { source, .. }) if is_gone(source.kind()) => Found::Damaged,
        Err(_) => Found::Unreadable,
    }
}

fn is_gone(kind: std::io::ErrorKind) -> bool {
    matches!(kind, std::io::ErrorKind::NotFound | std::io::ErrorKind::UnexpectedEof)
}

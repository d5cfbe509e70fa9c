//! A stored blob as something that sync code reads by ranges.

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use sealkit_oci::Digest;
use sealkit_pack::tar::RangeSource;
use sealkit_store::Repository;
use tokio::runtime::Handle;

/// What one request may still read: a number of bytes, until a moment.
#[derive(Debug)]
pub(crate) struct Allowance {
    limit: u64,
    left: AtomicU64,
    until: Instant,
}

impl Allowance {
    /// `bytes` within `time` from now on.
    pub(crate) fn new(bytes: u64, time: Duration) -> Arc<Self> {
        let left = AtomicU64::new(bytes);
        Arc::new(Self { limit: bytes, left, until: Instant::now() + time })
    }

    /// Bytes that were read.
    pub(crate) fn spent(&self) -> u64 {
        self.limit.saturating_sub(self.left.load(Ordering::Acquire))
    }

    fn spend(&self, bytes: u64) -> io::Result<()> {
        if Instant::now() >= self.until {
            return Err(io::Error::other("time limit of the request was exceeded"));
        }
        let spend = |left: u64| left.checked_sub(bytes);
        let done = self.left.fetch_update(Ordering::AcqRel, Ordering::Acquire, spend);
        done.map_err(|_| io::Error::other("byte limit of the request was exceeded"))?;
        Ok(())
    }
}

/// A blob that is read from a blocking thread, under a limit of bytes and time.
pub(crate) struct BlobRanges {
    pub(crate) repository: Arc<dyn Repository>,
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    pub(crate) runtime: Handle,
    pub(crate) allowance: Arc<Allowance>,
    /// The blob as a file, where it is one; asked for with the first range.
    pub(crate) file: OnceLock<Option<File>>,
}

impl RangeSource for BlobRanges {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let end = offset.saturating_add(buffer.len() as u64).min(self.size);
        if offset >= end {
            return Ok(0);
        }
        self.allowance.spend(end - offset)?;
        let file = self.file.get_or_init(|| {
            // Where none can be opened, reading tells why.
            self.runtime.block_on(self.repository.file(&self.digest)).ok().flatten()
        });
        let room = usize::try_from(end - offset).unwrap_or(usize::MAX);
        match (file, buffer.get_mut(..room)) {
            (Some(file), Some(room)) => file.read_at(offset, room),
            _ => self.runtime.block_on(self.fill(offset..end, buffer)),
        }
    }
}

impl BlobRanges {
    async fn fill(&self, range: std::ops::Range<u64>, buffer: &mut [u8]) -> io::Result<usize> {
        let stream = self.repository.read(&self.digest, range).await;
        let mut stream = stream.map_err(io::Error::other)?;
        let mut filled = 0;
        while let Some(next) = stream.next().await {
            let bytes = next.map_err(io::Error::other)?;
            let room = buffer.get_mut(filled..).unwrap_or_default();
            let count = bytes.len().min(room.len());
            if let (Some(to), Some(from)) = (room.get_mut(..count), bytes.get(..count)) {
                to.copy_from_slice(from);
            }
            filled += count;
        }
        Ok(filled)
    }
}

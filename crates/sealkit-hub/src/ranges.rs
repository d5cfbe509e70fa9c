//! A stored blob as something that sync code reads by ranges.

use std::fmt;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use sealkit_oci::Digest;
use sealkit_pack::tar::RangeSource;
use sealkit_store::Repository;
use tokio::runtime::Handle;

use crate::web::human;

/// What one request may still read: a number of bytes, until a moment.
#[derive(Debug)]
pub(crate) struct Allowance {
    ranges: Counter,
    until: Instant,
    /// Until when compressed layers are unpacked.
    unpacks_until: Instant,
    /// Bytes that compressed layers may still become.
    unpacked: Counter,
    /// Bytes of compressed layers that may still be read: what does not grow is no less work.
    packed: Counter,
    /// Bytes of them that were read since the last one came out.
    barren: AtomicU64,
    /// Why the last compressed layer was not read on, for people.
    problem: Mutex<Option<String>>,
}

/// A number of bytes that goes down.
#[derive(Debug)]
struct Counter {
    limit: u64,
    left: AtomicU64,
}

/// Most bytes that one request unpacks, and how long it does: others wait for it.
const MAX_UNPACKED: u64 = 1 << 30;
const MAX_UNPACKING: Duration = Duration::from_secs(10);
/// Most bytes of a compressed layer that are read while nothing comes out: until then nobody looks at the time, and
/// nobody else has the turn.
const MAX_BARREN: u64 = 16 << 20;

/// A bound was met that a request has for compressed layers.
#[derive(Debug)]
pub(crate) struct Bound(String);

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Bound {}

impl Bound {
    /// That this bound was met.
    pub(crate) fn met(told: &str) -> io::Error {
        io::Error::other(Self(told.to_owned()))
    }

    /// Whether `error` is of this kind.
    pub(crate) fn is(error: &io::Error) -> bool {
        error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<Self>)
    }
}

impl Counter {
    fn new(limit: u64) -> Self {
        Self { limit, left: AtomicU64::new(limit) }
    }

    /// Takes `bytes`; false where so many are not left.
    fn take(&self, bytes: u64) -> bool {
        let take = |left: u64| left.checked_sub(bytes);
        self.left.fetch_update(Ordering::AcqRel, Ordering::Acquire, take).is_ok()
    }

    fn spent(&self) -> u64 {
        self.limit.saturating_sub(self.left.load(Ordering::Acquire))
    }
}

impl Allowance {
    /// `bytes` within `time` from now on.
    pub(crate) fn new(bytes: u64, time: Duration) -> Arc<Self> {
        Self::unpacking(bytes, time, MAX_UNPACKED)
    }

    /// The same where compressed layers may become `unpacked` bytes.
    pub(crate) fn unpacking(bytes: u64, time: Duration, unpacked: u64) -> Arc<Self> {
        let unpacking = time.min(MAX_UNPACKING);
        Arc::new(Self::with(bytes, [time, unpacking], [unpacked, unpacked]))
    }

    /// So many bytes out of compressed layers, however large those are.
    pub(crate) fn sending(unpacked: u64, time: Duration) -> Arc<Self> {
        Arc::new(Self::with(0, [time, time], [unpacked, u64::MAX]))
    }

    fn with(bytes: u64, [time, unpacking]: [Duration; 2], [unpacked, packed]: [u64; 2]) -> Self {
        let now = Instant::now();
        Self {
            ranges: Counter::new(bytes),
            until: now + time,
            unpacks_until: now + unpacking,
            unpacked: Counter::new(unpacked),
            packed: Counter::new(packed),
            barren: AtomicU64::new(0),
            problem: Mutex::default(),
        }
    }

    /// Bytes that were read.
    pub(crate) fn spent(&self) -> u64 {
        self.ranges.spent().saturating_add(self.packed.spent())
    }

    /// That there is time left to unpack something.
    pub(crate) fn in_time(&self) -> io::Result<()> {
        if Instant::now() < self.unpacks_until {
            return Ok(());
        }
        Err(Bound::met("no more of compressed layers was unpacked in the time of one request"))
    }

    /// That so many bytes more of a layer are unpacked.
    pub(crate) fn unpack(&self, bytes: u64) -> io::Result<()> {
        if bytes > 0 {
            self.barren.store(0, Ordering::Release);
        }
        if self.unpacked.take(bytes) { Ok(()) } else { Err(self.too_much()) }
    }

    /// That so many bytes more of a compressed layer are read.
    fn read_packed(&self, bytes: u64) -> io::Result<()> {
        let before = self.barren.fetch_add(bytes, Ordering::AcqRel);
        if before.saturating_add(bytes) > MAX_BARREN {
            return Err(Bound::met("the layer goes on for long without anything in it"));
        }
        if self.packed.take(bytes) { Ok(()) } else { Err(self.too_much()) }
    }

    /// Keeps why a compressed layer is not read on: whoever reads a file of it says no more than that it could not.
    pub(crate) fn note(&self, error: &io::Error) {
        *self.problem.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
    }

    /// What was kept last, once.
    pub(crate) fn problem(&self) -> Option<String> {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// That a bound of bytes was met.
    pub(crate) fn too_much(&self) -> io::Error {
        let limit = human(self.unpacked.limit);
        Bound::met(&format!(
            "no more than {limit} of compressed layers are unpacked for one request"
        ))
    }

    fn spend(&self, bytes: u64) -> io::Result<()> {
        if Instant::now() >= self.until {
            return Err(io::Error::other("time limit of the request was exceeded"));
        }
        if self.ranges.take(bytes) {
            return Ok(());
        }
        Err(io::Error::other("byte limit of the request was exceeded"))
    }
}

/// A blob that is read from a blocking thread, under a limit of bytes and time.
pub(crate) struct BlobRanges {
    repository: Arc<dyn Repository>,
    pub(crate) digest: Digest,
    size: u64,
    pub(crate) runtime: Handle,
    pub(crate) allowance: Arc<Allowance>,
    /// The blob as a file, where it is one; asked for with the first range.
    file: OnceLock<Option<File>>,
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
        self.fetch(offset..end, buffer)
    }
}

impl BlobRanges {
    /// The first `size` bytes of a blob. Made within the runtime that reads it.
    pub(crate) fn new(
        repository: &Arc<dyn Repository>,
        digest: &Digest,
        size: u64,
        allowance: &Arc<Allowance>,
    ) -> Self {
        let (repository, digest) = (Arc::clone(repository), digest.clone());
        let (runtime, allowance) = (Handle::current(), Arc::clone(allowance));
        Self { repository, digest, size, runtime, allowance, file: OnceLock::new() }
    }

    /// The same blob for another reader.
    pub(crate) fn again(&self) -> Self {
        let (repository, digest) = (Arc::clone(&self.repository), self.digest.clone());
        let (runtime, allowance) = (self.runtime.clone(), Arc::clone(&self.allowance));
        Self { repository, digest, size: self.size, runtime, allowance, file: OnceLock::new() }
    }

    /// Reads what is unpacked then, which has bounds of its own.
    pub(crate) fn read_packed(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let end = offset.saturating_add(buffer.len() as u64).min(self.size);
        if offset >= end {
            return Ok(0);
        }
        self.allowance.read_packed(end - offset)?;
        self.fetch(offset..end, buffer)
    }

    fn fetch(&self, range: Range<u64>, buffer: &mut [u8]) -> io::Result<usize> {
        let Range { start, end } = range;
        let file = self.file.get_or_init(|| {
            // Where none can be opened, reading tells why.
            self.runtime.block_on(self.repository.file(&self.digest)).ok().flatten()
        });
        let room = usize::try_from(end.saturating_sub(start)).unwrap_or(usize::MAX);
        match (file, buffer.get_mut(..room)) {
            (Some(file), Some(room)) => file.read_at(start, room),
            _ => self.runtime.block_on(self.fill(start..end, buffer)),
        }
    }

    async fn fill(&self, range: Range<u64>, buffer: &mut [u8]) -> io::Result<usize> {
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

//! Bytes that are elsewhere, read in blocks that are kept for a while: many small reads become few
//! requests.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use sealkit_inspect::{ReadAt, ReadError, end_within};
use sealkit_pack::tar::RangeSource;

/// Size of a block in bytes: a request costs about as much as this takes to arrive.
pub(crate) const BLOCK: u64 = 64 << 10;
/// Most bytes of one request.
const MAX_REQUEST: u64 = 4 << 20;
/// Most bytes that are kept.
const MAX_KEPT: u64 = 16 << 20;

/// Counts the bytes that came from elsewhere.
pub(crate) type Counter = Arc<AtomicU64>;

/// Something elsewhere that gives ranges of its bytes.
pub(crate) trait Fetch: Send + Sync {
    /// The bytes of `range`, which lies inside, and no other number of them.
    fn fetch(&self, range: Range<u64>) -> io::Result<Vec<u8>>;
}

/// The bytes of one thing elsewhere. They are as true as where they come from.
pub(crate) struct Cached<F> {
    from: F,
    size: u64,
    counter: Counter,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    blocks: BTreeMap<u64, (Vec<u8>, u64)>,
    bytes: u64,
    clock: u64,
}

impl<F: Fetch> Cached<F> {
    /// `size` bytes that `from` gives.
    pub(crate) fn new(from: F, size: u64, counter: Counter) -> Self {
        Self { from, size, counter, kept: Mutex::default() }
    }

    /// Fetches the blocks of these ranges that are not kept, neighbours in one request. A failure
    /// is met again by whoever reads.
    pub(crate) fn prefetch_ranges(&self, ranges: &[Range<u64>]) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut wanted: Vec<u64> = Vec::new();
        for range in ranges.iter().filter(|range| range.start < range.end) {
            let end = range.end.min(self.size);
            let blocks = range.start / BLOCK..end.div_ceil(BLOCK);
            wanted.extend(blocks.take((MAX_KEPT / BLOCK) as usize));
        }
        wanted.sort_unstable();
        wanted.dedup();
        wanted.retain(|block| !kept.blocks.contains_key(block));
        wanted.truncate((MAX_KEPT / BLOCK / 2) as usize);
        for run in runs(&wanted) {
            if self.load(&mut kept, run).is_err() {
                return;
            }
        }
    }

    fn load(&self, kept: &mut Kept, blocks: Range<u64>) -> io::Result<()> {
        let range = blocks.start * BLOCK..(blocks.end * BLOCK).min(self.size);
        let len = range.end.saturating_sub(range.start);
        let bytes = self.from.fetch(range)?;
        self.counter.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        if bytes.len() as u64 != len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        for (block, bytes) in blocks.zip(bytes.chunks(BLOCK as usize)) {
            kept.add(block, bytes.to_vec());
        }
        Ok(())
    }

    fn fill(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let last = (offset + buffer.len() as u64).div_ceil(BLOCK);
        let mut at = offset;
        let mut rest = buffer;
        while !rest.is_empty() {
            let block = at / BLOCK;
            if !kept.blocks.contains_key(&block) {
                let most = block + MAX_REQUEST / BLOCK;
                let missing = (block..last.min(most)).take_while(|b| !kept.blocks.contains_key(b));
                let end = missing.last().map_or(block + 1, |b| b + 1);
                self.load(&mut kept, block..end)?;
            }
            let bytes = kept.get(block).ok_or(io::ErrorKind::UnexpectedEof)?;
            let from = (at - block * BLOCK) as usize;
            let part = bytes.get(from..).filter(|part| !part.is_empty());
            let part = part.ok_or(io::ErrorKind::UnexpectedEof)?;
            let count = part.len().min(rest.len());
            let (now, later) = rest.split_at_mut(count);
            now.copy_from_slice(part.get(..count).unwrap_or_default());
            at += count as u64;
            rest = later;
        }
        Ok(())
    }
}

impl Kept {
    fn add(&mut self, block: u64, bytes: Vec<u8>) {
        self.clock += 1;
        self.bytes += bytes.len() as u64;
        if let Some((old, _)) = self.blocks.insert(block, (bytes, self.clock)) {
            self.bytes -= old.len() as u64;
        }
        while self.bytes > MAX_KEPT {
            let oldest = self.blocks.iter().min_by_key(|(_, (_, used))| *used);
            let Some(oldest) = oldest.map(|(block, _)| *block) else { return };
            if let Some((old, _)) = self.blocks.remove(&oldest) {
                self.bytes -= old.len() as u64;
            }
        }
    }

    fn get(&mut self, block: u64) -> Option<&[u8]> {
        self.clock += 1;
        let (bytes, used) = self.blocks.get_mut(&block)?;
        *used = self.clock;
        Some(bytes)
    }
}

/// Neighbours of a sorted list as ranges, none longer than one request may be.
fn runs(blocks: &[u64]) -> Vec<Range<u64>> {
    let mut all: Vec<Range<u64>> = Vec::new();
    for &block in blocks {
        match all.last_mut() {
            Some(run) if run.end == block && run.end - run.start < MAX_REQUEST / BLOCK => {
                run.end = block + 1;
            }
            _ => all.push(block..block + 1),
        }
    }
    all
}

impl<F: Fetch> ReadAt for Cached<F> {
    fn len(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let len = buf.len() as u64;
        end_within(offset, len, self.size)?;
        let failed = |error| ReadError::Source { offset, len, source: Box::new(error) };
        self.fill(offset, buf).map_err(failed)
    }

    fn is_far(&self) -> bool {
        true
    }

    fn prefetch(&self, ranges: &[Range<u64>]) {
        self.prefetch_ranges(ranges);
    }
}

impl<F: Fetch> RangeSource for Cached<F> {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.size.saturating_sub(offset);
        let count = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        self.fill(offset, buffer.get_mut(..count).unwrap_or_default())?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counted {
        bytes: Vec<u8>,
        requests: Arc<Mutex<Vec<Range<u64>>>>,
    }

    impl Fetch for Counted {
        fn fetch(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
            self.requests.lock().unwrap().push(range.clone());
            Ok(self.bytes[range.start as usize..range.end as usize].to_vec())
        }
    }

    type Requests = Arc<Mutex<Vec<Range<u64>>>>;

    fn made(size: u64) -> (Cached<Counted>, Requests, Counter, Vec<u8>) {
        let bytes: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
        let (requests, counter) = (Requests::default(), Counter::default());
        let from = Counted { bytes: bytes.clone(), requests: Arc::clone(&requests) };
        (Cached::new(from, size, Arc::clone(&counter)), requests, counter, bytes)
    }

    #[test]
    fn every_read_gives_the_bytes_that_are_there() {
        let size = 5 * BLOCK + 17;
        let (cached, _, _, bytes) = made(size);
        for (offset, len) in
            [(0, 1), (BLOCK - 1, 2), (3, 3 * BLOCK), (size - 1, 1), (0, size), (size, 0)]
        {
            let mut buffer = vec![0; len as usize];
            ReadAt::read_at(&cached, offset, &mut buffer).unwrap();
            assert_eq!(buffer, bytes[offset as usize..(offset + len) as usize], "{offset} {len}");
        }
        assert!(ReadAt::read_at(&cached, size, &mut [0]).is_err());
        assert!(ReadAt::read_at(&cached, u64::MAX, &mut [0]).is_err());
        let mut buffer = vec![0; 100];
        assert_eq!(RangeSource::read_at(&cached, size - 7, &mut buffer).unwrap(), 7);
        assert_eq!(buffer[..7], bytes[size as usize - 7..]);
    }

    #[test]
    fn neighbours_come_in_one_request_and_only_once() {
        let (cached, requests, counter, _) = made(100 * BLOCK);
        let small: Vec<_> = (0..20).map(|at| at * 1000..at * 1000 + 500).collect();
        cached.prefetch_ranges(&small);
        cached.prefetch_ranges(&small);
        let mut buffer = [0; 500];
        for range in &small {
            ReadAt::read_at(&cached, range.start, &mut buffer).unwrap();
        }
        assert_eq!(requests.lock().unwrap().as_slice(), std::slice::from_ref(&(0..BLOCK)));
        assert_eq!(counter.load(Ordering::Relaxed), BLOCK);
        cached.prefetch_ranges(&[5 * BLOCK..8 * BLOCK, 50 * BLOCK..50 * BLOCK + 1]);
        let seen = requests.lock().unwrap().clone();
        assert_eq!(seen[1..], [5 * BLOCK..8 * BLOCK, 50 * BLOCK..51 * BLOCK]);
    }

    #[test]
    fn memory_stays_bounded() {
        let (cached, _, counter, bytes) = made(MAX_KEPT + 40 * BLOCK);
        let mut whole = vec![0; bytes.len()];
        ReadAt::read_at(&cached, 0, &mut whole).unwrap();
        assert!(whole == bytes);
        assert!(cached.kept.lock().unwrap().bytes <= MAX_KEPT);
        assert_eq!(counter.load(Ordering::Relaxed), bytes.len() as u64);
        cached.prefetch_ranges(std::slice::from_ref(&(0..u64::MAX)));
        assert!(cached.kept.lock().unwrap().bytes <= MAX_KEPT);
    }

    #[test]
    fn a_source_that_gives_less_is_an_error() {
        struct Short;
        impl Fetch for Short {
            fn fetch(&self, _: Range<u64>) -> io::Result<Vec<u8>> {
                Ok(vec![0; 3])
            }
        }
        let cached = Cached::new(Short, 10, Counter::default());
        let error = ReadAt::read_at(&cached, 0, &mut [0; 5]).unwrap_err();
        assert!(matches!(error, ReadError::Source { .. }));
    }
}

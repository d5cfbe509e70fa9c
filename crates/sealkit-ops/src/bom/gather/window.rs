//! One file inside of a blob that costs little to read but has no file of its own: a hub's storage.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use sealkit_inspect::{ReadAt, ReadError, end_within};

use super::cached::Fetch;

/// Bytes that are read at once: inspectors ask for few at a time, and each question has its price.
const WINDOW: u64 = 256 << 10;

/// `len` bytes of `from` from `start` on; the last window is kept.
pub(super) struct Window<F> {
    from: Arc<F>,
    start: u64,
    len: u64,
    kept: Mutex<(u64, Vec<u8>)>,
}

impl<F: Fetch> Window<F> {
    /// A file that lies at `start`.
    pub(super) fn new(from: Arc<F>, start: u64, len: u64) -> Self {
        Self { from, start, len, kept: Mutex::default() }
    }

    fn fetch(&self, offset: u64, len: u64) -> io::Result<Vec<u8>> {
        let start = self.start.checked_add(offset).ok_or(io::ErrorKind::InvalidInput)?;
        let end = start.checked_add(len).ok_or(io::ErrorKind::InvalidInput)?;
        let bytes = self.from.fetch(start..end)?;
        let whole = bytes.len() as u64 == len;
        whole.then_some(bytes).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    /// Whether `buf` could be filled from `kept`, the bytes from `at` on.
    fn filled(at: u64, kept: &[u8], offset: u64, buf: &mut [u8]) -> bool {
        let from = offset.checked_sub(at).and_then(|from| usize::try_from(from).ok());
        let end = from.and_then(|from| from.checked_add(buf.len()));
        let found = from.zip(end).and_then(|(from, end)| kept.get(from..end));
        found.is_some_and(|found| {
            buf.copy_from_slice(found);
            true
        })
    }
}

impl<F: Fetch> ReadAt for Window<F> {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let len = buf.len() as u64;
        end_within(offset, len, self.len)?;
        let failed = |error: io::Error| ReadError::Source { offset, len, source: Box::new(error) };
        if len >= WINDOW {
            buf.copy_from_slice(&self.fetch(offset, len).map_err(failed)?);
            return Ok(());
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if Self::filled(kept.0, &kept.1, offset, buf) {
            return Ok(());
        }
        let bytes = self.fetch(offset, WINDOW.min(self.len - offset)).map_err(failed)?;
        *kept = (offset, bytes);
        Self::filled(kept.0, &kept.1, offset, buf);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    struct Bytes(Vec<u8>, AtomicUsize);

    impl Fetch for Bytes {
        fn fetch(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
            self.1.fetch_add(1, Ordering::Relaxed);
            let range = range.start as usize..range.end as usize;
            Ok(self.0.get(range).unwrap_or_default().to_vec())
        }
    }

    #[test]
    fn every_range_is_what_is_there_and_small_ones_share_a_question() {
        let all: Vec<u8> = (0..700_000_u32).map(|at| (at % 251) as u8).collect();
        let from = Arc::new(Bytes(all.clone(), AtomicUsize::new(0)));
        let window = Window::new(Arc::clone(&from), 1_000, 600_000);
        for (offset, len) in [
            (0, 10),
            (5, 100),
            (262_000, 144),
            (262_100, 1_000),
            (0, 600_000),
            (599_990, 10),
            (7, 0),
        ] {
            let mut buf = vec![0; len];
            window.read_at(offset, &mut buf).unwrap();
            let at = 1_000 + offset as usize;
            assert_eq!(buf, all[at..at + len], "{offset} {len}");
        }
        assert_eq!(from.1.load(Ordering::Relaxed), 5);
        let mut buf = [0; 10];
        assert!(matches!(window.read_at(599_991, &mut buf), Err(ReadError::OutOfRange { .. })));
        let short = Window::new(from, 699_990, 100);
        assert!(matches!(short.read_at(50, &mut buf), Err(ReadError::Source { .. })));
    }
}

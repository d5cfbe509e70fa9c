//! Random access to bytes, wherever they lie.

use std::ops::Range;

use sealkit_report::Budget;

use crate::{InspectError, ReadError};

/// Bytes that can be read at any offset: a slice, a file, a range of a tar layer, a remote blob.
pub trait ReadAt {
    /// Number of bytes.
    fn len(&self) -> u64;

    /// Whether there are no bytes.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills `buf` wholly with the bytes from `offset` on, or fails; never reads short.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError>;

    /// Says which ranges will be read soon, so that a remote source can merge requests.
    fn prefetch(&self, ranges: &[Range<u64>]) {
        let _ = ranges;
    }

    /// Whether every read is a request to another machine, so that few of them should be made.
    fn is_far(&self) -> bool {
        false
    }
}

/// Where `len` bytes from `offset` on end. [`ReadError::OutOfRange`] where that is behind the `size` bytes that there
/// are: what every [`ReadAt::read_at`] asks first.
pub fn end_within(offset: u64, len: u64, size: u64) -> Result<u64, ReadError> {
    let end = offset.checked_add(len).filter(|end| *end <= size);
    end.ok_or(ReadError::OutOfRange { offset, len, size })
}

/// The bytes from `start` on, at most `limit` of them; what is behind the end is nothing. They are
/// paid for before they are read.
pub(crate) fn piece(
    source: &dyn ReadAt,
    budget: &mut Budget,
    start: u64,
    limit: u64,
) -> Result<Vec<u8>, InspectError> {
    let len = source.len().saturating_sub(start).min(limit);
    budget.bytes(len)?;
    let mut bytes = vec![0; usize::try_from(len).unwrap_or(0)];
    source.read_at(start, &mut bytes)?;
    Ok(bytes)
}

/// All bytes of a source that whoever calls has found short enough.
pub(crate) fn whole(source: &dyn ReadAt, budget: &mut Budget) -> Result<Vec<u8>, InspectError> {
    piece(source, budget, 0, source.len())
}

impl ReadAt for [u8] {
    fn len(&self) -> u64 {
        <[u8]>::len(self) as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let len = buf.len();
        let range = usize::try_from(offset).ok().and_then(|start| {
            let end = start.checked_add(len)?;
            self.get(start..end)
        });
        let Some(bytes) = range else {
            let size = self.len() as u64;
            return Err(ReadError::OutOfRange { offset, len: len as u64, size });
        };
        buf.copy_from_slice(bytes);
        Ok(())
    }
}

impl ReadAt for Vec<u8> {
    fn len(&self) -> u64 {
        ReadAt::len(self.as_slice())
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        self.as_slice().read_at(offset, buf)
    }
}

impl<T: ReadAt + ?Sized> ReadAt for &T {
    fn len(&self) -> u64 {
        (**self).len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        (**self).read_at(offset, buf)
    }

    fn prefetch(&self, ranges: &[Range<u64>]) {
        (**self).prefetch(ranges);
    }

    fn is_far(&self) -> bool {
        (**self).is_far()
    }
}

impl<T: ReadAt + ?Sized> ReadAt for std::sync::Arc<T> {
    fn len(&self) -> u64 {
        (**self).len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        (**self).read_at(offset, buf)
    }

    fn prefetch(&self, ranges: &[Range<u64>]) {
        (**self).prefetch(ranges);
    }

    fn is_far(&self) -> bool {
        (**self).is_far()
    }
}

/// One range of something larger: a file inside an uncompressed tar layer.
#[derive(Clone, Debug)]
pub struct Slice<R> {
    inner: R,
    start: u64,
    len: u64,
}

impl<R: ReadAt> Slice<R> {
    /// The `len` bytes of `inner` from `start` on; fails where `inner` is shorter.
    pub fn new(inner: R, start: u64, len: u64) -> Result<Self, ReadError> {
        end_within(start, len, inner.len())?;
        Ok(Self { inner, start, len })
    }
}

impl<R: ReadAt> ReadAt for Slice<R> {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        end_within(offset, buf.len() as u64, self.len)?;
        self.inner.read_at(self.start + offset, buf)
    }

    fn prefetch(&self, ranges: &[Range<u64>]) {
        let shift = |at: u64| self.start + at.min(self.len);
        let moved: Vec<_> = ranges.iter().map(|r| shift(r.start)..shift(r.end)).collect();
        self.inner.prefetch(&moved);
    }

    fn is_far(&self) -> bool {
        self.inner.is_far()
    }
}

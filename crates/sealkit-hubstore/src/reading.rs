//! The bytes of an object as they are sent.

use std::collections::VecDeque;
use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use sealkit_store::{ByteStream, StoreError};

use crate::Objects;
use crate::storage::blocking;

/// Bytes that are read at once.
const STEP: usize = 512 * 1024;
/// Buffers of one stream: while one is sent, the next is filled, and the one before is free again.
const BUFFERS: usize = 2;

/// Blobs of so many bytes are kept in memory once they were asked for: to open a file costs more than they do.
pub(crate) const SMALL: u64 = 64 << 10;
/// Nothing that is kept of an object ends: it never changes, and its key is never used again.
pub(crate) const FOREVER: Option<u64> = Some(0);

/// All of a small object.
pub(crate) fn whole(objects: &dyn Objects, key: &str, size: u64) -> Result<Bytes, StoreError> {
    let mut bytes = vec![0; usize::try_from(size).unwrap_or_default()];
    let read = objects.read(key, 0..size)?.read_exact(&mut bytes);
    read.map_err(|source| StoreError::io("read", "object", source))?;
    Ok(bytes.into())
}

/// A range of what is in memory; it lies inside of it.
pub(crate) fn part(bytes: &Bytes, range: Range<u64>) -> ByteStream {
    let [start, end] = [range.start, range.end].map(|at| usize::try_from(at).unwrap_or(usize::MAX));
    let end = end.min(bytes.len());
    let part = bytes.slice(start.min(end)..end);
    Box::pin(futures_util::stream::iter((!part.is_empty()).then_some(Ok(part))))
}

/// The bytes of a range. The first come with the opening, so that a small object is read on one way to a
/// thread that may block, and an object that can not be read is an error before anything is sent.
pub(crate) async fn stream(
    objects: Arc<dyn Objects>,
    key: String,
    range: Range<u64>,
) -> Result<ByteStream, StoreError> {
    let open = move || {
        let left = range.end - range.start;
        let reader = objects.read(&key, range)?;
        Reading { reader, left, sent: VecDeque::new() }.step()
    };
    let first = blocking(open).await?;
    Ok(Box::pin(futures_util::stream::try_unfold(Next::Read(first), next)))
}

/// What comes next of a stream.
enum Next {
    /// It is read already.
    Read(Option<Step>),
    Unread(Reading),
}

/// What is read, and where reading goes on.
type Step = (Bytes, Reading);

async fn next(next: Next) -> Result<Option<(Bytes, Next)>, StoreError> {
    let step = match next {
        Next::Read(step) => step,
        Next::Unread(reading) if reading.left == 0 => None,
        Next::Unread(reading) => blocking(move || reading.step()).await?,
    };
    Ok(step.map(|(bytes, reading)| (bytes, Next::Unread(reading))))
}

struct Reading {
    reader: Box<dyn Read + Send>,
    left: u64,
    /// What was given out last: its memory is used again, since fresh memory costs as much as the reading.
    sent: VecDeque<Bytes>,
}

impl Reading {
    /// The next bytes; none at the end.
    fn step(mut self) -> Result<Option<Step>, StoreError> {
        let want = usize::try_from(self.left).unwrap_or(usize::MAX).min(STEP);
        if want == 0 {
            return Ok(None);
        }
        let mut bytes = self.buffer(want);
        let read = self.reader.read_exact(&mut bytes);
        read.map_err(|source| StoreError::io("read", "object", source))?;
        let bytes = bytes.freeze();
        self.left -= want as u64;
        if self.left > 0 {
            self.sent.push_back(bytes.clone());
        }
        Ok(Some((bytes, self)))
    }

    /// A buffer of `want` bytes: the oldest one, where nobody has it any more.
    fn buffer(&mut self, want: usize) -> BytesMut {
        let oldest = if self.sent.len() < BUFFERS { None } else { self.sent.pop_front() };
        match oldest.and_then(|bytes| bytes.try_into_mut().ok()) {
            Some(mut free) if free.len() >= want => {
                free.truncate(want);
                free
            }
            _ => BytesMut::zeroed(want),
        }
    }
}

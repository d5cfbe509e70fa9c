//! The bytes of an object as they are sent.

use std::collections::VecDeque;
use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use sealkit_store::{ByteStream, StoreError};

use crate::Objects;
use crate::here::blocking;
use crate::place::Place;

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
        let source = match objects.file(&key)? {
            Some(file) => Source::File(Place::new(file, range.start)),
            None => Source::Stream(objects.read(&key, range)?),
        };
        Reading { source, left, sent: VecDeque::new(), spare: None }.step()
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
        // The way to a thread that may block, and back, costs as much as reading what is in memory.
        Next::Unread(mut reading) => match reading.step_at_once() {
            Some(bytes) => Some((bytes, reading)),
            None => blocking(move || reading.step()).await?,
        },
    };
    Ok(step.map(|(bytes, reading)| (bytes, Next::Unread(reading))))
}

/// Where the bytes of an object come from.
enum Source {
    File(Place),
    Stream(Box<dyn Read + Send>),
}

struct Reading {
    source: Source,
    left: u64,
    /// What was given out last: its memory is used again, since fresh memory costs as much as the reading.
    sent: VecDeque<Bytes>,
    /// A buffer that nothing came into.
    spare: Option<BytesMut>,
}

impl Reading {
    /// The next bytes; none at the end.
    fn step(mut self) -> Result<Option<Step>, StoreError> {
        let want = self.want();
        if want == 0 {
            return Ok(None);
        }
        let mut bytes = self.buffer(want);
        let read = match &mut self.source {
            Source::File(place) => place.read_exact(&mut bytes),
            Source::Stream(reader) => reader.read_exact(&mut bytes),
        };
        read.map_err(|source| StoreError::io("read", "object", source))?;
        Ok(Some((self.give(bytes), self)))
    }

    /// The next bytes that are in memory; none where reading may have to wait.
    fn step_at_once(&mut self) -> Option<Bytes> {
        let mut bytes = self.buffer(self.want());
        let count = match &mut self.source {
            Source::File(place) => place.read_at_once(&mut bytes),
            Source::Stream(_) => 0,
        };
        if count == 0 {
            self.spare = Some(bytes);
            return None;
        }
        bytes.truncate(count);
        Some(self.give(bytes))
    }

    /// How many bytes come next.
    fn want(&self) -> usize {
        usize::try_from(self.left).unwrap_or(usize::MAX).min(STEP)
    }

    /// Gives out what was read.
    fn give(&mut self, bytes: BytesMut) -> Bytes {
        let bytes = bytes.freeze();
        self.left -= bytes.len() as u64;
        if self.left > 0 {
            self.sent.push_back(bytes.clone());
        }
        bytes
    }

    /// A buffer of `want` bytes: one that nothing came into, or the oldest, where nobody has it any more.
    fn buffer(&mut self, want: usize) -> BytesMut {
        if self.spare.is_none() && self.sent.len() >= BUFFERS {
            self.spare = self.sent.pop_front().and_then(|oldest| oldest.try_into_mut().ok());
        }
        match self.spare.take() {
            Some(mut free) if free.capacity() >= want => {
                free.resize(want, 0);
                free
            }
            _ => BytesMut::zeroed(want),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt as _;

    use super::*;
    use crate::{Files, MemoryObjects, new_key};

    fn kept(objects: &dyn Objects, bytes: &[u8]) -> String {
        let key = new_key().unwrap();
        objects.create(&key).unwrap();
        objects.append(&key, 0).unwrap().write_all(bytes).unwrap();
        key
    }

    #[tokio::test]
    async fn a_stream_has_the_bytes_of_its_range_wherever_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let all: Vec<u8> = (0..3_000_000_u32).map(|at| (at / 7) as u8).collect();
        let places: [Arc<dyn Objects>; 2] =
            [Arc::new(Files::open(folder.path()).unwrap()), Arc::new(MemoryObjects::default())];
        for objects in places {
            let key = kept(&*objects, &all);
            let long = 4 * STEP as u64 + 1;
            for range in [0..3_000_000, 0..0, 1..2, 100..100 + long, 2_999_999..3_000_000] {
                let [start, end] = [range.start, range.end].map(|at| at as usize);
                let stream = stream(Arc::clone(&objects), key.clone(), range).await.unwrap();
                // Somebody may keep what came: it does not change.
                let got: Vec<Bytes> = stream.try_collect().await.unwrap();
                assert!(got.concat() == all[start..end], "{start}..{end}");
            }
        }
    }

    #[tokio::test]
    async fn an_object_that_was_cut_short_is_an_error_behind_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let objects = Arc::new(Files::open(folder.path()).unwrap());
        let key = kept(&*objects, &vec![1; 2 * STEP + 5]);
        let mut stream = stream(objects, key, 0..3 * STEP as u64).await.unwrap();
        let mut came = 0;
        let error = loop {
            match stream.try_next().await {
                Ok(bytes) => came += bytes.unwrap().len(),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, StoreError::Io { .. }), "{error:?}");
        assert!((2 * STEP..=2 * STEP + 5).contains(&came), "{came}");
    }
}

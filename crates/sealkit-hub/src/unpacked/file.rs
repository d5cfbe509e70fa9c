//! One file of a compressed layer as the inspectors read it: its beginning is kept, and what was read last.

use std::io::{self, Read as _};
use std::sync::{Arc, Mutex, PoisonError};

use sealkit_inspect::{ReadAt, ReadError, end_within};
use sealkit_oci::Compression;

use super::{CHUNK, Stream};
use crate::ranges::BlobRanges;

/// Bytes of the beginning that are kept: headers are there, and are gone through more than once.
const HEAD: usize = 8 << 20;
/// Bytes of what was read last that are kept at least: directories of archives lie before what names their place.
const TAIL: usize = 1 << 20;

/// A compressed layer that several files are read from, one after the other.
pub(crate) struct PackedLayer {
    blob: BlobRanges,
    compression: Compression,
    stream: Mutex<Option<Stream>>,
}

impl PackedLayer {
    pub(crate) fn new(blob: BlobRanges, compression: Compression) -> Self {
        Self { blob, compression, stream: Mutex::new(None) }
    }

    /// Whether it is the layer of this blob.
    pub(crate) fn is(&self, digest: &sealkit_oci::Digest) -> bool {
        self.blob.digest == *digest
    }

    /// Reads from `start` on. What stands before the place where the stream is takes another one.
    fn from<T>(
        &self,
        start: u64,
        read: impl FnOnce(&mut Stream) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut kept = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        let mut stream = match kept.take().filter(|stream| stream.at() <= start) {
            Some(stream) => stream,
            None => Stream::open(self.blob.again(), self.compression)?,
        };
        stream.skip_to(start)?;
        let done = read(&mut stream)?;
        *kept = Some(stream);
        Ok(done)
    }
}

/// A file inside of a compressed layer. Read from a blocking thread only.
pub(crate) struct PackedFile {
    layer: Arc<PackedLayer>,
    start: u64,
    len: u64,
    kept: Mutex<Kept>,
}

impl PackedFile {
    /// The `len` bytes of the unpacked layer from `start` on.
    pub(crate) fn new(layer: Arc<PackedLayer>, start: u64, len: u64) -> Self {
        Self { layer, start, len, kept: Mutex::default() }
    }

    fn fill(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        // What is kept is whole blocks, also where a reader panicked.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut done = kept.copy(offset, buffer);
        let mut at = offset.saturating_add(done as u64);
        if done == buffer.len() {
            return Ok(());
        }
        self.layer.from(self.start.saturating_add(at), |stream| {
            let mut chunk = vec![0; CHUNK];
            while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
                let room = usize::try_from(self.len.saturating_sub(at)).unwrap_or(CHUNK);
                let count = stream.read(chunk.get_mut(..room.min(CHUNK)).unwrap_or_default())?;
                let bytes = chunk.get(..count).unwrap_or_default();
                if bytes.is_empty() {
                    return Err(stream.ends_early());
                }
                kept.keep(at, bytes);
                done += put(rest, bytes);
                at = at.saturating_add(count as u64);
            }
            Ok(())
        })
    }
}

impl ReadAt for PackedFile {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), ReadError> {
        let len = buffer.len() as u64;
        end_within(offset, len, self.len)?;
        let failed = |error: io::Error| ReadError::Source { offset, len, source: error.into() };
        self.fill(offset, buffer).map_err(failed)
    }
}

/// What was read of a file.
#[derive(Default)]
struct Kept {
    head: Vec<u8>,
    tail: Vec<u8>,
    tail_at: u64,
}

impl Kept {
    /// Fills the beginning of `buffer` with what is kept from `offset` on, and says how much that is.
    fn copy(&self, offset: u64, buffer: &mut [u8]) -> usize {
        let head = put(buffer, from(&self.head, 0, offset));
        let rest = buffer.get_mut(head..).unwrap_or_default();
        head + put(rest, from(&self.tail, self.tail_at, offset.saturating_add(head as u64)))
    }

    fn keep(&mut self, offset: u64, bytes: &[u8]) {
        if offset == self.head.len() as u64 && self.head.len() < HEAD {
            self.head.extend_from_slice(bytes);
            return;
        }
        if offset != self.tail_at.saturating_add(self.tail.len() as u64) {
            self.tail.clear();
            self.tail_at = offset;
        }
        self.tail.extend_from_slice(bytes);
        if self.tail.len() > 2 * TAIL {
            let gone = self.tail.len() - TAIL;
            self.tail.drain(..gone);
            self.tail_at = self.tail_at.saturating_add(gone as u64);
        }
    }
}

/// The part of `bytes`, which begin at `start`, from `offset` on.
fn from(bytes: &[u8], start: u64, offset: u64) -> &[u8] {
    let skipped = offset.checked_sub(start).and_then(|skipped| usize::try_from(skipped).ok());
    skipped.and_then(|skipped| bytes.get(skipped..)).unwrap_or_default()
}

fn put(to: &mut [u8], bytes: &[u8]) -> usize {
    let count = to.len().min(bytes.len());
    if let (Some(to), Some(bytes)) = (to.get_mut(..count), bytes.get(..count)) {
        to.copy_from_slice(bytes);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_and_what_was_last_are_kept_and_no_more() {
        let mut kept = Kept::default();
        let block = |at: usize| vec![u8::try_from(at % 251).unwrap(); CHUNK];
        let blocks = 4 * HEAD / CHUNK;
        for at in 0..blocks {
            kept.keep((at * CHUNK) as u64, &block(at));
        }
        assert!(kept.head.len() <= HEAD + CHUNK && kept.tail.len() <= 2 * TAIL + CHUNK);
        let mut buffer = vec![0; CHUNK];
        for at in [0, HEAD / CHUNK - 1, blocks - TAIL / CHUNK, blocks - 1] {
            assert_eq!(kept.copy((at * CHUNK) as u64, &mut buffer), CHUNK, "{at}");
            assert_eq!(buffer, block(at), "{at}");
        }
        assert_eq!(kept.copy((2 * HEAD) as u64, &mut buffer), 0, "what is between is gone");
        // What is read somewhere else takes the place of what was read last.
        kept.keep((2 * HEAD) as u64, b"abc");
        assert_eq!(kept.copy((2 * HEAD) as u64 + 1, &mut buffer[..4]), 2);
        assert_eq!(&buffer[..2], b"bc");
    }

    #[test]
    fn a_read_goes_over_from_the_beginning_to_what_is_kept_after_it() {
        let mut kept = Kept { head: vec![1; HEAD], ..Kept::default() };
        kept.keep(HEAD as u64, &[2; 10]);
        let mut buffer = [0; 4];
        assert_eq!(kept.copy(HEAD as u64 - 2, &mut buffer), 4);
        assert_eq!(buffer, [1, 1, 2, 2]);
    }
}

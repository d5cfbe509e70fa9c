//! Where an archive's bytes come from: a stream, or ranges of something that can be read anywhere.

use std::io::{self, Read};

/// Bytes that can be read at any offset, e.g. a file, or a blob of a registry by ranges.
pub trait RangeSource: Sync {
    /// Size in bytes.
    fn size(&self) -> u64;

    /// Reads at `offset` into `buffer` and returns how many bytes came: fewer than asked only at
    /// the end.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
}

impl RangeSource for &[u8] {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let from = usize::try_from(offset).ok().and_then(|offset| self.get(offset..));
        from.unwrap_or_default().read(buffer)
    }
}

/// A file whose size does not change.
#[cfg(unix)]
impl RangeSource for std::fs::File {
    fn size(&self) -> u64 {
        self.metadata().map_or(0, |meta| meta.len())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(self, buffer, offset)
    }
}

/// What a [`TarReader`](super::TarReader) reads from: forward only, but skipping may be cheap.
pub trait Source {
    /// Fills `buffer`; fewer bytes only at the end.
    fn fill(&mut self, buffer: &mut [u8]) -> io::Result<usize>;

    /// Passes over `count` bytes; false where the end came first.
    fn skip(&mut self, count: u64) -> io::Result<bool>;

    /// Offset of the next byte.
    fn position(&self) -> u64;
}

/// A stream: skipping reads.
#[derive(Debug)]
pub struct Streamed<R> {
    reader: R,
    position: u64,
}

impl<R: Read> Streamed<R> {
    /// Reads from where `reader` is.
    pub fn new(reader: R) -> Self {
        Self { reader, position: 0 }
    }

    /// The reader, at [`Source::position`].
    pub fn into_inner(self) -> R {
        self.reader
    }
}

impl<R: Read> Source for Streamed<R> {
    fn fill(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.reader.read(rest) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.position += filled as u64;
        Ok(filled)
    }

    fn skip(&mut self, count: u64) -> io::Result<bool> {
        let skipped = io::copy(&mut self.reader.by_ref().take(count), &mut io::sink())?;
        self.position += skipped;
        Ok(skipped == count)
    }

    fn position(&self) -> u64 {
        self.position
    }
}

/// Size of the window that is fetched around a header, in bytes: small files that follow each
/// other then share one request.
const WINDOW: usize = 64 * 1024;

/// Ranges: skipping costs nothing, so that an archive is listed without reading its bodies.
pub struct Ranged<'a> {
    source: &'a dyn RangeSource,
    position: u64,
    window: Vec<u8>,
    window_at: u64,
}

impl<'a> Ranged<'a> {
    /// Reads `source` from its start.
    pub fn new(source: &'a dyn RangeSource) -> Self {
        Self { source, position: 0, window: Vec::new(), window_at: 0 }
    }

    fn buffered(&self) -> &[u8] {
        let start = self.position.checked_sub(self.window_at);
        let start = start.and_then(|start| usize::try_from(start).ok());
        start.and_then(|start| self.window.get(start..)).unwrap_or_default()
    }

    fn refill(&mut self) -> io::Result<()> {
        let left = self.source.size().saturating_sub(self.position);
        self.window.resize(usize::try_from(left).map_or(WINDOW, |left| left.min(WINDOW)), 0);
        self.window_at = self.position;
        let mut filled = 0;
        while let Some(rest) = self.window.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.source.read_at(self.position + filled as u64, rest)? {
                0 => break,
                count => filled += count,
            }
        }
        self.window.truncate(filled);
        Ok(())
    }
}

impl Source for Ranged<'_> {
    fn fill(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            if self.buffered().is_empty() {
                self.refill()?;
            }
            let Some(rest) = buffer.get_mut(filled..) else { break };
            let count = self.buffered().read(rest)?;
            if count == 0 {
                break;
            }
            filled += count;
            self.position += count as u64;
        }
        Ok(filled)
    }

    fn skip(&mut self, count: u64) -> io::Result<bool> {
        let end = self.position.checked_add(count).filter(|end| *end <= self.source.size());
        self.position = end.unwrap_or(self.source.size());
        Ok(end.is_some())
    }

    fn position(&self) -> u64 {
        self.position
    }
}

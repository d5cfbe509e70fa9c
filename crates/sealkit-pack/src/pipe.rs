//! A pipe of large buffers between two threads, so that reading and hashing go on while the other
//! side hashes and writes. Buffers go round: memory is bounded by their number.

use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

/// Size of a buffer in bytes.
pub(crate) const BUFFER: usize = 512 * 1024;
const BUFFERS: usize = 4;

enum Message {
    Full(Vec<u8>, usize),
    End,
}

/// The end that fills buffers. Dropped without [`PipeWriter::finish`], the other end knows that the
/// bytes are not all there.
pub(crate) struct PipeWriter {
    full: SyncSender<Message>,
    empty: Receiver<Vec<u8>>,
    buffer: Vec<u8>,
    filled: usize,
    position: u64,
}

/// The end that reads them.
pub(crate) struct PipeReader {
    full: Receiver<Message>,
    empty: Sender<Vec<u8>>,
    buffer: Vec<u8>,
    range: (usize, usize),
    ended: bool,
}

/// A new pipe.
pub(crate) fn pipe() -> (PipeWriter, PipeReader) {
    let (full, full_reader) = sync_channel(BUFFERS);
    let (empty, empty_reader) = channel();
    for _ in 1..BUFFERS {
        // Both ends are alive here.
        let _ = empty.send(vec![0; BUFFER]);
    }
    let writer =
        PipeWriter { full, empty: empty_reader, buffer: vec![0; BUFFER], filled: 0, position: 0 };
    let reader =
        PipeReader { full: full_reader, empty, buffer: Vec::new(), range: (0, 0), ended: false };
    (writer, reader)
}

impl PipeWriter {
    /// Number of bytes that were written.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Lets `fill` write into the free part of the buffer, at most `most` bytes, and returns what
    /// it wrote. It is not called again before it gave at least one byte or the end (0).
    pub(crate) fn fill<F>(&mut self, most: u64, fill: F) -> io::Result<&[u8]>
    where
        F: FnOnce(&mut [u8]) -> io::Result<usize>,
    {
        if self.filled == self.buffer.len() {
            self.send()?;
        }
        let start = self.filled;
        let free = self.buffer.get_mut(start..).unwrap_or_default();
        let most = usize::try_from(most).map_or(free.len(), |most| most.min(free.len()));
        let count = fill(free.get_mut(..most).unwrap_or_default())?;
        self.filled += count;
        self.position += count as u64;
        Ok(self.buffer.get(start..self.filled).unwrap_or_default())
    }

    /// Sends what is left and says that this is all.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        if self.filled > 0 {
            self.send()?;
        }
        self.full.send(Message::End).map_err(|_| closed())
    }

    fn send(&mut self) -> io::Result<()> {
        let next = self.empty.recv().map_err(|_| closed())?;
        let full = std::mem::replace(&mut self.buffer, next);
        let message = Message::Full(full, self.filled);
        self.filled = 0;
        self.full.send(message).map_err(|_| closed())
    }
}

impl Write for PipeWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let most = bytes.len() as u64;
        let copied = self.fill(most, |mut buffer| buffer.write(bytes))?;
        Ok(copied.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl PipeReader {
    /// The bytes that came and were not taken yet; none at the end. An error where the other end
    /// went away before its end.
    pub(crate) fn chunk(&mut self) -> io::Result<Option<&[u8]>> {
        while self.range.0 == self.range.1 && !self.ended {
            let used = std::mem::take(&mut self.buffer);
            if !used.is_empty() {
                // The other end may be gone already: then it needs no buffer.
                let _ = self.empty.send(used);
            }
            match self.full.recv().map_err(|_| closed())? {
                Message::Full(buffer, filled) => (self.buffer, self.range) = (buffer, (0, filled)),
                Message::End => self.ended = true,
            }
        }
        let chunk = self.buffer.get(self.range.0..self.range.1).unwrap_or_default();
        Ok(Some(chunk).filter(|chunk| !chunk.is_empty()))
    }

    /// Takes `count` bytes of the chunk.
    pub(crate) fn take(&mut self, count: usize) {
        self.range.0 = (self.range.0 + count).min(self.range.1);
    }
}

impl Read for PipeReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(mut chunk) = self.chunk()? else { return Ok(0) };
        let count = chunk.read(buffer)?;
        self.take(count);
        Ok(count)
    }
}

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the other thread stopped")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_arrive_in_order_and_end() {
        let sent: Vec<u8> = (0..5 * BUFFER / 2).map(|i| (i % 253) as u8).collect();
        let (mut writer, mut reader) = pipe();
        let copy = sent.clone();
        let thread = std::thread::spawn(move || {
            copy.chunks(70_001).for_each(|chunk| writer.write_all(chunk).unwrap());
            assert_eq!(writer.position(), copy.len() as u64);
            writer.finish().unwrap();
        });
        let mut got = Vec::new();
        reader.read_to_end(&mut got).unwrap();
        thread.join().unwrap();
        assert_eq!(got, sent);
    }

    #[test]
    fn a_writer_that_gives_up_is_not_an_end() {
        let (mut writer, mut reader) = pipe();
        writer.write_all(b"abc").unwrap();
        drop(writer);
        assert!(reader.read_to_end(&mut Vec::new()).is_err());
    }

    #[test]
    fn a_reader_that_gives_up_stops_the_writer() {
        let (mut writer, reader) = pipe();
        drop(reader);
        assert!(writer.write_all(&vec![0; 8 * BUFFER]).is_err());
    }
}

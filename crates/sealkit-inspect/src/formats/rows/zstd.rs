//! Zstandard (RFC 8878), unpacked as the packed bytes come, block by block.

use std::io::{self, Write};

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// The first bytes of every frame with content.
const MAGIC: &[u8] = b"\x28\xB5\x2F\xFD";
/// Largest window that is unpacked; `zstd` asks for no more unless told to (`--ultra`, `--long`).
const MAX_WINDOW: u64 = 8 << 20;
/// Largest block (section 3.1.1.2.4).
const MAX_BLOCK: usize = 128 << 10;

/// Writes what packed bytes hold to `sink`.
pub(super) struct Decoder<W> {
    frame: FrameDecoder,
    /// Packed bytes that are no whole header or block yet.
    held: Vec<u8>,
    at: At,
    sink: W,
}

/// What the next bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// A frame, or the end.
    Frame,
    /// A block; the flag says whether four bytes of a checksum follow the last.
    Block(bool),
    /// So many bytes that hold nothing.
    Skip(u64),
}

/// Whether a file begins with a frame. Some writers put one before all others that holds nothing.
pub(super) fn begins(head: &[u8]) -> bool {
    head.starts_with(MAGIC) || is_skippable(head)
}

/// Whether a frame is skipped (section 3.1.2).
fn is_skippable(bytes: &[u8]) -> bool {
    matches!(bytes, [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..])
}

impl<W: Write> Decoder<W> {
    pub(super) fn new(sink: W) -> Self {
        let mut frame = FrameDecoder::new();
        frame.set_max_window_size(MAX_WINDOW);
        Self { frame, held: Vec::new(), at: At::Frame, sink }
    }

    /// What it writes to.
    pub(super) fn get_mut(&mut self) -> &mut W {
        &mut self.sink
    }

    /// The next packed bytes.
    pub(super) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.held.extend_from_slice(bytes);
        let held = std::mem::take(&mut self.held);
        let mut rest = held.as_slice();
        while let Some(len) = self.step(rest)? {
            rest = rest.get(len..).unwrap_or_default();
        }
        self.held = rest.to_vec();
        Ok(())
    }

    /// Fails where the bytes end inside a frame.
    pub(super) fn try_finish(&mut self) -> io::Result<()> {
        let is_end = self.at == At::Frame && self.held.is_empty();
        if is_end { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// Takes what stands at the start of `bytes` and gives its length; none where it is not whole.
    fn step(&mut self, bytes: &[u8]) -> io::Result<Option<usize>> {
        match self.at {
            At::Frame => self.start(bytes),
            At::Block(has_checksum) => self.block(bytes, has_checksum),
            At::Skip(left) => {
                let len = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                let left = left.saturating_sub(len as u64);
                self.at = if left == 0 { At::Frame } else { At::Skip(left) };
                Ok((len > 0 || left == 0).then_some(len))
            }
        }
    }

    fn start(&mut self, bytes: &[u8]) -> io::Result<Option<usize>> {
        if is_skippable(bytes) {
            let size = bytes.get(4..).and_then(<[u8]>::first_chunk);
            let Some(size) = size else { return Ok(None) };
            self.at = At::Skip(u64::from(u32::from_le_bytes(*size)));
            return Ok(Some(8));
        }
        let Some(descriptor) = bytes.get(4) else { return Ok(None) };
        let Some(header) = bytes.get(..header_len(*descriptor)) else { return Ok(None) };
        // What is no frame, needs a dictionary or too large a window is refused here.
        self.frame.reset(header).map_err(io::Error::other)?;
        self.at = At::Block(descriptor & 0b100 != 0);
        Ok(Some(header.len()))
    }

    fn block(&mut self, bytes: &[u8], has_checksum: bool) -> io::Result<Option<usize>> {
        let Some(&[a, b, c]) = bytes.first_chunk() else { return Ok(None) };
        let header = u32::from_le_bytes([a, b, c, 0]);
        let (is_last, size) = (header & 1 != 0, (header >> 3) as usize);
        let inside = match header >> 1 & 0b11 {
            // One byte, many times.
            1 => 1,
            0 | 2 => size,
            _ => return Err(io::ErrorKind::InvalidData.into()),
        };
        if size > MAX_BLOCK {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let len = 3 + inside + if is_last && has_checksum { 4 } else { 0 };
        let Some(block) = bytes.get(..len) else { return Ok(None) };
        let one = BlockDecodingStrategy::UptoBlocks(1);
        self.frame.decode_blocks(block, one).map_err(io::Error::other)?;
        // A window's worth stays with the decoder until the frame ends.
        self.frame.collect_to_writer(&mut self.sink)?;
        if is_last {
            let stated = self.frame.get_checksum_from_data();
            if stated.is_some() && stated != self.frame.get_calculated_checksum() {
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.at = At::Frame;
        }
        Ok(Some(len))
    }
}

/// Length of a frame's header (section 3.1.1.1): magic and descriptor, window, dictionary, size.
fn header_len(descriptor: u8) -> usize {
    let is_single = descriptor & 0b10_0000 != 0;
    let dictionary = [0, 1, 2, 4].get(usize::from(descriptor & 0b11)).copied().unwrap_or(0);
    let size = match (descriptor >> 6, is_single) {
        (0, false) => 0,
        (0, true) => 1,
        (power, _) => 1 << power,
    };
    5 + usize::from(!is_single) + dictionary + size
}

/// What the head of a packed file holds, as far as it goes and about `limit` bytes.
pub(super) fn unpack_head(head: &[u8], limit: usize) -> Vec<u8> {
    let mut decoder = Decoder::new(Head { bytes: Vec::new(), limit });
    // The head ends in the middle of things; what came out before counts.
    let _ = decoder.write_all(head);
    // Of a frame that has not ended the decoder keeps a window: an empty last block ends it. The checksum,
    // which can only be wrong, is looked at after everything came out.
    if matches!(decoder.at, At::Block(_)) {
        let _ = decoder.step(&[1, 0, 0, 0, 0, 0, 0]);
    }
    let mut out = decoder.sink.bytes;
    out.truncate(limit);
    out
}

/// Takes bytes until it has enough.
struct Head {
    bytes: Vec<u8>,
    limit: usize,
}

impl Write for Head {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() >= self.limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

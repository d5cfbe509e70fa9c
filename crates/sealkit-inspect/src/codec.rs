//! Compressed bytes read at any offset: unpacked again as far as needed, never held whole.

use std::cell::RefCell;
use std::io::{self, BufRead, BufReader, Read};

use ruzstd::decoding::{FrameDecoder, StreamingDecoder};
use sealkit_report::Budget;

use crate::{InspectError, ReadAt, ReadError, end_within};

/// Bytes behind the place last read that stay at hand.
const WINDOW: usize = 256 << 10;
const CHUNK: usize = 64 << 10;
/// Bytes that come out for one step of work, where steps pay for them.
const PER_STEP: u64 = 32;
/// Unpacked bytes from which on few new starts are made.
const LONG: u64 = 64 << 20;
/// Most times that unpacking starts anew for a read far back.
const RESTARTS: u32 = 32;
const RESTARTS_OF_LONG: u32 = 4;
/// Dictionary that an LZMA stream may ask for, in KiB.
const LZMA_MEMORY: u32 = 80 << 10;

/// Largest window of Zstandard that is unpacked; `zstd` asks for no more unless told to.
const ZSTD_WINDOW: u64 = 8 << 20;

/// A way of compressing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    /// Deflate without a frame, as in zip.
    Deflate,
    /// RFC 1950.
    Zlib,
    /// RFC 1952.
    Gzip,
    /// bzip2.
    Bzip2,
    /// XZ.
    Xz,
    /// LZMA alone.
    Lzma,
    /// LZ4 in frames.
    Lz4,
    /// One frame of Zstandard.
    Zstd,
}

impl Codec {
    /// The codec that these first bytes show.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        Some(match head {
            [0x1F, 0x8B, 8, ..] => Self::Gzip,
            [0x78, flags, ..] if (0x7800 | u32::from(*flags)).is_multiple_of(31) => Self::Zlib,
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Self::Bzip2,
            [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            [0x5D, 0, 0, ..] => Self::Lzma,
            [0x04, 0x22, 0x4D, 0x18, ..] => Self::Lz4,
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Self::Zstd,
            _ => return None,
        })
    }

    /// Whether its first bytes are no accident in other content.
    pub(crate) fn is_sure(self) -> bool {
        !matches!(self, Self::Deflate | Self::Zlib | Self::Lzma)
    }

    /// What a compressed head unpacks to, as far as it goes and at most `limit` bytes.
    pub(crate) fn unpack_head(self, head: &[u8], limit: usize) -> Vec<u8> {
        let mut out = Vec::new();
        if let Ok(decoder) = self.decoder(Box::new(head)) {
            // The head ends in the middle of things; what came out before counts.
            let _ = decoder.take(limit as u64).read_to_end(&mut out);
        }
        out
    }

    fn decoder<'a>(self, input: Box<dyn BufRead + 'a>) -> io::Result<Box<dyn Read + 'a>> {
        Ok(match self {
            Self::Deflate => Box::new(flate2::bufread::DeflateDecoder::new(input)),
            Self::Zlib => Box::new(flate2::bufread::ZlibDecoder::new(input)),
            Self::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(input)),
            Self::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(input)),
            Self::Xz => Box::new(lzma_rust2::XzReader::new_mem_limit(input, true, LZMA_MEMORY)),
            Self::Lzma => {
                let reader = lzma_rust2::LzmaReader::new_mem_limit(input, LZMA_MEMORY, None)?;
                Box::new(reader)
            }
            Self::Lz4 => Box::new(lz4_flex::frame::FrameDecoder::new(input)),
            Self::Zstd => {
                let mut frame = FrameDecoder::new();
                frame.set_max_window_size(ZSTD_WINDOW);
                let reader = StreamingDecoder::new_with_decoder(input, frame);
                Box::new(reader.map_err(io::Error::other)?)
            }
        })
    }
}

/// Reads a source from its first byte to its last.
struct Forward<'a> {
    source: &'a dyn ReadAt,
    pos: u64,
}

impl Read for Forward<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let left = self.source.len().saturating_sub(self.pos);
        let count = buf.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let Some(part) = buf.get_mut(..count) else { return Ok(0) };
        self.source.read_at(self.pos, part).map_err(io::Error::other)?;
        self.pos += count as u64;
        Ok(count)
    }
}

/// The unpacked form of compressed bytes.
pub(crate) struct Unpacked<'a> {
    source: &'a dyn ReadAt,
    codec: Codec,
    len: u64,
    broken: bool,
    state: RefCell<State<'a>>,
}

struct State<'a> {
    decoder: Box<dyn Read + 'a>,
    window: Vec<u8>,
    start: u64,
    restarts: u32,
}

impl<'a> Unpacked<'a> {
    /// Unpacks once to learn the length. The budget pays for what goes in and what comes out; when
    /// it is spent, or the bytes are broken, what came out until then is all there is.
    pub(crate) fn new(
        source: &'a dyn ReadAt,
        codec: Codec,
        budget: &mut Budget,
    ) -> Result<Self, InspectError> {
        Self::paid(source, codec, budget, false)
    }

    /// The same for content of which most is only passed over: what comes out counts as work, at a
    /// step for 32 bytes, and not as bytes that were read.
    pub(crate) fn long(
        source: &'a dyn ReadAt,
        codec: Codec,
        budget: &mut Budget,
    ) -> Result<Self, InspectError> {
        Self::paid(source, codec, budget, true)
    }

    fn paid(
        source: &'a dyn ReadAt,
        codec: Codec,
        budget: &mut Budget,
        as_work: bool,
    ) -> Result<Self, InspectError> {
        budget.bytes(source.len())?;
        let mut decoder = start(source, codec)?;
        let (mut len, mut broken) = (0_u64, false);
        let mut chunk = vec![0; CHUNK];
        loop {
            let left = if as_work { u64::MAX } else { budget.bytes_left() };
            let allowed = CHUNK.min(usize::try_from(left).unwrap_or(CHUNK));
            let Some(part) = chunk.get_mut(..allowed).filter(|part| !part.is_empty()) else {
                broken = true;
                break;
            };
            match decoder.read(part) {
                Ok(0) => break,
                Ok(count) => {
                    len += count as u64;
                    if !as_work {
                        budget.bytes(count as u64)?;
                    } else if budget.steps((count as u64).div_ceil(PER_STEP)).is_err() {
                        broken = true;
                        break;
                    }
                }
                Err(_) => {
                    broken = true;
                    break;
                }
            }
        }
        let state =
            State { decoder: start(source, codec)?, window: Vec::new(), start: 0, restarts: 0 };
        Ok(Self { source, codec, len, broken, state: RefCell::new(state) })
    }

    /// Whether it could not be unpacked to its end.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }
}

fn start<'a>(source: &'a dyn ReadAt, codec: Codec) -> Result<Box<dyn Read + 'a>, InspectError> {
    let input = BufReader::with_capacity(CHUNK, Forward { source, pos: 0 });
    let what = "a compressed stream that cannot be started";
    codec.decoder(Box::new(input)).map_err(|_| InspectError::malformed("archive", what, 0))
}

impl ReadAt for Unpacked<'_> {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let len = buf.len() as u64;
        let end = end_within(offset, len, self.len)?;
        let failed = |source| ReadError::Source { offset, len, source };
        let mut state = self.state.borrow_mut();
        if offset < state.start {
            let most = if self.len > LONG { RESTARTS_OF_LONG } else { RESTARTS };
            if state.restarts >= most {
                return Err(failed("read back too often in compressed bytes".into()));
            }
            state.decoder = start(self.source, self.codec).map_err(|e| failed(Box::new(e)))?;
            (state.start, state.restarts) = (0, state.restarts + 1);
            state.window.clear();
        }
        state.advance(offset, end).map_err(|error| failed(Box::new(error)))?;
        let at = usize::try_from(offset - state.start).unwrap_or(usize::MAX);
        let found = at.checked_add(buf.len()).and_then(|to| state.window.get(at..to));
        buf.copy_from_slice(found.ok_or_else(|| failed("too few bytes".into()))?);
        Ok(())
    }
}

impl State<'_> {
    /// Unpacks until the window reaches `end`, and forgets what lies far before `offset`.
    fn advance(&mut self, offset: u64, end: u64) -> io::Result<()> {
        while self.start.saturating_add(self.window.len() as u64) < end {
            let keep_from = offset.saturating_sub(WINDOW as u64).saturating_sub(self.start);
            let gone = self.window.len().min(usize::try_from(keep_from).unwrap_or(usize::MAX));
            if gone >= WINDOW {
                self.window.drain(..gone);
                self.start += gone as u64;
            }
            let old = self.window.len();
            self.window.resize(old + CHUNK, 0);
            let count = self.decoder.read(self.window.get_mut(old..).unwrap_or_default());
            self.window.truncate(old + count.as_ref().map_or(0, |count| *count));
            if count? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;

    use super::*;

    fn plain() -> Vec<u8> {
        (0_u32..400_000).flat_map(|n| (n / 7).to_le_bytes()).collect()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn any_place_reads_as_if_nothing_were_packed() {
        let plain = plain();
        let packed = zlib(&plain);
        let unpacked = Unpacked::new(&packed, Codec::Zlib, &mut Budget::default()).unwrap();
        assert_eq!((unpacked.len(), unpacked.is_broken()), (plain.len() as u64, false));
        for (offset, len) in
            [(0, 10), (700_000, 300_000), (699_000, 5), (3, 3), (1_599_990, 10), (1_000_000, 1)]
        {
            let mut buf = vec![0; len];
            unpacked.read_at(offset, &mut buf).unwrap();
            assert_eq!(buf, plain[offset as usize..][..len], "{offset}");
        }
        assert!(unpacked.read_at(1_599_995, &mut [0; 10]).is_err());
        assert!(unpacked.read_at(u64::MAX, &mut [0; 10]).is_err());
    }

    #[test]
    fn reading_back_too_often_fails_and_does_not_hang() {
        let packed = zlib(&plain());
        let unpacked = Unpacked::new(&packed, Codec::Zlib, &mut Budget::default()).unwrap();
        let mut failed = false;
        for _ in 0..=RESTARTS {
            failed |= unpacked.read_at(1_500_000, &mut [0; 1]).is_err();
            failed |= unpacked.read_at(0, &mut [0; 1]).is_err();
        }
        assert!(failed);
    }

    #[test]
    fn the_budget_limits_what_comes_out() {
        let packed = zlib(&vec![0; 4 << 20]);
        let mut budget = Budget::new(1 << 20, 0, 0, 0);
        let unpacked = Unpacked::new(&packed, Codec::Zlib, &mut budget).unwrap();
        assert!(unpacked.is_broken());
        assert!(unpacked.len() <= 1 << 20 && unpacked.len() > 900_000, "{}", unpacked.len());
        let mut budget = Budget::new(10, 0, 0, 0);
        assert!(Unpacked::new(&packed, Codec::Zlib, &mut budget).is_err());
    }

    #[test]
    fn codecs_are_known_by_their_first_bytes() {
        for (head, codec) in [
            (&b"\x78\x9c\x01"[..], Some(Codec::Zlib)),
            (b"\x78\x01", Some(Codec::Zlib)),
            (b"\x78\x02", None),
            (b"\x1f\x8b\x08", Some(Codec::Gzip)),
            (b"BZh9", Some(Codec::Bzip2)),
            (b"BZh0", None),
            (b"\xfd7zXZ\0", Some(Codec::Xz)),
            (b"\x5d\0\0\x80", Some(Codec::Lzma)),
            (b"\x04\x22\x4d\x18\x40", Some(Codec::Lz4)),
            (b"\x04\x22\x4d\x19", None),
            (b"", None),
        ] {
            assert_eq!(Codec::of(head), codec, "{head:?}");
        }
    }

    #[test]
    fn broken_bytes_of_every_codec_end_and_say_so() {
        for codec in [
            Codec::Deflate,
            Codec::Zlib,
            Codec::Gzip,
            Codec::Bzip2,
            Codec::Xz,
            Codec::Lzma,
            Codec::Lz4,
        ] {
            let broken = vec![0xFF; 64];
            let unpacked = Unpacked::new(&broken, codec, &mut Budget::default());
            assert!(unpacked.map_or(true, |unpacked| unpacked.is_broken()), "{codec:?}");
            assert!(codec.unpack_head(&broken, 100).len() <= 100);
        }
    }
}

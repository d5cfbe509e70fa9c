//! Pages of one column: headers, levels, and the bytes of values.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;
use sealkit_report::Budget;

use super::super::footer::codec;
use super::super::thrift::{Kind, Reader};
use super::chunk::{Chunk, Leaf};
use super::levels::Hybrid;
use super::values::{Dictionary, Values};
use super::{Rows, Unread};
use crate::read_at::piece;
use crate::{InspectError, ReadAt, Slice};

/// Longest header of a page, in bytes: it may hold the least and the greatest value.
const MAX_HEADER: u64 = 64 << 10;
/// Largest page, packed and unpacked, in bytes. Writers aim at one MiB.
const MAX_PACKED: u64 = 8 << 20;
const MAX_PAGE: u64 = 16 << 20;
/// Most pages of one column.
const MAX_PAGES: usize = 64;

const DATA: i64 = 0;
const DICTIONARY: i64 = 2;
const DATA_V2: i64 = 3;
const RLE: i64 = 3;

/// The pages of a column, one after the other.
pub(super) struct Pages<'a> {
    source: &'a dyn ReadAt,
    chunk: &'a Chunk,
    place: u64,
    end: u64,
    count: usize,
    dictionary: Option<Dictionary>,
    unpacked: &'a mut usize,
}

/// What stands before each page (`PageHeader`).
#[derive(Default)]
struct Header {
    kind: i64,
    unpacked: u64,
    packed: u64,
    values: u64,
    encoding: i64,
    definition: i64,
    repetition: i64,
    /// Bytes of the levels, which are not packed: definition, then repetition.
    levels: (u64, u64),
    plain: bool,
}

impl<'a> Pages<'a> {
    /// The pages of `chunk`, all of which have to lie before `end`.
    pub(super) fn new(
        source: &'a dyn ReadAt,
        chunk: &'a Chunk,
        end: u64,
        unpacked: &'a mut usize,
    ) -> Result<Self, Unread> {
        if chunk.elsewhere {
            return Err(Unread::Unknown("its values are encrypted or in another file".to_owned()));
        }
        if !matches!(chunk.codec, 0 | 1 | 2 | 6 | 7) {
            let reason = format!(
                "its values are packed with {}, which is not unpacked here",
                codec(chunk.codec)
            );
            return Err(Unread::Unknown(reason));
        }
        let last = chunk.start.checked_add(chunk.len).filter(|last| *last <= end);
        let Some(last) = last.filter(|_| chunk.start >= 4 && chunk.len > 0) else {
            return Err(malformed("a column chunk that lies outside").into());
        };
        Ok(Self {
            source,
            chunk,
            place: chunk.start,
            end: last,
            count: 0,
            dictionary: None,
            unpacked,
        })
    }

    /// Gives the entries of the next page that has any to `rows`, at most `most` of them, and says how many; none at
    /// the end.
    pub(super) fn next(
        &mut self,
        leaf: &Leaf<'_>,
        most: usize,
        rows: &mut Rows<'_>,
        budget: &mut Budget,
    ) -> Result<Option<usize>, Unread> {
        while self.place < self.end {
            self.count += 1;
            if self.count > MAX_PAGES {
                let reason = "its first rows are spread over too many pages";
                return Err(Unread::Unknown(reason.to_owned()));
            }
            let (header, bytes) = self.read(budget)?;
            let count = usize::try_from(header.values).unwrap_or(usize::MAX).min(most);
            match header.kind {
                DICTIONARY => {
                    let bytes = self.unpack(&bytes, header.unpacked)?;
                    let kind = (self.chunk.physical, leaf.element.width);
                    self.dictionary = Some(Dictionary::new(bytes, kind, header.values));
                }
                DATA => {
                    self.data(&header, &bytes, leaf, count, rows)?;
                    return Ok(Some(count));
                }
                DATA_V2 => {
                    self.data_v2(&header, &bytes, leaf, count, rows)?;
                    return Ok(Some(count));
                }
                _ => {}
            }
        }
        Ok(None)
    }

    /// The header at this place and the packed bytes behind it.
    fn read(&mut self, budget: &mut Budget) -> Result<(Header, Vec<u8>), Unread> {
        let window = Slice::new(self.source, self.place, (self.end - self.place).min(MAX_HEADER))?;
        let mut reader = Reader::new(&window, budget);
        let header = Header::read(&mut reader)?;
        let begin = self.place + reader.pos();
        if header.packed > self.end - begin {
            return Err(malformed("a page that reaches past its chunk").into());
        }
        if header.packed > MAX_PACKED || header.unpacked > MAX_PAGE {
            let reason = "a page of it is larger than the pages that are read here";
            return Err(Unread::Unknown(reason.to_owned()));
        }
        let bytes = piece(self.source, budget, begin, header.packed)?;
        self.place = begin + header.packed;
        Ok((header, bytes))
    }

    /// The bytes of a page. They have to be exactly as many as its header states.
    fn unpack(&mut self, packed: &[u8], len: u64) -> Result<Vec<u8>, Unread> {
        let len = usize::try_from(len).map_err(|_| malformed("a page above the limit"))?;
        let Some(left) = self.unpacked.checked_sub(len) else {
            return Err(Unread::Unknown(
                "the pages together unpack to more than is read here".to_owned(),
            ));
        };
        *self.unpacked = left;
        // Nothing is packed as nothing, whatever a decoder asks for: a page of nulls alone.
        if len == 0 && packed.is_empty() {
            return Ok(Vec::new());
        }
        let wrong = || Unread::from(malformed("a page that does not unpack to what it states"));
        let bytes = match self.chunk.codec {
            0 => packed.to_vec(),
            // Its buffer is made as large as the block states: that has to be known to fit.
            1 if snap::raw::decompress_len(packed).ok() != Some(len) => return Err(wrong()),
            1 => snap::raw::Decoder::new().decompress_vec(packed).map_err(|_| wrong())?,
            2 => all(MultiGzDecoder::new(packed), len).map_err(|_| wrong())?,
            6 => {
                let decoder = StreamingDecoder::new_with_max_window_size(packed, MAX_PAGE);
                all(decoder.map_err(|_| wrong())?, len).map_err(|_| wrong())?
            }
            _ => lz4_flex::block::decompress(packed, len).map_err(|_| wrong())?,
        };
        if bytes.len() == len { Ok(bytes) } else { Err(wrong()) }
    }

    fn data(
        &mut self,
        header: &Header,
        packed: &[u8],
        leaf: &Leaf<'_>,
        count: usize,
        rows: &mut Rows<'_>,
    ) -> Result<(), Unread> {
        let bytes = self.unpack(packed, header.unpacked)?;
        let mut rest = bytes.as_slice();
        let repeated = prefixed(&mut rest, leaf.most_repeated, header.repetition, count)?;
        let defined = prefixed(&mut rest, leaf.most_defined, header.definition, count)?;
        self.give(header.encoding, (defined.as_slice(), repeated.as_slice()), rest, leaf, rows)
    }

    fn data_v2(
        &mut self,
        header: &Header,
        bytes: &[u8],
        leaf: &Leaf<'_>,
        count: usize,
        rows: &mut Rows<'_>,
    ) -> Result<(), Unread> {
        let outside = || malformed("levels that reach past their page");
        let (defined, repeated) = header.levels;
        let at = |len: u64| usize::try_from(len).unwrap_or(usize::MAX);
        let (repeated, rest) = bytes.split_at_checked(at(repeated)).ok_or_else(outside)?;
        let (defined, packed) = rest.split_at_checked(at(defined)).ok_or_else(outside)?;
        let levels = (repeated.len() + defined.len()) as u64;
        let len = header.unpacked.checked_sub(levels).ok_or_else(outside)?;
        let values = if header.plain { packed.to_vec() } else { self.unpack(packed, len)? };
        let repeated = levels_of(repeated, leaf.most_repeated, count)?;
        let defined = levels_of(defined, leaf.most_defined, count)?;
        self.give(header.encoding, (defined.as_slice(), repeated.as_slice()), &values, leaf, rows)
    }

    /// Gives entries to `rows`, until those are enough.
    fn give(
        &self,
        encoding: i64,
        (defined, repeated): (&[u16], &[u16]),
        bytes: &[u8],
        leaf: &Leaf<'_>,
        rows: &mut Rows<'_>,
    ) -> Result<(), Unread> {
        let kind = (self.chunk.physical, leaf.element.width);
        let mut values = Values::new(bytes, encoding, kind, self.dictionary.as_ref())?;
        for (defined, repeated) in defined.iter().zip(repeated) {
            let value = if *defined == leaf.most_defined { Some(values.next()?) } else { None };
            rows.add(*defined, *repeated, value);
            if rows.is_full() {
                break;
            }
        }
        Ok(())
    }
}

impl Header {
    fn read(reader: &mut Reader<'_>) -> Result<Self, InspectError> {
        let mut header = Self::default();
        reader.structure(|reader, id, kind| {
            match (id, kind) {
                (1, Kind::Int) => header.kind = reader.int()?,
                (2, Kind::Int) => header.unpacked = reader.size()?,
                (3, Kind::Int) => header.packed = reader.size()?,
                (5, Kind::Struct) => header.data(reader)?,
                (7, Kind::Struct) => header.dictionary(reader)?,
                (8, Kind::Struct) => header.data_v2(reader)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(header)
    }

    fn data(&mut self, reader: &mut Reader<'_>) -> Result<(), InspectError> {
        reader.structure(|reader, id, kind| {
            match (id, kind) {
                (1, Kind::Int) => self.values = reader.size()?,
                (2, Kind::Int) => self.encoding = reader.int()?,
                (3, Kind::Int) => self.definition = reader.int()?,
                (4, Kind::Int) => self.repetition = reader.int()?,
                _ => return Ok(false),
            }
            Ok(true)
        })
    }

    fn dictionary(&mut self, reader: &mut Reader<'_>) -> Result<(), InspectError> {
        reader.structure(|reader, id, kind| {
            match (id, kind) {
                (1, Kind::Int) => self.values = reader.size()?,
                _ => return Ok(false),
            }
            Ok(true)
        })
    }

    fn data_v2(&mut self, reader: &mut Reader<'_>) -> Result<(), InspectError> {
        reader.structure(|reader, id, kind| {
            match (id, kind) {
                (1, Kind::Int) => self.values = reader.size()?,
                (4, Kind::Int) => self.encoding = reader.int()?,
                (5, Kind::Int) => self.levels.0 = reader.size()?,
                (6, Kind::Int) => self.levels.1 = reader.size()?,
                (7, Kind::False) => {
                    self.plain = true;
                    return Ok(false);
                }
                _ => return Ok(false),
            }
            Ok(true)
        })
    }
}

/// Levels with their length before them, as in pages of the first version.
fn prefixed(rest: &mut &[u8], most: u16, encoding: i64, count: usize) -> Result<Vec<u16>, Unread> {
    if most == 0 {
        return Ok(vec![0; count]);
    }
    if encoding != RLE {
        return Err(Unread::Unknown(
            "its levels are written in a way that is no longer used".to_owned(),
        ));
    }
    let outside = || malformed("levels that reach past their page");
    let (len, behind) = rest.split_first_chunk::<4>().ok_or_else(outside)?;
    let len = usize::try_from(u32::from_le_bytes(*len)).unwrap_or(usize::MAX);
    if len > behind.len() {
        return Err(outside().into());
    }
    let (levels, behind) = behind.split_at(len);
    *rest = behind;
    levels_of(levels, most, count)
}

fn levels_of(bytes: &[u8], most: u16, count: usize) -> Result<Vec<u16>, Unread> {
    if most == 0 {
        return Ok(vec![0; count]);
    }
    let width = u16::BITS - most.leading_zeros();
    let short = || Unread::from(malformed("fewer levels than entries"));
    let levels: Vec<u16> = Hybrid::new(bytes, width)
        .ok_or_else(short)?
        .take(count)
        .map(|level| u16::try_from(level).unwrap_or(u16::MAX))
        .collect();
    if levels.iter().any(|level| *level > most) {
        return Err(malformed("a level beyond the greatest").into());
    }
    if levels.len() == count { Ok(levels) } else { Err(short()) }
}

fn malformed(what: &'static str) -> InspectError {
    InspectError::malformed(super::super::NAME, what, 0)
}

/// What a decoder gives, as far as one byte more than there should be.
fn all(decoder: impl Read, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    decoder.take(len as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

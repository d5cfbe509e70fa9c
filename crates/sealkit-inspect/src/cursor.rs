//! Sequential reading under a budget, with checked arithmetic.

use sealkit_report::Budget;

use crate::{InspectError, ReadAt};

const FIRST_CHUNK: u64 = 4 << 10;
const LAST_CHUNK: u64 = 256 << 10;

/// Reads numbers and byte strings one after the other; bytes that are skipped are not read.
pub struct Cursor<'a> {
    source: &'a dyn ReadAt,
    budget: &'a mut Budget,
    format: &'static str,
    big_endian: bool,
    pos: u64,
    end: u64,
    chunk: Vec<u8>,
    chunk_start: u64,
    next_chunk: u64,
}

impl<'a> Cursor<'a> {
    /// A cursor at the start of `source`; `format` names it in errors.
    pub fn new(source: &'a dyn ReadAt, budget: &'a mut Budget, format: &'static str) -> Self {
        let end = source.len();
        let chunk = Vec::new();
        let next_chunk = FIRST_CHUNK;
        let big_endian = false;
        Self { source, budget, format, big_endian, pos: 0, end, chunk, chunk_start: 0, next_chunk }
    }

    /// Reads numbers in big-endian order from here on.
    pub fn set_big_endian(&mut self) {
        self.big_endian = true;
    }

    /// Offset of the next byte.
    pub fn pos(&self) -> u64 {
        self.pos
    }

    /// Bytes up to the end.
    pub fn left(&self) -> u64 {
        self.end.saturating_sub(self.pos)
    }

    /// The budget that is spent.
    pub fn budget(&mut self) -> &mut Budget {
        self.budget
    }

    /// An error about the current place.
    pub fn malformed(&self, what: &'static str) -> InspectError {
        InspectError::malformed(self.format, what, self.pos)
    }

    /// Goes to `offset`, which may not lie behind the end.
    pub fn seek(&mut self, offset: u64) -> Result<(), InspectError> {
        if offset > self.end {
            return Err(self.malformed("a length that reaches past the end"));
        }
        self.pos = offset;
        Ok(())
    }

    /// Passes over `count` bytes.
    pub fn skip(&mut self, count: u64) -> Result<(), InspectError> {
        match self.pos.checked_add(count) {
            Some(target) => self.seek(target),
            None => Err(self.malformed("a length that reaches past the end")),
        }
    }

    /// The next `count` bytes, which may not be more than `limit`.
    pub fn take(&mut self, count: u64, limit: u64) -> Result<Vec<u8>, InspectError> {
        if count > self.left() {
            return Err(self.malformed("a length that reaches past the end"));
        }
        if count > limit {
            return Err(self.malformed("a length above the limit"));
        }
        let size =
            usize::try_from(count).map_err(|_| self.malformed("a length above the limit"))?;
        if size <= FIRST_CHUNK as usize {
            return Ok(self.peek(size)?.to_vec()).inspect(|_| self.pos += count);
        }
        self.budget.bytes(count)?;
        let mut bytes = vec![0; size];
        self.source.read_at(self.pos, &mut bytes)?;
        self.pos += count;
        Ok(bytes)
    }

    /// One byte.
    pub fn u8(&mut self) -> Result<u8, InspectError> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    /// Two bytes as a number.
    pub fn u16(&mut self) -> Result<u16, InspectError> {
        let raw = self.array()?;
        Ok(if self.big_endian { u16::from_be_bytes(raw) } else { u16::from_le_bytes(raw) })
    }

    /// Four bytes as a number.
    pub fn u32(&mut self) -> Result<u32, InspectError> {
        let raw = self.array()?;
        Ok(if self.big_endian { u32::from_be_bytes(raw) } else { u32::from_le_bytes(raw) })
    }

    /// Eight bytes as a number.
    pub fn u64(&mut self) -> Result<u64, InspectError> {
        let raw = self.array()?;
        Ok(if self.big_endian { u64::from_be_bytes(raw) } else { u64::from_le_bytes(raw) })
    }

    /// A protobuf varint.
    pub fn varint(&mut self) -> Result<u64, InspectError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7F);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(self.malformed("a number longer than 64 bits"))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], InspectError> {
        let mut raw = [0; N];
        raw.copy_from_slice(self.peek(N)?);
        self.pos += N as u64;
        Ok(raw)
    }

    /// The next `size` bytes, at most one small chunk, without moving on.
    fn peek(&mut self, size: usize) -> Result<&[u8], InspectError> {
        if size as u64 > self.left() {
            return Err(self.malformed("the end of the file inside a field"));
        }
        if self.buffered(size).is_none() {
            self.fill(size as u64)?;
        }
        let missing = InspectError::malformed(self.format, "a field that cannot be read", self.pos);
        self.buffered(size).ok_or(missing)
    }

    fn buffered(&self, size: usize) -> Option<&[u8]> {
        let start = usize::try_from(self.pos.checked_sub(self.chunk_start)?).ok()?;
        self.chunk.get(start..start.checked_add(size)?)
    }

    fn fill(&mut self, size: u64) -> Result<(), InspectError> {
        // A jump means that what comes next is small again: reading far ahead would be waste.
        let follows = self.pos <= self.chunk_start.saturating_add(self.chunk.len() as u64);
        let want = if follows { self.next_chunk } else { FIRST_CHUNK };
        self.next_chunk = (want * 2).min(LAST_CHUNK);
        let want = want.max(size).min(self.left());
        self.budget.bytes(want)?;
        self.chunk.resize(usize::try_from(want).unwrap_or(0), 0);
        self.chunk_start = self.pos;
        self.source.read_at(self.pos, &mut self.chunk)?;
        Ok(())
    }
}

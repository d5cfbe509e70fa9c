//! Forward reading of a pickle: one byte in a few instructions, long operands passed over.

use std::ops::Range;

use sealkit_report::Budget;

use super::trace::Why;
use crate::ReadAt;

const FIRST_CHUNK: u64 = 4 << 10;
const LAST_CHUNK: u64 = 256 << 10;
/// Longest part of a line that is kept; what a line holds beyond is passed over.
pub(super) const MAX_LINE: usize = 64 << 10;
/// Opcodes between two looks at the budget.
const STEP: u64 = 1024;

/// Reads bytes one after the other; offsets are those of the source.
pub(super) struct Reader<'a> {
    source: &'a dyn ReadAt,
    budget: &'a mut Budget,
    end: u64,
    chunk: Vec<u8>,
    chunk_start: u64,
    at: usize,
    next_chunk: u64,
    ops: u64,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: &'a dyn ReadAt, range: Range<u64>, budget: &'a mut Budget) -> Self {
        let end = range.end.min(source.len());
        let chunk_start = range.start.min(end);
        let chunk = Vec::new();
        Self { source, budget, end, chunk, chunk_start, at: 0, next_chunk: FIRST_CHUNK, ops: 0 }
    }

    pub(super) fn pos(&self) -> u64 {
        self.chunk_start.saturating_add(self.at as u64)
    }

    pub(super) fn left(&self) -> u64 {
        self.end.saturating_sub(self.pos())
    }

    /// Counts one opcode against the budget.
    pub(super) fn count_op(&mut self) -> Result<(), Why> {
        if self.ops.is_multiple_of(STEP) {
            self.budget.steps(STEP).map_err(|_| Why::Budget)?;
        }
        self.ops += 1;
        Ok(())
    }

    pub(super) fn byte(&mut self) -> Result<u8, Why> {
        if let Some(byte) = self.chunk.get(self.at) {
            self.at += 1;
            return Ok(*byte);
        }
        self.fill(1)?;
        let byte = self.chunk.first().ok_or(Why::Truncated)?;
        self.at = 1;
        Ok(*byte)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Why> {
        let mut raw = [0; N];
        raw.copy_from_slice(self.slice(N)?);
        Ok(raw)
    }

    /// The next `count` bytes, at most [`MAX_LINE`].
    pub(super) fn slice(&mut self, count: usize) -> Result<&[u8], Why> {
        if self.chunk.len().saturating_sub(self.at) < count {
            self.fill(count as u64)?;
        }
        let start = self.at;
        let end = start.checked_add(count).ok_or(Why::Truncated)?;
        self.at = end.min(self.chunk.len());
        self.chunk.get(start..end).ok_or(Why::Truncated)
    }

    /// What comes next, up to `count` bytes, without moving on.
    pub(super) fn peek(&mut self, count: usize) -> Result<&[u8], Why> {
        let count = count.min(usize::try_from(self.left()).unwrap_or(count));
        if self.chunk.len().saturating_sub(self.at) < count {
            self.fill(count as u64)?;
        }
        self.chunk.get(self.at..self.at.saturating_add(count)).ok_or(Why::Truncated)
    }

    /// Passes over `count` bytes, which must be there. They are not read.
    pub(super) fn skip(&mut self, count: u64) -> Result<(), Why> {
        if count > self.left() {
            return Err(Why::Truncated);
        }
        let target = self.pos().saturating_add(count);
        self.seek(target);
        Ok(())
    }

    /// Goes to `offset` of the source.
    pub(super) fn seek(&mut self, offset: u64) {
        let inside = offset.checked_sub(self.chunk_start).filter(|n| *n <= self.chunk.len() as u64);
        if let Some(at) = inside {
            self.at = at as usize;
        } else {
            self.chunk.clear();
            (self.chunk_start, self.at) = (offset.min(self.end), 0);
            self.next_chunk = FIRST_CHUNK;
        }
    }

    /// Reads up to and past the next line feed. Gives the line's first [`MAX_LINE`] bytes without
    /// it into `line`, and the length of the whole line.
    pub(super) fn line(&mut self, line: &mut Vec<u8>) -> Result<u64, Why> {
        line.clear();
        let mut len = 0_u64;
        loop {
            if self.at >= self.chunk.len() {
                self.fill(1)?;
            }
            let rest = self.chunk.get(self.at..).unwrap_or_default();
            let found = rest.iter().position(|byte| *byte == b'\n');
            let part = rest.get(..found.unwrap_or(rest.len())).unwrap_or_default();
            len += part.len() as u64;
            let room = MAX_LINE.saturating_sub(line.len());
            line.extend_from_slice(part.get(..room.min(part.len())).unwrap_or_default());
            self.at += part.len();
            if found.is_some() {
                self.at += 1;
                return Ok(len);
            }
        }
    }

    /// Bytes elsewhere in the source, for what was passed over before.
    pub(super) fn again(&mut self, at: u64, len: usize) -> Result<Vec<u8>, Why> {
        self.budget.bytes(len as u64).map_err(|_| Why::Budget)?;
        let mut bytes = vec![0; len];
        self.source.read_at(at, &mut bytes).map_err(|_| Why::Unreadable)?;
        Ok(bytes)
    }

    /// Reads the chunk that starts at the current place; it holds at least `count` bytes.
    fn fill(&mut self, count: u64) -> Result<(), Why> {
        let pos = self.pos();
        let left = self.end.saturating_sub(pos);
        if left < count {
            return Err(Why::Truncated);
        }
        let want = self.next_chunk.max(count).min(left);
        self.next_chunk = (self.next_chunk * 2).min(LAST_CHUNK);
        // A small budget shall end at its last byte, not one chunk before it.
        let want = want.min(self.budget.bytes_left().max(count));
        self.budget.bytes(want).map_err(|_| Why::Budget)?;
        self.chunk.resize(usize::try_from(want).unwrap_or(0), 0);
        (self.chunk_start, self.at) = (pos, 0);
        let read = self.source.read_at(pos, &mut self.chunk);
        if read.is_err() {
            self.chunk.clear();
        }
        read.map_err(|_| Why::Unreadable)
    }
}

//! One table: header, blocks of references, footer.

use sealkit_report::Budget;

use super::block::{Block, in_block, number};
use super::{Value, broken};
use crate::git::ObjectHash;
use crate::read_at::{piece, whole};
use crate::{InspectError, ReadAt};

/// Largest table that is read, in bytes.
const MAX_TABLE: u64 = 32 << 20;
/// What follows the copy of the header in a footer: five places and a checksum.
const PLACES: usize = 5 * 8;
const CUT: &str = "a table of references that was cut or damaged: its footer does not hold";
const ODD: &str = "a table of references that is damaged or of another form";

/// What stands at both ends of a table.
pub(super) struct Header {
    bytes: Vec<u8>,
    block_size: usize,
    /// Numbers of the first and the last change that it holds.
    pub(super) changes: (u64, u64),
}

impl Header {
    pub(super) fn read(
        source: &dyn ReadAt,
        hash: ObjectHash,
        budget: &mut Budget,
    ) -> Result<Self, InspectError> {
        let mut bytes = piece(source, budget, 0, 28)?;
        let odd = || broken(ODD, 0);
        // The first version knows one hash, and does not name it.
        let (len, named) = match bytes.get(..5) {
            Some(b"REFT\x01") => (24, Some(ObjectHash::Sha1)),
            Some(b"REFT\x02") => match bytes.get(24..28) {
                Some(b"sha1") => (28, Some(ObjectHash::Sha1)),
                Some(b"s256") => (28, Some(ObjectHash::Sha256)),
                _ => (28, None),
            },
            _ => return Err(odd()),
        };
        if bytes.len() < len || named != Some(hash) {
            return Err(odd());
        }
        bytes.truncate(len);
        let block_size = bytes.get(5..8).and_then(number).ok_or_else(odd)?;
        let changes = place(&bytes, 8).zip(place(&bytes, 16)).ok_or_else(odd)?;
        if changes.1 < changes.0 {
            return Err(broken("a table of references whose changes run backwards", 8));
        }
        Ok(Self { bytes, block_size, changes })
    }

    /// Splits a table into what stands before its footer and where other blocks than those of references begin.
    fn split<'b>(&self, bytes: &'b [u8]) -> Option<(&'b [u8], Others)> {
        let len = self.bytes.len() + PLACES + 4;
        let (body, footer) = bytes.split_at_checked(bytes.len().checked_sub(len)?)?;
        let (signed, sum) = footer.split_at_checked(len - 4)?;
        let mut crc = flate2::Crc::new();
        crc.update(signed);
        let places = signed.strip_prefix(self.bytes.as_slice())?;
        let (index, objects) = (place(places, 0)?, place(places, 8)? >> 5);
        let others = Others { index, objects, log: place(places, 24)? };
        (crc.sum().to_be_bytes() == sum).then_some((body, others))
    }
}

/// Where blocks of other kinds begin; 0 where there are none.
struct Others {
    index: u64,
    objects: u64,
    log: u64,
}

impl Others {
    /// Whether blocks of references may end at `at`, where a block of this kind begins.
    fn begin(&self, at: usize, kind: u8) -> bool {
        let at = at as u64;
        match kind {
            // The footer names the topmost of several indices, which is the last.
            b'i' => self.index >= at && at > 0,
            b'o' => self.objects == at,
            b'g' => self.log == at,
            _ => false,
        }
    }
}

fn place(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|number| u64::from_be_bytes(*number))
}

/// What a table says of a reference. It is read to its end, so that one that is cut says nothing.
pub(super) fn look(
    source: &dyn ReadAt,
    header: &Header,
    hash: ObjectHash,
    name: &str,
    budget: &mut Budget,
) -> Result<Option<Value>, InspectError> {
    if source.len() > MAX_TABLE {
        return Err(broken("a table of references above the limit of 32 MiB", MAX_TABLE));
    }
    let bytes = whole(source, budget)?;
    let (bytes, others) = header.split(&bytes).ok_or_else(|| broken(CUT, source.len()))?;
    let odd = |at: usize| broken(ODD, at as u64);
    let (mut block, mut at) = (0, header.bytes.len());
    let (mut found, mut last) = (None, Vec::new());
    // Blocks of references come first; a table may have none.
    while bytes.get(at) == Some(&b'r') {
        budget.steps(1)?;
        let len = bytes.get(at + 1..at + 4).and_then(number).ok_or_else(|| odd(at))?;
        let inside = bytes.get(block..block + len).ok_or_else(|| odd(at))?;
        match in_block(inside, at + 4 - block, hash, (name, &mut last), budget)? {
            Block::Is(value) => found = Some(value),
            Block::Broken => return Err(odd(at)),
            Block::Nothing => {}
        }
        let end = block + len;
        // A block is filled up with zeros to its size, except the last and where the writer was told not to.
        let is_padded = header.block_size > 0 && bytes.get(end) == Some(&0);
        let next = if is_padded { block + header.block_size } else { end };
        if next < end || next <= at {
            return Err(odd(at));
        }
        (block, at) = (next, next);
    }
    match bytes.get(at) {
        Some(kind) if others.begin(block, *kind) => Ok(found),
        None if at == bytes.len() => Ok(found),
        _ => Err(odd(at)),
    }
}

//! The end of a zip archive: where its member list lies, and whether every reader finds the same one.
//!
//! Readers differ. Python's `zipfile` takes the last end record, ignores the offset that it states and
//! goes back from it by the stated size; it takes a zip64 record wherever a locator stands, and counts
//! no members. `miniz`, which PyTorch uses, and Info-ZIP believe offset and count. An archive is read as
//! Python does, and doubted wherever another reader could see other members.
//!
//! Source: APPNOTE.TXT 6.3.10, sections 4.3.14 to 4.3.16; `Lib/zipfile` of CPython 3.13.

use sealkit_report::Budget;

use super::FORMAT;
use crate::read_at::piece;
use crate::{Cursor, InspectError, ReadAt};

const END: &[u8] = b"PK\x05\x06";
const END_LEN: u64 = 22;
const MAX_COMMENT: u64 = 65_535;
const END_64: u32 = 0x0606_4B50;
const END_64_LEN: u64 = 56;
const LOCATOR_64: u32 = 0x0706_4B50;
const LOCATOR_64_LEN: u64 = 20;

/// What the end says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    /// Stated number of members.
    pub(super) count: u64,
    /// Offset of the member list.
    pub(super) start: u64,
    /// Size of the member list in bytes.
    pub(super) size: u64,
    /// Bytes before the archive, by which every stated offset is too small.
    pub(super) shift: u64,
    /// Why readers may see other members.
    pub(super) doubt: Option<&'static str>,
}

impl End {
    /// Reads the last end record, and the zip64 record where a locator stands before it.
    pub(super) fn read(source: &dyn ReadAt, budget: &mut Budget) -> Result<Self, InspectError> {
        let (at, mut doubt) = find(source, budget)?;
        let mut cursor = Cursor::new(source, budget, FORMAT);
        cursor.seek(at)?;
        cursor.skip(4)?;
        let disks = (cursor.u16()?, cursor.u16()?);
        let (here, count) = (u64::from(cursor.u16()?), u64::from(cursor.u16()?));
        let (size, start) = (u64::from(cursor.u32()?), u64::from(cursor.u32()?));
        if disks != (0, 0) || here != count {
            doubt = doubt.or(Some("the end record speaks of several disks"));
        }
        let small = Stated { count, size, start };
        let large = large(&mut cursor, at)?;
        let (stated, end) = match large {
            None => (small, at),
            Some((stated, end, odd)) => {
                doubt = doubt.or(odd).or_else(|| small.differs_from(&stated));
                (stated, end)
            }
        };
        let outside = "a member list that reaches past its end";
        let list = end.checked_sub(stated.size);
        let start = list.ok_or_else(|| InspectError::malformed(FORMAT, outside, at))?;
        let shift = start.checked_sub(stated.start);
        if shift != Some(0) {
            let apart = "the member list is not where the end record says";
            doubt = doubt.or(Some(apart));
        }
        let shift = shift.unwrap_or(0);
        Ok(Self { count: stated.count, start, size: stated.size, shift, doubt })
    }
}

/// What a record states.
#[derive(Clone, Copy)]
struct Stated {
    count: u64,
    size: u64,
    start: u64,
}

impl Stated {
    /// Whether the small record contradicts the zip64 record: a number that it can hold must be the same.
    fn differs_from(&self, large: &Self) -> Option<&'static str> {
        let same = |small: u64, none: u64, large: u64| small == none || small == large;
        let agrees = same(self.count, 0xFFFF, large.count)
            && same(self.size, 0xFFFF_FFFF, large.size)
            && same(self.start, 0xFFFF_FFFF, large.start);
        (!agrees).then_some("the zip64 record says something else than the end record")
    }
}

/// A zip64 record, the end of the member list before it, and what is odd about it.
type Large = (Stated, u64, Option<&'static str>);

/// The zip64 record. None where no locator stands before the end record.
fn large(cursor: &mut Cursor<'_>, end: u64) -> Result<Option<Large>, InspectError> {
    let Some(locator) = end.checked_sub(LOCATOR_64_LEN) else { return Ok(None) };
    cursor.seek(locator)?;
    if cursor.u32()? != LOCATOR_64 {
        return Ok(None);
    }
    let disk = cursor.u32()?;
    let said = cursor.u64()?;
    let disks = cursor.u32()?;
    let missing = "no zip64 end record before its locator";
    let Some(at) = locator.checked_sub(END_64_LEN) else { return Err(cursor.malformed(missing)) };
    cursor.seek(at)?;
    if cursor.u32()? != END_64 {
        return Err(cursor.malformed(missing));
    }
    let len = cursor.u64()?;
    cursor.skip(4)?;
    let numbers = (cursor.u32()?, cursor.u32()?);
    let here = cursor.u64()?;
    let stated = Stated { count: cursor.u64()?, size: cursor.u64()?, start: cursor.u64()? };
    let is_usual = said == at
        && len == END_64_LEN - 12
        && here == stated.count
        && (disk, disks <= 1, numbers) == (0, true, (0, 0));
    let odd = (!is_usual).then_some("the zip64 record is not where or what its locator says");
    Ok(Some((stated, at, odd)))
}

/// Offset of the last end record, and whether it is doubtful.
fn find(
    source: &dyn ReadAt,
    budget: &mut Budget,
) -> Result<(u64, Option<&'static str>), InspectError> {
    // Without a comment, which is the rule, 22 bytes are enough.
    for want in [END_LEN, END_LEN + MAX_COMMENT] {
        let start = source.len().saturating_sub(want);
        let tail = piece(source, budget, start, want)?;
        let Some(at) = tail.windows(END.len()).rposition(|bytes| bytes == END) else { continue };
        let rest = tail.get(at..).unwrap_or_default();
        let comment = rest.get(20..22).and_then(<[u8]>::first_chunk::<2>);
        let Some(comment) = comment.map(|len| u64::from(u16::from_le_bytes(*len))) else {
            continue;
        };
        let is_exact = rest.len() as u64 == END_LEN + comment;
        let doubt = "the comment of the last end record does not reach the end of the file";
        return Ok((start + at as u64, (!is_exact).then_some(doubt)));
    }
    Err(InspectError::malformed(FORMAT, "no end of central directory", 0))
}

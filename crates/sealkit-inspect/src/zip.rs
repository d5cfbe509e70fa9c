//! The central directory of a zip archive: names and sizes, no content.
//!
//! Source: APPNOTE.TXT 6.3.10, sections 4.3.12 (central directory), 4.3.14 and 4.3.15 (zip64),
//! 4.3.16 (end record).

use std::collections::HashSet;

use sealkit_report::Budget;

use crate::{Cursor, InspectError, ReadAt};

mod archive;
mod member;

pub(crate) use archive::Archive;
pub use member::Local;

const FORMAT: &str = "zip";
const END: &[u8] = b"PK\x05\x06";
const END_LEN: u64 = 22;
const MAX_COMMENT: u64 = 65_535;
const CENTRAL: u32 = 0x0201_4B50;
const END_64: u32 = 0x0606_4B50;
const LOCATOR_64: u32 = 0x0706_4B50;
/// Largest name or extra field that 16 bits can state.
const MAX_FIELD: u64 = 65_535;

/// One member, as the central directory states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Name; bytes that are no UTF-8 are replaced.
    pub name: String,
    /// Compression method: 0 stored, 8 deflate.
    pub method: u16,
    /// Size inside the archive in bytes.
    pub packed: u64,
    /// Stated size of the content in bytes.
    pub size: u64,
    /// Offset of the local header in bytes.
    pub offset: u64,
}

/// The member list of an archive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// The members in the order of the directory.
    pub members: Vec<Member>,
}

impl Directory {
    /// Reads the central directory. Spends one entry of the budget for each member.
    pub fn read(source: &dyn ReadAt, budget: &mut Budget) -> Result<Self, InspectError> {
        let end = find_end(source, budget)?;
        let mut cursor = Cursor::new(source, budget, FORMAT);
        let (count, start) = read_end(&mut cursor, end)?;
        cursor.seek(start)?;
        let mut members = Vec::new();
        for _ in 0..count {
            cursor.budget().entries(1)?;
            members.push(read_member(&mut cursor)?);
        }
        Ok(Self { members })
    }

    /// Whether there is a member of this name.
    pub fn has(&self, name: &str) -> bool {
        self.members.iter().any(|member| member.name == name)
    }

    /// Whether a member of this name lies at the root or one folder below it.
    pub fn has_below_root(&self, name: &str) -> bool {
        self.members
            .iter()
            .any(|m| m.name == name || m.name.split_once('/').is_some_and(|(_, rest)| rest == name))
    }

    /// The member of this name.
    pub fn get(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }

    /// Sum of the stated sizes in bytes; saturates.
    pub fn unpacked_size(&self) -> u64 {
        self.members.iter().fold(0, |sum, member| sum.saturating_add(member.size))
    }

    /// The first name that two members share.
    pub fn duplicate(&self) -> Option<&str> {
        let mut seen = HashSet::new();
        self.members.iter().map(|m| m.name.as_str()).find(|name| !seen.insert(*name))
    }
}

/// Offset of the end record: the last one whose comment reaches the end of the file exactly.
fn find_end(source: &dyn ReadAt, budget: &mut Budget) -> Result<u64, InspectError> {
    let missing = || InspectError::malformed(FORMAT, "no end of central directory", 0);
    // Without a comment, which is the rule, 22 bytes are enough.
    for want in [END_LEN, END_LEN + MAX_COMMENT] {
        let want = want.min(source.len());
        budget.bytes(want)?;
        let start = source.len() - want;
        let mut tail = vec![0; usize::try_from(want).map_err(|_| missing())?];
        source.read_at(start, &mut tail)?;
        let found = (0..tail.len()).rev().find(|&at| is_end(tail.get(at..).unwrap_or_default()));
        if let Some(at) = found {
            return Ok(start + at as u64);
        }
    }
    Err(missing())
}

fn is_end(rest: &[u8]) -> bool {
    let comment =
        rest.get(20..22).map_or(0, |b| b.iter().rev().fold(0, |n, b| n << 8 | usize::from(*b)));
    rest.starts_with(END) && rest.len() == END_LEN as usize + comment
}

/// Number of members and offset of the first directory record.
fn read_end(cursor: &mut Cursor<'_>, end: u64) -> Result<(u64, u64), InspectError> {
    cursor.seek(end)?;
    cursor.skip(10)?;
    let count = u64::from(cursor.u16()?);
    let size = u64::from(cursor.u32()?);
    let start = u64::from(cursor.u32()?);
    let is_large = count == 0xFFFF || size == 0xFFFF_FFFF || start == 0xFFFF_FFFF;
    let Some(locator) = end.checked_sub(20).filter(|_| is_large) else {
        return Ok((count, start));
    };
    cursor.seek(locator)?;
    if cursor.u32()? != LOCATOR_64 {
        return Ok((count, start));
    }
    cursor.skip(4)?;
    let end_64 = cursor.u64()?;
    cursor.seek(end_64)?;
    if cursor.u32()? != END_64 {
        return Err(cursor.malformed("no zip64 end record where the locator points"));
    }
    cursor.skip(28)?;
    let count = cursor.u64()?;
    cursor.skip(8)?;
    Ok((count, cursor.u64()?))
}

fn read_member(cursor: &mut Cursor<'_>) -> Result<Member, InspectError> {
    if cursor.u32()? != CENTRAL {
        return Err(cursor.malformed("no directory record where one must be"));
    }
    cursor.skip(6)?;
    let method = cursor.u16()?;
    cursor.skip(8)?;
    let packed = u64::from(cursor.u32()?);
    let size = u64::from(cursor.u32()?);
    let [name_len, extra_len, comment_len] = [cursor.u16()?, cursor.u16()?, cursor.u16()?];
    cursor.skip(8)?;
    let offset = u64::from(cursor.u32()?);
    let name = cursor.take(u64::from(name_len), MAX_FIELD)?;
    let extra = cursor.take(u64::from(extra_len), MAX_FIELD)?;
    cursor.skip(u64::from(comment_len))?;
    let name = String::from_utf8_lossy(&name).into_owned();
    let mut member = Member { name, method, packed, size, offset };
    widen(&mut member, &extra);
    Ok(member)
}

/// Takes the 64-bit values of the zip64 extra field for those that 32 bits cannot hold.
fn widen(member: &mut Member, mut extra: &[u8]) {
    while let Some((head, rest)) = extra.split_at_checked(4) {
        let [id, len] = [0, 2].map(|at| {
            head.get(at..at + 2)
                .map_or(0, |b| b.iter().rev().fold(0, |n, b| n << 8 | usize::from(*b)))
        });
        let Some((body, after)) = rest.split_at_checked(len) else { return };
        if id == 1 {
            let mut values = body.as_chunks::<8>().0.iter().map(|raw| u64::from_le_bytes(*raw));
            for field in [&mut member.size, &mut member.packed, &mut member.offset] {
                if *field == 0xFFFF_FFFF {
                    *field = values.next().unwrap_or(*field);
                }
            }
        }
        extra = after;
    }
}

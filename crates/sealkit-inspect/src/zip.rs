//! The central directory of a zip archive: names and sizes, no content.
//!
//! Source: APPNOTE.TXT 6.3.10, sections 4.3.12 (central directory), 4.3.14 and 4.3.15 (zip64),
//! 4.3.16 (end record).

use std::collections::HashSet;

use sealkit_report::Budget;

use crate::{Cursor, InspectError, ReadAt};

mod archive;
mod end;
mod member;

use end::End;

pub(crate) use archive::{Archive, find_doubt};
pub use member::Local;

const FORMAT: &str = "zip";
const CENTRAL: u32 = 0x0201_4B50;
/// The extra field with a name in UTF-8.
const UNICODE_NAME: usize = 0x7075;
/// Largest name or extra field that 16 bits can state.
const MAX_FIELD: u64 = 65_535;

/// One member, as the central directory states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Name; bytes that are no UTF-8 are replaced.
    pub name: String,
    /// Compression method: 0 stored, 8 deflate, 12 bzip2, 93 Zstandard, 95 XZ.
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
    /// Why another reader may see other members than these; none where all see the same.
    pub doubt: Option<&'static str>,
}

impl Directory {
    /// Reads the central directory. Spends one entry of the budget for each member.
    pub fn read(source: &dyn ReadAt, budget: &mut Budget) -> Result<Self, InspectError> {
        let end = End::read(source, budget)?;
        let mut doubt = end.doubt;
        let mut cursor = Cursor::new(source, budget, FORMAT);
        cursor.seek(end.start)?;
        let stop = end.start.saturating_add(end.size);
        let mut members = Vec::new();
        while cursor.pos() < stop {
            cursor.budget().entries(1)?;
            let (mut member, odd) = read_member(&mut cursor)?;
            member.offset = member.offset.saturating_add(end.shift);
            doubt = doubt.or(odd);
            members.push(member);
        }
        if cursor.pos() != stop || members.len() as u64 != end.count {
            doubt = doubt.or(Some("the end record states another number of members"));
        }
        let mut directory = Self { members, doubt };
        if directory.doubt.is_none() && directory.duplicate().is_some() {
            directory.doubt = Some("two members have one name, of which each reader takes another");
        }
        Ok(directory)
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

/// One record of the directory, and why readers may understand it in another way.
fn read_member(cursor: &mut Cursor<'_>) -> Result<(Member, Option<&'static str>), InspectError> {
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
    // Python takes a name up to its first zero byte.
    let ends = name.iter().position(|byte| *byte == 0);
    let name = String::from_utf8_lossy(name.get(..ends.unwrap_or(name.len())).unwrap_or_default());
    let mut member = Member { name: name.into_owned(), method, packed, size, offset };
    let renamed = widen(&mut member, &extra);
    let doubt = (ends.is_some() || renamed).then_some("a member has two names");
    Ok((member, doubt))
}

/// Takes the 64-bit values of the zip64 extra field for those that 32 bits cannot hold. Says whether
/// another field gives the member another name (section 4.6.9), which some readers take.
fn widen(member: &mut Member, mut extra: &[u8]) -> bool {
    let mut renamed = false;
    while let Some((head, rest)) = extra.split_at_checked(4) {
        let [id, len] = [0, 2].map(|at| {
            head.get(at..at + 2)
                .map_or(0, |b| b.iter().rev().fold(0, |n, b| n << 8 | usize::from(*b)))
        });
        let Some((body, after)) = rest.split_at_checked(len) else { break };
        if id == 1 {
            let mut values = body.as_chunks::<8>().0.iter().map(|raw| u64::from_le_bytes(*raw));
            for field in [&mut member.size, &mut member.packed, &mut member.offset] {
                if *field == 0xFFFF_FFFF {
                    *field = values.next().unwrap_or(*field);
                }
            }
        }
        // What is not ASCII comes in another encoding beside, which is no other name.
        let name = body.get(5..).filter(|name| id == UNICODE_NAME && name.is_ascii());
        renamed |= name.is_some_and(|name| name != member.name.as_bytes());
        extra = after;
    }
    renamed
}

//! The index: which files the working copy should have.
//!
//! Source: git documentation, "gitformat-index", versions 2 to 4.

use sealkit_report::Budget;

use super::{ObjectHash, ObjectId};
use crate::{Cursor, InspectError, ReadAt};

const FORMAT: &str = "git index";
/// Longest path, in bytes.
const MAX_PATH: usize = 64 << 10;

/// One file of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexEntry {
    /// Path from the top of the working copy; bytes that are no UTF-8 are replaced.
    pub path: String,
    /// Size in bytes when git last looked, its lowest 32 bits.
    pub size: u32,
    /// When the file was changed, as git last saw it: seconds and nanoseconds, 32 bits each.
    pub mtime: (u32, u32),
    /// Type and permissions: `0o100644`, `0o100755`, `0o120000` a link, `0o160000` a submodule.
    pub mode: u32,
    /// The content.
    pub id: ObjectId,
    /// 0, or the side of a merge that is not done.
    pub stage: u8,
    /// Whether git was told not to look at the file.
    pub assume_unchanged: bool,
    /// Whether the file is left out of a sparse working copy.
    pub skip_worktree: bool,
}

/// The index of a working copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Version of its form.
    pub version: u32,
    /// The files in its order.
    pub entries: Vec<IndexEntry>,
    /// Whether another file holds a part of it (`link` extension), which is not read.
    pub is_split: bool,
}

impl Index {
    /// Reads an index. Its checksum is not checked: what it says is compared with the files.
    pub fn parse(
        source: &dyn ReadAt,
        hash: ObjectHash,
        budget: &mut Budget,
    ) -> Result<Self, InspectError> {
        let mut cursor = Cursor::new(source, budget, FORMAT);
        cursor.set_big_endian();
        if cursor.take(4, 4)? != b"DIRC" {
            return Err(cursor.malformed("a signature that is none"));
        }
        let version = cursor.u32()?;
        if !(2..=4).contains(&version) {
            return Err(cursor.malformed("a version that is not known"));
        }
        let count = cursor.u32()?;
        let mut entries: Vec<IndexEntry> = Vec::new();
        let mut before = Vec::new();
        for _ in 0..count {
            cursor.budget().entries(1)?;
            entries.push(entry(&mut cursor, version, hash, &mut before)?);
        }
        let is_split = extensions(&mut cursor, hash)?;
        Ok(Self { version, entries, is_split })
    }
}

fn entry(
    cursor: &mut Cursor<'_>,
    version: u32,
    hash: ObjectHash,
    before: &mut Vec<u8>,
) -> Result<IndexEntry, InspectError> {
    let start = cursor.pos();
    cursor.skip(8)?;
    let mtime = (cursor.u32()?, cursor.u32()?);
    cursor.skip(8)?;
    let mode = cursor.u32()?;
    cursor.skip(8)?;
    let size = cursor.u32()?;
    let len = hash.bytes() as u64;
    let id = ObjectId::new(&cursor.take(len, len)?);
    let id = id.ok_or_else(|| cursor.malformed("a name of no known length"))?;
    let flags = cursor.u16()?;
    let extended = if version > 2 && flags & 0x4000 != 0 { cursor.u16()? } else { 0 };
    if version == 4 {
        let drop = removed(cursor)?;
        let keep = before.len().checked_sub(drop);
        before.truncate(keep.ok_or_else(|| cursor.malformed("a path shorter than nothing"))?);
    } else {
        before.clear();
    }
    loop {
        match cursor.u8()? {
            0 => break,
            _ if before.len() >= MAX_PATH => return Err(cursor.malformed("a path above the limit")),
            byte => before.push(byte),
        }
    }
    if version < 4 {
        // Padded with one to eight zeros, so that the whole is a multiple of eight bytes.
        let used = cursor.pos() - start;
        cursor.skip(used.next_multiple_of(8) - used)?;
    }
    Ok(IndexEntry {
        path: String::from_utf8_lossy(before).into_owned(),
        size,
        mtime,
        mode,
        id,
        stage: (flags >> 12 & 3) as u8,
        assume_unchanged: flags & 0x8000 != 0,
        skip_worktree: extended & 0x4000 != 0,
    })
}

/// How many bytes of the path before are dropped (version 4), in the form of a pack's offsets.
fn removed(cursor: &mut Cursor<'_>) -> Result<usize, InspectError> {
    let mut byte = cursor.u8()?;
    let mut value = usize::from(byte & 0x7F);
    while byte & 0x80 != 0 {
        byte = cursor.u8()?;
        value = value
            .checked_add(1)
            .and_then(|value| value.checked_mul(128))
            .ok_or_else(|| cursor.malformed("a number longer than 64 bits"))?
            | usize::from(byte & 0x7F);
    }
    Ok(value)
}

/// Passes over the extensions up to the checksum; whether one says that there is more elsewhere.
fn extensions(cursor: &mut Cursor<'_>, hash: ObjectHash) -> Result<bool, InspectError> {
    let mut is_split = false;
    while cursor.left() > hash.bytes() as u64 {
        let name = cursor.take(4, 4)?;
        let len = u64::from(cursor.u32()?);
        match name.as_slice() {
            b"link" => is_split = true,
            // The folders of a sparse index stand for files that are not listed.
            b"sdir" => is_split = true,
            [b'A'..=b'Z', ..] => {}
            _ => return Err(cursor.malformed("an extension that must be known and is not")),
        }
        cursor.skip(len)?;
    }
    Ok(is_split)
}

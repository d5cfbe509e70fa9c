//! Packs: the index of version 2, whole objects and deltas.
//!
//! Source: git documentation, "gitformat-pack".

use sealkit_report::Budget;

use super::object::{Kind, MAX_OBJECT, Object, inflate, read_at_level};
use super::{ObjectId, Repository};
use crate::{Cursor, InspectError, ReadAt};

const FORMAT: &str = "git pack";
/// Longest chain of deltas; git makes 50 by default.
const MAX_CHAIN: u32 = 256;
/// Most packs that are looked into.
const MAX_PACKS: usize = 1000;
/// Length of the signature, version and table of first bytes of an index.
const HEAD: u64 = 8 + 256 * 4;

/// Looks for an object in every pack.
pub(super) fn find(
    repository: &Repository<'_>,
    id: &ObjectId,
    level: u32,
    budget: &mut Budget,
) -> Result<Option<Object>, InspectError> {
    let folder = format!("{}objects/pack", repository.common);
    let mut names = repository.files.list(&folder);
    names.sort_unstable();
    for stem in names.iter().filter_map(|name| name.strip_suffix(".idx")).take(MAX_PACKS) {
        budget.entries(1)?;
        let Some(index) = repository.files.open(&format!("{folder}/{stem}.idx")) else { continue };
        let Some(offset) = lookup(&*index, id, budget)? else { continue };
        if let Some(pack) = repository.files.open(&format!("{folder}/{stem}.pack")) {
            return entry(repository, &*pack, offset, level, budget).map(Some);
        }
    }
    Ok(None)
}

/// The offset of an object in the pack that an index is of.
fn lookup(
    index: &dyn ReadAt,
    id: &ObjectId,
    budget: &mut Budget,
) -> Result<Option<u64>, InspectError> {
    let mut cursor = Cursor::new(index, budget, FORMAT);
    cursor.set_big_endian();
    if cursor.u32()? != 0xFF74_4F63 || cursor.u32()? != 2 {
        return Err(cursor.malformed("an index of another version than 2"));
    }
    let first = u64::from(id.as_bytes().first().copied().unwrap_or_default());
    let mut low = 0;
    if let Some(before) = first.checked_sub(1) {
        cursor.seek(8 + before * 4)?;
        low = u64::from(cursor.u32()?);
    }
    cursor.seek(8 + first * 4)?;
    let mut high = u64::from(cursor.u32()?);
    cursor.seek(HEAD - 4)?;
    let count = u64::from(cursor.u32()?);
    let len = id.as_bytes().len() as u64;
    while low < high.min(count) {
        cursor.budget().steps(1)?;
        let middle = low.midpoint(high.min(count));
        cursor.seek(HEAD + middle * len)?;
        match cursor.take(len, len)?.as_slice().cmp(id.as_bytes()) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => return offset(&mut cursor, count, len, middle).map(Some),
        }
    }
    Ok(None)
}

/// Names, checksums of 4 bytes and offsets of 4 bytes stand one after the other; an offset with
/// its first bit set is the place of one of 8 bytes.
fn offset(cursor: &mut Cursor<'_>, count: u64, len: u64, place: u64) -> Result<u64, InspectError> {
    let small = HEAD + count * (len + 4);
    cursor.seek(small + place * 4)?;
    let offset = u64::from(cursor.u32()?);
    if offset & 0x8000_0000 == 0 {
        return Ok(offset);
    }
    cursor.seek(small + count * 4 + (offset & 0x7FFF_FFFF) * 8)?;
    cursor.u64()
}

/// Reads the object at an offset: down the chain of deltas to a whole one, and up again.
fn entry(
    repository: &Repository<'_>,
    pack: &dyn ReadAt,
    mut offset: u64,
    level: u32,
    budget: &mut Budget,
) -> Result<Object, InspectError> {
    let mut deltas: Vec<Vec<u8>> = Vec::new();
    let mut object = loop {
        let head = head(pack, offset, repository.hash().bytes() as u64, budget)?;
        let content = inflate(pack, head.data, Some(head.size), budget)?;
        match head.kind {
            Entry::Whole(kind) => break Object { kind, content },
            Entry::Offset(back) => {
                deltas.push(content);
                offset = offset.checked_sub(back).filter(|_| back > 0).ok_or_else(|| {
                    InspectError::malformed(FORMAT, "a delta whose base lies nowhere", offset)
                })?;
            }
            Entry::Id(id) => {
                deltas.push(content);
                // Its base may lie in another pack or be loose; each such step goes one deeper, so
                // that a circle ends.
                budget.depth(level + 1)?;
                let missing = InspectError::malformed(FORMAT, "a delta without a base", offset);
                break read_at_level(repository, &id, level + 1, budget)?.ok_or(missing)?;
            }
        }
        depth(&deltas)?;
    };
    for delta in deltas.iter().rev() {
        budget.steps(delta.len() as u64)?;
        object.content = apply(&object.content, delta)
            .ok_or_else(|| InspectError::malformed(FORMAT, "a delta that does not fit", offset))?;
        budget.bytes(object.content.len() as u64)?;
    }
    Ok(object)
}

fn depth(deltas: &[Vec<u8>]) -> Result<u32, InspectError> {
    u32::try_from(deltas.len())
        .ok()
        .filter(|depth| *depth <= MAX_CHAIN)
        .ok_or_else(|| InspectError::malformed(FORMAT, "a chain of deltas above the limit", 0))
}

enum Entry {
    Whole(Kind),
    Offset(u64),
    Id(ObjectId),
}

struct Head {
    kind: Entry,
    size: u64,
    /// Where the compressed bytes start.
    data: u64,
}

fn head(
    pack: &dyn ReadAt,
    offset: u64,
    id_len: u64,
    budget: &mut Budget,
) -> Result<Head, InspectError> {
    let mut cursor = Cursor::new(pack, budget, FORMAT);
    cursor.seek(offset)?;
    let mut byte = cursor.u8()?;
    let kind = byte >> 4 & 7;
    let mut size = u64::from(byte & 15);
    let mut shift = 4;
    while byte & 0x80 != 0 {
        byte = cursor.u8()?;
        if shift > 57 {
            return Err(cursor.malformed("a number longer than 64 bits"));
        }
        size |= u64::from(byte & 0x7F) << shift;
        shift += 7;
    }
    let kind = match kind {
        1 => Entry::Whole(Kind::Commit),
        2 => Entry::Whole(Kind::Tree),
        3 => Entry::Whole(Kind::Blob),
        4 => Entry::Whole(Kind::Tag),
        6 => {
            byte = cursor.u8()?;
            let mut back = u64::from(byte & 0x7F);
            while byte & 0x80 != 0 {
                byte = cursor.u8()?;
                back = back
                    .checked_add(1)
                    .and_then(|back| back.checked_mul(128))
                    .ok_or_else(|| cursor.malformed("a number longer than 64 bits"))?
                    | u64::from(byte & 0x7F);
            }
            Entry::Offset(back)
        }
        7 => {
            let id = ObjectId::new(&cursor.take(id_len, id_len)?);
            Entry::Id(id.ok_or_else(|| cursor.malformed("a name of no known length"))?)
        }
        _ => return Err(cursor.malformed("an entry of an unknown kind")),
    };
    Ok(Head { kind, size, data: cursor.pos() })
}

/// Applies a delta: two sizes, then copies from the base and new bytes.
fn apply(base: &[u8], delta: &[u8]) -> Option<Vec<u8>> {
    let mut rest = delta;
    let from = number(&mut rest)?;
    let to = number(&mut rest)?;
    if from != base.len() as u64 || to > MAX_OBJECT {
        return None;
    }
    let mut out = Vec::new();
    while let Some((&code, after)) = rest.split_first() {
        rest = after;
        if code & 0x80 == 0 {
            let (new, after) = rest.split_at_checked(usize::from(code)).filter(|_| code > 0)?;
            out.extend_from_slice(new);
            rest = after;
        } else {
            let mut field = |bits: std::ops::Range<u8>| {
                let mut value = 0_usize;
                for (at, bit) in bits.enumerate() {
                    if code & 1 << bit != 0 {
                        let (&byte, after) = rest.split_first()?;
                        rest = after;
                        value |= usize::from(byte) << (8 * at);
                    }
                }
                Some(value)
            };
            let start = field(0..4)?;
            let len = match field(4..7)? {
                0 => 0x10000,
                len => len,
            };
            out.extend_from_slice(base.get(start..start.checked_add(len)?)?);
        }
        if out.len() as u64 > to {
            return None;
        }
    }
    (out.len() as u64 == to).then_some(out)
}

/// A number of seven bits for each byte, the lowest first.
fn number(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..63).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deltas_copy_insert_and_must_fit() {
        // Copy 4 bytes from 2, insert "xy", copy 1 from 0.
        let delta = [8, 7, 0x91, 2, 4, 2, b'x', b'y', 0x90, 1];
        assert_eq!(apply(b"abcdefgh", &delta).unwrap(), b"cdefxya");
        let bad: [&[u8]; 7] = [
            &[7, 7, 0x90, 1],
            &[8, 9, 0x91, 2, 4],
            &[8, 4, 0x91, 6, 4],
            &[8, 1, 0],
            &[8, 3, 3, b'a'],
            &[8, 1, 0x91],
            &[0xFF; 12],
        ];
        for delta in bad {
            assert_eq!(apply(b"abcdefgh", delta), None, "{delta:?}");
        }
    }
}

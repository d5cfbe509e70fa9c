//! Blocks of a table, and the records of references in them.

use std::cmp::Ordering;

use sealkit_report::Budget;

use super::Value;
use crate::InspectError;
use crate::git::{ObjectHash, ObjectId};

/// What a block says of a reference.
pub(super) enum Block {
    Broken,
    Nothing,
    Is(Value),
}

/// Reads the records of a block one after the other. `last` is the name before, of whatever block: names rise.
pub(super) fn in_block(
    block: &[u8],
    start: usize,
    hash: ObjectHash,
    (name, last): (&str, &mut Vec<u8>),
    budget: &mut Budget,
) -> Result<Block, InspectError> {
    // Three bytes for the place of each restart, and two for their number, stand at the end.
    let count = block.len().checked_sub(2).and_then(|at| block.get(at..)).and_then(number);
    let table = count.map(|count| count * 3 + 2);
    let end = table.and_then(|table| block.len().checked_sub(table));
    let Some(mut rest) = end.and_then(|end| block.get(start..end)) else {
        return Ok(Block::Broken);
    };
    let (mut key, mut found) = (Vec::new(), Block::Nothing);
    while !rest.is_empty() {
        budget.steps(1)?;
        let Some((value, after)) = record(rest, &mut key, hash) else { return Ok(Block::Broken) };
        if key.is_empty() || (*last).cmp(&key) != Ordering::Less {
            return Ok(Block::Broken);
        }
        last.clone_from(&key);
        if key == name.as_bytes() {
            found = Block::Is(value);
        }
        rest = after;
    }
    Ok(found)
}

/// One record: what its name shares with the one before, the rest of it, and the value.
fn record<'b>(bytes: &'b [u8], key: &mut Vec<u8>, hash: ObjectHash) -> Option<(Value, &'b [u8])> {
    let (shared, rest) = varint(bytes)?;
    let (suffix, rest) = varint(rest)?;
    let (kind, suffix) = (suffix & 7, suffix >> 3);
    let (suffix, rest) = rest.split_at_checked(suffix)?;
    if shared > key.len() {
        return None;
    }
    key.truncate(shared);
    key.extend_from_slice(suffix);
    let (_update, rest) = varint(rest)?;
    match kind {
        0 => Some((Value::Gone, rest)),
        1 | 2 => {
            let (id, rest) = rest.split_at_checked(hash.bytes())?;
            // A tag has the object that it leads to behind it.
            let rest = if kind == 2 { rest.get(hash.bytes()..)? } else { rest };
            Some((Value::Id(ObjectId::new(id)?), rest))
        }
        3 => {
            let (len, rest) = varint(rest)?;
            let (target, rest) = rest.split_at_checked(len)?;
            Some((Value::Reference(String::from_utf8(target.to_vec()).ok()?), rest))
        }
        _ => None,
    }
}

/// Seven bits a byte, the first the most significant, as in offsets of packs.
fn varint(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (first, mut rest) = bytes.split_first()?;
    let mut value = usize::from(first & 0x7F);
    let mut more = first & 0x80 != 0;
    while more {
        let (byte, after) = rest.split_first()?;
        value = value.checked_add(1)?.checked_mul(128)? | usize::from(byte & 0x7F);
        (more, rest) = (byte & 0x80 != 0, after);
    }
    Some((value, rest))
}

/// Two or three bytes, the first the most significant.
pub(super) fn number(bytes: &[u8]) -> Option<usize> {
    (bytes.len() <= 3).then(|| bytes.iter().fold(0, |all, byte| all << 8 | usize::from(*byte)))
}

//! References in tables, as newer versions of git keep them.
//!
//! Source: git documentation, "reftable": file header, ref blocks, ref records, stack of tables.

use sealkit_report::Budget;

use super::{ObjectHash, ObjectId, Repository};
use crate::read_at;
use crate::{InspectError, ReadAt};

/// Largest table that is read, in bytes.
const MAX_TABLE: u64 = 32 << 20;
/// Most tables that lie over each other; git merges them long before.
const MAX_TABLES: usize = 64;

/// What a reference is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// It names an object.
    Id(ObjectId),
    /// It names another reference.
    Reference(String),
    /// It was deleted.
    Gone,
}

/// What tables say of a reference.
pub(super) enum Found {
    /// The references are not in tables.
    NoTables,
    /// None of them names it.
    Nothing,
    /// What it is, and the file below `.git` that says so.
    Is(Value, String),
}

/// Looks for a reference in the tables below `folder` (empty, or a path that ends in `/`), the newest first.
pub(super) fn find(
    repository: &Repository<'_>,
    folder: &str,
    name: &str,
    budget: &mut Budget,
) -> Result<Found, InspectError> {
    let list = format!("{folder}reftable/tables.list");
    let Some(tables) = repository.read_text(&list, budget)? else {
        return Ok(Found::NoTables);
    };
    let tables: Vec<&str> = tables.lines().map(str::trim).filter(|name| !name.is_empty()).collect();
    if tables.len() > MAX_TABLES {
        return Err(broken("more tables of references than 64", 0));
    }
    for table in tables.iter().rev() {
        if table.contains(['/', '\\']) || table.starts_with('.') {
            return Err(broken("a table of references whose name is a path", 0));
        }
        let file = format!("{folder}reftable/{table}");
        let Some(source) = repository.files.open(&file) else {
            return Err(broken("a table of references that is not there", 0));
        };
        if let Some(value) = look(&*source, repository.hash(), name, budget)? {
            return Ok(Found::Is(value, file));
        }
    }
    Ok(Found::Nothing)
}

fn broken(what: &'static str, at: u64) -> InspectError {
    InspectError::malformed("git", what, at)
}

/// What one table says of a reference.
fn look(
    source: &dyn ReadAt,
    hash: ObjectHash,
    name: &str,
    budget: &mut Budget,
) -> Result<Option<Value>, InspectError> {
    if source.len() > MAX_TABLE {
        return Err(broken("a table of references above the limit of 32 MiB", MAX_TABLE));
    }
    let bytes = read_at::whole(source, budget)?;
    let odd = || broken("a table of references that is cut or of another form", 0);
    let header = match bytes.get(..5) {
        Some(b"REFT\x01") => 24,
        Some(b"REFT\x02") => 28,
        _ => return Err(odd()),
    };
    let block_size = bytes.get(5..8).and_then(number).ok_or_else(odd)?;
    let (mut block, mut at) = (0, header);
    // Blocks of references come first; a table may have none.
    while bytes.get(at) == Some(&b'r') {
        budget.steps(1)?;
        let len = bytes.get(at + 1..at + 4).and_then(number).ok_or_else(odd)?;
        let inside = bytes.get(block..block + len).ok_or_else(odd)?;
        match in_block(inside, at + 4 - block, hash, name, budget)? {
            Block::Is(value) => return Ok(Some(value)),
            Block::Broken => return Err(odd()),
            Block::Nothing => {}
        }
        let end = block + len;
        // A block is filled up with zeros to its size, except where the writer was told not to.
        let is_padded = block_size > 0 && bytes.get(end).is_none_or(|byte| *byte == 0);
        let next = if is_padded { block + block_size } else { end };
        if next <= at {
            return Err(odd());
        }
        (block, at) = (next, next);
    }
    Ok(None)
}

/// What a block says of a reference.
enum Block {
    Broken,
    Nothing,
    Is(Value),
}

/// Reads the records of a block one after the other.
fn in_block(
    block: &[u8],
    start: usize,
    hash: ObjectHash,
    name: &str,
    budget: &mut Budget,
) -> Result<Block, InspectError> {
    // Three bytes for the place of each restart, and two for their number, stand at the end.
    let count = block.len().checked_sub(2).and_then(|at| block.get(at..)).and_then(number);
    let table = count.map(|count| count * 3 + 2);
    let end = table.and_then(|table| block.len().checked_sub(table));
    let Some(mut rest) = end.and_then(|end| block.get(start..end)) else {
        return Ok(Block::Broken);
    };
    let mut key: Vec<u8> = Vec::new();
    while !rest.is_empty() {
        budget.steps(1)?;
        let Some((value, after)) = record(rest, &mut key, hash) else { return Ok(Block::Broken) };
        if key == name.as_bytes() {
            return Ok(Block::Is(value));
        }
        rest = after;
    }
    Ok(Block::Nothing)
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
fn number(bytes: &[u8]) -> Option<usize> {
    (bytes.len() <= 3).then(|| bytes.iter().fold(0, |all, byte| all << 8 | usize::from(*byte)))
}

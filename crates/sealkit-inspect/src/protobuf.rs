//! Protocol buffers, walked field by field without a schema; content that is skipped is not read.

use crate::{Cursor, InspectError};

/// One field of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// A number.
    Varint(u64),
    /// Bytes, text or a message of this length, which follow.
    Bytes(u64),
    /// Four or eight bytes, already passed over.
    Fixed,
}

/// Reads the next field of a message that ends at `end`: its number and what it holds. The bytes
/// of [`Field::Bytes`] are left to the caller, and lie inside the message.
pub fn next(cursor: &mut Cursor<'_>, end: u64) -> Result<Option<(u64, Field)>, InspectError> {
    if cursor.pos() >= end {
        return Ok(None);
    }
    cursor.budget().steps(1)?;
    let tag = cursor.varint()?;
    let field = match tag & 7 {
        0 => Field::Varint(cursor.varint()?),
        1 => fixed(cursor, 8)?,
        2 => Field::Bytes(cursor.varint()?),
        5 => fixed(cursor, 4)?,
        _ => return Err(cursor.malformed("an unknown wire type")),
    };
    let length = if let Field::Bytes(length) = field { length } else { 0 };
    let inside = cursor.pos().checked_add(length).is_some_and(|at| at <= end);
    if tag >> 3 == 0 || !inside {
        return Err(cursor.malformed("a field that leaves its message"));
    }
    Ok(Some((tag >> 3, field)))
}

fn fixed(cursor: &mut Cursor<'_>, count: u64) -> Result<Field, InspectError> {
    cursor.skip(count)?;
    Ok(Field::Fixed)
}

/// Longest text that is kept, in bytes.
const MAX_TEXT: u64 = 1 << 20;

/// Passes over what a field holds.
pub(crate) fn pass(cursor: &mut Cursor<'_>, field: Field) -> Result<(), InspectError> {
    if let Field::Bytes(len) = field { cursor.skip(len) } else { Ok(()) }
}

/// A text of `len` bytes; what is no UTF-8 is replaced.
pub(crate) fn text(cursor: &mut Cursor<'_>, len: u64) -> Result<String, InspectError> {
    Ok(String::from_utf8_lossy(&cursor.take(len, MAX_TEXT)?).into_owned())
}

/// A key (field 1) with its value (field 2), both texts.
pub(crate) fn entry(cursor: &mut Cursor<'_>, len: u64) -> Result<(String, String), InspectError> {
    let end = cursor.pos() + len;
    let (mut key, mut value) = (String::new(), String::new());
    while let Some((number, field)) = next(cursor, end)? {
        match (number, field) {
            (1, Field::Bytes(n)) => key = text(cursor, n)?,
            (2, Field::Bytes(n)) => value = text(cursor, n)?,
            (_, field) => pass(cursor, field)?,
        }
    }
    Ok((key, value))
}

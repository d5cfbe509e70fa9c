//! Numbers, texts and values of GGUF, in either byte order.

use sealkit_report::Budget;

use super::{NAME, types};
use crate::{Cursor, Facts, InspectError, ReadAt, Value, kept, property};

/// Longest key and tensor name that llama.cpp writes or reads, rounded up.
pub(super) const MAX_KEY: u64 = 65_535;
/// Longest text that is read; templates are far shorter.
const MAX_TEXT: u64 = 4 << 20;
/// What one key costs of the budget's entries: what it says takes as much memory as a hundred nodes of a tree. A
/// model has dozens.
const COST: u64 = 64;
/// Longest array whose elements are kept; those of a tokenizer are longer.
const MAX_KEPT: u64 = 1024;

/// One key with its value.
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) value: Value,
    /// Number of elements, where the value is an array; a long one is an empty list.
    pub(super) len: Option<u64>,
    /// Digest of a text that is a template.
    pub(super) digest: Option<Value>,
    /// Offset of the first byte of the entry, and of the first one behind it.
    pub(super) at: (u64, u64),
}

impl Entry {
    /// The text, where the value is one.
    pub(super) fn text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    /// The number, where the value is a whole one.
    pub(super) fn uint(&self) -> Option<u64> {
        if let Value::Uint(number) = self.value { Some(number) } else { None }
    }
}

pub(super) struct Reader<'a> {
    pub(super) cursor: Cursor<'a>,
    version: u32,
}

impl<'a> Reader<'a> {
    /// Reads magic and version, and turns to the byte order that the version shows.
    pub(super) fn start(
        source: &'a dyn ReadAt,
        budget: &'a mut Budget,
        path: &str,
        facts: &mut Facts,
    ) -> Result<Self, InspectError> {
        let mut cursor = Cursor::new(source, budget, NAME);
        if cursor.take(4, 4)? != b"GGUF" {
            return Err(cursor.malformed("no `GGUF` at the start"));
        }
        let mut version = cursor.u32()?;
        let place = "bytes 4-8";
        if version.trailing_zeros() >= 16 {
            // Only a swapped small number has no low half.
            version = version.swap_bytes();
            cursor.set_big_endian();
            let order = Value::Text("big-endian".to_owned());
            facts.measured(path, place, property::BYTE_ORDER, order);
        }
        if !(1..=3).contains(&version) {
            return Err(cursor.malformed("a version that is not 1, 2 or 3"));
        }
        let text = Value::Text(version.to_string());
        facts.measured(path, place, property::FORMAT_VERSION, text);
        Ok(Self { cursor, version })
    }

    /// A count or a length.
    pub(super) fn count(&mut self) -> Result<u64, InspectError> {
        if self.version == 1 { Ok(u64::from(self.cursor.u32()?)) } else { self.cursor.u64() }
    }

    /// A text of at most `limit` bytes.
    pub(super) fn text(&mut self, limit: u64) -> Result<String, InspectError> {
        let len = self.count()?;
        let bytes = self.cursor.take(len, limit)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Appends the entries that can be read.
    /// What templates reach for is found here, where they are whole.
    pub(super) fn entries(
        &mut self,
        count: u64,
        all: &mut Vec<Entry>,
        (path, facts): (&str, &mut Facts),
    ) -> Result<(), InspectError> {
        for _ in 0..count {
            self.cursor.budget().entries(COST)?;
            let start = self.cursor.pos();
            let key = self.text(MAX_KEY)?;
            let kind = self.cursor.u32()?;
            let (mut value, len) = if kind == types::ARRAY {
                let (kept, len) = self.array(0)?;
                (Value::List(kept), Some(len))
            } else {
                (self.scalar(kind)?, None)
            };
            let mut digest = None;
            if let Value::Text(text) = &value {
                if key.starts_with("tokenizer.chat_template") {
                    digest = Some(kept::digest(text));
                    let place = format!("bytes {start}-{}", self.cursor.pos());
                    crate::template::check(text, (path, &place), facts);
                }
                value = kept::text(text);
            }
            all.push(Entry { key, value, len, digest, at: (start, self.cursor.pos()) });
        }
        Ok(())
    }

    fn scalar(&mut self, kind: u32) -> Result<Value, InspectError> {
        let cursor = &mut self.cursor;
        Ok(match kind {
            0 => Value::Uint(u64::from(cursor.u8()?)),
            1 => signed(i64::from(cursor.u8()? as i8)),
            2 => Value::Uint(u64::from(cursor.u16()?)),
            3 => signed(i64::from(cursor.u16()? as i16)),
            4 => Value::Uint(u64::from(cursor.u32()?)),
            5 => signed(i64::from(cursor.u32()? as i32)),
            6 => Value::Float(f64::from(f32::from_bits(cursor.u32()?))),
            7 => match cursor.u8()? {
                0 => Value::Bool(false),
                1 => Value::Bool(true),
                _ => return Err(cursor.malformed("a yes or no that is neither")),
            },
            types::TEXT => Value::Text(self.text(MAX_TEXT)?),
            10 => Value::Uint(cursor.u64()?),
            11 => signed(cursor.u64()? as i64),
            12 => Value::Float(f64::from_bits(cursor.u64()?)),
            _ => return Err(cursor.malformed("an unknown type of value")),
        })
    }

    /// The elements of a short array, none of a long one, and how many there are. Of an array inside of
    /// another only its length is kept.
    fn array(&mut self, depth: u32) -> Result<(Vec<String>, u64), InspectError> {
        self.cursor.budget().depth(depth)?;
        let kind = self.cursor.u32()?;
        let len = self.count()?;
        let mut kept = Vec::new();
        if kind == types::ARRAY {
            for _ in 0..len {
                self.cursor.budget().steps(1)?;
                let (_, inner) = self.array(depth + 1)?;
                if len <= MAX_KEPT {
                    kept.push(format!("{inner} elements"));
                }
            }
            return Ok((kept, len));
        }
        if kind != types::TEXT && types::scalar_size(kind).is_none() {
            return Err(self.cursor.malformed("an array of an unknown type"));
        }
        if len <= MAX_KEPT {
            for _ in 0..len {
                self.cursor.budget().steps(1)?;
                kept.push(match self.scalar(kind)? {
                    Value::Text(text) => kept::text(&text).to_string(),
                    value => value.to_string(),
                });
            }
        } else if kind == types::TEXT {
            // Each text takes at least its length field, so that a false count ends soon.
            for _ in 0..len {
                self.cursor.budget().steps(1)?;
                let size = self.count()?;
                self.cursor.skip(size)?;
            }
        } else {
            let total = types::scalar_size(kind).and_then(|size| len.checked_mul(size));
            self.cursor.skip(total.unwrap_or(u64::MAX))?;
        }
        Ok((kept, len))
    }
}

fn signed(number: i64) -> Value {
    u64::try_from(number).map_or(Value::Int(number), Value::Uint)
}

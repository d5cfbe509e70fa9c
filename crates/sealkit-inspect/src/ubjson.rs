//! Universal Binary JSON of which the largest parts are passed over.
//!
//! Source: UBJSON specification draft 12, and `json_io.h` of XGBoost, which writes it.

use serde_json::{Map, Number, Value};

use crate::{Cursor, InspectError};

/// Longest text and key that is read, in bytes.
const MAX_TEXT: u64 = 4 << 20;

/// Reads one value with its type before it. `prune` as with pruned JSON: below such a key an
/// array becomes the number of its elements, and anything else nothing.
pub(crate) fn read(
    cursor: &mut Cursor<'_>,
    prune: &'static [&'static str],
) -> Result<Value, InspectError> {
    cursor.set_big_endian();
    let mut reader = Reader { cursor, prune };
    let kind = reader.marker()?;
    reader.value(kind, false, 0)
}

struct Reader<'a, 'c> {
    cursor: &'a mut Cursor<'c>,
    prune: &'static [&'static str],
}

/// What stands before the elements of an array or object: their common type and their number.
struct Head {
    kind: Option<u8>,
    count: Option<u64>,
}

impl Reader<'_, '_> {
    /// The next type, `N` (nothing) passed over.
    fn marker(&mut self) -> Result<u8, InspectError> {
        loop {
            self.cursor.budget().steps(1)?;
            match self.cursor.u8()? {
                b'N' => {}
                kind => return Ok(kind),
            }
        }
    }

    fn value(&mut self, kind: u8, is_pruned: bool, depth: u32) -> Result<Value, InspectError> {
        self.cursor.budget().depth(depth)?;
        if is_pruned {
            self.cursor.budget().steps(1)?;
        } else {
            self.cursor.budget().entries(1)?;
        }
        Ok(match kind {
            b'Z' => Value::Null,
            b'T' => Value::Bool(true),
            b'F' => Value::Bool(false),
            b'd' => number(f64::from(f32::from_bits(self.cursor.u32()?))),
            b'D' => number(f64::from_bits(self.cursor.u64()?)),
            b'C' => Value::String(char::from(self.cursor.u8()?).to_string()),
            b'S' | b'H' => Value::String(self.text()?),
            b'[' => self.array(is_pruned, depth)?,
            b'{' => self.object(is_pruned, depth)?,
            kind => Value::Number(self.int(kind)?.into()),
        })
    }

    fn int(&mut self, kind: u8) -> Result<i64, InspectError> {
        let cursor = &mut *self.cursor;
        Ok(match kind {
            b'i' => i64::from(cursor.u8()? as i8),
            b'U' => i64::from(cursor.u8()?),
            b'I' => i64::from(cursor.u16()? as i16),
            b'l' => i64::from(cursor.u32()? as i32),
            b'L' => cursor.u64()? as i64,
            _ => return Err(cursor.malformed("an unknown type")),
        })
    }

    fn length(&mut self) -> Result<u64, InspectError> {
        let kind = self.marker()?;
        let len = self.int(kind)?;
        u64::try_from(len).map_err(|_| self.cursor.malformed("a negative length"))
    }

    fn text(&mut self) -> Result<String, InspectError> {
        let len = self.length()?;
        let bytes = self.cursor.take(len, MAX_TEXT)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Type and number, and the first marker that belongs to neither.
    fn head(&mut self) -> Result<(Head, Option<u8>), InspectError> {
        let mut head = Head { kind: None, count: None };
        let mut next = self.marker()?;
        if next == b'$' {
            let kind = self.cursor.u8()?;
            // Elements without bytes: any number of them would fit into the file.
            if matches!(kind, b'Z' | b'T' | b'F' | b'N') {
                return Err(self.cursor.malformed("a list of elements that take no bytes"));
            }
            head.kind = Some(kind);
            next = self.marker()?;
            if next != b'#' {
                return Err(self.cursor.malformed("a common type without a number"));
            }
        }
        if next == b'#' {
            head.count = Some(self.length()?);
            return Ok((head, None));
        }
        Ok((head, Some(next)))
    }

    fn array(&mut self, is_pruned: bool, depth: u32) -> Result<Value, InspectError> {
        let (head, mut next) = self.head()?;
        let (mut list, mut count) = (Vec::new(), 0_u64);
        // Numbers of one size are passed over at once.
        let size = head.kind.and_then(size).filter(|_| is_pruned);
        if let Some((size, total)) = size.zip(head.count) {
            self.cursor.skip(total.saturating_mul(size))?;
            return Ok(Value::Number(total.into()));
        }
        while head.count.is_none_or(|total| count < total) {
            let kind = match (head.kind, next.take()) {
                (Some(kind), _) => kind,
                (None, Some(kind)) => kind,
                (None, None) => self.marker()?,
            };
            if head.count.is_none() && kind == b']' {
                break;
            }
            let value = self.value(kind, is_pruned, depth + 1)?;
            count += 1;
            if !is_pruned {
                list.push(value);
            }
        }
        Ok(if is_pruned { Value::Number(count.into()) } else { Value::Array(list) })
    }

    fn object(&mut self, is_pruned: bool, depth: u32) -> Result<Value, InspectError> {
        let (head, mut next) = self.head()?;
        let (mut map, mut count) = (Map::new(), 0_u64);
        while head.count.is_none_or(|total| count < total) {
            let marker = match next.take() {
                Some(marker) => marker,
                None => self.marker()?,
            };
            if head.count.is_none() && marker == b'}' {
                break;
            }
            let len = self.int(marker)?;
            let len = u64::try_from(len).map_err(|_| self.cursor.malformed("a negative length"))?;
            let key = String::from_utf8_lossy(&self.cursor.take(len, MAX_TEXT)?).into_owned();
            let kind = head.kind.map_or_else(|| self.marker(), Ok)?;
            let below = is_pruned || self.prune.contains(&key.as_str());
            let value = self.value(kind, below, depth + 1)?;
            count += 1;
            if !is_pruned && map.insert(key, value).is_some() {
                return Err(self.cursor.malformed("a key that stands twice"));
            }
        }
        Ok(if is_pruned { Value::Null } else { Value::Object(map) })
    }
}

/// Size in bytes of a value whose type alone says it.
fn size(kind: u8) -> Option<u64> {
    Some(match kind {
        b'i' | b'U' | b'C' => 1,
        b'I' => 2,
        b'l' | b'd' => 4,
        b'L' | b'D' => 8,
        _ => return None,
    })
}

fn number(value: f64) -> Value {
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

//! Values out of the bytes of a page.

use super::Unread;
use super::levels::{Hybrid, bits};
use crate::InspectError;

const BOOLEAN: i64 = 0;
const INT32: i64 = 1;
const INT64: i64 = 2;
const INT96: i64 = 3;
const FLOAT: i64 = 4;
const DOUBLE: i64 = 5;
const BYTES: i64 = 6;
const FIXED: i64 = 7;

/// Widest value of fixed length that is read, in bytes.
const MAX_WIDTH: i64 = 64 << 10;
/// Bytes of a longer value that are kept; of the rest only the number is known.
const MAX_KEPT: usize = 4 << 10;

/// A value of a physical type.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Bool(bool),
    Int32(i32),
    Int64(i64),
    /// Nanoseconds of a day, and a Julian day.
    Int96(u64, u32),
    Float(f32),
    Double(f64),
    /// The first bytes, and how many there are.
    Bytes(Vec<u8>, usize),
}

/// A physical type, with the width of values of fixed length.
pub(super) type Physical = (i64, i64);

/// The values that others refer to by number.
pub(super) struct Dictionary {
    values: Result<Vec<Value>, &'static str>,
}

impl Dictionary {
    /// Reads a dictionary page, which states how many values it holds.
    pub(super) fn new(bytes: Vec<u8>, physical: i64, width: i64, count: u64) -> Self {
        // A value takes a byte at least, but for booleans, which no dictionary holds.
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let values = if count > bytes.len() {
            Err("a dictionary of more values than bytes")
        } else {
            plain(&bytes, (physical, width), count)
        };
        Self { values }
    }
}

/// The first `count` values of a page.
pub(super) fn decode(
    bytes: &[u8],
    encoding: i64,
    kind: Physical,
    dictionary: Option<&Dictionary>,
    count: usize,
) -> Result<Vec<Value>, Unread> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let found = match encoding {
        0 => plain(bytes, kind, count),
        2 | 8 => by_number(bytes, dictionary, count),
        3 if kind.0 == BOOLEAN => runs(bytes, count),
        _ => {
            let reason =
                format!("its values are written as {}, which is not read here", name(encoding));
            return Err(Unread::Unknown(reason));
        }
    };
    found.map_err(|what| InspectError::malformed(super::super::NAME, what, 0).into())
}

/// The name of an encoding.
fn name(encoding: i64) -> String {
    let name = match encoding {
        4 => "BIT_PACKED",
        5 => "DELTA_BINARY_PACKED",
        6 => "DELTA_LENGTH_BYTE_ARRAY",
        7 => "DELTA_BYTE_ARRAY",
        9 => "BYTE_STREAM_SPLIT",
        _ => return format!("encoding {encoding}"),
    };
    name.to_owned()
}

const SHORT: &str = "fewer values than are stated";

fn by_number(
    bytes: &[u8],
    dictionary: Option<&Dictionary>,
    count: usize,
) -> Result<Vec<Value>, &'static str> {
    let values = dictionary.ok_or("values of a dictionary that is not there")?;
    let values = values.values.as_ref().map_err(|what| *what)?;
    let (width, rest) = bytes.split_first().ok_or(SHORT)?;
    let numbers = Hybrid::new(rest, u32::from(*width)).ok_or("numbers of too many bits")?;
    let found: Option<Vec<Value>> =
        numbers.take(count).map(|number| values.get(number as usize).cloned()).collect();
    found.ok_or("a number beyond the dictionary").and_then(|found| complete(found, count))
}

fn complete(found: Vec<Value>, count: usize) -> Result<Vec<Value>, &'static str> {
    if found.len() == count { Ok(found) } else { Err(SHORT) }
}

/// Booleans as runs, with their length before them.
fn runs(bytes: &[u8], count: usize) -> Result<Vec<Value>, &'static str> {
    let (_, rest) = bytes.split_first_chunk::<4>().ok_or(SHORT)?;
    let runs = Hybrid::new(rest, 1).ok_or(SHORT)?;
    complete(runs.take(count).map(|bit| Value::Bool(bit == 1)).collect(), count)
}

fn plain(
    bytes: &[u8],
    (physical, width): Physical,
    count: usize,
) -> Result<Vec<Value>, &'static str> {
    let mut rest = bytes;
    let mut values = Vec::new();
    for at in 0..count {
        values.push(match physical {
            BOOLEAN => Value::Bool(bits(bytes, at, 1).ok_or(SHORT)? == 1),
            INT32 => Value::Int32(i32::from_le_bytes(fixed(&mut rest)?)),
            INT64 => Value::Int64(i64::from_le_bytes(fixed(&mut rest)?)),
            INT96 => {
                let time = u64::from_le_bytes(fixed(&mut rest)?);
                Value::Int96(time, u32::from_le_bytes(fixed(&mut rest)?))
            }
            FLOAT => Value::Float(f32::from_le_bytes(fixed(&mut rest)?)),
            DOUBLE => Value::Double(f64::from_le_bytes(fixed(&mut rest)?)),
            BYTES => {
                let len = u32::from_le_bytes(fixed(&mut rest)?);
                taken(&mut rest, len as usize)?
            }
            FIXED if (1..=MAX_WIDTH).contains(&width) => {
                taken(&mut rest, usize::try_from(width).map_err(|_| SHORT)?)?
            }
            _ => return Err("values of an unknown type"),
        });
    }
    Ok(values)
}

fn fixed<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], &'static str> {
    let (bytes, behind) = rest.split_first_chunk::<N>().ok_or(SHORT)?;
    *rest = behind;
    Ok(*bytes)
}

fn taken(rest: &mut &[u8], len: usize) -> Result<Value, &'static str> {
    if len > rest.len() {
        return Err("a value that reaches past its page");
    }
    let (bytes, behind) = rest.split_at(len);
    *rest = behind;
    Ok(Value::Bytes(bytes.get(..len.min(MAX_KEPT)).unwrap_or(bytes).to_vec(), len))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(found: Result<Vec<Value>, Unread>) -> String {
        found.err().map(|why| why.reason()).unwrap_or_default()
    }

    #[test]
    fn each_physical_type_is_read_as_it_is_written() {
        let one = |bytes: &[u8], kind| decode(bytes, 0, kind, None, 1).ok().unwrap().remove(0);
        assert_eq!(one(&[0b10], (BOOLEAN, 0)), Value::Bool(false));
        assert_eq!(one(&[0xFF; 4], (INT32, 0)), Value::Int32(-1));
        assert_eq!(one(&[2, 0, 0, 0, 0, 0, 0, 0], (INT64, 0)), Value::Int64(2));
        assert_eq!(one(&1.5_f32.to_le_bytes(), (FLOAT, 0)), Value::Float(1.5));
        assert_eq!(one(&[2, 0, 0, 0, b'a', b'b'], (BYTES, 0)), Value::Bytes(b"ab".to_vec(), 2));
        assert_eq!(one(b"abc", (FIXED, 3)), Value::Bytes(b"abc".to_vec(), 3));
    }

    #[test]
    fn what_is_cut_short_or_points_outside_is_wrong() {
        for (bytes, kind) in [
            (&[][..], (BOOLEAN, 0)),
            (&[1, 2, 3], (INT32, 0)),
            (&[0xFF, 0xFF, 0xFF, 0xFF, 1], (BYTES, 0)),
            (&[1, 2], (FIXED, 3)),
            (&[1, 2], (FIXED, 0)),
            (&[1, 2], (FIXED, -1)),
            (&[1; 90], (FIXED, i64::MAX)),
            (&[1; 90], (99, 0)),
        ] {
            assert!(
                reason(decode(bytes, 0, kind, None, 1)).contains("not valid parquet"),
                "{kind:?}"
            );
        }
        assert!(reason(decode(&[1, 2], 8, (INT32, 0), None, 1)).contains("not there"));
        let small = Dictionary::new(vec![7, 0, 0, 0], INT32, 0, 1);
        assert!(reason(decode(&[2, 0x02, 3], 8, (INT32, 0), Some(&small), 1)).contains("beyond"));
        assert!(reason(decode(&[99, 0x02, 3], 8, (INT32, 0), Some(&small), 1)).contains("bits"));
        let lying = Dictionary::new(vec![7, 0, 0, 0], INT32, 0, u64::MAX);
        assert!(
            reason(decode(&[2, 0x02, 0], 8, (INT32, 0), Some(&lying), 1)).contains("more values")
        );
        assert!(reason(decode(&[0], 9, (FLOAT, 0), None, 1)).contains("BYTE_STREAM_SPLIT"));
    }

    #[test]
    fn a_long_value_is_kept_in_part() {
        let bytes = [&8_000_u32.to_le_bytes()[..], &[b'x'; 8_000]].concat();
        let Ok(found) = decode(&bytes, 0, (BYTES, 0), None, 1) else { unreachable!() };
        assert_eq!(found, [Value::Bytes(vec![b'x'; MAX_KEPT], 8_000)]);
    }
}

//! Values out of the bytes of a page. They are made one by one as somebody takes them and borrow from the page, so that
//! what a page becomes is never larger than the page.

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

const SHORT: &str = "fewer values than are stated";

/// A value of a physical type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Bool(bool),
    Int32(i32),
    Int64(i64),
    /// Nanoseconds of a day, and a Julian day.
    Int96(u64, u32),
    Float(f32),
    Double(f64),
    Bytes(&'a [u8]),
}

/// A physical type, with the width of values of fixed length.
pub(super) type Physical = (i64, i64);

/// The values that others refer to by number.
pub(super) struct Dictionary {
    bytes: Vec<u8>,
    kind: Physical,
    /// Where each value begins; empty where all are of one length.
    places: Vec<u32>,
    wrong: Option<&'static str>,
}

impl Dictionary {
    /// A dictionary page, which states how many values it holds.
    pub(super) fn new(bytes: Vec<u8>, kind: Physical, count: u64) -> Self {
        let mut found = Self { bytes, kind, places: Vec::new(), wrong: None };
        if kind.0 != BYTES {
            return found;
        }
        // A value takes four bytes at least, which say how long it is.
        let mut rest = found.bytes.as_slice();
        for _ in 0..count {
            let place = u32::try_from(found.bytes.len() - rest.len()).unwrap_or(u32::MAX);
            match plain(&mut rest, kind) {
                Ok(_) => found.places.push(place),
                Err(what) => {
                    found.wrong = Some(what);
                    break;
                }
            }
        }
        found
    }

    fn get(&self, number: u32) -> Result<Value<'_>, &'static str> {
        if let Some(what) = self.wrong {
            return Err(what);
        }
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        let place = match width(self.kind) {
            Some(width) => number.checked_mul(width),
            None => self.places.get(number).map(|place| *place as usize),
        };
        let mut rest = place.and_then(|place| self.bytes.get(place..)).unwrap_or_default();
        plain(&mut rest, self.kind).map_err(|_| "a number beyond the dictionary")
    }
}

/// Bytes of each value; none where they differ. Booleans are in no dictionary.
fn width((physical, width): Physical) -> Option<usize> {
    match physical {
        INT32 | FLOAT => Some(4),
        INT64 | DOUBLE => Some(8),
        INT96 => Some(12),
        FIXED => usize::try_from(width).ok(),
        _ => None,
    }
}

/// The values of a page, one after the other.
pub(super) enum Values<'a> {
    Plain {
        rest: &'a [u8],
        kind: Physical,
    },
    /// Booleans, a bit each, from this one on.
    Bits(&'a [u8], usize),
    Runs(Hybrid<'a>),
    Numbers(Hybrid<'a>, &'a Dictionary),
    /// Those of a page without any.
    None,
}

impl<'a> Values<'a> {
    /// The values that `bytes` hold in this encoding.
    pub(super) fn new(
        bytes: &'a [u8],
        encoding: i64,
        kind: Physical,
        dictionary: Option<&'a Dictionary>,
    ) -> Result<Self, Unread> {
        if bytes.is_empty() {
            return Ok(Self::None);
        }
        match encoding {
            0 if kind.0 == BOOLEAN => Ok(Self::Bits(bytes, 0)),
            0 => Ok(Self::Plain { rest: bytes, kind }),
            2 | 8 => numbers(bytes, dictionary).map_err(wrong),
            3 if kind.0 == BOOLEAN => {
                let runs = bytes.split_first_chunk::<4>();
                let runs = runs.and_then(|(_, runs)| Hybrid::new(runs, 1));
                runs.map(Self::Runs).ok_or_else(|| wrong(SHORT))
            }
            _ => {
                let name = name(encoding);
                let reason = format!("its values are written as {name}, which is not read here");
                Err(Unread::Unknown(reason))
            }
        }
    }

    /// The next value.
    pub(super) fn next(&mut self) -> Result<Value<'a>, Unread> {
        let found = match self {
            Self::Plain { rest, kind } => plain(rest, *kind),
            Self::Bits(bytes, at) => {
                let bit = bits(bytes, *at, 1).ok_or(SHORT);
                *at += 1;
                bit.map(|bit| Value::Bool(bit == 1))
            }
            Self::Runs(runs) => runs.next().map(|bit| Value::Bool(bit == 1)).ok_or(SHORT),
            Self::Numbers(numbers, dictionary) => {
                let dictionary: &'a Dictionary = dictionary;
                match numbers.next() {
                    Some(number) => dictionary.get(number),
                    None => Err(SHORT),
                }
            }
            Self::None => Err(SHORT),
        };
        found.map_err(wrong)
    }
}

fn wrong(what: &'static str) -> Unread {
    InspectError::malformed(super::super::NAME, what, 0).into()
}

fn numbers<'a>(
    bytes: &'a [u8],
    dictionary: Option<&'a Dictionary>,
) -> Result<Values<'a>, &'static str> {
    let dictionary = dictionary.ok_or("values of a dictionary that is not there")?;
    let (width, rest) = bytes.split_first().ok_or(SHORT)?;
    let numbers = Hybrid::new(rest, u32::from(*width)).ok_or("numbers of too many bits")?;
    Ok(Values::Numbers(numbers, dictionary))
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

/// The value that `rest` begins with, which is taken off it.
fn plain<'a>(rest: &mut &'a [u8], (physical, width): Physical) -> Result<Value<'a>, &'static str> {
    Ok(match physical {
        INT32 => Value::Int32(i32::from_le_bytes(fixed(rest)?)),
        INT64 => Value::Int64(i64::from_le_bytes(fixed(rest)?)),
        INT96 => {
            let time = u64::from_le_bytes(fixed(rest)?);
            Value::Int96(time, u32::from_le_bytes(fixed(rest)?))
        }
        FLOAT => Value::Float(f32::from_le_bytes(fixed(rest)?)),
        DOUBLE => Value::Double(f64::from_le_bytes(fixed(rest)?)),
        BYTES => {
            let len = u32::from_le_bytes(fixed(rest)?);
            taken(rest, usize::try_from(len).unwrap_or(usize::MAX))?
        }
        FIXED if (1..=MAX_WIDTH).contains(&width) => {
            taken(rest, usize::try_from(width).map_err(|_| SHORT)?)?
        }
        _ => return Err("values of an unknown type"),
    })
}

fn fixed<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], &'static str> {
    let (bytes, behind) = rest.split_first_chunk::<N>().ok_or(SHORT)?;
    *rest = behind;
    Ok(*bytes)
}

fn taken<'a>(rest: &mut &'a [u8], len: usize) -> Result<Value<'a>, &'static str> {
    if len > rest.len() {
        return Err("a value that reaches past its page");
    }
    let (bytes, behind) = rest.split_at(len);
    *rest = behind;
    Ok(Value::Bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one<'a>(
        bytes: &'a [u8],
        encoding: i64,
        kind: Physical,
        dictionary: Option<&'a Dictionary>,
    ) -> Result<Value<'a>, String> {
        let values = Values::new(bytes, encoding, kind, dictionary);
        values.and_then(|mut values| values.next()).map_err(|why| why.reason())
    }

    #[test]
    fn each_physical_type_is_read_as_it_is_written() {
        let plain = |bytes: &'static [u8], kind| one(bytes, 0, kind, None).unwrap();
        assert_eq!(plain(&[0b10], (BOOLEAN, 0)), Value::Bool(false));
        assert_eq!(plain(&[0xFF; 4], (INT32, 0)), Value::Int32(-1));
        assert_eq!(plain(&[2, 0, 0, 0, 0, 0, 0, 0], (INT64, 0)), Value::Int64(2));
        assert_eq!(plain(&[0, 0, 0xC0, 0x3F], (FLOAT, 0)), Value::Float(1.5));
        assert_eq!(plain(&[2, 0, 0, 0, b'a', b'b'], (BYTES, 0)), Value::Bytes(b"ab"));
        assert_eq!(plain(b"abc", (FIXED, 3)), Value::Bytes(b"abc"));
        let words = Dictionary::new(b"\x01\0\0\0a\x02\0\0\0bc".to_vec(), (BYTES, 0), 2);
        assert_eq!(one(&[1, 2, 1], 8, (BYTES, 0), Some(&words)), Ok(Value::Bytes(b"bc")));
        let numbers = Dictionary::new([7_i32, 9].map(i32::to_le_bytes).concat(), (INT32, 0), 2);
        assert_eq!(one(&[1, 2, 1], 2, (INT32, 0), Some(&numbers)), Ok(Value::Int32(9)));
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
            let why = one(bytes, 0, kind, None).unwrap_err();
            assert!(why.contains("not valid parquet"), "{kind:?}: {why}");
        }
        let why = |bytes: &[u8], encoding, dictionary: Option<&Dictionary>| {
            one(bytes, encoding, (INT32, 0), dictionary).unwrap_err()
        };
        assert!(why(&[1, 2], 8, None).contains("not there"));
        let small = Dictionary::new(vec![7, 0, 0, 0], (INT32, 0), u64::MAX);
        assert!(why(&[2, 0x02, 3], 8, Some(&small)).contains("beyond"));
        assert!(why(&[32, 0x02, 0xFF, 0xFF, 0xFF, 0xFF], 8, Some(&small)).contains("beyond"));
        assert!(why(&[99, 0x02, 3], 8, Some(&small)).contains("bits"));
        assert!(why(&[0], 9, None).contains("BYTE_STREAM_SPLIT"));
        let lying = Dictionary::new(vec![9, 0, 0, 0, b'a'], (BYTES, 0), u64::MAX);
        assert!(why(&[2, 0x02, 0], 8, Some(&lying)).contains("beyond") || lying.wrong.is_some());
    }
}

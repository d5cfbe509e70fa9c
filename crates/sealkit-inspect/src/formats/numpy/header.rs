//! The header of a `.npy` array: a Python dictionary literal.
//!
//! Source: `numpy/lib/format.py`, format versions 1.0 to 3.0.

use std::ops::Range;

use sealkit_report::Budget;

use super::literal::Literal;
use crate::inventory::elements;
use crate::pickle::DType;
use crate::{Cursor, InspectError, ReadAt};

const NAME: &str = "npy";
pub(super) const MAGIC: &[u8] = b"\x93NUMPY";
/// Longest header that is read; NumPy itself warns above 10,000 characters.
const MAX_HEADER: u64 = 64 << 10;

/// What the header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// `1.0`.
    pub(super) version: String,
    pub(super) dtype: DType,
    pub(super) shape: Vec<u64>,
    /// Where the array lies: all that follows the header.
    pub(super) data: Range<u64>,
}

impl Header {
    pub(super) fn read(source: &dyn ReadAt, budget: &mut Budget) -> Result<Self, InspectError> {
        let mut cursor = Cursor::new(source, budget, NAME);
        if cursor.take(6, 6)? != MAGIC {
            return Err(cursor.malformed("no `NUMPY` at the start"));
        }
        let (major, minor) = (cursor.u8()?, cursor.u8()?);
        let len = match major {
            1 => u64::from(cursor.u16()?),
            2 | 3 => u64::from(cursor.u32()?),
            _ => return Err(cursor.malformed("a version that is not 1, 2 or 3")),
        };
        let header = cursor.take(len, MAX_HEADER)?;
        let data = cursor.pos()..cursor.pos().saturating_add(cursor.left());
        // Latin-1 until version 2, UTF-8 with 3; only names of fields can differ.
        let header = match (major, String::from_utf8(header)) {
            (_, Ok(text)) => text,
            (_, Err(error)) => error.as_bytes().iter().map(|byte| char::from(*byte)).collect(),
        };
        let broken = |what| InspectError::malformed(NAME, what, 10);
        let header = Literal::parse(header.trim_end_matches(['\0', ' ', '\n']));
        let header = header.ok_or(broken("a header that is no literal"))?;
        let descr = header.get("descr").ok_or(broken("a header without `descr`"))?;
        let dtype = dtype(descr).ok_or(broken("an element type that is not known"))?;
        let shape = header.get("shape").ok_or(broken("a header without `shape`"))?;
        let shape = numbers(shape).ok_or(broken("a shape that is no tuple of numbers"))?;
        Ok(Self { version: format!("{major}.{minor}"), dtype, shape, data })
    }

    /// Number of elements.
    pub(super) fn count(&self) -> Option<u64> {
        elements(&self.shape)
    }

    /// Size of the array in bytes; none for objects.
    pub(super) fn size(&self) -> Option<u64> {
        if self.dtype.objects {
            return None;
        }
        self.count()?.checked_mul(self.dtype.size)
    }
}

fn numbers(shape: &Literal) -> Option<Vec<u64>> {
    let number = |item: &Literal| match item {
        Literal::Int(n) => u64::try_from(*n).ok(),
        _ => None,
    };
    let Literal::Tuple(items) = shape else { return None };
    items.iter().map(number).collect()
}

/// An element type: its text, a list of fields, or a pair of type and shape.
fn dtype(descr: &Literal) -> Option<DType> {
    match descr {
        Literal::Text(text) => {
            DType::parse(text, "").map(|dtype| DType { name: text.clone(), ..dtype })
        }
        Literal::Tuple(pair) => {
            let [base, shape] = pair.as_slice() else { return None };
            sized(base, Some(shape)).map(|dtype| DType { name: descr.to_string(), ..dtype })
        }
        Literal::List(fields) => {
            let (mut size, mut objects) = (0_u64, false);
            for field in fields {
                let (base, shape) = match field.elements()? {
                    [_, base] => (base, None),
                    [_, base, shape] => (base, Some(shape)),
                    _ => return None,
                };
                let field = sized(base, shape)?;
                size = size.checked_add(field.size)?;
                objects |= field.objects;
            }
            Some(DType { name: descr.to_string(), size, objects })
        }
        _ => None,
    }
}

/// A type repeated as often as a shape says; one number is a shape, too.
fn sized(base: &Literal, shape: Option<&Literal>) -> Option<DType> {
    let mut dtype = dtype(base)?;
    let count = match shape {
        None => 1,
        Some(Literal::Int(n)) => u64::try_from(*n).ok()?,
        Some(shape) => elements(&numbers(shape)?)?,
    };
    dtype.size = dtype.size.checked_mul(count)?;
    Some(dtype)
}

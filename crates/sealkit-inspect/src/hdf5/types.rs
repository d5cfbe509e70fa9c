//! Datatypes and dataspaces (sections IV.A.2.d and IV.A.2.b).

use super::header::Message;
use super::{Fields, File};
use crate::InspectError;

/// Most dimensions (`H5S_MAX_RANK`).
const MAX_RANK: u64 = 32;
/// Deepest nesting of types that is followed.
const MAX_DEPTH: u32 = 8;

/// The type of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    /// Name as NumPy has it: `float32`, `int64`; `string`, `compound` and the like for others.
    pub(crate) name: String,
    /// Size in bytes.
    pub(crate) size: u64,
    /// Whether it is a number.
    pub(crate) is_number: bool,
    /// Whether it is a text whose bytes lie in a heap.
    pub(super) is_variable_text: bool,
    /// Whether it is a text of a fixed size.
    pub(super) is_fixed_text: bool,
}

impl Kind {
    fn named(name: impl Into<String>, size: u64) -> Self {
        let name = name.into();
        Self { name, size, is_number: false, is_variable_text: false, is_fixed_text: false }
    }
}

/// The type that a message describes; for a shared one only that it is.
pub(super) fn kind_of(file: &mut File<'_>, message: &Message) -> Result<Kind, InspectError> {
    if message.is_shared {
        return Ok(Kind::named("committed type", 0));
    }
    kind(&mut Fields::of(file, message), 0)
}

/// The type that stands next.
pub(super) fn kind(fields: &mut Fields<'_, '_>, depth: u32) -> Result<Kind, InspectError> {
    let class = fields.byte()?;
    let bits = fields.number(3)?;
    let size = fields.number(4)?.min(u64::from(u32::MAX));
    if depth > MAX_DEPTH {
        return Ok(Kind::named("nested type", size));
    }
    let bit_size = size.saturating_mul(8);
    Ok(match class & 15 {
        0 => {
            let sign = if bits & 8 == 0 { "uint" } else { "int" };
            Kind { is_number: true, ..Kind::named(format!("{sign}{bit_size}"), size) }
        }
        1 => {
            // Offset and precision of the whole, place and size of exponent and mantissa.
            fields.skip(5)?;
            let exponent = fields.byte()?;
            let is_brain = size == 2 && exponent == 8;
            let name = if is_brain { "bfloat16".to_owned() } else { format!("float{bit_size}") };
            Kind { is_number: true, ..Kind::named(name, size) }
        }
        3 => Kind { is_fixed_text: true, ..Kind::named("string", size) },
        4 => Kind::named("bits", size),
        5 => Kind::named("opaque", size),
        6 => Kind::named("compound", size),
        7 => Kind::named("reference", size),
        8 => {
            let base = kind(fields, depth + 1)?;
            Kind::named(format!("enum {}", base.name), size)
        }
        9 if bits & 15 == 1 => Kind { is_variable_text: true, ..Kind::named("string", size) },
        9 => {
            let base = kind(fields, depth + 1)?;
            Kind::named(format!("list of {}", base.name), size)
        }
        10 => Kind::named("array", size),
        11 => Kind { is_number: true, ..Kind::named(format!("complex{bit_size}"), size) },
        other => Kind::named(format!("class {other}"), size),
    })
}

/// The shape that a message describes: empty for a single value, none for no value at all.
pub(super) fn shape_of(
    file: &mut File<'_>,
    message: &Message,
) -> Result<Option<Vec<u64>>, InspectError> {
    shape(&mut Fields::of(file, message))
}

/// The shape that stands next.
pub(super) fn shape(fields: &mut Fields<'_, '_>) -> Result<Option<Vec<u64>>, InspectError> {
    let version = fields.byte()?;
    let rank = u64::from(fields.byte()?);
    let _flags = fields.byte()?;
    let what = match version {
        1 => {
            fields.skip(5)?;
            1
        }
        2 => fields.byte()?,
        _ => return Err(fields.file.pages.malformed("an unknown dataspace", fields.at)),
    };
    if rank > MAX_RANK {
        return Err(fields.file.pages.malformed("more than 32 dimensions", fields.at));
    }
    if version == 2 && what == 2 {
        return Ok(None);
    }
    let mut shape = Vec::new();
    for _ in 0..rank {
        shape.push(fields.length()?);
    }
    Ok(Some(shape))
}

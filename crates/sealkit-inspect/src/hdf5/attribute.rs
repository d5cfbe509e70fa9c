//! Attributes (section IV.A.2.m).

use super::header::{ATTRIBUTE, Message};
use super::types::{self, Kind};
use super::{Fields, File, UNDEFINED, dense, heap, until_zero};
use crate::InspectError;

/// Longest name, in bytes.
const MAX_NAME: u64 = 64 << 10;
/// Largest value that is read, in bytes.
const MAX_VALUE: u64 = 16 << 20;
/// Most texts of one attribute that are read.
const MAX_TEXTS: u64 = 4096;

/// An attribute.
#[derive(Debug)]
pub(crate) struct Attribute {
    /// Name.
    pub(crate) name: String,
    /// Its texts, one for each element; empty where its elements are no texts.
    pub(crate) texts: Vec<String>,
}

/// The attributes that an attribute info message leads to.
pub(super) fn read_dense(
    file: &mut File<'_>,
    message: &Message,
) -> Result<Vec<Attribute>, InspectError> {
    let mut fields = Fields::of(file, message);
    let _version = fields.byte()?;
    let flags = fields.byte()?;
    if flags & 1 != 0 {
        fields.skip(2)?;
    }
    let (heap, tree) = (fields.address()?, fields.address()?);
    let mut all = Vec::new();
    for (at, len) in dense::objects(file, heap, tree)? {
        let message = Message { kind: ATTRIBUTE, is_shared: false, at, len };
        all.extend(read(file, &message)?);
    }
    Ok(all)
}

/// Reads an attribute; none for one that lies in a shared message.
pub(super) fn read(
    file: &mut File<'_>,
    message: &Message,
) -> Result<Option<Attribute>, InspectError> {
    if message.is_shared {
        return Ok(None);
    }
    let mut fields = Fields::of(file, message);
    let version = fields.byte()?;
    let flags = fields.byte()?;
    let sizes = [fields.number(2)?, fields.number(2)?, fields.number(2)?];
    // The sizes are of 16 bits.
    let [name, kind, space] = sizes.map(|size| size.min(u64::from(u16::MAX)));
    match version {
        1 | 2 => {}
        3 => fields.skip(1)?,
        _ => return Err(fields.file.pages.malformed("an unknown attribute", fields.at)),
    }
    let padded = |size: u64| if version == 1 { size.next_multiple_of(8) } else { size };
    let start = fields.at;
    let name_text = fields.text(name, MAX_NAME)?;
    fields.at = start.saturating_add(padded(name));
    let kind_start = fields.at;
    // Either may be a reference to a message elsewhere.
    let is_shared = version > 1 && flags & 3 != 0;
    let kind_found = if is_shared { None } else { Some(types::kind(&mut fields, 0)?) };
    fields.at = kind_start.saturating_add(padded(kind));
    let space_start = fields.at;
    let shape = if is_shared { None } else { types::shape(&mut fields)? };
    fields.at = space_start.saturating_add(padded(space));
    let texts = match (kind_found, shape) {
        (Some(kind), Some(shape)) => texts(&mut fields, &kind, &shape)?,
        _ => Vec::new(),
    };
    Ok(Some(Attribute { name: name_text, texts }))
}

fn texts(
    fields: &mut Fields<'_, '_>,
    kind: &Kind,
    shape: &[u64],
) -> Result<Vec<String>, InspectError> {
    let count = crate::inventory::elements(shape).unwrap_or(u64::MAX);
    if !(kind.is_fixed_text || kind.is_variable_text) {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    for _ in 0..count.min(MAX_TEXTS) {
        fields.file.pages.budget().entries(1)?;
        let bytes = if kind.is_fixed_text {
            fields.bytes(kind.size, MAX_VALUE)?
        } else {
            let len = fields.number(4)?;
            let address = fields.address()?;
            let index = fields.number(4)?;
            if len == 0 || address == 0 || address == UNDEFINED {
                Vec::new()
            } else {
                heap::global(fields.file, address, index, len)?
            }
        };
        all.push(until_zero(&bytes));
    }
    Ok(all)
}

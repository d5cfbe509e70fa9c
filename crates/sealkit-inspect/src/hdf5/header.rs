//! Object headers: a list of messages, in blocks that lead to each other (section IV.A).

use super::{Fields, File};
use crate::InspectError;

pub(super) const DATASPACE: u16 = 1;
pub(super) const LINK_INFO: u16 = 2;
pub(super) const DATATYPE: u16 = 3;
pub(super) const LINK: u16 = 6;
pub(super) const EXTERNAL_FILES: u16 = 7;
pub(super) const LAYOUT: u16 = 8;
pub(super) const ATTRIBUTE: u16 = 12;
const CONTINUATION: u16 = 16;
pub(super) const SYMBOL_TABLE: u16 = 17;
pub(super) const ATTRIBUTE_INFO: u16 = 21;

/// Most blocks of one header.
const MAX_BLOCKS: usize = 4096;
/// Bytes of the signature and of the checksum of a block of version 2.
const FRAME: u64 = 4;

/// One message: what it is, and where its content lies in the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message {
    /// Type.
    pub(super) kind: u16,
    /// Whether the content is a reference to a message elsewhere.
    pub(super) is_shared: bool,
    /// Offset of the content in the file.
    pub(super) at: u64,
    /// Size of the content in bytes.
    pub(super) len: u64,
}

/// How the blocks of a header are written.
#[derive(Clone, Copy)]
struct Form {
    is_new: bool,
    has_order: bool,
}

/// Reads every message of the header at `address`.
pub(super) fn read(file: &mut File<'_>, address: u64) -> Result<Vec<Message>, InspectError> {
    let at = file.place(address)?;
    let is_new = file.pages.bytes(at, 4, 4)? == b"OHDR";
    let (form, first) = if is_new { start_new(file, at)? } else { start_old(file, at)? };
    let mut messages = Vec::new();
    let mut blocks = vec![first];
    let mut done = 0;
    while let Some((start, len)) = blocks.get(done).copied() {
        done += 1;
        if done > MAX_BLOCKS {
            return Err(file.malformed("a header of too many blocks", address));
        }
        block(file, form, (start, len), &mut messages, &mut blocks)?;
    }
    Ok(messages)
}

/// Version 1: a prefix of 16 bytes.
fn start_old(file: &mut File<'_>, at: u64) -> Result<(Form, (u64, u64)), InspectError> {
    if file.pages.u8(at)? != 1 {
        return Err(file.pages.malformed("no object header where one must be", at));
    }
    let size = u64::from(file.pages.u32(at.saturating_add(8))?);
    Ok((Form { is_new: false, has_order: false }, (at.saturating_add(16), size)))
}

/// Version 2: flags say which fields there are.
fn start_new(file: &mut File<'_>, at: u64) -> Result<(Form, (u64, u64)), InspectError> {
    let end = file.pages.len();
    let mut fields = Fields::new(file, at, end);
    fields.skip(FRAME)?;
    let _version = fields.byte()?;
    let flags = fields.byte()?;
    if flags & 0x20 != 0 {
        fields.skip(16)?;
    }
    if flags & 0x10 != 0 {
        fields.skip(4)?;
    }
    let size = match flags & 3 {
        0 => u64::from(fields.byte()?),
        width => fields.number(1 << width)?,
    };
    let form = Form { is_new: true, has_order: flags & 4 != 0 };
    Ok((form, (fields.at, size)))
}

fn block(
    file: &mut File<'_>,
    form: Form,
    (start, len): (u64, u64),
    messages: &mut Vec<Message>,
    blocks: &mut Vec<(u64, u64)>,
) -> Result<(), InspectError> {
    let end = start.checked_add(len).filter(|end| *end <= file.pages.len());
    let end = end.ok_or_else(|| file.pages.malformed("a header that leaves the file", start))?;
    let head = if form.is_new { 4 + if form.has_order { 2 } else { 0 } } else { 8 };
    let mut fields = Fields::new(file, start, end);
    // What is left at the end may be too short for a message.
    while fields.left() >= head {
        fields.file.pages.budget().entries(1)?;
        let (kind, len, flags);
        if form.is_new {
            kind = u16::from(fields.byte()?);
            len = fields.number(2)?.min(u64::from(u16::MAX));
            flags = fields.byte()?;
            fields.skip(head - 4)?;
        } else {
            kind = fields.number(2)? as u16;
            len = fields.number(2)?.min(u64::from(u16::MAX));
            flags = fields.byte()?;
            fields.skip(3)?;
        }
        let message = Message { kind, is_shared: flags & 2 != 0, at: fields.at, len };
        fields.skip(len)?;
        if kind == CONTINUATION {
            let mut inner = Fields::of(fields.file, &message);
            let (address, len) = (inner.address()?, inner.length()?);
            let at = fields.file.place(address)?;
            // A new block has a signature before and a checksum behind its messages.
            let frame = if form.is_new { FRAME } else { 0 };
            blocks.push((at.saturating_add(frame), len.saturating_sub(2 * frame)));
        } else {
            messages.push(message);
        }
    }
    Ok(())
}

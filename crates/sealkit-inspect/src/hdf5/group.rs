//! Groups: links in symbol tables (sections III.A to III.C) or in messages (IV.A.2.g).

use super::header::{LINK, LINK_INFO, SYMBOL_TABLE};
use super::heap::Local;
use super::{Fields, File, Object, dense};
use crate::InspectError;

/// Longest name, in bytes.
const MAX_NAME: u64 = 64 << 10;
/// Deepest tree that is followed.
const MAX_LEVEL: u32 = 16;

/// Where a link leads.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// To the object whose header is at this address.
    Hard(u64),
    /// To a path in this file.
    Soft(String),
    /// To an object of another file.
    External(String),
    /// Somewhere that only a program knows.
    Custom,
}

/// A name in a group.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// Name.
    pub(crate) name: String,
    /// Where it leads.
    pub(crate) target: Target,
}

/// Every link of a group.
pub(super) fn links(file: &mut File<'_>, object: &Object) -> Result<Vec<Link>, InspectError> {
    let mut all = Vec::new();
    for message in &object.messages {
        match message.kind {
            LINK => {
                file.pages.budget().entries(1)?;
                all.push(link(&mut Fields::of(file, message))?);
            }
            LINK_INFO => {
                let mut fields = Fields::of(file, message);
                let _version = fields.byte()?;
                if fields.byte()? & 1 != 0 {
                    fields.skip(8)?;
                }
                let (heap, tree) = (fields.address()?, fields.address()?);
                for (at, len) in dense::objects(file, heap, tree)? {
                    all.push(link(&mut Fields::new(file, at, at.saturating_add(len)))?);
                }
            }
            SYMBOL_TABLE => {
                let mut fields = Fields::of(file, message);
                let (tree, heap) = (fields.address()?, fields.address()?);
                let heap = Local::open(file, heap)?;
                node(file, tree, heap, None, &mut all)?;
            }
            _ => {}
        }
    }
    Ok(all)
}

fn link(fields: &mut Fields<'_, '_>) -> Result<Link, InspectError> {
    let _version = fields.byte()?;
    let flags = fields.byte()?;
    let kind = if flags & 8 == 0 { 0 } else { fields.byte()? };
    if flags & 4 != 0 {
        fields.skip(8)?;
    }
    if flags & 16 != 0 {
        fields.skip(1)?;
    }
    let len = match flags & 3 {
        0 => u64::from(fields.byte()?),
        width => fields.number(1 << width)?,
    };
    let name = fields.text(len, MAX_NAME)?;
    let target = match kind {
        0 => Target::Hard(fields.address()?),
        1 => {
            let len = fields.number(2)?.min(MAX_NAME);
            Target::Soft(fields.text(len, MAX_NAME)?)
        }
        64 => {
            let len = fields.number(2)?.min(MAX_NAME);
            // A byte of flags, then the file, then the object.
            fields.skip(1)?;
            Target::External(fields.text(len.saturating_sub(1), MAX_NAME)?)
        }
        _ => Target::Custom,
    };
    Ok(Link { name, target })
}

/// A node of the tree of a group, or one of its leaves. A node below another has a smaller level.
fn node(
    file: &mut File<'_>,
    address: u64,
    heap: Local,
    above: Option<u32>,
    all: &mut Vec<Link>,
) -> Result<(), InspectError> {
    let at = file.place(address)?;
    let end = file.pages.len();
    let mut fields = Fields::new(file, at, end);
    match fields.bytes(4, 4)?.as_slice() {
        b"SNOD" => return symbols(file, at, heap, all),
        b"TREE" => {}
        _ => return Err(fields.file.pages.malformed("no tree of a group", at)),
    }
    let kind = fields.byte()?;
    let level = u32::from(fields.byte()?);
    let sinks = above.map_or(level <= MAX_LEVEL, |above| level < above);
    if kind != 0 || !sinks {
        return Err(fields.file.pages.malformed("a tree of a group that does not end", at));
    }
    let used = fields.number(2)?.min(u64::from(u16::MAX));
    let _siblings = [fields.address()?, fields.address()?];
    let mut children = Vec::new();
    for _ in 0..used {
        fields.file.pages.budget().entries(1)?;
        let _key = fields.length()?;
        children.push(fields.address()?);
    }
    for child in children {
        node(file, child, heap, Some(level), all)?;
    }
    Ok(())
}

/// A leaf: names with the addresses of their objects.
fn symbols(
    file: &mut File<'_>,
    at: u64,
    heap: Local,
    all: &mut Vec<Link>,
) -> Result<(), InspectError> {
    let end = file.pages.len();
    let mut fields = Fields::new(file, at, end);
    fields.skip(6)?;
    let count = fields.number(2)?.min(u64::from(u16::MAX));
    for _ in 0..count {
        fields.file.pages.budget().entries(1)?;
        let name = fields.address()?;
        let header = fields.address()?;
        let cache = fields.number(4)?;
        fields.skip(4)?;
        let soft = fields.number(4)?;
        fields.skip(12)?;
        let name = heap.text(fields.file, name)?;
        // Of a soft link the scratch space has the path, as a name of the heap.
        let target = if cache == 2 {
            Target::Soft(heap.text(fields.file, soft)?)
        } else {
            Target::Hard(header)
        };
        all.push(Link { name, target });
    }
    Ok(())
}

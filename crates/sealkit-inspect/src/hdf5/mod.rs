//! HDF5, as far as models need it: groups, datasets with type and shape, attributes.
//!
//! Source: HDF5 File Format Specification 3.0, superblock versions 0 to 3. Attributes above 64 KiB
//! in files of the newest form (huge objects of a fractal heap) are not read; they are named as
//! missing.

mod attribute;
mod dense;
mod group;
mod header;
mod heap;
mod layout;
mod types;

use crate::InspectError;
use crate::pages::Pages;

pub(crate) use self::attribute::Attribute;
pub(crate) use self::group::{Link, Target};
pub(crate) use self::header::Message;
pub(crate) use self::layout::Place;
pub(crate) use self::types::Kind;

const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1A\n";
/// An address that leads nowhere.
const UNDEFINED: u64 = u64::MAX;

/// A file whose superblock has been read.
pub(crate) struct File<'a> {
    pages: Pages<'a>,
    /// Offset of the superblock, from which addresses count.
    base: u64,
    address_size: u8,
    length_size: u8,
    /// Address of the header of the root group.
    pub(crate) root: u64,
    /// Version of the superblock.
    pub(crate) version: u8,
    /// Whether a link or an attribute was stored in a way that is not read.
    pub(crate) has_unread: bool,
}

/// What an object's header says.
pub(crate) struct Object {
    /// The messages of its header.
    messages: Vec<Message>,
}

/// A dataset.
pub(crate) struct Dataset {
    /// Type of its elements.
    pub(crate) kind: Kind,
    /// Size of each dimension.
    pub(crate) shape: Vec<u64>,
    /// Where its elements lie.
    pub(crate) place: Place,
    /// Files that hold its elements, where they are not in this one.
    pub(crate) external: Vec<String>,
}

impl<'a> File<'a> {
    /// Reads the superblock, which stands at 0 or at a power of two from 512 on.
    pub(crate) fn open(mut pages: Pages<'a>) -> Result<Self, InspectError> {
        let mut base = 0_u64;
        loop {
            let fits = base.checked_add(8).is_some_and(|end| end <= pages.len());
            if !fits {
                return Err(pages.malformed("no superblock", base));
            }
            if pages.bytes(base, 8, 8)? == SIGNATURE {
                break;
            }
            base = if base == 0 { 512 } else { base.saturating_mul(2) };
        }
        let version = pages.u8(base + 8)?;
        let mut file = Self {
            pages,
            base,
            address_size: 8,
            length_size: 8,
            root: UNDEFINED,
            version,
            has_unread: false,
        };
        let (sizes, root) = match version {
            0 | 1 => (base + 13, None),
            2 | 3 => (base + 9, Some(base + 12)),
            _ => return Err(file.malformed("an unknown version of the superblock", 8)),
        };
        file.address_size = file.pages.u8(sizes)?;
        file.length_size = file.pages.u8(sizes + 1)?;
        let is_size = |size| matches!(size, 2 | 4 | 8);
        if !is_size(file.address_size) || !is_size(file.length_size) {
            return Err(file.malformed("an unusual size of addresses", 8));
        }
        let address = u64::from(file.address_size);
        // Four addresses, then the entry of the root group: an offset and the header's address.
        let old_root = base + 24 + if version == 1 { 4 } else { 0 } + 5 * address;
        let at = root.map_or(old_root, |start| start + 3 * address);
        file.root = file.number(at, file.address_size)?;
        Ok(file)
    }

    /// The object whose header is at `address`.
    pub(crate) fn object(&mut self, address: u64) -> Result<Object, InspectError> {
        Ok(Object { messages: header::read(self, address)? })
    }

    /// The attributes of an object; of those with a type that is not read only the name.
    pub(crate) fn attributes(&mut self, object: &Object) -> Result<Vec<Attribute>, InspectError> {
        let mut all = Vec::new();
        for message in &object.messages {
            match message.kind {
                header::ATTRIBUTE => {
                    self.pages.budget().entries(1)?;
                    all.extend(attribute::read(self, message)?);
                }
                header::ATTRIBUTE_INFO => all.extend(attribute::read_dense(self, message)?),
                _ => {}
            }
        }
        Ok(all)
    }

    /// The links of a group; none of anything else.
    pub(crate) fn links(&mut self, object: &Object) -> Result<Vec<Link>, InspectError> {
        group::links(self, object)
    }

    /// The dataset that an object is, if it is one.
    pub(crate) fn dataset(&mut self, object: &Object) -> Result<Option<Dataset>, InspectError> {
        layout::dataset(self, object)
    }

    /// The budget that is spent.
    pub(crate) fn budget(&mut self) -> &mut sealkit_report::Budget {
        self.pages.budget()
    }

    /// An error about the byte at `address`.
    pub(crate) fn malformed(&self, what: &'static str, address: u64) -> InspectError {
        self.pages.malformed(what, self.base.saturating_add(address))
    }

    /// The offset in the file of an address; fails for one that leads nowhere.
    fn place(&self, address: u64) -> Result<u64, InspectError> {
        let place = self.base.checked_add(address).filter(|at| *at < self.pages.len());
        place.ok_or_else(|| self.malformed("an address outside of the file", address))
    }

    /// A number of `size` bytes at offset `at`.
    fn number(&mut self, at: u64, size: u8) -> Result<u64, InspectError> {
        let bytes = self.pages.bytes(at, u64::from(size.min(8)), 8)?;
        // An address of fewer bytes that leads nowhere has all bits set too.
        if size > 1 && bytes.iter().all(|byte| *byte == 0xFF) {
            return Ok(UNDEFINED);
        }
        Ok(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
}

/// Reads fields one after the other, within the bytes of one message.
struct Fields<'f, 'a> {
    file: &'f mut File<'a>,
    at: u64,
    end: u64,
}

impl<'f, 'a> Fields<'f, 'a> {
    fn new(file: &'f mut File<'a>, at: u64, end: u64) -> Self {
        Self { file, at, end }
    }

    fn of(file: &'f mut File<'a>, message: &Message) -> Self {
        Self::new(file, message.at, message.at.saturating_add(message.len))
    }

    fn number(&mut self, size: u8) -> Result<u64, InspectError> {
        let at = self.at;
        self.skip(u64::from(size))?;
        self.file.number(at, size)
    }

    /// A number of one byte, for which all bits set is no special value.
    fn byte(&mut self) -> Result<u8, InspectError> {
        let at = self.at;
        self.skip(1)?;
        self.file.pages.u8(at)
    }

    fn address(&mut self) -> Result<u64, InspectError> {
        let size = self.file.address_size;
        self.number(size)
    }

    fn length(&mut self) -> Result<u64, InspectError> {
        let size = self.file.length_size;
        self.number(size)
    }

    fn skip(&mut self, count: u64) -> Result<(), InspectError> {
        let next = self.at.checked_add(count).filter(|next| *next <= self.end);
        let what = "a field that leaves its message";
        self.at = next.ok_or_else(|| self.file.pages.malformed(what, self.at))?;
        Ok(())
    }

    fn bytes(&mut self, count: u64, limit: u64) -> Result<Vec<u8>, InspectError> {
        let at = self.at;
        self.skip(count)?;
        self.file.pages.bytes(at, count, limit)
    }

    /// A text of `count` bytes, up to the first zero.
    fn text(&mut self, count: u64, limit: u64) -> Result<String, InspectError> {
        let bytes = self.bytes(count, limit)?;
        Ok(until_zero(&bytes))
    }

    fn left(&self) -> u64 {
        self.end.saturating_sub(self.at)
    }
}

/// The text up to the first zero; what is no UTF-8 is replaced.
fn until_zero(bytes: &[u8]) -> String {
    let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(text).into_owned()
}

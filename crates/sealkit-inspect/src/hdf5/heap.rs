//! Heaps: names of links in local ones, texts of variable length in global ones (sections III.D
//! and III.E).

use super::{Fields, File};
use crate::InspectError;

/// Longest name, in bytes.
const MAX_NAME: u64 = 64 << 10;
/// Longest text that is read, in bytes.
const MAX_TEXT: u64 = 16 << 20;

/// A local heap: where its data starts, and where it ends.
#[derive(Clone, Copy)]
pub(super) struct Local {
    start: u64,
    end: u64,
}

impl Local {
    pub(super) fn open(file: &mut File<'_>, address: u64) -> Result<Self, InspectError> {
        let at = file.place(address)?;
        let end = file.pages.len();
        let mut fields = Fields::new(file, at, end);
        if fields.bytes(4, 4)? != b"HEAP" {
            return Err(fields.file.pages.malformed("no local heap where one must be", at));
        }
        fields.skip(4)?;
        let size = fields.length()?;
        let _free = fields.length()?;
        let address = fields.address()?;
        let start = file.place(address)?;
        Ok(Self { start, end: start.saturating_add(size).min(file.pages.len()) })
    }

    /// The text at `offset`, up to its zero.
    pub(super) fn text(self, file: &mut File<'_>, offset: u64) -> Result<String, InspectError> {
        let start = self.start.checked_add(offset).filter(|start| *start < self.end);
        let what = "a name outside of its heap";
        let start = start.ok_or_else(|| file.pages.malformed(what, self.start))?;
        let mut len = 64;
        loop {
            let there = (self.end - start).min(len);
            let bytes = file.pages.bytes(start, there, MAX_NAME)?;
            if bytes.contains(&0) || there == self.end - start {
                return Ok(super::until_zero(&bytes));
            }
            len *= 4;
        }
    }
}

/// The text number `index` of the global heap at `address`, of `len` bytes.
pub(super) fn global(
    file: &mut File<'_>,
    address: u64,
    index: u64,
    len: u64,
) -> Result<Vec<u8>, InspectError> {
    let at = file.place(address)?;
    let end = file.pages.len();
    let mut fields = Fields::new(file, at, end);
    if fields.bytes(4, 4)? != b"GCOL" {
        return Err(fields.file.pages.malformed("no global heap where one must be", at));
    }
    fields.skip(4)?;
    let size = fields.length()?;
    fields.end = at.saturating_add(size).min(end);
    // Each object has a head of 16 bytes or so, so that the list ends.
    loop {
        let found = fields.number(2)?;
        fields.skip(6)?;
        let object = fields.length()?;
        if found == index && index != 0 {
            let count = len.min(object);
            return fields.bytes(count, MAX_TEXT);
        }
        if found == 0 {
            return Err(fields.file.pages.malformed("a text that its heap has not", at));
        }
        fields.skip(object.checked_next_multiple_of(8).unwrap_or(u64::MAX))?;
    }
}

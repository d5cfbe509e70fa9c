//! FlatBuffers, walked field by field without a schema; every offset is checked.
//!
//! Source: the internals page of the FlatBuffers documentation.

use crate::InspectError;
use crate::pages::Pages;

/// Longest text that is kept, in bytes.
const MAX_TEXT: u64 = 1 << 20;

/// A table: where it starts, and where its fields are listed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    at: u64,
    vtable: u64,
    vtable_len: u64,
}

/// A vector: where its first element starts, and how many there are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Vector {
    /// Offset of the first element.
    pub(crate) at: u64,
    /// Number of elements.
    pub(crate) len: u64,
}

/// The root table of the buffer that starts at `start`.
pub(crate) fn root(pages: &mut Pages<'_>, start: u64) -> Result<Table, InspectError> {
    let at = follow(pages, start)?;
    table(pages, at)
}

/// The table at `at`.
fn table(pages: &mut Pages<'_>, at: u64) -> Result<Table, InspectError> {
    let back = i64::from(pages.u32(at)? as i32);
    let vtable = at.checked_add_signed(-back);
    let vtable = vtable.ok_or_else(|| pages.malformed("a table outside of the file", at))?;
    let vtable_len = u64::from(pages.u16(vtable)?);
    if vtable_len < 4 {
        return Err(pages.malformed("a table without a list of fields", vtable));
    }
    Ok(Table { at, vtable, vtable_len })
}

impl Table {
    /// Where field number `index` stands, if it is there.
    fn field(self, pages: &mut Pages<'_>, index: u64) -> Result<Option<u64>, InspectError> {
        let entry = 4 + 2 * index;
        if entry + 2 > self.vtable_len {
            return Ok(None);
        }
        let offset = u64::from(pages.u16(self.vtable.saturating_add(entry))?);
        Ok((offset > 0).then_some(self.at.saturating_add(offset)))
    }

    /// A byte, 0 where it is not there.
    pub(crate) fn u8(self, pages: &mut Pages<'_>, index: u64) -> Result<u8, InspectError> {
        self.field(pages, index)?.map_or(Ok(0), |at| pages.u8(at))
    }

    /// A number of four bytes, 0 where it is not there.
    pub(crate) fn u32(self, pages: &mut Pages<'_>, index: u64) -> Result<u32, InspectError> {
        self.field(pages, index)?.map_or(Ok(0), |at| pages.u32(at))
    }

    /// A number of eight bytes, 0 where it is not there.
    pub(crate) fn u64(self, pages: &mut Pages<'_>, index: u64) -> Result<u64, InspectError> {
        self.field(pages, index)?.map_or(Ok(0), |at| pages.u64(at))
    }

    /// A table inside.
    pub(crate) fn table(
        self,
        pages: &mut Pages<'_>,
        index: u64,
    ) -> Result<Option<Self>, InspectError> {
        let Some(at) = self.field(pages, index)? else { return Ok(None) };
        let at = follow(pages, at)?;
        table(pages, at).map(Some)
    }

    /// A text; none where it is not there.
    pub(crate) fn text(
        self,
        pages: &mut Pages<'_>,
        index: u64,
    ) -> Result<Option<String>, InspectError> {
        let Some(at) = self.field(pages, index)? else { return Ok(None) };
        let at = follow(pages, at)?;
        let len = u64::from(pages.u32(at)?);
        let bytes = pages.bytes(at.saturating_add(4), len, MAX_TEXT)?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// A vector whose elements have `size` bytes; an empty one where it is not there.
    pub(crate) fn vector(
        self,
        pages: &mut Pages<'_>,
        index: u64,
        size: u64,
    ) -> Result<Vector, InspectError> {
        let Some(at) = self.field(pages, index)? else { return Ok(Vector::default()) };
        let at = follow(pages, at)?;
        let len = u64::from(pages.u32(at)?);
        let first = at.saturating_add(4);
        let end = len.checked_mul(size).and_then(|bytes| first.checked_add(bytes));
        if end.is_none_or(|end| end > pages.len()) {
            return Err(pages.malformed("a vector that reaches past the end", at));
        }
        Ok(Vector { at: first, len })
    }
}

impl Vector {
    /// Element number `index` of a vector of tables; none behind the end.
    pub(crate) fn table(
        self,
        pages: &mut Pages<'_>,
        index: u64,
    ) -> Result<Option<Table>, InspectError> {
        if index >= self.len {
            return Ok(None);
        }
        let at = follow(pages, self.at.saturating_add(4 * index))?;
        table(pages, at).map(Some)
    }

    /// Element number `index` of a vector of four-byte numbers.
    pub(crate) fn u32(self, pages: &mut Pages<'_>, index: u64) -> Result<u32, InspectError> {
        if index >= self.len {
            return Err(pages.malformed("an index past the end of its vector", self.at));
        }
        pages.u32(self.at.saturating_add(4 * index))
    }
}

/// Where the offset at `at` leads.
fn follow(pages: &mut Pages<'_>, at: u64) -> Result<u64, InspectError> {
    let offset = u64::from(pages.u32(at)?);
    if offset == 0 {
        return Err(pages.malformed("an offset that leads nowhere", at));
    }
    Ok(at.saturating_add(offset))
}

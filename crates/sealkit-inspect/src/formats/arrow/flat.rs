//! FlatBuffers, walked inside a slice without a schema. Every offset is checked.
//!
//! Source: the FlatBuffers project's `internals.md`.

/// An offset that leaves the bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken;

/// A table: its fields are found by their number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table<'a> {
    bytes: &'a [u8],
    pos: usize,
    vtable: usize,
    vtable_len: usize,
}

impl<'a> Table<'a> {
    /// The table that the first four bytes point at.
    pub(super) fn root(bytes: &'a [u8]) -> Result<Self, Broken> {
        Self::at(bytes, follow(bytes, 0)?)
    }

    fn at(bytes: &'a [u8], pos: usize) -> Result<Self, Broken> {
        let back = i64::from(i32::from_le_bytes(array(bytes, pos)?));
        let vtable = usize::try_from(pos as i64 - back).map_err(|_| Broken)?;
        let vtable_len = usize::from(u16::from_le_bytes(array(bytes, vtable)?));
        let end = vtable.checked_add(vtable_len).ok_or(Broken)?;
        if vtable_len < 4 || end > bytes.len() {
            return Err(Broken);
        }
        Ok(Self { bytes, pos, vtable, vtable_len })
    }

    /// Where the content of a field lies; none where the field has its default.
    fn field(&self, number: usize) -> Result<Option<usize>, Broken> {
        let entry = 4 + 2 * number;
        if entry + 2 > self.vtable_len {
            return Ok(None);
        }
        let offset = u16::from_le_bytes(array(self.bytes, self.vtable + entry)?);
        if offset == 0 {
            return Ok(None);
        }
        Ok(Some(self.pos.checked_add(usize::from(offset)).ok_or(Broken)?))
    }

    fn fixed<const N: usize>(&self, number: usize) -> Result<Option<[u8; N]>, Broken> {
        self.field(number)?.map(|at| array(self.bytes, at)).transpose()
    }

    /// A number of one byte; 0 by default.
    pub(super) fn u8(&self, number: usize) -> Result<u8, Broken> {
        Ok(self.fixed::<1>(number)?.map_or(0, u8::from_le_bytes))
    }

    /// A number of two bytes.
    pub(super) fn i16(&self, number: usize, default: i16) -> Result<i16, Broken> {
        Ok(self.fixed(number)?.map_or(default, i16::from_le_bytes))
    }

    /// A number of four bytes; 0 by default.
    pub(super) fn i32(&self, number: usize) -> Result<i32, Broken> {
        Ok(self.fixed(number)?.map_or(0, i32::from_le_bytes))
    }

    /// A number of eight bytes; 0 by default.
    pub(super) fn i64(&self, number: usize) -> Result<i64, Broken> {
        Ok(self.fixed(number)?.map_or(0, i64::from_le_bytes))
    }

    /// Another table.
    pub(super) fn table(&self, number: usize) -> Result<Option<Self>, Broken> {
        let Some(at) = self.field(number)? else { return Ok(None) };
        Self::at(self.bytes, follow(self.bytes, at)?).map(Some)
    }

    /// Bytes or text. Many tables can share it: whoever copies it pays for each copy.
    pub(super) fn bytes(&self, number: usize) -> Result<Option<&'a [u8]>, Broken> {
        let Some((at, len)) = self.vector(number, 1)? else { return Ok(None) };
        self.bytes.get(at..at + len).map(Some).ok_or(Broken)
    }

    /// The tables of a vector. They can be shared, too.
    pub(super) fn tables(
        &self,
        number: usize,
    ) -> Result<impl Iterator<Item = Result<Self, Broken>> + use<'a>, Broken> {
        let (at, count) = self.vector(number, 4)?.unwrap_or_default();
        let bytes = self.bytes;
        Ok((0..count).map(move |index| Self::at(bytes, follow(bytes, at + 4 * index)?)))
    }

    /// The bytes of a vector of structs of `size` bytes each.
    pub(super) fn structs(&self, number: usize, size: usize) -> Result<&'a [u8], Broken> {
        let Some((at, count)) = self.vector(number, size)? else { return Ok(&[]) };
        self.bytes.get(at..at + count * size).ok_or(Broken)
    }

    /// Where the elements of a vector lie and how many there are; all of them lie inside.
    fn vector(&self, number: usize, size: usize) -> Result<Option<(usize, usize)>, Broken> {
        let Some(at) = self.field(number)? else { return Ok(None) };
        let at = follow(self.bytes, at)?;
        let count = u32::from_le_bytes(array(self.bytes, at)?) as usize;
        let (start, len) = (at + 4, count.checked_mul(size).ok_or(Broken)?);
        let inside = start.checked_add(len).is_some_and(|end| end <= self.bytes.len());
        if inside { Ok(Some((start, count))) } else { Err(Broken) }
    }
}

/// The place that the offset at `at` points to.
fn follow(bytes: &[u8], at: usize) -> Result<usize, Broken> {
    let offset = u32::from_le_bytes(array(bytes, at)?);
    at.checked_add(offset as usize).filter(|to| *to < bytes.len()).ok_or(Broken)
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], Broken> {
    let rest = bytes.get(at..).ok_or(Broken)?;
    rest.first_chunk().copied().ok_or(Broken)
}

//! The Thrift compact protocol, as far as a Parquet footer needs it.
//!
//! Source: the Thrift project's `thrift-compact-protocol.md`.

use sealkit_report::Budget;

use crate::{Cursor, InspectError, ReadAt};

/// What kind of value comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    True,
    False,
    Byte,
    Int,
    Double,
    Binary,
    List,
    Map,
    Struct,
    Uuid,
}

/// Reads values one after the other; what is skipped is not kept.
pub(super) struct Reader<'a> {
    cursor: Cursor<'a>,
    depth: u32,
    stopped: bool,
}

/// What a caller did with a value: took it, or left it to be skipped.
pub(super) type Taken = Result<bool, InspectError>;

impl<'a> Reader<'a> {
    pub(super) fn new(source: &'a dyn ReadAt, budget: &'a mut Budget) -> Self {
        Self { cursor: Cursor::new(source, budget, super::NAME), depth: 0, stopped: false }
    }

    /// Lets every struct and list that is being read end here: what follows is not wanted, and nothing can be read
    /// after it.
    pub(super) fn stop(&mut self) {
        self.stopped = true;
    }

    /// Offset of the next byte.
    pub(super) fn pos(&self) -> u64 {
        self.cursor.pos()
    }

    /// Reads a struct: `each` is given the number and kind of every field. A field that stands
    /// twice is refused, since two readers could take different ones of the two.
    pub(super) fn structure(
        &mut self,
        mut each: impl FnMut(&mut Self, i16, Kind) -> Taken,
    ) -> Result<(), InspectError> {
        self.enter()?;
        let (mut id, mut seen) = (0_i16, 0_u64);
        loop {
            self.cursor.budget().steps(1)?;
            let head = self.cursor.u8()?;
            if head == 0 {
                break;
            }
            let next = match head >> 4 {
                0 => i16::try_from(self.int()?).ok(),
                delta => id.checked_add(i16::from(delta)),
            };
            id = next.ok_or_else(|| self.cursor.malformed("a field number beyond 16 bits"))?;
            let bit = u32::try_from(id).ok().and_then(|id| 1_u64.checked_shl(id)).unwrap_or(0);
            if seen & bit != 0 {
                return Err(self.cursor.malformed("a field that stands twice"));
            }
            seen |= bit;
            let kind = self.kind(head & 0xF)?;
            if !each(self, id, kind)? {
                self.skip(kind)?;
            }
            if self.stopped {
                break;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// Reads a list or set: `each` is given the kind of every element.
    pub(super) fn list(
        &mut self,
        mut each: impl FnMut(&mut Self, Kind) -> Taken,
    ) -> Result<u64, InspectError> {
        self.enter()?;
        let head = self.cursor.u8()?;
        let count = match head >> 4 {
            15 => self.cursor.varint()?,
            count => u64::from(count),
        };
        // An element takes a byte at least.
        if count > self.cursor.left() {
            return Err(self.cursor.malformed("more elements than bytes"));
        }
        if count == 0 {
            // Some writers leave out the type of nothing.
            self.depth -= 1;
            return Ok(0);
        }
        let kind = self.kind(head & 0xF)?;
        for _ in 0..count {
            self.cursor.budget().steps(1)?;
            if !each(self, kind)? {
                self.skip_element(kind)?;
            }
            if self.stopped {
                break;
            }
        }
        self.depth -= 1;
        Ok(count)
    }

    /// Reads a list whose elements are structs.
    pub(super) fn structures(
        &mut self,
        mut each: impl FnMut(&mut Self) -> Result<(), InspectError>,
    ) -> Result<u64, InspectError> {
        self.list(|reader, kind| {
            if kind != Kind::Struct {
                return Err(reader.malformed("a list of another type than its field"));
            }
            each(reader).map(|()| true)
        })
    }

    /// One byte.
    pub(super) fn byte(&mut self) -> Result<u8, InspectError> {
        self.cursor.u8()
    }

    /// A whole number.
    pub(super) fn int(&mut self) -> Result<i64, InspectError> {
        let raw = self.cursor.varint()?;
        Ok((raw >> 1) as i64 ^ -((raw & 1) as i64))
    }

    /// A whole number that may not be negative.
    pub(super) fn size(&mut self) -> Result<u64, InspectError> {
        let number = self.int()?;
        u64::try_from(number).map_err(|_| self.cursor.malformed("a negative size"))
    }

    /// Text of at most `limit` bytes; bytes that are no UTF-8 are replaced.
    pub(super) fn text(&mut self, limit: u64) -> Result<String, InspectError> {
        let len = self.cursor.varint()?;
        let bytes = self.cursor.take(len, limit)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Text of at most `limit` bytes; longer text is skipped.
    pub(super) fn short_text(&mut self, limit: u64) -> Result<Option<String>, InspectError> {
        let len = self.cursor.varint()?;
        if len > limit {
            self.cursor.skip(len)?;
            return Ok(None);
        }
        let bytes = self.cursor.take(len, limit)?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// The budget that is spent.
    pub(super) fn budget(&mut self) -> &mut Budget {
        self.cursor.budget()
    }

    /// An error about the current place.
    pub(super) fn malformed(&self, what: &'static str) -> InspectError {
        self.cursor.malformed(what)
    }

    fn enter(&mut self) -> Result<(), InspectError> {
        self.depth += 1;
        Ok(self.cursor.budget().depth(self.depth)?)
    }

    fn kind(&self, code: u8) -> Result<Kind, InspectError> {
        Ok(match code {
            1 => Kind::True,
            2 => Kind::False,
            3 => Kind::Byte,
            4..=6 => Kind::Int,
            7 => Kind::Double,
            8 => Kind::Binary,
            9 | 10 => Kind::List,
            11 => Kind::Map,
            12 => Kind::Struct,
            13 => Kind::Uuid,
            _ => return Err(self.cursor.malformed("an unknown type")),
        })
    }

    fn skip(&mut self, kind: Kind) -> Result<(), InspectError> {
        match kind {
            Kind::True | Kind::False => Ok(()),
            Kind::Byte => self.cursor.skip(1),
            Kind::Int => self.cursor.varint().map(drop),
            Kind::Double => self.cursor.skip(8),
            Kind::Uuid => self.cursor.skip(16),
            Kind::Binary => {
                let len = self.cursor.varint()?;
                self.cursor.skip(len)
            }
            Kind::List => self.list(|_, _| Ok(false)).map(drop),
            Kind::Struct => self.structure(|_, _, _| Ok(false)),
            Kind::Map => self.skip_map(),
        }
    }

    /// A boolean takes a byte in a list, and none in a struct.
    fn skip_element(&mut self, kind: Kind) -> Result<(), InspectError> {
        match kind {
            Kind::True | Kind::False => self.cursor.skip(1),
            kind => self.skip(kind),
        }
    }

    fn skip_map(&mut self) -> Result<(), InspectError> {
        self.enter()?;
        let count = self.cursor.varint()?;
        if count > self.cursor.left() {
            return Err(self.cursor.malformed("more elements than bytes"));
        }
        if count > 0 {
            let kinds = self.cursor.u8()?;
            let (key, value) = (self.kind(kinds >> 4)?, self.kind(kinds & 0xF)?);
            for _ in 0..count {
                self.cursor.budget().steps(1)?;
                self.skip_element(key)?;
                self.skip_element(value)?;
            }
        }
        self.depth -= 1;
        Ok(())
    }
}

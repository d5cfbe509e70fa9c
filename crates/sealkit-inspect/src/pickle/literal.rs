//! Opcodes that push numbers, texts and bytes.

use super::item::{Coding, Node};
use super::machine::Machine;
use super::reader::MAX_LINE;
use super::text::{self, Whole};
use super::trace::Why;
use super::{Item, op};

/// Longest text that is kept; longer ones are kept as a place.
const MAX_TEXT: usize = 4096;

impl Machine<'_, '_> {
    pub(super) fn number(&mut self, code: u8) -> Result<(), Why> {
        let item = match code {
            op::NEWTRUE => Item::Bool(true),
            op::NEWFALSE => Item::Bool(false),
            op::BININT => Item::Int(i64::from(i32::from_le_bytes(self.reader.array()?))),
            op::BININT1 => Item::Int(i64::from(self.reader.byte()?)),
            op::BININT2 => Item::Int(i64::from(u16::from_le_bytes(self.reader.array()?))),
            op::BINFLOAT => Item::Float(f64::from_be_bytes(self.reader.array()?)),
            op::INT => self.whole(text::int)?,
            op::LONG => self.whole(text::long)?,
            op::FLOAT => {
                self.begins_number()?;
                self.reader.line(&mut self.line)?;
                text::float(&self.line).map_or_else(|| self.bad("no number"), Item::Float)
            }
            op::LONG1 => {
                let len = u32::from(self.reader.byte()?);
                self.long(len)?
            }
            op::LONG4 => match u32::try_from(i32::from_le_bytes(self.reader.array()?)) {
                Ok(len) => self.long(len)?,
                Err(_) => self.bad("a negative length"),
            },
            _ => Item::None,
        };
        self.push(item)
    }

    /// Refuses, where Python is followed strictly, a number in text that begins with NUL: no reader takes it, and the line
    /// may be all of a large file.
    fn begins_number(&mut self) -> Result<(), Why> {
        let is_none = self.strict && self.reader.peek(1)?.first() == Some(&0);
        if is_none { Err(Why::Refused) } else { Ok(()) }
    }

    fn whole(&mut self, parse: fn(&[u8]) -> Option<Whole>) -> Result<Item, Why> {
        self.begins_number()?;
        let at = self.reader.pos();
        let len = self.reader.line(&mut self.line)?;
        Ok(match parse(&self.line) {
            Some(Whole::Small(n)) => Item::Int(n),
            Some(Whole::Truth(yes)) => Item::Bool(yes),
            Some(Whole::Large) => {
                let len = u32::try_from(len).unwrap_or(u32::MAX);
                self.trace.heap.add(Node::Long { at, len, text: true })
            }
            None => self.bad("no number"),
        })
    }

    /// A number of `len` bytes, little-endian, in two's complement.
    fn long(&mut self, len: u32) -> Result<Item, Why> {
        let at = self.reader.pos();
        if len > 8 {
            self.reader.skip(u64::from(len))?;
            return Ok(self.trace.heap.add(Node::Long { at, len, text: false }));
        }
        let bytes = self.reader.slice(len as usize)?;
        let sign = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
        let mut raw = if sign { [0xFF; 8] } else { [0; 8] };
        for (to, from) in raw.iter_mut().zip(bytes) {
            *to = *from;
        }
        Ok(Item::Int(i64::from_le_bytes(raw)))
    }

    /// `STRING` and `UNICODE`.
    pub(super) fn quoted(&mut self, code: u8) -> Result<(), Why> {
        let at = self.reader.pos();
        let written = self.reader.line(&mut self.line)?;
        let coding = if code == op::STRING { Coding::Quoted } else { Coding::Escaped };
        let far = Item::Far { at, len: u32::try_from(written).unwrap_or(u32::MAX), coding };
        if written > MAX_LINE as u64 {
            return self.push(far);
        }
        let item = match decode(&self.line, coding) {
            Some(text) if text.len() <= MAX_TEXT => self.trace.heap.add_text(&text).unwrap_or(far),
            Some(_) => far,
            // The bytes of a Python 2 string need be no text.
            None if code == op::STRING && text::unquote(&self.line).is_some() => far,
            None => self.bad("no string"),
        };
        self.push(item)
    }

    /// Texts with a length before them.
    pub(super) fn string(&mut self, code: u8) -> Result<(), Why> {
        let len = match code {
            op::SHORT_BINSTRING | op::SHORT_BINUNICODE => u64::from(self.reader.byte()?),
            op::BINUNICODE => u64::from(u32::from_le_bytes(self.reader.array()?)),
            op::BINUNICODE8 => u64::from_le_bytes(self.reader.array()?),
            _ => {
                let len = i32::from_le_bytes(self.reader.array()?);
                let Ok(len) = u64::try_from(len) else {
                    let item = self.bad("a negative length");
                    return self.push(item);
                };
                len
            }
        };
        let at = self.reader.pos();
        if len > MAX_TEXT as u64 {
            self.reader.skip(len)?;
            let far = |len| Item::Far { at, len, coding: Coding::Utf8 };
            let item = u32::try_from(len).map(far);
            let item = item.unwrap_or_else(|_| self.trace.heap.add(Node::Bytes { at, len }));
            return self.push(item);
        }
        let far = Item::Far { at, len: len as u32, coding: Coding::Utf8 };
        let is_old = matches!(code, op::BINSTRING | op::SHORT_BINSTRING);
        let bytes = self.reader.slice(len as usize)?;
        let item = match std::str::from_utf8(bytes) {
            Ok(text) => self.trace.heap.add_text(text).unwrap_or(far),
            Err(_) if is_old => self.trace.heap.add(Node::Bytes { at, len }),
            Err(_) => {
                let odd = !only_surrogates(bytes);
                let text = String::from_utf8_lossy(bytes).into_owned();
                if odd {
                    self.fault("text that is not UTF-8");
                }
                self.trace.heap.add_text(&text).unwrap_or(far)
            }
        };
        self.push(item)
    }

    pub(super) fn bytes(&mut self, code: u8) -> Result<(), Why> {
        let len = match code {
            op::SHORT_BINBYTES => u64::from(self.reader.byte()?),
            op::BINBYTES => u64::from(u32::from_le_bytes(self.reader.array()?)),
            _ => u64::from_le_bytes(self.reader.array()?),
        };
        let at = self.reader.pos();
        self.reader.skip(len)?;
        let item = self.trace.heap.add(Node::Bytes { at, len });
        self.push(item)
    }

    fn bad(&mut self, what: &'static str) -> Item {
        self.fault(what);
        Item::Lost
    }
}

/// The text of a text operand.
pub(super) fn decode(bytes: &[u8], coding: Coding) -> Option<String> {
    match coding {
        Coding::Utf8 => String::from_utf8(bytes.to_vec()).ok(),
        Coding::Quoted => String::from_utf8(text::unquote(bytes)?).ok(),
        Coding::Escaped => text::raw_unicode(bytes),
    }
}

/// Whether what keeps these bytes from being UTF-8 is half surrogates, which Python lets pass.
fn only_surrogates(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Err(error) = std::str::from_utf8(rest) {
        rest = rest.get(error.valid_up_to()..).unwrap_or_default();
        match rest {
            [0xED, 0xA0..=0xBF, 0x80..=0xBF, after @ ..] => rest = after,
            _ => return false,
        }
    }
    true
}

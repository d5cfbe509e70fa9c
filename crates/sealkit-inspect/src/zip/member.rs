//! The content of one member of a zip archive.
//!
//! Source: APPNOTE.TXT 6.3.10, section 4.3.7 (local file header).

use std::ops::Range;

use sealkit_report::Budget;

use super::Member;
use crate::codec::{Codec, Unpacked};
use crate::{InspectError, ReadAt, Slice};

const LOCAL: &[u8] = b"PK\x03\x04";
const LOCAL_LEN: u64 = 30;

/// What stands before a member's bytes, and where these lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// Name in the local header.
    pub name: String,
    /// Whether the local header says that the member is encrypted.
    pub encrypted: bool,
    /// The bytes of the member in the archive.
    pub range: Range<u64>,
}

impl Member {
    /// Range in which the local header most likely lies, to be fetched ahead.
    pub fn header_range(&self) -> Range<u64> {
        let len = LOCAL_LEN + self.name.len() as u64 + 64;
        self.offset..self.offset.saturating_add(len)
    }

    /// Reads the local header. The size is that of the central directory, which must fit.
    pub fn local(&self, source: &dyn ReadAt, budget: &mut Budget) -> Result<Local, InspectError> {
        let broken = |what| InspectError::malformed("zip", what, self.offset);
        let outside = || broken("a member that reaches past the end");
        let mut head = [0; LOCAL_LEN as usize];
        read(source, self.offset, &mut head, budget)?;
        if !head.starts_with(LOCAL) {
            return Err(broken("no local header where the directory points"));
        }
        let number = |at| {
            let pair = head.get(at..).and_then(<[u8]>::first_chunk::<2>);
            pair.map_or(0, |pair| u16::from_le_bytes(*pair))
        };
        let after = self.offset.checked_add(LOCAL_LEN).ok_or_else(outside)?;
        let mut name = vec![0; usize::from(number(26))];
        read(source, after, &mut name, budget)?;
        let start = after.checked_add(u64::from(number(26)) + u64::from(number(28)));
        let start = start.ok_or_else(outside)?;
        let end = start.checked_add(self.packed).filter(|end| *end <= source.len());
        let range = start..end.ok_or_else(outside)?;
        let name = String::from_utf8_lossy(&name).into_owned();
        Ok(Local { name, encrypted: number(6) & 1 != 0, range })
    }

    /// The unpacked content; broken content ends early, and then is not as long as is stated.
    pub fn content<'a>(
        &self,
        packed: &'a Slice<&'a dyn ReadAt>,
        budget: &mut Budget,
    ) -> Result<Box<dyn ReadAt + 'a>, InspectError> {
        match (self.method, self.codec()) {
            (0, _) => Ok(Box::new(packed)),
            (_, Some(codec)) => Ok(Box::new(Unpacked::new(packed, codec, budget)?)),
            _ => {
                let what = "a member packed in a way that is not read";
                Err(InspectError::malformed("zip", what, self.offset))
            }
        }
    }

    /// How it is packed; none where it is stored or packed in a way that is not read.
    pub(crate) fn codec(&self) -> Option<Codec> {
        match self.method {
            8 => Some(Codec::Deflate),
            12 => Some(Codec::Bzip2),
            93 => Some(Codec::Zstd),
            95 => Some(Codec::Xz),
            _ => None,
        }
    }
}

fn read(
    source: &dyn ReadAt,
    at: u64,
    buf: &mut [u8],
    budget: &mut Budget,
) -> Result<(), InspectError> {
    budget.bytes(buf.len() as u64)?;
    Ok(source.read_at(at, buf)?)
}

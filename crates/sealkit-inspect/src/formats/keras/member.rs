//! The content of one member of a zip archive.
//!
//! Source: APPNOTE.TXT 6.3.10, section 4.3.7 (local header).

use std::io::Read as _;

use sealkit_report::Budget;

use crate::zip::Member;
use crate::{Cursor, InspectError, ReadAt, Slice};

const FORMAT: &str = "zip";
const LOCAL: u32 = 0x0403_4B50;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// Largest member that is unpacked in memory, in bytes.
const MAX_UNPACKED: u64 = 16 << 20;

/// Offset in the archive of a member's packed bytes.
fn start(source: &dyn ReadAt, member: &Member, budget: &mut Budget) -> Result<u64, InspectError> {
    let mut cursor = Cursor::new(source, budget, FORMAT);
    cursor.seek(member.offset)?;
    if cursor.u32()? != LOCAL {
        return Err(cursor.malformed("no local header where the directory points"));
    }
    cursor.skip(22)?;
    let [name, extra] = [cursor.u16()?, cursor.u16()?];
    cursor.skip(u64::from(name) + u64::from(extra))?;
    Ok(cursor.pos())
}

/// A member that is stored as it is: its offset in the archive, and its bytes.
pub(super) type Stored<'a> = (u64, Slice<&'a dyn ReadAt>);

/// A member that is stored as it is; none for a packed one.
pub(super) fn open<'a>(
    source: &'a dyn ReadAt,
    member: &Member,
    budget: &mut Budget,
) -> Result<Option<Stored<'a>>, InspectError> {
    if member.method != STORED {
        return Ok(None);
    }
    let start = start(source, member, budget)?;
    Ok(Some((start, Slice::new(source, start, member.packed)?)))
}

/// The bytes of a small member, unpacked where they are packed.
pub(super) fn small(
    source: &dyn ReadAt,
    member: &Member,
    budget: &mut Budget,
) -> Result<Vec<u8>, InspectError> {
    let broken = |what| InspectError::malformed(FORMAT, what, member.offset);
    if member.packed > MAX_UNPACKED {
        return Err(broken("a member above the limit of 16 MiB"));
    }
    let start = start(source, member, budget)?;
    budget.bytes(member.packed)?;
    let mut packed = vec![0; usize::try_from(member.packed).unwrap_or(0)];
    source.read_at(start, &mut packed)?;
    match member.method {
        STORED => Ok(packed),
        DEFLATED => {
            let mut unpacked = Vec::new();
            let mut reader = flate2::read::DeflateDecoder::new(packed.as_slice());
            let limit = MAX_UNPACKED.min(budget.bytes_left());
            let read = reader.by_ref().take(limit.saturating_add(1)).read_to_end(&mut unpacked);
            read.map_err(|_| broken("packed bytes that do not unpack"))?;
            budget.bytes(unpacked.len() as u64)?;
            if unpacked.len() as u64 > limit {
                return Err(broken("a member that unpacks beyond the limit"));
            }
            Ok(unpacked)
        }
        _ => Err(broken("an unknown compression")),
    }
}

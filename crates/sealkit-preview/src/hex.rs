//! Bytes in hexadecimal.

use std::fmt::Write;

use sealkit_api::HexDump;
use sealkit_inspect::{InspectError, ReadAt};
use sealkit_report::Budget;

use crate::text::bytes;

/// Bytes of one dump.
const WINDOW: u64 = 512;

/// The bytes from `offset` on.
pub(crate) fn dump(
    source: &dyn ReadAt,
    offset: u64,
    budget: &mut Budget,
) -> Result<HexDump, InspectError> {
    let window = bytes(source, offset, WINDOW, budget)?;
    let next = offset.saturating_add(window.len() as u64);
    let mut digits = String::with_capacity(window.len() * 2);
    for byte in &window {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    Ok(HexDump { offset, bytes: digits, next: Some(next).filter(|next| *next < source.len()) })
}

//! Tables as text: comma and tab separated values, and JSON lines, packed or not. What the first bytes say is read
//! at once; how many rows there are, and what they hold, as the whole file passes by.

mod header;
mod keys;
mod kinds;
mod lines;
mod packed;
mod records;
mod separated;
mod split;
mod table;
mod utf16;
mod watch;
mod zstd;

pub(crate) use lines::JsonLines;
pub(crate) use packed::{PACKED_CSV, PACKED_JSONL, PACKED_TSV, ZSTD_CSV, ZSTD_JSONL, ZSTD_TSV};
pub(crate) use records::JsonRecords;
pub(crate) use separated::{CSV, TSV};

use sealkit_report::Budget;

use crate::{Facts, InspectError, ReadAt, Stream, read_at};

/// Bytes that are read at once; a file that has no more is read whole.
const HEAD: u64 = 64 << 10;
const NOT_WHOLE: &str = "the file was not read whole";

/// The lines that are not empty; the last one only where the text is known to be whole.
fn whole_lines(text: &str, whole: bool) -> impl Iterator<Item = &str> {
    let end = if whole { text.len() } else { text.rfind('\n').unwrap_or(text.len()) };
    text.get(..end).unwrap_or(text).lines().map(str::trim).filter(|line| !line.is_empty())
}

/// What a file gives at once: all that `whole` finds where the head is the whole file, else what `first` says of it.
fn of_head(
    source: &dyn ReadAt,
    budget: &mut Budget,
    whole: Option<Box<dyn Stream>>,
    first: impl FnOnce(&[u8]) -> Facts,
) -> Result<Facts, InspectError> {
    let head = read_at::piece(source, budget, 0, HEAD)?;
    let whole = whole.filter(|_| head.len() as u64 == source.len());
    let Some(mut whole) = whole else { return Ok(first(&head)) };
    whole.push(&head);
    Ok(whole.finish())
}

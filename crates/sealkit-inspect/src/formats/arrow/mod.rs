//! Arrow IPC: the file format (and Feather 2) by its footer, the stream format by its messages.
//!
//! Source: `Columnar.rst` and `File.fbs` of the Arrow columnar format 1.5.

mod flat;
mod messages;
mod schema;

use sealkit_report::{Budget, Severity};

use self::flat::{Broken, Table};
use self::messages::{Content, MAX_MESSAGE, Messages, inside, size};
use self::schema::Schema;
use crate::hops::{self, Hops, Passing};
use crate::{
    Class, Confidence, Cursor, Facts, Format, InspectError, Inspector, Probe, ReadAt, Stream,
    partial, property,
};

const NAME: &str = "arrow";
const FORMAT: Format =
    Format::new(NAME, "Arrow IPC", Class::Dataset, &[".arrow", ".feather", ".arrows"])
        .media("application/vnd.apache.arrow.file");
const MAGIC: &[u8] = b"ARROW1";
/// Feather 1, a format of its own that is no longer written.
const FEATHER_1: &[u8] = b"FEA1";
/// Most record batches whose heads are read to count rows.
const MAX_BATCHES: u64 = 4096;
/// Bytes of a `Block` in the footer.
const BLOCK: usize = 24;

impl From<Broken> for InspectError {
    fn from(Broken: Broken) -> Self {
        Self::malformed(NAME, "an offset that leaves its flatbuffer", 0)
    }
}

pub(crate) struct Arrow;

impl Inspector for Arrow {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let named = FORMAT.claims_name(probe.file_name());
        if probe.has(0, b"ARROW1\0\0") || probe.has(0, FEATHER_1) {
            Confidence::Magic
        } else if probe.has(0, &[0xFF; 4]) && starts_with_schema(probe.head) {
            Confidence::Content
        } else if named && probe.text().is_none() {
            Confidence::Name
        } else {
            Confidence::No
        }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let mut start = [0; 8];
        budget.bytes(8)?;
        source.read_at(0, &mut start)?;
        if start.starts_with(MAGIC) {
            return file(source, path, budget);
        }
        let mut messages = Messages::new(path);
        let end = hops::walk(&mut messages, source, budget, 3 * MAX_BATCHES);
        match end {
            Ok(end) => Ok(messages.finish(end)),
            Err(error) => partial::keep(messages.finish(hops::End::Bounded), path, Err(error)),
        }
    }

    fn stream(&self, path: &str) -> Option<Box<dyn Stream>> {
        Some(Box::new(Passing::new(Messages::new(path))))
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::ROWS,
            property::ROW_GROUPS,
            property::COLUMNS,
            property::COLUMN,
            property::COLUMN_TYPE,
            property::COMPRESSION,
            property::BYTE_ORDER,
            property::FEATURE,
            property::LABEL,
            property::MODALITY,
            property::METADATA,
            property::NOT_MEASURED,
        ]
    }
}

/// Whether the first message is a schema, as far as the head holds it.
fn starts_with_schema(head: &[u8]) -> bool {
    let message = head.get(8..).and_then(|message| Table::root(message).ok());
    message.is_some_and(|table| table.u8(1) == Ok(1))
}

/// The file format: schema and places of batches stand in the footer.
fn file(source: &dyn ReadAt, path: &str, budget: &mut Budget) -> Result<Facts, InspectError> {
    let (bytes, start) = footer(source, budget)?;
    let at = format!("bytes {start}-{}", start + bytes.len() as u64);
    let mut facts = Facts::default();
    let mut content = Content::default();
    let read = read_footer(&bytes, start, &mut content, source, budget);
    let counted = match &read {
        Ok(counted) => *counted,
        Err(_) => false,
    };
    if let Err(InspectError::Malformed { what: OUTSIDE, .. }) = &read {
        facts.find("arrow-places", Severity::High, (path, &at), OUTSIDE);
    }
    content.say((path, &at), counted, budget, &mut facts);
    partial::keep(facts, path, read.map(drop))
}

const OUTSIDE: &str = "a record batch that lies outside of the data";

fn read_footer(
    bytes: &[u8],
    start: u64,
    content: &mut Content,
    source: &dyn ReadAt,
    budget: &mut Budget,
) -> Result<bool, InspectError> {
    let footer = Table::root(bytes)?;
    let schema = footer.table(1)?;
    let mut inside = inside();
    content.schema = schema.map(|table| Schema::read(table, &mut inside)).transpose()?;
    let mut blocks = Vec::new();
    for block in footer.structs(3, BLOCK)?.chunks_exact(BLOCK) {
        budget.entries(1)?;
        blocks.push(place(block, start)?);
    }
    if blocks.len() as u64 > MAX_BATCHES {
        return Ok(false);
    }
    let ranges: Vec<_> = blocks.iter().map(|(first, len)| *first..*first + *len).collect();
    source.prefetch(&ranges);
    for (first, len) in blocks {
        let mut cursor = Cursor::new(source, budget, NAME);
        cursor.seek(first)?;
        let message = cursor.take(len, MAX_MESSAGE as u64)?;
        // The length stands again before the message, after a word in newer files.
        let skip = if message.starts_with(&[0xFF; 4]) { 8 } else { 4 };
        content.message(message.get(skip..).unwrap_or_default(), &mut inside)?;
    }
    Ok(true)
}

/// First byte and length of a batch's message; its body lies before the footer too.
fn place(block: &[u8], footer: u64) -> Result<(u64, u64), InspectError> {
    let number = |at: usize| {
        let bytes = block.get(at..).and_then(|rest| rest.first_chunk::<8>());
        bytes.map_or(0, |bytes| i64::from_le_bytes(*bytes))
    };
    // The length of the message has four bytes, and four more to fill up.
    let (first, len, body) = (size(number(0))?, size(number(8) & 0x7FFF_FFFF)?, size(number(16))?);
    let end = first.checked_add(len).and_then(|end| end.checked_add(body));
    if end.is_none_or(|end| end > footer) {
        return Err(InspectError::malformed(NAME, OUTSIDE, first));
    }
    Ok((first, len))
}

/// The footer's bytes and where they begin.
fn footer(source: &dyn ReadAt, budget: &mut Budget) -> Result<(Vec<u8>, u64), InspectError> {
    let mut cursor = Cursor::new(source, budget, NAME);
    let Some(end) = source.len().checked_sub(10).filter(|end| *end >= 8) else {
        return Err(cursor.malformed("a file too short for a footer"));
    };
    cursor.seek(end)?;
    let len = u64::from(cursor.u32()?);
    if cursor.take(6, 6)? != MAGIC {
        return Err(cursor.malformed("no `ARROW1` at the end"));
    }
    let Some(start) = end.checked_sub(len).filter(|start| *start >= 8) else {
        return Err(cursor.malformed("a footer that the file cannot hold"));
    };
    cursor.seek(start)?;
    Ok((cursor.take(len, MAX_MESSAGE as u64)?, start))
}

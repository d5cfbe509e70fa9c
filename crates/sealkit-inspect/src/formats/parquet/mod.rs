//! Parquet: a footer that says rows, columns and their types. Facts come from it alone; the first rows are read for who
//! looks inside.
//!
//! Source: parquet-format 2.11, `README.md` (file layout), `Encryption.md` (encrypted footer).

mod column;
mod facts;
mod footer;
mod head;
mod schema;
mod thrift;

use sealkit_report::{Budget, Severity};

use self::footer::Footer;
pub use self::head::{FirstRows, RowLimits, UnreadColumn, first_rows};
use self::thrift::Reader;
use crate::{
    Class, Confidence, Cursor, Facts, Format, InspectError, Inspector, Probe, ReadAt, Slice, Value,
    partial, property,
};

const NAME: &str = "parquet";
const FORMAT: Format = Format::new(NAME, "Parquet", Class::Dataset, &[".parquet"])
    .media("application/vnd.apache.parquet");
const MAGIC: &[u8] = b"PAR1";
const ENCRYPTED: &[u8] = b"PARE";
/// Longest footer that is read, in bytes. Ten thousand columns in a hundred groups have some 60 MiB.
const MAX_FOOTER: u64 = 96 << 20;

pub(crate) struct Parquet;

impl Inspector for Parquet {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let named = FORMAT.claims_name(probe.file_name());
        let both_ends = |magic| probe.has(0, magic) && probe.tail.ends_with(magic);
        if probe.len >= 12 && (both_ends(MAGIC) || both_ends(ENCRYPTED)) {
            Confidence::Magic
        } else if named && (probe.has(0, MAGIC) || probe.has(0, ENCRYPTED)) {
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
        let mut facts = Facts::default();
        let Some((start, len)) = place(source, path, budget, &mut facts)? else {
            return Ok(facts);
        };
        let at = format!("bytes {start}-{}", start + len);
        source.prefetch(std::slice::from_ref(&(start..start + len)));
        let slice = Slice::new(source, start, len)?;
        let mut footer = Footer::default();
        let read = footer.read(&mut Reader::new(&slice, budget));
        let read = read.map_err(|error| moved(error, start));
        footer.say(path, &at, budget, &mut facts);
        footer.check(path, &at, start, &mut facts);
        partial::keep(facts, path, read)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::FORMAT_VERSION,
            property::ROWS,
            property::COLUMNS,
            property::COLUMN,
            property::COLUMN_TYPE,
            property::ROW_GROUPS,
            property::COMPRESSION,
            property::ENCRYPTED,
            property::UNPACKED_SIZE,
            property::EXTERNAL_DATA,
            property::PRODUCER,
            property::PRODUCER_VERSION,
            property::FRAMEWORK,
            property::FRAMEWORK_VERSION,
            property::FEATURE,
            property::LABEL,
            property::MODALITY,
            property::METADATA,
            property::NOT_MEASURED,
        ]
    }
}

/// First byte and length of the footer; none where there is no reading it.
fn place(
    source: &dyn ReadAt,
    path: &str,
    budget: &mut Budget,
    facts: &mut Facts,
) -> Result<Option<(u64, u64)>, InspectError> {
    let mut cursor = Cursor::new(source, budget, NAME);
    let Some(end) = source.len().checked_sub(8).filter(|at| *at >= 4) else {
        return Err(cursor.malformed("a file too short for a footer"));
    };
    cursor.seek(end)?;
    let len = u64::from(cursor.u32()?);
    let magic = cursor.take(4, 4)?;
    let at = format!("bytes {end}-{}", end + 8);
    if magic == ENCRYPTED {
        facts.measured(path, &at, property::ENCRYPTED, Value::Bool(true));
        facts.not_measured(path, &at, property::ROWS, "the footer is encrypted");
        facts.not_measured(path, &at, property::COLUMNS, "the footer is encrypted");
        facts.incomplete = true;
        return Ok(None);
    }
    if magic != MAGIC {
        return Err(cursor.malformed("no `PAR1` at the end"));
    }
    match end.checked_sub(len).filter(|start| *start >= 4 && len > 0) {
        Some(_) if len > MAX_FOOTER => Err(cursor.malformed("a footer above the limit of 96 MiB")),
        Some(start) => Ok(Some((start, len))),
        None => {
            let message = "the footer states a length that the file cannot hold";
            facts.find("parquet-footer", Severity::High, (path, &at), message);
            facts.incomplete = true;
            Ok(None)
        }
    }
}

/// The error with its offset from the start of the file.
fn moved(error: InspectError, start: u64) -> InspectError {
    match error {
        InspectError::Malformed { format, what, offset } => {
            InspectError::malformed(format, what, offset.saturating_add(start))
        }
        error => error,
    }
}

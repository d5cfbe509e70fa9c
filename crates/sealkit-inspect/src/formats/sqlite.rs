//! SQLite: the header, and the tables that the first page lists.
//!
//! Source: the SQLite project's "Database File Format", sections 1.3, 1.6 and 2.6.

use sealkit_report::{Budget, Severity};

use crate::{
    Class, Confidence, Cursor, Facts, Format, InspectError, Inspector, Probe, ReadAt, Value,
    property,
};

const NAME: &str = "sqlite";
const FORMAT: Format =
    Format::new(NAME, "SQLite", Class::Dataset, &[".sqlite", ".sqlite3", ".db", ".gpkg"])
        .media("application/vnd.sqlite3");
const MAGIC: &[u8] = b"SQLite format 3\0";
/// Kind of a page that lists rows of a table; others lead to such pages.
const LEAF: u8 = 13;

pub(crate) struct Sqlite;

impl Inspector for Sqlite {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        if probe.has(0, MAGIC) { Confidence::Magic } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let mut cursor = Cursor::new(source, budget, NAME);
        cursor.set_big_endian();
        cursor.seek(16)?;
        // 65,536 does not fit into two bytes.
        let page = match u64::from(cursor.u16()?) {
            1 => 65_536,
            size if size.is_power_of_two() && size >= 512 => size,
            _ => return Err(cursor.malformed("a page size that none has")),
        };
        cursor.seek(96)?;
        let version = cursor.u32()?;
        let mut facts = Facts::default();
        let at = "bytes 0-100";
        facts.declared(path, at, property::PRODUCER, Value::Text(NAME.to_owned()));
        let (major, minor, patch) = (version / 1_000_000, version / 1000 % 1000, version % 1000);
        if version > 0 {
            let version = Value::Text(format!("{major}.{minor}.{patch}"));
            facts.declared(path, at, property::PRODUCER_VERSION, version);
        }
        facts.not_measured(path, "", property::ROWS, "tables are listed and not read");
        if source.len() < page {
            facts.incomplete = true;
            let message = "the file ends inside its first page";
            facts.find("sqlite-cut", Severity::Medium, (path, at), message);
        }
        let first = cursor.take(page.min(source.len()).saturating_sub(100), 65_536)?;
        if let Some(tables) = tables(&first) {
            let at = format!("bytes 100-{page}");
            facts.measured(path, &at, property::TABLE, Value::List(tables));
        } else {
            let why = "the schema takes more than the first page";
            facts.not_measured(path, at, property::TABLE, why);
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[property::PRODUCER, property::PRODUCER_VERSION, property::TABLE, property::NOT_MEASURED]
    }
}

/// The tables that the schema's page lists. `page` is the page without its first 100 bytes, which
/// offsets in it count. None where the page leads to others, or is broken.
fn tables(page: &[u8]) -> Option<Vec<String>> {
    let kind = *page.first()?;
    if kind != LEAF {
        return None;
    }
    let count = u16::from_be_bytes(*page.get(3..)?.first_chunk()?);
    let mut tables = Vec::new();
    for cell in 0..usize::from(count) {
        let at = u16::from_be_bytes(*page.get(8 + 2 * cell..)?.first_chunk()?);
        let row = page.get(usize::from(at).checked_sub(100)?..)?;
        let (kind, name) = kind_and_name(row)?;
        if kind == b"table" && !name.starts_with(b"sqlite_") {
            tables.push(String::from_utf8_lossy(name).into_owned());
        }
    }
    tables.sort_unstable();
    Some(tables)
}

/// The first two columns of a row of the schema, both text.
fn kind_and_name(row: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_size, row) = varint(row)?;
    let (_id, row) = varint(row)?;
    let (header, rest) = varint(row)?;
    let (kind, rest) = varint(rest)?;
    let (name, _) = varint(rest)?;
    let content = row.get(usize::try_from(header).ok()?..)?;
    let (kind, content) = content.split_at_checked(text_len(kind)?)?;
    Some((kind, content.get(..text_len(name)?)?))
}

/// Length of text by its serial type: odd numbers from 13 on.
fn text_len(serial: u64) -> Option<usize> {
    let len = serial.checked_sub(13).filter(|rest| rest % 2 == 0)? / 2;
    usize::try_from(len).ok()
}

/// A number of one to nine bytes, the first of them the most significant.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for (at, byte) in bytes.iter().take(9).enumerate() {
        if at == 8 {
            return Some((value << 8 | u64::from(*byte), bytes.get(9..)?));
        }
        value = value << 7 | u64::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(at + 1..)?));
        }
    }
    None
}

//! SQLite: the header, the tables that the schema lists, and how many rows those have that are not large.
//!
//! Source: the SQLite project's "Database File Format", sections 1.3, 1.6, 2.1 and 2.6.

mod pages;
mod record;
pub(super) mod rows;

use pages::{Kind, Pages, Stop};
use record::{Cell, is_text, parts, varint};
use sealkit_report::{Budget, Known, Severity};

use crate::{
    Class, Confidence, Cursor, Facts, Format, InspectError, Inspector, Probe, ReadAt, Value,
    property,
};

const NAME: &str = "sqlite";
const FORMAT: Format =
    Format::new(NAME, "SQLite", Class::Dataset, &[".sqlite", ".sqlite3", ".db", ".gpkg"])
        .media("application/vnd.sqlite3");
pub(super) const MAGIC: &[u8] = b"SQLite format 3\0";
/// Most bytes of pages that are read of one database to count its rows.
const MAX_BYTES: u64 = 4 << 20;
/// Most tables that are listed.
const MAX_TABLES: usize = 4096;

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
        let page = page_size(&mut cursor)?;
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
        if source.len() < page {
            facts.incomplete = true;
            let message = "the file ends inside its first page";
            facts.find("sqlite-cut", Severity::Medium, (path, at), message);
        }
        let mut pages = Pages::new(source, budget, page, MAX_BYTES);
        match tables(&mut pages)? {
            Ok(tables) => say_tables(path, tables, &mut pages, &mut facts)?,
            Err(stop) => {
                let why = format!("the schema is not read: {}", stop.reason());
                facts.not_measured(path, at, property::TABLE, &why);
                facts.not_measured(path, "", property::ROWS, &why);
                facts.incomplete |= stop == Stop::Broken;
            }
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::PRODUCER,
            property::PRODUCER_VERSION,
            property::TABLE,
            property::ROWS,
            property::NOT_MEASURED,
        ]
    }
}

/// Size of every page.
fn page_size(cursor: &mut Cursor<'_>) -> Result<u64, InspectError> {
    cursor.seek(16)?;
    // 65,536 does not fit into two bytes.
    match u64::from(cursor.u16()?) {
        1 => Ok(65_536),
        size if size.is_power_of_two() && size >= 512 => Ok(size),
        _ => Err(cursor.malformed("a page size that none has")),
    }
}

/// A table and the first page of its rows.
struct Table {
    name: String,
    root: u64,
}

/// The tables that the schema lists, by name.
fn tables(pages: &mut Pages<'_>) -> Result<Result<Vec<Table>, Stop>, InspectError> {
    let mut tables = Vec::new();
    let walked = pages.walk(1, &mut |page| {
        if page.kind == Kind::Inner {
            return Ok(());
        }
        if page.kind != Kind::Rows {
            return Err(Stop::Broken);
        }
        for cell in page.cells() {
            tables.extend(cell.and_then(row).ok_or(Stop::Broken)?.table());
        }
        if tables.len() > MAX_TABLES { Err(Stop::Large) } else { Ok(()) }
    })?;
    tables.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(walked.map(|()| tables))
}

/// Says which tables there are, and how many rows each has.
fn say_tables(
    path: &str,
    tables: Vec<Table>,
    pages: &mut Pages<'_>,
    facts: &mut Facts,
) -> Result<(), InspectError> {
    let names = tables.iter().map(|table| table.name.clone()).collect();
    facts.measured(path, "sqlite_schema", property::TABLE, Value::List(names));
    let only = tables.len() == 1;
    for table in tables {
        let mut rows = 0;
        // A virtual table has no pages of its own.
        let counted = match table.root {
            0 => Err("it is a virtual table"),
            root => {
                let walked = pages.walk(root, &mut |page| {
                    // Rows of tables stand at the ends of the tree, entries anywhere in it.
                    rows += if page.kind == Kind::Inner { 0 } else { page.count() };
                    Ok(())
                })?;
                facts.incomplete |= walked == Err(Stop::Broken);
                walked.map_err(Stop::reason)
            }
        };
        match counted {
            Ok(()) => {
                let subject = if only { "" } else { &table.name };
                let fact = (property::ROWS, Value::Uint(rows));
                facts.about(subject, Known::Measured, (path, &table.name), fact);
            }
            Err(why) => {
                let why = format!("`{}` is not counted: {why}", table.name);
                facts.not_measured(path, "", property::ROWS, &why);
            }
        }
    }
    Ok(())
}

/// A row of the schema: what it names, the name, and the first page of that.
struct Row<'a> {
    what: &'a [u8],
    name: &'a [u8],
    root: u64,
}

impl Row<'_> {
    /// The table that it names, where it names one that is not SQLite's own.
    fn table(&self) -> Option<Table> {
        let is_table = self.what == b"table" && !self.name.starts_with(b"sqlite_");
        let name = String::from_utf8_lossy(self.name).into_owned();
        is_table.then_some(Table { name, root: self.root })
    }
}

/// The row that a cell holds; none where it is broken.
fn row(cell: &[u8]) -> Option<Row<'_>> {
    let (_size, row) = varint(cell)?;
    let (_id, row) = varint(row)?;
    let mut parts = parts(row)?;
    let mut next = || parts.next().flatten();
    let (what, name) = (next()?, next()?);
    next()?;
    let (kind, root) = next()?;
    let root = match record::cell(kind, root) {
        Cell::Int(root) => u64::try_from(root).ok()?,
        _ => 0,
    };
    let is_row = is_text(what.0) && is_text(name.0);
    is_row.then_some(Row { what: what.1, name: name.1, root })
}

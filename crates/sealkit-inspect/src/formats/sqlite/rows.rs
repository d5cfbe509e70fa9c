//! The rows of some tables of a SQLite database, by the names of their columns.
//!
//! Source: the SQLite project's "Database File Format", sections 1.6 (overflow) and 2.6 (schema).

use std::collections::BTreeMap;

use sealkit_report::Budget;

use super::pages::{Kind, Pages, Stop};
pub(in crate::formats) use super::record::Cell;
use super::record::{cell, columns, parts, varint};
use super::{NAME, page_size};
use crate::{Cursor, InspectError, ReadAt};

/// Most bytes of pages that are read of one database.
const MAX_BYTES: u64 = 16 << 20;
/// Longest row that is read, in bytes.
const MAX_ROW: usize = 256 << 10;
/// Most rows that are read of one table.
const MAX_ROWS: usize = 100_000;
/// Most values that are kept of one database.
const MAX_VALUES: usize = 1_000_000;

/// The columns of the schema itself.
const SCHEMA: [&str; 5] = ["type", "name", "tbl_name", "rootpage", "sql"];

/// One row: value by column.
pub(in crate::formats) type Row = BTreeMap<&'static str, Cell>;

/// What was read of a database.
pub(in crate::formats) struct Database<'a> {
    pages: Pages<'a>,
    page: usize,
    /// Bytes at the end of each page that are not used.
    reserved: usize,
    /// First page and columns of each table.
    tables: BTreeMap<String, (u64, Vec<String>)>,
    /// How many more values may be kept.
    room: usize,
    /// Why not everything was read.
    pub(in crate::formats) problem: Option<&'static str>,
}

impl<'a> Database<'a> {
    /// Reads the schema.
    pub(in crate::formats) fn open(
        source: &'a dyn ReadAt,
        budget: &'a mut Budget,
    ) -> Result<Self, InspectError> {
        let mut cursor = Cursor::new(source, budget, NAME);
        cursor.set_big_endian();
        let size = page_size(&mut cursor)?;
        cursor.seek(20)?;
        let reserved = usize::from(cursor.u8()?);
        let page = usize::try_from(size).unwrap_or(usize::MAX);
        let pages = Pages::new(source, budget, size, MAX_BYTES);
        let mut database = Self {
            pages,
            page,
            reserved,
            tables: BTreeMap::new(),
            room: MAX_VALUES,
            problem: None,
        };
        for row in database.records(1, &SCHEMA.map(Some))? {
            let [Some(Cell::Text(kind)), Some(Cell::Text(name)), Some(Cell::Text(sql))] =
                ["type", "name", "sql"].map(|column| row.get(column))
            else {
                continue;
            };
            let Some(Cell::Int(root)) = row.get("rootpage") else { continue };
            let Ok(root) = u64::try_from(*root) else { continue };
            if kind == "table" && root > 0 {
                database.tables.insert(name.to_ascii_lowercase(), (root, columns(sql)));
            }
        }
        Ok(database)
    }

    /// Whether the table is there and has all of these columns.
    pub(in crate::formats) fn has(&self, table: &str, wanted: &[&str]) -> bool {
        let columns = self.tables.get(table).map(|(_, columns)| columns.as_slice());
        let columns = columns.unwrap_or_default();
        !columns.is_empty() && wanted.iter().all(|name| columns.iter().any(|own| own == name))
    }

    /// The rows of a table, in the order in which they were added, with these columns of them alone; none where
    /// there is no such table.
    pub(in crate::formats) fn rows(
        &mut self,
        table: &str,
        wanted: &[&'static str],
    ) -> Result<Vec<Row>, InspectError> {
        let Some((root, columns)) = self.tables.get(table) else { return Ok(Vec::new()) };
        let is_it = |own: &String| wanted.iter().copied().find(|name| name == own);
        let columns: Vec<Option<&'static str>> = columns.iter().map(is_it).collect();
        self.records(*root, &columns)
    }

    /// The rows below a page, with the columns that have a name here.
    fn records(
        &mut self,
        root: u64,
        columns: &[Option<&'static str>],
    ) -> Result<Vec<Row>, InspectError> {
        let mut all = Vec::new();
        for cell in self.cells(root)? {
            let row = match self.payload(&cell)? {
                Ok(payload) => row(&payload, columns).ok_or(Stop::Broken),
                Err(stop) => Err(stop),
            };
            match row {
                Ok(row) => {
                    let Some(room) = self.room.checked_sub(row.len()) else {
                        self.note(Some(Stop::Many));
                        break;
                    };
                    self.room = room;
                    all.push(row);
                }
                Err(stop) => self.note(Some(stop)),
            }
        }
        Ok(all)
    }

    /// The cells of the rows below a page.
    fn cells(&mut self, root: u64) -> Result<Vec<Vec<u8>>, InspectError> {
        let mut cells: Vec<Vec<u8>> = Vec::new();
        let (usable, mut room) = (self.usable(), MAX_BYTES);
        let walked = self.pages.walk(root, &mut |page| match page.kind {
            Kind::Inner => Ok(()),
            Kind::Rows => {
                for cell in page.cells() {
                    let cell = cell.and_then(|cell| own(cell, usable)).ok_or(Stop::Broken)?;
                    // Cells may lie over each other.
                    room = room.checked_sub(cell.len() as u64).ok_or(Stop::Large)?;
                    if cells.len() >= MAX_ROWS {
                        return Err(Stop::Many);
                    }
                    cells.push(cell.to_vec());
                }
                Ok(())
            }
            Kind::Entries | Kind::InnerEntries => Err(Stop::Broken),
        })?;
        self.note(walked.err());
        Ok(cells)
    }

    fn usable(&self) -> usize {
        self.page.saturating_sub(self.reserved)
    }

    fn note(&mut self, stop: Option<Stop>) {
        self.problem = self.problem.or(stop.map(Stop::reason));
    }

    /// The whole content of a cell of a table, of which only the first part may stand in it.
    fn payload(&mut self, cell: &[u8]) -> Result<Result<Vec<u8>, Stop>, InspectError> {
        let parts = varint(cell).and_then(|(size, rest)| {
            let (_rowid, rest) = varint(rest)?;
            Some((usize::try_from(size).ok()?, rest))
        });
        let Some((size, rest)) = parts else { return Ok(Err(Stop::Broken)) };
        let usable = self.usable();
        let local = local(size, usable);
        let Some(first) = rest.get(..local) else { return Ok(Err(Stop::Broken)) };
        let mut payload = first.to_vec();
        if size > MAX_ROW {
            return Ok(Err(Stop::Long));
        }
        let mut next = rest.get(local..).and_then(<[u8]>::first_chunk).copied();
        while payload.len() < size {
            let Some(number) = next else { return Ok(Err(Stop::Broken)) };
            let page = match self.pages.bytes(u64::from(u32::from_be_bytes(number)))? {
                Ok(page) => page,
                Err(stop) => return Ok(Err(stop)),
            };
            next = page.first_chunk().copied();
            let inside = page.get(4..usable).unwrap_or_default();
            if inside.is_empty() {
                return Ok(Err(Stop::Broken));
            }
            let count = inside.len().min(size.saturating_sub(payload.len()));
            payload.extend_from_slice(inside.get(..count).unwrap_or_default());
        }
        Ok(Ok(payload))
    }
}

/// The values of a record by column; none where it is broken. Columns that were added later are missing in rows that
/// stood there before.
fn row(payload: &[u8], columns: &[Option<&'static str>]) -> Option<Row> {
    let mut row = Row::new();
    let mut columns = columns.iter();
    for part in parts(payload)? {
        let (kind, bytes) = part?;
        if let Some(Some(column)) = columns.next() {
            row.insert(column, cell(kind, bytes));
        }
    }
    Some(row)
}

/// The bytes of a cell, of those that follow its start: two numbers, what stands here of its content, and the
/// page where that goes on.
fn own(cell: &[u8], usable: usize) -> Option<&[u8]> {
    let (size, rest) = varint(cell)?;
    let (_rowid, rest) = varint(rest)?;
    let size = usize::try_from(size).ok()?;
    let local = local(size, usable);
    let numbers = cell.len().checked_sub(rest.len())?;
    let end = numbers.checked_add(local)?.checked_add(if size > local { 4 } else { 0 })?;
    cell.get(..end)
}

/// How much of a payload stands in its cell (section 1.6).
fn local(size: usize, usable: usize) -> usize {
    let most = usable.saturating_sub(35);
    if size <= most {
        return size;
    }
    let least = (usable.saturating_sub(12) * 32 / 255).saturating_sub(23);
    let rest = least + size.saturating_sub(least) % usable.saturating_sub(4).max(1);
    if rest <= most { rest } else { least }
}

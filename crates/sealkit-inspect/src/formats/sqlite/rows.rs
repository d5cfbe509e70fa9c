//! The rows of some tables of a SQLite database, by the names of their columns.
//!
//! Source: the SQLite project's "Database File Format", sections 1.6 (overflow) and 2.6 (schema).

use std::collections::BTreeMap;

use sealkit_report::Budget;

use super::pages::{Kind, Pages, Stop};
pub(in crate::formats) use super::record::Cell;
use super::record::{columns, values, varint};
use super::{NAME, page_size};
use crate::{Cursor, InspectError, ReadAt};

/// Most bytes of pages that are read of one database.
const MAX_BYTES: u64 = 16 << 20;
/// Longest row that is read, in bytes.
const MAX_ROW: usize = 256 << 10;
/// Most rows that are read of one table.
const MAX_ROWS: usize = 100_000;

/// One row: value by column.
pub(in crate::formats) type Row = BTreeMap<String, Cell>;

/// What was read of a database.
pub(in crate::formats) struct Database<'a> {
    pages: Pages<'a>,
    page: usize,
    /// Bytes at the end of each page that are not used.
    reserved: usize,
    /// First page and columns of each table.
    tables: BTreeMap<String, (u64, Vec<String>)>,
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
        let mut database = Self { pages, page, reserved, tables: BTreeMap::new(), problem: None };
        for row in database.records(1)? {
            let [kind, name, _, root, sql] = row.as_slice() else { continue };
            let (Cell::Text(kind), Cell::Text(name)) = (kind, name) else { continue };
            let (Cell::Int(root), Cell::Text(sql)) = (root, sql) else { continue };
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

    /// The rows of a table, in the order in which they were added; none where there is no such table.
    pub(in crate::formats) fn rows(&mut self, table: &str) -> Result<Vec<Row>, InspectError> {
        let Some((root, columns)) = self.tables.get(table).cloned() else { return Ok(Vec::new()) };
        let records = self.records(root)?;
        // Columns that were added later are missing in rows that stood there before.
        let named = |row: Vec<Cell>| columns.iter().cloned().zip(row).collect();
        Ok(records.into_iter().map(named).collect())
    }

    fn records(&mut self, root: u64) -> Result<Vec<Vec<Cell>>, InspectError> {
        let mut cells: Vec<Vec<u8>> = Vec::new();
        let (usable, mut room) = (self.usable(), MAX_BYTES);
        let walked = self.pages.walk(root, &mut |page| match page.kind {
            Kind::Inner => Ok(()),
            Kind::Rows => {
                for cell in page.cells() {
                    let cell = cell.and_then(|cell| own(cell, usable)).ok_or(Stop::Broken)?;
                    // Cells may lie over each other.
                    let left = room.checked_sub(cell.len() as u64);
                    room = left.filter(|_| cells.len() < MAX_ROWS).ok_or(Stop::Large)?;
                    cells.push(cell.to_vec());
                }
                Ok(())
            }
            Kind::Entries | Kind::InnerEntries => Err(Stop::Broken),
        })?;
        self.note(walked.err());
        let mut all = Vec::new();
        for cell in cells {
            match self.payload(&cell)? {
                Ok(payload) => match values(&payload) {
                    Some(row) => all.push(row),
                    None => self.note(Some(Stop::Broken)),
                },
                Err(stop) => self.note(Some(stop)),
            }
        }
        Ok(all)
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
            return Ok(Err(Stop::Large));
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

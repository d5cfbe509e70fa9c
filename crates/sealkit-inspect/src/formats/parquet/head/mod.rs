//! The first rows of a Parquet file, as text.
//!
//! Source: parquet-format 2.11: `README.md` (pages, nulls, nested columns), `Encodings.md`, `Compression.md`,
//! `LogicalTypes.md`. Every length that the file states is held against what is there and against a limit of its own
//! before anything is allocated; a column that can not be read is named with the reason, and the others go on.

mod chunk;
mod levels;
mod page;
mod shown;
mod values;

use sealkit_report::Budget;

use self::chunk::{Leaf, Start};
use self::page::Pages;
use crate::{Facts, InspectError, ReadAt};

/// Most items of a list that are shown.
const MAX_ITEMS: usize = 16;
/// Most entries of one column that are looked at: a row of a list has many, such as the numbers of an embedding.
const MAX_ENTRIES: usize = 64 << 10;
/// Entries that cost as much as one step of the budget.
const ENTRIES_OF_A_STEP: usize = 16;
/// Most bytes that all pages together may unpack to.
const MAX_UNPACKED: usize = 64 << 20;

/// How much of the table is read.
#[derive(Clone, Copy, Debug)]
pub struct RowLimits {
    /// Most rows.
    pub rows: usize,
    /// Most columns, counted by what holds values.
    pub columns: usize,
    /// Most characters of a cell.
    pub cell: usize,
}

/// The first rows of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FirstRows {
    /// Names of the columns that were read; parts of a nested name are joined by `.`.
    pub columns: Vec<String>,
    /// Their cells, row by row; none is a null.
    pub rows: Vec<Vec<Option<String>>>,
    /// Columns that were not read.
    pub unread: Vec<UnreadColumn>,
    /// How many more columns there are.
    pub more_columns: u64,
}

/// A column whose values are not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadColumn {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// Why one column was not read.
pub(super) enum Unread {
    /// It uses what is not read here.
    Unknown(String),
    /// Its bytes are not what the format demands, or too much for the budget.
    Wrong(InspectError),
}

impl<E: Into<InspectError>> From<E> for Unread {
    fn from(error: E) -> Self {
        Self::Wrong(error.into())
    }
}

impl Unread {
    fn reason(&self) -> String {
        match self {
            Self::Unknown(reason) => reason.clone(),
            Self::Wrong(error) => error.to_string(),
        }
    }
}

/// Reads the first rows of the first row group that has any.
///
/// # Errors
/// When the footer is not one, or too large for the budget. What is wrong with one column is said of that column.
pub fn first_rows(
    source: &dyn ReadAt,
    limits: RowLimits,
    budget: &mut Budget,
) -> Result<FirstRows, InspectError> {
    let mut facts = Facts::default();
    let Some((start, len)) = super::place(source, "", budget, &mut facts)? else {
        return Err(InspectError::malformed(super::NAME, "a footer that can not be read", 0));
    };
    let first = Start::read(source, start, len, budget)?;
    let mut found = FirstRows::default();
    let leaves = first.leaves(budget)?;
    let wanted = usize::try_from(first.rows).unwrap_or(usize::MAX).min(limits.rows);
    // They belong together by their order alone. A table without rows needs no row group.
    if wanted > 0 && first.chunks.len() != leaves.len() {
        let what = "a row group with more or fewer chunks than columns";
        return Err(InspectError::malformed(super::NAME, what, start));
    }
    found.rows = vec![Vec::new(); wanted];
    found.more_columns = leaves.len().saturating_sub(limits.columns) as u64;
    let limits = RowLimits { rows: wanted, ..limits };
    let mut unpacked = MAX_UNPACKED;
    for (at, leaf) in leaves.iter().enumerate().take(limits.columns) {
        let read = match first.chunks.get(at) {
            Some(chunk) if wanted > 0 => {
                let pages = Pages::new(source, chunk, start, &mut unpacked);
                pages.and_then(|pages| column(pages, leaf, limits, budget))
            }
            _ => Ok(Vec::new()),
        };
        match read {
            Ok(cells) => {
                found.columns.push(leaf.name.clone());
                for (row, cell) in found.rows.iter_mut().zip(cells) {
                    row.push(cell);
                }
            }
            Err(why) => {
                found.unread.push(UnreadColumn { name: leaf.name.clone(), reason: why.reason() });
            }
        }
    }
    Ok(found)
}

/// The cells of one column, exactly as many as rows are wanted.
fn column(
    mut pages: Pages<'_>,
    leaf: &Leaf<'_>,
    limits: RowLimits,
    budget: &mut Budget,
) -> Result<Vec<Option<String>>, Unread> {
    if leaf.most_repeated > 1 {
        return Err(Unread::Unknown("lists inside of lists are not read here".to_owned()));
    }
    let wanted = limits.rows;
    let mut rows = Rows { leaf, wanted, cell: limits.cell, cells: Vec::new(), open: None };
    let (mut entries, mut is_end) = (0, false);
    while !rows.is_full() && entries < MAX_ENTRIES {
        let most =
            if leaf.most_repeated == 0 { wanted - rows.cells.len() } else { MAX_ENTRIES - entries };
        let Some(count) = pages.next(leaf, most, &mut rows, budget)? else {
            is_end = true;
            break;
        };
        entries += count;
        budget.steps((count / ENTRIES_OF_A_STEP) as u64 + 1)?;
    }
    // A list whose values go on behind what was read is not known.
    if is_end {
        rows.close();
    }
    if rows.cells.len() < wanted {
        return Err(Unread::Unknown(
            "it has fewer values than the table has rows, or more than are read".to_owned(),
        ));
    }
    Ok(rows.cells)
}

/// Cells that are put together of entries.
struct Rows<'a> {
    leaf: &'a Leaf<'a>,
    wanted: usize,
    cell: usize,
    cells: Vec<Option<String>>,
    /// The list that goes on until the next row begins: its items, and how many are left out.
    open: Option<(Vec<String>, usize)>,
}

impl Rows<'_> {
    fn is_full(&self) -> bool {
        self.cells.len() >= self.wanted
    }

    fn add(&mut self, defined: u16, repeated: u16, value: Option<values::Value<'_>>) {
        let (leaf, most) = (self.leaf, self.cell);
        let text = move |value| shown::text(value, leaf, most);
        if self.leaf.most_repeated == 0 {
            self.cells.push(value.map(text));
            return;
        }
        if repeated == 0 {
            self.close();
            if self.is_full() {
                return;
            }
            if defined < self.leaf.list_defined {
                // No list at all, or one of no items.
                let is_empty = defined + 1 == self.leaf.list_defined;
                self.cells.push(is_empty.then(|| "[]".to_owned()));
                return;
            }
            self.open = Some((Vec::new(), 0));
        }
        if let Some((items, left_out)) = &mut self.open {
            if items.len() < MAX_ITEMS {
                items.push(value.map_or_else(|| "null".to_owned(), text));
            } else {
                *left_out += 1;
            }
        }
    }

    /// Ends the list that is open.
    fn close(&mut self) {
        let Some((items, left_out)) = self.open.take() else { return };
        let more = if left_out > 0 { format!(", … {left_out} more") } else { String::new() };
        self.cells.push(Some(format!("[{}{more}]", items.join(", "))));
    }
}

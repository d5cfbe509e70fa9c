//! A table as its rows pass by: how many, and what each column holds.

use sealkit_report::{Known, Severity};

use super::header;
use super::kinds::{Kind, Kinds, is_formula, of_cell};
use super::split::Rows;
use crate::formats::columns::subject;
use crate::{Facts, Value, property};

/// Most columns that are told apart; the rest are counted.
const MAX_COLUMNS: usize = 10_000;

/// What is known of one column.
#[derive(Clone, Debug, Default)]
struct Column {
    kinds: Kinds,
    missing: u64,
}

/// Number of times something was seen, and where first.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    count: u64,
    line: u64,
}

impl Seen {
    fn add(&mut self, line: u64) {
        if self.count == 0 {
            self.line = line;
        }
        self.count += 1;
    }
}

/// Counts rows and looks at cells.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// The first row, until the second tells what it is; then only the names in it.
    first: Vec<String>,
    has_first: bool,
    /// Line of the first row, until it is known whether it holds names.
    undecided: Option<u64>,
    has_header: bool,
    width: u64,
    cells: u64,
    columns: Vec<Column>,
    rows: u64,
    lines: Option<(u64, u64)>,
    bad: Seen,
    /// How many rows end before each column.
    short: Vec<u64>,
    formulas: Seen,
}

impl Rows for Table {
    fn cell(&mut self, kept: &[u8], line: u64) {
        self.cells += 1;
        if !self.has_first {
            if self.first.len() < MAX_COLUMNS {
                self.first.push(String::from_utf8_lossy(kept).into_owned());
            }
            return;
        }
        self.look(kept, line);
    }

    fn end_row(&mut self, line: u64) {
        let cells = std::mem::take(&mut self.cells);
        if !self.has_first {
            self.start(cells, line);
            return;
        }
        self.decide();
        if cells != self.width {
            self.bad.add(line);
            let end = usize::try_from(cells).ok();
            if let Some(count) = end.and_then(|end| self.short.get_mut(end)) {
                *count += 1;
            }
        }
        self.count(line);
    }
}

impl Table {
    /// The first row is complete. Whether it names the columns shows in the second.
    fn start(&mut self, cells: u64, line: u64) {
        (self.has_first, self.width, self.undecided) = (true, cells, Some(line));
        self.columns = vec![Column::default(); self.first.len()];
        self.short = vec![0; self.first.len()];
        self.has_header = self.is_header();
    }

    /// Takes the first row for names or for values, now that the columns hold the second row or nothing.
    fn decide(&mut self) {
        let Some(line) = self.undecided.take() else { return };
        self.has_header = self.is_header();
        if !self.has_header {
            let cells = std::mem::take(&mut self.cells);
            for cell in std::mem::take(&mut self.first) {
                self.cells += 1;
                self.look(cell.as_bytes(), line);
            }
            self.cells = cells;
            self.count(line);
        }
    }

    fn is_header(&self) -> bool {
        let seconds = self.columns.iter().map(|column| column.kinds);
        header::is_header(&self.first, &seconds.collect::<Vec<_>>())
    }

    fn count(&mut self, line: u64) {
        self.rows += 1;
        self.lines = Some((self.lines.map_or(line, |(first, _)| first), line));
    }

    /// After the last row.
    pub(super) fn end(&mut self) {
        self.decide();
    }

    fn look(&mut self, kept: &[u8], line: u64) {
        if is_formula(kept) {
            self.formulas.add(line);
        }
        let index = usize::try_from(self.cells).unwrap_or(0).saturating_sub(1);
        let Some(column) = self.columns.get_mut(index) else { return };
        match of_cell(kept) {
            Kind::Missing => column.missing += 1,
            kind => column.kinds.add(kind),
        }
    }

    /// The facts that the first row gives.
    pub(super) fn say_first(&self, path: &str, facts: &mut Facts) {
        if !self.has_first {
            return;
        }
        let place = "line 1";
        facts.measured(path, place, property::COLUMNS, Value::Uint(self.width));
        facts.inferred(path, place, property::HEADER, Value::Bool(self.has_header));
        if self.has_header {
            facts.inferred(path, place, property::COLUMN, Value::List(self.first.clone()));
            let mut names: Vec<&String> = self.first.iter().collect();
            names.sort_unstable();
            if let Some([name, _]) = names.array_windows().find(|[a, b]| a == b) {
                let message = format!("two columns are called `{name}`");
                facts.find("table-columns", Severity::Low, (path, place), message);
            }
        }
        // The names of columns alone are left out, and say nothing of where the file comes from.
        if self.width > MAX_COLUMNS as u64 {
            let message = format!("only {MAX_COLUMNS} of {} columns are told", self.width);
            facts.find("table-columns", Severity::Low, (path, place), message);
        }
    }

    /// The facts that all rows give.
    pub(super) fn say_rows(&self, path: &str, facts: &mut Facts) {
        let place = match self.lines {
            Some((first, last)) if first < last => format!("lines {first}-{last}"),
            Some((first, _)) => format!("line {first}"),
            None => String::new(),
        };
        let at = (path, place.as_str());
        facts.measured(path, &place, property::ROWS, Value::Uint(self.rows));
        facts.measured(path, &place, property::BAD_ROWS, Value::Uint(self.bad.count));
        let mut lacking = 0_u64;
        for (index, column) in self.columns.iter().enumerate() {
            // A row that is too short lacks this cell and all behind it.
            lacking += self.short.get(index).copied().unwrap_or(0);
            let missing = column.missing + lacking;
            let name = subject(self.first.get(index).map_or("", String::as_str), index);
            let kind = (property::COLUMN_TYPE, Value::Text(column.kinds.name_of_cells()));
            facts.about(&name, Known::Inferred, at, kind);
            if missing > 0 {
                let missing = (property::MISSING_VALUES, Value::Uint(missing));
                facts.about(&name, Known::Measured, at, missing);
            }
        }
        let Seen { count, line } = self.bad;
        if count > 0 {
            let message = format!("{count} of {} rows have another number of cells", self.rows);
            facts.find("table-rows", Severity::Low, (path, &format!("line {line}")), message);
        }
        let Seen { count, line } = self.formulas;
        if count > 0 {
            let message = format!("{count} cells would run as formulas in a spreadsheet");
            facts.find("table-formula", Severity::Low, (path, &format!("line {line}")), message);
        }
    }
}

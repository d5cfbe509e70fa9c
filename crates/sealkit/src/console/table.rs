//! Plain tables: columns of the width of their widest cell, three spaces between, as `kit` prints.

use std::fmt::Write as _;

use super::escape;

/// Rows under a header.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with this header.
    pub(crate) fn new(header: &[&str]) -> Self {
        Self { rows: vec![header.iter().map(|&cell| cell.to_owned()).collect()] }
    }

    /// Adds a row; cells are made harmless for a terminal.
    pub(crate) fn row<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(|cell| escape(cell.as_ref())).collect());
    }

    /// The lines, without trailing spaces in the last column.
    pub(crate) fn render(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            self.rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
        };
        let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
        let mut text = String::new();
        for (number, row) in self.rows.iter().enumerate() {
            if number > 0 {
                text.push('\n');
            }
            for (column, cell) in row.iter().enumerate() {
                if column + 1 == row.len() {
                    text.push_str(cell);
                } else {
                    let padding = widths.get(column).copied().unwrap_or(0) + 3;
                    let _ = write!(text, "{cell:<padding$}");
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(&["A", "LONG", "C"]);
        table.row(["wider", "x", "é\u{7}"]);
        assert_eq!(table.render(), "A       LONG   C\nwider   x      é\\u{7}");
    }
}

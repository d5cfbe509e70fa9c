//! The first rows of a table of separated values (RFC 4180).

use csv::{ByteRecord, ReaderBuilder};
use sealkit_api::TableHead;
use sealkit_inspect::{InspectError, ReadAt};
use sealkit_report::Budget;

use crate::text::{MAX_TEXT, bytes, line};

/// Most rows behind the first, cells of a row, and characters of a cell.
const MAX_ROWS: usize = 100;
const MAX_CELLS: usize = 50;
const MAX_CELL: usize = 300;

/// The head of a table whose cells are separated by `delimiter`, an ASCII character.
pub(crate) fn head(
    source: &dyn ReadAt,
    delimiter: u8,
    budget: &mut Budget,
) -> Result<TableHead, InspectError> {
    let window = bytes(source, 0, MAX_TEXT, budget)?;
    let window_is_all = window.len() as u64 == source.len();
    let mut records = records(window.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&window), delimiter);
    let mut more_rows = !window_is_all;
    if more_rows && records.len() > 1 {
        // The last of them may have been cut.
        records.pop();
    }
    if records.len() > MAX_ROWS + 1 {
        records.truncate(MAX_ROWS + 1);
        more_rows = true;
    }
    let widest = records.iter().map(ByteRecord::len).max().unwrap_or_default();
    let mut rows = records.iter().map(row);
    let header = rows.next().unwrap_or_default();
    Ok(TableHead {
        delimiter: char::from(delimiter),
        header,
        rows: rows.collect(),
        more_rows,
        hidden_columns: widest.saturating_sub(MAX_CELLS) as u64,
    })
}

/// The rows of `bytes`, one more than are shown and the one that may be cut.
fn records(bytes: &[u8], delimiter: u8) -> Vec<ByteRecord> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(bytes);
    // Reading a slice of rows of any length cannot fail.
    reader.byte_records().map_while(Result::ok).take(MAX_ROWS + 3).collect()
}

fn row(record: &ByteRecord) -> Vec<String> {
    record
        .iter()
        .take(MAX_CELLS)
        .map(|cell| line(&String::from_utf8_lossy(cell), MAX_CELL))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> TableHead {
        head(&text.as_bytes(), b',', &mut Budget::default()).unwrap()
    }

    #[test]
    fn quotes_hold_delimiters_and_lines() {
        let table = of("\u{feff}a,b\n\"x, \"\"y\"\"\",\"two\nlines\"\n1,2,3\n");
        assert_eq!(table.header, ["a", "b"]);
        assert_eq!(table.rows, [vec!["x, \"y\"", "two\\nlines"], vec!["1", "2", "3"]]);
        assert!(!table.more_rows);
    }

    #[test]
    fn rows_cells_and_texts_are_bounded() {
        let wide = vec!["c".repeat(400); 80].join(",");
        let table = of(&format!("{wide}\n").repeat(3));
        assert_eq!((table.header.len(), table.hidden_columns), (MAX_CELLS, 30));
        assert_eq!(table.header[0].chars().count(), MAX_CELL + 1);
        let long = of(&"a,b\n".repeat(1_000));
        assert_eq!((long.rows.len(), long.more_rows), (MAX_ROWS, true));
        let huge = of(&format!("a,b\n{}", "1,2\n".repeat(100_000)));
        assert_eq!((huge.rows.len(), huge.more_rows), (MAX_ROWS, true));
        let one_line = of(&"x".repeat(10 << 20));
        assert_eq!((one_line.header.len(), one_line.more_rows), (1, true));
        let unclosed = of(&format!("\"{}", "x\n".repeat(100_000)));
        assert_eq!(unclosed.header.len(), 1);
    }
}

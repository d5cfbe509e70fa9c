//! Parquet files that are written here, value by value, and read back; and such as no writer should make.

use crate::data::{Thrift, head, pairs};
use proptest::prelude::*;
use sealkit_inspect::{FirstRows, RowLimits, first_rows, property};
use sealkit_report::Budget;

const LIMITS: RowLimits = RowLimits { rows: 1000, columns: 50, cell: 300 };
const INT32: i64 = 1;
const INT64: i64 = 2;
const DOUBLE: i64 = 5;
const BYTES: i64 = 6;

/// A column to be written: its element of the schema, and pages with their headers.
#[derive(Debug)]
struct Column {
    element: Thrift,
    physical: i64,
    codec: i64,
    pages: Vec<u8>,
}

/// A page of the first version, not packed.
fn page(entries: usize, body: &[u8]) -> Vec<u8> {
    let entries = Thrift::default().int(1, entries as i64).int(2, 0).int(3, 3).int(4, 3);
    let len = body.len() as i64;
    let header = Thrift::default().int(1, 0).int(2, len).int(3, len).nested(5, entries);
    [header.end(), body.to_vec()].concat()
}

/// A page of the second version of so many nulls and nothing else.
fn nulls(count: usize) -> Vec<u8> {
    let levels = runs(&vec![0; count]);
    let len = levels.len() as i64;
    let entries = Thrift::default().int(1, count as i64).int(2, count as i64).int(3, count as i64);
    let entries = entries.int(4, 0).int(5, len).int(6, 0);
    let header = Thrift::default().int(1, 3).int(2, len).int(3, len).nested(8, entries);
    [header.end(), levels].concat()
}

/// Levels of 0 and 1 as runs.
fn runs(levels: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for run in levels.chunk_by(|a, b| a == b) {
        let mut head = (run.len() as u64) << 1;
        while head >= 0x80 {
            bytes.push(head as u8 | 0x80);
            head >>= 7;
        }
        bytes.extend([head as u8, run[0]]);
    }
    bytes
}

/// Levels with their length before them.
fn prefixed(levels: &[u8]) -> Vec<u8> {
    let runs = runs(levels);
    [(runs.len() as u32).to_le_bytes().to_vec(), runs].concat()
}

/// A file of these columns with one row group; `chunks` of them are told.
fn file(rows: usize, columns: &[Column], chunks: usize) -> Vec<u8> {
    let mut bytes = b"PAR1".to_vec();
    let mut schema = vec![Thrift::default().text(4, "schema").int(5, columns.len() as i64)];
    let mut told = Vec::new();
    for column in columns {
        schema.push(column.element.clone());
        let (start, len) = (bytes.len() as i64, column.pages.len() as i64);
        let meta = Thrift::default().int(1, column.physical).int(4, column.codec);
        let meta = meta.int(5, rows as i64).int(6, len).int(7, len).int(9, start);
        told.push(Thrift::default().int(2, start).nested(3, meta));
        bytes.extend(&column.pages);
    }
    while told.len() < chunks {
        told.push(told[0].clone());
    }
    told.truncate(chunks);
    let group = Thrift::default().list(1, told).int(2, 0).int(3, rows as i64);
    let footer =
        Thrift::default().int(1, 1).list(2, schema).int(3, rows as i64).list(4, vec![group]);
    let footer = footer.end();
    bytes.extend(&footer);
    bytes.extend((footer.len() as u32).to_le_bytes());
    bytes.extend(b"PAR1");
    bytes
}

fn read(bytes: &[u8]) -> Result<FirstRows, String> {
    let budget = &mut Budget::new(64 << 20, 200_000, 5_000_000, 64);
    first_rows(&bytes, LIMITS, budget).map_err(|error| error.to_string())
}

fn numbers(name: &str, values: &[i32]) -> Column {
    let body: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let element = Thrift::default().int(1, INT32).int(3, 0).text(4, name);
    Column { element, physical: INT32, codec: 0, pages: page(values.len(), &body) }
}

#[test]
fn a_column_that_states_no_children_is_a_column() {
    let mut column = numbers("a", &[7, 8]);
    column.element = Thrift::default().int(1, INT32).int(3, 0).text(4, "a").int(5, 0);
    let bytes = file(2, &[column, numbers("b", &[1, 2])], 2);
    let facts = head("a.parquet", &bytes);
    assert_eq!(facts.findings, []);
    let types =
        [("a", "int32"), ("b", "int32")].map(|(name, kind)| (name.to_owned(), kind.to_owned()));
    assert_eq!(pairs(&facts, property::COLUMN_TYPE), types);
    let found = read(&bytes).expect("rows");
    assert_eq!((found.columns.join(" "), found.unread), ("a b".to_owned(), Vec::new()));
    assert_eq!(found.rows[1], [Some("8".to_owned()), Some("2".to_owned())]);
}

#[test]
fn a_row_group_has_a_chunk_for_each_column_and_no_more() {
    let columns = || [numbers("a", &[7, 8]), numbers("b", &[1, 2])];
    assert!(read(&file(2, &columns(), 2)).is_ok());
    for chunks in [0, 1, 3] {
        let why = read(&file(2, &columns(), chunks)).expect_err("values of no column");
        assert!(why.contains("chunks than columns"), "{why}");
    }
}

#[test]
fn a_page_of_nothing_is_fine_however_it_is_packed() {
    for codec in [0, 1, 2, 6, 7] {
        let element = Thrift::default().int(1, INT32).int(3, 1).text(4, "n");
        let column = Column { element, physical: INT32, codec, pages: nulls(3) };
        let found = read(&file(3, &[column], 1)).expect("rows");
        assert_eq!((found.unread, found.rows), (Vec::new(), vec![vec![None]; 3]), "codec {codec}");
    }
}

/// Rows that are lists, all in one page: a repeated number needs no group around it.
fn lists(rows: &[Vec<i32>]) -> Column {
    let (mut repeated, mut defined, mut values) = (Vec::new(), Vec::new(), Vec::new());
    let mut entries = 0;
    for row in rows {
        entries += row.len().max(1);
        repeated.push(0);
        repeated.resize(entries, 1);
        defined.resize(entries, u8::from(!row.is_empty()));
        values.extend(row.iter().flat_map(|value| value.to_le_bytes()));
    }
    let body = [prefixed(&repeated), prefixed(&defined), values].concat();
    let element = Thrift::default().int(1, INT32).int(3, 2).text(4, "v");
    Column { element, physical: INT32, codec: 0, pages: page(entries, &body) }
}

#[test]
fn a_list_that_goes_on_behind_what_is_read_is_not_shown_as_whole() {
    let found = read(&file(1, &[lists(&[(0..60_000).collect()])], 1)).expect("rows");
    let shown = found.rows[0][0].as_deref().expect("a list");
    assert!(shown.ends_with("15, … 59984 more]"), "{shown}");
    let found = read(&file(1, &[lists(&[(0..70_000).collect()])], 1)).expect("rows");
    assert_eq!(found.rows, [[]]);
    assert!(found.unread[0].reason.contains("more than are read"), "{:?}", found.unread);
}

#[test]
fn a_chunk_with_fewer_values_than_rows_is_not_shown() {
    let mut column = numbers("a", &[7, 8]);
    column.pages = page(1, &7_i32.to_le_bytes());
    let found = read(&file(2, &[column, numbers("b", &[1, 2])], 2)).expect("rows");
    assert_eq!(found.columns, ["b"]);
    assert!(found.unread[0].reason.contains("fewer values"), "{:?}", found.unread);
}

/// A column of any type: what is written, and how it is shown.
fn any_column(rows: usize) -> impl Strategy<Value = (Column, Vec<Option<String>>)> {
    let nullable = prop::collection::vec(prop::option::weighted(0.8, any::<i64>()), rows);
    (nullable, 0..4_usize, 1..40_usize, "[a-z]{1,6}").prop_map(|(values, kind, piece, name)| {
        let physical = [INT32, INT64, DOUBLE, BYTES][kind];
        let mut element = Thrift::default().int(1, physical).int(3, 1).text(4, &name);
        if physical == BYTES {
            element = element.int(6, 0);
        }
        let shown = |value: i64| match physical {
            INT32 => (value as i32).to_string(),
            INT64 => value.to_string(),
            DOUBLE => (value as f64 / 8.0).to_string(),
            _ => format!("text {value} ü"),
        };
        let written = |value: i64| match physical {
            INT32 => (value as i32).to_le_bytes().to_vec(),
            INT64 => value.to_le_bytes().to_vec(),
            DOUBLE => (value as f64 / 8.0).to_le_bytes().to_vec(),
            _ => {
                let text = shown(value);
                [(text.len() as u32).to_le_bytes().to_vec(), text.into_bytes()].concat()
            }
        };
        let mut pages = Vec::new();
        for values in values.chunks(piece) {
            let levels: Vec<u8> = values.iter().map(|value| u8::from(value.is_some())).collect();
            let content: Vec<u8> =
                values.iter().flatten().flat_map(|value| written(*value)).collect();
            pages.extend(page(values.len(), &[prefixed(&levels), content].concat()));
        }
        let cells = values.iter().map(|value| value.map(shown)).collect();
        (Column { element, physical, codec: 0, pages }, cells)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// What is written in any pages is what is shown.
    #[test]
    fn values_survive(columns in (1..50_usize).prop_flat_map(|rows| prop::collection::vec(any_column(rows), 1..5))) {
        let rows = columns[0].1.len();
        let (columns, cells): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        let bytes = file(rows, &columns, columns.len());
        let found = read(&bytes).expect("rows");
        prop_assert_eq!(&found.unread, &[]);
        for (row, shown) in found.rows.iter().enumerate() {
            let expected: Vec<_> = cells.iter().map(|cells| cells[row].clone()).collect();
            prop_assert_eq!(shown, &expected);
        }
        let facts = head("a.parquet", &bytes);
        prop_assert_eq!(&facts.findings, &[]);
        prop_assert_eq!(facts.uint(property::ROWS), Some(rows as u64));
        prop_assert_eq!(facts.uint(property::COLUMNS), Some(columns.len() as u64));
    }

    /// Lists are shown with their items, in whatever row they stand.
    #[test]
    fn lists_survive(rows in prop::collection::vec(prop::collection::vec(any::<i32>(), 0..16), 1..30)) {
        let found = read(&file(rows.len(), &[lists(&rows)], 1)).expect("rows");
        prop_assert_eq!(&found.unread, &[]);
        for (shown, row) in found.rows.iter().zip(&rows) {
            let items: Vec<String> = row.iter().map(i32::to_string).collect();
            prop_assert_eq!(shown, &[Some(format!("[{}]", items.join(", ")))]);
        }
    }
}

//! The first rows of Parquet files that pyarrow 26 wrote, and files that lie.
//!
//! Those of `SAME` hold one table of 25 rows, packed and written in different ways.

use proptest::prelude::*;
use sealkit_inspect::{FirstRows, RowLimits, first_rows};
use sealkit_report::Budget;

macro_rules! golden {
    ($name:literal) => {
        include_bytes!(concat!("../golden/parquet/", $name, ".parquet")).as_slice()
    };
}

const SAME: [(&str, &[u8]); 5] = [
    ("snappy", golden!("snappy")),
    ("gzip-v2", golden!("gzip-v2")),
    ("plain", golden!("plain")),
    ("lz4", golden!("lz4")),
    ("pages", golden!("pages")),
];
const OTHER: [&[u8]; 4] = [golden!("brotli"), golden!("split"), golden!("int96"), golden!("empty")];
const LIMITS: RowLimits = RowLimits { rows: 20, columns: 50, cell: 300 };

fn budget() -> Budget {
    Budget::new(32 << 20, 200_000, 5_000_000, 64)
}

fn rows(file: &[u8]) -> FirstRows {
    first_rows(&file, LIMITS, &mut budget()).unwrap()
}

fn column(found: &FirstRows, name: &str) -> Vec<String> {
    let at = found.columns.iter().position(|column| column == name);
    let at = at.unwrap_or_else(|| panic!("{name} was not read: {:?}", found.unread));
    found.rows.iter().map(|row| row[at].clone().unwrap_or_else(|| "null".to_owned())).collect()
}

#[test]
fn a_table_reads_the_same_however_it_is_packed() {
    for (name, file) in SAME {
        let found = rows(file);
        assert_eq!(found.rows.len(), 20, "{name}");
        let first = |column_name: &str, many: usize| column(&found, column_name)[..many].join("|");
        assert_eq!(first("id", 3), "0|1|2", "{name}");
        assert_eq!(first("label", 5), "cat|dog|null|cat|modèle 模型", "{name}");
        assert_eq!(first("score", 4), "0|0.25|0.5|0.75", "{name}");
        assert_eq!(first("flag", 6), "true|false|true|false|null|false", "{name}");
        assert_eq!(first("day", 2), "2026-11-01|2026-11-02", "{name}");
        assert_eq!(first("at", 1), "2026-11-26T05:45:00.250000Z", "{name}");
        assert_eq!(first("price", 6), "-5.00|-3.99|-2.98|-1.97|-0.96|0.05", "{name}");
        assert_eq!(first("u", 1), "4294967295", "{name}");
        assert_eq!(first("blob", 2), "0x00 (1 byte)|0x0101 (2 bytes)", "{name}");
        assert_eq!(column(&found, "blob")[19], format!("0x{}… (20 bytes)", "13".repeat(16)));
        assert_eq!(first("tags", 5), "[]|null|[]|[a, b, null]|[]", "{name}");
        assert_eq!(first("place.name", 5), "n0|n1|n2|null|n4", "{name}");
        assert_eq!(first("place.lat", 2), "0|1", "{name}");
    }
}

#[test]
fn columns_in_zstandard_are_read() {
    let found = rows(golden!("zstd"));
    assert!(found.unread.is_empty(), "{:?}", found.unread);
    assert_eq!(column(&found, "id")[..3], ["0", "1", "2"]);
    assert_eq!(column(&found, "label")[..5], ["cat", "dog", "null", "cat", "modèle 模型"]);
}

#[test]
fn what_is_not_read_is_named_with_the_reason_and_the_rest_is_there() {
    let found = rows(SAME[0].1);
    let [deep] = found.unread.as_slice() else { panic!("{:?}", found.unread) };
    assert_eq!((deep.name.as_str(), deep.reason.contains("lists inside of lists")), ("deep", true));
    let brotli = rows(OTHER[0]);
    assert!(brotli.columns.is_empty() && brotli.unread.len() == 2, "{brotli:?}");
    assert!(brotli.unread[0].reason.contains("brotli"), "{brotli:?}");
    let split = rows(OTHER[1]);
    let reasons: Vec<&str> = split.unread.iter().map(|one| one.reason.as_str()).collect();
    assert!(reasons[0].contains("DELTA_BINARY_PACKED"), "{reasons:?}");
    assert!(reasons[1].contains("BYTE_STREAM_SPLIT"), "{reasons:?}");
    let old = rows(OTHER[2]);
    assert_eq!(column(&old, "at")[1], "2026-11-26T05:45:01.250000000");
    let empty = FirstRows { columns: vec!["id".to_owned()], ..FirstRows::default() };
    assert_eq!(rows(OTHER[3]), empty, "a table without rows");
}

#[test]
fn a_long_list_is_shown_in_part() {
    let found = rows(golden!("embedding"));
    let first = &column(&found, "v")[0];
    assert!(first.starts_with("[0, 1, 2, ") && first.ends_with(", 15, … 284 more]"), "{first}");
    assert_eq!((found.rows.len(), column(&found, "n")[19].as_str()), (20, "19"));
}

#[test]
fn rows_columns_and_cells_are_bounded() {
    let limits = RowLimits { rows: 3, columns: 2, cell: 2 };
    let found = first_rows(&SAME[0].1, limits, &mut budget()).unwrap();
    assert_eq!((found.rows.len(), found.columns.len(), found.more_columns), (3, 2, 11));
    assert_eq!(column(&found, "label"), ["ca…", "do…", "null"]);
}

#[test]
fn a_budget_that_ends_ends_columns_and_not_the_rest() {
    let mut small = Budget::new(6 << 10, 200_000, 5_000_000, 64);
    let found = first_rows(&SAME[2].1, LIMITS, &mut small).unwrap();
    assert!(!found.columns.is_empty() && found.unread.len() > 1, "{found:?}");
    assert!(first_rows(&SAME[2].1, LIMITS, &mut Budget::new(64, 10, 10, 4)).is_err());
    assert!(first_rows(&b"PAR1PAR1".as_slice(), LIMITS, &mut budget()).is_err());
}

/// Bounded whatever it holds; a file that lies is refused, or says of which columns it can not be read.
fn holds(file: &[u8]) {
    let Ok(found) = first_rows(&file, LIMITS, &mut budget()) else { return };
    assert!(found.rows.len() <= LIMITS.rows && found.columns.len() <= LIMITS.columns);
    for row in &found.rows {
        assert_eq!(row.len(), found.columns.len());
        let longest = row.iter().flatten().map(|cell| cell.chars().count()).max().unwrap_or(0);
        assert!(longest <= 17 * (LIMITS.cell + 8), "{longest}");
    }
}

#[test]
fn every_other_byte_may_lie() {
    for file in SAME.iter().map(|(_, file)| *file).chain(OTHER) {
        // Each place lies once, and its neighbours in other ways.
        for (at, value) in (0..file.len()).zip([0, 0x7F, 0xFF].into_iter().cycle()).step_by(2) {
            let mut lying = file.to_vec();
            lying[at] = value;
            holds(&lying);
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_may_stand_anywhere(
        which in 0..SAME.len(),
        at in any::<prop::sample::Index>(),
        bytes in prop::collection::vec(any::<u8>(), 1..12),
    ) {
        let mut file = SAME[which].1.to_vec();
        let at = at.index(file.len());
        for (place, byte) in file.iter_mut().skip(at).zip(bytes) {
            *place = byte;
        }
        holds(&file);
    }
}

#[test]
fn an_empty_list_needs_no_type() {
    // fastparquet 2026.9.0.
    let found = rows(golden!("fastparquet"));
    assert_eq!(column(&found, "a"), ["1", "2", "null"]);
    assert_eq!(column(&found, "b"), ["x", "null", "z"]);
    assert_eq!(column(&found, "c"), ["u", "v", "u"]);
}

//! Parquet: what footers say, held against what pyarrow says, and footers that lie.

use crate::common::rules;
use crate::data::{Thrift, footer, golden, head, pairs, parquet, said};
use proptest::prelude::*;
use sealkit_inspect::{Value, property};
use sealkit_report::Known;

/// What pyarrow calls the columns of `types.parquet`, in our words.
const TYPES: &[(&str, &str)] = &[
    ("id", "int64"),
    ("u", "uint8"),
    ("f", "float32"),
    ("d", "float64"),
    ("s", "string"),
    ("b", "bool"),
    ("bin", "binary"),
    ("fix", "binary(4)"),
    ("date", "date"),
    ("ts", "timestamp[us, UTC]"),
    ("tsn", "timestamp[ms]"),
    ("dec", "decimal(10, 2)"),
    ("li", "list<int32>"),
    ("st", "struct<x: int64, y: string>"),
    ("mp", "map<string, int64>"),
    ("lst", "list<struct<q: string>>"),
    ("dic", "string"),
    ("ti", "time[us]"),
    ("h", "float16"),
    ("nul", "null"),
    ("big", "string"),
];

#[test]
fn every_type_of_pyarrow_is_told() {
    let facts = head("types.parquet", &golden("types.parquet"));
    assert_eq!(facts.findings, []);
    assert!(!facts.incomplete);
    let told = pairs(&facts, property::COLUMN_TYPE);
    let told: Vec<_> = told.iter().map(|(name, kind)| (name.as_str(), kind.as_str())).collect();
    assert_eq!(told, TYPES);
    assert_eq!(facts.uint(property::COLUMNS), Some(21));
    assert_eq!(facts.uint(property::ROWS), Some(3));
    assert_eq!(facts.uint(property::ROW_GROUPS), Some(1));
    assert_eq!(facts.list(property::COMPRESSION), ["zstd"]);
}

#[test]
fn facts_say_where_they_stand() {
    let bytes = golden("small.parquet");
    let facts = head("d/small.parquet", &bytes);
    let rows = facts.of(property::ROWS).next().unwrap();
    assert_eq!(rows.evidence.known, Known::Measured);
    assert_eq!(rows.evidence.file, "d/small.parquet");
    assert_eq!(rows.evidence.place, format!("bytes 182-{}", bytes.len() - 8));
    assert_eq!(facts.text(property::PRODUCER), Some("parquet-cpp-arrow"));
    assert_eq!(facts.text(property::PRODUCER_VERSION), Some("26.0.1"));
    assert_eq!(facts.text(property::FORMAT_VERSION), Some("2"));
    assert_eq!(facts.list(property::COLUMN), ["id", "text"]);
}

#[test]
fn features_of_the_datasets_library_are_declared() {
    let facts = head("hf.parquet", &golden("hf.parquet"));
    assert_eq!(said(&facts, property::FEATURE, "text"), "string");
    assert_eq!(said(&facts, property::FEATURE, "label"), "ClassLabel(neg, pos)");
    assert_eq!(said(&facts, property::LABEL, "label"), "neg, pos");
    assert_eq!(said(&facts, property::FEATURE, "toks"), "list<int32>");
    assert_eq!(said(&facts, property::FEATURE, "n"), "struct<x: float32>");
    assert_eq!(facts.text(property::MODALITY), Some("text"));
    assert_eq!(facts.of(property::MODALITY).next().unwrap().evidence.known, Known::Inferred);
}

#[test]
fn pandas_says_its_version() {
    let facts = head("pandas.parquet", &golden("pandas.parquet"));
    assert_eq!(facts.text(property::FRAMEWORK), Some("pandas"));
    assert_eq!(facts.text(property::FRAMEWORK_VERSION), Some("3.1.1"));
}

#[test]
fn encrypted_files_are_told_as_such() {
    let facts = head("e.parquet", &golden("encrypted.parquet"));
    assert_eq!(facts.of(property::ENCRYPTED).next().unwrap().value, Value::Bool(true));
    assert!(facts.incomplete);
    assert_eq!(facts.uint(property::ROWS), None);
    assert_eq!(said(&facts, property::NOT_MEASURED, "rows"), "the footer is encrypted");
    let facts = head("e.parquet", &golden("encrypted-columns.parquet"));
    assert_eq!(facts.of(property::ENCRYPTED).next().unwrap().value, Value::Bool(true));
    assert_eq!(facts.uint(property::ROWS), Some(3));
}

#[test]
fn a_footer_that_holds_together_has_no_findings() {
    let facts = head("a.parquet", &parquet(40, footer(3, &[(4, 20), (24, 20)])));
    assert_eq!(facts.findings, []);
    assert_eq!(facts.uint(property::ROWS), Some(3));
    assert_eq!(said(&facts, property::COLUMN_TYPE, "b"), "string");
    assert_eq!(facts.uint(property::UNPACKED_SIZE), Some(18));
}

#[test]
fn contradictions_are_findings() {
    type Case<'a> = (i64, &'a [(i64, i64)], &'a [&'a str]);
    let cases: &[Case<'_>] = &[
        (4, &[(4, 20), (24, 20)], &["parquet-rows"]),
        (3, &[(4, 20)], &["parquet-columns"]),
        (3, &[(4, 20), (24, 21)], &["parquet-places"]),
        (3, &[(4, 20), (i64::MAX, 20)], &["parquet-places"]),
        (3, &[(4, 20), (3, 1)], &["parquet-places"]),
        (3, &[(4, 20), (23, 20)], &["parquet-overlap"]),
        (3, &[(4, i64::MAX), (24, 20)], &["parquet-places"]),
        (5, &[], &["parquet-rows", "parquet-columns"]),
    ];
    for (rows, places, expected) in cases {
        let facts = head("a.parquet", &parquet(40, footer(*rows, places)));
        assert_eq!(rules(&facts), *expected, "{rows} {places:?}");
        assert_eq!(facts.uint(property::ROWS), Some(*rows as u64));
    }
}

#[test]
fn chunks_in_other_files_are_named() {
    let content = Thrift::default().int(4, 0).int(7, 1 << 40).int(9, 4);
    let chunk = Thrift::default().text(1, "../other.parquet").int(2, 4).nested(3, content);
    let group = Thrift::default().list(1, vec![chunk]).int(2, 1).int(3, 3);
    let schema = vec![
        Thrift::default().text(4, "schema").int(5, 1),
        Thrift::default().int(1, 1).text(4, "a"),
    ];
    let footer = Thrift::default().int(1, 1).list(2, schema).int(3, 3).list(4, vec![group]);
    let facts = head("a.parquet", &parquet(0, footer));
    assert_eq!(facts.list(property::EXTERNAL_DATA), ["../other.parquet"]);
    assert_eq!(rules(&facts), ["parquet-external"]);
}

#[test]
fn broken_footers_keep_what_was_read_and_say_that_there_is_more() {
    let start = || Thrift::default().int(1, 1).int(3, 7);
    let deep = (0..200).fold(Thrift::default(), |inner, _| Thrift::default().nested(1, inner));
    let cases = [
        // A million elements where there are a few bytes.
        start().false_list(4, 1 << 20),
        start().false_list(4, u64::MAX),
        start().nested(9, deep),
        // The number of rows once more: two readers could take different ones.
        start().int(3, 8),
        start().int(5, -1).false_list(5, 1 << 40),
    ];
    for footer in cases {
        let facts = head("a.parquet", &parquet(0, footer));
        assert!(facts.incomplete);
        assert_eq!(facts.uint(property::ROWS), Some(7));
        assert!(rules(&facts).contains(&"not-inspected"), "{:?}", facts.findings);
    }
    let negative = head("a.parquet", &parquet(0, Thrift::default().int(1, 1).int(3, -1)));
    assert!(negative.incomplete);
    assert_eq!(negative.uint(property::ROWS), None);
}

#[test]
fn schemas_that_are_no_tree_are_named() {
    let element = |name: &str, children| Thrift::default().text(4, name).int(5, children);
    let leaf = || Thrift::default().int(1, 1).text(4, "x");
    let cases = [
        vec![element("root", 2), leaf()],
        vec![element("root", 1), leaf(), leaf()],
        vec![element("root", i64::MAX), leaf()],
        (0..100).map(|_| element("deep", 1)).collect(),
    ];
    for schema in cases {
        let footer = Thrift::default().int(1, 1).list(2, schema).int(3, 0);
        let facts = head("a.parquet", &parquet(0, footer));
        assert!(facts.incomplete);
        assert_eq!(facts.uint(property::COLUMNS), None);
    }
}

#[test]
fn a_false_length_and_a_missing_magic_are_named() {
    let mut bytes = b"PAR1....".to_vec();
    bytes.extend(100_u32.to_le_bytes());
    bytes.extend(b"PAR1");
    let facts = head("x.parquet", &bytes);
    assert_eq!(rules(&facts), ["parquet-footer"]);
    assert!(facts.incomplete);
    assert_eq!(rules(&head("x.parquet", b"PAR1\0\0\0\0\0\0\0\0\0\0\0\0")), ["not-inspected"]);
}

#[test]
fn long_types_are_cut_and_long_metadata_too() {
    let mut schema = vec![
        Thrift::default().text(4, "root").int(5, 1),
        Thrift::default().text(4, "group").int(5, 300),
    ];
    schema.extend((0..300).map(|at| Thrift::default().int(1, 1).text(4, &format!("field{at}"))));
    let pair = Thrift::default().text(1, "note").text(2, &"é".repeat(5000));
    let footer = Thrift::default().int(1, 1).list(2, schema).int(3, 0).list(5, vec![pair]);
    let facts = head("a.parquet", &parquet(0, footer));
    let kind = said(&facts, property::COLUMN_TYPE, "group");
    assert!(kind.starts_with("struct<field0: int32") && kind.ends_with('…'), "{kind}");
    assert!(kind.len() < 600);
    assert!(said(&facts, property::METADATA, "note").len() < 5000);
}

#[test]
fn schemas_without_end_are_bounded() {
    let mut schema = vec![Thrift::default().text(4, "root").int(5, 200_000)];
    schema.extend((0..200_000).map(|_| Thrift::default()));
    let many = Thrift::default().int(1, 1).list(2, schema).int(3, 0);
    let long = vec![Thrift::default().text(4, &"n".repeat(5000))];
    let names: Vec<_> = (0..3000).map(|_| Thrift::default().text(4, &"n".repeat(4000))).collect();
    for footer in [many, Thrift::default().list(2, long), Thrift::default().list(2, names)] {
        let facts = head("a.parquet", &parquet(0, footer));
        assert!(facts.incomplete);
        assert_eq!(facts.uint(property::COLUMNS), None);
    }
}

#[test]
fn metadata_above_the_limit_is_left_out_and_said() {
    let pair = |size: usize| Thrift::default().text(1, "k").text(2, &"v".repeat(size));
    let large = Thrift::default().int(1, 1).list(5, vec![pair(6 << 20), pair(6 << 20)]);
    let facts = head("a.parquet", &parquet(0, large));
    assert!(facts.incomplete);
    assert_eq!(pairs(&facts, property::METADATA).len(), 1);
    let many = Thrift::default().int(1, 1).list(5, (0..300).map(|_| pair(1)).collect());
    let facts = head("a.parquet", &parquet(0, many));
    assert!(facts.incomplete);
    assert_eq!(pairs(&facts, property::METADATA).len(), 256);
}

#[test]
fn a_column_without_a_name_is_not_the_whole_file() {
    let schema =
        vec![Thrift::default().text(4, "root").int(5, 1), Thrift::default().int(1, 1).text(4, "")];
    let facts = head("a.parquet", &parquet(0, Thrift::default().int(1, 1).list(2, schema)));
    assert_eq!(said(&facts, property::COLUMN_TYPE, "column 1"), "int32");
}

#[test]
fn truncated_at_every_byte_nothing_is_claimed_that_is_not_there() {
    let bytes = golden("small.parquet");
    // Shorter ones are text, whatever their name says.
    for end in 5..bytes.len() {
        let facts = head("a.parquet", &bytes[..end]);
        assert_eq!(facts.uint(property::ROWS), None, "{end}");
        assert!(facts.incomplete, "{end}");
    }
}

#[test]
fn a_large_file_is_read_by_its_footer_alone() {
    let bytes = parquet(1 << 20, footer(3, &[(4, 20), (24, 20)]));
    let source = data_source::Counted::new(bytes);
    let mut budget = sealkit_report::Budget::default();
    let (_, facts) = sealkit_inspect::inspect("a.parquet", &source, &mut budget);
    assert_eq!(facts.uint(property::ROWS), Some(3));
    // What finds the format reads 8 KiB of the start, and so does what looks for another one.
    assert!(source.read() < 24 << 10, "{}", source.read());
}

mod data_source {
    use std::cell::Cell;

    use sealkit_inspect::{ReadAt, ReadError};

    /// Bytes that count what is read of them.
    pub(super) struct Counted(Vec<u8>, Cell<u64>);

    impl Counted {
        pub(super) fn new(bytes: Vec<u8>) -> Self {
            Self(bytes, Cell::new(0))
        }

        pub(super) fn read(&self) -> u64 {
            self.1.get()
        }
    }

    impl ReadAt for Counted {
        fn len(&self) -> u64 {
            self.0.len() as u64
        }

        fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
            self.1.set(self.1.get() + buf.len() as u64);
            self.0.read_at(offset, buf)
        }
    }
}

proptest! {
    /// Any numbers that a footer can state come out as they went in.
    #[test]
    fn numbers_survive(rows in 0..i64::MAX, unpacked in 0..i64::MAX, name in "\\PC{1,20}") {
        let schema = vec![
            Thrift::default().text(4, "root").int(5, 1),
            Thrift::default().int(1, 5).text(4, &name),
        ];
        let group = Thrift::default().list(1, Vec::new()).int(2, unpacked).int(3, rows);
        let footer = Thrift::default().int(1, 1).list(2, schema).int(3, rows).list(4, vec![group]);
        let facts = head("a.parquet", &parquet(0, footer));
        prop_assert_eq!(facts.uint(property::ROWS), Some(rows as u64));
        prop_assert_eq!(facts.uint(property::UNPACKED_SIZE), Some(unpacked as u64));
        prop_assert_eq!(said(&facts, property::COLUMN_TYPE, &name), "float64");
    }
}

#[test]
fn what_fastparquet_writes_is_read() {
    let facts = head("a.parquet", include_bytes!("../golden/parquet/fastparquet.parquet"));
    assert_eq!(rules(&facts), Vec::<&str>::new());
    assert_eq!(facts.uint(property::ROWS), Some(3));
    assert_eq!(facts.list(property::COLUMN), ["a", "b", "c"]);
}

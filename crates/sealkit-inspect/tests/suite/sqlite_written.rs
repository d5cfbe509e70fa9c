//! Databases that are written here and read back, and such as ask for more than is read.

use crate::common::rules;
use crate::sqlite_kit::{Cell, Table, database, text};
use crate::told::{facts, read, says};
use proptest::prelude::*;
use sealkit_inspect::{MetricInfo, Value, property};

const RUN: &str = "0123456789abcdef0123456789abcdef";
const RUN_COLUMNS: &[&str] =
    &["run_uuid", "name", "source_type", "status", "start_time", "end_time", "lifecycle_stage"];

fn run() -> Table {
    let row = vec![
        text(RUN),
        text("first"),
        Cell::Blob(vec![1, 2]),
        text("FINISHED"),
        Cell::Int(1_716_809_495_123),
        Cell::Int(1_716_809_497_623),
        text("active"),
    ];
    Table::new("runs", RUN_COLUMNS, vec![row])
}

fn entries(table: &str, rows: &[(String, String)]) -> Table {
    let row = |(key, value): &(String, String)| vec![text(key), Cell::Null, text(value), text(RUN)];
    Table::new(table, &["key", "later", "value", "run_uuid"], rows.iter().map(row).collect())
}

#[test]
fn a_database_that_is_written_here_is_read() {
    let bytes = database(&[run(), entries("params", &[("lr".to_owned(), "0.1".to_owned())])]);
    let told = read("mlflow.db", &bytes);
    for line in [
        format!("name = first @runs/{RUN}/name"),
        format!("created = 2024-05-27T11:31:35.123Z @runs/{RUN}/start_time"),
        format!("training-seconds = 2.5 @runs/{RUN}/end_time (inferred)"),
        format!("metadata[status] = FINISHED @runs/{RUN}/status"),
        format!("hyperparameter[lr] = 0.1 @runs/{RUN}/params/lr"),
    ] {
        assert!(says(&told, &line), "{line}\n{told:#?}");
    }
    let plain = facts("a.db", &bytes);
    assert_eq!(plain.list(property::TABLE), ["params", "runs"]);
    assert_eq!((plain.findings.as_slice(), plain.incomplete), (&[][..], false));
}

#[test]
fn long_texts_are_cut_at_a_character() {
    let long = "é".repeat(10_000);
    let tags = entries(
        "tags",
        &[("mlflow.note.content".to_owned(), long.clone()), ("team".to_owned(), long.clone())],
    );
    let mut first = run();
    first.rows[0][1] = Cell::Text(long);
    let facts = facts("mlflow.db", &database(&[first, tags]));
    for property in [property::NAME, property::DESCRIPTION] {
        assert_eq!(facts.text(property).map(str::len), Some(16 << 10), "{property}");
    }
    let tag = facts.facts.iter().find(|fact| fact.subject == "team");
    assert_eq!(tag.map(|fact| fact.value.to_string().len()), Some(16 << 10));
}

/// A table whose one row is listed so often that it makes many values.
fn many(name: &str, columns: &[&str], leaves: usize) -> Table {
    let row = columns.iter().map(|_| Cell::Int(1)).collect();
    Table { again: (25_000, leaves), ..Table::new(name, columns, vec![row]) }
}

#[test]
fn values_are_bounded_and_it_is_said() {
    let (entry, metric) = (["key", "value", "run_uuid"], ["key", "value", "run_uuid", "is_nan"]);
    let below = database(&[run(), many("params", &entry, 4), many("latest_metrics", &metric, 4)]);
    assert_eq!(rules(&facts("mlflow.db", &below)), [""; 0], "700,000 values are read");
    let above = database(&[
        run(),
        many("params", &entry, 4),
        many("latest_metrics", &metric, 4),
        many("tags", &entry, 4),
        many("inputs", &["input_uuid", "source_id", "destination_id"], 1),
    ]);
    let above = facts("mlflow.db", &above);
    assert_eq!(rules(&above), ["not-inspected"]);
    assert!(
        above.incomplete && above.findings[0].message.contains("rows or values than are read"),
        "{:?}",
        above.findings
    );
    // What was read before it is there.
    assert_eq!(above.list(property::RUN_ID), [RUN]);
}

#[test]
fn columns_that_nobody_asked_for_do_not_count() {
    let mut columns = vec!["key", "value", "run_uuid"];
    columns.extend(["other"; 40]);
    let wide = database(&[run(), many("params", &columns, 4)]);
    assert_eq!(
        rules(&facts("mlflow.db", &wide)),
        [""; 0],
        "4,000,000 values, of which 300,000 are kept"
    );
    let rows = database(&[run(), many("params", &["key", "value", "run_uuid"], 5)]);
    let found = facts("mlflow.db", &rows);
    assert!(found.findings[0].message.contains("more rows"), "{:?}", found.findings);
}

#[test]
fn a_long_row_is_said_and_the_others_are_read() {
    // A row that states more than is read, and ends where its page does.
    let mut bytes = database(&[run(), entries("params", &[("a".to_owned(), "1".to_owned())])]);
    let page = 2 * 65_536;
    let cell = page + usize::from(u16::from_be_bytes([bytes[page + 8], bytes[page + 9]]));
    let mut changed = bytes.split_off(page);
    let at = cell - page;
    changed.splice(at - 10..at, [0xFF, 0xFF, 0x7F, 1, 1, 1, 1, 1, 1, 1]);
    changed[8..10].copy_from_slice(&(at as u16 - 10).to_be_bytes());
    let found = facts("mlflow.db", &[bytes, changed].concat());
    assert_eq!((found.list(property::RUN_ID).len(), found.incomplete), (1, true));
}

fn any_cell() -> impl Strategy<Value = Cell> {
    prop_oneof![
        Just(Cell::Null),
        any::<i64>().prop_map(Cell::Int),
        (-3..3_i64).prop_map(Cell::Int),
        any::<f64>().prop_map(Cell::Float),
        "\\PC{0,30}".prop_map(Cell::Text),
        prop::collection::vec(any::<u8>(), 0..30).prop_map(Cell::Blob),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Tables and their rows are counted, whatever values these have.
    #[test]
    fn rows_are_counted(
        tables in prop::collection::btree_map("[a-rt-z][a-z ]{0,8}", prop::collection::vec(prop::collection::vec(any_cell(), 3), 0..40), 1..6),
    ) {
        let written: Vec<Table> =
            tables.iter().map(|(name, rows)| Table::new(name, &["a", "b", "c"], rows.clone())).collect();
        let found = facts("data.db", &database(&written));
        prop_assert_eq!(&found.findings, &[]);
        prop_assert!(!found.incomplete);
        prop_assert_eq!(found.list(property::TABLE), tables.keys().map(String::as_str).collect::<Vec<_>>());
        for (name, rows) in &tables {
            let is_it = |fact: &&sealkit_inspect::Fact| {
                fact.property == property::ROWS && (tables.len() == 1 || fact.subject == *name)
            };
            let count = found.facts.iter().find(is_it).map(|fact| fact.value.clone());
            prop_assert_eq!(count, Some(Value::Uint(rows.len() as u64)), "{}", name);
        }
    }

    /// Parameters, metrics and tags come out as they went in.
    #[test]
    fn runs_come_back(
        params in prop::collection::btree_map("[a-z/~]{1,8}", "[a-z][a-z ]{0,20}[a-z]", 0..12),
        metrics in prop::collection::btree_map("[a-z]{1,8}", -1e9..1e9_f64, 0..12),
    ) {
        let params: Vec<(String, String)> = params.into_iter().filter(|(_, value)| value != "None").collect();
        let rows = metrics.iter().map(|(key, value)| vec![Cell::Float(*value), text(key), Cell::Int(0), text(RUN)]);
        let latest = Table::new("latest_metrics", &["value", "key", "is_nan", "run_uuid"], rows.collect());
        let found = facts("mlflow.db", &database(&[run(), entries("params", &params), latest]));
        prop_assert_eq!(&found.findings, &[]);
        let told: Vec<(String, String, String)> = found.facts.iter()
            .filter(|fact| fact.property == property::HYPERPARAMETER)
            .map(|fact| (fact.subject.clone(), fact.value.to_string(), fact.evidence.place.clone()))
            .collect();
        let place = |key: &str| format!("runs/{RUN}/params/{}", key.replace('~', "~0").replace('/', "~1"));
        let expected: Vec<_> = params.iter().map(|(key, value)| (key.clone(), value.clone(), place(key))).collect();
        prop_assert_eq!(told, expected);
        let told: Vec<(String, f64)> = found.of(property::METRIC)
            .filter_map(|fact| match &fact.value {
                Value::Metric(MetricInfo { name, value, .. }) => Some((name.clone(), value.parse().ok()?)),
                _ => None,
            })
            .collect();
        prop_assert_eq!(told, metrics.into_iter().collect::<Vec<_>>());
    }
}

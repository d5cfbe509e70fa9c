//! Databases, records, formats that are only recognised, and the survey of a listing.

use crate::common::{format, rules};
use crate::data::{golden, goldens, head, pairs, said, streamed, whole};
use proptest::prelude::*;
use sealkit_inspect::{Fact, Facts, Folder, Value, capabilities, inspect, property, survey};
use sealkit_report::{Budget, Known, Severity};

#[test]
fn two_readings_of_a_file_become_one() {
    let text = |text: &str| Value::Text(text.to_owned());
    let mut first = Facts::default();
    first.declared("f", "/a", property::TAG, text("a"));
    first.inferred("f", "", property::COLUMNS, Value::Uint(1));
    first.not_measured("f", "", property::ROWS, "not read whole");
    first.not_measured("f", "", property::MEMBERS, "not read whole");
    first.find("rule", Severity::Low, ("f", ""), "said once");
    let mut second = Facts::default();
    second.declared("f", "/b", property::TAG, text("a"));
    second.declared("f", "/c", property::TAG, text("b"));
    second.measured("f", "", property::COLUMNS, Value::Uint(2));
    second.measured("f", "", property::ROWS, Value::Uint(7));
    second.find("rule", Severity::Low, ("f", ""), "said once");
    let (mut one, mut other) = (first.clone(), second.clone());
    one.extend(second);
    assert_eq!(one.list(property::TAG), ["a", "b"]);
    assert_eq!(one.of(property::COLUMNS).count(), 1);
    assert_eq!(one.uint(property::COLUMNS), Some(2));
    assert_eq!(pairs(&one, property::NOT_MEASURED), [("members".into(), "not read whole".into())]);
    assert_eq!(one.findings.len(), 1);
    assert!(!one.incomplete);
    // What is known already is not said to be missing by whoever comes later.
    other.extend(Facts { incomplete: true, ..first });
    assert_eq!(pairs(&other, property::NOT_MEASURED).len(), 1);
    assert!(other.incomplete);
}

#[test]
fn sqlite_lists_its_tables_with_their_rows() {
    let facts = head("a.db", &golden("a.db"));
    assert_eq!(facts.text(property::FORMAT), Some("sqlite"));
    assert_eq!(facts.list(property::TABLE), ["other one", "prompts"]);
    assert_eq!(facts.text(property::PRODUCER_VERSION), Some("3.40.1"));
    let rows = [("other one".into(), "0".into()), ("prompts".into(), "1".into())];
    assert_eq!(pairs(&facts, property::ROWS), rows);
    assert!(pairs(&facts, property::NOT_MEASURED).is_empty() && !facts.incomplete);
    // Forty tables do not fit into its first page: it leads to others.
    let facts = head("many.db", &golden("many.db"));
    let expected: Vec<_> = (0..40).map(|n| (format!("t{n:02}"), n.to_string())).collect();
    assert_eq!(pairs(&facts, property::ROWS), expected);
    assert_eq!(facts.list(property::TABLE).len(), 40);
    assert!(!facts.incomplete);
}

#[test]
fn rows_of_sqlite_stand_on_many_pages() {
    // Written by SQLite 3.40.1: a table, one without row numbers, a virtual table.
    let facts = head("rows.db", &golden("rows.db"));
    assert_eq!(facts.list(property::TABLE), ["found", "keyed", "plain"]);
    assert_eq!(said(&facts, property::ROWS, "plain"), "400");
    assert_eq!(said(&facts, property::ROWS, "keyed"), "200");
    let why = "`found` is not counted: it is a virtual table";
    assert_eq!(said(&facts, property::NOT_MEASURED, "rows"), why);
    // A single table is what the file holds.
    let facts = head("one.db", &golden("one.db"));
    assert_eq!(facts.uint(property::ROWS), Some(3));
}

#[test]
fn a_page_that_leads_back_is_broken_and_counts_nothing() {
    let good = golden("rows.db");
    let size = usize::from(u16::from_be_bytes([good[16], good[17]]));
    // Every inner page of the file gets each page as its last child in turn.
    let pages = good.len() / size;
    let inner = (1..pages).filter(|page| matches!(good[page * size], 2 | 5));
    for page in inner {
        for child in [0, 1, page as u32 + 1, 2, pages as u32 + 1, u32::MAX] {
            let mut changed = good.clone();
            changed[page * size + 8..][..4].copy_from_slice(&child.to_be_bytes());
            let facts = head("rows.db", &changed);
            let rows =
                said(&facts, property::ROWS, "plain") + &said(&facts, property::ROWS, "keyed");
            assert!(rows != "400200", "{page} {child}");
            let reasons = pairs(&facts, property::NOT_MEASURED);
            assert!(reasons.iter().any(|(_, why)| why.ends_with("a page of it is broken")));
        }
    }
}

#[test]
fn broken_databases_never_break_the_walk() {
    let bytes = golden("a.db");
    for at in (0..4096).filter(|at| bytes[*at] != 0) {
        for value in [0, 1, 0x7F, 0x80, 0xFF] {
            let mut changed = bytes.clone();
            changed[at] = value;
            drop(head("a.db", &changed));
        }
    }
    for end in 16..4096 {
        assert!(head("a.db", &bytes[..end]).incomplete, "{end}");
    }
    let mut size = bytes.clone();
    size[16..18].copy_from_slice(&[0, 3]);
    assert_eq!(rules(&head("a.db", &size)), ["not-inspected"]);
}

#[test]
fn records_of_tensorflow_are_counted() {
    let bytes = golden("a.tfrecord");
    let facts = whole("a.tfrecord", &bytes);
    assert_eq!(facts.uint(property::ROWS), Some(7));
    assert_eq!(facts.text(property::FRAMEWORK), Some("tensorflow"));
    // The checksum of the length is proof enough without a name.
    assert_eq!(format("train.tfrecord-00000-of-00001", &bytes), "tfrecord");
    assert_eq!(format("no-ending", &bytes), "tfrecord");
    for size in [1, 11, 12, 13, 1000] {
        assert_eq!(streamed("a.tfrecord", &bytes, &[size]).uint(property::ROWS), Some(7));
    }
}

#[test]
fn broken_records_are_not_counted() {
    let bytes = golden("a.tfrecord");
    let second = 12 + usize::from(bytes[0]) + 4;
    let mut changed = bytes.clone();
    changed[second] ^= 1;
    let facts = whole("a.tfrecord", &changed);
    assert!(facts.incomplete);
    assert_eq!(facts.uint(property::ROWS), None);
    assert_eq!(rules(&facts), ["tfrecord-broken"]);
    assert_eq!(facts.findings[0].evidence.place, format!("bytes {second}-{}", second + 12));
    for end in 13..bytes.len() {
        let facts = whole("a.tfrecord", &bytes[..end]);
        assert!(
            facts.incomplete || facts.uint(property::ROWS).is_some_and(|rows| rows < 7),
            "{end}"
        );
    }
}

#[test]
fn other_formats_are_recognised() {
    assert_eq!(format("a.duckdb", &golden("a.duckdb")), "duckdb");
    assert_eq!(format("a", &golden("a.duckdb")), "duckdb");
    assert_eq!(format("a.mat", &golden("a.mat")), "matlab");
    let mut newer = b"MATLAB 7.3 MAT-file, Platform".to_vec();
    newer.resize(512, b' ');
    newer.extend(b"\x89HDF\r\n\x1a\n");
    assert_eq!(format("a.mat", &newer), "matlab");
    assert_eq!(format("a.avro", b"Obj\x01\x04"), "avro");
    assert_eq!(format("a.orc", b"ORC\x08\x01"), "orc");
    assert_eq!(format("x", b"ORC"), "-");
    assert_eq!(format("a.lance", b"\0\0\0\0LANC"), "lance");
    assert_eq!(format("z.zarr/zarr.json", br#"{"shape":[4]}"#), "zarr");
    assert_eq!(format("z.zarr/a/.zarray", br#"{"shape":[4]}"#), "zarr");
}

#[test]
fn facts_name_only_properties_that_the_table_promises() {
    let mut files = goldens();
    let texts = [
        ("x.csv", "a,b\n1,2\n1\n,=cmd|x\n"),
        ("x.tsv", "a\tb\n1\t2\n"),
        ("x.jsonl", "{\"a\":1}\n{\"b\":2}\n"),
    ];
    files.extend(texts.map(|(name, text)| (name, text.as_bytes().to_vec())));
    for (path, bytes) in files {
        let id = format(path, &bytes);
        let row = capabilities().find(|row| row.format.id == id).unwrap();
        let mut facts = head(path, &bytes);
        let found = crate::common::found(path, &bytes);
        if let Some(mut stream) = found.inspector.and_then(|inspector| inspector.stream(path)) {
            stream.push(&bytes);
            facts.extend(stream.finish());
        }
        assert!(facts.facts.len() > 1 || ["duckdb", "matlab"].contains(&id), "{path}");
        for fact in &facts.facts {
            let general = [property::FORMAT, property::FRAMEWORK].contains(&&*fact.property);
            assert!(general || row.properties.contains(&&*fact.property), "{id}: {fact:?}");
            assert_eq!(fact.evidence.file, path);
        }
    }
}

#[test]
fn every_golden_file_survives_wrong_bytes_and_small_budgets() {
    for (path, bytes) in goldens() {
        for at in 0..bytes.len().min(400) {
            let mut changed = bytes.clone();
            changed[at] ^= 0xFF;
            let mut budget = Budget::new(1 << 16, 20, 500, 8);
            drop(inspect(path, &changed, &mut budget));
        }
        for end in (0..bytes.len()).step_by(bytes.len() / 100 + 1) {
            drop(head(path, &bytes[..end]));
        }
    }
}

fn listing(paths: &[&str]) -> Vec<(String, u64)> {
    paths.iter().map(|path| ((*path).to_owned(), 10)).collect()
}

fn texts(folder: &Folder, property: &str) -> Vec<String> {
    folder.facts.list(property).into_iter().map(str::to_owned).collect()
}

#[test]
fn folders_of_pictures_are_datasets() {
    let found = survey(&listing(&[
        "README.md",
        "data/train/cat/1.jpg",
        "data/train/cat/2.JPG",
        "data/train/dog/3.png",
        "data/test/dog/4.jpg",
        "data/test/cat/5.jpg",
        "data/labels.csv",
        "src/a.py",
        "src/b.py",
        "src/c.py",
    ]));
    // The kit itself has other files too, and the folders inside belong to the outer one.
    let [folder] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(folder.path, "data");
    assert_eq!(folder.facts.uint(property::ROWS), Some(5));
    assert_eq!(folder.facts.uint(property::DATASET_SIZE), Some(50));
    assert_eq!(texts(folder, property::MODALITY), ["image"]);
    assert_eq!(texts(folder, property::LABEL), ["cat", "dog"]);
    assert_eq!(texts(folder, property::LAYOUT), ["folders"]);
    let told = |property| pairs(&folder.facts, property);
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(told(property::FILES_OF_TYPE), [pair("jpg", "4"), pair("png", "1")]);
    assert_eq!(told(property::ROWS_OF_SPLIT), [pair("test", "2"), pair("train", "3")]);
    let is_marked = |fact: &Fact| fact.evidence.file == "data" && fact.evidence.place == "listing";
    assert!(folder.facts.facts.iter().all(is_marked));
    let rows = folder.facts.of(property::ROWS).next().unwrap();
    assert_eq!(rows.evidence.known, Known::Inferred);
}

#[test]
fn a_few_pictures_beside_documents_are_no_dataset() {
    assert_eq!(survey(&listing(&["docs/a.png", "docs/b.png", "docs/c.md"])), []);
    assert_eq!(
        survey(&listing(&["a.png", "b.png", "c.png", "d.md", "e.md", "f.md", "g.png"])).len(),
        1
    );
    assert_eq!(survey::<&str>(&[]), []);
    // The kit itself can be the folder; two kinds of media are two modalities.
    let found = survey(&listing(&["a.wav", "b.wav", "c.flac", "d.mp4"]));
    assert_eq!(found[0].path, "");
    assert_eq!(texts(&found[0], property::MODALITY), ["audio", "video"]);
}

#[test]
fn missing_shards_are_findings() {
    let found = survey(&listing(&[
        "data/train-00000-of-00003.parquet",
        "data/train-00002-of-00003.parquet",
        "data/test-00000-of-00001.parquet",
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
        "part-1-of-2.txt",
    ]));
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].path.as_str(), rules(&found[0].facts)), ("", vec![]));
    assert_eq!(rules(&found[1].facts), ["shards-missing"]);
    let message = "1 of 3 shards of `train.parquet` are missing";
    assert_eq!(found[1].facts.findings[0].message, message);
    assert_eq!(said(&found[1].facts, property::SHARDS, "test.parquet"), "1");
}

#[test]
fn deep_paths_take_bounded_work() {
    let deep = "a/".repeat(100_000) + "x.jpg";
    let paths: Vec<(String, u64)> = (0..5).map(|_| (deep.clone(), u64::MAX)).collect();
    let found = survey(&paths);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].facts.uint(property::DATASET_SIZE), Some(u64::MAX));
}

proptest! {
    /// The order of a listing does not matter.
    #[test]
    fn order_does_not_matter(
        paths in proptest::collection::btree_set("(train/|test/|)([ab]/){0,2}[a-d]\\.(jpg|wav|txt)", 0..30),
        seed in any::<u64>(),
    ) {
        let sorted: Vec<(String, u64)> = paths.into_iter().map(|path| (path, 1)).collect();
        let mut mixed = sorted.clone();
        mixed.sort_by_key(|(path, _)| path.bytes().fold(seed, |sum, b| sum.wrapping_mul(31) ^ u64::from(b)));
        prop_assert_eq!(survey(&sorted), survey(&mixed));
    }

    /// Paths of every kind do not break it.
    #[test]
    fn any_paths(paths in proptest::collection::vec("[a/.é\\- ]{0,12}(jpg|-00001-of-00002)?", 0..20)) {
        let listing: Vec<(String, u64)> = paths.into_iter().map(|path| (path, u64::MAX)).collect();
        drop(survey(&listing));
    }
}

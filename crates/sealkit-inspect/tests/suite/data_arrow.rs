//! Arrow IPC: files, streams and Feather as pyarrow writes them, and ones that lie.

use crate::common::{format, rules};
use crate::data::{golden, head, pairs, said, streamed, whole};
use sealkit_inspect::{Confidence, Facts, property};

/// Names, types and rows of `small.*`, whichever way they are written.
fn is_small(facts: &Facts, batches: u64) {
    assert_eq!(facts.findings, []);
    assert!(!facts.incomplete);
    assert_eq!(facts.uint(property::ROWS), Some(3));
    assert_eq!(facts.uint(property::ROW_GROUPS), Some(batches));
    assert_eq!(facts.list(property::COLUMN), ["id", "text"]);
    assert_eq!(said(facts, property::COLUMN_TYPE, "id"), "int64");
    assert_eq!(said(facts, property::COLUMN_TYPE, "text"), "string");
}

#[test]
fn file_stream_and_old_stream_say_the_same() {
    is_small(&head("small.arrow", &golden("small.arrow")), 2);
    is_small(&head("small-stream.arrow", &golden("small-stream.arrow")), 2);
    // Before Arrow 0.15 no word stood before a length.
    is_small(&head("legacy.arrow", &golden("legacy.arrow")), 1);
}

#[test]
fn the_stream_says_the_same_however_it_is_cut() {
    for (name, batches) in [("small-stream.arrow", 2), ("legacy.arrow", 1)] {
        let bytes = golden(name);
        for size in [1, 3, 7, 64, 4096] {
            is_small(&streamed(name, &bytes, &[size]), batches);
        }
    }
}

/// Which batches a file has says its footer; what else lies in it does not count.
#[test]
fn the_footer_of_a_file_has_the_only_word() {
    let bytes = golden("small.arrow");
    assert_eq!(streamed("small.arrow", &bytes, &[1]), Facts::default());
    is_small(&whole("small.arrow", &bytes), 2);
}

#[test]
fn every_type_of_pyarrow_is_told() {
    let facts = head("types.arrow", &golden("types.arrow"));
    let told = pairs(&facts, property::COLUMN_TYPE);
    let expected = [
        "int64",
        "uint8",
        "float32",
        "float64",
        "string",
        "bool",
        "binary",
        "binary(4)",
        "date",
        "timestamp[us, UTC]",
        "timestamp[ms]",
        "decimal(10, 2)",
        "list<int32>",
        "struct<x: int64, y: string>",
        "map<string, int64>",
        "list<struct<q: string>>",
        "dictionary<string>",
        "time[us]",
        "float16",
        "null",
        "string",
    ];
    let kinds: Vec<_> = told.iter().map(|(_, kind)| kind.as_str()).collect();
    assert_eq!(kinds, expected);
    assert_eq!(facts.uint(property::ROWS), Some(3));
}

#[test]
fn what_was_saved_to_disk_has_features() {
    let name = "data-00000-of-00001.arrow";
    let facts = whole(name, &golden(name));
    assert_eq!(facts.uint(property::ROWS), Some(2));
    assert_eq!(said(&facts, property::FEATURE, "label"), "ClassLabel(neg, pos)");
    assert_eq!(said(&facts, property::LABEL, "label"), "neg, pos");
    // Read twice, said once.
    assert_eq!(facts.of(property::ROWS).count(), 1);
    assert_eq!(facts.of(property::COLUMN).count(), 1);
}

#[test]
fn compression_is_told() {
    let facts = head("small-stream.arrow", &golden("small-stream.arrow"));
    assert_eq!(facts.list(property::COMPRESSION), ["zstd"]);
    assert!(head("small.arrow", &golden("small.arrow")).list(property::COMPRESSION).is_empty());
}

#[test]
fn feather_1_is_recognised_and_not_called_read() {
    let facts = head("v1.feather", &golden("v1.feather"));
    assert!(facts.incomplete);
    assert_eq!(facts.uint(property::ROWS), None);
    assert_eq!(facts.findings[0].message, "Feather 1 is not read");
}

#[test]
fn a_stream_is_known_by_its_first_message() {
    let bytes = golden("small-stream.arrow");
    let found = crate::common::found("no-ending", &bytes);
    assert_eq!(found.format.map(|format| format.id), Some("arrow"));
    assert_eq!(found.confidence, Confidence::Content);
    assert_eq!(format("no-ending", &[0xFF; 200]), "-");
    // The old one has nothing to know it by but its name.
    assert_eq!(format("no-ending", &golden("legacy.arrow")), "-");
}

#[test]
fn truncated_at_every_byte_no_rows_are_claimed_that_are_not_there() {
    for name in ["small.arrow", "small-stream.arrow"] {
        let bytes = golden(name);
        // Shorter ones are text, or no Arrow at all.
        for end in 8..bytes.len() {
            let facts = head("a.arrow", &bytes[..end]);
            // A stream may end between two messages: what stands there is all there is.
            let rows = facts.uint(property::ROWS);
            let whole = name == "small-stream.arrow" && matches!(rows, Some(0 | 2 | 3));
            assert!(rows.is_none() && facts.incomplete || whole, "{name} {end} {rows:?}");
        }
    }
}

#[test]
fn wrong_bytes_never_break_the_walk() {
    for name in ["small.arrow", "small-stream.arrow", "data-00000-of-00001.arrow"] {
        let bytes = golden(name);
        for at in 0..bytes.len() {
            for value in [0, 1, 0x7F, 0x80, 0xFF] {
                let mut changed = bytes.clone();
                changed[at] = value;
                drop(head("a.arrow", &changed));
                drop(streamed("a.arrow", &changed, &[13]).facts);
            }
        }
    }
}

#[test]
fn a_batch_outside_of_the_data_is_a_finding() {
    let mut bytes = golden("small.arrow");
    // The block of the last batch: offset 440, message of 208 bytes, body of 24.
    let block = [440_u64, 208, 24].map(u64::to_le_bytes).concat();
    let at = bytes.windows(24).rposition(|window| window == block).unwrap() + 16;
    bytes[at..at + 8].copy_from_slice(&(1_u64 << 40).to_le_bytes());
    let facts = head("a.arrow", &bytes);
    assert!(rules(&facts).contains(&"arrow-places"), "{:?}", facts.findings);
    assert_eq!(facts.uint(property::ROWS), None);
    assert_eq!(facts.list(property::COLUMN), ["id", "text"]);
}

/// A table whose two fields lead to the same table, and so on: 2^60 columns in few bytes.
#[test]
fn shared_tables_end_at_the_budget() {
    let bytes = laughs();
    let facts = head("a.arrow", &bytes);
    assert!(facts.incomplete);
    assert_eq!(facts.uint(property::ROWS), None);
    drop(streamed("a.arrow", &bytes, &[100]));
}

/// Ten thousand fields that share one name of a mebibyte: copied, they would be ten gibibytes.
#[test]
fn shared_texts_are_paid_for() {
    let (fields, name) = (10_000_u32, 1_u32 << 20);
    let mut flat: Vec<u8> = Vec::new();
    // Root offset, then a vtable of two fields.
    flat.extend(16_u32.to_le_bytes());
    for entry in [10_u16, 16, 4, 8, 12, 0] {
        flat.extend(entry.to_le_bytes());
    }
    let table = |flat: &mut Vec<u8>, first: u32, second: u32, third: u32| {
        flat.extend((flat.len() as i32 - 4).to_le_bytes());
        flat.extend([first, second, third].map(u32::to_le_bytes).concat());
    };
    // The message: type of the header 1, and the schema behind it.
    table(&mut flat, 0, 1, 4);
    // The schema: its fields stand behind it.
    table(&mut flat, 0, 8, 0);
    flat.extend(fields.to_le_bytes());
    for index in 0..fields {
        flat.extend((4 * (fields - index)).to_le_bytes());
    }
    // The field: its name stands behind it; it has no other field.
    flat.extend(16_u32.to_le_bytes());
    let vtable = [6_u16, 8, 4, 0].map(u16::to_le_bytes).concat();
    let field = flat.len();
    flat.extend(4_u32.to_le_bytes());
    flat.extend(name.to_le_bytes());
    flat.resize(flat.len() + name as usize, b'n');
    flat.extend(&vtable);
    let back = field as i32 - 4 - (flat.len() - 8) as i32;
    flat[field - 4..field].copy_from_slice(&back.to_le_bytes());
    let mut bytes = vec![0xFF; 4];
    bytes.extend((flat.len() as u32).to_le_bytes());
    bytes.extend(flat);
    for facts in [head("a.arrow", &bytes), streamed("a.arrow", &bytes, &[4096])] {
        assert!(facts.incomplete);
        assert_eq!(facts.findings[0].message, "byte limit of 8388608 was exceeded");
        assert_eq!(facts.uint(property::ROWS), None);
    }
}

/// A schema message of 60 levels, each a vector of two offsets to the same next field.
fn laughs() -> Vec<u8> {
    const LEVELS: usize = 60;
    let mut flat: Vec<u8> = Vec::new();
    let put = |flat: &mut Vec<u8>, at: usize, value: u32| {
        flat[at..at + 4].copy_from_slice(&value.to_le_bytes());
    };
    // Root offset, then a vtable that all tables can use: six fields, each at 4 + 4 * number, of
    // which 3 and 4 are absent.
    flat.extend(24_u32.to_le_bytes());
    let vtable = flat.len();
    for entry in [16_u16, 28, 4, 8, 12, 0, 0, 24] {
        flat.extend(entry.to_le_bytes());
    }
    flat.resize(24, 0);
    let table = |flat: &mut Vec<u8>| {
        let at = flat.len();
        flat.extend(((at - vtable) as i32).to_le_bytes());
        flat.resize(at + 28, 0);
        at
    };
    let vector = |flat: &mut Vec<u8>| {
        let at = flat.len();
        flat.extend(2_u32.to_le_bytes());
        flat.resize(at + 12, 0);
        at
    };
    let message = table(&mut flat);
    // Field 1 is the type of the header, field 2 the header.
    flat[message + 8] = 1;
    let schema = table(&mut flat);
    put(&mut flat, message + 12, (schema - message - 12) as u32);
    let mut from = schema + 8;
    for _ in 0..LEVELS {
        let list = vector(&mut flat);
        put(&mut flat, from, (list - from) as u32);
        let field = table(&mut flat);
        for item in [list + 4, list + 8] {
            put(&mut flat, item, (field - item) as u32);
        }
        from = field + 24;
        // Field 0, the name, and all others lead to an empty vector that the next round makes.
        let next = flat.len();
        put(&mut flat, field + 4, (next - field - 4) as u32);
    }
    let list = vector(&mut flat);
    put(&mut flat, from, (list - from) as u32);
    put(&mut flat, list, 0);
    let mut bytes = vec![0xFF; 4];
    bytes.extend((flat.len() as u32).to_le_bytes());
    bytes.extend(flat);
    bytes
}

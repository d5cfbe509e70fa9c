//! Tables in gzip are the tables that are in it.

use crate::common::format;
use crate::data::{about, head, said, streamed, whole};
use sealkit_inspect::{Facts, Value, property};

/// So many lines, each made from its number.
fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    let lines: Vec<String> = (0..count).map(line).collect();
    lines.join("\n") + "\n"
}

/// `bytes` in gzip, without a time.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap()
}

/// Facts without those of the format and of where it stands.
fn rows_of(mut facts: Facts) -> Facts {
    facts.facts.retain(|fact| fact.property != property::FORMAT);
    facts
}

#[test]
fn files_of_gzip_hold_what_gunzip_gives() {
    let facts = head("rows.csv.gz", &crate::data::golden("rows.csv.gz"));
    assert_eq!(facts.text(property::FORMAT), Some("compressed-csv"));
    assert_eq!(facts.uint(property::ROWS), Some(3));
    assert_eq!(facts.list(property::COLUMN), ["id", "score", "when"]);
    assert_eq!(said(&facts, property::COLUMN_TYPE, "score"), "number");
    assert_eq!(about(&facts, property::MISSING_VALUES, "score"), Some(&Value::Uint(1)));
    // Two members are one file.
    let facts = head("rows.jsonl.gz", &crate::data::golden("rows.jsonl.gz"));
    assert_eq!(facts.text(property::FORMAT), Some("compressed-jsonl"));
    assert_eq!(facts.uint(property::ROWS), Some(4));
    assert_eq!(facts.list(property::COLUMN), ["a", "b", "c"]);
}

#[test]
fn packed_rows_are_the_rows_that_are_packed() {
    let csv = lines(30_000, |n| format!("{n},\"a\n{n}\",{}", n % 7));
    let jsonl = lines(30_000, |n| format!("{{\"n\":{n},\"text\":\"{}\"}}", n * 7919));
    for (path, text) in [("d/x.csv", &csv), ("x.tsv", &csv), ("x.jsonl", &jsonl)] {
        let packed = format!("{path}.GZ");
        let bytes = gzip(text.as_bytes());
        let facts = whole(&packed, &bytes);
        let plain = whole(path, text.as_bytes());
        let values = |facts: &Facts| -> Vec<_> {
            let all = rows_of(facts.clone()).facts.into_iter();
            all.map(|fact| (fact.property, fact.subject, fact.value)).collect()
        };
        assert_eq!(values(&facts), values(&plain), "{path}");
        assert!(!facts.incomplete && facts.findings == plain.findings);
        assert_eq!(
            streamed(&packed, &bytes, &[1, 7, 40_000]),
            streamed(&packed, &bytes, &[65_536])
        );
        // Not read whole, it says what its first rows show, and that nobody counted.
        let first = head(&packed, &bytes);
        assert_eq!(first.uint(property::ROWS), None, "{path}");
        assert_eq!(
            said(&first, property::NOT_MEASURED, property::ROWS),
            "the file was not read whole"
        );
    }
}

#[test]
fn json_lines_are_found_under_another_name() {
    let bytes = gzip(b"{\"a\":1}\n{\"a\":2}\n");
    for name in ["c4-train.00000.json.gz", "data.gz"] {
        assert_eq!(format(name, &bytes), "compressed-jsonl", "{name}");
        assert_eq!(head(name, &bytes).uint(property::ROWS), Some(2));
    }
    for (name, text) in [("x.gz", "a,b\n1,2\n"), ("x.json.gz", "{\"a\":1}"), ("x.csv.gz", "\0\0")] {
        assert_eq!(format(name, &gzip(text.as_bytes())), "gzip", "{name}");
    }
}

#[test]
fn a_part_of_packed_rows_is_no_number_of_rows() {
    let whole_file = gzip(lines(3000, |n| format!("{n},{}", n * 31)).as_bytes());
    for end in [11, whole_file.len() / 2, whole_file.len() - 9, whole_file.len() - 1] {
        let facts = streamed("x.csv.gz", &whole_file[..end], &[100]);
        assert!(facts.incomplete, "{end}");
        assert_eq!(facts.uint(property::ROWS), None);
        assert_eq!(facts.findings[0].rule, "not-unpacked");
        assert!(!said(&facts, property::NOT_MEASURED, property::ROWS).is_empty());
    }
    // Bytes behind the last member, and a checksum of other bytes.
    let mut longer = whole_file.clone();
    longer.extend(b"garbage");
    let mut changed = whole_file.clone();
    let crc = changed.len() - 5;
    changed[crc] ^= 1;
    for bytes in [longer, changed] {
        let facts = streamed("x.csv.gz", &bytes, &[5000]);
        assert!(facts.incomplete && facts.uint(property::ROWS).is_none());
    }
}

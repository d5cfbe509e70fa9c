//! Rows under names and in encodings that real programs give them: pandas, spreadsheets, Python's `json`.

use crate::common::rules;
use crate::data::{fed, head, said, streamed, whole};
use sealkit_inspect::{Facts, property};

/// The facts of a whole table, fed in small pieces.
fn table(path: &str, text: &str) -> Facts {
    streamed(path, text.as_bytes(), &[3])
}

#[test]
fn tables_in_other_encodings_are_tables() {
    // Latin-1, GBK, and a stray byte of a terminal.
    let named: [&[u8]; 3] = [
        b"id,name\n1,M\xFCller\n",
        b"\xB1\xE0\xBA\xC5,b\n1,\xD5\xC5\xC8\xFD\n",
        b"a,b\n1,\x1b[0m\n",
    ];
    for bytes in named {
        let facts = whole("x.csv", bytes);
        assert_eq!(facts.text(property::FORMAT), Some("csv"));
        assert_eq!(facts.uint(property::ROWS), Some(1));
        assert_eq!(facts.uint(property::COLUMNS), Some(2));
        assert!(facts.findings.iter().all(|finding| finding.rule != "format-mismatch"));
    }
    let text = "\u{feff}a;é\r\n1;\"x\r\ny\"\r\n2;😀\r\n";
    for is_big in [false, true] {
        let bytes = |unit: u16| if is_big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        let bytes: Vec<u8> = text.encode_utf16().flat_map(bytes).collect();
        for size in [1, 3, 1000] {
            let facts = streamed("x.csv", &bytes, &[size]);
            assert_eq!(facts.uint(property::ROWS), Some(2));
            assert_eq!(facts.list(property::COLUMN), ["a", "é"]);
            assert_eq!(rules(&facts), Vec::<&str>::new());
        }
        assert_eq!(whole("x.csv", &bytes).list(property::COLUMN), ["a", "é"]);
    }
    let binary: Vec<u8> = (0..200).collect();
    assert_eq!(head("x.csv", &binary).text(property::FORMAT), None);
}

#[test]
fn a_first_line_may_name_the_separator() {
    for text in ["sep=;\na;b,c\n1;2\n", "sep=;\r\na;b,c\r\n1;2\r\n"] {
        let facts = table("x.csv", text);
        assert_eq!(facts.list(property::COLUMN), ["a", "b,c"], "{text}");
        assert_eq!(facts.uint(property::ROWS), Some(1), "{text}");
        assert_eq!(facts.of(property::ROWS).next().unwrap().evidence.place, "line 3", "{text}");
    }
    assert_eq!(table("x.csv", "sep=\t\na\tb\n1\t2\n").uint(property::COLUMNS), Some(2));
    assert_eq!(table("x.csv", "sep=x\n1\n").list(property::COLUMN), ["sep=x"]);
}

#[test]
fn years_and_numbers_may_name_columns() {
    let facts = table("x.csv", "Country,1960,1961,1962\nAruba,54211,55438,56225\nPeru,1,2,3\n");
    assert_eq!(facts.list(property::COLUMN), ["Country", "1960", "1961", "1962"]);
    assert_eq!(facts.uint(property::ROWS), Some(2));
    // What pandas 3.1 writes of a table without names.
    let facts = table("x.csv", ",0,1\n0,7,x\n1,8,y\n");
    assert_eq!(facts.uint(property::ROWS), Some(2));
    assert_eq!(said(&facts, property::COLUMN_TYPE, "0"), "integer");
    let facts = table("x.csv", "5.1,setosa\n4.9,setosa\n");
    assert_eq!(facts.uint(property::ROWS), Some(2));
    assert_eq!(facts.of(property::ROWS).next().unwrap().evidence.place, "lines 1-2");
    assert_eq!(table("x.csv", "5.1,setosa\n").uint(property::ROWS), Some(1));
}

#[test]
fn lines_of_json_are_found_whatever_they_hold() {
    // What pandas writes with `lines=True`, under the name that it is given.
    let facts = whole("train.json", b"{\"a\":1}\n{\"a\":null}\n");
    assert_eq!(facts.text(property::FORMAT), Some("jsonl"));
    assert_eq!(facts.uint(property::ROWS), Some(2));
    assert_eq!(facts.findings, []);
    // What Python's `json` writes of numbers and texts that the standard lacks.
    let odd = b"{\"a\":NaN,\"t\":\"\\ud83d\"}\n{\"a\":-Infinity,\"t\":\"x\"}\n";
    let facts = whole("x.jsonl", odd);
    assert_eq!(facts.uint(property::BAD_ROWS), Some(0));
    assert_eq!(said(&facts, property::COLUMN_TYPE, "a"), "number");
    assert_eq!(said(&facts, property::MISSING_VALUES, "a"), "1");
    assert_eq!(said(&facts, property::COLUMN_TYPE, "t"), "text");
    for text in ["[1,2]\n[3,4]\n", "\"a\"\n\"b\"\n"] {
        assert_eq!(whole("x.jsonl", text.as_bytes()).uint(property::ROWS), Some(2), "{text}");
    }
    let latin_1 = b"{\"a\":\"M\xFCller\"}\n{\"a\":1}\n";
    let facts = whole("x.jsonl", latin_1);
    assert_eq!(facts.uint(property::ROWS), Some(2));
    assert!(!rules(&facts).contains(&"format-mismatch"));
    // One document is no lines.
    assert_eq!(head("x.json", b"{\"a\":1}\n").text(property::FORMAT), Some("json"));
    assert_eq!(
        head("x.jsonl", b"[\n{\"a\":1},\n{\"a\":2}\n]\n").text(property::FORMAT),
        Some("json")
    );
}

#[test]
fn records_in_one_array_are_counted() {
    // As instruction datasets come.
    let text = "[\n  {\"instruction\": \"a, [b] \\\"{\", \"input\": \"\", \"n\": 1},\n  \
                {\"instruction\": \"c\", \"input\": null, \"n\": NaN}\n]\n";
    for size in [1, 7, 1000] {
        let facts = streamed("x.json", text.as_bytes(), &[size]);
        assert_eq!(facts.uint(property::ROWS), Some(2));
        assert_eq!(facts.uint(property::BAD_ROWS), Some(0));
        assert_eq!(facts.list(property::COLUMN), ["instruction", "input", "n"]);
        assert_eq!(said(&facts, property::MISSING_VALUES, "n"), "1");
        assert_eq!(facts.findings, []);
    }
    assert_eq!(head("x.json", text.as_bytes()).text(property::FORMAT), Some("json-records"));
    let long = format!("[{}{{\"id\":0}}]", "{\"id\":7},".repeat(20_000));
    let before = head("x.json", long.as_bytes());
    assert_eq!(said(&before, property::NOT_MEASURED, "rows"), "the file was not read whole");
    assert_eq!(before.list(property::COLUMN), ["id"]);
    assert_eq!(whole("x.json", long.as_bytes()).uint(property::ROWS), Some(20_001));
    for bad in ["[{\"a\":1},{\"a\":2}", "[{\"a\":1},{\"a\":2}] x", "[{\"a\":1},{\"a\":\"2]"] {
        let facts = fed("x.json", text.as_bytes(), bad.as_bytes(), &[5]);
        assert!(facts.incomplete, "{bad}");
        assert_eq!(facts.uint(property::ROWS), None, "{bad}");
    }
    let odd = fed("x.json", text.as_bytes(), b"[{\"a\":1},{a},7]", &[5]);
    assert_eq!(odd.uint(property::BAD_ROWS), Some(1));
    assert_eq!(odd.findings[0].message, "1 records are no JSON");
    assert_eq!(odd.findings[0].evidence.place, "record 2");
    // Settings are no records.
    for other in ["[{\"a\":1}]", "[1,2]", "[]", "[{\"a\":1},2]", "{\"a\":[{},{}]}"] {
        assert_eq!(
            head("x.json", other.as_bytes()).text(property::FORMAT),
            Some("json"),
            "{other}"
        );
    }
}

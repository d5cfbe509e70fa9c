//! Tables as text: whatever pieces they come in, the same facts.

use crate::common::{format, rules};
use crate::data::{about, fed, head, said, streamed, whole};
use proptest::prelude::*;
use sealkit_inspect::{Class, Facts, Value, property};
use sealkit_report::Known;

fn table(path: &str, text: &str) -> Facts {
    let facts = head(path, text.as_bytes());
    assert_eq!(streamed_again(path, text), facts, "{text}");
    facts
}

/// What the stream says of a small file, without what finding the format adds.
fn streamed_again(path: &str, text: &str) -> Facts {
    let mut facts = streamed(path, text.as_bytes(), &[1]);
    let format = head(path, text.as_bytes()).facts;
    facts.facts.extend(format.into_iter().filter(|f| f.property == property::FORMAT));
    facts
}

/// So many lines, each made from its number.
fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    let lines: Vec<String> = (0..count).map(line).collect();
    lines.join("\n") + "\n"
}

#[test]
fn types_are_the_narrowest_that_hold_every_cell() {
    let text = "id,score,ok,when,note,none,mixed\n\
                1,1.5,true,2024-01-31,a,,1\n\
                2,-2,False,2024-02-01T10:00:00Z,\"b,\"\"c\"\"\",NA,x\n\
                -3,1e9,TRUE,2023/05/06,\"d\ne\",null,2024-01-01\n";
    let facts = table("x.csv", text);
    let expected = [
        ("id", "integer"),
        ("score", "number"),
        ("ok", "boolean"),
        ("when", "date"),
        ("note", "text"),
        ("none", "empty"),
        ("mixed", "text"),
    ];
    for (column, kind) in expected {
        assert_eq!(said(&facts, property::COLUMN_TYPE, column), kind, "{column}");
    }
    assert_eq!(facts.uint(property::ROWS), Some(3));
    assert_eq!(facts.uint(property::BAD_ROWS), Some(0));
    assert_eq!(facts.uint(property::COLUMNS), Some(7));
    assert_eq!(about(&facts, property::MISSING_VALUES, "none"), Some(&Value::Uint(3)));
    assert_eq!(about(&facts, property::MISSING_VALUES, "id"), None);
    assert_eq!(facts.text(property::MODALITY), Some("tabular"));
    assert_eq!(facts.findings, []);
}

#[test]
fn rows_say_in_which_lines_they_stand() {
    let facts = table("x.csv", "a,b\r\n1,\"x\r\ny\"\r\n\r\n2,z\r\n");
    let rows = facts.of(property::ROWS).next().unwrap();
    assert_eq!((&rows.value, rows.evidence.known), (&Value::Uint(2), Known::Measured));
    // The second row begins in line 5: a quoted line end and a blank line stand before it.
    assert_eq!(rows.evidence.place, "lines 2-5");
    assert_eq!(facts.of(property::COLUMN).next().unwrap().evidence.place, "line 1");
}

#[test]
fn a_first_row_of_values_is_no_header() {
    let facts = table("x.csv", "1,a\n2,b\n");
    assert_eq!(facts.of(property::HEADER).next().unwrap().value, Value::Bool(false));
    assert_eq!(facts.uint(property::ROWS), Some(2));
    assert!(facts.list(property::COLUMN).is_empty());
    assert_eq!(said(&facts, property::COLUMN_TYPE, "column 1"), "integer");
    assert_eq!(said(&facts, property::COLUMN_TYPE, "column 2"), "text");
    let facts = table("x.csv", "a,b\n2,b\n");
    assert_eq!(facts.of(property::HEADER).next().unwrap().value, Value::Bool(true));
    assert_eq!(facts.of(property::HEADER).next().unwrap().evidence.known, Known::Inferred);
}

#[test]
fn the_index_that_pandas_writes_has_no_name() {
    let facts = table("x.csv", ",a\n0,x\n1,y\n");
    assert_eq!(facts.list(property::COLUMN), ["", "a"]);
    assert_eq!(said(&facts, property::COLUMN_TYPE, "column 1"), "integer");
}

#[test]
fn rows_of_another_length_are_counted_and_the_first_is_named() {
    let facts = table("x.csv", "a,b,c\n1,2,3\n1\n1,2,3,4\n5,6,7\n");
    assert_eq!(facts.uint(property::ROWS), Some(4));
    assert_eq!(facts.uint(property::BAD_ROWS), Some(2));
    assert_eq!(rules(&facts), ["table-rows"]);
    assert_eq!(facts.findings[0].evidence.place, "line 3");
    // A row that ends early lacks the cells behind.
    assert_eq!(about(&facts, property::MISSING_VALUES, "a"), None);
    assert_eq!(about(&facts, property::MISSING_VALUES, "b"), Some(&Value::Uint(1)));
    assert_eq!(about(&facts, property::MISSING_VALUES, "c"), Some(&Value::Uint(1)));
}

#[test]
fn formulas_that_a_spreadsheet_runs_are_findings() {
    let facts = table("x.csv", "a,b\n1,=cmd|' /C calc'!A0\n=HYPERLINK(\"x\"),2\n-5,+1\n");
    assert_eq!(rules(&facts), ["table-formula"]);
    assert_eq!(facts.findings[0].message, "2 cells would run as formulas in a spreadsheet");
    assert_eq!(facts.findings[0].evidence.place, "line 2");
}

#[test]
fn quotes_that_are_out_of_place_are_findings() {
    let open = table("x.csv", "a,b\n1,\"never\nclosed\n");
    assert!(open.incomplete);
    assert_eq!(rules(&open), ["table-quotes"]);
    let stray = table("x.csv", "a,b\n1,\"x\"y\n2,z\n");
    assert_eq!(rules(&stray), ["table-quotes"]);
    assert_eq!(stray.uint(property::ROWS), Some(2));
    // Inside a cell without quotes they stand for themselves.
    assert_eq!(rules(&table("x.csv", "a,b\n1,5\" pipe\n")), Vec::<&str>::new());
}

#[test]
fn other_separators_are_found_in_the_first_line() {
    for text in ["a;b\n1,5;2\n", "a|b\n1|2\n", "a\tb\n1\t2\n", "\"a,b\";c\n1;2\n"] {
        let facts = table("x.csv", text);
        assert_eq!(facts.uint(property::COLUMNS), Some(2), "{text}");
        assert_eq!(facts.uint(property::BAD_ROWS), Some(0), "{text}");
    }
    assert_eq!(table("x.tsv", "a\tb\n1,5\t2\n").uint(property::COLUMNS), Some(2));
    assert_eq!(table("x.csv", "only\n1\n2\n").uint(property::COLUMNS), Some(1));
}

#[test]
fn byte_order_marks_are_no_part_of_a_name() {
    assert_eq!(table("x.csv", "\u{feff}a,b\n1,2\n").list(property::COLUMN), ["a", "b"]);
    assert_eq!(table("x.csv", "\u{feff}\"a\",b\n1,2\n").list(property::COLUMN), ["a", "b"]);
    assert_eq!(table("x.jsonl", "\u{feff}{\"a\":1}\n{\"a\":2}\n").list(property::COLUMN), ["a"]);
}

#[test]
fn what_is_no_utf_8_is_said() {
    let latin_1 = b"a,b\n\xE9,1\n";
    assert_eq!(rules(&streamed_csv(latin_1, 1)), ["table-text"]);
    assert_eq!(rules(&streamed_csv(latin_1, 100)), ["table-text"]);
    // A character that is cut by a piece is whole.
    assert_eq!(rules(&streamed_csv("a\né😀\n".as_bytes(), 1)), Vec::<&str>::new());
    // A character that the end cuts is not.
    assert_eq!(rules(&streamed_csv(b"a\n\xF0\x9F", 1)), ["table-text"]);
    assert_eq!(rules(&streamed_csv(b"a\n\0\n", 1)), ["table-text"]);
}

/// The inspector of `.csv`, whatever the bytes are.
fn streamed_csv(bytes: &[u8], size: usize) -> Facts {
    streamed_at("x.csv", bytes, &[size])
}

#[test]
fn a_longer_file_is_counted_by_whoever_reads_it_whole() {
    let text = format!("id,text\n{}", lines(20_000, |id| format!("{id},some text")));
    let before = head("x.csv", text.as_bytes());
    assert_eq!(before.uint(property::ROWS), None);
    assert_eq!(said(&before, property::NOT_MEASURED, "rows"), "the file was not read whole");
    assert_eq!(before.list(property::COLUMN), ["id", "text"]);
    let after = whole("x.csv", text.as_bytes());
    assert_eq!(after.uint(property::ROWS), Some(20_000));
    assert_eq!(about(&after, property::NOT_MEASURED, "rows"), None);
    assert_eq!(after.of(property::COLUMN).count(), 1);
}

#[test]
fn wide_tables_and_long_cells_take_bounded_memory() {
    let names: Vec<String> = (0..12_000).map(|at| format!("c{at}")).collect();
    let wide = format!("{},end\n{}1\n", names.join(","), "1,".repeat(12_000));
    let facts = streamed("x.csv", wide.as_bytes(), &[10_000]);
    assert_eq!(facts.uint(property::COLUMNS), Some(12_001));
    // Names of columns are all that is left out.
    assert!(!facts.incomplete && rules(&facts).contains(&"table-columns"));
    assert_eq!(facts.uint(property::BAD_ROWS), Some(0));
    assert_eq!(facts.list(property::COLUMN).len(), 10_000);
    let long = format!("{}\n{}\n", "a".repeat(100_000), "b".repeat(100_000));
    let facts = streamed("x.csv", long.as_bytes(), &[999]);
    assert_eq!(facts.list(property::COLUMN)[0].len(), 1024);
    assert_eq!(facts.uint(property::ROWS), Some(1));
}

#[test]
fn columns_of_one_name_are_a_finding() {
    assert_eq!(rules(&table("x.csv", "a,b,a\n1,2,3\n")), ["table-columns"]);
}

#[test]
fn keys_of_json_lines_have_exact_types() {
    let text = "{\"a\":1,\"b\":\"x\",\"c\":[1],\"d\":null}\n\
                \n\
                {\"a\":2.5,\"b\":\"y\",\"e\":{\"f\":1},\"d\":true}\r\n\
                {\"b\":3}";
    let facts = table("x.jsonl", text);
    assert_eq!(facts.uint(property::ROWS), Some(3));
    assert_eq!(facts.list(property::COLUMN), ["a", "b", "c", "d", "e"]);
    let expected = [
        ("a", "number"),
        ("b", "text or integer"),
        ("c", "list"),
        ("d", "boolean"),
        ("e", "object"),
    ];
    for (key, kind) in expected {
        assert_eq!(said(&facts, property::COLUMN_TYPE, key), kind);
    }
    let missing = [("a", 1), ("c", 2), ("d", 2), ("e", 2)];
    for (key, count) in missing {
        assert_eq!(
            about(&facts, property::MISSING_VALUES, key),
            Some(&Value::Uint(count)),
            "{key}"
        );
    }
    assert_eq!(about(&facts, property::MISSING_VALUES, "b"), None);
    assert_eq!(facts.findings, []);
}

#[test]
fn lines_that_are_odd_are_counted_by_what_is_odd() {
    let text = "{\"a\":1}\n{\"a\":}\n[1,2]\n{\"a\":1,\"a\":2}\n{\"a\":1} x\n7\n\
                {\"a\":1}\n{\"a\":1}\n";
    let facts = streamed("x.jsonl", text.as_bytes(), &[5]);
    assert_eq!(facts.uint(property::ROWS), Some(8));
    assert_eq!(facts.uint(property::BAD_ROWS), Some(2));
    let told: Vec<_> =
        facts.findings.iter().map(|f| (f.message.as_str(), f.evidence.place.as_str())).collect();
    let expected = [
        ("2 lines are no JSON", "line 2"),
        ("2 lines are no objects", "line 3"),
        ("1 lines have a key twice", "line 4"),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_line_beyond_the_limit_is_a_row_that_is_not_parsed() {
    let text = format!("{{\"a\":1}}\n{{\"a\":\"{}\"}}\n{{\"a\":2}}\n", "x".repeat(5 << 20));
    let facts = streamed("x.jsonl", text.as_bytes(), &[1 << 16]);
    assert_eq!(facts.uint(property::ROWS), Some(3));
    assert!(facts.incomplete);
    assert_eq!(facts.findings[0].message, "1 lines are too long to be parsed");
    assert_eq!(said(&facts, property::COLUMN_TYPE, "a"), "integer");
    assert_eq!(about(&facts, property::MISSING_VALUES, "a"), None);
}

#[test]
fn keys_without_end_are_bounded() {
    let many = lines(10_100, |at| format!("{{\"k{at}\":1}}"));
    let text = format!("{many}{{\"{}\":1}}\n", "k".repeat(2000));
    let facts = streamed("x.jsonl", text.as_bytes(), &[4096]);
    assert_eq!(facts.uint(property::ROWS), Some(10_101));
    assert_eq!(facts.uint(property::COLUMNS), Some(10_000));
    assert!(facts.incomplete);
    assert_eq!(rules(&facts), ["jsonl-keys"]);
}

#[test]
fn deep_lines_are_bad_lines_or_values_and_no_crash() {
    let text =
        format!("{{\"a\":{}}}\n{{\"a\":{}}}\n", "[".repeat(100_000), "[{\"x\":".repeat(50_000));
    let facts = streamed("x.jsonl", text.as_bytes(), &[1000]);
    assert_eq!(facts.uint(property::BAD_ROWS), Some(2));
    let deep = format!("{{\"a\":{}{}}}\n", "[".repeat(50_000), "]".repeat(50_000));
    assert_eq!(streamed("x.jsonl", deep.as_bytes(), &[1000]).uint(property::ROWS), Some(1));
}

#[test]
fn longer_json_lines_guess_their_keys_until_they_are_read() {
    let many = lines(10_000, |id| format!("{{\"id\":{id},\"text\":\"abc\"}}"));
    let text = format!("{many}{{\"late\":1}}\n");
    let before = head("x.jsonl", text.as_bytes());
    assert_eq!(before.list(property::COLUMN), ["id", "text"]);
    assert_eq!(before.of(property::COLUMN).next().unwrap().evidence.known, Known::Inferred);
    assert_eq!(before.findings, []);
    let after = whole("x.jsonl", text.as_bytes());
    // The guess gives way to what was measured.
    assert_eq!(after.list(property::COLUMN), ["id", "text", "late"]);
    assert_eq!(after.uint(property::COLUMNS), Some(3));
    assert_eq!(after.uint(property::ROWS), Some(10_001));
}

#[test]
fn names_decide_what_is_a_table() {
    assert_eq!(format("x.csv", b"just prose, with a comma\n"), "csv");
    assert_eq!(format("x", b"a\tb\n1\t2\n3\t4\n"), "tsv");
    assert_eq!(format("x", b"a,b\n1,2\n3,4\n"), "-");
    let long = format!("{{\"text\":\"{}\"}}\n{{\"text\":\"b\"}}\n", "a".repeat(20_000));
    assert_eq!(format("x.jsonl", long.as_bytes()), "jsonl");
    assert_eq!(crate::common::look("x.csv", b"").0, Class::Dataset);
}

proptest! {
    /// Any bytes in any pieces give the same facts.
    #[test]
    fn pieces_do_not_matter(
        text in "[ab1.,;\t\"\r\n=|é-]{0,200}",
        sizes in proptest::collection::vec(1_usize..40, 1..8),
    ) {
        for path in ["x.csv", "x.tsv"] {
            let whole = streamed_at(path, text.as_bytes(), &[text.len()]);
            prop_assert_eq!(&streamed_at(path, text.as_bytes(), &sizes), &whole);
            prop_assert_eq!(&streamed_at(path, text.as_bytes(), &[1]), &whole);
        }
    }

    #[test]
    fn pieces_do_not_matter_for_any_bytes(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        sizes in proptest::collection::vec(1_usize..40, 1..8),
    ) {
        for path in ["x.csv", "x.jsonl"] {
            let whole = streamed_at(path, &bytes, &[bytes.len()]);
            prop_assert_eq!(&streamed_at(path, &bytes, &sizes), &whole);
        }
    }

    #[test]
    fn pieces_do_not_matter_for_json_lines(
        lines in proptest::collection::vec("(\\{\"[abé]\":(1|\"x\"|null|\\[1\\])\\}|\\{|7|)", 0..20),
        sizes in proptest::collection::vec(1_usize..40, 1..8),
    ) {
        let text = lines.join("\n");
        let whole = streamed_at("x.jsonl", text.as_bytes(), &[text.len()]);
        prop_assert_eq!(&streamed_at("x.jsonl", text.as_bytes(), &sizes), &whole);
        prop_assert_eq!(&streamed_at("x.jsonl", text.as_bytes(), &[1]), &whole);
    }

    /// What is written with quotes is read again: as many rows, columns and names.
    #[test]
    fn rows_that_are_written_are_counted(
        names in proptest::collection::btree_set("[a-zé][a-zé\"\r\n,]{0,7}", 1..6),
        rows in 0_u64..30,
        cell in "[a-z\"\r\n,]{1,8}",
    ) {
        let quote = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let names: Vec<String> = names.into_iter().collect();
        let line = |cells: Vec<String>| cells.join(",") + "\r\n";
        let mut text = line(names.iter().map(|name| quote(name)).collect());
        (0..rows).for_each(|_| text += &line(names.iter().map(|_| quote(&cell)).collect()));
        let facts = streamed_at("x.csv", text.as_bytes(), &[7]);
        prop_assert_eq!(facts.uint(property::ROWS), Some(rows));
        prop_assert_eq!(facts.uint(property::BAD_ROWS), Some(0));
        prop_assert_eq!(facts.uint(property::COLUMNS), Some(names.len() as u64));
        prop_assert_eq!(facts.list(property::COLUMN), names);
    }
}

/// The stream of the inspector that the name alone leads to.
fn streamed_at(path: &str, bytes: &[u8], sizes: &[usize]) -> Facts {
    let example: &[u8] = if path == "x.jsonl" { b"{\"a\":1}\n" } else { b"a\tb\n" };
    fed(path, example, bytes, sizes)
}

//! Rows, members and licences that are written here: what is told of them is what a plain count of the same bytes says.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use crate::common::look;
use crate::data::{archive, member, whole};
use flate2::Compression;
use flate2::read::GzEncoder;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use sealkit_inspect::licence::detect;
use sealkit_inspect::{Facts, Value, property};
use serde_json::{Map, Value as Json};

/// A value of one line: a number, a text, a list and so on.
fn any_json() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i32>().prop_map(Json::from),
        (-1e6..1e6_f64).prop_map(Json::from),
        "\\PC{0,12}".prop_map(Json::from),
        prop::collection::vec(any::<i8>(), 0..4).prop_map(Json::from),
        prop::collection::btree_map("[a-z]{1,3}", any::<i8>(), 0..3).prop_map(|map| map
            .into_iter()
            .map(|(k, v)| (k, Json::from(v)))
            .collect::<Map<_, _>>()
            .into()),
    ]
}

fn any_line() -> impl Strategy<Value = BTreeMap<String, Json>> {
    prop::collection::btree_map("[a-dé\" ]{1,2}", any_json(), 0..6)
}

fn about(facts: &Facts, property: &str) -> BTreeMap<String, String> {
    let all = facts.facts.iter().filter(|fact| fact.property == property);
    all.map(|fact| (fact.subject.clone(), fact.value.to_string())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Keys, rows and missing values of JSON Lines, with blank lines and any line ends between them.
    #[test]
    fn lines_of_json_are_counted(
        lines in prop::collection::vec(any_line(), 0..25),
        ends in prop::collection::vec(select(vec!["\n", "\r\n", "\n\n", " \n \n"]), 25),
    ) {
        let mut text = String::new();
        for (line, end) in lines.iter().zip(&ends) {
            text += &Json::Object(line.clone().into_iter().collect()).to_string();
            text += end;
        }
        let facts = crate::data::fed("x.jsonl", b"{\"a\":1}\n", text.as_bytes(), &[5]);
        let mut given: BTreeMap<&str, u64> = BTreeMap::new();
        let mut types: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (key, value) in lines.iter().flatten() {
            let kind = match value {
                Json::Null => None,
                Json::Bool(_) => Some("boolean"),
                Json::Number(number) if number.is_i64() => Some("integer"),
                Json::Number(_) => Some("number"),
                Json::String(_) => Some("text"),
                Json::Array(_) => Some("list"),
                Json::Object(_) => Some("object"),
            };
            *given.entry(key).or_default() += u64::from(kind.is_some());
            types.entry(key).or_default().extend(kind);
        }
        prop_assert_eq!(facts.uint(property::ROWS), Some(lines.len() as u64));
        prop_assert_eq!(facts.uint(property::BAD_ROWS), Some(0));
        prop_assert_eq!(facts.uint(property::COLUMNS), Some(given.len() as u64));
        let names: BTreeSet<&str> = facts.list(property::COLUMN).into_iter().collect();
        prop_assert_eq!(names, given.keys().copied().collect::<BTreeSet<_>>());
        let missing = about(&facts, property::MISSING_VALUES);
        for (key, given) in &given {
            let expected = lines.len() as u64 - given;
            let told = missing.get(*key).map_or(0, |count| count.parse().unwrap_or(u64::MAX));
            prop_assert_eq!(told, expected, "{}\n{}", key, text);
        }
        let told = about(&facts, property::COLUMN_TYPE);
        for (key, kinds) in &types {
            let mut kinds = kinds.clone();
            // A number with a fraction holds whole ones.
            if kinds.contains("number") {
                kinds.remove("integer");
            }
            let found: BTreeSet<&str> = told[*key].split(" or ").filter(|kind| *kind != "empty").collect();
            prop_assert_eq!(found, kinds, "{}\n{}", key, text);
        }
    }

    /// Cells of a table that nobody has to quote.
    #[test]
    fn plain_tables_are_counted(
        rows in prop::collection::vec(prop::collection::vec(select(vec!["7", "x", "", "2024-01-02", "NA", "-1.5e3", "true"]), 3), 1..30),
        separator in select(vec![',', ';', '\t', '|']),
    ) {
        let lines: Vec<String> = rows.iter().map(|row| row.join(&separator.to_string())).collect();
        let text = format!("one{separator}two{separator}three\n{}\n", lines.join("\n"));
        let path = if separator == '\t' { "x.tsv" } else { "x.csv" };
        let facts = whole(path, text.as_bytes());
        prop_assert_eq!(facts.uint(property::ROWS), Some(rows.len() as u64), "{}", text);
        prop_assert_eq!(facts.list(property::COLUMN), ["one", "two", "three"]);
        let missing = about(&facts, property::MISSING_VALUES);
        for (at, name) in ["one", "two", "three"].into_iter().enumerate() {
            let expected = rows.iter().filter(|row| matches!(row[at], "" | "NA")).count();
            let told = missing.get(name).map_or(0, |count| count.parse().unwrap_or(usize::MAX));
            prop_assert_eq!(told, expected, "{} in {}", name, text);
        }
    }

    /// Files in an archive by the ends of their names, and their bytes.
    #[test]
    fn members_are_counted_by_type(
        files in prop::collection::btree_map("[a-z]{1,6}", (select(vec!["txt", "png", "json"]), 0..2000_usize), 0..20),
    ) {
        let members: Vec<Vec<u8>> =
            files.iter().map(|(name, (end, size))| member(&format!("d/{name}.{end}"), b'0', &vec![b'x'; *size])).collect();
        let facts = crate::data::head("a.tar", &archive(&members));
        let total: usize = files.values().map(|(_, size)| size).sum();
        prop_assert_eq!(facts.uint(property::UNPACKED_SIZE), Some(total as u64));
        prop_assert_eq!(facts.uint(property::MEMBERS), Some(files.len() as u64));
        let mut expected: BTreeMap<String, String> = BTreeMap::new();
        for end in ["txt", "png", "json"] {
            let count = files.values().filter(|(own, _)| *own == end).count();
            if count > 0 {
                expected.insert(end.to_owned(), count.to_string());
            }
        }
        prop_assert_eq!(about(&facts, property::FILES_OF_TYPE), expected);
    }
}

/// Packed as one member, or as several that follow each other.
fn gzip(text: &[u8], piece: usize) -> Vec<u8> {
    let mut packed = Vec::new();
    for piece in text.chunks(piece.max(1)) {
        let mut encoder = GzEncoder::new(piece, Compression::fast());
        assert!(encoder.read_to_end(&mut packed).is_ok());
    }
    packed
}

/// What is said, without the names of file and format.
fn said(facts: &Facts) -> Vec<String> {
    let facts_of = facts.facts.iter().filter(|fact| fact.property != property::FORMAT);
    let facts_of = facts_of
        .map(|f| format!("{}[{}] = {} @{}", f.property, f.subject, f.value, f.evidence.place));
    let findings =
        facts.findings.iter().map(|f| format!("{} {} @{}", f.rule, f.message, f.evidence.place));
    facts_of.chain(findings).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Packed or not, a table says the same, in whatever pieces it is packed and comes.
    #[test]
    fn packed_tables_say_what_plain_ones_say(
        rows in prop::collection::vec("[ab1.\"é-]{0,6},[ab1.NA-]{0,6}", 1..30),
        piece in 1..200_usize,
        sizes in prop::collection::vec(1..40_usize, 1..4),
        cut in any::<Index>(),
    ) {
        let text = format!("one,two\n{}\n", rows.join("\n"));
        let plain = whole("x.csv", text.as_bytes());
        let packed = gzip(text.as_bytes(), piece);
        let example = gzip(b"one,two\n", 100);
        let streamed = crate::data::fed("x.csv.gz", &example, &packed, &sizes);
        prop_assert_eq!(said(&streamed), said(&plain));
        prop_assert_eq!(said(&whole("x.csv.gz", &packed)), said(&plain));
        // A part of it is no number of rows, unless it ends between two members.
        let only = gzip(text.as_bytes(), text.len());
        let cut = crate::data::fed("x.csv.gz", &example, &only[..=cut.index(only.len() - 1)], &sizes);
        prop_assert!(cut.incomplete && cut.uint(property::ROWS).is_none(), "{cut:?}");
    }
}

const LICENCES: [&str; 12] = [
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MPL-2.0",
    "GPL-3.0-only",
    "CC-BY-4.0",
    "CC0-1.0",
    "Zlib",
    "BSL-1.0",
    "AGPL-3.0-only",
];

fn wording(id: &str) -> &'static str {
    let listed = spdx::text::LICENSE_TEXTS.iter().find(|(listed, _)| *listed == id);
    listed.map(|(_, text)| *text).unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Other line breaks, case and quotes leave a licence what it is; each change of a word costs some likeness, or
    /// next to none where the word says little: a title of which a word is lost is left out of what is compared.
    #[test]
    fn edits_of_a_licence_show_in_its_score(
        id in select(LICENCES.to_vec()),
        width in 4..15_usize,
        edits in prop::collection::vec((any::<Index>(), "[a-z]{3,9}x"), 1..4),
    ) {
        let words: Vec<&str> = wording(id).split_whitespace().collect();
        let lines: Vec<String> = words.chunks(width).map(|words| words.join(" ")).collect();
        let same = detect(&lines.join("\r\n"));
        prop_assert_eq!(same.first().map(|found| found.id), Some(id));
        let mut changed: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        for (at, word) in &edits {
            let at = at.index(changed.len());
            changed[at].clone_from(word);
        }
        let edited = detect(&changed.join(" "));
        for found in edited.iter().filter(|found| found.id == id) {
            prop_assert!(found.score <= same[0].score + 1e-3, "{id}: {} and {}", found.score, same[0].score);
        }
    }

    /// Less than half of a licence never is that licence, wherever it is cut.
    #[test]
    fn a_part_of_a_licence_is_not_the_licence(id in select(LICENCES.to_vec()), from in any::<Index>(), share in 2..5_usize) {
        let words: Vec<&str> = wording(id).split_whitespace().collect();
        let len = words.len() * 2 / (2 * share + 1);
        let from = from.index(words.len() - len);
        let part = words[from..from + len].join(" ");
        let found = detect(&part);
        prop_assert!(found.iter().all(|found| found.id != id), "{id}: {found:?}\n{part}");
    }
}

#[test]
fn a_licence_with_a_clause_more_is_told_as_less_sure() {
    let clause = "The Software shall not be used for any commercial purpose whatsoever without a written permission.";
    for id in ["MIT", "BSD-3-Clause", "ISC"] {
        let (_, plain) = look("LICENSE", wording(id).as_bytes());
        let (_, more) = look("LICENSE", format!("{}\n\n{clause}\n", wording(id)).as_bytes());
        let sure = |facts: &Facts| match facts
            .of(property::LICENCE_CONFIDENCE)
            .next()
            .map(|fact| &fact.value)
        {
            Some(Value::Float(sure)) => *sure,
            _ => 0.0,
        };
        assert!(sure(&plain) > 0.97, "{id}: {}", sure(&plain));
        assert!(sure(&more) < sure(&plain) - 0.01, "{id}: {} and {}", sure(&more), sure(&plain));
    }
}

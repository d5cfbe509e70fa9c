//! Against what Go's own packages make of the same input: yaml.v3 3.0.4, encoding/json, net/url,
//! path, and moby/patternmatcher 0.6.1. The tables here are small; `SEALKIT_KITFILE_CORPUS` names a
//! folder with larger ones of the same form.

use std::collections::BTreeMap;
use std::path::Path;

use sealkit_kitfile::path::{self, PathKind};
use sealkit_kitfile::{IgnoreRules, Kitfile, Model, Package, Value};
use serde_json::Value as Json;

/// The rows of a table, one JSON object a line; the larger table where there is one.
fn rows(name: &str, small: &str) -> Vec<Json> {
    let large = std::env::var("SEALKIT_KITFILE_CORPUS")
        .ok()
        .map(|folder| std::fs::read_to_string(Path::new(&folder).join(name)).unwrap());
    let text = large.unwrap_or_else(|| small.to_owned());
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text<'a>(row: &'a Json, key: &str) -> &'a str {
    row[key].as_str().unwrap()
}

fn fail_on(wrong: &[String], all: usize) {
    let shown: Vec<&String> = wrong.iter().take(12).collect();
    assert!(wrong.is_empty(), "{} of {all} differ: {shown:#?}", wrong.len());
}

/// The Kitfile of a row: the string in every position that has rules of its own.
fn kitfile_of(string: &str) -> Kitfile {
    let text = || Value::String(string.to_owned());
    let nested = Value::Map(BTreeMap::from([(string.to_owned(), Value::List(Vec::new()))]));
    let inner = Value::List(vec![text(), nested]);
    let mut map = BTreeMap::from([(string.to_owned(), text())]);
    map.insert("list".to_owned(), Value::List(vec![text(), inner]));
    map.insert("n".to_owned(), Value::Map(BTreeMap::new()));
    Kitfile {
        manifest_version: string.to_owned(),
        package: Package {
            description: string.to_owned(),
            authors: vec![string.to_owned(), "x".to_owned()],
            ..Package::default()
        },
        model: Some(Model { parameters: Some(Value::Map(map)), ..Model::default() }),
        ..Kitfile::default()
    }
}

#[test]
fn yaml_is_written_as_gos_encoder_does() {
    let rows = rows("emit.jsonl", include_str!("../golden/emit.jsonl"));
    let mut wrong = Vec::new();
    for row in &rows {
        let yaml = kitfile_of(text(row, "s")).to_yaml();
        if yaml != text(row, "y") {
            wrong.push(format!("{:?}\n{}\nexpected\n{}", text(row, "s"), yaml, text(row, "y")));
        }
    }
    fail_on(&wrong, rows.len());
}

/// Where the peer's encoder writes what a YAML 1.2 parser reads as something else: line ends of
/// YAML 1.1 inside of strings, a byte order mark, the merge key as a plain string, and ` -` before a comma in a flow list.
fn reads_differently(string: &str) -> bool {
    string.contains(['\u{2028}', '\u{2029}', '\u{feff}'])
        || string == "<<"
        || string.ends_with(" -")
}

#[test]
fn what_is_written_reads_back() {
    let rows = rows("emit.jsonl", include_str!("../golden/emit.jsonl"));
    let mut wrong = Vec::new();
    for row in &rows {
        if reads_differently(text(row, "s")) {
            continue;
        }
        let kitfile = kitfile_of(text(row, "s"));
        let yaml = kitfile.to_yaml();
        match Kitfile::parse_unchecked(&yaml, "Kitfile") {
            Ok(back) if back == kitfile => {}
            other => wrong.push(format!("{:?} {yaml} {other:?}", text(row, "s"))),
        }
    }
    fail_on(&wrong, rows.len());
}

#[test]
fn scalars_mean_what_gos_decoder_says() {
    let rows = rows("resolve.jsonl", include_str!("../golden/resolve.jsonl"));
    let mut wrong = Vec::new();
    for row in &rows {
        let scalar = text(row, "s");
        if reads_differently(scalar) {
            continue;
        }
        let yaml = format!("model:\n  parameters:\n    v: {scalar}\n");
        let read = Kitfile::parse_unchecked(&yaml, "Kitfile").map(|kitfile| {
            let json = String::from_utf8(kitfile.to_json().unwrap()).unwrap();
            let value = json.split_once("{\"v\":").unwrap().1;
            value.strip_suffix("}}}").unwrap().to_owned()
        });
        let fits = match (&read, row.get("err")) {
            (Err(_), Some(_)) => true,
            (Ok(value), None) => value == text(row, "j"),
            _ => false,
        };
        if !fits {
            wrong.push(format!("{scalar:?}: {read:?}, expected {row}"));
        }
    }
    fail_on(&wrong, rows.len());
}

#[test]
fn keys_are_ordered_as_gos_encoder_does() {
    let rows = rows("order.jsonl", include_str!("../golden/order.jsonl"));
    let mut wrong = Vec::new();
    for row in &rows {
        let keys = row["m"].as_object().unwrap().keys();
        let map: BTreeMap<_, _> = keys.map(|key| (key.clone(), Value::Int(1))).collect();
        let model = Model { parameters: Some(Value::Map(map)), ..Model::default() };
        let yaml = Kitfile { model: Some(model), ..Kitfile::default() }.to_yaml();
        let written: Vec<&str> = yaml.lines().skip(3).map(str::trim).collect();
        let expected: Vec<&str> = text(row, "y").lines().collect();
        if written != expected {
            wrong.push(format!("{written:?}, expected {:?}", text(row, "y")));
        }
    }
    fail_on(&wrong, rows.len());
}

#[test]
fn floats_are_written_as_go_does() {
    let rows = rows("float.jsonl", include_str!("../golden/float.jsonl"));
    for row in &rows {
        let json = format!("{{\"model\":{{\"parameters\":{}}}}}", text(row, "j"));
        let kitfile = Kitfile::from_json(json.as_bytes()).unwrap();
        let yaml = kitfile.to_yaml();
        assert_eq!(yaml.lines().last().unwrap().trim(), format!("parameters: {}", text(row, "y")));
        let back = String::from_utf8(kitfile.to_json().unwrap()).unwrap();
        assert!(back.contains(&format!("\"parameters\":{}}}", text(row, "j"))), "{back}");
    }
}

#[test]
fn ignore_rules_match_what_docker_matches() {
    let rows = rows("ignore.jsonl", include_str!("../golden/ignore.jsonl"));
    let mut wrong = Vec::new();
    for row in &rows {
        let rules = text(row, "t");
        let Ok(read) = IgnoreRules::parse(rules) else {
            if row.get("err").is_none() {
                wrong.push(format!("{rules:?} is refused, expected {row}"));
            }
            continue;
        };
        if row.get("err").is_some() {
            wrong.push(format!("{rules:?} is accepted"));
        }
        for (file, ignored) in row.get("r").and_then(Json::as_object).into_iter().flatten() {
            if read.matches(file) != ignored.as_bool().unwrap() {
                wrong.push(format!("{rules:?} on {file:?}: expected {ignored}"));
            }
            let skipped = ignored.as_bool().unwrap() && row["x"] == false;
            if read.may_skip_dir(file) != skipped {
                wrong.push(format!("{rules:?} skipping {file:?}: expected {skipped}"));
            }
        }
    }
    fail_on(&wrong, rows.len());
}

#[test]
fn paths_are_cleaned_as_go_does() {
    for row in rows("path.jsonl", include_str!("../golden/path.jsonl")) {
        assert_eq!(path::clean(text(&row, "s")), text(&row, "c"), "{row}");
    }
}

#[test]
fn addresses_are_told_from_paths_as_go_does() {
    let rows = rows("url.jsonl", include_str!("../golden/url.jsonl"));
    let mut wrong = Vec::new();
    for row in &rows {
        let path = text(row, "s");
        if path::reference(path).is_some() {
            continue;
        }
        let expected = match text(row, "k") {
            "local" => PathKind::Local,
            "s3" => PathKind::S3,
            "http" | "https" => PathKind::Http,
            _ => PathKind::OtherUrl,
        };
        if path::kind(path) != expected {
            wrong.push(format!("{row}: {:?}", path::kind(path)));
        }
    }
    fail_on(&wrong, rows.len());
}

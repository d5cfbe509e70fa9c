//! One entry of a document after the other is taken away, or said twice: whatever it is, the answer is
//! not yes where something is no longer said.

use std::collections::BTreeSet;

use crate::assembling::full;
use sealkit_aibom::{
    Area, Bom, BomCodec, BomDifference, CODECS, Change, EncodeOptions, JudgeOptions, diff, judge,
};
use sealkit_report::Verdict;
use serde_json::Value as Json;

/// Every so many entries one is taken away: all of them take minutes.
const STEP: usize = 7;

fn options() -> EncodeOptions {
    EncodeOptions {
        timestamp: Some("2026-01-31T12:00:00Z".to_owned()),
        tool: Some(("sealkit".to_owned(), "1".to_owned())),
    }
}

/// Every member and every element, as JSON pointers.
fn entries(value: &Json, at: &str, found: &mut Vec<String>) {
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    let steps: Vec<(String, &Json)> = match value {
        Json::Object(map) => map.iter().map(|(key, value)| (escaped(key), value)).collect(),
        Json::Array(list) => list.iter().enumerate().map(|(n, v)| (n.to_string(), v)).collect(),
        _ => Vec::new(),
    };
    for (step, value) in steps {
        let at = format!("{at}/{step}");
        entries(value, &at, found);
        found.push(at);
    }
}

fn without(document: &Json, at: &str) -> Json {
    let (parent, last) = at.rsplit_once('/').unwrap();
    let mut less = document.clone();
    match less.pointer_mut(parent).unwrap() {
        Json::Object(map) => {
            map.shift_remove(&last.replace("~1", "/").replace("~0", "~"));
        }
        Json::Array(list) => {
            list.remove(last.parse().unwrap());
        }
        _ => panic!("{at} is inside nothing"),
    }
    less
}

/// What a person needs to find the entry.
fn shown(document: &Json, at: &str) -> String {
    let text = document.pointer(at).unwrap().to_string();
    format!("{at} {}", text.chars().take(100).collect::<String>())
}

/// In which repository the kit lies the artifact cannot tell; of one licence one spelling is enough.
fn is_free(row: &BomDifference) -> bool {
    let folded = |texts: &[String]| texts.iter().map(|t| t.to_lowercase()).collect::<BTreeSet<_>>();
    (row.area == Area::Kit && row.what == "purl")
        || (row.area == Area::Licence && folded(&row.after) == folded(&row.before))
        || (row.area == Area::Licence && row.change == Change::Changed && row.after.is_empty())
}

fn answer(codec: &dyn BomCodec, document: &Json, made: &Bom) -> Option<(Bom, Verdict)> {
    let read = codec.decode(document.to_string().as_bytes()).ok()?;
    let verdict =
        judge(&read, made, &JudgeOptions { own: Some(true), ..JudgeOptions::default() }).verdict();
    Some((read, verdict))
}

#[test]
fn what_is_taken_away_is_missed() {
    let made = full().packed().bom();
    for (start, codec) in CODECS.iter().enumerate() {
        let bytes = codec.encode(&made, &options()).unwrap();
        let document: Json = serde_json::from_slice(&bytes).unwrap();
        let whole = codec.decode(&bytes).unwrap();
        assert_eq!(answer(*codec, &document, &made).unwrap().1, Verdict::Yes);
        let mut all = Vec::new();
        entries(&document, "", &mut all);
        let mut believed = BTreeSet::new();
        for at in all.iter().skip(start).step_by(STEP) {
            let Some((read, verdict)) = answer(*codec, &without(&document, at), &made) else {
                continue;
            };
            // What is said elsewhere too is still said.
            let lost: Vec<_> =
                diff(&whole, &read).into_iter().filter(|row| !is_free(row)).collect();
            if verdict == Verdict::Yes && !lost.is_empty() {
                believed.insert(format!("{} {:?}", shown(&document, at), lost[0]));
            }
        }
        assert!(believed.is_empty(), "{}: {believed:#?}", codec.name());
    }
}

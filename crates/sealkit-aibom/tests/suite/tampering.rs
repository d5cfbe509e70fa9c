//! One field of a document after the other is changed: whatever it is, the answer is not yes.

use crate::assembling::full;
use sealkit_aibom::{CODECS, EncodeOptions, JudgeOptions, judge, sarif};
use sealkit_report::Verdict;
use serde_json::Value as Json;

/// Fields that nothing in the artifact can tell: who wrote the document and when, why something is
/// not known, in which repository the kit lies.
const FREE: &[&str] = &[
    "/metadata/tools/",
    "/metadata/component/purl",
    "sealkit:unknown:",
    "/created",
    "/software_packageUrl",
    " sealkit",
];
/// Every so many fields one is changed: all of them take a minute.
const STEP: usize = 5;

fn leaves(value: &Json, at: &str, found: &mut Vec<String>) {
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Json::Object(map) => {
            map.iter()
                .for_each(|(key, value)| leaves(value, &format!("{at}/{}", escaped(key)), found));
        }
        Json::Array(list) => {
            list.iter()
                .enumerate()
                .for_each(|(n, value)| leaves(value, &format!("{at}/{n}"), found));
        }
        _ => found.push(at.to_owned()),
    }
}

/// Another value of the same type; a digest stays one.
fn other(value: &Json) -> Json {
    match value {
        Json::String(text) if text.len() == 64 && !text.contains(' ') => {
            let first = if text.starts_with('0') { '1' } else { '0' };
            Json::from(format!("{first}{}", &text[1..]))
        }
        Json::String(text) => Json::from(format!("{text}x")),
        Json::Number(number) => Json::from(number.as_f64().unwrap() + 1.0),
        Json::Bool(yes) => Json::from(!yes),
        other => other.clone(),
    }
}

#[test]
fn no_changed_field_is_answered_with_yes() {
    let bom = full().packed().bom();
    let options = EncodeOptions {
        timestamp: Some("2026-01-31T12:00:00Z".to_owned()),
        tool: Some(("sealkit".to_owned(), "1".to_owned())),
    };
    for (start, codec) in CODECS.iter().enumerate() {
        let bytes = codec.encode(&bom, &options).unwrap();
        let honest = judge(&codec.decode(&bytes).unwrap(), &bom, &JudgeOptions::default());
        assert_eq!(honest.verdict(), Verdict::Yes, "{honest:#?}");
        let document: Json = serde_json::from_slice(&bytes).unwrap();
        let mut found = Vec::new();
        leaves(&document, "", &mut found);
        assert!(found.len() > 500);
        let mut believed = Vec::new();
        for at in found.into_iter().skip(start).step_by(STEP) {
            let mut changed = document.clone();
            let leaf = changed.pointer_mut(&at).unwrap();
            *leaf = other(leaf);
            let named = at.strip_suffix("/value").and_then(|at| document.pointer(at)?.get("name"));
            let old = document.pointer(&at).and_then(Json::as_str).unwrap_or_default();
            let old: String = old.chars().take(40).collect();
            let named = named.and_then(Json::as_str).unwrap_or_default();
            let place = format!("{at} {named} {old}");
            let Ok(read) = codec.decode(changed.to_string().as_bytes()) else { continue };
            let report = judge(&read, &bom, &JudgeOptions::default());
            drop(sarif(&report, "bom.json", ("sealkit", "1")));
            let is_free = FREE.iter().any(|free| place.contains(free));
            if report.verdict() == Verdict::Yes && !is_free {
                believed.push(place);
            }
        }
        assert!(believed.is_empty(), "{}: {believed:#?}", codec.name());
    }
}

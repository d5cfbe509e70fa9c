//! JSON documents that are known by their name and a key.

use sealkit_report::Budget;
use serde_json::{Map, Value as Json};

use crate::{Confidence, Facts, InspectError, Probe, ReadAt, Value, json};

/// The object that the whole of `source` is.
pub(super) fn object(
    source: &dyn ReadAt,
    budget: &mut Budget,
) -> Result<Map<String, Json>, InspectError> {
    match json::read(source, budget)? {
        Json::Object(map) => Ok(map),
        _ => Err(InspectError::malformed("JSON", "no object at the root", 0)),
    }
}

/// Whether an object of this name has one of these keys, as far as the head shows.
pub(super) fn sniff(probe: &Probe<'_>, name: &str, keys: &[&str]) -> Confidence {
    let named = probe.is_named(&[name]);
    let text = probe.text().filter(|text| named && text.trim_start().starts_with('{'));
    let fits = text.is_some_and(|text| keys.iter().any(|key| text.contains(key)));
    if fits { Confidence::Content } else { Confidence::No }
}

/// The text of a key, where it says something.
pub(super) fn text<'a>(map: &'a Map<String, Json>, key: &str) -> Option<&'a str> {
    map.get(key).and_then(Json::as_str).filter(|text| !text.trim().is_empty())
}

/// Declares the keys (given as JSON pointers of one step) that hold a text, or a list of texts.
pub(super) fn take(
    map: &Map<String, Json>,
    wanted: &[(&'static str, &'static str)],
    path: &str,
    facts: &mut Facts,
) {
    for &(place, property) in wanted {
        let key = place.trim_start_matches('/');
        if let Some(text) = text(map, key) {
            facts.declared(path, place, property, Value::Text(text.to_owned()));
        } else if let Some(Json::Array(items)) = map.get(key) {
            let texts: Vec<_> = items.iter().filter_map(Json::as_str).map(str::to_owned).collect();
            if !texts.is_empty() {
                facts.declared(path, place, property, Value::List(texts));
            }
        }
    }
}

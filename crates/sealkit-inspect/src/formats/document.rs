//! Texts of JSON documents about data, as they are written: neither trimmed nor cut.

use serde_json::{Map, Value as Json};

use crate::{Facts, Value};

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

//! JSON objects that grow member by member.

use serde_json::{Map, Value as Json};

/// The object with one more member, where there is a value for it.
pub(super) fn with(mut object: Json, key: &str, value: Option<Json>) -> Json {
    if let (Some(map), Some(value)) = (object.as_object_mut(), value) {
        map.insert(key.to_owned(), value);
    }
    object
}

/// Puts a value at a place, and makes what lies on the way.
pub(super) fn insert(map: &mut Map<String, Json>, path: &str, many: bool, value: Json) {
    let mut keys = path.split('/').skip(1);
    let Some(first) = keys.next() else { return };
    let mut at = map.entry(first).or_insert(Json::Null);
    for key in keys {
        let inside = if let Ok(number) = key.parse::<usize>() {
            at.get_mut(number)
        } else {
            if !at.is_object() {
                *at = Json::Object(Map::new());
            }
            at.as_object_mut().map(|map| map.entry(key).or_insert(Json::Null))
        };
        let Some(inside) = inside else { return };
        at = inside;
    }
    match at {
        Json::Array(list) if many => list.push(value),
        at if many => *at = Json::Array(vec![value]),
        at => *at = value,
    }
}

/// Brings the keys of an object into the schema's order; others come last, as they stand.
pub(super) fn order(map: &mut Map<String, Json>, keys: &[&str]) {
    let place = |key: &str| keys.iter().position(|known| *known == key).unwrap_or(keys.len());
    let in_order = map.keys().map(|key| place(key)).is_sorted();
    if in_order {
        return;
    }
    let mut all: Vec<(String, Json)> = std::mem::take(map).into_iter().collect();
    all.sort_by_cached_key(|(key, _)| place(key));
    map.extend(all);
}

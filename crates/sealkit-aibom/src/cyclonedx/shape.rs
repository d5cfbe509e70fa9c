//! JSON objects that grow member by member, and lists of which each element is made when it is written.

use serde::Serialize;
use serde::ser::{Error as _, SerializeSeq as _, Serializer};
use serde_json::{Map, Value as Json};

use crate::BomError;

/// A list of which each element is made when it is written, and then forgotten.
pub(super) struct Each<F>(pub(super) F);

impl<F, I, T> Serialize for Each<F>
where
    F: Fn() -> I,
    I: Iterator<Item = Result<T, BomError>>,
    T: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for element in self.0() {
            list.serialize_element(&element.map_err(S::Error::custom)?)?;
        }
        list.end()
    }
}

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

/// Puts values at the end of the list at a place, and makes what lies on the way.
pub(super) fn append(map: &mut Map<String, Json>, path: &str, values: Vec<Json>) {
    let mut values = values.into_iter();
    let Some(first) = values.next() else { return };
    insert(map, path, true, first);
    let inside = path.strip_prefix('/').unwrap_or(path);
    let (key, rest) = inside.split_at(inside.find('/').unwrap_or(inside.len()));
    let list = map.get_mut(key).and_then(|at| at.pointer_mut(rest));
    if let Some(list) = list.and_then(Json::as_array_mut) {
        list.extend(values);
    }
}

/// Brings the keys of an object into the schema's order; others come last, as they stand.
pub(super) fn order(map: &mut Map<String, Json>, keys: &[&str]) {
    // As a rule they are in order, and each is found behind the one before.
    let mut rest = keys.iter();
    if map.keys().all(|key| rest.any(|known| known == key)) {
        return;
    }
    let place = |key: &str| keys.iter().position(|known| *known == key).unwrap_or(keys.len());
    let mut all: Vec<(String, Json)> = std::mem::take(map).into_iter().collect();
    all.sort_by_cached_key(|(key, _)| place(key));
    map.extend(all);
}

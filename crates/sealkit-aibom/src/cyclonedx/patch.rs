//! What a document says beyond the model, as a difference: from the document that the model alone
//! would give, to the one that was read. Kept as residue, and laid over the document again when it
//! is written.
//!
//! A patch of an object has up to four members: `add` (key: value that the model does not give),
//! `drop` (key: value that the document does not have), `instead` (key: `[was, is]`) and `in`
//! (key: patch of what is below). A patch of a list has `add`, `drop`, `instead` (pairs) and `at`
//! (`[key, value, patch]` for the element whose `key` is `value`, `["", 0, patch]` for the only
//! one). What the model says counts: a
//! change is laid over only what still is as it was, so that a changed model is never undone.
//!
//! Two documents are equal here when they differ in nothing but the order of members and of list
//! elements.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Members that name one element of a list.
const NAMES: [&str; 3] = ["bom-ref", "ref", "uid"];

/// A text that two values share exactly when they are equal but for order.
pub(super) fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut all: Vec<String> =
                map.iter().map(|(k, v)| format!("{}:{}", json!(k), canonical(v))).collect();
            all.sort();
            format!("{{{}}}", all.join(","))
        }
        Value::Array(list) => {
            let mut all: Vec<String> = list.iter().map(canonical).collect();
            all.sort();
            format!("[{}]", all.join(","))
        }
        other => other.to_string(),
    }
}

/// What leads from one object to the other; empty where they are equal.
pub(super) fn diff(from: &Map<String, Value>, to: &Map<String, Value>) -> Map<String, Value> {
    let (mut add, mut drop, mut instead, mut below) =
        (Map::new(), Map::new(), Map::new(), Map::new());
    for (key, is) in to {
        let change = match (from.get(key), is) {
            (None, is) => {
                add.insert(key.clone(), is.clone());
                continue;
            }
            (Some(Value::Object(was)), Value::Object(is)) => diff(was, is),
            (Some(Value::Array(was)), Value::Array(is)) => diff_list(was, is),
            (Some(was), is) => {
                if canonical(was) != canonical(is) {
                    instead.insert(key.clone(), json!([was, is]));
                }
                continue;
            }
        };
        if !change.is_empty() {
            below.insert(key.clone(), Value::Object(change));
        }
    }
    for (key, was) in from.iter().filter(|(key, _)| !to.contains_key(*key)) {
        drop.insert(key.clone(), was.clone());
    }
    let parts = [("add", add), ("drop", drop), ("instead", instead), ("in", below)];
    let full = parts.into_iter().filter(|(_, part)| !part.is_empty());
    full.map(|(name, part)| (name.to_owned(), Value::Object(part))).collect()
}

fn diff_list(from: &[Value], to: &[Value]) -> Map<String, Value> {
    let mut left: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, value) in from.iter().enumerate() {
        left.entry(canonical(value)).or_default().push(at);
    }
    let mut new = Vec::new();
    for value in to {
        match left.get_mut(&canonical(value)) {
            Some(places) if !places.is_empty() => drop(places.pop()),
            _ => new.push(value),
        }
    }
    let mut gone: Vec<usize> = left.into_values().flatten().collect();
    gone.sort_unstable();
    let mut gone: Vec<&Value> = gone.into_iter().filter_map(|at| from.get(at)).collect();
    let mut at = Vec::new();
    if let ([Value::Object(was)], [Value::Object(is)]) = (from, to)
        && !gone.is_empty()
    {
        let only = Value::Array(vec![json!(["", 0, diff(was, is)])]);
        return Map::from_iter([("at".to_owned(), only)]);
    }
    pair(&named(from), &named(to), &mut gone, &mut new, &mut at);
    let pairs = gone.len().min(new.len());
    let instead: Vec<Value> = gone.iter().zip(&new).map(|(was, is)| json!([was, is])).collect();
    let rest = |all: &[&Value]| all.iter().skip(pairs).map(|v| (*v).clone()).collect::<Vec<_>>();
    let parts = [("add", rest(&new)), ("drop", rest(&gone)), ("instead", instead), ("at", at)];
    let full = parts.into_iter().filter(|(_, part)| !part.is_empty());
    full.map(|(name, part)| (name.to_owned(), Value::Array(part))).collect()
}

/// The elements that a name tells from all others.
fn named(list: &[Value]) -> BTreeMap<(&'static str, &str), &Map<String, Value>> {
    let mut all = BTreeMap::new();
    let mut twice = Vec::new();
    for object in list.iter().filter_map(Value::as_object) {
        let Some(name) = name(object) else { continue };
        if all.insert(name, object).is_some() {
            twice.push(name);
        }
    }
    for name in twice {
        all.remove(&name);
    }
    all
}

fn name(object: &Map<String, Value>) -> Option<(&'static str, &str)> {
    NAMES.into_iter().find_map(|key| Some((key, object.get(key)?.as_str()?)))
}

type Named<'a> = BTreeMap<(&'static str, &'a str), &'a Map<String, Value>>;

/// Takes out of both lists what carries the same name, as patches of these elements.
fn pair(
    from: &Named<'_>,
    to: &Named<'_>,
    gone: &mut Vec<&Value>,
    new: &mut Vec<&Value>,
    at: &mut Vec<Value>,
) {
    let is_in_both = |value: &Value| {
        let name = value.as_object().and_then(name);
        name.is_some_and(|name| from.contains_key(&name) && to.contains_key(&name))
    };
    for name in gone.iter().filter_map(|value| name(value.as_object()?)) {
        if let (Some(was), Some(is)) = (from.get(&name), to.get(&name)) {
            at.push(json!([name.0, name.1, diff(was, is)]));
        }
    }
    gone.retain(|value| !is_in_both(value));
    new.retain(|value| !is_in_both(value));
}

/// Lays a patch over an object.
pub(super) fn apply(target: &mut Map<String, Value>, patch: &Map<String, Value>) {
    let part = |name: &str| patch.get(name).and_then(Value::as_object).into_iter().flatten();
    for (key, was) in part("drop") {
        if target.get(key).is_some_and(|now| canonical(now) == canonical(was)) {
            target.shift_remove(key);
        }
    }
    for (key, pair) in part("instead") {
        let (Some(was), Some(is)) = (pair.get(0), pair.get(1)) else { continue };
        if let Some(now) = target.get_mut(key).filter(|now| canonical(now) == canonical(was)) {
            *now = is.clone();
        }
    }
    for (key, change) in part("in") {
        match (target.get_mut(key), change.as_object()) {
            (Some(Value::Object(now)), Some(change)) => apply(now, change),
            (Some(Value::Array(now)), Some(change)) => apply_list(now, change),
            _ => {}
        }
    }
    for (key, value) in part("add") {
        target.entry(key.as_str()).or_insert_with(|| value.clone());
    }
}

fn apply_list(target: &mut Vec<Value>, patch: &Map<String, Value>) {
    let part = |name: &str| patch.get(name).and_then(Value::as_array).into_iter().flatten();
    for change in part("at") {
        let (Some(key), Some(value)) = (change.get(0).and_then(Value::as_str), change.get(1))
        else {
            continue;
        };
        let only = key.is_empty() && target.len() == 1;
        let is_it = |v: &&mut Value| only || v.get(key) == Some(value);
        if let Some(Value::Object(now)) = target.iter_mut().find(is_it)
            && let Some(change) = change.get(2).and_then(Value::as_object)
        {
            apply(now, change);
        }
    }
    let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, value) in target.iter().enumerate() {
        places.entry(canonical(value)).or_default().push(at);
    }
    let mut find = |value: &Value| places.get_mut(&canonical(value)).and_then(Vec::pop);
    let gone: Vec<usize> = part("drop").filter_map(&mut find).collect();
    for pair in part("instead") {
        let (Some(was), Some(is)) = (pair.get(0), pair.get(1)) else { continue };
        if let Some(now) = find(was).and_then(|at| target.get_mut(at)) {
            *now = is.clone();
        }
    }
    let gone: std::collections::BTreeSet<usize> = gone.into_iter().collect();
    let mut at = 0;
    target.retain(|_| {
        at += 1;
        !gone.contains(&(at - 1))
    });
    target.extend(part("add").cloned());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0_u8..3).prop_map(Value::from),
            "[ab]{0,2}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            let key = prop_oneof![Just("ref".to_owned()), "[a-c]".prop_map(String::from)];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
                prop::collection::vec((key, inner), 0..5)
                    .prop_map(|all| Value::Object(all.into_iter().collect())),
            ]
        })
    }

    fn any_object() -> impl Strategy<Value = Map<String, Value>> {
        prop::collection::vec(("[a-d]", any_value()), 0..5)
            .prop_map(|all| all.into_iter().collect())
    }

    proptest! {
        #[test]
        fn what_leads_there_leads_there(from in any_object(), to in any_object()) {
            let patch = diff(&from, &to);
            let mut there = from.clone();
            apply(&mut there, &patch);
            prop_assert_eq!(canonical(&json!(there)), canonical(&json!(to)));
            prop_assert_eq!(patch.is_empty(), canonical(&json!(from)) == canonical(&json!(to)));
        }
    }

    #[test]
    fn a_changed_model_is_not_undone() {
        let map = |value: Value| value.as_object().unwrap().clone();
        let from = map(json!({"name": "a", "tags": ["x"], "same": {"ref": "1"}}));
        let to = map(json!({"name": "b", "tags": ["y", "z"], "same": {"ref": "1"}, "more": 1}));
        let patch = diff(&from, &to);
        let mut changed = map(json!({"name": "c", "tags": ["w"], "more": 2}));
        apply(&mut changed, &patch);
        assert_eq!(json!(changed), json!({"name": "c", "tags": ["w", "z"], "more": 2}));
    }
}

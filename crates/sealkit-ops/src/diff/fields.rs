//! Fields of two Kitfiles, one by one.

use std::collections::BTreeSet;

use sealkit_kitfile::{Kitfile, LayerInfo};
use serde_json::{Map, Value};

use super::FieldChange;
use crate::OpsError;

/// The fields in which two Kitfiles differ. Digests of layers are left out: parts tell them.
pub(super) fn kitfiles(
    a: Option<&Kitfile>,
    b: Option<&Kitfile>,
) -> Result<Vec<FieldChange>, OpsError> {
    Ok(values(&tree(a)?, &tree(b)?))
}

fn tree(kitfile: Option<&Kitfile>) -> Result<Value, OpsError> {
    let Some(kitfile) = kitfile else { return Ok(Value::Object(Map::new())) };
    let mut kitfile = kitfile.clone();
    let none = vec![LayerInfo::default(); kitfile.parts().len()];
    kitfile.set_layers(none).map_err(|error| OpsError::Inconsistent {
        reference: kitfile.package.name.clone(),
        reason: error.to_string(),
    })?;
    serde_json::from_slice(&kitfile.to_json()?)
        .map_err(|source| crate::pack::unwritable("Kitfile", source.into()))
}

/// The leaves in which two trees differ.
pub(super) fn values(a: &Value, b: &Value) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    compare("", Some(a), Some(b), &mut changes);
    changes
}

fn compare(path: &str, a: Option<&Value>, b: Option<&Value>, changes: &mut Vec<FieldChange>) {
    if a == b {
        return;
    }
    match (a, b) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for key in keys {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                compare(&path, old.get(key), new.get(key), changes);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => lists(path, old, new, changes),
        _ => {
            let (old, new) = (a.cloned(), b.cloned());
            changes.push(FieldChange { path: path.to_owned(), old, new });
        }
    }
}

/// Elements are the same where they have the same `path`; else where they stand at the same place.
fn lists(path: &str, old: &[Value], new: &[Value], changes: &mut Vec<FieldChange>) {
    let Some((old_names, new_names)) = names(old).zip(names(new)) else {
        for index in 0..old.len().max(new.len()) {
            compare(&format!("{path}[{index}]"), old.get(index), new.get(index), changes);
        }
        return;
    };
    let find = |names: &[&str], values: &'_ [Value], name: &str| {
        names.iter().position(|known| *known == name).and_then(|at| values.get(at)).cloned()
    };
    let added = new_names.iter().filter(|name| !old_names.contains(name));
    for name in old_names.iter().chain(added) {
        let (before, after) = (find(&old_names, old, name), find(&new_names, new, name));
        compare(&format!("{path}[{name}]"), before.as_ref(), after.as_ref(), changes);
    }
    let kept = |names: &[&str], others: &[&str]| -> Vec<String> {
        names.iter().filter(|name| others.contains(name)).map(|name| (*name).to_owned()).collect()
    };
    let order = (kept(&old_names, &new_names), kept(&new_names, &old_names));
    if order.0 != order.1 {
        let path = format!("{path} (order)");
        let (old, new) = (Some(Value::from(order.0)), Some(Value::from(order.1)));
        changes.push(FieldChange { path, old, new });
    }
}

/// The `path` of every element, where all have one of their own.
fn names(values: &[Value]) -> Option<Vec<&str>> {
    let names: Option<Vec<&str>> =
        values.iter().map(|value| value.get("path").and_then(Value::as_str)).collect();
    names.filter(|names| names.iter().collect::<BTreeSet<_>>().len() == names.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn paths(a: &Value, b: &Value) -> Vec<String> {
        values(a, b).into_iter().map(|change| change.path).collect()
    }

    #[test]
    fn only_what_differs_is_named() {
        let a = json!({"model": {"name": "m", "parameters": {"lr": 1, "tags": ["x", "y"]}}});
        let b = json!({"model": {"name": "m", "parameters": {"lr": 2, "tags": ["x"]}}, "code": []});
        assert_eq!(paths(&a, &a), Vec::<String>::new());
        assert_eq!(paths(&a, &b), ["code", "model.parameters.lr", "model.parameters.tags[1]"]);
    }

    #[test]
    fn elements_are_told_by_their_path_and_order_counts() {
        let a = json!({"docs": [{"path": "a"}, {"path": "b", "description": "old"}]});
        let b =
            json!({"docs": [{"path": "b", "description": "new"}, {"path": "c"}, {"path": "a"}]});
        assert_eq!(paths(&a, &b), ["docs[b].description", "docs[c]", "docs (order)"]);
    }
}

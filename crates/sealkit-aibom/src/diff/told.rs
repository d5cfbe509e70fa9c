//! Values as differences tell them: with all that tells two of them apart.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_inspect::{Value, property};
use serde::Serialize;
use serde_json::Value as Json;

use crate::{Property, name};

/// Properties that say how something was found and not what it is.
const SILENT: &[&str] = &[
    name::UNKNOWN,
    name::UNREADABLE,
    name::READING_PROBLEM,
    property::NOT_MEASURED,
    property::LICENCE_CONFIDENCE,
];

/// What is said, by property and subject.
pub(super) fn values(all: &[Property]) -> BTreeMap<(String, String), BTreeSet<String>> {
    let mut values: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for property in all.iter().filter(|property| !SILENT.contains(&property.name.as_str())) {
        let key = (property.name.clone(), property.subject.clone());
        values.entry(key).or_default().insert(told(&property.value));
    }
    values
}

/// A value as it is shown, and in brackets what that leaves out.
fn told(value: &Value) -> String {
    let shown = value.to_string();
    let more = match value {
        // Where a tensor lies is no part of what it is.
        Value::Tensor(tensor) => more(tensor, &["name", "dtype", "shape", "offset", "size"]),
        // What a package needs, and the digests of its archives, are told by ties and as digests.
        Value::Package(package) => {
            let written = if package.version.is_some() { "version" } else { "requirement" };
            more(package, &["name", written, "needs", "digests"])
        }
        Value::Origin(origin) => more(origin, &["name", "revision"]),
        Value::Metric(metric) => more(metric, &["name", "value"]),
        Value::File(file) => more(file, &["path"]),
        Value::Link(link) => more(link, &["url"]),
        Value::Party(party) => more(party, &["name"]),
        _ => Vec::new(),
    };
    if more.is_empty() { shown } else { format!("{shown} ({})", more.join(", ")) }
}

/// The fields beside those that are shown; those that say nothing stay away.
fn more(value: &impl Serialize, shown: &[&str]) -> Vec<String> {
    let Ok(Json::Object(fields)) = serde_json::to_value(value) else { return Vec::new() };
    let said = fields.into_iter().filter(|(key, value)| {
        !shown.contains(&key.as_str()) && !matches!(value, Json::Null | Json::Bool(false))
    });
    said.map(|(key, value)| match value {
        Json::Bool(_) => key,
        Json::String(text) => format!("{key} {text}"),
        Json::Array(list) => {
            let texts: Vec<String> = list
                .iter()
                .map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned))
                .collect();
            format!("{key} {}", texts.join(" "))
        }
        other => format!("{key} {other}"),
    })
    .collect()
}

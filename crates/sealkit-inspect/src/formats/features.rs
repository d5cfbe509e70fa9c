//! Features of Hugging Face datasets: what each column holds, as its authors declare it.
//!
//! Source: `datasets` 4.4, `features/features.py` (`generate_from_dict`).

use std::collections::BTreeSet;

use sealkit_report::{Budget, Known};
use serde_json::{Map, Value as Json};

use super::columns::{cut, group, subject};
use crate::{Facts, Value, json, partial, property};

/// How deep features are told; deeper ones show as `…`.
const MAX_DEPTH: u32 = 16;
/// Most class names that are told in the text of a feature.
const SHOWN_NAMES: usize = 8;

/// The `huggingface` entry of a Parquet or Arrow file's metadata: `{"info": {"features": …}}`.
pub(super) fn from_metadata(text: &[u8], at: (&str, &str), budget: &mut Budget, facts: &mut Facts) {
    match json::parse_python(text, budget) {
        Ok(tree) => {
            if let Some(Json::Object(features)) = tree.pointer("/info/features") {
                add(features, at, facts);
            }
        }
        Err(error) => partial::note(facts, at.0, at.1, &error),
    }
}

/// Adds the features, the classes that they name, and what kind of data they make.
pub(super) fn add(features: &Map<String, Json>, at: (&str, &str), facts: &mut Facts) {
    let mut modalities = BTreeSet::new();
    for (index, (column, feature)) in features.iter().enumerate() {
        let column = &subject(column, index);
        let text = Value::Text(cut(describe(feature, 0)));
        facts.about(column, Known::Declared, at, (property::FEATURE, text));
        if let Some(names) = class_names(feature) {
            facts.about(column, Known::Declared, at, (property::LABEL, Value::List(names)));
        }
        modality(feature, 0, &mut modalities);
    }
    for modality in modalities {
        facts.inferred(at.0, at.1, property::MODALITY, Value::Text(modality.to_owned()));
    }
}

fn describe(feature: &Json, depth: u32) -> String {
    if depth > MAX_DEPTH {
        return "…".to_owned();
    }
    match feature {
        Json::Array(items) => match items.first() {
            Some(item) => format!("list<{}>", describe(item, depth + 1)),
            None => "list<>".to_owned(),
        },
        Json::Object(map) => {
            if let Some(kind) = map.get("_type").and_then(Json::as_str) {
                return typed(kind, map, depth);
            }
            group(map.iter().map(|(key, value)| (key.as_str(), describe(value, depth + 1))))
        }
        other => other.to_string(),
    }
}

fn typed(kind: &str, map: &Map<String, Json>, depth: u32) -> String {
    let text = |key: &str| map.get(key).and_then(Json::as_str);
    match kind {
        "Value" => text("dtype").unwrap_or("Value").to_owned(),
        "ClassLabel" => match class_names_of(map) {
            Some(names) => {
                let more = if names.len() > SHOWN_NAMES { ", …" } else { "" };
                let shown: Vec<_> = names.into_iter().take(SHOWN_NAMES).collect();
                format!("ClassLabel({}{more})", shown.join(", "))
            }
            None => "ClassLabel".to_owned(),
        },
        "Sequence" | "LargeList" | "List" => {
            let inner = map.get("feature").map(|inner| describe(inner, depth + 1));
            format!("list<{}>", inner.unwrap_or_default())
        }
        "Audio" => match map.get("sampling_rate").and_then(Json::as_u64) {
            Some(rate) => format!("Audio({rate} Hz)"),
            None => kind.to_owned(),
        },
        "Translation" | "TranslationVariableLanguages" => {
            let languages = map.get("languages").and_then(Json::as_array).into_iter().flatten();
            let languages: Vec<_> = languages.filter_map(Json::as_str).collect();
            format!("{kind}({})", languages.join(", "))
        }
        _ => kind.to_owned(),
    }
}

fn class_names(feature: &Json) -> Option<Vec<String>> {
    let map = feature.as_object()?;
    let is_label = map.get("_type").and_then(Json::as_str) == Some("ClassLabel");
    if is_label { class_names_of(map) } else { None }
}

fn class_names_of(map: &Map<String, Json>) -> Option<Vec<String>> {
    let names = map.get("names")?.as_array()?;
    Some(names.iter().filter_map(Json::as_str).map(str::to_owned).collect())
}

/// What a feature, or one inside it, adds to the kind of data.
fn modality(feature: &Json, depth: u32, found: &mut BTreeSet<&'static str>) {
    if depth > MAX_DEPTH {
        return;
    }
    match feature {
        Json::Array(items) => items.iter().for_each(|item| modality(item, depth + 1, found)),
        Json::Object(map) => {
            let text = |key: &str| map.get(key).and_then(Json::as_str);
            let kind = match (text("_type"), text("dtype")) {
                (Some("Image"), _) => "image",
                (Some("Audio"), _) => "audio",
                (Some("Video"), _) => "video",
                (Some("Pdf" | "Translation" | "TranslationVariableLanguages"), _) => "text",
                (Some("Value"), Some("string" | "large_string")) => "text",
                (Some("Value" | "ClassLabel"), _) => return,
                _ => {
                    return map.values().for_each(|inner| modality(inner, depth + 1, found));
                }
            };
            found.insert(kind);
        }
        _ => {}
    }
}

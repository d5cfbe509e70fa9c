//! Front matter of dataset cards (hub documentation, `datasetcard.md`).

use serde_json::{Map, Value as Json};

use super::model;
use crate::pick::{MAX_ITEMS, Pen, ones, step, text, texts, uint};
use crate::{FileInfo, Value, property};

/// Everything that a dataset card can give.
pub(super) const GIVES: &[&str] = &[
    property::NAME,
    property::VERSION,
    property::DESCRIPTION,
    property::LICENCE,
    property::TASK,
    property::LANGUAGE,
    property::TAG,
    property::PARTY,
    property::LINK,
    property::DOI,
    property::CITATION,
    property::ACCESS,
    property::METADATA,
    property::MODALITY,
    property::SIZE_CATEGORY,
    property::SOURCE_DATASET,
    property::ROWS_OF_SPLIT,
    property::COLUMN,
    property::COLUMN_TYPE,
    property::FILE_REFERENCE,
    property::INTENDED_USE,
    property::OUT_OF_SCOPE_USE,
    property::USERS,
    property::LIMITATION,
    property::BIAS,
    property::ETHICS,
    property::ANNOTATION,
    property::COLLECTION,
    property::PREPROCESSING,
    property::SENSITIVE_DATA,
    property::TRAINING_DATA,
    property::TRAINING_PROCEDURE,
    property::EVALUATION,
    property::ENVIRONMENT,
    property::CO2_GRAMS,
    property::ENERGY_KWH,
    property::ENERGY_REGION,
    property::TRAINING_SECONDS,
    property::CONTEXT_LENGTH,
    property::EMBEDDING_SIZE,
    property::HARDWARE,
    property::UPDATES,
];

/// Reads the front matter.
pub(super) fn front(pen: &mut Pen<'_>, map: &Map<String, Json>) {
    model::licence(pen, map);
    model::common(pen, map);
    pen.text("/pretty_name", property::NAME, map.get("pretty_name"));
    let lists = [
        ("task_categories", property::TASK),
        ("task_ids", property::TASK),
        ("size_categories", property::SIZE_CATEGORY),
        ("annotations_creators", property::ANNOTATION),
        ("language_creators", property::COLLECTION),
    ];
    for (key, property) in lists {
        pen.each(&format!("/{key}"), property, map.get(key));
    }
    for key in ["multilinguality", "paperswithcode_id"] {
        for (place, text) in map.get(key).map(|j| texts(&step("", key), j)).unwrap_or_default() {
            pen.about(key, &place, property::METADATA, Value::Text(text));
        }
    }
    sources(pen, map);
    for (place, config) in one_or_many("/configs", map.get("configs")) {
        files(pen, &place, config);
    }
    let infos = one_or_many("/dataset_info", map.get("dataset_info"));
    let alone = infos.len() == 1;
    for (place, info) in infos {
        described(pen, &place, info, alone);
    }
}

/// `original` says that the data was made anew, `extended|NAME` what it was made from.
fn sources(pen: &mut Pen<'_>, map: &Map<String, Json>) {
    let Some(json) = map.get("source_datasets") else { return };
    for (place, text) in texts("/source_datasets", json) {
        let name = text.strip_prefix("extended|").unwrap_or(&text);
        if matches!(name, "original" | "extended") {
            pen.declared(&place, property::COLLECTION, Value::Text(text));
        } else {
            let origin = Value::Origin(model::origin(name));
            pen.declared(&place, property::SOURCE_DATASET, origin);
        }
    }
}

/// `data_files` of one configuration: a pattern, several, or patterns by split.
fn files(pen: &mut Pen<'_>, base: &str, config: &Map<String, Json>) {
    let base = format!("{base}/data_files");
    let mut add = |split: &str, place: &str, json: &Json| {
        for (place, path) in texts(place, json) {
            let file = FileInfo { path, ..FileInfo::default() };
            pen.about(split, &place, property::FILE_REFERENCE, Value::File(file));
        }
    };
    match config.get("data_files") {
        Some(Json::Array(items)) if items.iter().any(Json::is_object) => {
            for (at, item) in items.iter().enumerate().take(MAX_ITEMS) {
                let split = item.get("split").and_then(text).unwrap_or_default();
                if let Some(path) = item.get("path") {
                    add(&split, &format!("{base}/{at}/path"), path);
                }
            }
        }
        Some(Json::Object(map)) => {
            for (split, path) in map {
                add(split, &step(&base, split), path);
            }
        }
        Some(other) => add("", &base, other),
        None => {}
    }
}

/// Columns and splits of one configuration; its name is part of the subject where there are more.
fn described(pen: &mut Pen<'_>, base: &str, info: &Map<String, Json>, alone: bool) {
    let config = info.get("config_name").and_then(text).filter(|_| !alone).unwrap_or_default();
    let subject = |name: &str| match (config.as_str(), name) {
        ("", name) => name.to_owned(),
        (config, "") => config.to_owned(),
        (config, name) => format!("{config}/{name}"),
    };
    let mut columns = Vec::new();
    for (at, feature) in objects(info.get("features")) {
        let Some(name) = feature.get("name").and_then(text) else { continue };
        let place = format!("{base}/features/{at}");
        if let Some(kind) = kind(feature) {
            pen.about(&subject(&name), &place, property::COLUMN_TYPE, Value::Text(kind));
        }
        columns.push(name);
    }
    if !columns.is_empty() {
        let place = format!("{base}/features");
        pen.about(&subject(""), &place, property::COLUMN, Value::List(columns));
    }
    for (at, split) in objects(info.get("splits")) {
        let name = split.get("name").and_then(text);
        if let (Some(name), Some(rows)) = (name, split.get("num_examples").and_then(uint)) {
            let place = format!("{base}/splits/{at}/num_examples");
            pen.about(&subject(&name), &place, property::ROWS_OF_SPLIT, Value::Uint(rows));
        }
    }
    for key in ["download_size", "dataset_size"] {
        if let Some(size) = info.get(key).and_then(uint) {
            let place = step(base, key);
            pen.about(&subject(key), &place, property::METADATA, Value::Uint(size));
        }
    }
}

/// Type of a column: a name, or what it is made of.
fn kind(feature: &Map<String, Json>) -> Option<String> {
    let of = |json: &Json| match json {
        Json::Object(map) => map.keys().next().cloned(),
        plain => text(plain),
    };
    if let Some(dtype) = feature.get("dtype").and_then(of) {
        return Some(dtype);
    }
    let list = ["sequence", "list"].iter().find_map(|key| feature.get(*key));
    match list {
        Some(json) => Some(format!("list of {}", of(json).unwrap_or_else(|| "struct".to_owned()))),
        None => feature.contains_key("struct").then(|| "struct".to_owned()),
    }
}

fn objects(json: Option<&Json>) -> impl Iterator<Item = (usize, &Map<String, Json>)> {
    let items = json.and_then(Json::as_array).into_iter().flatten().enumerate().take(MAX_ITEMS);
    items.filter_map(|(at, item)| Some((at, item.as_object()?)))
}

fn one_or_many<'a>(place: &str, json: Option<&'a Json>) -> Vec<(String, &'a Map<String, Json>)> {
    let each = ones(place, json).into_iter();
    each.filter_map(|(place, json)| Some((place, json.as_object()?))).collect()
}

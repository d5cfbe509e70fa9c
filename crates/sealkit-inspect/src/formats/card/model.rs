//! Front matter of model cards (hub documentation, `modelcard.md`).

use serde_json::{Map, Value as Json};

use super::{emissions, links, results};
use crate::pick::{Pen, ones, origin_name, text, texts, value};
use crate::{LinkInfo, OriginInfo, PartyInfo, Value, property};

/// Everything that a model card can give.
pub(super) const GIVES: &[&str] = &[
    property::NAME,
    property::VERSION,
    property::DESCRIPTION,
    property::LICENCE,
    property::ARCHITECTURE,
    property::TASK,
    property::FRAMEWORK,
    property::PACKAGE,
    property::LANGUAGE,
    property::TAG,
    property::AUTHOR,
    property::PARTY,
    property::LINK,
    property::DOI,
    property::CITATION,
    property::ACCESS,
    property::METADATA,
    property::BASE_MODEL,
    property::BASE_MODEL_RELATION,
    property::BASE_MODEL_CONFIDENCE,
    property::SUCCESSOR,
    property::TRAINED_ON,
    property::EVALUATED_ON,
    property::METRIC,
    property::METRIC_USED,
    property::HYPERPARAMETER,
    property::HARDWARE,
    property::TRAINING_SECONDS,
    property::CONTEXT_LENGTH,
    property::EMBEDDING_SIZE,
    property::ENERGY_KWH,
    property::MODALITY,
    property::CO2_GRAMS,
    property::CO2_SOURCE,
    property::ENERGY_ACTIVITY,
    property::ENERGY_REGION,
    property::ENVIRONMENT,
    property::INTENDED_USE,
    property::OUT_OF_SCOPE_USE,
    property::USERS,
    property::LIMITATION,
    property::BIAS,
    property::ETHICS,
    property::TRAINING_DATA,
    property::TRAINING_PROCEDURE,
    property::EVALUATION,
    property::ANNOTATION,
    property::COLLECTION,
    property::PREPROCESSING,
    property::SENSITIVE_DATA,
    property::UPDATES,
];

/// Reads the front matter.
pub(super) fn front(pen: &mut Pen<'_>, map: &Map<String, Json>) {
    licence(pen, map);
    base_models(pen, map);
    datasets(pen, map);
    common(pen, map);
    pen.text("/pipeline_tag", property::TASK, map.get("pipeline_tag"));
    pen.text("/library_name", property::FRAMEWORK, map.get("library_name"));
    pen.text("/model_name", property::NAME, map.get("model_name"));
    pen.text("/model_type", property::ARCHITECTURE, map.get("model_type"));
    pen.each("/metrics", property::METRIC_USED, map.get("metrics"));
    if let Some(name) = map.get("new_version").and_then(text) {
        let origin = Value::Origin(OriginInfo::named(name));
        pen.declared("/new_version", property::SUCCESSOR, origin);
    }
    results::read(pen, map);
    if let Some(json) = map.get("co2_eq_emissions") {
        emissions::front(pen, json);
    }
    for (key, role) in [("model_creator", "author"), ("quantized_by", "quantiser")] {
        parties(pen, key, map.get(key), role);
    }
}

/// What cards of models and of datasets have in common.
pub(super) fn common(pen: &mut Pen<'_>, map: &Map<String, Json>) {
    for (key, property) in [("language", property::LANGUAGE), ("tags", property::TAG)] {
        if let Some(value) = map.get(key).and_then(value) {
            pen.declared(&format!("/{key}"), property, value);
        }
    }
    tags(pen, map.get("tags"));
    parties(pen, "authors", map.get("authors"), "author");
    pen.text("/version", property::VERSION, map.get("version"));
    pen.each("/doi", property::DOI, map.get("doi"));
    if let Some(url) = map.get("thumbnail").and_then(text).filter(|url| url.contains("://")) {
        let link = LinkInfo { kind: "other".to_owned(), url };
        pen.declared("/thumbnail", property::LINK, Value::Link(link));
    }
    for key in ["extra_gated_heading", "extra_gated_prompt", "extra_gated_description"] {
        pen.text(&format!("/{key}"), property::ACCESS, map.get(key));
    }
    if let Some(fields) = map.get("extra_gated_fields").and_then(Json::as_object) {
        let names: Vec<String> = fields.keys().cloned().collect();
        pen.declared("/extra_gated_fields", property::ACCESS, Value::List(names));
    }
}

/// `license: other` says less than the name that stands beside it.
pub(super) fn licence(pen: &mut Pen<'_>, map: &Map<String, Json>) {
    pen.text("/license_name", property::LICENCE, map.get("license_name"));
    for (place, text) in map.get("license").map(|j| texts("/license", j)).unwrap_or_default() {
        if text != "other" {
            pen.declared(&place, property::LICENCE, Value::Text(text));
        }
    }
    if let Some(url) = map.get("license_link").and_then(text) {
        let link = LinkInfo { kind: "license".to_owned(), url };
        pen.declared("/license_link", property::LINK, Value::Link(link));
    }
}

/// A model or a dataset as people name it: an id, an address, or a path.
pub(super) fn origin(stated: &str) -> OriginInfo {
    match links::id_of(stated) {
        Some(id) => OriginInfo { url: Some(stated.to_owned()), ..OriginInfo::named(id) },
        None => OriginInfo::named(origin_name(stated).0),
    }
}

fn base_models(pen: &mut Pen<'_>, map: &Map<String, Json>) {
    let relation = map.get("base_model_relation").and_then(text);
    let Some(json) = map.get("base_model") else { return };
    for (place, json) in ones("/base_model", Some(json)) {
        let Some(stated) = named(json) else { continue };
        let origin = OriginInfo { role: relation.clone(), ..described(json, origin(&stated)) };
        if !origin.name.is_empty() {
            pen.declared(&place, property::BASE_MODEL, Value::Origin(origin));
        }
    }
    let relation = map.get("base_model_relation");
    pen.text("/base_model_relation", property::BASE_MODEL_RELATION, relation);
}

fn datasets(pen: &mut Pen<'_>, map: &Map<String, Json>) {
    for (place, json) in ones("/datasets", map.get("datasets")) {
        let Some(stated) = named(json) else { continue };
        let role = Some("train".to_owned());
        let origin = OriginInfo { role, ..described(json, origin(&stated)) };
        if !origin.name.is_empty() {
            pen.declared(&place, property::TRAINED_ON, Value::Origin(origin));
        }
    }
}

/// What a text or a map names: the hub has texts, people write maps too.
fn named(json: &Json) -> Option<String> {
    let of = |key: &str| json.get(key).and_then(text);
    text(json).or_else(|| ["id", "repo_id", "path", "name"].into_iter().find_map(of))
}

/// What a map says of a dataset or a model beside its name.
fn described(json: &Json, origin: OriginInfo) -> OriginInfo {
    let of = |key: &str| json.get(key).and_then(text);
    OriginInfo {
        revision: of("revision").or(origin.revision),
        version: of("version").or(origin.version),
        config: of("config").or_else(|| of("subset")).or(origin.config),
        split: of("split").or(origin.split),
        ..origin
    }
}

/// Tags that say more than a word: `arxiv:1904.06472`, `doi:10.57967/hf/0003`.
fn tags(pen: &mut Pen<'_>, json: Option<&Json>) {
    for (place, tag) in json.map(|json| texts("/tags", json)).unwrap_or_default() {
        if let Some(id) = tag.strip_prefix("arxiv:") {
            let url = format!("https://arxiv.org/abs/{}", id.trim());
            let link = LinkInfo { kind: "documentation".to_owned(), url };
            pen.declared(&place, property::LINK, Value::Link(link));
        } else if let Some(id) = tag.strip_prefix("doi:") {
            pen.declared(&place, property::DOI, Value::Text(id.trim().to_owned()));
        } else if let Some(modality) = tag.strip_prefix("modality:") {
            pen.declared(&place, property::MODALITY, Value::Text(modality.trim().to_owned()));
        }
    }
}

/// People or organisations: texts, or maps with a `name`.
pub(super) fn parties(pen: &mut Pen<'_>, key: &str, json: Option<&Json>, role: &str) {
    for (place, json) in ones(&format!("/{key}"), json) {
        let name = json.get("name").and_then(text).or_else(|| text(json));
        let Some(name) = name else { continue };
        let party = PartyInfo {
            name,
            email: json.get("email").and_then(text),
            url: json.get("url").or_else(|| json.get("website")).and_then(text),
            role: Some(role.to_owned()),
            ..PartyInfo::default()
        };
        pen.declared(&place, property::PARTY, Value::Party(party));
    }
}

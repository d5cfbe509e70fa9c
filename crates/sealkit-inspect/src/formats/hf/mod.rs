//! What Hugging Face repositories hold beside weights and cards: settings, tokenizers, adapters,
//! the parts of a pipeline, and where a download came from.

pub(crate) mod adapter;
mod asked;
pub(crate) mod config;
pub(crate) mod generation;
pub(crate) mod hub;
pub(crate) mod pipeline;
pub(crate) mod processor;
mod quantisation;
pub(crate) mod sentence;
pub(crate) mod sentencepiece;
mod shape;
pub(crate) mod tokenizer;
pub(crate) mod tokenizer_json;
pub(crate) mod vocabulary;

use serde_json::{Map, Value as Json};

use crate::pick::{Pen, plain, step, text};
use crate::{OriginInfo, Value, property};

/// The version of a library that wrote the file, as framework and as package.
fn written_by(
    pen: &mut Pen<'_>,
    map: &Map<String, Json>,
    key: &str,
    (framework, package): (&str, &str),
) {
    let Some(version) = map.get(key).and_then(text) else { return };
    let place = step("", key);
    pen.declared(&place, property::FRAMEWORK, Value::Text(framework.to_owned()));
    pen.declared(&place, property::FRAMEWORK_VERSION, Value::Text(version.clone()));
    pen.package(&place, package, &version);
}

/// Classes in files of the repository that loading it imports, where its user allows that:
/// `auto_map` and the like. `owner/name--module.Class` takes them from another repository.
fn remote_code(pen: &mut Pen<'_>, place: &str, classes: &Json) {
    pen.declared(place, property::CAN_RUN_CODE, Value::Bool(true));
    let named: Vec<(String, &Json)> = match classes {
        Json::Object(map) => map.iter().map(|(key, class)| (step(place, key), class)).collect(),
        other => vec![(place.to_owned(), other)],
    };
    for (place, classes) in named {
        for (place, class) in crate::pick::texts(&place, classes) {
            if let Some((repository, _)) = class.split_once("--") {
                let origin = OriginInfo::named(repository);
                pen.declared(&place, property::LOADS_MODEL, Value::Origin(origin));
            }
            pen.declared(&place, property::CALLABLE, Value::Text(class));
        }
    }
}

/// Entries that are settings and nothing more, each about its key.
fn settings(
    pen: &mut Pen<'_>,
    map: &Map<String, Json>,
    property: &'static str,
    leave_out: &[&str],
) {
    for (key, json) in map.iter().filter(|(key, _)| !leave_out.contains(&key.as_str())) {
        if let Some(value) = plain(json) {
            pen.about(key, &step("", key), property, value);
        }
    }
}

//! What the configuration of a Keras model says: layers, inputs, code, training.
//!
//! Source: `serialization_lib.py` of Keras 3, which writes `module`, `class_name`, `config` and
//! `registered_name` for every object, and `model_config` of Keras 2, which has no `module`.

use std::collections::BTreeMap;

use sealkit_report::{Budget, Known, Severity};
use serde_json::Value as Json;

use crate::{Facts, InspectError, Value, kept, property};

/// What is gathered on the way through the objects.
#[derive(Default)]
struct Found {
    layers: BTreeMap<String, u64>,
    custom: BTreeMap<String, String>,
    code: Vec<(String, String)>,
}

/// Adds what a model's configuration says. `at` is the file and the place of the configuration,
/// under which places are JSON pointers.
pub(crate) fn model(
    model: &Json,
    at: (&str, &str),
    budget: &mut Budget,
    facts: &mut Facts,
) -> Result<(), InspectError> {
    let (path, place) = at;
    let text = |pointer: &str| model.pointer(pointer).and_then(Json::as_str);
    let plain = [("/class_name", property::MODEL_CLASS), ("/config/name", property::NAME)];
    for (pointer, property) in plain {
        if let Some(text) = text(pointer) {
            let place = format!("{place}{pointer}");
            facts.declared(path, &place, property, kept::text(text));
        }
    }
    let layers = model.pointer("/config/layers").and_then(Json::as_array);
    if let Some(layers) = layers {
        let count = Value::Uint(layers.len() as u64);
        facts.declared(path, &format!("{place}/config/layers"), property::LAYERS, count);
        inputs(layers, at, facts);
    }
    let mut found = Found::default();
    walk(model, place.to_owned(), 0, budget, &mut found)?;
    found.finish(at, facts);
    Ok(())
}

/// Adds only what of a configuration can run code: that of a compilation, or of one layer.
pub(crate) fn code(
    part: &Json,
    (path, place): (&str, &str),
    budget: &mut Budget,
    facts: &mut Facts,
) -> Result<(), InspectError> {
    let mut found = Found::default();
    walk(part, place.to_owned(), 0, budget, &mut found)?;
    if !found.code.is_empty() {
        facts.measured(path, place, property::CAN_RUN_CODE, Value::Bool(true));
    }
    tell(found.code, path, facts);
    Ok(())
}

/// Follows every object inside, however deep.
fn walk(
    node: &Json,
    place: String,
    depth: u32,
    budget: &mut Budget,
    found: &mut Found,
) -> Result<(), InspectError> {
    budget.steps(1)?;
    budget.depth(depth)?;
    match node {
        Json::Object(map) => {
            found.object(map, &place);
            for (key, child) in map {
                walk(child, format!("{place}/{}", kept::step(key)), depth + 1, budget, found)?;
            }
        }
        Json::Array(items) => {
            // The lists of numbers in a configuration hold no objects.
            for (index, child) in items.iter().enumerate().filter(|(_, c)| is_nested(c)) {
                walk(child, format!("{place}/{index}"), depth + 1, budget, found)?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn is_nested(node: &Json) -> bool {
    node.is_object() || node.is_array()
}

impl Found {
    fn object(&mut self, map: &serde_json::Map<String, Json>, place: &str) {
        let text = |key: &str| map.get(key).and_then(Json::as_str);
        let Some(class) = text("class_name") else { return };
        let module = text("module").unwrap_or_default();
        let parent = place.rsplit_once('/').map_or("", |(parent, _)| parent);
        if parent.ends_with("/layers") || parent.ends_with("/config") && place.ends_with("/layer") {
            *self.layers.entry(class.to_owned()).or_default() += 1;
        }
        let registered = text("registered_name").filter(|name| name.contains('>'));
        if let Some(name) = registered {
            self.custom.insert(name.to_owned(), place.to_owned());
        }
        // A class of another module is imported when the model is loaded.
        let is_foreign = !module.is_empty()
            && !["keras", "builtins", "tensorflow", "tf_keras", "numpy"].iter().any(|own| {
                module == *own || module.strip_prefix(own).is_some_and(|rest| rest.starts_with('.'))
            });
        let holds_code =
            matches!(class, "Lambda" | "__lambda__" | "TFSMLayer" | "TorchModuleWrapper");
        if holds_code || is_foreign {
            let name =
                if module.is_empty() { class.to_owned() } else { format!("{module}.{class}") };
            self.code.push((name, place.to_owned()));
        }
    }

    fn finish(self, at: (&str, &str), facts: &mut Facts) {
        let (path, place) = at;
        for (class, count) in self.layers {
            let fact = (property::LAYER_KIND, Value::Uint(count));
            facts.about(&class, Known::Declared, at, fact);
        }
        for (name, place) in self.custom {
            facts.declared(path, &place, property::CUSTOM_OPERATOR, Value::Text(name));
        }
        let runs = Value::Bool(!self.code.is_empty());
        facts.measured(path, place, property::CAN_RUN_CODE, runs);
        tell(self.code, path, facts);
    }
}

/// Names what can run code.
fn tell(code: Vec<(String, String)>, path: &str, facts: &mut Facts) {
    for (name, place) in code {
        let message = format!("`{name}` can run code when the model is loaded or used");
        facts.find("keras-code", Severity::High, (path, &place), message);
    }
}

/// Name and type of every input layer.
fn inputs(layers: &[Json], at: (&str, &str), facts: &mut Facts) {
    for (index, layer) in layers.iter().enumerate() {
        if layer.get("class_name").and_then(Json::as_str) != Some("InputLayer") {
            continue;
        }
        let Some(config) = layer.get("config") else { continue };
        let Some(name) = config.get("name").and_then(Json::as_str) else { continue };
        let place = format!("{}/config/layers/{index}", at.1);
        facts.declared(at.0, &place, property::INPUT, kept::text(name));
        // Keras 2 calls it `batch_input_shape`.
        let shape = config.get("batch_shape").or_else(|| config.get("batch_input_shape"));
        let Some(shape) = shape.and_then(Json::as_array) else { continue };
        let dims = shape.iter().map(|dim| dim.as_u64().map_or("?".to_owned(), |n| n.to_string()));
        let dims: Vec<String> = dims.collect();
        let dtype = config.get("dtype").and_then(Json::as_str).unwrap_or("unknown");
        let kind = Value::Text(format!("{dtype}[{}]", dims.join(",")));
        facts.about(name, Known::Declared, (at.0, &place), (property::INPUT_TYPE, kind));
    }
}

/// Adds what the compilation says: optimiser with its settings, loss, metrics.
pub(crate) fn training(training: &Json, at: (&str, &str), facts: &mut Facts) {
    let (path, place) = at;
    let optimizer = training.get("optimizer").or_else(|| training.get("optimizer_config"));
    let mut add = |name: &str, pointer: &str, value: Option<String>| {
        if let Some(value) = value {
            let place = format!("{place}/{pointer}");
            let fact = (property::HYPERPARAMETER, kept::text(&value));
            facts.about(name, Known::Declared, (path, &place), fact);
        }
    };
    add("loss", "loss", training.get("loss").and_then(shown));
    add("metrics", "metrics", training.get("metrics").and_then(shown));
    let Some(optimizer) = optimizer else { return };
    add("optimizer", "optimizer", shown(optimizer));
    let settings = optimizer.get("config").and_then(Json::as_object);
    for (key, value) in settings.into_iter().flatten().filter(|(key, _)| *key != "name") {
        let value = shown(value);
        add(&format!("optimizer.{key}"), &format!("optimizer/config/{}", kept::step(key)), value);
    }
}

/// A setting as text: an object by its class, a list by its parts.
fn shown(value: &Json) -> Option<String> {
    match value {
        Json::Null => None,
        Json::String(text) => Some(text.clone()),
        Json::Object(map) => {
            let class = map.get("class_name").and_then(Json::as_str);
            let name = || map.get("config")?.get("name")?.as_str();
            class.or_else(name).map(str::to_owned)
        }
        Json::Array(items) => {
            let parts: Vec<String> = items.iter().filter_map(shown).collect();
            (!parts.is_empty()).then(|| parts.join(", "))
        }
        other => Some(other.to_string()),
    }
}

//! The JSON Schema of the overlay, for editors and other tools.

use serde_json::{Map, Value, json};

use super::entries::{ENERGY, ETHICS, FAIRNESS, LINK, PARTY};
use super::keys::{ACTIVITIES, DATASET, KIT, Key, MODEL, Shape};

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema of an overlay, with two spaces of indentation and a line feed at its end.
pub fn schema() -> String {
    let schema = json!({
        "$schema": DIALECT,
        "title": "AIBOM overlay",
        "description": "What people say of a kit that its bytes cannot: `aibom.yaml`.",
        "type": ["object", "null"],
        "additionalProperties": false,
        "properties": {
            "supplier": described(list_of("party"), "Who supplies the kit and its models."),
            "authors": described(list_of("party"), "Who answers for the AIBOM."),
            "kit": section(KIT, "About the kit as a whole."),
            "model": section(MODEL, "About the models of the kit."),
            "datasets": {
                "description": "About datasets, by their names or paths.",
                "type": ["object", "null"],
                "additionalProperties": section(DATASET, "About one dataset."),
            },
        },
        "$defs": definitions(),
    });
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

fn section(keys: &[Key], about: &str) -> Value {
    let mut properties = Map::new();
    for key in keys {
        properties.insert(key.name.to_owned(), described(shape(key.shape), key.about));
    }
    json!({
        "description": about,
        "type": ["object", "null"],
        "additionalProperties": false,
        "properties": properties,
    })
}

fn described(mut schema: Value, about: &str) -> Value {
    if let Some(map) = schema.as_object_mut() {
        map.insert("description".to_owned(), about.into());
    }
    schema
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

fn list_of(name: &str) -> Value {
    json!({"oneOf": [reference(name), {"type": ["array", "null"], "items": reference(name)}]})
}

fn shape(shape: Shape) -> Value {
    match shape {
        Shape::Text => reference("text"),
        Shape::Date => json!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T.+)?$"}),
        Shape::Texts => list_of("text"),
        Shape::Flag => json!({"type": "boolean"}),
        Shape::FlagOrTexts => json!({"oneOf": [
            {"type": "boolean"},
            {"type": ["string", "number"], "minLength": 1},
            {"type": ["array", "null"], "items": reference("text")},
        ]}),
        Shape::Number => json!({"type": "number", "minimum": 0}),
        Shape::Count => json!({"type": "integer", "minimum": 0}),
        Shape::Choice(words) => json!({"enum": words}),
        Shape::Parties => list_of("party"),
        Shape::Links => list_of("link"),
        Shape::Ethics => list_of("ethics"),
        Shape::Fairness => list_of("fairness"),
        Shape::Energy => list_of("energy"),
    }
}

fn definitions() -> Value {
    let text = || reference("text");
    let entry = |keys: &[&str], needed: &[&str], own: &[(&str, Value)]| {
        let mut properties: Map<String, Value> =
            keys.iter().map(|key| ((*key).to_owned(), text())).collect();
        for (key, schema) in own {
            properties.insert((*key).to_owned(), schema.clone());
        }
        json!({
            "type": "object",
            "additionalProperties": false,
            "required": needed,
            "properties": properties,
        })
    };
    let number = json!({"type": "number", "minimum": 0});
    let party = entry(PARTY, &["name"], &[("organisation", json!({"type": "boolean"}))]);
    let energy =
        [("activity", json!({"enum": ACTIVITIES})), ("kwh", number.clone()), ("co2Grams", number)];
    json!({
        "text": {"type": ["string", "number", "boolean"], "minLength": 1},
        "party": {"anyOf": [text(), party]},
        "link": entry(LINK, &["url"], &[]),
        "ethics": {"anyOf": [text(), entry(ETHICS, &["name"], &[])]},
        "fairness": entry(FAIRNESS, &["group"], &[]),
        "energy": entry(ENERGY, &[], &energy),
    })
}

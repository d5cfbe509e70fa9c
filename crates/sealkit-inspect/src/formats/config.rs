//! Hugging Face `config.json` and `adapter_config.json`.

use sealkit_report::Budget;
use serde_json::{Map, Value as Json};

use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, Value, json, property,
};

const CONFIG: Format = Format::new("hf-config", "model configuration", Class::ModelPart, &[])
    .media("application/json");
const ADAPTER: Format =
    Format::new("hf-adapter-config", "adapter configuration", Class::ModelPart, &[])
        .media("application/json");

pub(crate) struct HfConfig;

impl Inspector for HfConfig {
    fn format(&self) -> &Format {
        &CONFIG
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let keys = [
            "\"model_type\"",
            "\"architectures\"",
            "\"transformers_version\"",
            "\"word_embedding_dimension\"",
        ];
        sniff(probe, "config.json", &keys)
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let config = object(source, budget)?;
        let mut facts = Facts::default();
        let texts = [
            ("/model_type", property::ARCHITECTURE),
            ("/torch_dtype", property::DTYPE),
            ("/dtype", property::DTYPE),
            ("/transformers_version", property::FRAMEWORK_VERSION),
            ("/architectures", property::MODEL_CLASS),
            ("/max_position_embeddings", property::CONTEXT_LENGTH),
            ("/vocab_size", property::VOCABULARY),
        ];
        take(&config, &texts, path, &mut facts);
        if config.contains_key("transformers_version") {
            let framework = Value::Text("transformers".to_owned());
            facts.declared(path, "/transformers_version", property::FRAMEWORK, framework);
        }
        if let Some(method) = config.get("quantization_config").and_then(quantisation) {
            let method = Value::Text(method);
            facts.declared(path, "/quantization_config", property::QUANTISATION, method);
        }
        if config.contains_key("auto_map") {
            facts.declared(path, "/auto_map", property::CAN_RUN_CODE, Value::Bool(true));
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::ARCHITECTURE,
            property::MODEL_CLASS,
            property::DTYPE,
            property::FRAMEWORK,
            property::FRAMEWORK_VERSION,
            property::CONTEXT_LENGTH,
            property::VOCABULARY,
            property::QUANTISATION,
            property::CAN_RUN_CODE,
        ]
    }
}

pub(crate) struct AdapterConfig;

impl Inspector for AdapterConfig {
    fn format(&self) -> &Format {
        &ADAPTER
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        sniff(probe, "adapter_config.json", &["\"peft_type\"", "\"base_model_name_or_path\""])
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let config = object(source, budget)?;
        let mut facts = Facts::default();
        let texts = [
            ("/base_model_name_or_path", property::BASE_MODEL),
            ("/revision", property::BASE_MODEL_REVISION),
            ("/peft_type", property::ADAPTER_TYPE),
            ("/task_type", property::TASK),
        ];
        take(&config, &texts, path, &mut facts);
        if config.contains_key("base_model_name_or_path") {
            let relation = Value::Text("adapter".to_owned());
            facts.inferred(path, "", property::BASE_MODEL_RELATION, relation);
        }
        facts.declared(path, "", property::FRAMEWORK, Value::Text("peft".to_owned()));
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::BASE_MODEL,
            property::BASE_MODEL_REVISION,
            property::BASE_MODEL_RELATION,
            property::ADAPTER_TYPE,
            property::TASK,
            property::FRAMEWORK,
        ]
    }
}

fn sniff(probe: &Probe<'_>, name: &str, keys: &[&str]) -> Confidence {
    let named = probe.is_named(&[name]);
    let text = probe.text().filter(|text| named && text.trim_start().starts_with('{'));
    let fits = text.is_some_and(|text| keys.iter().any(|key| text.contains(key)));
    if fits { Confidence::Content } else { Confidence::No }
}

fn object(source: &dyn ReadAt, budget: &mut Budget) -> Result<Map<String, Json>, InspectError> {
    match json::read(source, budget)? {
        Json::Object(map) => Ok(map),
        _ => Err(InspectError::malformed("JSON", "no object at the root", 0)),
    }
}

/// Declares the keys (given as JSON pointers of one step) that hold text, a number or texts.
pub(crate) fn take(
    map: &Map<String, Json>,
    wanted: &[(&'static str, &'static str)],
    path: &str,
    facts: &mut Facts,
) {
    for &(place, property) in wanted {
        let value = map.get(place.trim_start_matches('/')).and_then(value);
        if let Some(value) = value {
            facts.declared(path, place, property, value);
        }
    }
}

/// Text, a whole number or a list of texts, where it says something.
pub(crate) fn value(json: &Json) -> Option<Value> {
    Some(match json {
        Json::String(text) if !text.trim().is_empty() => Value::Text(text.clone()),
        Json::Number(number) => match number.as_u64() {
            Some(number) => Value::Uint(number),
            None => Value::Text(number.to_string()),
        },
        Json::Array(items) => {
            let texts: Vec<String> =
                items.iter().filter_map(Json::as_str).map(str::to_owned).collect();
            if texts.is_empty() {
                return None;
            }
            Value::List(texts)
        }
        _ => return None,
    })
}

fn quantisation(config: &Json) -> Option<String> {
    let method = config.get("quant_method")?.as_str()?;
    let is_on = |key: &str| config.get(key).and_then(Json::as_bool).unwrap_or(false);
    let bits = match config.get("bits").and_then(Json::as_u64) {
        None if is_on("load_in_4bit") => Some(4),
        None if is_on("load_in_8bit") => Some(8),
        bits => bits,
    };
    Some(bits.map_or_else(|| method.to_owned(), |bits| format!("{method} {bits}-bit")))
}

//! What sentence-transformers writes beside a model: its modules, its pooling, its own settings,
//! and the list of files that it was trained on.

use sealkit_report::Budget;
use serde_json::{Map, Value as Json};

use crate::pick::{MAX_ITEMS, Pen, plain, sniff, step, text, uint};
use crate::{
    Class, Confidence, Facts, FileInfo, Format, InspectError, Inspector, OriginInfo, Probe, ReadAt,
    Value, json, property,
};

/// One of the files.
pub(crate) struct Sentence {
    format: Format,
    fits: fn(&Probe<'_>) -> bool,
    read: fn(&mut Pen<'_>, &Json),
    gives: &'static [&'static str],
}

const fn part(id: &'static str, name: &'static str) -> Format {
    Format::new(id, name, Class::ModelPart, &[]).media("application/json")
}

pub(crate) static MODULES: Sentence = Sentence {
    format: part("st-modules", "modules of a sentence transformer"),
    fits: |probe| is_list(probe, "modules.json", "\"type\""),
    read: modules,
    gives: &[
        property::MODEL_CLASS,
        property::FRAMEWORK,
        property::FILE_REFERENCE,
        property::CALLABLE,
        property::CAN_RUN_CODE,
    ],
};
pub(crate) static TRANSFORMER: Sentence = Sentence {
    format: part("st-transformer", "settings of a sentence transformer"),
    fits: |probe| sniff(probe, "sentence_bert_config.json", &["\""]) > Confidence::No,
    read: transformer,
    gives: &[property::CONTEXT_LENGTH, property::METADATA],
};
pub(crate) static SETTINGS: Sentence = Sentence {
    format: part("st-config", "sentence-transformers configuration"),
    fits: |probe| sniff(probe, "config_sentence_transformers.json", &["\""]) > Confidence::No,
    read: settings,
    gives: &[
        property::FRAMEWORK,
        property::FRAMEWORK_VERSION,
        property::PACKAGE,
        property::METADATA,
    ],
};
pub(crate) static POOLING: Sentence = Sentence {
    format: part("st-pooling", "pooling of a sentence transformer"),
    fits: |probe| {
        sniff(probe, "config.json", &["\"pooling_mode", "\"word_embedding_dimension\""])
            > Confidence::No
    },
    read: pooling,
    gives: &[property::EMBEDDING_SIZE, property::POOLING, property::METADATA],
};
pub(crate) static TRAINING_FILES: Sentence = Sentence {
    format: part("st-training-data", "training data of a sentence transformer"),
    fits: |probe| is_list(probe, "data_config.json", "\"name\""),
    read: training_files,
    gives: &[property::TRAINED_ON, property::SAMPLING_WEIGHT],
};

impl Inspector for Sentence {
    fn format(&self) -> &Format {
        &self.format
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        if (self.fits)(probe) { Confidence::Content } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let mut facts = Facts::default();
        let root = json::read(source, budget)?;
        (self.read)(&mut Pen { path, facts: &mut facts }, &root);
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        self.gives
    }
}

fn is_list(probe: &Probe<'_>, name: &str, key: &str) -> bool {
    let text = probe.text().filter(|_| probe.is_named(&[name]));
    text.is_some_and(|text| text.trim_start().starts_with('[') && text.contains(key))
}

fn map(json: &Json) -> impl Iterator<Item = (&String, &Json)> {
    json.as_object().into_iter().flatten()
}

fn list(json: &Json) -> impl Iterator<Item = (usize, &Map<String, Json>)> {
    let items = json.as_array().into_iter().flatten().enumerate().take(MAX_ITEMS);
    items.filter_map(|(at, item)| Some((at, item.as_object()?)))
}

fn modules(pen: &mut Pen<'_>, root: &Json) {
    let mut classes = Vec::new();
    for (at, module) in list(root) {
        if let Some(path) = module.get("path").and_then(text) {
            let file = FileInfo { path, ..FileInfo::default() };
            pen.declared(&format!("/{at}/path"), property::FILE_REFERENCE, Value::File(file));
        }
        let Some(class) = module.get("type").and_then(text) else { continue };
        // A class of another package, or of a file of the repository, is imported by its name.
        if !class.starts_with("sentence_transformers.") {
            let place = format!("/{at}/type");
            pen.declared(&place, property::CAN_RUN_CODE, Value::Bool(true));
            pen.declared(&place, property::CALLABLE, Value::Text(class.clone()));
        }
        classes.push(class);
    }
    if !classes.is_empty() {
        pen.declared("", property::MODEL_CLASS, Value::List(classes));
        let name = Value::Text("sentence-transformers".to_owned());
        pen.inferred("", property::FRAMEWORK, name);
    }
}

fn transformer(pen: &mut Pen<'_>, root: &Json) {
    for (key, json) in map(root) {
        let place = step("", key);
        if let ("max_seq_length", Some(length)) = (key.as_str(), uint(json)) {
            pen.declared(&place, property::CONTEXT_LENGTH, Value::Uint(length));
        } else {
            pen.flat((key, &place), json, property::METADATA, 3);
        }
    }
}

fn settings(pen: &mut Pen<'_>, root: &Json) {
    for (key, json) in map(root) {
        let place = step("", key);
        if key == "__version__" {
            versions(pen, &place, json);
        } else {
            pen.flat((key, &place), json, property::METADATA, 3);
        }
    }
}

/// The libraries by which the model was saved; those names are no package names.
fn versions(pen: &mut Pen<'_>, place: &str, json: &Json) {
    for (name, version) in map(json) {
        let Some(version) = text(version) else { continue };
        let place = step(place, name);
        let package = match name.as_str() {
            "sentence_transformers" => {
                let framework = Value::Text("sentence-transformers".to_owned());
                pen.declared(&place, property::FRAMEWORK, framework);
                let version = Value::Text(version.clone());
                pen.declared(&place, property::FRAMEWORK_VERSION, version);
                "sentence-transformers"
            }
            "pytorch" => "torch",
            other => other,
        };
        pen.package(&place, package, &version);
    }
}

fn pooling(pen: &mut Pen<'_>, root: &Json) {
    let mut modes = Vec::new();
    for (key, json) in map(root) {
        let place = step("", key);
        match (key.strip_prefix("pooling_mode_"), json) {
            (Some(mode), Json::Bool(yes)) => {
                if *yes {
                    modes.push(mode.trim_end_matches("_tokens").trim_end_matches("_token"));
                }
            }
            _ if matches!(key.as_str(), "word_embedding_dimension" | "embedding_dimension") => {
                if let Some(size) = uint(json) {
                    pen.declared(&place, property::EMBEDDING_SIZE, Value::Uint(size));
                }
            }
            // Newer versions name the mode.
            _ if key == "pooling_mode" => pen.text(&place, property::POOLING, Some(json)),
            _ => {
                if let Some(value) = plain(json) {
                    pen.about(key, &place, property::METADATA, value);
                }
            }
        }
    }
    if !modes.is_empty() {
        pen.declared("", property::POOLING, Value::Text(modes.join(", ")));
    }
}

/// Each entry is a file of training pairs with its lines and how often it was drawn from.
fn training_files(pen: &mut Pen<'_>, root: &Json) {
    for (at, entry) in list(root) {
        let Some(name) = entry.get("name").and_then(text) else { continue };
        let origin = OriginInfo {
            role: Some("train".to_owned()),
            rows: entry.get("lines").and_then(uint),
            ..OriginInfo::named(name.clone())
        };
        pen.declared(&format!("/{at}"), property::TRAINED_ON, Value::Origin(origin));
        if let Some(weight) = entry.get("weight").and_then(plain) {
            let place = format!("/{at}/weight");
            pen.about(&name, &place, property::SAMPLING_WEIGHT, weight);
        }
    }
}

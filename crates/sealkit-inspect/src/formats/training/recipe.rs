//! Settings that people write for trainers: axolotl, LLaMA-Factory, mergekit, accelerate. They are
//! YAML under any name, so that only keys which no other tool has together are taken for one.

use sealkit_report::Budget;
use serde_json::{Map, Value as Json};

use super::{has_keys, yaml_map};
use crate::format::ends_with;
use crate::pick::{MAX_ITEMS, Pen, origin_name, plain, step, text, texts};
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, OriginInfo, Probe, ReadAt, Value,
    property,
};

/// One trainer.
pub(crate) struct Recipe {
    format: Format,
    /// Keys that must all stand at the start of a line.
    keys: &'static [&'static str],
    /// Keys of which one must.
    one_of: &'static [&'static str],
    /// Keys that are no settings of the training.
    leave_out: &'static [&'static str],
    read: fn(&mut Pen<'_>, &Map<String, Json>),
    gives: &'static [&'static str],
}

const fn format(id: &'static str, name: &'static str) -> Format {
    Format::new(id, name, Class::Metadata, &[]).media("application/yaml")
}

pub(crate) static AXOLOTL: Recipe = Recipe {
    format: format("axolotl", "axolotl configuration"),
    keys: &["base_model:", "datasets:"],
    one_of: &["micro_batch_size:", "sequence_len:", "learning_rate:"],
    leave_out: &["base_model", "datasets", "test_datasets", "output_dir", "special_tokens"],
    read: axolotl,
    gives: &[
        property::BASE_MODEL,
        property::TRAINED_ON,
        property::EVALUATED_ON,
        property::HYPERPARAMETER,
    ],
};
pub(crate) static LLAMA_FACTORY: Recipe = Recipe {
    format: format("llama-factory", "LLaMA-Factory configuration"),
    keys: &["model_name_or_path:", "dataset:"],
    one_of: &["finetuning_type:", "stage:", "cutoff_len:"],
    leave_out: &["model_name_or_path", "dataset", "eval_dataset", "output_dir", "dataset_dir"],
    read: llama_factory,
    gives: &[
        property::BASE_MODEL,
        property::TRAINED_ON,
        property::EVALUATED_ON,
        property::HYPERPARAMETER,
    ],
};
pub(crate) static MERGEKIT: Recipe = Recipe {
    format: format("mergekit", "mergekit configuration"),
    keys: &["merge_method:"],
    one_of: &["models:", "slices:", "base_model:"],
    leave_out: &["base_model", "models", "slices", "parameters"],
    read: mergekit,
    gives: &[property::BASE_MODEL, property::BASE_MODEL_RELATION, property::HYPERPARAMETER],
};
pub(crate) static ACCELERATE: Recipe = Recipe {
    format: format("accelerate", "accelerate configuration"),
    keys: &["compute_environment:", "distributed_type:"],
    one_of: &["mixed_precision:", "num_processes:"],
    leave_out: &["main_process_ip", "main_process_port", "machine_rank", "same_network"],
    read: |_, _| {},
    gives: &[property::HYPERPARAMETER],
};

impl Inspector for Recipe {
    fn format(&self) -> &Format {
        &self.format
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let named = [".yaml", ".yml"].iter().any(|end| ends_with(probe.file_name(), end));
        let fits = named
            && has_keys(probe, self.keys)
            && self.one_of.iter().any(|key| has_keys(probe, &[key]));
        if fits { Confidence::Content } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let map = yaml_map(source, budget)?;
        let mut facts = Facts::default();
        let mut pen = Pen { path, facts: &mut facts };
        (self.read)(&mut pen, &map);
        for (key, json) in map.iter().filter(|(key, _)| !self.leave_out.contains(&key.as_str())) {
            setting(&mut pen, key, json);
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        self.gives
    }
}

/// A setting; of a path on the machine that trained only the last part is kept, of a service no
/// name or token.
fn setting(pen: &mut Pen<'_>, key: &str, json: &Json) {
    let is_service = key.starts_with("wandb_") || key.ends_with("_token") || key.ends_with("_key");
    let value = match plain(json) {
        Some(Value::Text(text)) if origin_name(&text).1 => Value::Text(origin_name(&text).0),
        // YAML keeps as text what it would write otherwise: `2e-05`.
        Some(Value::Text(text)) => crate::pick::number(&text).unwrap_or(Value::Text(text)),
        Some(value) => value,
        None => return,
    };
    if !is_service {
        pen.about(key, &step("", key), property::HYPERPARAMETER, value);
    }
}

fn base(pen: &mut Pen<'_>, place: &str, stated: &str, role: &str, revision: Option<String>) {
    let (name, _) = origin_name(stated);
    if !name.is_empty() {
        let origin =
            OriginInfo { role: Some(role.to_owned()), revision, ..OriginInfo::named(name) };
        pen.declared(place, property::BASE_MODEL, Value::Origin(origin));
    }
}

fn axolotl(pen: &mut Pen<'_>, map: &Map<String, Json>) {
    let role = if map.get("adapter").and_then(text).is_some() { "adapter" } else { "finetune" };
    if let Some(stated) = map.get("base_model").and_then(text) {
        base(pen, "/base_model", &stated, role, map.get("revision_of_model").and_then(text));
    }
    let lists = [
        ("datasets", property::TRAINED_ON, "train"),
        ("test_datasets", property::EVALUATED_ON, "test"),
    ];
    for (key, property, role) in lists {
        let items = map.get(key).and_then(Json::as_array).into_iter().flatten();
        for (at, item) in items.enumerate().take(MAX_ITEMS) {
            let of = |key: &str| item.get(key).and_then(text);
            let Some(stated) = of("path") else { continue };
            let origin = OriginInfo {
                role: Some(role.to_owned()),
                config: of("name"),
                split: of("split"),
                revision: of("revision"),
                ..OriginInfo::named(origin_name(&stated).0)
            };
            pen.declared(&format!("/{key}/{at}"), property, Value::Origin(origin));
        }
    }
}

fn llama_factory(pen: &mut Pen<'_>, map: &Map<String, Json>) {
    let kind = map.get("finetuning_type").and_then(text);
    let role = if kind.as_deref() == Some("lora") { "adapter" } else { "finetune" };
    if let Some(stated) = map.get("model_name_or_path").and_then(text) {
        base(pen, "/model_name_or_path", &stated, role, map.get("model_revision").and_then(text));
    }
    let lists = [
        ("dataset", property::TRAINED_ON, "train"),
        ("eval_dataset", property::EVALUATED_ON, "test"),
    ];
    for (key, property, role) in lists {
        for (place, stated) in map.get(key).map(|j| texts(&step("", key), j)).unwrap_or_default() {
            for name in stated.split(',').map(str::trim).filter(|name| !name.is_empty()) {
                let role = Some(role.to_owned());
                let origin = OriginInfo { role, ..OriginInfo::named(name) };
                pen.declared(&place, property, Value::Origin(origin));
            }
        }
    }
}

/// The model that is the base of a merge, and every model that goes into it.
fn mergekit(pen: &mut Pen<'_>, map: &Map<String, Json>) {
    let mut found: Vec<(String, String)> = Vec::new();
    let name = |json: &Json| text(json).or_else(|| text(json.get("model")?.get("path")?));
    if let Some(stated) = map.get("base_model").and_then(name) {
        found.push(("/base_model".to_owned(), stated));
    }
    let list = |json: Option<&Json>, base: &str, found: &mut Vec<(String, String)>| {
        let items = json.and_then(Json::as_array).into_iter().flatten().take(MAX_ITEMS);
        for (at, item) in items.enumerate() {
            if let Some(stated) = item.get("model").and_then(name) {
                found.push((format!("{base}/{at}/model"), stated));
            }
        }
    };
    list(map.get("models"), "/models", &mut found);
    let slices = map.get("slices").and_then(Json::as_array).into_iter().flatten();
    for (at, slice) in slices.enumerate().take(MAX_ITEMS) {
        list(slice.get("sources"), &format!("/slices/{at}/sources"), &mut found);
    }
    let mut seen = std::collections::BTreeSet::new();
    for (place, stated) in found {
        // A model may have a LoRA behind a plus sign.
        for part in stated.split('+').filter(|part| seen.insert((*part).to_owned())) {
            base(pen, &place, part, "merge", None);
        }
    }
    pen.inferred("/merge_method", property::BASE_MODEL_RELATION, Value::Text("merge".to_owned()));
}

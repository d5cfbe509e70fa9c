//! Settings of a training that a pickle holds: `training_args.bin` of Transformers, checkpoints of
//! Lightning.
//!
//! Source: `transformers/training_args.py` 4.4x, `lightning/pytorch/trainer/connectors` 2.x.

use sealkit_report::Known;

use crate::formats::pickle::report::Place;
use crate::pickle::{Item, Trace};
use crate::{Facts, Value, property};

/// Settings of `TrainingArguments` that say how a model came about. The others say where files
/// lie, what is logged and who may push: nothing for readers of a model.
const ARGUMENTS: &[&str] = &[
    "learning_rate",
    "num_train_epochs",
    "max_steps",
    "per_device_train_batch_size",
    "per_device_eval_batch_size",
    "gradient_accumulation_steps",
    "weight_decay",
    "adam_beta1",
    "adam_beta2",
    "adam_epsilon",
    "max_grad_norm",
    "lr_scheduler_type",
    "warmup_ratio",
    "warmup_steps",
    "optim",
    "optim_args",
    "seed",
    "data_seed",
    "fp16",
    "bf16",
    "tf32",
    "fp16_opt_level",
    "gradient_checkpointing",
    "label_smoothing_factor",
    "adafactor",
    "group_by_length",
    "neftune_noise_alpha",
    "full_determinism",
    "torch_compile",
    "auto_find_batch_size",
    "max_seq_length",
    "max_length",
    "packing",
    "beta",
    "loss_type",
    "per_gpu_train_batch_size",
    "predict_with_generate",
    "generation_max_length",
    "generation_num_beams",
    "metric_for_best_model",
    "load_best_model_at_end",
    "eval_strategy",
    "evaluation_strategy",
];
/// Settings that are listed for one file at most.
const MAX_SETTINGS: usize = 256;

/// Adds the settings below `root`, if there are any that are known.
pub(crate) fn settings(facts: &mut Facts, place: Place<'_>, trace: &Trace, root: Item) {
    if let Some(state) = trace.heap.state(root)
        && is_arguments(trace, root, state)
    {
        let holds = Value::Text("settings".to_owned());
        facts.measured(place.file, place.member, property::HOLDS, holds);
        arguments(facts, place, trace, state);
    }
    lightning(facts, place, trace, root);
}

fn is_arguments(trace: &Trace, root: Item, state: Item) -> bool {
    let named = trace.path(root).is_some_and(|path| {
        let name = path.rsplit('.').next().unwrap_or_default();
        name.ends_with("TrainingArguments") || name.ends_with("Config")
    });
    let has = |key| trace.heap.get(state, key).is_some();
    named && has("learning_rate") && has("num_train_epochs")
}

fn arguments(facts: &mut Facts, place: Place<'_>, trace: &Trace, state: Item) {
    for name in ARGUMENTS {
        let Some(value) = trace.heap.get(state, name).and_then(|item| plain(trace, item)) else {
            continue;
        };
        setting(facts, place, name, value);
    }
    if let Some(Value::Uint(seed)) = trace.heap.get(state, "seed").and_then(|i| plain(trace, i)) {
        let at = format!("{} /seed", place.member);
        facts.declared(place.file, at.trim_start(), property::SEED, Value::Uint(seed));
    }
}

fn lightning(facts: &mut Facts, place: Place<'_>, trace: &Trace, root: Item) {
    let heap = &trace.heap;
    let version = heap.get(root, "pytorch-lightning_version");
    let Some(version) = version.and_then(|version| heap.text(version)) else { return };
    let at = |key: &str| format!("{} /{key}", place.member).trim_start().to_owned();
    let producer = Value::Text("pytorch-lightning".to_owned());
    let key = at("pytorch-lightning_version");
    facts.declared(place.file, &key, property::PRODUCER, producer);
    let version = Value::Text(version.to_owned());
    facts.declared(place.file, &key, property::PRODUCER_VERSION, version);
    for key in ["epoch", "global_step"] {
        if let Some(value) = heap.get(root, key).and_then(|item| plain(trace, item)) {
            setting(facts, place, key, value);
        }
    }
    let Some(given) = heap.get(root, "hyper_parameters") else { return };
    for (key, value) in heap.pairs(given).unwrap_or_default().iter().take(MAX_SETTINGS) {
        if let (Some(name), Some(value)) = (heap.text(*key), plain(trace, *value)) {
            setting(facts, place, name, value);
        }
    }
}

/// One setting; never one whose name speaks of a secret.
pub(crate) fn setting(facts: &mut Facts, place: Place<'_>, name: &str, value: Value) {
    let lower = name.to_lowercase();
    if ["token", "password", "secret", "api_key", "credential"].iter().any(|s| lower.contains(s)) {
        return;
    }
    let at = format!("{} /{name}", place.member);
    let fact = (property::HYPERPARAMETER, value);
    facts.about(name, Known::Declared, (place.file, at.trim_start()), fact);
}

/// A plain value; of an enumeration the value it is made of.
pub(crate) fn plain(trace: &Trace, item: Item) -> Option<Value> {
    Some(match item {
        Item::Bool(yes) => Value::Bool(yes),
        Item::Int(n) => u64::try_from(n).map_or(Value::Int(n), Value::Uint),
        Item::Float(n) if n.is_finite() => Value::Float(n),
        Item::Float(n) => Value::Text(n.to_string()),
        Item::Text { .. } => Value::Text(trace.heap.text(item)?.to_owned()),
        Item::Node(_) => {
            let object = trace.heap.object(item)?;
            let [only] = trace.heap.tuple(object.args)? else { return None };
            match only {
                Item::Text { .. } => Value::Text(trace.heap.text(*only)?.to_owned()),
                _ => return None,
            }
        }
        _ => return None,
    })
}

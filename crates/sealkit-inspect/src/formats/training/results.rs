//! `all_results.json`, `eval_results.json` and their relatives of the Hugging Face trainer, and
//! `training_args.json`.

use sealkit_report::Budget;
use serde_json::Value as Json;

use crate::pick::{Pen, grouped, named_object, number, object, origin_name, plain, step};
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, MetricInfo, Probe, ReadAt, Value,
    property,
};

const RESULTS: Format =
    Format::new("trainer-results", "results of a trainer", Class::Metadata, &[])
        .media("application/json");
const ARGUMENTS: Format =
    Format::new("training-arguments", "training arguments", Class::Metadata, &[])
        .media("application/json");
const NAMES: &[&str] = &[
    "all_results.json",
    "eval_results.json",
    "train_results.json",
    "test_results.json",
    "predict_results.json",
];
/// Ends of names that tell how fast something ran, not how well.
const SPEED: &[&str] =
    &["_per_second", "_mem_cpu_alloc_delta", "_mem_gpu_alloc_delta", "_peaked_delta", "_time"];

/// Which data a result was made on, where its name does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Split {
    /// The data that was trained on.
    Training,
    /// Data that was held back.
    Evaluation,
    /// It is not known.
    Unknown,
}

pub(crate) struct TrainerResults;

impl Inspector for TrainerResults {
    fn format(&self) -> &Format {
        &RESULTS
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        named_object(probe, NAMES)
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let map = object(source, budget)?;
        let mut facts = Facts::default();
        let mut pen = Pen { path, facts: &mut facts };
        let split = match crate::format::file_name(path).to_ascii_lowercase().as_str() {
            "eval_results.json" => Split::Evaluation,
            "train_results.json" => Split::Training,
            _ => Split::Unknown,
        };
        for (key, json) in map.iter().filter(|(_, json)| json.is_number()) {
            one(&mut pen, ("", key), &json.to_string(), split);
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::METRIC,
            property::ROWS_OF_SPLIT,
            property::TRAINING_FLOPS,
            property::TRAINING_SECONDS,
            property::METADATA,
        ]
    }
}

/// One entry: the name says by its start on what data, by its end what kind of number it is.
pub(super) fn one(pen: &mut Pen<'_>, (base, key): (&str, &str), text: &str, split: Split) {
    let place = step(base, key);
    let named = [("eval_", "evaluation"), ("train_", "training")];
    let more = [("test_", "test"), ("predict_", "test")];
    let named = named
        .iter()
        .chain(&more)
        .find_map(|(start, split)| Some((key.strip_prefix(start)?, Some(*split))));
    let (name, split) = named.unwrap_or(match split {
        Split::Training => (key, Some("training")),
        Split::Evaluation => (key, Some("evaluation")),
        Split::Unknown => (key, None),
    });
    match name {
        "total_flos" => return flops(pen, &place, text),
        "epoch" | "step" => {
            if let Some(value) = number(text) {
                pen.about(key, &place, property::METADATA, value);
            }
            return;
        }
        "samples" => {
            if let (Some(rows), Some(split)) = (rows(text), split) {
                pen.about(split, &place, property::ROWS_OF_SPLIT, Value::Uint(rows));
            }
            return;
        }
        "runtime" => {
            let seconds = text.parse::<f64>().ok().filter(|s| s.is_finite());
            if let Some(seconds) = seconds.filter(|_| split == Some("training")) {
                pen.declared(&place, property::TRAINING_SECONDS, Value::Float(seconds));
            }
            return;
        }
        _ if SPEED.iter().any(|end| key.ends_with(end)) => return,
        _ => {}
    }
    let metric = MetricInfo {
        name: name.to_owned(),
        value: text.to_owned(),
        split: split.map(str::to_owned),
        ..MetricInfo::default()
    };
    pen.declared(&place, property::METRIC, Value::Metric(metric));
}

/// The trainer writes numbers of samples as whole ones or as `25000.0`.
fn rows(text: &str) -> Option<u64> {
    grouped(text.strip_suffix(".0").unwrap_or(text))
}

/// Floating point operations; a model whose operations the trainer cannot count has none.
pub(super) fn flops(pen: &mut Pen<'_>, place: &str, text: &str) {
    let flops = text.parse::<f64>().ok().filter(|flops| flops.is_finite() && *flops > 0.0);
    if let Some(flops) = flops {
        pen.declared(place, property::TRAINING_FLOPS, Value::Float(flops));
    }
}

pub(crate) struct TrainingArguments;

/// Settings that are paths on the machine that trained, or ways to reach a service.
const PLACES: &[&str] = &["_dir", "_path", "_token", "_url", "_port", "_file"];

impl Inspector for TrainingArguments {
    fn format(&self) -> &Format {
        &ARGUMENTS
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let keys = ["\"learning_rate\"", "\"num_train_epochs\"", "\"per_device_train_batch_size\""];
        crate::pick::sniff(probe, "training_args.json", &keys)
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let map = object(source, budget)?;
        let mut facts = Facts::default();
        let mut pen = Pen { path, facts: &mut facts };
        for (key, json) in &map {
            setting(&mut pen, key, json);
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[property::HYPERPARAMETER, property::SEED]
    }
}

fn setting(pen: &mut Pen<'_>, key: &str, json: &Json) {
    let place = step("", key);
    if PLACES.iter().any(|end| key.ends_with(end)) {
        return;
    }
    let Some(value) = plain(json) else { return };
    if let ("seed", Value::Uint(_)) = (key, &value) {
        pen.declared(&place, property::SEED, value.clone());
    }
    // A text may be a path under any name.
    let value = match value {
        Value::Text(text) => match origin_name(&text) {
            (name, true) => Value::Text(name),
            _ => Value::Text(text),
        },
        other => other,
    };
    pen.about(key, &place, property::HYPERPARAMETER, value);
}

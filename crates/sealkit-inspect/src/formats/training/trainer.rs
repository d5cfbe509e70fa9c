//! `trainer_state.json` of the Hugging Face trainer. It is read piece by piece: the log of a long
//! run has many megabytes, and Python writes `NaN` into it, which is no JSON.

use sealkit_report::Budget;

use super::results::{self, Split};
use crate::json_scan::{Scanner, Sink, Step};
use crate::pick::{Pen, number, origin_name, sniff};
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, MetricInfo, Probe, ReadAt, Value,
    property, read_at,
};

const FORMAT: Format = Format::new("trainer-state", "state of a trainer", Class::Metadata, &[])
    .media("application/json");
/// Longest file that is read, in bytes.
const MAX_STATE: u64 = 64 << 20;
/// Bytes that are read at once.
const PIECE: u64 = 64 << 10;
/// Most values of one entry of the log, and most settings, that are kept.
const MAX_VALUES: usize = 256;
/// What the trainer was told, at the root of the file.
const SETTINGS: &[&str] = &["num_train_epochs", "max_steps", "train_batch_size"];

pub(crate) struct TrainerState;

impl Inspector for TrainerState {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let keys = ["\"best_metric\"", "\"global_step\"", "\"log_history\"", "\"epoch\""];
        sniff(probe, "trainer_state.json", &keys)
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let (mut scanner, mut state) = (Scanner::new(), State::default());
        let end = source.len();
        if end > MAX_STATE {
            return Err(InspectError::malformed("JSON", "a document above the limit of 64 MiB", 0));
        }
        let mut at = 0;
        while at < end {
            let bytes = read_at::piece(source, budget, at, PIECE)?;
            budget.steps(bytes.len() as u64)?;
            scanner.push(&bytes, &mut state);
            at += bytes.len() as u64;
        }
        let mut facts = Facts::default();
        let broken = scanner.finish(&mut state);
        state.tell(&mut Pen { path, facts: &mut facts });
        if let Some((what, offset)) = broken {
            let place = format!("bytes {offset}-{offset}");
            let message = format!("not valid JSON: {what}");
            let severity = sealkit_report::Severity::Medium;
            facts.find("malformed-json", severity, (path, &place), message);
            facts.incomplete = true;
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::METRIC,
            property::HYPERPARAMETER,
            property::TRAINING_FLOPS,
            property::TRAINING_SECONDS,
            property::ROWS_OF_SPLIT,
            property::METADATA,
        ]
    }
}

/// A value of the root or of the log, as it is written.
type Entry = (String, String);

#[derive(Default)]
struct State {
    root: Vec<Entry>,
    /// The entry of the log that is being read.
    current: Vec<Entry>,
    /// The last entries of the log with results of an evaluation, and of the whole training.
    evaluation: Option<(u64, Vec<Entry>)>,
    training: Option<(u64, Vec<Entry>)>,
}

impl Sink for State {
    fn scalar(&mut self, path: &[Step], text: &str, quoted: bool) {
        let words = ["null", "true", "false"];
        let is_word = !quoted && words.contains(&text);
        match path {
            [Step::Key(key)] if self.root.len() < MAX_VALUES && !is_word => {
                self.root.push((key.clone(), text.to_owned()));
            }
            [Step::Key(list), Step::Index(_), Step::Key(key)]
                if list == "log_history" && self.current.len() < MAX_VALUES && !quoted =>
            {
                self.current.push((key.clone(), text.to_owned()));
            }
            _ => {}
        }
    }

    fn end(&mut self, path: &[Step], _: u64) {
        let [Step::Key(list), Step::Index(at)] = path else { return };
        if list != "log_history" {
            return;
        }
        let entry = std::mem::take(&mut self.current);
        if entry.iter().any(|(key, _)| key.starts_with("eval_")) {
            self.evaluation = Some((*at, entry));
        } else if entry.iter().any(|(key, _)| key == "train_runtime") {
            self.training = Some((*at, entry));
        }
    }
}

impl State {
    fn tell(&self, pen: &mut Pen<'_>) {
        for (key, text) in &self.root {
            let place = crate::pick::step("", key);
            match key.as_str() {
                "best_metric" => {
                    let (name, value) = (key.clone(), text.clone());
                    let metric = MetricInfo { name, value, ..MetricInfo::default() };
                    pen.declared(&place, property::METRIC, Value::Metric(metric));
                }
                // A path on the machine that trained: its last part is enough.
                "best_model_checkpoint" => {
                    let name = origin_name(&format!("/{text}")).0;
                    pen.about(key, &place, property::METADATA, Value::Text(name));
                }
                "total_flos" => results::flops(pen, &place, text),
                "epoch" | "global_step" => {
                    if let Some(value) = number(text) {
                        pen.about(key, &place, property::METADATA, value);
                    }
                }
                _ if SETTINGS.contains(&key.as_str()) => {
                    if let Some(value) = number(text) {
                        pen.about(key, &place, property::HYPERPARAMETER, value);
                    }
                }
                _ => {}
            }
        }
        for (at, entry) in self.training.iter().chain(&self.evaluation) {
            let base = format!("/log_history/{at}");
            for (key, text) in entry {
                let split =
                    if key.starts_with("eval_") { Split::Evaluation } else { Split::Training };
                // The flops stand at the root too, and step and epoch say when this was logged.
                if !matches!(key.as_str(), "total_flos" | "step" | "epoch") {
                    results::one(pen, (&base, key), text, split);
                }
            }
        }
    }
}

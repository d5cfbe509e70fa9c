//! What the outputs and the folder of a run say of it: parameters and metrics that a trainer wrote down,
//! the commit, and what contradicts the record.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use sealkit_inspect::{Fact, Facts, MetricInfo, Value, property};
use sealkit_oci::Digest;
use serde_json::{Map, Value as Json};

use super::tree::Tree;
use crate::bom::gather::{Local, Whole, git_of, look};
use crate::parallel::{parallel, processors};

/// Most files of all outputs that are looked into.
const MAX_FILES: usize = 2000;
/// Most values that are taken of one kind.
const MAX_VALUES: usize = 2000;
/// Most results that are taken of one file: their document is one string of the statement.
const MAX_RESULTS: usize = 400;
/// Longest name or value that is taken, in bytes.
const MAX_TEXT: usize = 256;
/// How far above the folder its repository is looked for.
const MAX_ABOVE: usize = 32;

/// What the outputs say.
#[derive(Clone, Debug, Default)]
pub(super) struct Observed {
    /// Settings of training by name.
    pub(super) parameters: Map<String, Json>,
    /// The seed.
    pub(super) seed: Option<Json>,
    /// Results, by the file that has them: its digest, and each result.
    pub(super) metrics: BTreeMap<String, (Digest, Vec<MetricInfo>)>,
    /// Base models and datasets that files declare: which of the two, the name, the file.
    pub(super) declared: Vec<(&'static str, String, String)>,
    /// Whether files or values were left out.
    pub(super) incomplete: bool,
}

/// Looks into the outputs. `name` gives the public name of a file.
pub(super) fn of_outputs(outputs: &[Tree], name: &dyn Fn(&Tree, &str) -> String) -> Observed {
    let mut observed = Observed::default();
    let all = outputs.iter().flat_map(|tree| tree.files.iter().map(move |file| (tree, file)));
    let all: Vec<_> = all.collect();
    observed.incomplete = all.len() > MAX_FILES;
    let seen = all.get(..all.len().min(MAX_FILES)).unwrap_or_default();
    let looked = parallel(seen, processors(), |(tree, (path, _))| {
        let place = if path.is_empty() { tree.root.clone() } else { tree.root.join(path) };
        // Formats are told by whole paths: that of a tracked run has its folder's name in it.
        let shown = place.to_string_lossy().into_owned();
        File::open(&place)
            .ok()
            .map(|file| look(&shown, &Local::whole(file), Whole::Never, None).facts)
    });
    for ((tree, (path, state)), facts) in seen.iter().zip(looked) {
        if let Some(facts) = facts {
            observed.take(&facts, &name(tree, path), &state.digest);
        }
    }
    observed
}

impl Observed {
    fn take(&mut self, facts: &Facts, file: &str, digest: &Digest) {
        for fact in &facts.facts {
            match &*fact.property {
                property::HYPERPARAMETER if self.parameters.len() < MAX_VALUES => {
                    self.parameter(fact);
                }
                property::SEED => {
                    let seed = plain(&fact.value).filter(|seed| text(seed).len() <= MAX_TEXT);
                    self.seed = self.seed.take().or(seed);
                }
                property::METRIC => self.metric(&fact.value, file, digest),
                property::BASE_MODEL => self.declare("base model", &fact.value, file),
                property::TRAINED_ON => self.declare("dataset", &fact.value, file),
                _ => {}
            }
        }
    }

    fn parameter(&mut self, fact: &Fact) {
        let fits = |value: &Json| {
            !fact.subject.is_empty()
                && fact.subject.len() <= MAX_TEXT
                && text(value).len() <= MAX_TEXT
        };
        let Some(value) = plain(&fact.value).filter(fits) else {
            self.incomplete |= !fact.subject.is_empty();
            return;
        };
        if fact.subject == "seed" {
            self.seed.get_or_insert_with(|| value.clone());
        }
        self.parameters.entry(fact.subject.clone()).or_insert(value);
    }

    fn metric(&mut self, value: &Value, file: &str, digest: &Digest) {
        let Value::Metric(metric) = value else { return };
        let texts = [
            Some(&metric.name),
            Some(&metric.value),
            metric.task.as_ref(),
            metric.dataset.as_ref(),
        ];
        let more = [metric.config.as_ref(), metric.split.as_ref()];
        if texts.into_iter().chain(more).flatten().any(|text| text.len() > MAX_TEXT) {
            self.incomplete = true;
            return;
        }
        let (_, values) =
            self.metrics.entry(file.to_owned()).or_insert_with(|| (digest.clone(), Vec::new()));
        if values.len() < MAX_RESULTS {
            values.push(metric.clone());
        } else {
            self.incomplete = true;
        }
    }

    fn declare(&mut self, what: &'static str, value: &Value, file: &str) {
        let name = match value {
            Value::Origin(origin) => origin.name.clone(),
            Value::Text(text) => text.clone(),
            _ => return,
        };
        if self.declared.len() < MAX_VALUES {
            self.declared.push((what, name, file.to_owned()));
        }
    }

    /// What files declare and the record contradicts, one sentence each.
    pub(super) fn contradictions(
        &self,
        bases: &[String],
        datasets: &[String],
        parameters: &Map<String, Json>,
    ) -> Vec<String> {
        let mut all = Vec::new();
        for (what, name, file) in &self.declared {
            let known = if *what == "base model" { bases } else { datasets };
            if !known.is_empty() && !known.iter().any(|known| same_name(known, name)) {
                let known = known.join("`, `");
                all.push(format!("`{file}` declares {what} `{name}`, the record says `{known}`"));
            }
        }
        for (name, given) in parameters {
            let found = self.parameters.get(name).filter(|found| text(found) != text(given));
            if let Some(found) = found {
                let (found, given) = (text(found), text(given));
                all.push(format!(
                    "the outputs say that `{name}` is `{found}`, `--param` says `{given}`"
                ));
            }
        }
        all.sort();
        all.dedup();
        all
    }
}

/// Whether two names mean the same: names of hubs in any case, paths by their last part.
fn same_name(a: &str, b: &str) -> bool {
    let last = |name: &str| {
        name.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_ascii_lowercase()
    };
    let whole = a.contains('/') && b.contains('/') && !a.starts_with('.') && !b.starts_with('.');
    if whole && !a.starts_with('/') && !b.starts_with('/') {
        return a.eq_ignore_ascii_case(b);
    }
    last(a) == last(b)
}

/// A plain value as JSON; none of what has a shape.
fn plain(value: &Value) -> Option<Json> {
    Some(match value {
        Value::Text(text) => text.clone().into(),
        Value::Uint(number) => (*number).into(),
        Value::Int(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Bool(yes) => (*yes).into(),
        Value::List(all) => all.clone().into(),
        _ => return None,
    })
}

/// A number as a number, anything else as the text that it is.
pub(super) fn number(text: &str) -> Json {
    let read = serde_json::from_str::<Json>(text).ok();
    read.filter(|value| value.is_number() || value.is_boolean()).unwrap_or_else(|| text.into())
}

/// A value as people write it.
pub(super) fn text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The commit of the folder's code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Code {
    /// The commit.
    pub(super) commit: String,
    /// Its repository, where the configuration names one.
    pub(super) repository: Option<String>,
    /// Whether files differ from it; none where it could not be told.
    pub(super) dirty: Option<bool>,
}

/// The repository that `folder` lies in.
pub(super) fn code(folder: &Path) -> Option<Code> {
    let root = folder.ancestors().take(MAX_ABOVE).find(|dir| dir.join(".git").exists())?;
    let facts = git_of(root);
    let each = |name: &'static str| {
        facts.facts.iter().filter(move |fact| fact.property == name).map(|fact| &fact.value)
    };
    let repository = each(property::LINK).find_map(|value| match value {
        Value::Link(link) if link.kind == "vcs" => Some(link.url.clone()),
        _ => None,
    });
    let dirty = each(property::DIRTY).find_map(|value| match value {
        Value::Bool(dirty) => Some(*dirty),
        _ => None,
    });
    Some(Code { commit: facts.text(property::COMMIT)?.to_owned(), repository, dirty })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::NoProgress;

    fn observed(files: &[(&str, &str)]) -> Observed {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let tree = super::super::tree::read(dir.path(), &BTreeSet::new(), &NoProgress).unwrap();
        of_outputs(&[tree], &|_, path| path.to_owned())
    }

    #[test]
    fn what_a_trainer_wrote_down_is_found() {
        let state = r#"{"best_metric": null, "epoch": 1.0, "global_step": 10, "max_steps": 10,
            "num_train_epochs": 1, "train_batch_size": 8, "is_hyper_param_search": false,
            "is_world_process_zero": true, "log_history": [{"eval_loss": 0.25, "epoch": 1.0, "step": 10}]}"#;
        let found = observed(&[("trainer_state.json", state)]);
        assert_eq!(found.parameters.get("train_batch_size"), Some(&8.into()));
        let (_, metrics) = &found.metrics["trainer_state.json"];
        let loss = metrics.iter().find(|metric| metric.name == "loss").unwrap();
        assert_eq!((loss.value.as_str(), loss.split.as_deref()), ("0.25", Some("evaluation")));
    }

    #[test]
    fn a_folder_of_mlflow_is_found() {
        let run = "mlruns/0/0123456789abcdef0123456789abcdef";
        let found = observed(&[
            (&format!("{run}/params/lr"), "0.1"),
            (&format!("{run}/metrics/acc"), "1700000000000 0.5 1\n"),
        ]);
        assert_eq!(found.parameters.get("lr").map(text).as_deref(), Some("0.1"));
        let metric = &found.metrics.values().next().unwrap().1[0];
        assert_eq!((metric.name.as_str(), metric.value.as_str()), ("acc", "0.5"));
    }

    #[test]
    fn contradictions_are_told() {
        let card = "---\nbase_model: org/other\ndatasets: [org/data]\n---\n# x\n";
        let found = observed(&[("README.md", card)]);
        let told = found.contradictions(&["org/base".into()], &["org/DATA".into()], &Map::new());
        assert_eq!(
            told,
            ["`README.md` declares base model `org/other`, the record says `org/base`"]
        );
        assert!(found.contradictions(&[], &[], &Map::new()).is_empty());
    }
}

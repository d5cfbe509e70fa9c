//! Estimators of scikit-learn: class, version and settings.
//!
//! Source: `sklearn/base.py` 1.x: the state of an estimator is its dictionary, in which
//! `__getstate__` notes `_sklearn_version`; settings have plain names, and what was learned has
//! names that end in `_`.

use sealkit_report::Known;

use super::report::Place;
use crate::formats::torch::settings::{plain, setting};
use crate::pickle::{Item, Trace};
use crate::{Facts, Value, property};

/// Estimators inside each other that are described.
const MAX_DEPTH: u32 = 4;
/// Estimators that are described in one file.
const MAX_ESTIMATORS: usize = 128;
/// Attributes of one estimator that are looked at.
const MAX_SETTINGS: usize = 512;
/// Steps of one pipeline that are described.
const MAX_STEPS: usize = 64;

/// Describes the estimator that `root` is, if it is one.
pub(super) fn estimator(facts: &mut Facts, place: Place<'_>, trace: &Trace, root: Item) {
    let Some(state) = trace.heap.state(root) else { return };
    let class = trace.path(root).unwrap_or_default();
    let version = trace.heap.get(state, "_sklearn_version");
    let version = version.and_then(|version| trace.heap.text(version));
    if version.is_none() && !class.starts_with("sklearn.") {
        return;
    }
    let (file, at) = (place.file, place.member);
    facts.measured(file, at, property::HOLDS, Value::Text("estimator".to_owned()));
    let framework = Value::Text("scikit-learn".to_owned());
    facts.measured(file, at, property::FRAMEWORK, framework);
    if let Some(version) = version {
        let at = format!("{} /_sklearn_version", place.member);
        let version = Value::Text(version.to_owned());
        facts.declared(file, at.trim_start(), property::FRAMEWORK_VERSION, version);
    }
    let mut describe = Describe { facts, place, trace, left: MAX_ESTIMATORS };
    describe.one((root, state), "", 0);
}

struct Describe<'a> {
    facts: &'a mut Facts,
    place: Place<'a>,
    trace: &'a Trace,
    /// Estimators that may still be described.
    left: usize,
}

impl Describe<'_> {
    /// Class and settings; those of inner estimators have the names that `set_params` takes.
    fn one(&mut self, (item, state): (Item, Item), prefix: &str, depth: u32) {
        let Some(left) = self.left.checked_sub(1) else {
            self.facts.incomplete = true;
            return;
        };
        self.left = left;
        let class = self.trace.path(item).unwrap_or_default();
        let name = class.rsplit('.').next().unwrap_or_default().to_owned();
        let fact = (property::MODEL_CLASS, Value::Text(name));
        self.facts.about(prefix, Known::Measured, (self.place.file, self.place.member), fact);
        let pairs = self.trace.heap.pairs(state).unwrap_or_default();
        for (key, value) in pairs.iter().take(MAX_SETTINGS) {
            let Some(key) = self.trace.heap.text(*key) else { continue };
            if key.starts_with('_') || key.ends_with('_') {
                continue;
            }
            let name = join(prefix, key);
            if let Some(value) = plain(self.trace, *value) {
                setting(self.facts, self.place, &name, value);
            } else if depth < MAX_DEPTH {
                self.inner(*value, (prefix, &name), depth + 1);
            }
        }
    }

    /// An estimator as a setting, or the named steps of a pipeline.
    fn inner(&mut self, value: Item, (prefix, name): (&str, &str), depth: u32) {
        if let Some(state) = self.trace.heap.state(value) {
            if self.trace.path(value).is_some_and(|path| !path.starts_with("numpy.")) {
                self.one((value, state), name, depth);
            }
            return;
        }
        for step in self.trace.heap.elements(value).unwrap_or_default().iter().take(MAX_STEPS) {
            let Some([key, part, ..]) = self.trace.heap.tuple(*step) else { continue };
            if let (Some(key), Some(state)) =
                (self.trace.heap.text(*key), self.trace.heap.state(*part))
            {
                self.one((*part, state), &join(prefix, key), depth);
            }
        }
    }
}

fn join(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_owned() } else { format!("{prefix}__{key}") }
}

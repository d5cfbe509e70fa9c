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
    describe(facts, place, trace, (root, state), ("", 0));
}

/// Class and settings; those of inner estimators have the names that `set_params` takes.
fn describe(
    facts: &mut Facts,
    place: Place<'_>,
    trace: &Trace,
    (item, state): (Item, Item),
    (prefix, depth): (&str, u32),
) {
    let class = trace.path(item).unwrap_or_default();
    let name = class.rsplit('.').next().unwrap_or_default().to_owned();
    let fact = (property::MODEL_CLASS, Value::Text(name));
    facts.about(prefix, Known::Measured, (place.file, place.member), fact);
    for (key, value) in trace.heap.pairs(state).unwrap_or_default() {
        let Some(key) = trace.heap.text(*key) else { continue };
        if key.starts_with('_') || key.ends_with('_') {
            continue;
        }
        let name = if prefix.is_empty() { key.to_owned() } else { format!("{prefix}__{key}") };
        if let Some(value) = plain(trace, *value) {
            setting(facts, place, &name, value);
        } else if depth < MAX_DEPTH {
            inner(facts, place, trace, *value, (prefix, &name, depth));
        }
    }
}

/// An estimator as a setting, or the named steps of a pipeline.
fn inner(
    facts: &mut Facts,
    place: Place<'_>,
    trace: &Trace,
    value: Item,
    (prefix, name, depth): (&str, &str, u32),
) {
    if let Some(state) = trace.heap.state(value) {
        if trace.path(value).is_some_and(|path| !path.starts_with("numpy.")) {
            describe(facts, place, trace, (value, state), (name, depth + 1));
        }
        return;
    }
    for step in trace.heap.elements(value).unwrap_or_default().iter().take(MAX_STEPS) {
        let Some([key, part, ..]) = trace.heap.tuple(*step) else { continue };
        if let (Some(key), Some(state)) = (trace.heap.text(*key), trace.heap.state(*part)) {
            let name = if prefix.is_empty() { key.to_owned() } else { format!("{prefix}__{key}") };
            describe(facts, place, trace, (*part, state), (&name, depth + 1));
        }
    }
}

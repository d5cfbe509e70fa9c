//! XGBoost models: JSON, UBJSON, and the older binary form, which is only recognised.
//!
//! Source: the model schema in the XGBoost documentation (`model.schema`), and `learner.cc`.

use sealkit_report::{Budget, Known, Severity};
use serde_json::Value as Json;

use crate::{
    Class, Confidence, Cursor, Facts, Format, InspectError, Inspector, Probe, ReadAt, Value,
    json_pruned, kept, property, ubjson,
};

const NAME: &str = "xgboost";
const FORMAT: Format = Format::new(NAME, "XGBoost", Class::Model, &[".ubj", ".xgb"]).read_by(NAME);
const LEGACY: Format =
    Format::new("xgboost-binary", "XGBoost, old binary form", Class::Model, &[".xgb"])
        .read_by(NAME);
/// The parts that grow with the number of trees.
const PRUNE: &[&str] =
    &["trees", "tree_info", "iteration_indptr", "weight_drop", "weights", "cats"];
/// Where the name of the objective stands in the old form: behind the learner's parameters.
const LEGACY_OBJECTIVE: usize = 136;

pub(crate) struct XgBoost;

impl Inspector for XgBoost {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let has_key = |key: &str| probe.text().is_some_and(|text| text.contains(key));
        let is_json = probe.text().is_some_and(|text| {
            let start = text.trim_start().strip_prefix('{').map(str::trim_start);
            start.is_some_and(|rest| {
                rest.starts_with("\"learner\"") || rest.starts_with("\"version\"")
            })
        });
        let keys = ["\"gradient_booster\"", "\"feature_names\"", "\"learner_model_param\""];
        if probe.has(0, b"{L\0\0\0\0\0\0\0\x07learner{") {
            Confidence::Magic
        } else if is_json && has_key("\"learner\"") && keys.iter().any(|key| has_key(key)) {
            Confidence::Content
        } else if FORMAT.claims_name(probe.file_name()) && probe.has(0, b"{") {
            Confidence::Name
        } else {
            Confidence::No
        }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let mut cursor = Cursor::new(source, budget, "UBJSON");
        let is_binary = cursor.take(2, 2)?.get(1).is_some_and(|c| matches!(c, b'L' | b'i' | b'U'));
        let (model, form) = if is_binary {
            cursor.seek(0)?;
            (ubjson::read(&mut cursor, PRUNE)?, "ubjson")
        } else {
            (json_pruned::read(source, budget, PRUNE)?, "json")
        };
        let learner = model.get("learner").and_then(Json::as_object);
        let broken = InspectError::malformed(NAME, "no `learner` that is an object", 0);
        if learner.is_none() {
            return Err(broken);
        }
        let mut facts = Facts::default();
        let encoding = Value::Text(form.to_owned());
        facts.about("encoding", Known::Measured, (path, ""), (property::METADATA, encoding));
        describe(&model, path, &mut facts);
        features(&model, path, &mut facts);
        trees(&model, path, &mut facts);
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::FRAMEWORK_VERSION,
            property::ARCHITECTURE,
            property::TASK,
            property::HYPERPARAMETER,
            property::METADATA,
            property::INPUT,
            property::INPUT_TYPE,
            property::LAYER_KIND,
        ]
    }
}

fn describe(model: &Json, path: &str, facts: &mut Facts) {
    let text = |pointer: &str| model.pointer(pointer).and_then(Json::as_str);
    if let Some(parts) = model.get("version").and_then(Json::as_array) {
        let parts: Vec<String> = parts.iter().map(Json::to_string).collect();
        let version = Value::Text(parts.join("."));
        facts.declared(path, "/version", property::FRAMEWORK_VERSION, version);
    }
    for pointer in ["/learner/gradient_booster/name", "/learner/gradient_booster/gbtree/name"] {
        if let Some(name) = text(pointer) {
            facts.declared(path, pointer, property::ARCHITECTURE, Value::Text(name.to_owned()));
        }
    }
    let pointer = "/learner/objective/name";
    if let Some(objective) = text(pointer) {
        let fact = (property::HYPERPARAMETER, Value::Text(objective.to_owned()));
        facts.about("objective", Known::Declared, (path, pointer), fact);
        if let Some(task) = task(objective) {
            facts.inferred(path, pointer, property::TASK, Value::Text(task.to_owned()));
        }
    }
    for pointer in ["/learner/learner_model_param", "/learner/attributes"] {
        let entries = model.pointer(pointer).and_then(Json::as_object);
        for (key, value) in entries.into_iter().flatten() {
            let place = format!("{pointer}/{}", kept::step(key));
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let fact = (property::METADATA, kept::text(&value));
            facts.about(key, Known::Declared, (path, &place), fact);
        }
    }
}

/// Task of an objective, by its first part.
pub(super) fn task(objective: &str) -> Option<&'static str> {
    Some(match objective.split([':', ' ']).next()? {
        "binary" | "multi" | "multiclass" | "multiclassova" | "cross_entropy" => {
            "tabular-classification"
        }
        "reg" | "regression" | "count" | "survival" | "poisson" | "gamma" | "tweedie" | "huber"
        | "quantile" | "mape" | "fair" | "regression_l1" => "tabular-regression",
        "rank" | "lambdarank" | "rank_xendcg" => "ranking",
        _ => return None,
    })
}

fn features(model: &Json, path: &str, facts: &mut Facts) {
    let list = |key: &str| model.pointer(key).and_then(Json::as_array);
    let names = list("/learner/feature_names").map(Vec::as_slice).unwrap_or_default();
    let types = list("/learner/feature_types").map(Vec::as_slice).unwrap_or_default();
    for (index, name) in names.iter().enumerate() {
        let Some(name) = name.as_str() else { continue };
        let place = format!("/learner/feature_names/{index}");
        facts.declared(path, &place, property::INPUT, Value::Text(name.to_owned()));
        if let Some(kind) = types.get(index).and_then(Json::as_str) {
            let place = format!("/learner/feature_types/{index}");
            let fact = (property::INPUT_TYPE, Value::Text(kind.to_owned()));
            facts.about(name, Known::Declared, (path, &place), fact);
        }
    }
}

/// The trees, counted, and held against the number that the file states.
fn trees(model: &Json, path: &str, facts: &mut Facts) {
    // `dart` has the booster inside another one.
    let boosters = ["/learner/gradient_booster/model", "/learner/gradient_booster/gbtree/model"];
    for booster in boosters {
        let place = format!("{booster}/trees");
        let Some(real) = model.pointer(&place).and_then(Json::as_u64) else { continue };
        let fact = (property::LAYER_KIND, Value::Uint(real));
        facts.about("tree", Known::Measured, (path, &place), fact);
        let stated = model.pointer(&format!("{booster}/gbtree_model_param/num_trees"));
        let stated = stated.and_then(Json::as_str).and_then(|text| text.parse::<u64>().ok());
        if let Some(stated) = stated.filter(|stated| *stated != real) {
            let message = format!("the file says {stated} trees and has {real}");
            facts.find("xgboost-trees", Severity::Medium, (path, &place), message);
        }
    }
}

/// The old binary form.
pub(crate) struct Legacy;

impl Inspector for Legacy {
    fn format(&self) -> &Format {
        &LEGACY
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let objective = |start: usize| {
            let len = probe.head.get(start..)?.first_chunk::<8>()?;
            let len = usize::try_from(u64::from_le_bytes(*len)).ok().filter(|n| *n < 64)?;
            let start = start.checked_add(8)?;
            let name = probe.head.get(start..start.checked_add(len)?)?;
            std::str::from_utf8(name).ok()
        };
        let is_objective = |start| objective(start).is_some_and(|name| task(name).is_some());
        let is_legacy = is_objective(LEGACY_OBJECTIVE)
            || probe.has(0, b"binf") && is_objective(LEGACY_OBJECTIVE + 4);
        if is_legacy { Confidence::Content } else { Confidence::No }
    }
}

//! The typed predicates: golden JSON, schemas, and what each type refuses.

mod documents;
mod meaning;

use sealkit_attest::{
    Advisory, AnyPredicate, DatasetVersion, KINDS, KitSeal, Lineage, ModelScan, Predicate,
    Provenance, References, Release, Statement, Subject, Svr, TestResult, Vulns, predicate_type,
};
use sealkit_report::Hint as _;
use serde_json::Value;

use crate::common::kit;

/// Every typed kind with its golden document.
pub(crate) const GOLDEN: [(&str, &str); 11] = [
    ("kit", include_str!("../../golden/predicates/kit.json")),
    ("dataset-version", include_str!("../../golden/predicates/dataset-version.json")),
    ("lineage", include_str!("../../golden/predicates/lineage.json")),
    ("provenance", include_str!("../../golden/predicates/provenance.json")),
    ("model-scan", include_str!("../../golden/predicates/model-scan.json")),
    ("test-result", include_str!("../../golden/predicates/test-result.json")),
    ("vulns", include_str!("../../golden/predicates/vulns.json")),
    ("release", include_str!("../../golden/predicates/release.json")),
    ("svr", include_str!("../../golden/predicates/svr.json")),
    ("advisory", include_str!("../../golden/predicates/advisory.json")),
    ("reference", include_str!("../../golden/predicates/reference.json")),
];

pub(crate) fn golden(name: &str) -> Value {
    let (_, text) = GOLDEN.iter().find(|(found, _)| *found == name).unwrap();
    serde_json::from_str(text).unwrap()
}

pub(crate) fn state(name: &str, predicate: &Value) -> Statement {
    let bytes = serde_json::to_vec(predicate).unwrap();
    let kind = predicate_type(name).unwrap();
    Statement::with_predicate(vec![Subject::of(&kit())], &kind, &bytes).unwrap()
}

/// Whether the type takes the document.
pub(super) fn reads(name: &str, predicate: &Value) -> bool {
    match state(name, predicate).any_predicate() {
        Ok(AnyPredicate::Unknown(kind)) => panic!("{kind} is not typed"),
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.code(), "predicate-invalid", "{error}");
            false
        }
    }
}

pub(super) fn validator(name: &str) -> jsonschema::Validator {
    let kind = KINDS.iter().find(|kind| kind.name == name).unwrap();
    let schema: Value = serde_json::from_str(&kind.schema().unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

/// The document as its type writes it.
pub(super) fn written(name: &str) -> String {
    fn again<P: Predicate>(name: &str) -> String {
        let read: P = state(name, &golden(name)).predicate().unwrap();
        serde_json::to_string_pretty(&read).unwrap() + "\n"
    }
    match name {
        "kit" => again::<KitSeal>(name),
        "dataset-version" => again::<DatasetVersion>(name),
        "lineage" => again::<Lineage>(name),
        "provenance" => again::<Provenance>(name),
        "model-scan" => again::<ModelScan>(name),
        "test-result" => again::<TestResult>(name),
        "vulns" => again::<Vulns>(name),
        "release" => again::<Release>(name),
        "advisory" => again::<Advisory>(name),
        "svr" => again::<Svr>(name),
        "reference" => again::<References>(name),
        other => panic!("{other} has no type"),
    }
}

/// Every place of an object inside `value`, as JSON pointers.
pub(super) fn objects(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            found.push(at.to_owned());
            map.iter().for_each(|(key, value)| objects(value, &format!("{at}/{key}"), found));
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                objects(value, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

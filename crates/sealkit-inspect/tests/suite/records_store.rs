//! Runs in the database of MLflow.

use crate::common::rules;
use crate::data::golden;
use crate::told::{facts, read, says};
use sealkit_inspect::{Facts, MetricInfo, Value, property};

const FIRST: &str = "runs/0123456789abcdef0123456789abcdef";

fn metrics(facts: &Facts) -> Vec<(&str, &str, &str)> {
    let all = facts.of(property::METRIC).filter_map(|fact| match &fact.value {
        Value::Metric(MetricInfo { name, value, .. }) => {
            Some((fact.evidence.place.as_str(), name.as_str(), value.as_str()))
        }
        _ => None,
    });
    all.collect()
}

#[test]
fn each_run_has_its_parameters_its_last_metrics_and_its_tags() {
    let bytes = golden("mlflow.db");
    let told = read("x/mlflow.db", &bytes);
    let second = format!("runs/{}", "f".repeat(32));
    for line in [
        format!("name = first @{FIRST}/name"),
        format!("created = 2024-05-27T11:31:35.123Z @{FIRST}/start_time"),
        format!("hyperparameter[lr] = 0.1 @{FIRST}/params/lr"),
        format!("hyperparameter[lr] = 0.2 @{second}/params/lr"),
        format!("hyperparameter[model/name] = bert @{FIRST}/params/model~1name"),
        format!("metadata[status] = FAILED @{second}/status"),
        format!("metadata[team] = grain @{second}/tags/team"),
        format!("commit = {} @{FIRST}/tags/mlflow.source.git.commit", "c".repeat(40)),
    ] {
        assert!(says(&told, &line), "{line}\n{told:#?}");
    }
    let facts = facts("mlflow.db", &bytes);
    assert_eq!(facts.text(property::FORMAT), Some("mlflow-store"));
    assert!(!facts.incomplete && facts.findings.is_empty(), "{:?}", facts.findings);
    let expected = [("acc", "0.75"), ("loss", "0.00001"), ("acc", "2"), ("bad", "nan")];
    let found: Vec<_> = metrics(&facts).into_iter().map(|(_, name, value)| (name, value)).collect();
    assert_eq!(found, expected);
    // A value that goes on over several pages is whole.
    let is_long = |fact: &&sealkit_inspect::Fact| fact.subject == "notes";
    let long = facts.facts.iter().find(is_long).unwrap();
    assert_eq!(long.value, Value::Text(format!("a {}text", "long ".repeat(600))));
    // Who ran it stays out, and so does a run that somebody deleted.
    assert!(!told.iter().any(|line| line.contains("someone") || line.contains("gone")), "{told:?}");
    assert_eq!(facts.list(property::RUN_ID).len(), 2);
}

#[test]
fn the_data_of_the_only_run_is_that_of_the_model() {
    let one = facts("mlflow.db", &golden("mlflow-one.db"));
    assert_eq!(one.list(property::TRAINED_ON), ["wheat"]);
    assert_eq!(one.list(property::EVALUATED_ON), ["rye"]);
    let trained = one.of(property::TRAINED_ON).next().unwrap();
    assert_eq!(trained.evidence.place, format!("{FIRST}/inputs/wheat"));
    let Value::Origin(origin) = &trained.value else { panic!("{trained:?}") };
    assert_eq!(
        (origin.version.as_deref(), origin.role.as_deref()),
        (Some("1a2b3c4d"), Some("train"))
    );
    // Of several runs nobody knows which one made the model.
    let two = facts("mlflow.db", &golden("mlflow.db"));
    assert_eq!(two.list(property::TRAINED_ON).len(), 0);
    assert!(says(&read("mlflow.db", &golden("mlflow.db")), "metadata[input wheat] = 1a2b3c4d"));
}

#[test]
fn another_name_or_another_schema_is_a_database_like_any_other() {
    assert_eq!(facts("data.db", &golden("mlflow.db")).text(property::FORMAT), Some("sqlite"));
    let other = facts("mlflow.db", &golden("a.db"));
    assert_eq!(rules(&other), ["mlflow-runs"]);
    assert_eq!(other.list(property::RUN_ID).len(), 0);
}

#[test]
fn what_is_broken_is_said_and_never_believed_twice() {
    let good = golden("mlflow.db");
    for end in (100..good.len()).step_by(97) {
        let told = facts("mlflow.db", &good[..end]);
        assert!(told.incomplete, "{end}");
    }
    // Every byte of every page header and pointer changed: it ends, and soon.
    for at in (100..good.len()).step_by(7) {
        for byte in [0, 0xFF, good[at] ^ 1] {
            let mut changed = good.clone();
            changed[at] = byte;
            drop(facts("mlflow.db", &changed));
        }
    }
}

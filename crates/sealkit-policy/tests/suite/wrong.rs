//! Values of a wrong type, values that are null, and mistakes in a policy: none of them allows, and each
//! is found where it stands.

use proptest::prelude::*;
use sealkit_policy::{HypotheticalFacts, Policy};
use sealkit_report::Outcome;
use serde_json::{Map, Value, json};

use super::common::*;
use super::naive::CASES;

/// Every place in a document.
fn places(value: &Value, here: &str, all: &mut Vec<String>) {
    all.push(here.to_owned());
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                places(value, &format!("{here}/{key}"), all);
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                places(value, &format!("{here}/{at}"), all);
            }
        }
        _ => {}
    }
}

/// Everything that the random facts may be judged by, with what only the statements tell.
const ALL: &[&str] = &[
    "{signers: {threshold: {atLeast: 2}}}",
    "{predicates: {require: [{type: https://slsa.dev/provenance/v1}]}}",
    "{builder: {builders: [https://builder.example/v1]}}",
    "{source: {repositories: [https://git.example/org/repo]}}",
    "{evaluation: {harness: lm-eval, metrics: [{name: accuracy, atLeast: 0.5}]}}",
    "{release: {order: semver}}",
    "{release: {order: sequence}}",
    "{scan: {}}",
    "{vulnerabilities: {maxSeverity: medium}}",
    "{datasets: {attested: true}}",
    "{approval: {by: {roles: [security]}}}",
    "{timestamp: {}}",
    "{log: {operators: 2}}",
    "{licences: {allow: [Apache-2.0, MIT]}}",
    "{documentation: {profile: ntia}}",
];

fn wrong() -> [Value; 6] {
    [json!(null), json!(7.5), json!("?"), json!([[]]), json!({"?": {}}), json!(true)]
}

#[test]
fn a_value_of_a_wrong_type_is_no_fact() {
    let good = facts();
    let mut all = Vec::new();
    places(&good, "", &mut all);
    let open = |place: &str| place.is_empty() || place.contains("/predicate");
    for place in all.iter().filter(|place| !open(place)) {
        for value in wrong() {
            let mut facts = good.clone();
            let old = facts.pointer_mut(place).unwrap();
            let is_same_type = std::mem::discriminant(old) == std::mem::discriminant(&value);
            *old = value.clone();
            let is_read = HypotheticalFacts::parse(facts.to_string().as_bytes()).is_ok();
            assert!(!is_read || value.is_null() || is_same_type, "{value} is read at {place}");
        }
    }
}

#[test]
fn what_a_rule_needs_of_a_statement_denies_where_it_is_of_a_wrong_type() {
    let needs = [
        ("{builder: {builders: [https://builder.example/v1]}}", "3", "/runDetails/builder/id"),
        ("{builder: {builders: [https://builder.example/v1]}}", "3", "/buildDefinition"),
        (
            "{source: {repositories: [https://git.example/org/repo]}}",
            "3",
            "/buildDefinition/resolvedDependencies/0/uri",
        ),
        ("{scan: {}}", "4", "/verdict"),
        ("{scan: {}}", "4", "/finishedOn"),
        ("{vulnerabilities: {maxSeverity: medium}}", "5", "/scanner/result/0/severity/0/score"),
        ("{vulnerabilities: {maxSeverity: medium}}", "5", "/metadata/scanFinishedOn"),
        ("{datasets: {attested: true}}", "6", "/splits/train/digest/sha256"),
        ("{datasets: {attested: true}}", "6", "/version"),
        (
            "{evaluation: {harness: lm-eval, metrics: [{name: accuracy, atLeast: 7.6}]}}",
            "7",
            "/configuration/0/annotations/metrics/accuracy",
        ),
        ("{evaluation: {harness: lm-eval}}", "7", "/result"),
        ("{approval: {by: {roles: [security]}}}", "8", "/properties"),
        ("{approval: {by: {roles: [security]}}}", "8", "/timeCreated"),
        ("{release: {order: semver}}", "9", "/purl"),
    ];
    for (check, statement, place) in needs {
        let policy = policy(check);
        for value in wrong() {
            let mut facts = facts();
            let place = format!("/statements/{statement}/predicate{place}");
            *facts.pointer_mut(&place).unwrap_or_else(|| panic!("{place}")) = value.clone();
            let (outcome, reason) = outcome(&policy, &facts);
            assert_ne!(outcome, Outcome::Pass, "{check}: {value} at {place}: {reason}");
        }
    }
}

#[test]
fn evidence_that_is_null_is_evidence_that_is_missing() {
    let all: Map<String, Value> = facts().as_object().unwrap().clone();
    for key in ["manifest", "sealedLayers", "files", "bom", "lineage", "seen"] {
        let mut null = Value::Object(all.clone());
        null[key] = Value::Null;
        let mut gone = Value::Object(all.clone());
        gone.as_object_mut().unwrap().remove(key);
        for check in CASES.iter().map(|(check, _)| *check).chain(ALL.iter().copied()) {
            let policy = policy(check);
            assert_eq!(try_facts(&policy, &null), try_facts(&policy, &gone), "{check} {key}");
        }
    }
}

/// A line of a rule, and the same with a mistake in it.
const MISTAKES: &[(&str, &str)] = &[
    ("    check: pinned", "    check: pined"),
    ("    check: {signatureAge: {max: 9d}}", "    check: {signatureAge: {max: 9y}}"),
    ("    check: {licences: {deny: [x]}}", "    check: {licences: {deny: []}}"),
    (
        "    check: {bomScore: {profile: ntia, atLeast: 5}}",
        "    check: {bomScore: {profile: ntia, atLeast: 101}}",
    ),
    ("    check: {signers: {by: {roles: [ci]}}}", "    check: {signers: {by: {rolls: [ci]}}}"),
    ("    check: {lineage: {depth: 1}}", "    check: {lineage: {depth: -1}}"),
    ("    check: {scan: {scanners: [\"a\"]}}", "    check: {scan: {scanners: \"a\"}}"),
];

proptest! {
    #[test]
    fn a_mistake_is_found_in_its_line_wherever_it_stands(
        rules in prop::collection::vec((0..MISTAKES.len(), 0_usize..4), 1..12),
        chosen in any::<prop::sample::Index>(),
    ) {
        let chosen = chosen.index(rules.len());
        let mut lines = vec!["schemaVersion: 1".to_owned(), "name: p".into(), "rules:".into()];
        let mut wanted = 0;
        for (at, (mistake, more)) in rules.iter().enumerate() {
            // What stands between must not move the count.
            let between = [&[][..], &[""], &["# été 🌾: [", "  # {"], &["", "  # -", ""]][*more];
            lines.extend(between.iter().map(|line| (*line).to_owned()));
            lines.push(format!("  - id: r{at}"));
            lines.push(format!("    description: \"é 🌾, {at}\""));
            let (good, bad) = MISTAKES[*mistake];
            lines.push(if at == chosen { bad } else { good }.to_owned());
            wanted = if at == chosen { lines.len() } else { wanted };
        }
        let error = Policy::parse(lines.join("\n").as_bytes()).unwrap_err().to_string();
        prop_assert!(error.starts_with(&format!("line {wanted}, column ")), "{wanted}: {error}");
        let good = rules.iter().map(|(mistake, _)| MISTAKES[*mistake]);
        let text = good.fold(lines.join("\n"), |text, (good, bad)| text.replace(bad, good));
        prop_assert!(Policy::parse(text.as_bytes()).is_ok(), "{text}");
    }
}

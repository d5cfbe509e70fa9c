//! What is published: the policies that come with SealKit, and the schema.

use sealkit_policy::{DEFAULT, Policy, STARTER, default_policy, schema};
use serde_json::json;

use super::common::NOW;

#[test]
fn the_policies_that_come_with_it_can_be_used() {
    assert_eq!(default_policy().unwrap().name(), "sealkit-default");
    let starter = Policy::parse(STARTER.as_bytes()).unwrap();
    assert!(
        starter.lint(NOW).iter().all(|remark| remark.code == "anybody"),
        "{:?}",
        starter.lint(NOW)
    );
    assert!(DEFAULT.len() < STARTER.len());
}

#[test]
fn a_rule_that_only_asks_who_may_not_sign_is_remarked_upon() {
    let codes = |by: &str, check: &str| {
        let policy = format!(
            "schemaVersion: 1\nname: p\nrules:\n  - {{id: r, check: {{{check}: {{by: {by}}}}}}}\n"
        );
        let remarks = Policy::parse(policy.as_bytes()).unwrap().lint(NOW);
        remarks.iter().filter(|one| one.about == "r").map(|one| one.code).collect::<Vec<_>>()
    };
    for check in ["signers", "log", "timestamp"] {
        assert_eq!(codes("{roles: [revoker, hub]}", check), ["role-signs-nothing"], "{check}");
        assert!(codes("{roles: [hub, ci]}", check).is_empty(), "{check}");
        assert!(codes("{roles: [hub], names: [a]}", check).is_empty(), "{check}");
    }
    assert!(codes("{roles: [hub]}", "bom").is_empty(), "what a hub says of a kit counts");
}

#[test]
fn the_schema_file_is_what_the_code_says() {
    let text = format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap());
    if std::env::var_os("SEALKIT_UPDATE").is_some() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/policy.schema.json");
        std::fs::write(file, &text).unwrap();
        return;
    }
    let hint = "the schema has changed: run this test with SEALKIT_UPDATE=1";
    assert_eq!(include_str!("../../policy.schema.json"), text, "{hint}");
}

#[test]
fn the_schema_tells_a_policy_from_a_mistake() {
    let schema = schema();
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::validator_for(&schema).unwrap();
    let rule =
        |check| json!({"schemaVersion": 1, "name": "p", "rules": [{"id": "r", "check": check}]});
    for good in [
        json!("pinned"),
        json!({"signers": {"threshold": {"atLeast": 2}}}),
        json!({"identities": {"anyOf": [{"issuer": "i", "kind": "uri", "subject": "s"}]}}),
        json!({"vulnerabilities": {"maxSeverity": "high"}}),
        json!({"bomScore": {"profile": "ntia", "atLeast": 50}}),
    ] {
        assert!(validator.is_valid(&rule(good.clone())), "{good}");
        let text = serde_json::to_string(&rule(good)).unwrap();
        // JSON is YAML: what the schema takes, the reader takes.
        Policy::parse(text.as_bytes()).unwrap();
    }
    for bad in [
        json!("pined"),
        json!({"signers": {"treshold": "any"}}),
        json!({"identities": {"anyOf": [{"issuer": "i"}]}}),
        json!(1),
    ] {
        assert!(!validator.is_valid(&rule(bad.clone())), "{bad}");
    }
    assert!(!validator.is_valid(&json!({"schemaVersion": 1, "name": "p", "rules": [], "x": 1})));
}

#[test]
fn every_rule_is_explained_with_a_way_to_meet_it() {
    for text in [DEFAULT, STARTER] {
        let policy = Policy::parse(text.as_bytes()).unwrap();
        let all = policy.explain();
        assert_eq!(all.len(), policy.rules().len());
        assert!(all.iter().all(|one| !one.asks.is_empty() && !one.satisfy.is_empty()));
    }
}

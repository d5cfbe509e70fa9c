//! Cases of checks that ask for statements.
#![expect(
    clippy::too_many_lines,
    clippy::semicolon_if_nothing_returned,
    reason = "a table of cases"
)]

use sealkit_report::Outcome;
use serde_json::{Value, json};

use super::checks::{Case, case, find, gone, no_bom_statement, without};
use super::common::*;

fn add(facts: &mut Value, statement: Value) {
    facts["statements"].as_array_mut().unwrap().push(statement);
}

/// A verdict of the security team, so many days ago.
fn verdict(verifier: &str, days_ago: i64, word: &str) -> Value {
    let at = scan("clean", days_ago)["finishedOn"].clone();
    let properties = json!([format!("SEALKIT_POLICY_{word}")]);
    let said_by = json!({"verifier": {"id": verifier, "policies": []}, "timeCreated": at, "properties": properties});
    said(key("ada", "security"), &format!("{verifier} {days_ago}"), SVR, said_by)
}

/// A result of the harness that the good facts name.
fn test(evidence: &str, result: &str, metrics: &Value) -> Value {
    let harness = json!({"name": "lm-eval", "uri": "https://harness.example",
        "annotations": {"metrics": metrics}});
    let kind = "https://in-toto.io/attestation/test-result/v0.1";
    said(
        key("bob", "signer"),
        evidence,
        kind,
        json!({"result": result, "configuration": [harness]}),
    )
}

pub(crate) fn statements() -> Vec<Case> {
    vec![
        case(
            "{predicates: {require: [{type: https://slsa.dev/provenance/v1, by: {roles: [ci]}}, {type: \"https://cyclonedx.org/**\"}]}}",
            &[],
            &[
                |f| without(f, PROVENANCE),
                no_bom_statement,
                |f| find(f, PROVENANCE)["signer"] = key("eve", "signer"),
                |f| find(f, PROVENANCE)["predicate"] = json!({}),
            ],
        ),
        case(
            "{predicateSchemas: {types: [https://slsa.dev/provenance/v1]}}",
            &[(|f| find(f, PROVENANCE)["predicate"] = json!({"x": 1}), "predicate-invalid")],
            &[|f| without(f, PROVENANCE)],
        ),
        case(
            "{approval: {by: {roles: [security]}, maxAge: 7d}}",
            &[
                (
                    |f| find(f, SVR)["predicate"]["properties"] = json!(["SEALKIT_POLICY_FAILED"]),
                    "approval-insufficient",
                ),
                (|f| f["now"] = json!("2026-11-01T00:00:00Z"), "approval-insufficient"),
                // A newer no of the same signer and verifier replaces the yes; one of another verifier
                // is not outshouted by it.
                (|f| add(f, verdict("https://v.example", 0, "FAILED")), "approval-insufficient"),
                (|f| add(f, verdict("https://w.example", 3, "FAILED")), "approval-insufficient"),
            ],
            &[|f| without(f, SVR), |f| find(f, SVR)["signer"] = key("eve", "signer")],
        ),
        case(
            "{scan: {by: {roles: [security]}, maxAge: 7d}}",
            &[
                (|f| find(f, SCAN)["predicate"] = scan("unsafe", 2), "scan-unsafe"),
                (|f| find(f, SCAN)["predicate"] = scan("suspicious", 2), "scan-suspicious"),
                (|f| find(f, SCAN)["predicate"] = scan("clean", 20), "report-too-old"),
                // A clean report of another scanner does not outshout an unsafe one.
                (
                    |f| {
                        let mut other =
                            said(key("ada", "security"), "two", SCAN, scan("unsafe", 3));
                        other["predicate"]["scanner"]["uri"] = json!("https://other.example");
                        f["statements"].as_array_mut().unwrap().push(other);
                    },
                    "scan-unsafe",
                ),
            ],
            &[
                |f| without(f, SCAN),
                |f| find(f, SCAN)["predicate"] = scan("incomplete", 2),
                |f| find(f, SCAN)["signer"] = key("eve", "signer"),
            ],
        ),
        case(
            "{vulnerabilities: {maxSeverity: medium, by: {roles: [security]}, maxAge: 7d}}",
            &[
                (
                    |f| {
                        find(f, VULNS)["predicate"] = vulns(
                            &json!([{"id": "CVE-2", "severity": [{"method": "x", "score": "9.8"}]}]),
                            1,
                        )
                    },
                    "vulnerable",
                ),
                (
                    |f| {
                        find(f, VULNS)["predicate"] =
                            vulns(&json!([{"id": "CVE-3", "severity": []}]), 1)
                    },
                    "vulnerable",
                ),
                (|f| find(f, VULNS)["predicate"] = vulns(&json!([]), 20), "report-too-old"),
            ],
            &[|f| without(f, VULNS)],
        ),
        case(
            "{evaluation: {harness: lm-eval, metrics: [{name: accuracy, atLeast: 0.8}]}}",
            &[
                (
                    |f| {
                        find(f, "https://in-toto.io/attestation/test-result/v0.1")["predicate"]["configuration"]
                            [0]["annotations"]["metrics"]["accuracy"] = json!(0.5)
                    },
                    "evaluation-insufficient",
                ),
                (
                    |f| {
                        find(f, "https://in-toto.io/attestation/test-result/v0.1")["predicate"]["result"] =
                            json!("FAILED")
                    },
                    "evaluation-insufficient",
                ),
                (
                    |f| {
                        find(f, "https://in-toto.io/attestation/test-result/v0.1")["predicate"]["configuration"]
                            [0]["annotations"] = json!({});
                    },
                    "evaluation-insufficient",
                ),
                // A test-result has no time: the worst one decides.
                (|f| add(f, test("b", "FAILED", &json!({}))), "evaluation-insufficient"),
                (
                    |f| add(f, test("b", "PASSED", &json!({"accuracy": 0.1}))),
                    "evaluation-insufficient",
                ),
            ],
            &[
                |f| without(f, "https://in-toto.io/attestation/test-result"),
                |f| {
                    find(f, "https://in-toto.io/attestation/test-result/v0.1")["predicate"]["configuration"]
                        [0]["name"] = json!("mine")
                },
            ],
        ),
        case(
            "{release: {order: sequence}}",
            &[
                (|f| f["seen"]["sequence"] = json!(8), "rollback"),
                (|f| f["seen"]["sequence"] = json!(7), "rollback"),
            ],
            &[
                |f| without(f, RELEASE),
                gone!("seen"),
                // Asked for without a repository: nobody knows what was accepted before.
                |f| {
                    f.as_object_mut().unwrap().remove("seen");
                    f["subject"].as_object_mut().unwrap().remove("repository");
                },
                |f| {
                    find(f, RELEASE).as_object_mut().unwrap().remove("sequence");
                },
            ],
        ),
        case(
            "{release: {order: semver}}",
            &[
                (|f| f["seen"]["version"] = json!("1.10.0"), "rollback"),
                (|f| f["seen"]["version"] = json!("1.2.0"), "rollback"),
            ],
            &[|f| without(f, RELEASE), gone!("seen"), |f| f["seen"]["version"] = json!("new")],
        ),
        case(
            "{builder: {builders: [https://builder.example/v1], buildTypes: [\"https://sealkit.dev/**\"], by: {roles: [ci]}}}",
            &[(
                |f| {
                    find(f, PROVENANCE)["predicate"]["runDetails"]["builder"]["id"] =
                        json!("https://evil.example")
                },
                "builder-not-allowed",
            )],
            &[|f| without(f, PROVENANCE), |f| find(f, PROVENANCE)["signer"] = key("eve", "signer")],
        ),
        case(
            format!(
                "{{source: {{repositories: [https://git.example/org/repo], refs: [refs/heads/main], commits: [{}]}}}}",
                "a".repeat(40)
            ),
            &[
                (
                    |f| {
                        find(f, PROVENANCE)["predicate"]["buildDefinition"]["resolvedDependencies"]
                            [0]["uri"] =
                            json!("git+https://git.example/org/repo-evil@refs/heads/main")
                    },
                    "source-not-allowed",
                ),
                (
                    |f| {
                        find(f, PROVENANCE)["predicate"]["buildDefinition"]["resolvedDependencies"]
                            [0]["uri"] = json!("git+https://git.example/org/repo@refs/heads/x")
                    },
                    "source-not-allowed",
                ),
                (
                    |f| {
                        find(f, PROVENANCE)["predicate"]["buildDefinition"]["resolvedDependencies"]
                            [0]["digest"] = json!({"gitCommit": "b".repeat(40)})
                    },
                    "source-not-allowed",
                ),
            ],
            &[
                |f| without(f, PROVENANCE),
                |f| {
                    find(f, PROVENANCE)["predicate"]["buildDefinition"]["resolvedDependencies"] =
                        json!([])
                },
            ],
        ),
    ]
}

#[test]
fn older_news_and_results_of_other_things_take_no_yes_away() {
    let yes = |check: &str, more: Value| {
        let mut facts = facts();
        add(&mut facts, more);
        let (found, reason) = outcome(&policy(check), &facts);
        assert_eq!(found, sealkit_report::Outcome::Pass, "{check}: {reason}");
    };
    let approval = "{approval: {by: {roles: [security]}, maxAge: 7d}}";
    yes(approval, verdict("https://v.example", 3, "FAILED"));
    // What is too old to count is no word against it either.
    yes(approval, verdict("https://w.example", 20, "FAILED"));
    let one = "{approval: {by: {roles: [security]}, verifiers: [https://v.example]}}";
    yes(one, verdict("https://w.example", 0, "FAILED"));
    let evaluation = "{evaluation: {harness: lm-eval, metrics: [{name: accuracy, atLeast: 0.8}]}}";
    yes(evaluation, test("b", "PASSED", &json!({"bias": 0.1})));
}

/// Whoever is trusted to revoke, or as a hub, releases no kit, however a rule names them.
#[test]
fn signers_trusted_for_another_purpose_sign_no_kit() {
    for role in ["revoker", "hub"] {
        let mut all = facts();
        all["statements"] = json!([said(key("sec", role), "sig", SIGN, json!({}))]);
        for check in [
            "{signers: {}}".to_owned(),
            format!("{{signers: {{by: {{roles: [{role}]}}}}}}"),
            format!("{{signers: {{by: {{roles: [{role}]}}, threshold: all}}}}"),
            "{signers: {by: {names: [sec]}}}".to_owned(),
            format!("{{keys: {{anyOf: [{{id: {}}}]}}}}", key_id()),
        ] {
            let (found, reason) = outcome(&policy(&check), &all);
            assert_eq!(found, Outcome::Unknown, "{role}: {check}: {reason}");
            let why = format!("signed by `sec`, whose role `{role}` vouches for no kit");
            assert!(reason.contains(&why), "{check}: {reason}");
        }
        // Beside a signer they are not a second one.
        let mut two = facts();
        two["statements"] = json!([
            said(identity("https://ci.example/build"), "ci-sig", SIGN, json!({})),
            said(key("sec", role), "sig", SIGN, json!({})),
        ]);
        assert_eq!(outcome(&policy("{signers: {}}"), &two).0, Outcome::Pass);
        let (found, _) = outcome(&policy("{signers: {threshold: {atLeast: 2}}}"), &two);
        assert_eq!(found, Outcome::Fail);
    }
    // A role of the user's own signs as any other.
    let mut all = facts();
    all["statements"] = json!([said(key("bot", "ci"), "sig", SIGN, json!({}))]);
    assert_eq!(outcome(&policy("{signers: {}}"), &all).0, Outcome::Pass);
}

#[test]
fn a_layer_that_only_a_revoker_names_is_signed_by_nobody() {
    let naming = |role: &str| {
        let mut all = facts();
        all.as_object_mut().unwrap().remove("sealedLayers");
        let mut said = said(key("sec", role), "sig", SIGN, json!({}));
        said["subjects"] = json!([digest("layer")]);
        all["statements"] = json!([said]);
        outcome(&policy("signedLayers"), &all).0
    };
    assert_eq!(naming("signer"), Outcome::Pass);
    assert_eq!(naming("revoker"), Outcome::Unknown);
}

#[test]
fn a_failed_ancestor_is_named_with_its_reason() {
    let mut all = facts();
    all["lineage"]["ancestors"][0]["state"] = json!("failed");
    all["lineage"]["ancestors"][0]["reason"] = json!("revoked by `eve`: \u{1b}poisoned");
    let (found, reason) = outcome(&policy("{lineage: {}}"), &all);
    assert_eq!(found, Outcome::Fail);
    assert_eq!(reason, "ancestor-failed: `org/base` (revoked by `eve`: \u{fffd}poisoned)");
}

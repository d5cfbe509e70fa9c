//! Every check: it passes on good facts, fails on bad ones with its stable reason, and never passes
//! without its evidence.

#![expect(
    clippy::too_many_lines,
    clippy::semicolon_if_nothing_returned,
    reason = "tables of cases, one after the other"
)]

use sealkit_report::Outcome;
use serde_json::{Value, json};

use super::common::*;

/// A change of the facts.
type Change = fn(&mut Value);

struct Case {
    check: String,
    /// What makes it fail, and the reason.
    bad: Vec<(Change, &'static str)>,
    /// What takes the evidence away.
    missing: Vec<Change>,
}

fn case(check: impl Into<String>, bad: &[(Change, &'static str)], missing: &[Change]) -> Case {
    Case { check: check.into(), bad: bad.to_vec(), missing: missing.to_vec() }
}

fn without(facts: &mut Value, kind: &str) {
    let all = facts["statements"].as_array_mut().unwrap();
    all.retain(|one| !one["predicateType"].as_str().unwrap().starts_with(kind));
}

fn find<'a>(facts: &'a mut Value, kind: &str) -> &'a mut Value {
    let all = facts["statements"].as_array_mut().unwrap();
    all.iter_mut().find(|one| one["predicateType"] == kind).unwrap()
}

fn unsigned(facts: &mut Value) {
    without(facts, SIGN);
}

fn no_bom(facts: &mut Value) {
    facts.as_object_mut().unwrap().remove("bom");
}

fn no_bom_statement(facts: &mut Value) {
    without(facts, "https://cyclonedx.org");
}

macro_rules! gone {
    ($field:literal) => {
        |facts: &mut Value| drop(facts.as_object_mut().unwrap().remove($field))
    };
}

fn signing() -> Vec<Case> {
    vec![
        case("{signers: {threshold: any}}", &[], &[unsigned]),
        case(
            "{signers: {threshold: {atLeast: 2}}}",
            &[
                (
                    |f| {
                        f["statements"].as_array_mut().unwrap().remove(1);
                    },
                    "threshold-not-met",
                ),
                // One identity with two certificates is one signer, as is one key that signs twice.
                (
                    |f| f["statements"][0]["signer"] = identity("https://ci.example/build"),
                    "threshold-not-met",
                ),
                (|f| f["statements"][1]["signer"] = key("other", "x"), "threshold-not-met"),
            ],
            &[unsigned],
        ),
        case(
            "{signers: {by: {roles: [signer, ci]}, threshold: all}}",
            &[(
                |f| {
                    f["statements"].as_array_mut().unwrap().remove(1);
                },
                "threshold-not-met",
            )],
            &[unsigned],
        ),
        case(
            "{identities: {anyOf: [{issuer: https://issuer.example, kind: uri, subject: https://ci.example/build}]}}",
            &[(
                |f| f["statements"][1]["signer"] = identity("https://ci.example/build.evil"),
                "identity-mismatch",
            )],
            &[unsigned],
        ),
        case(
            format!(
                "{{keys: {{anyOf: [{{id: {}, validFrom: 2026-01-01, validUntil: 2026-12-31}}]}}}}",
                key_id()
            ),
            &[
                (|f| f["now"] = json!("2027-01-01T00:00:00Z"), "key-expired"),
                (|f| f["now"] = json!("2025-01-01T00:00:00Z"), "key-not-yet-valid"),
                (
                    |f| {
                        f["statements"].as_array_mut().unwrap().remove(0);
                    },
                    "key-not-allowed",
                ),
            ],
            &[unsigned],
        ),
        case(
            "{signatureAge: {max: 10d}}",
            &[
                (|f| f["now"] = json!("2026-12-01T00:00:00Z"), "signature-too-old"),
                (|f| f["now"] = json!("2026-09-01T00:00:00Z"), "signature-in-future"),
            ],
            &[unsigned, |f| {
                f["statements"][0]["logs"] = json!([]);
                f["statements"][0]["timestamps"] = json!([]);
            }],
        ),
        case(
            "{log: {operators: 2}}",
            &[(|f| f["statements"][0]["logs"][1]["operator"] = json!("a"), "threshold-not-met")],
            &[unsigned, |f| f["statements"][0]["logs"] = json!([])],
        ),
        case(
            "{log: {logs: [log-b.example]}}",
            &[],
            &[|f| {
                f["statements"][0]["logs"].as_array_mut().unwrap().pop();
            }],
        ),
        case("{timestamp: {}}", &[], &[unsigned, |f| f["statements"][0]["timestamps"] = json!([])]),
    ]
}

fn statements() -> Vec<Case> {
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

fn contents() -> Vec<Case> {
    vec![
        case("pinned", &[(|f| f["subject"]["pinned"] = json!(false), "not-pinned")], &[]),
        case(
            "{integrity: {steps: [blob-digests]}}",
            &[(|f| f["steps"][1]["outcome"] = json!("fail"), "verification-failed")],
            &[
                gone!("steps"),
                |f| f["steps"][0]["outcome"] = json!("unknown"),
                |f| f["steps"][0]["outcome"] = json!("skip"),
            ],
        ),
        case(
            "{forbiddenFormats: {formats: [pickle, can-run-code, embedded-code, unknown]}}",
            &[
                (|f| f["files"][0]["formats"] = json!(["pytorch", "pickle"]), "forbidden-format"),
                (|f| f["files"][0]["traits"] = json!(["embedded-code"]), "forbidden-format"),
                (|f| f["files"][0]["formats"] = json!(["unknown"]), "forbidden-format"),
            ],
            &[
                gone!("files"),
                gone!("steps"),
                |f| {
                    f["files"][0].as_object_mut().unwrap().remove("formats");
                },
                |f| {
                    f["files"][0].as_object_mut().unwrap().remove("digest");
                },
            ],
        ),
        case(
            "{annotations: {require: {stage: \"pro*\"}}}",
            &[
                (|f| f["manifest"]["annotations"]["stage"] = json!("dev"), "annotation-missing"),
                (|f| f["manifest"]["annotations"] = json!({}), "annotation-missing"),
            ],
            &[gone!("manifest")],
        ),
        case(
            "signedLayers",
            &[(|f| f["sealedLayers"] = json!([]), "unsigned-layer")],
            &[gone!("manifest"), gone!("sealedLayers")],
        ),
        case(
            "{bom: {by: {names: [ada]}}}",
            &[],
            &[no_bom, no_bom_statement, |f| {
                f["statements"][2]["signer"] = identity("https://ci.example/x")
            }],
        ),
        case(
            "{bomScore: {profile: ntia, atLeast: 75}}",
            &[(|f| f["bom"]["scores"]["ntia"]["percent"] = json!(74.9), "score-too-low")],
            &[no_bom, no_bom_statement, |f| f["bom"]["scores"] = json!({})],
        ),
        case(
            "bomMatches",
            &[(|f| f["steps"][1]["outcome"] = json!("fail"), "aibom-mismatch")],
            &[no_bom, no_bom_statement, gone!("steps"), |f| {
                f["steps"][1]["outcome"] = json!("unknown")
            }],
        ),
        case(
            "{documentation: {profile: ntia}}",
            &[(
                |f| f["bom"]["scores"]["ntia"]["elements"][0]["said"] = json!(false),
                "documentation-missing",
            )],
            &[no_bom, |f| f["bom"]["scores"] = json!({})],
        ),
        case(
            "{documentation: {profile: ntia, fields: [supplier]}}",
            &[(
                |f| f["bom"]["scores"]["ntia"]["elements"][0]["said"] = json!(false),
                "documentation-missing",
            )],
            &[|f| f["bom"]["scores"]["ntia"]["elements"] = json!([])],
        ),
        case(
            "{licences: {allow: [apache-2.0, MIT]}}",
            &[
                (
                    |f| f["bom"]["parts"][1]["licences"] = json!([["GPL-3.0", "declared"]]),
                    "licence-not-allowed",
                ),
                (
                    |f| {
                        f["bom"]["parts"][2]["licences"] =
                            json!([["MIT", "declared"], ["GPL-3.0", "measured"]])
                    },
                    "licence-not-allowed",
                ),
            ],
            &[no_bom, no_bom_statement, |f| f["bom"]["parts"][0]["licences"] = json!([])],
        ),
        case(
            "{licences: {deny: [GPL-3.0]}}",
            &[(
                |f| f["bom"]["parts"][0]["licences"] = json!([["GPL-3.0", "declared"]]),
                "licence-not-allowed",
            )],
            &[no_bom],
        ),
        case(
            "{useRestrictions: {accept: [llama3]}}",
            &[(
                |f| f["bom"]["parts"][0]["licences"] = json!([["openrail", "declared"]]),
                "use-restricted",
            )],
            &[no_bom, |f| f["bom"]["parts"][2]["licences"] = json!([])],
        ),
        case(
            "{datasets: {attested: true}}",
            &[
                (
                    |f| {
                        f["bom"]["parts"][1].as_object_mut().unwrap().remove("digest");
                    },
                    "dataset-not-pinned",
                ),
                (
                    |f| {
                        f["statements"].as_array_mut().unwrap().push(said(
                            key("ada", "signer"),
                            "d2",
                            DATASET,
                            dataset("other"),
                        ))
                    },
                    "version-conflict",
                ),
            ],
            &[
                no_bom,
                no_bom_statement,
                |f| without(f, DATASET),
                |f| f["bom"]["parts"][1]["version"] = json!("2"),
                |f| f["bom"]["parts"][1]["digest"] = json!(digest("same-size bytes")),
            ],
        ),
        case(
            "{baseModels: {names: [org/base]}}",
            &[
                (|f| f["bom"]["parts"][2]["name"] = json!("evil/base"), "base-model-not-allowed"),
                (
                    |f| f["lineage"]["ancestors"][0]["name"] = json!("evil/base"),
                    "base-model-not-allowed",
                ),
            ],
            &[no_bom, gone!("lineage")],
        ),
        case(
            "{baseModels: {by: {roles: [vendor]}}}",
            &[
                (
                    |f| f["lineage"]["ancestors"][0]["state"] = json!("declared"),
                    "base-model-not-allowed",
                ),
                (|f| f["lineage"]["ancestors"][0]["signers"] = json!([]), "base-model-not-allowed"),
            ],
            &[no_bom, gone!("lineage")],
        ),
        case(
            "{lineage: {}}",
            &[(|f| f["lineage"]["ancestors"][0]["state"] = json!("failed"), "ancestor-failed")],
            &[
                gone!("lineage"),
                |f| f["lineage"]["complete"] = json!(false),
                |f| f["lineage"]["ancestors"][0]["state"] = json!("missing"),
                |f| f["lineage"]["ancestors"][0]["state"] = json!("declared"),
            ],
        ),
    ]
}

#[test]
fn every_check_passes_fails_and_lacks_as_it_should() {
    let all: Vec<Case> = signing().into_iter().chain(statements()).chain(contents()).collect();
    for Case { check, bad, missing } in all {
        let policy = policy(&check);
        let (got, reason) = outcome(&policy, &facts());
        assert_eq!(got, Outcome::Pass, "{check}: {reason}");
        for (change, code) in bad {
            let mut facts = facts();
            change(&mut facts);
            let (got, reason) = outcome(&policy, &facts);
            assert_eq!(got, Outcome::Fail, "{check}, {code}: {reason}");
            assert!(reason.starts_with(&format!("{code}: ")), "{check}, {code}: {reason}");
        }
        for (at, change) in missing.into_iter().enumerate() {
            let mut facts = facts();
            change(&mut facts);
            let (got, reason) = outcome(&policy, &facts);
            assert_eq!(got, Outcome::Unknown, "{check}, missing {at}: {reason}");
            assert!(reason.starts_with("missing-evidence: "), "{check}, missing {at}: {reason}");
        }
    }
}

#[test]
fn vex_excuses_only_by_whom_the_policy_names_and_never_against_a_contrary_word() {
    let bad =
        vulns(&json!([{"id": "CVE-9", "severity": [{"method": "x", "score": "critical"}]}]), 1);
    let vex = |status: &str, role: &str| {
        said(
            key("ada", role),
            status,
            "https://openvex.dev/ns/v0.2.0",
            json!({"statements": [{"vulnerability": {"name": "CVE-9"}, "status": status}]}),
        )
    };
    let try_with = |check: &str, more: Vec<Value>| {
        let mut facts = facts();
        find(&mut facts, VULNS)["predicate"] = bad.clone();
        facts["statements"].as_array_mut().unwrap().extend(more);
        outcome(&policy(check), &facts).0
    };
    let named = "{vulnerabilities: {maxSeverity: low, by: {roles: [security]}, vexBy: {roles: [triage]}, accept: [CVE-1]}}";
    let nobody = "{vulnerabilities: {maxSeverity: low, by: {roles: [security]}}}";
    assert_eq!(try_with(named, vec![vex("not_affected", "triage")]), Outcome::Pass);
    assert_eq!(try_with(named, vec![vex("fixed", "triage")]), Outcome::Pass);
    assert_eq!(try_with(named, vec![vex("not_affected", "signer")]), Outcome::Fail);
    assert_eq!(try_with(named, vec![vex("under_investigation", "triage")]), Outcome::Fail);
    assert_eq!(
        try_with(named, vec![vex("not_affected", "triage"), vex("affected", "triage")]),
        Outcome::Fail
    );
    assert_eq!(try_with(nobody, vec![vex("not_affected", "triage")]), Outcome::Fail);
}

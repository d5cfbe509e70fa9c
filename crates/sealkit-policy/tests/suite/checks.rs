//! Every check: it passes on good facts, fails on bad ones with its stable reason, and never passes
//! without its evidence.

#![expect(clippy::too_many_lines, reason = "a table of cases")]

use sealkit_report::Outcome;
use serde_json::{Value, json};

use super::checks_contents::contents;
use super::checks_statements::statements;
use super::common::*;

/// A change of the facts.
pub(crate) type Change = fn(&mut Value);

pub(crate) struct Case {
    pub(crate) check: String,
    /// What makes it fail, and the reason.
    bad: Vec<(Change, &'static str)>,
    /// What takes the evidence away.
    missing: Vec<Change>,
}

pub(crate) fn case(
    check: impl Into<String>,
    bad: &[(Change, &'static str)],
    missing: &[Change],
) -> Case {
    Case { check: check.into(), bad: bad.to_vec(), missing: missing.to_vec() }
}

pub(crate) fn without(facts: &mut Value, kind: &str) {
    let all = facts["statements"].as_array_mut().unwrap();
    all.retain(|one| !one["predicateType"].as_str().unwrap().starts_with(kind));
}

pub(crate) fn find<'a>(facts: &'a mut Value, kind: &str) -> &'a mut Value {
    let all = facts["statements"].as_array_mut().unwrap();
    all.iter_mut().find(|one| one["predicateType"] == kind).unwrap()
}

fn unsigned(facts: &mut Value) {
    without(facts, SIGN);
}

pub(crate) fn no_bom(facts: &mut Value) {
    facts.as_object_mut().unwrap().remove("bom");
}

pub(crate) fn no_bom_statement(facts: &mut Value) {
    without(facts, "https://cyclonedx.org");
}

macro_rules! gone {
    ($field:literal) => {
        |facts: &mut Value| drop(facts.as_object_mut().unwrap().remove($field))
    };
}
pub(crate) use gone;

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

/// OpenVEX about the kit, about others, and about what nobody knows.
#[test]
fn vex_excuses_the_kit_that_it_names_and_no_other() {
    let bad =
        vulns(&json!([{"id": "CVE-9", "severity": [{"method": "x", "score": "critical"}]}]), 1);
    let vex = |status: &str, products: &Value| {
        let mut one = json!({"vulnerability": {"name": "CVE-9"}, "status": status});
        if !products.is_null() {
            one["products"] = products.clone();
        }
        let document = json!({"statements": [one]});
        let evidence = format!("{status} {products}");
        let mut all =
            said(key("ada", "triage"), &evidence, "https://openvex.dev/ns/v0.2.0", document);
        all["name"] = json!("pkg:generic/model");
        all
    };
    let rule =
        "{vulnerabilities: {maxSeverity: low, by: {roles: [security]}, vexBy: {roles: [triage]}}}";
    let judged = |more: Vec<Value>| {
        let mut facts = facts();
        find(&mut facts, VULNS)["predicate"] = bad.clone();
        facts["statements"].as_array_mut().unwrap().extend(more);
        outcome(&policy(rule), &facts)
    };
    let (kit, other) = (digest("kit"), digest("another kit"));
    let escaped = kit.replace(':', "%3A");
    let bare = kit.strip_prefix("sha256:").unwrap();
    let url =
        |version: &str| format!("pkg:oci/model@{version}?repository_url=reg.example%2Forg%2Fmodel");
    let named = [
        json!(null),
        json!([{"@id": url(&kit)}]),
        json!([{"@id": url(&escaped)}]),
        json!([url(&escaped)]),
        json!([{"@id": "urn:x", "identifiers": {"purl": url(&escaped)}}]),
        json!([{"@id": "urn:x", "hashes": {"sha-256": bare}}]),
        json!([{"@id": url(&other)}, {"@id": url(&kit), "subcomponents": [{"@id": "pkg:pypi/x@1"}]}]),
        json!([{"@id": "pkg:generic/model"}]),
    ];
    let not_named = [
        json!([]),
        json!("pkg:oci/model"),
        json!([{"@id": "pkg:oci/some-other-kit"}]),
        json!([{"@id": "pkg:oci/model"}]),
        json!([{"@id": "pkg:oci/model@v1"}]),
        json!([{"@id": url(&other)}]),
        json!([{"@id": "urn:x", "hashes": {"sha-512": bare}}]),
        json!([{"@id": format!("pkg:oci/model?checksum=@{kit}")}]),
        json!([{"@id": "pkg:generic/model@1"}]),
    ];
    for products in &named {
        let (found, reason) = judged(vec![vex("not_affected", products)]);
        assert_eq!(found, Outcome::Pass, "{products}: {reason}");
        // A contrary word about the same kit counts more.
        let both = vec![vex("not_affected", &json!(null)), vex("affected", products)];
        assert_eq!(judged(both).0, Outcome::Fail, "{products}");
    }
    for products in &not_named {
        let (found, reason) = judged(vec![vex("not_affected", products)]);
        assert_eq!(found, Outcome::Fail, "{products}: {reason}");
        assert!(reason.contains("VEX says of other products"), "{products}: {reason}");
        // What is surely said of another kit is no contrary word; all else may be meant for this one.
        let surely = *products == json!([{"@id": url(&other)}]);
        let both = vec![vex("not_affected", &json!(null)), vex("affected", products)];
        assert_eq!(judged(both).0 == Outcome::Pass, surely, "{products}");
    }
}

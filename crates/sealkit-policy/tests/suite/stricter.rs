//! What can only make a policy stricter does so for any facts: one more rule, one more thing revoked, a
//! higher demand; and the word of whom no rule means changes nothing for the better.

use proptest::prelude::*;
use sealkit_policy::Policy;
use serde_json::{Value, json};

use super::common::*;

/// Checks that count named roles only, and hold of good facts.
const NAMED: &[&str] = &[
    "{signers: {by: {roles: [signer, ci]}, threshold: {atLeast: 2}}}",
    "{signers: {by: {roles: [signer, ci]}, threshold: all}}",
    "{identities: {anyOf: [{issuer: https://issuer.example, kind: uri, subject: https://ci.example/build}]}}",
    "{signatureAge: {max: 10d, by: {roles: [signer]}}}",
    "{log: {operators: 2, by: {roles: [signer]}}}",
    "{timestamp: {by: {roles: [signer]}}}",
    "{predicates: {require: [{type: https://slsa.dev/provenance/v1, by: {roles: [ci]}}]}}",
    "{bom: {by: {roles: [signer]}}}",
    "{scan: {by: {roles: [security]}}}",
    "{vulnerabilities: {maxSeverity: medium, by: {roles: [security]}}}",
    "{datasets: {attested: true, by: {roles: [signer]}}}",
    "{builder: {builders: [https://builder.example/v1], by: {roles: [ci]}}}",
    "{source: {repositories: [https://git.example/org/repo], by: {roles: [ci]}}}",
    "{evaluation: {harness: lm-eval, by: {roles: [signer]}}}",
    "{release: {order: semver, by: {roles: [signer]}}}",
    "{approval: {by: {roles: [security]}}}",
];

/// Rules, a revoked list, and what is demanded of them.
fn policy_of(rules: &[String], revoked: &str) -> Policy {
    let rules: Vec<String> = rules
        .iter()
        .enumerate()
        .map(|(at, check)| format!("  - {{id: r{at}, check: {check}}}\n"))
        .collect();
    let text =
        format!("schemaVersion: 1\nname: p\nrules:\n{}revoked: {{{revoked}}}\n", rules.concat());
    Policy::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn chosen(checks: &[usize]) -> Vec<String> {
    checks.iter().map(|at| NAMED[*at].to_owned()).collect()
}

/// Somebody who is in the trust store and whom no rule means.
fn stranger() -> Value {
    json!({"identity": {
        "entry": {"name": "eve", "role": "stranger", "issuer": "https://evil.example",
            "subject": {"kind": "uri", "value": "https://evil.example/x"}},
        "kind": "uri", "subject": "https://evil.example/x"}})
}

/// What a stranger would like to be believed.
fn claim(at: usize) -> Value {
    let none: Value = json!([]);
    let (kind, predicate) = match at % 8 {
        0 => (SIGN, json!({})),
        1 => (SCAN, scan("clean", 0)),
        2 => (VULNS, vulns(&none, 0)),
        3 => (PROVENANCE, provenance()),
        4 => (DATASET, dataset("data")),
        5 => (RELEASE, json!({"purl": "pkg:oci/model@99.0.0"})),
        6 => ("https://cyclonedx.org/bom/v1.6", json!({})),
        _ => (
            "https://openvex.dev/ns/v0.2.0",
            json!({"statements": [
            {"vulnerability": {"name": "CVE-1"}, "status": "not_affected"}]}),
        ),
    };
    let mut said = said(stranger(), &format!("claim {at}"), kind, predicate);
    if at.is_multiple_of(2) {
        said["logs"] = json!([
            {"operator": "a", "log": "log-a.example", "index": 9, "time": NOW - 100},
            {"operator": "c", "log": "log-c.example", "index": 9, "time": NOW - 100}]);
        said["timestamps"] = json!([NOW - 100]);
    }
    if kind == RELEASE {
        said["sequence"] = json!(99);
    }
    said
}

/// Good facts without some of their statements.
fn without_some(drop: &[usize]) -> Value {
    let mut facts = facts();
    for at in drop {
        let all = facts["statements"].as_array_mut().unwrap();
        if !all.is_empty() {
            let gone = all.remove(at % all.len());
            if facts["bom"]["evidence"] == gone["evidence"] {
                facts.as_object_mut().unwrap().remove("bom");
            }
        }
    }
    facts
}

fn things() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["kit", "layer", "f", "data", "base", "older", "nothing", "other"])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_more_rule_never_allows(
        checks in prop::collection::vec(0..NAMED.len(), 1..4),
        more in 0..NAMED.len(),
        drop in prop::collection::vec(0_usize..40, 0..3),
    ) {
        let facts = without_some(&drop);
        let (fewer, mut all) = (chosen(&checks), chosen(&checks));
        all.push(NAMED[more].to_owned());
        let before = try_facts(&policy_of(&fewer, ""), &facts).would_allow;
        let after = try_facts(&policy_of(&all, ""), &facts).would_allow;
        prop_assert!(before || !after, "{} allowed", NAMED[more]);
        // And each rule is answered as if it stood alone: none hides another.
        let alone = try_facts(&policy_of(&[NAMED[more].to_owned()], ""), &facts).would_allow;
        prop_assert_eq!(after, before && alone);
    }

    #[test]
    fn one_more_thing_revoked_never_allows(
        checks in prop::collection::vec(0..NAMED.len(), 1..4),
        thing in things(),
        drop in prop::collection::vec(0_usize..40, 0..3),
    ) {
        let facts = without_some(&drop);
        let revoked = format!("digests: [{{digest: {}, reason: bad}}]", digest(thing));
        let before = try_facts(&policy_of(&chosen(&checks), ""), &facts).would_allow;
        let after = try_facts(&policy_of(&chosen(&checks), &revoked), &facts).would_allow;
        prop_assert!(before || !after);
        let is_inside = matches!(thing, "kit" | "layer" | "f" | "data" | "base");
        prop_assert!(!(after && is_inside && facts.get("bom").is_some()), "{} is in it", thing);
    }

    #[test]
    fn whom_no_rule_means_is_not_believed(
        checks in prop::collection::vec(0..NAMED.len(), 1..4),
        claims in prop::collection::vec(0_usize..32, 1..5),
        drop in prop::collection::vec(0_usize..40, 0..4),
        first in any::<bool>(),
    ) {
        let facts = without_some(&drop);
        let policy = policy_of(&chosen(&checks), "");
        let before = try_facts(&policy, &facts).would_allow;
        let mut more = facts;
        let all = more["statements"].as_array_mut().unwrap();
        for at in claims {
            let place = if first { 0 } else { all.len() };
            all.insert(place, claim(at));
        }
        let after = try_facts(&policy, &more);
        prop_assert!(before || !after.would_allow, "{:?}", after.report.steps);
    }

    #[test]
    fn a_higher_demand_never_allows(low in 1_u32..5, more in 0_u32..4, drop in prop::collection::vec(0_usize..40, 0..3)) {
        let facts = without_some(&drop);
        let high = low + more;
        for (check, unit) in [
            ("{signers: {threshold: {atLeast: N}}}", 1),
            ("{log: {operators: N}}", 1),
            ("{bomScore: {profile: ntia, atLeast: N}}", 25),
        ] {
            let of = |n: u32| policy_of(&[check.replace('N', &(n * unit).min(100).to_string())], "");
            let (easy, hard) = (try_facts(&of(low), &facts), try_facts(&of(high), &facts));
            prop_assert!(easy.would_allow || !hard.would_allow, "{check} {low} {high}");
        }
        // The older a signature or a scan may be, the more is allowed, never the less.
        for check in ["{signatureAge: {max: Nd}}", "{scan: {maxAge: Nd}}"] {
            let of = |days: u32| policy_of(&[check.replace('N', &days.to_string())], "");
            let (strict, lax) = (try_facts(&of(low), &facts), try_facts(&of(high), &facts));
            prop_assert!(lax.would_allow || !strict.would_allow, "{check} {low} {high}");
        }
    }
}

//! What holds of any facts: taking away never allows, order and repetition change nothing.

use std::fmt::Write as _;

use proptest::prelude::*;
use sealkit_policy::Policy;
use serde_json::{Value, json};

use super::common::*;

/// Checks that hold of good facts, one rule each.
const CHECKS: &[&str] = &[
    "{signers: {threshold: {atLeast: 2}}}",
    "{signatureAge: {max: 10d}}",
    "{log: {operators: 2}}",
    "{timestamp: {}}",
    "{predicates: {require: [{type: https://slsa.dev/provenance/v1}]}}",
    "{approval: {by: {roles: [security]}}}",
    "pinned",
    "{integrity: {steps: [blob-digests]}}",
    "{forbiddenFormats: {formats: [pickle]}}",
    "{annotations: {require: {stage: prod}}}",
    "signedLayers",
    "{bom: {}}",
    "{bomScore: {profile: ntia, atLeast: 10}}",
    "bomMatches",
    "{documentation: {profile: ntia}}",
    "{licences: {allow: [Apache-2.0, MIT]}}",
    "{useRestrictions: {}}",
    "{datasets: {attested: true}}",
    "{baseModels: {names: [org/base]}}",
    "{lineage: {}}",
    "{builder: {builders: [https://builder.example/v1]}}",
    "{source: {repositories: [https://git.example/org/repo]}}",
    "{evaluation: {harness: lm-eval}}",
    "{release: {order: semver}}",
    "{scan: {}}",
    "{vulnerabilities: {maxSeverity: medium}}",
];

fn of(checks: &[usize]) -> Policy {
    let mut text = "schemaVersion: 1\nname: p\nrules:\n".to_owned();
    for (at, check) in checks.iter().enumerate() {
        let _ = writeln!(text, "  - id: r{at}\n    check: {}", CHECKS[*check]);
    }
    let _ = writeln!(text, "revoked: {{digests: [{{digest: {}, reason: x}}]}}", digest("nothing"));
    Policy::parse(text.as_bytes()).unwrap()
}

/// Facts that the checks accept or not: some statements and parts are made bad or taken away.
fn spoiled(drop: &[usize], spoil: &[usize]) -> Value {
    let mut facts = facts();
    for at in spoil {
        match at % 6 {
            0 => facts["files"][0]["formats"] = json!(["pickle"]),
            1 => facts["bom"]["parts"][0]["licences"] = json!([["GPL-3.0", "declared"]]),
            2 => facts["lineage"]["ancestors"][0]["state"] = json!("failed"),
            3 => facts["seen"]["version"] = json!("9.0.0"),
            4 => facts["steps"][1]["outcome"] = json!("fail"),
            _ => facts["manifest"]["layers"][0] = json!(digest("strange")),
        }
    }
    for at in drop {
        take(&mut facts, *at);
    }
    facts
}

const WHOLES: [&str; 7] = ["steps", "manifest", "sealedLayers", "files", "bom", "lineage", "seen"];

/// Takes one fact away: a statement, a whole, or the witnesses of a signature.
fn take(facts: &mut Value, at: usize) {
    let statements = facts["statements"].as_array().unwrap().len();
    let at = at % (statements + WHOLES.len() + 2);
    if at < statements {
        let gone = facts["statements"].as_array_mut().unwrap().remove(at);
        if facts["bom"]["evidence"] == gone["evidence"] {
            facts.as_object_mut().unwrap().remove("bom");
        }
        // Whoever walks up without the provenance meets nobody, and comes to an end.
        if gone["predicateType"] == PROVENANCE && facts.get("lineage").is_some() {
            facts["lineage"] = json!({"complete": true, "ancestors": []});
        }
    } else if let Some(whole) = WHOLES.get(at - statements) {
        facts.as_object_mut().unwrap().remove(*whole);
    } else if let Some(first) = facts["statements"].as_array_mut().unwrap().first_mut() {
        first.as_object_mut().unwrap().remove(if at.is_multiple_of(2) {
            "logs"
        } else {
            "timestamps"
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn taking_a_fact_away_never_allows(
        checks in prop::collection::vec(0..CHECKS.len(), 1..6),
        drop in prop::collection::vec(0_usize..40, 0..3),
        spoil in prop::collection::vec(0_usize..12, 0..2),
        more in 0_usize..40,
    ) {
        let policy = of(&checks);
        let facts = spoiled(&drop, &spoil);
        let before = try_facts(&policy, &facts).would_allow;
        let mut less = facts.clone();
        take(&mut less, more);
        let after = try_facts(&policy, &less).would_allow;
        prop_assert!(before || !after, "allowed after {more} was taken away");
    }

    #[test]
    fn neither_order_nor_repetition_changes_the_answer(
        checks in prop::collection::vec(0..CHECKS.len(), 1..6),
        drop in prop::collection::vec(0_usize..40, 0..3),
        turn in 0_usize..10,
    ) {
        let policy = of(&checks);
        let facts = spoiled(&drop, &[]);
        let answer = try_facts(&policy, &facts);
        prop_assert_eq!(&try_facts(&policy, &facts), &answer);
        let mut turned = facts.clone();
        let all = turned["statements"].as_array_mut().unwrap();
        let by = turn % all.len().max(1);
        all.rotate_left(by);
        all.reverse();
        prop_assert_eq!(&try_facts(&policy, &turned).report, &answer.report);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(?s).{0,200}") {
        let _ = Policy::parse(text.as_bytes());
    }
}

#[test]
fn all_checks_together_allow_good_facts() {
    let all: Vec<usize> = (0..CHECKS.len()).collect();
    let answer = try_facts(&of(&all), &facts());
    assert!(answer.would_allow, "{:?}", answer.report.failures().collect::<Vec<_>>());
}

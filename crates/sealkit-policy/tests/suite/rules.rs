//! Scopes, modes, exceptions and what is revoked.

use sealkit_policy::Policy;
use sealkit_report::Outcome;
use serde_json::{Value, json};

use super::common::*;

fn parse(text: &str) -> Policy {
    Policy::parse(format!("schemaVersion: 1\nname: p\n{text}").as_bytes())
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn allowed(policy: &str, facts: &Value) -> bool {
    try_facts(&parse(policy), facts).would_allow
}

fn tag() -> Value {
    let mut facts = facts();
    facts["subject"]["pinned"] = json!(false);
    facts
}

#[test]
fn a_kit_for_which_no_rule_is_enforced_is_denied() {
    let scoped = |scope: &str| format!("rules: [{{id: r, scope: {scope}, check: pinned}}]\n");
    let kit = facts();
    assert!(allowed(&scoped("{repositories: [\"reg.example/org/*\"]}"), &kit));
    assert!(allowed(&scoped("{kinds: [model, dataset]}"), &kit));
    for other in [
        "{repositories: [\"reg.example/org\"]}",
        "{repositories: [\"reg.example/*\"]}",
        "{kinds: [dataset]}",
    ] {
        assert!(!allowed(&scoped(other), &kit), "{other}");
    }
    assert!(!allowed("rules: [{id: r, mode: warn, check: pinned}]\n", &kit));
    assert!(allowed("mode: warn\nrules: [{id: r, check: pinned}]\n", &tag()));
}

#[test]
fn what_is_not_known_of_a_kit_takes_no_rule_away() {
    let rules = "rules: [{id: s, check: {signers: {}}}, {id: r, scope: {repositories: [x/y], environments: [prod]}, check: pinned}]\n";
    assert!(allowed(rules, &tag()), "another repository");
    let mut unnamed = tag();
    unnamed["subject"].as_object_mut().unwrap().remove("repository");
    assert!(!allowed(rules, &unnamed), "it may be the one");
}

#[test]
fn a_policy_tells_which_environments_its_rules_are_for() {
    let policy = parse(
        "rules: [{id: a, scope: {environments: [prod, stage]}, check: pinned}, {id: b, scope: {environments: [prod]}, check: pinned}, {id: c, check: pinned}]\n",
    );
    let all: Vec<_> = policy.environments().into_iter().map(ToString::to_string).collect();
    assert_eq!(all, ["prod", "stage"]);
}

#[test]
fn a_warning_denies_nothing_and_is_said() {
    let policy =
        parse("rules: [{id: s, check: {signers: {}}}, {id: r, mode: warn, check: pinned}]\n");
    let answer = try_facts(&policy, &tag());
    let step = answer.report.steps.last().unwrap();
    assert!(answer.would_allow);
    assert_eq!(step.outcome, Outcome::Skip);
    assert!(step.reason.contains("not-pinned"), "{}", step.reason);
}

#[test]
fn an_exception_excuses_until_its_time_and_for_its_kits_only() {
    let rule = "rules: [{id: s, check: {signers: {}}}, {id: r, check: pinned}]\n";
    let except = |more: &str| format!("{rule}exceptions: [{{rule: r, reason: legacy, {more}}}]\n");
    assert!(!allowed(rule, &tag()));
    assert!(allowed(&except("until: 2026-10-01"), &tag()));
    assert!(allowed(&except(&format!("until: 2026-10-01, digest: {}", digest("kit"))), &tag()));
    for other in [
        "until: 2026-09-30",
        "until: 2026-10-02, scope: {repositories: [x]}",
        "until: 2026-10-02, scope: {environments: [prod]}",
    ] {
        assert!(!allowed(&except(other), &tag()), "{other}");
    }
    assert!(!allowed(&except(&format!("until: 2027-01-01, digest: {}", digest("other"))), &tag()));
    let over = try_facts(&parse(&except("until: 2026-09-30")), &tag());
    let reason = &over.report.steps.last().unwrap().reason;
    assert!(reason.contains("exception-expired"), "{reason}");
}

#[test]
fn what_is_revoked_beats_everything() {
    let rules = "rules: [{id: s, check: {signers: {}}}]\nexceptions: [{rule: s, reason: x, until: 2030-01-01}]\n";
    let kit = facts();
    assert!(allowed(rules, &kit));
    for name in ["kit", "layer", "f", "data", "base"] {
        let revoked =
            format!("{rules}revoked: {{digests: [{{digest: {}, reason: bad}}]}}\n", digest(name));
        let answer = try_facts(&parse(&revoked), &kit);
        let step = answer.report.steps.iter().find(|step| step.id == "policy-revoked").unwrap();
        assert_eq!(step.outcome, Outcome::Fail, "{name}");
        assert!(step.reason.starts_with("revoked: "), "{}", step.reason);
    }
    let data = |more: &str| {
        format!("{rules}revoked: {{datasets: [{{name: ORG/Data, {more}reason: bad}}]}}\n")
    };
    assert!(!allowed(&data(""), &kit) && !allowed(&data("version: \"1\", "), &kit));
    assert!(allowed(&data("version: \"2\", "), &kit));
}

#[test]
fn a_revoked_signer_counts_for_nothing_and_is_named() {
    let revoked = |list: &str| {
        format!(
            "rules: [{{id: r, check: {{signers: {{by: {{roles: [signer, ci]}}, threshold: {{atLeast: 2}}}}}}}}]\nrevoked: {{{list}}}\n"
        )
    };
    assert!(allowed(&revoked(""), &facts()));
    let key = format!("keys: [{{id: {}, reason: stolen}}]", key_id());
    let identity = "identities: [{identity: {issuer: https://issuer.example, kind: uri, subject: https://ci.example/build}, reason: left}]";
    for list in [key.as_str(), identity] {
        let answer = try_facts(&parse(&revoked(list)), &facts());
        let step = answer.report.steps.last().unwrap();
        assert_eq!(step.outcome, Outcome::Fail, "{list}");
        assert!(step.reason.contains("revoked: not counted"), "{}", step.reason);
    }
}

#[test]
fn where_ancestry_is_not_known_a_revocation_denies_unless_the_policy_says_otherwise() {
    let with = |more: &str| {
        format!(
            "rules: [{{id: s, check: {{signers: {{}}}}}}]\nrevoked: {{{more}datasets: [{{name: x, reason: bad}}]}}\n"
        )
    };
    let mut bare = facts();
    assert!(allowed(&with(""), &bare));
    bare.as_object_mut().unwrap().remove("bom");
    assert!(!allowed(&with(""), &bare));
    assert!(allowed(&with("unknownAncestry: warn, "), &bare));
}

#[test]
fn a_test_says_what_came_out_otherwise() {
    let policy = parse("rules: [{id: r, check: pinned}]\n");
    let mut kit = facts();
    kit["expect"] = json!({"allowed": true, "rules": {"r": "pass"}});
    assert_eq!(try_facts(&policy, &kit).surprises, Some(vec![]));
    kit["expect"] = json!({"allowed": false, "rules": {"r": "fail", "q": "pass"}});
    assert_eq!(try_facts(&policy, &kit).surprises.unwrap().len(), 3);
}

#[test]
fn facts_of_another_shape_are_refused() {
    for change in [
        |f: &mut Value| f["schemaVersion"] = json!(2),
        |f: &mut Value| f["statments"] = json!([]),
        |f: &mut Value| f["subject"]["digest"] = json!("sha256:x"),
        |f: &mut Value| f["statements"][0]["signer"] = json!({"key": {}}),
    ] {
        let mut facts = facts();
        change(&mut facts);
        assert!(sealkit_policy::HypotheticalFacts::parse(facts.to_string().as_bytes()).is_err());
    }
    assert!(
        sealkit_policy::HypotheticalFacts::parse(b"{\"schemaVersion\":1,\"schemaVersion\":1}")
            .is_err()
    );
}

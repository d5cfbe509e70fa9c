//! Signers whom certificates name: a key that two names share is one signer, and key and certificate can be
//! revoked.

use sealkit_oci::Digest;
use sealkit_policy::Policy;
use sealkit_report::Outcome;
use serde_json::{Value, json};

use super::common::*;

/// Where a signer's own certificate, the one between and the authority's have their fingerprints.
fn print(name: &str) -> String {
    Digest::of(name.as_bytes()).hex().to_owned()
}

/// Somebody whom an authority certified, with the key of this id.
fn certified(who: &str, key: &str) -> Value {
    // Base64 of `authority`: nothing reads further than its digest.
    let pem = "-----BEGIN CERTIFICATE-----\nYXV0aG9yaXR5\n-----END CERTIFICATE-----\n";
    json!({"certified": {
        "entry": {"name": "corp", "role": "signer", "certificate": pem},
        "kind": "email", "subject": who,
        "certificate": {"key": key, "fingerprints": [print(who), print("between")]}}})
}

/// Facts whose only signatures are by these.
fn signed_by(signers: Vec<Value>) -> Value {
    let mut all = facts();
    let sign = |(at, by)| said(by, &format!("sig {at}"), SIGN, json!({}));
    all["statements"] = signers.into_iter().enumerate().map(sign).collect();
    all
}

fn two() -> Policy {
    policy("{signers: {threshold: {atLeast: 2}}}")
}

#[test]
fn one_key_is_one_signer_by_whatever_names_it_is_certified() {
    let (own, other) = (key_id(), print("other key"));
    let ana = || certified("ana@example.com", &own);
    for signers in [
        // A trusted key, and a certificate over it.
        vec![key("ada", "signer"), ana()],
        // Two certificates over one key, of an authority and of an identity provider.
        vec![ana(), certified("bob@example.com", &own)],
        // One person with two keys, one of which another name has, too.
        vec![ana(), certified("ana@example.com", &other), certified("bob@example.com", &other)],
        vec![certified("bob@example.com", &other), ana(), certified("ana@example.com", &other)],
    ] {
        let (found, reason) = outcome(&two(), &signed_by(signers.clone()));
        assert_eq!(found, Outcome::Fail, "{signers:?}: {reason}");
        assert!(reason.starts_with("threshold-not-met: 1 of 2"), "{reason}");
    }
    let apart = vec![ana(), certified("bob@example.com", &other)];
    assert_eq!(outcome(&two(), &signed_by(apart)).0, Outcome::Pass);
    let mut keyless = identity("https://ci.example/build");
    keyless["identity"]["certificate"] = json!({"key": own, "fingerprints": [print("ci")]});
    let (found, reason) = outcome(&two(), &signed_by(vec![key("ada", "signer"), keyless]));
    assert_eq!(found, Outcome::Fail, "{reason}");
}

#[test]
fn a_revoked_key_or_certificate_counts_for_nothing_whatever_it_signed_with() {
    let revoking = |list: &str, id: &str| {
        let text = format!(
            "schemaVersion: 1\nname: p\nrules: [{{id: r, check: {{signers: {{}}}}}}]\nrevoked: {{{list}: [{{id: \"{id}\", reason: stolen}}]}}\n"
        );
        Policy::parse(text.as_bytes()).unwrap()
    };
    let kit = signed_by(vec![certified("ana@example.com", &key_id())]);
    for (list, id) in [
        ("keys", key_id()),
        ("certificates", print("ana@example.com")),
        ("certificates", print("between")),
        ("certificates", print("authority")),
    ] {
        let answer = try_facts(&revoking(list, &id), &kit);
        let step = answer.report.steps.last().unwrap();
        assert_eq!(step.outcome, Outcome::Unknown, "{list}: {step:?}");
        assert!(step.reason.contains("revoked: not counted: `corp`"), "{}", step.reason);
        assert!(!answer.would_allow);
    }
    for (list, id) in [("keys", print("other key")), ("certificates", print("bob@example.com"))] {
        assert!(try_facts(&revoking(list, &id), &kit).would_allow, "{list}");
    }
}

#[test]
fn an_ancestor_by_revoked_signers_alone_is_not_verified() {
    let text = |rule: &str| {
        format!(
            "schemaVersion: 1\nname: p\nrules: [{{id: r, check: {rule}}}]\nrevoked: {{keys: [{{id: \"{}\", reason: stolen}}]}}\n",
            print("old key")
        )
    };
    let mut kit = facts();
    let by = |id: &str, key: &str| json!({"id": id, "name": "eve", "role": "vendor", "key": key});
    for rule in ["{lineage: {}}", "{baseModels: {by: {roles: [vendor]}}}"] {
        let policy = Policy::parse(text(rule).as_bytes()).unwrap();
        let judged = |kit: &Value| outcome(&policy, kit).0;
        let old = by("corp|email:eve@example.com", &print("old key"));
        kit["lineage"]["ancestors"][0]["signers"] = json!([old]);
        assert_ne!(judged(&kit), Outcome::Pass, "{rule}");
        kit["lineage"]["ancestors"][0]["signers"] =
            json!([by(&format!("key:{}", print("old key")), ""), old]);
        assert_ne!(judged(&kit), Outcome::Pass, "{rule}");
        let new = by("corp|email:eve@example.com", &print("new key"));
        kit["lineage"]["ancestors"][0]["signers"] = json!([old, new]);
        assert_eq!(judged(&kit), Outcome::Pass, "{rule}");
    }
}

//! Facts of a kit about which all is well, as a document that cases change.

use sealkit_attest::{Signer as _, insecure_test_key};
use sealkit_oci::Digest;
use sealkit_policy::{HypotheticalFacts, Policy, Rehearsal};
use sealkit_report::Outcome;
use serde_json::{Value, json};

/// 2026-10-01T00:00:00Z.
pub(crate) const NOW: i64 = 1_790_812_800;
const DAY: i64 = 86400;

pub(crate) fn digest(text: &str) -> String {
    Digest::of(text.as_bytes()).to_string()
}

pub(crate) fn key_id() -> String {
    insecure_test_key().unwrap().public_key().id()
}

fn hex(text: &str) -> String {
    Digest::of(text.as_bytes()).hex().to_owned()
}

/// A key signer of this name and role; the key is the test key.
pub(crate) fn key(name: &str, role: &str) -> Value {
    let pem = insecure_test_key().unwrap().public_key().to_pem();
    json!({"key": {"publicKey": pem, "name": name, "role": role}})
}

pub(crate) fn identity(subject: &str) -> Value {
    json!({"identity": {
        "entry": {"name": "ci", "role": "ci", "issuer": "https://issuer.example",
            "subject": {"kind": "uri", "value": "https://ci.example/**", "pattern": true}},
        "kind": "uri", "subject": subject}})
}

pub(crate) fn said(signer: Value, evidence: &str, kind: &str, predicate: Value) -> Value {
    json!({"signer": signer, "evidence": digest(evidence), "predicateType": kind,
        "predicate": predicate})
}

fn time(seconds: i64) -> String {
    let days = (seconds - NOW) / DAY;
    // Only days around NOW are needed: 2026-09-01 to 2026-10-30.
    let (month, day) = if days >= 0 { (10, 1 + days) } else { (9, 31 + days) };
    format!("2026-{month:02}-{day:02}T00:00:00Z")
}

pub(crate) fn scan(verdict: &str, days_ago: i64) -> Value {
    let at = time(NOW - days_ago * DAY);
    json!({"scanner": {"uri": "https://scan.example", "version": "1"}, "startedOn": at,
        "finishedOn": at, "verdict": verdict, "files": []})
}

pub(crate) fn vulns(found: &Value, days_ago: i64) -> Value {
    let at = time(NOW - days_ago * DAY);
    json!({"scanner": {"uri": "https://vuln.example", "db": {"lastUpdate": at}, "result": found},
        "metadata": {"scanStartedOn": at, "scanFinishedOn": at}})
}

pub(crate) fn provenance() -> Value {
    json!({"buildDefinition": {"buildType": "https://sealkit.dev/buildtypes/train/v1",
            "externalParameters": {},
            "resolvedDependencies": [
                {"uri": "git+https://git.example/org/repo@refs/heads/main",
                 "digest": {"gitCommit": "a".repeat(40)}}]},
        "runDetails": {"builder": {"id": "https://builder.example/v1"}}})
}

pub(crate) fn dataset(split: &str) -> Value {
    json!({"id": "org/data", "version": "1", "splits": {"train": {"digest": {"sha256": hex(split)}}}})
}

pub(crate) const RELEASE: &str = "https://in-toto.io/attestation/release/v0.1";
pub(crate) const SCAN: &str = "https://sealkit.dev/attestations/model-scan/v1";
pub(crate) const VULNS: &str = "https://in-toto.io/attestation/vulns/v0.2";
pub(crate) const SIGN: &str = "https://sigstore.dev/cosign/sign/v1";
pub(crate) const PROVENANCE: &str = "https://slsa.dev/provenance/v1";
pub(crate) const DATASET: &str = "https://sealkit.dev/attestations/dataset-version/v1";
pub(crate) const SVR: &str = "https://in-toto.io/attestation/svr/v0.2";

/// Facts that every check of [`super::checks`] accepts.
pub(crate) fn facts() -> Value {
    let mut signed = said(key("ada", "signer"), "sig", SIGN, json!({}));
    signed["logs"] = json!([
        {"operator": "a", "log": "log-a.example", "index": 1, "time": NOW - 5 * DAY},
        {"operator": "b", "log": "log-b.example", "index": 2}]);
    signed["timestamps"] = json!([NOW - 5 * DAY]);
    let mut release =
        said(key("ada", "signer"), "release", RELEASE, json!({"purl": "pkg:oci/model@1.2.0"}));
    release["sequence"] = json!(7);
    let harness = json!({"name": "lm-eval", "uri": "https://harness.example",
        "annotations": {"metrics": {"accuracy": 0.9}}});
    json!({
        "schemaVersion": 1,
        "subject": {"digest": digest("kit"), "repository": "reg.example/org/model", "pinned": true,
            "kinds": ["model"]},
        "statements": [
            signed,
            said(identity("https://ci.example/build"), "ci-sig", SIGN, json!({})),
            said(key("ada", "signer"), "bom", "https://cyclonedx.org/bom/v1.6", json!({})),
            said(identity("https://ci.example/build"), "made", PROVENANCE, provenance()),
            said(key("ada", "security"), "scan", SCAN, scan("clean", 2)),
            said(key("ada", "security"), "vulns", VULNS,
                vulns(&json!([{"id": "CVE-1", "severity": [{"method": "x", "score": "5.0"}]}]), 2)),
            said(key("ada", "signer"), "data", DATASET, dataset("data")),
            said(key("ada", "signer"), "test", "https://in-toto.io/attestation/test-result/v0.1",
                json!({"result": "PASSED", "configuration": [harness]})),
            said(key("ada", "security"), "svr", SVR, json!({"verifier": {"id": "https://v.example",
                "policies": [{"name": "p", "digest": {"sha256": hex("policy")}}]},
                "timeCreated": time(NOW - DAY), "properties": ["SEALKIT_POLICY_PASSED"]})),
            release,
        ],
        "steps": [{"id": "blob-digests", "title": "layers", "outcome": "pass"},
            {"id": "bom", "title": "AIBOM", "outcome": "pass"}],
        "manifest": {"annotations": {"stage": "prod"}, "layers": [digest("layer")]},
        "sealedLayers": [digest("layer")],
        "files": [{"path": "m.safetensors", "digest": digest("f"), "formats": ["safetensors"]}],
        "bom": {"evidence": digest("bom"),
            "parts": [
                {"kind": "model", "name": "m", "licences": [["Apache-2.0", "declared"]]},
                {"kind": "dataset", "name": "org/data", "version": "1", "digest": digest("data"),
                 "licences": [["MIT OR GPL-3.0", "declared"]]},
                {"kind": "baseModel", "name": "org/base", "digest": digest("base"),
                 "licences": [["MIT", "declared"]]}],
            "scores": {"ntia": {"percent": 80.0, "elements": [
                {"id": "supplier", "demanded": true, "said": true},
                {"id": "extra", "demanded": false, "said": false}]}}},
        "lineage": {"complete": true, "ancestors": [
            {"name": "org/base", "digest": digest("base"), "kind": "baseModel", "depth": 1,
             "state": "verified", "signers": [{"id": "key:x", "name": "eve", "role": "vendor"}]}]},
        "seen": {"sequence": 6, "version": "1.1.9", "digest": digest("older")}
    })
}

/// A policy of one rule.
pub(crate) fn policy(check: &str) -> Policy {
    let text = format!("schemaVersion: 1\nname: p\nrules:\n  - id: r\n    check: {check}\n");
    Policy::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{check}: {error}"))
}

pub(crate) fn try_facts(policy: &Policy, facts: &Value) -> Rehearsal {
    let facts = HypotheticalFacts::parse(facts.to_string().as_bytes()).unwrap();
    policy.rehearse(&facts, NOW)
}

/// The outcome and reason of the one rule.
pub(crate) fn outcome(policy: &Policy, facts: &Value) -> (Outcome, String) {
    let answer = try_facts(policy, facts);
    let step = answer.report.steps.iter().find(|step| step.id == "policy/r").unwrap();
    assert_eq!(answer.would_allow, step.outcome == Outcome::Pass, "{step:?}");
    (step.outcome, step.reason.clone())
}

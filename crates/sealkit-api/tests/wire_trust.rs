//! The names on the wire of what is said for and against a version: provenance, security, lineage.

mod common;

use common::{digest, holds};
use sealkit_api::*;
use serde_json::json;

fn statement() -> AttachedStatement {
    use sealkit_report::{Step, Verdict};
    AttachedStatement {
        manifest: digest("r"),
        bundle: digest("b"),
        predicate_type: Some("p".into()),
        title: Some("t".into()),
        statement: Some(digest("s")),
        subjects: vec![StatementSubject { name: None, digest: "sha256:00".into() }],
        more_subjects: 0,
        is_about_files: false,
        verdict: Verdict::Yes,
        signer: Some(StatementSigner {
            name: "Ada".into(),
            role: "signer".into(),
            identity: "i".into(),
        }),
        claimed: None,
        proven_time: Some("2026-01-02T03:04:05Z".into()),
        log_entries: vec![StatementLogEntry { log: "l".into(), index: 7, time: None }],
        run: Some(StatementRun {
            builder: "b".into(),
            build_type: "train".into(),
            ..StatementRun::default()
        }),
        advisory: Some(StatementAdvisory {
            id: "x".into(),
            state: "affected".into(),
            reason: "why".into(),
            severity: None,
            issued_on: "2026-01-02T03:04:05Z".into(),
            counts: true,
        }),
        steps: vec![Step::pass("one-signature", "one")],
    }
}

#[test]
fn provenance() {
    let trust = TrustUsed { digest: Some(digest("t")), keys: 1, ..TrustUsed::default() };
    let skipped = sealkit_report::Step::skip("files", "f", "not read");
    let mut answer = KitProvenance::new("a".into(), digest("m"), trust, vec![skipped.clone()]);
    answer.statements.push(statement());
    let expected = json!({
        "schemaVersion": 1,
        "name": "a",
        "digest": digest("m"),
        "trust": {
            "digest": digest("t"), "keys": 1, "identities": 0, "authorities": 0, "instances": 0, "logs": 0,
        },
        "statements": [{
            "manifest": digest("r"),
            "bundle": digest("b"),
            "predicateType": "p",
            "title": "t",
            "statement": digest("s"),
            "subjects": [{ "digest": "sha256:00" }],
            "verdict": "yes",
            "signer": { "name": "Ada", "role": "signer", "identity": "i" },
            "provenTime": "2026-01-02T03:04:05Z",
            "logEntries": [{ "log": "l", "index": 7 }],
            "run": { "builder": "b", "buildType": "train" },
            "advisory": {
                "id": "x", "state": "affected", "reason": "why",
                "issuedOn": "2026-01-02T03:04:05Z", "counts": true,
            },
            "steps": [{ "id": "one-signature", "title": "one", "outcome": "pass" }],
        }],
        "more": false,
        "notRun": [skipped],
    });
    holds(&answer, expected);
}

#[test]
fn lineage() {
    use sealkit_report::Known;
    let kit = LineageKit { repository: "a".into(), digest: digest("m"), tags: vec!["v1".into()] };
    let node = LineageNode {
        kind: "kit".into(),
        name: "a".into(),
        version: Some("v1".into()),
        digest: Some(digest("m").to_string()),
        known: Known::Measured,
        steps: -1,
        kits: vec![kit],
    };
    let edge = LineageEdge {
        from: 0,
        to: 1,
        relation: "derived-from".into(),
        role: Some("adapter".into()),
        known: Known::Declared,
        source: "README.md".into(),
    };
    let mut lineage = KitLineage::new("a".into(), digest("m"));
    (lineage.nodes, lineage.edges, lineage.weakest) = (vec![node], vec![edge], Some(0));
    let expected = json!({
        "schemaVersion": 1,
        "name": "a",
        "digest": digest("m"),
        "inspected": false,
        "nodes": [{
            "kind": "kit", "name": "a", "version": "v1", "digest": digest("m"), "known": "measured",
            "steps": -1, "kits": [{ "repository": "a", "digest": digest("m"), "tags": ["v1"] }],
        }],
        "edges": [{
            "from": 0, "to": 1, "relation": "derived-from", "role": "adapter", "known": "declared",
            "source": "README.md",
        }],
        "weakest": 0,
        "circular": false,
        "more": false,
        "waiting": 0,
        "trustChanged": false,
    });
    holds(&lineage, expected);
}

#[test]
fn security() {
    use sealkit_report::{Known, Severity};
    let mut security = KitSecurity::new("a".into(), digest("m"));
    security.counts = vec![SeverityCount { severity: Severity::High, count: 1 }];
    security.findings = vec![SecurityFinding {
        severity: Severity::High,
        rule: "r".into(),
        file: "f".into(),
        place: "byte 1".into(),
        message: "m".into(),
        meaning: "M".into(),
        advice: "a".into(),
    }];
    let name = PlacedName { name: "os.system".into(), place: String::new() };
    security.code = vec![RunsCode {
        file: "f".into(),
        format: None,
        runs: Some(Known::Measured),
        calls: vec![name],
        embedded: Vec::new(),
    }];
    security.advisories = Some(Vec::new());
    let expected = json!({
        "schemaVersion": 1,
        "name": "a",
        "digest": digest("m"),
        "inspected": false,
        "counts": [{ "severity": "high", "count": 1 }],
        "findings": [{
            "severity": "high", "rule": "r", "file": "f", "place": "byte 1", "message": "m",
            "meaning": "M", "advice": "a",
        }],
        "code": [{
            "file": "f", "runs": "measured", "calls": [{ "name": "os.system" }], "embedded": [],
        }],
        "unread": [],
        "licences": [],
        "advisories": [],
        "policies": [],
    });
    holds(&security, expected);
}

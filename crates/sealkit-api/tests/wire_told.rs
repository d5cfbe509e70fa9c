//! The names on the wire of what a hub tells of acts, policies and itself.

mod common;

use common::{digest, holds};
use sealkit_api::*;
use serde_json::json;

#[test]
fn histories() {
    let act = KitAct {
        index: 7,
        time: 9,
        actor: "ci".into(),
        act: "tag".into(),
        tag: Some("v1".into()),
        digest: Some(digest("b")),
        old: Some(digest("a")),
        outcome: None,
        immutable: true,
    };
    holds(
        &KitHistory::new("org/a".into(), vec![act], Some(7)),
        json!({
            "schemaVersion": 1, "name": "org/a", "next": 7,
            "acts": [{
                "index": 7, "time": 9, "actor": "ci", "act": "tag", "tag": "v1",
                "digest": digest("b"), "old": digest("a"), "immutable": true,
            }],
        }),
    );
}

#[test]
fn policies() {
    let rule = HubPolicyRule {
        id: "signed".into(),
        description: None,
        mode: "enforce".into(),
        asks: "a".into(),
        evidence: "e".into(),
        satisfy: "s".into(),
        repositories: vec!["org/*".into()],
        settings: Some(json!({ "signers": {} })),
    };
    let policy = HubPolicy {
        prefix: Some("org".into()),
        name: "house".into(),
        description: None,
        mode: "warn".into(),
        digest: digest("p"),
        rules: vec![rule],
        exceptions: Vec::new(),
    };
    holds(
        &HubPolicies::new(true, vec![policy]),
        json!({
            "schemaVersion": 1, "pulls": true,
            "policies": [{
                "prefix": "org", "name": "house", "mode": "warn", "digest": digest("p"),
                "rules": [{
                    "id": "signed", "mode": "enforce", "asks": "a", "evidence": "e", "satisfy": "s",
                    "repositories": ["org/*"], "settings": { "signers": {} },
                }],
            }],
        }),
    );
    let answer = HubAnswer { name: "house".into(), policy: digest("p"), outcome: "allow".into() };
    holds(
        &HubJudgement {
            schema_version: SCHEMA_VERSION,
            name: "org/a".into(),
            digest: digest("a"),
            judged: true,
            allowed: true,
            reason: None,
            warnings: vec!["w".into()],
            answers: vec![answer],
        },
        json!({
            "schemaVersion": 1, "name": "org/a", "digest": digest("a"), "judged": true, "allowed": true,
            "warnings": ["w"],
            "answers": [{ "name": "house", "policy": digest("p"), "outcome": "allow" }],
        }),
    );
    let verdict = HubVerdict {
        index: 3,
        time: 4,
        actor: "ci".into(),
        repository: "org/a".into(),
        digest: digest("a"),
        policy: digest("p"),
        outcome: "deny".into(),
    };
    holds(
        &HubVerdicts::new(vec![verdict], None),
        json!({
            "schemaVersion": 1,
            "verdicts": [{
                "index": 3, "time": 4, "actor": "ci", "repository": "org/a", "digest": digest("a"),
                "policy": digest("p"), "outcome": "deny",
            }],
        }),
    );
}

#[test]
fn administration() {
    let token = AdminToken {
        id: 2,
        user: "ci".into(),
        name: "n".into(),
        scopes: vec!["write:org".into()],
        created: 1,
        expires: None,
        revoked: Some(5),
        used: Some(4),
        own: false,
    };
    holds(
        &AdminTokens::new(vec![token], 1),
        json!({
            "schemaVersion": 1, "total": 1,
            "tokens": [{
                "id": 2, "user": "ci", "name": "n", "scopes": ["write:org"], "created": 1, "revoked": 5,
                "used": 4, "own": false,
            }],
        }),
    );
    let job = AdminJob {
        repository: "a".into(),
        digest: digest("a"),
        attempts: 2,
        problem: Some("p".into()),
    };
    holds(
        &AdminJobs::new(vec![job], 9),
        json!({
            "schemaVersion": 1, "total": 9,
            "jobs": [{ "repository": "a", "digest": digest("a"), "attempts": 2, "problem": "p" }],
        }),
    );
}

#[test]
fn the_state_of_a_hub() {
    let state = AdminState {
        schema_version: SCHEMA_VERSION,
        version: "1".into(),
        health: AdminHealth { ready: true, draining: false, database: true, folder: true },
        stored: Some(AdminStored { blobs: 1, bytes: 2, manifests: 3, uploads: 4, tags: 5 }),
        sweep: Some(AdminSweep { blobs: 6, bytes: 7, grace: 8 }),
        uploads: vec![AdminUpload { repository: "a".into(), bytes: 1, touched: 2 }],
        rules: vec![AdminRule {
            prefix: "*".into(),
            immutable_tags: Some("all".into()),
            max_bytes: Some(1),
            max_versions: None,
            used_bytes: 2,
            used_versions: 3,
        }],
        log_entries: None,
    };
    holds(
        &state,
        json!({
            "schemaVersion": 1, "version": "1",
            "health": { "ready": true, "draining": false, "database": true, "folder": true },
            "stored": { "blobs": 1, "bytes": 2, "manifests": 3, "uploads": 4, "tags": 5 },
            "sweep": { "blobs": 6, "bytes": 7, "grace": 8 },
            "uploads": [{ "repository": "a", "bytes": 1, "touched": 2 }],
            "rules": [{
                "prefix": "*", "immutableTags": "all", "maxBytes": 1, "usedBytes": 2, "usedVersions": 3,
            }],
        }),
    );
}

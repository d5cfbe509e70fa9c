//! What a policy would change, before it is in force.

use std::sync::Arc;

use crate::common::TestHub;
use crate::common::guarded::Guarded;
use crate::common::looking::{context, index_over};
use crate::common::trusting::{Trusting, signature};
use sealkit_hub::{Gate, GateOptions, Namespace, PolicyFile};
use sealkit_store::Memory;
use sealkit_testkit::{KitBuilder, Reply};
use serde_json::{Value, json};

/// A policy under which nothing is allowed that nobody known has signed.
fn strict() -> String {
    policy("strict", "rules:\n  - {id: signed, check: {signers: {}}}\n")
}

fn policy(name: &str, rules: &str) -> String {
    format!("schemaVersion: 1\nname: {name}\nmode: enforce\n{rules}")
}

async fn ask(hub: &TestHub, asked: &Value) -> Reply {
    let headers = [("Content-Type", "application/json")];
    hub.client.send("POST", "/api/v1/policy/trial", &headers, asked.to_string().as_bytes()).await
}

async fn tried(hub: &TestHub, asked: &Value) -> Value {
    let reply = ask(hub, asked).await;
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    reply.json()
}

fn answers(found: &Value) -> Vec<(String, bool, bool)> {
    let is = |one: &Value, what: &str| one[what].as_bool().unwrap();
    let versions = found["versions"].as_array().unwrap();
    let name = |one: &Value| one["repository"].as_str().unwrap().to_owned();
    versions.iter().map(|one| (name(one), is(one, "allowedNow"), is(one, "allowed"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_refused_is_named_with_the_reason() {
    let trusting = Trusting::start().await;
    let signed = trusting.push("org/signed", "v1", &KitBuilder::small("signed")).await;
    trusting.state("org/signed", &signed, &trusting.ada, &signature()).await;
    trusting.push("org/bare", "v1", &KitBuilder::small("bare")).await;
    trusting.push("other", "v1", &KitBuilder::small("other")).await;
    trusting.index.settled().await.unwrap();
    let found = tried(&trusting.hub, &json!({ "policy": strict(), "below": "org" })).await;
    assert_eq!(found["name"], "strict");
    let expected = [("org/bare", true, false), ("org/signed", true, true)];
    let mut told = answers(&found);
    told.sort();
    assert_eq!(told, expected.map(|(name, now, then)| (name.to_owned(), now, then)), "{found:#}");
    let refused = found["versions"].as_array().unwrap().iter().find(|one| one["allowed"] == false);
    let reason = refused.unwrap()["reason"].as_str().unwrap();
    assert!(reason.contains("signed"), "{reason}");
    // In pages.
    let mut asked = json!({ "policy": strict(), "limit": 1 });
    let mut names = Vec::new();
    loop {
        let page = tried(&trusting.hub, &asked).await;
        names.extend(answers(&page).into_iter().map(|(name, ..)| name));
        let Some(next) = page["next"].as_str() else { break };
        asked["after"] = next.into();
        // What is pushed meanwhile moves nothing.
        let name = format!("new-{}", names.len());
        trusting.push(&name, "v1", &KitBuilder::small(&name)).await;
        trusting.index.settled().await.unwrap();
    }
    names.sort();
    assert_eq!(names, ["org/bare", "org/signed", "other"]);
    for (bad, status) in [
        (json!({}), 400),
        (json!({ "policy": "" }), 422),
        (json!({ "policy": "rules: [" }), 422),
        (json!({ "policy": strict(), "colour": 1 }), 400),
        (json!({ "policy": strict(), "limit": -1 }), 400),
        (json!({ "policy": strict(), "limit": 0.5 }), 400),
        (json!({ "policy": strict(), "after": "here" }), 400),
        (json!({ "policy": strict(), "limit": 1e9 }), 200),
    ] {
        assert_eq!(ask(&trusting.hub, &bad).await.status, status, "{bad}");
    }
    assert_eq!(trusting.hub.client.get("/api/v1/policy/trial").await.status, 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_held_against_the_policy_in_force_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("policy.yaml");
    std::fs::write(&path, strict()).unwrap();
    let names: Arc<dyn Namespace> = Arc::new(Memory::new());
    let options = GateOptions::new(vec![PolicyFile { prefix: None, path }]);
    let gate = Gate::new(Arc::clone(&names), context(dir.path()), options, None).unwrap();
    let index = index_over(&names, dir.path());
    let own = index.clone();
    let hub = TestHub::over(names, |options| {
        options.catalog = Some(own);
        options.gate = Some(gate);
    })
    .await;
    // It was there before the policy.
    KitBuilder::small("old").store(&*hub.repository("old"), "v1").await;
    let running = index.start();
    index.settled().await.unwrap();
    let open = policy("open", "rules:\n  - {id: whole, check: {integrity: {}}}\n");
    let found = tried(&hub, &json!({ "policy": open })).await;
    assert_eq!(found["versions"][0]["allowedNow"], false, "{found:#}");
    let same = tried(&hub, &json!({ "policy": strict() })).await;
    assert_eq!(answers(&same), [("old".to_owned(), false, false)]);
    let page = hub.client.get("/policy").await;
    assert!(
        String::from_utf8(page.body).unwrap().contains("action=\"/policy/trial\" method=\"post\"")
    );
    let form = form(&strict());
    let own =
        [("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "same-origin")];
    let answer = hub.client.send("POST", "/policy/trial", &own, form.as_bytes()).await;
    let text = String::from_utf8(answer.body).unwrap();
    assert_eq!(answer.status, 200, "{text}");
    assert!(text.contains("of 1 versions on this page would be refused"), "{text}");
    let foreign = [own[0], ("Sec-Fetch-Site", "cross-site")];
    assert_eq!(
        hub.client.send("POST", "/policy/trial", &foreign, form.as_bytes()).await.status,
        403
    );
    drop(running);
}

fn form(policy: &str) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("policy", &policy.replace('\n', "\r\n")).append_pair("below", "").finish()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_tries_a_policy_on_what_it_may_read() {
    let dir = tempfile::tempdir().unwrap();
    let (guarded, index) = Guarded::looking(dir.path()).await;
    let all = guarded.token("all", &["write:*"]).await;
    let team = guarded.token("t", &["read:team"]).await;
    for name in ["team/a", "other"] {
        guarded.push_kit(&all, name, "v1", &KitBuilder::small(name).build()).await;
    }
    let running = index.start();
    index.settled().await.unwrap();
    let asked = json!({ "policy": strict() }).to_string();
    let headers = |token: &str| [("Authorization", format!("Bearer {token}"))];
    let post = async |token: &str| {
        let [(name, value)] = headers(token);
        let headers = [(name, value.as_str()), ("Content-Type", "application/json")];
        let path = "/api/v1/policy/trial";
        guarded.hub.client.send("POST", path, &headers, asked.as_bytes()).await
    };
    assert_eq!(answers(&post(&team).await.json()), [("team/a".to_owned(), true, false)]);
    assert_eq!(answers(&post(&all).await.json()).len(), 2);
    let nobody = [("Content-Type", "application/json")];
    let path = "/api/v1/policy/trial";
    assert_eq!(guarded.hub.client.send("POST", path, &nobody, asked.as_bytes()).await.status, 401);
    drop(running);
    // Also where anybody may read: it costs much.
    let open = Guarded::start(true).await;
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    for (path, headers) in [(path, nobody), ("/policy/trial", form)] {
        let reply = open.hub.client.send("POST", path, &headers, asked.as_bytes()).await;
        assert_eq!(reply.status, 401, "{path}");
    }
}

//! What is stated about a version: verified under the hub's trust file, and never more than that.

use crate::common::TestHub;
use crate::common::guarded::Guarded;
use crate::common::looking::context;
use crate::common::trusting::{Trusting, advisory, bundle, signature};
use sealkit_attest::AdvisoryState;
use sealkit_oci::Digest;
use sealkit_ops::attest::{StatementLimits, statements};
use sealkit_ops::{Context, Place, trust};
use sealkit_testkit::KitBuilder;
use serde_json::Value;

const API: &str = "/api/v1/kits/org%2Fkit/versions/v1/provenance";
const PAGE: &str = "/kits/org%2Fkit/v1/provenance";

fn verdicts(answer: &Value) -> Vec<String> {
    let all = answer["statements"].as_array().unwrap().iter();
    let mut all: Vec<String> = all.map(|one| one["verdict"].as_str().unwrap().to_owned()).collect();
    all.sort();
    all
}

fn outcome<'a>(statement: &'a Value, id: &str) -> &'a str {
    let steps = statement["steps"].as_array().unwrap();
    steps.iter().find(|step| step["id"] == id).unwrap()["outcome"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_statement_has_every_step_and_who_signed_it() {
    let hub = Trusting::start().await;
    let kit = hub.push("org/kit", "v1", &KitBuilder::small("a")).await;
    let empty = hub.json(API).await;
    assert_eq!(empty["statements"], serde_json::json!([]));
    assert!(hub.get(PAGE).await.contains("Nothing is stated"));
    hub.state("org/kit", &kit, &hub.ada, &signature()).await;
    let answer = hub.json(API).await;
    assert_eq!(answer["digest"], kit.manifest.digest().to_string());
    assert_eq!(answer["trust"]["keys"], 2);
    let one = &answer["statements"][0];
    assert_eq!((&one["verdict"], &one["signer"]["name"]), (&"yes".into(), &"Ada".into()));
    assert_eq!(one["signer"]["role"], "signer");
    assert_eq!(one["subjects"][0]["digest"], kit.manifest.digest().to_string());
    for id in ["signature-valid", "signer-trusted", "subject-bound", "statement-valid"] {
        assert_eq!(outcome(one, id), "pass", "{id}");
    }
    let not_run = answer["notRun"].as_array().unwrap();
    assert!(not_run.iter().all(|step| step["outcome"] == "skip" && step["reason"] != ""));
    let page = hub.get(PAGE).await;
    assert!(
        page.contains("1</strong> verified") && page.contains("<strong>Ada</strong>"),
        "{page}"
    );
    assert!(
        page.contains("sealkit verify --remote 127.0.0.1:") && page.contains("cosign verify --key")
    );
    assert!(page.contains("not checked") && page.contains("may have changed since"));
    hub.follows_links(PAGE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_prove_nothing_and_what_was_changed_is_wrong() {
    let hub = Trusting::start().await;
    let kit = hub.push("org/kit", "v1", &KitBuilder::small("a")).await;
    let good = hub.state("org/kit", &kit, &hub.ada, &signature()).await;
    hub.state("org/kit", &kit, &hub.stranger, &signature()).await;
    // Signed by somebody trusted, about something else.
    hub.attach("org/kit", &kit, &bundle(&Digest::of(b"other"), &hub.ada, &signature())).await;
    // A letter of the payload changed, and what is no bundle at all.
    let mut json: Value = serde_json::from_slice(&good).unwrap();
    let payload = json["dsseEnvelope"]["payload"].as_str().unwrap().to_owned();
    json["dsseEnvelope"]["payload"] =
        format!("{}{}", &payload[..payload.len() - 8], "AAAAAAA=").into();
    hub.attach("org/kit", &kit, &serde_json::to_vec(&json).unwrap()).await;
    hub.attach("org/kit", &kit, b"<script>alert(1)</script>").await;
    let answer = hub.json(API).await;
    assert_eq!(verdicts(&answer), ["no", "no", "no", "unknown", "yes"], "{answer}");
    for one in answer["statements"].as_array().unwrap() {
        assert_eq!(one["signer"].is_object(), one["verdict"] == "yes", "{one}");
        assert!(!one["steps"].as_array().unwrap().is_empty());
    }
    let page = hub.get(PAGE).await;
    for words in ["1</strong> verified", "1</strong> not decided here", "3</strong> wrong"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("<script>alert"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_trusted_is_said_and_a_change_of_it_shows_at_once() {
    let hub = Trusting::without_trust().await;
    let kit = hub.push("org/kit", "v1", &KitBuilder::small("a")).await;
    hub.state("org/kit", &kit, &hub.ada, &signature()).await;
    let answer = hub.json(API).await;
    assert_eq!(verdicts(&answer), ["unknown"]);
    assert!(answer["trust"].get("digest").is_none());
    assert!(hub.get(PAGE).await.contains("This hub trusts nobody"));
    hub.trust(&hub.ada, "<b>Ada</b>", sealkit_ops::trust::Role::Signer);
    assert_eq!(verdicts(&hub.json(API).await), ["yes"]);
    let page = hub.get(PAGE).await;
    assert!(page.contains("(1 key)") && page.contains("&lt;b&gt;Ada") && !page.contains("<b>Ada"));
    sealkit_ops::trust::remove(&sealkit_ops::Home::new(hub.dir.path()), "<b>Ada</b>").unwrap();
    assert_eq!(verdicts(&hub.json(API).await), ["unknown"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_advisory_counts_where_its_signer_may_revoke_and_has_not_withdrawn_it() {
    let hub = Trusting::start().await;
    let kit = hub.push("org/kit", "v1", &KitBuilder::small("a")).await;
    let leak = |state, at| advisory("leak", state, "<img src=x> trained on leaked data", at);
    for key in [&hub.stranger, &hub.bot] {
        hub.state("org/kit", &kit, key, &leak(AdvisoryState::Affected, 100)).await;
    }
    let counts = |answer: &Value| {
        let all = answer["statements"].as_array().unwrap().iter();
        all.filter(|one| one["advisory"]["counts"] == true).count()
    };
    assert_eq!(counts(&hub.json(API).await), 0);
    assert!(!hub.get(PAGE).await.contains("Revoked:"));
    hub.state("org/kit", &kit, &hub.ada, &leak(AdvisoryState::Affected, 100)).await;
    let answer = hub.json(API).await;
    assert_eq!((counts(&answer), answer["statements"].as_array().unwrap().len()), (1, 3));
    let page = hub.get(PAGE).await;
    assert!(page.contains("Revoked:") && page.contains("leaked data") && !page.contains("<img"));
    assert!(page.contains("does not count here"));
    hub.state("org/kit", &kit, &hub.ada, &leak(AdvisoryState::Withdrawn, 200)).await;
    assert_eq!(counts(&hub.json(API).await), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_is_looked_at_is_said() {
    let hub = Trusting::start().await;
    let kit = hub.push("org/kit", "v1", &KitBuilder::small("a")).await;
    for number in 0..210 {
        hub.attach("org/kit", &kit, format!("bundle {number}").as_bytes()).await;
    }
    let answer = hub.json(API).await;
    assert_eq!(answer["statements"].as_array().unwrap().len(), 200);
    assert_eq!(answer["more"], true);
    let page = hub.get(PAGE).await;
    assert_eq!(page.matches("<article").count(), 100);
    assert!(page.contains("100 more are in the JSON") && page.contains("More is attached"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_without_catalogue_verifies_nothing_and_says_so() {
    let hub = TestHub::start().await;
    KitBuilder::small("a").store(hub.repository("org/kit").as_ref(), "v1").await;
    assert_eq!(hub.client.get(API).await.status, 404);
    assert!(
        String::from_utf8_lossy(&hub.client.get(PAGE).await.body).contains("keeps no catalogue")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_readers_of_the_repository_may_ask() {
    let home = tempfile::tempdir().unwrap();
    let (guarded, _) = Guarded::looking(home.path()).await;
    KitBuilder::small("a").store(guarded.hub.repository("org/kit").as_ref(), "v1").await;
    let (own, other) =
        (guarded.token("a", &["read:org"]).await, guarded.token("b", &["read:x"]).await);
    for path in [API, PAGE] {
        assert_eq!(guarded.ask(&own, "GET", path, b"").await.status, 200, "{path}");
        let (here, gone) =
            (guarded.ask(&other, "GET", path, b"").await, path.replace("kit/v", "gone/v"));
        let gone = guarded.ask(&other, "GET", &gone, b"").await;
        assert_eq!((here.status, gone.status), (403, 403), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_not_every_key_can_be_tried_those_that_are_named_are() {
    let hub = Trusting::start().await;
    let kit = hub.push("org/kit", "v1", &KitBuilder::small("a")).await;
    hub.state("org/kit", &kit, &hub.ada, &signature()).await;
    hub.state("org/kit", &kit, &hub.stranger, &signature()).await;
    let served = Some(std::sync::Arc::clone(&hub.hub.namespace));
    let context = Context { served, ..context(hub.dir.path()) };
    let trust = trust::load(&context.home).unwrap();
    let place = Place::served("org/kit", kit.manifest.digest()).unwrap();
    let told = async |trials| {
        let limits = StatementLimits { bundles: 10, bytes: 1 << 20, trials };
        let found = statements(&context, &place, &trust, limits).await.unwrap();
        let mut signers: Vec<Option<String>> =
            found.found.into_iter().map(|one| one.signer.map(|signer| signer.name)).collect();
        signers.sort();
        (signers, found.more)
    };
    let ada = vec![None, Some("Ada".to_owned())];
    assert_eq!(told(1_000).await, (ada.clone(), false));
    assert_eq!(told(0).await, (ada, true), "whose the other is was not found out");
}

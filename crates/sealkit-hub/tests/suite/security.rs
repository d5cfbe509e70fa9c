//! What inspection found, as the API and the page tell it: facts, places, and no false mark.

use std::sync::Arc;

use crate::common::TestHub;
use crate::common::guarded::Guarded;
use crate::common::looking::{context, index_of, index_over};
use crate::common::trusting::{Trusting, advisory};
use sealkit_attest::AdvisoryState;
use sealkit_hub::{Gate, GateOptions, PolicyFile, Quarantine};
use sealkit_oci::media_type;
use sealkit_store::{Memory, Namespace};
use sealkit_testkit::KitBuilder;

const API: &str = "/api/v1/kits/org%2Fkit/versions/v1/security";
const PAGE: &str = "/kits/org%2Fkit/v1/security";
/// `os.system("id")`, as a pickle of protocol 0.
const PICKLE: &[u8] = b"cos\nsystem\n(S'id'\ntR.";

fn hostile() -> KitBuilder {
    KitBuilder::new("evil")
        .model("<img src=x>.pkl", PICKLE)
        .dataset("cut.pkl", b"\x80\x04c")
        .docs("README.md", b"---\nlicense: <script>alert(1)</script>\n---\n# x\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_loading_would_call_is_told_with_its_place() {
    let hub = Trusting::start().await;
    hub.push("org/kit", "v1", &hostile()).await;
    hub.index.settled().await.unwrap();
    let answer = hub.json(API).await;
    assert_eq!(answer["inspected"], true);
    let code = &answer["code"][0];
    assert_eq!((&code["file"], &code["runs"]), (&"<img src=x>.pkl".into(), &"measured".into()));
    assert_eq!(code["calls"][0], serde_json::json!({ "name": "os.system", "place": "byte 0" }));
    assert!(answer["unread"].as_array().unwrap().contains(&"cut.pkl".into()), "{answer}");
    let findings = answer["findings"].as_array().unwrap();
    let cut = findings.iter().find(|one| one["file"] == "cut.pkl").unwrap();
    assert!(cut["place"].as_str().unwrap().starts_with("byte"), "{cut}");
    assert!(cut["meaning"] != "" && cut["advice"] != "");
    let page = hub.get(PAGE).await;
    for words in ["os.system", "can run code", "byte 0", "No scanner with rules", "Not read", "▲"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    for active in ["<img src=x", "<script>alert", "clean:"] {
        assert!(!page.contains(active), "{active}");
    }
    hub.follows_links(PAGE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_are_narrowed_by_links_and_exported() {
    let hub = Trusting::start().await;
    hub.push("org/kit", "v1", &hostile()).await;
    hub.index.settled().await.unwrap();
    let all = hub.json(API).await["findings"].as_array().unwrap().len();
    let one = hub.json(&format!("{API}?file=cut.pkl")).await;
    assert!(one["findings"].as_array().unwrap().len() <= all && all > 0);
    let none = hub.json(&format!("{API}?rule=nothing&severity=low")).await;
    assert_eq!(none["findings"], serde_json::json!([]));
    assert_eq!(none["counts"], one["counts"], "counts are of everything");
    assert!(hub.get(&format!("{PAGE}?rule=nothing")).await.contains("No finding is like that"));
    hub.follows_links(&format!("{PAGE}?file=cut.pkl")).await;
    let reply = hub.hub.client.get(&format!("{API}?format=sarif")).await;
    assert_eq!(reply.header("content-type"), "application/sarif+json");
    assert!(reply.header("content-disposition").starts_with("attachment"));
    let sarif = reply.json();
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), all);
    for bad in ["severity=worst", "format=xml"] {
        assert_eq!(hub.hub.client.get(&format!("{API}?{bad}")).await.status, 400, "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_found_is_no_mark_and_not_looked_at_is_said() {
    let hub = Trusting::start().await;
    hub.push("org/kit", "v1", &KitBuilder::small("a")).await;
    hub.index.settled().await.unwrap();
    let page = hub.get(PAGE).await;
    assert!(page.contains("Inspection found nothing odd") && page.contains("that is not a ✓"));
    assert!(!page.contains("class=\"mark yes\""), "{page}");
    let names: Arc<dyn Namespace> = Arc::new(Memory::new());
    let dir = tempfile::tempdir().unwrap();
    let index = index_over(&names, dir.path());
    let idle = TestHub::over(names, |options| options.catalog = Some(index)).await;
    KitBuilder::small("a").store(idle.repository("org/kit").as_ref(), "v1").await;
    assert_eq!(idle.client.get(API).await.json()["inspected"], false);
    let page = idle.client.get(PAGE).await;
    assert!(String::from_utf8_lossy(&page.body).contains("has not looked at this version yet"));
    let plain = TestHub::start().await;
    assert_eq!(plain.client.get(API).await.status, 404);
    assert!(String::from_utf8_lossy(&plain.client.get(PAGE).await.body).contains("no catalogue"));
}

#[tokio::test(flavor = "multi_thread")]
async fn licences_that_contradict_each_other_are_named() {
    let hub = Trusting::start().await;
    let card = b"---\nlicense: apache-2.0\nbase_model: org/base\n---\n# x\n";
    let kit = KitBuilder::small("a").docs("LICENSE", include_bytes!("../../../../LICENSE"));
    hub.push("org/kit", "v1", &kit.docs("model/README.md", card)).await;
    hub.index.settled().await.unwrap();
    let answer = hub.json(API).await;
    assert!(!answer["licences"].as_array().unwrap().is_empty(), "{answer}");
    assert!(hub.get(PAGE).await.contains("Licences"));
}

#[tokio::test(flavor = "multi_thread")]
async fn advisories_say_whose_they_are_and_whether_they_count() {
    let hub = Trusting::start().await;
    let kit = hub.push("org/kit", "v1", &KitBuilder::small("a")).await;
    let leak = advisory("leak", AdvisoryState::Affected, "<b>leaked</b>", 100);
    hub.state("org/kit", &kit, &hub.stranger, &leak).await;
    hub.state("org/kit", &kit, &hub.ada, &leak).await;
    let answer = hub.json(API).await;
    let all = answer["advisories"].as_array().unwrap();
    let mut told: Vec<(bool, bool)> =
        all.iter().map(|one| (one["signer"] == "Ada", one["advisory"]["counts"] == true)).collect();
    told.sort_unstable();
    assert_eq!(told, [(false, false), (true, true)]);
    let page = hub.get(PAGE).await;
    assert!(
        page.contains("<strong>Revoked</strong> by Ada")
            && page.contains("nobody whom this hub trusts")
    );
    assert!(!page.contains("<b>leaked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn quarantine_hides_no_finding_and_strangers_learn_nothing() {
    let home = tempfile::tempdir().unwrap();
    let (guarded, index) = Guarded::looking(home.path()).await;
    let kit = hostile().store(guarded.hub.repository("org/kit").as_ref(), "v1").await;
    let _running = index.start();
    index.settled().await.unwrap();
    let (own, other) =
        (guarded.token("a", &["read:org"]).await, guarded.token("b", &["read:x"]).await);
    for path in [API, PAGE, &format!("{API}?format=sarif")] {
        assert_eq!(guarded.ask(&own, "GET", path, b"").await.status, 200, "{path}");
        let gone = path.replace("kit/v", "gone/v");
        for path in [path, &gone] {
            assert_eq!(guarded.ask(&other, "GET", path, b"").await.status, 403, "{path}");
        }
    }
    drop(kit);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_quarantine_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let storage = sealkit_hub::Storage::open(dir.path()).unwrap();
    let quarantine = Quarantine::of(&storage, None).await.unwrap();
    let names: Arc<dyn Namespace> = Arc::new(storage.clone());
    let index = index_of(&storage, dir.path());
    let (own, sessions) = (index.clone(), storage.sessions());
    let hub = TestHub::over(names, |options| {
        options.registry.sessions = sessions;
        options.catalog = Some(own);
        options.quarantine = Some(quarantine);
    })
    .await;
    hostile().store(hub.repository("org/kit").as_ref(), "v1").await;
    let _running = index.start();
    index.settled().await.unwrap();
    let headers = [("Content-Type", "application/json")];
    let path = "/api/v1/quarantine/org%2Fkit/v1";
    let placed =
        hub.client.send("PUT", path, &headers, br#"{"reason":"it calls <i>home</i>"}"#).await;
    assert_eq!(placed.status, 200);
    let answer = hub.client.get(API).await.json();
    assert_eq!(answer["quarantine"]["reason"], "it calls <i>home</i>");
    assert_eq!(answer["code"][0]["calls"][0]["name"], "os.system");
    let page = String::from_utf8_lossy(&hub.client.get(PAGE).await.body).into_owned();
    assert!(page.contains("Under quarantine") && !page.contains("<i>home"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_of_the_hub_and_its_last_answer_are_shown() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("policy.yaml");
    let policy = "schemaVersion: 1\nname: signed-only\nmode: warn\nrules:\n  - {id: signed, check: {signers: {}}}\n";
    std::fs::write(&path, policy).unwrap();
    let names: Arc<dyn Namespace> = Arc::new(Memory::new());
    let options = GateOptions::new(vec![PolicyFile { prefix: None, path }]);
    let signer = sealkit_attest::log::NoteSigner::from_seed("hub.example", &[7; 32]).unwrap();
    let log = sealkit_hub::log::Log::open(Arc::new(sealkit_hub::log::MemoryLog::default()), signer);
    let log = Arc::new(log.unwrap().0);
    let looking = context(dir.path());
    let gate = Gate::new(Arc::clone(&names), looking, options, Some(log)).unwrap();
    let index = index_over(&names, dir.path());
    let hub = TestHub::over(names, |options| {
        (options.catalog, options.gate) = (Some(index), Some(gate));
    })
    .await;
    let kit = KitBuilder::small("a").build();
    kit.store(hub.repository("org/kit").as_ref(), Some("v1")).await;
    let answer = hub.client.get(API).await.json();
    assert_eq!(
        (&answer["policies"][0]["policy"], &answer["policies"][0]["mode"]),
        (&"signed-only".into(), &"warn".into())
    );
    assert!(answer["policies"][0].get("outcome").is_none());
    let headers = [("content-type", media_type::OCI_MANIFEST)];
    let put =
        hub.client.send("PUT", "/v2/org/kit/manifests/v1", &headers, kit.manifest.bytes()).await;
    assert_eq!(put.status, 201);
    let answer = hub.client.get(API).await.json();
    let outcome = answer["policies"][0]["outcome"].as_str().unwrap();
    assert!(["deny", "unknown"].contains(&outcome), "{answer}");
    let page = String::from_utf8_lossy(&hub.client.get(PAGE).await.body).into_owned();
    assert!(page.contains("Policy of this hub") && page.contains("signed-only"));
}

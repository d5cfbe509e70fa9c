//! AIBOMs over the API and as a page: formats, who signed, what strangers attach, and nothing active.

use std::sync::Arc;

use crate::common::TestHub;
use crate::common::looking::context;
use sealkit_hub::log::{Log, LoggedNames};
use sealkit_hub::{Aiboms, CatalogIndex, Events, HubKey, Quarantine, Running, Storage};
use sealkit_oci::media_type;
use sealkit_ops::catalog::index::Catalog;
use sealkit_testkit::{Kit, KitBuilder, Reply};
use serde_json::Value;

/// A hub that stores AIBOMs.
struct Stage {
    hub: TestHub,
    index: CatalogIndex,
    storage: Storage,
    _running: Option<Running>,
    _dir: tempfile::TempDir,
}

const VERSION: &str = "/api/v1/kits/org%2Fkit/versions/v1";

impl Stage {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let storage = Storage::open(dir.path()).unwrap();
        let (log, _) = Log::open_folder(&dir.path().join("log"), Some("hub.test")).unwrap();
        let log = Arc::new(log);
        let names = Arc::new(LoggedNames::of_storage(&storage, Arc::clone(&log)));
        let quarantine = Quarantine::of(&storage, None).await.unwrap();
        let key = HubKey::open(dir.path()).unwrap();
        let aiboms =
            Aiboms::of(&storage, Arc::clone(&names) as _, key, Some(quarantine.clone())).await;
        let aiboms = aiboms.unwrap();
        let catalog = Catalog::in_memory().unwrap();
        let versions = Arc::new(storage.clone());
        let looking = context(dir.path());
        let index = CatalogIndex::with(catalog, Arc::new(storage.clone()), versions, looking);
        let index = index.storing(aiboms.clone());
        let (own, events) = (index.clone(), Events::of(&storage).await.unwrap());
        let hub = TestHub::over(names, |options| {
            options.catalog = Some(own);
            options.aiboms = Some(aiboms);
            options.log = Some(log);
            options.events = Some(events);
            options.quarantine = Some(quarantine);
        });
        let hub = hub.await;
        let running = index.start();
        Self { hub, index, storage, _running: running, _dir: dir }
    }

    async fn push(&self, kit: &Kit) {
        self.hub.push("org/kit", "v1", kit).await;
        self.index.settled().await.unwrap();
    }

    async fn get(&self, path: &str) -> Reply {
        self.hub.client.get(path).await
    }

    async fn text(&self, path: &str) -> String {
        let reply = self.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", String::from_utf8_lossy(&reply.body));
        String::from_utf8(reply.body).unwrap()
    }

    async fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(path).await).unwrap()
    }
}

fn kit() -> Kit {
    let card = "---\nlicense: mit\nbase_model: org/base\n---\n# <script>alert(1)</script>\n";
    KitBuilder::small("<img src=x onerror=alert(1)>").docs("README.md", card.as_bytes()).build()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_given_in_every_format_and_never_shown_by_a_browser() {
    let stage = Stage::start().await;
    stage.push(&kit()).await;
    let usual = stage.text(&format!("{VERSION}/aibom")).await;
    let document: Value = serde_json::from_str(&usual).unwrap();
    assert_eq!(
        (&document["bomFormat"], &document["specVersion"]),
        (&"CycloneDX".into(), &"1.6".into())
    );
    for (format, kind, begin) in [
        ("cyclonedx-json", "application/vnd.cyclonedx+json", "{"),
        ("cyclonedx-json@1.7", "application/vnd.cyclonedx+json", "{"),
        ("spdx3-json", "application/", "{"),
        ("markdown", "text/markdown; charset=utf-8", "# AIBOM of "),
        ("html", "text/html; charset=utf-8", "<!doctype html>"),
        ("table", "text/plain; charset=utf-8", ""),
        ("bundle", media_type::SIGSTORE_BUNDLE, "{"),
    ] {
        let reply = stage.get(&format!("{VERSION}/aibom?format={format}")).await;
        assert_eq!(reply.status, 200, "{format}");
        assert!(reply.header("content-type").starts_with(kind), "{format}");
        assert!(reply.header("content-disposition").starts_with("attachment; "), "{format}");
        let policy = reply.header("content-security-policy");
        assert!(policy.contains("sandbox") && policy.contains("default-src 'none'"), "{format}");
        let body = String::from_utf8(reply.body).unwrap();
        assert!(body.starts_with(begin), "{format}: {body}");
        assert!(
            format == "bundle" || !body.contains("<script>") || begin == "{",
            "{format}: {body}"
        );
    }
    for bad in ["format=pdf", "format=", "digest=x", "format=a&format=b"] {
        assert_eq!(stage.get(&format!("{VERSION}/aibom?{bad}")).await.status, 400, "{bad}");
    }
    let unknown = format!("digest=sha256:{}", "0".repeat(64));
    assert_eq!(stage.get(&format!("{VERSION}/aibom?{unknown}")).await.status, 404);
    let other = kit().manifest.digest().to_string();
    assert_eq!(stage.get(&format!("{VERSION}/aibom?digest={other}")).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_strangers_attach_is_named_as_theirs_and_hides_nothing() {
    let stage = Stage::start().await;
    let kit = kit();
    stage.push(&kit).await;
    let here = stage.hub.repository("org/kit");
    // Not about this kit, no AIBOM at all, and one that is damaged.
    let other = br#"{"bomFormat":"CycloneDX","specVersion":"1.6","version":1}"#;
    kit.attach(here.as_ref(), media_type::CYCLONEDX, other).await;
    kit.attach(here.as_ref(), media_type::SPDX, b"{}").await;
    kit.attach(here.as_ref(), media_type::SIGSTORE_BUNDLE, b"{}").await;
    // A true one that nobody signed.
    let own = stage.text(&format!("{VERSION}/aibom")).await;
    kit.attach(here.as_ref(), media_type::CYCLONEDX, own.as_bytes()).await;
    let list = stage.json(&format!("{VERSION}/aiboms")).await;
    let all = list["aiboms"].as_array().unwrap();
    assert_eq!(all.len(), 2, "{list}");
    assert_eq!((&all[0]["own"], &all[0]["verified"]), (&true.into(), &true.into()));
    assert_eq!((&all[1]["own"], &all[1]["verified"]), (&false.into(), &false.into()));
    assert_eq!(all[1]["reason"], "it is not signed");
    assert_eq!(stage.text(all[1]["download"].as_str().unwrap()).await, own);
    let unsigned = format!("{}&format=bundle", all[1]["download"].as_str().unwrap());
    assert_eq!(stage.get(&unsigned).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_values_with_their_source_as_text() {
    let stage = Stage::start().await;
    stage.push(&kit()).await;
    let summary = stage.json(&format!("{VERSION}/aibom/summary")).await;
    let components = summary["components"].as_array().unwrap();
    assert_eq!(components[0]["kind"], "kit");
    assert!(components.iter().any(|one| one["name"] == "org/base" && one["known"] == "declared"));
    assert_eq!(summary["scores"].as_array().unwrap().len(), 6);
    let missing = summary["scores"][0]["missing"].as_array().unwrap();
    assert!(!missing.is_empty() && missing.iter().all(|gap| gap["title"] != ""), "{summary}");

    let page = stage.text("/kits/org%2Fkit/v1/aibom").await;
    for text in [
        "✓",
        "this hub",
        "declared",
        "org/base",
        "How complete it is",
        "sealkit bom ",
        "aibom.yaml",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page.contains("<script>alert") && !page.contains("<img"), "{page}");
    let shown = summary["aibom"]["referrer"].as_str().unwrap();
    let named = stage.text(&format!("/kits/org%2Fkit/v1/aibom?digest={shown}")).await;
    assert!(named.contains(&format!("aibom/summary?digest={shown}")), "{named}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_none_the_page_says_so() {
    let stage = Stage::start().await;
    stage.index.settled().await.unwrap();
    kit().store(stage.hub.repository("org/kit").as_ref(), Some("v1")).await;
    let page = stage.text("/kits/org%2Fkit/v1/aibom").await;
    assert!(page.contains("No AIBOM is stored") && page.contains("sealkit bom "), "{page}");
    assert_eq!(stage.get(&format!("{VERSION}/aibom")).await.status, 404);
    let list = stage.json(&format!("{VERSION}/aiboms")).await;
    assert_eq!(list["aiboms"].as_array().unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_again_stores_nothing_new_and_brings_nothing_back_that_was_deleted() {
    let stage = Stage::start().await;
    stage.push(&kit()).await;
    let first = stage.json(&format!("{VERSION}/aiboms")).await;
    let referrer = first["aiboms"][0]["referrer"].as_str().unwrap().to_owned();
    stage.push(&kit()).await;
    assert_eq!(stage.json(&format!("{VERSION}/aiboms")).await, first);
    let events = stage.json("/api/v1/events?action=manifest.push").await;
    let pushes = events["events"].as_array().unwrap().iter();
    let of_hub = pushes.filter(|event| event["actor"] == "hub").count();
    assert_eq!(of_hub, 1, "the same one is stored once: {events}");
    let gone = stage.hub.client.call("DELETE", &format!("{VERSION}/aiboms/{referrer}")).await;
    assert_eq!(gone.status, 204);
    let kept = stage.storage.candidates().await.unwrap();
    assert_eq!(kept.len(), 1, "the kit itself stays");
    // Only an AIBOM can be deleted so.
    let kit_digest = kit().manifest.digest().to_string();
    let other = stage.hub.client.call("DELETE", &format!("{VERSION}/aiboms/{kit_digest}")).await;
    assert_eq!(other.status, 404);
    stage.push(&kit()).await;
    let list = stage.json(&format!("{VERSION}/aiboms")).await;
    assert_eq!(list["aiboms"].as_array().unwrap().len(), 0, "{list}");
}

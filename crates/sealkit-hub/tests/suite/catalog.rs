//! The catalogue follows what is served, whatever happens, and says nothing active.

use std::sync::Arc;

use crate::common::TestHub;
use crate::common::looking::context;
use sealkit_hub::{
    CatalogIndex, Namespace, Running, Storage, StoreNames, Versions, tagged_versions,
};
use sealkit_oci::{Digest, media_type};
use sealkit_ops::catalog::index::{Catalog, Entry};
use sealkit_store::{Layout, Memory, Naming};
use sealkit_testkit::{Kit, KitBuilder};

/// A hub with a catalogue.
struct Stage {
    hub: TestHub,
    index: CatalogIndex,
    _running: Option<Running>,
    dir: tempfile::TempDir,
}

impl Stage {
    async fn over(names: Arc<dyn Namespace>, versions: Arc<dyn Versions>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let catalog = Catalog::in_memory().unwrap();
        let index = CatalogIndex::with(catalog, Arc::clone(&names), versions, context(dir.path()));
        let own = index.clone();
        let hub = TestHub::over(names, |options| options.catalog = Some(own)).await;
        let running = index.start();
        Self { hub, index, _running: running, dir }
    }

    async fn start() -> Self {
        let names: Arc<dyn Namespace> = Arc::new(Memory::new());
        Self::over(Arc::clone(&names), tagged_versions(names)).await
    }

    /// Puts a kit so that the registry is told of it.
    async fn push(&self, name: &str, tag: &str, kit: &Kit) {
        self.hub.push(name, tag, kit).await;
    }

    async fn settled(&self) {
        self.index.settled().await.unwrap();
    }

    async fn get(&self, path: &str) -> String {
        let reply = self.hub.client.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", String::from_utf8_lossy(&reply.body));
        String::from_utf8(reply.body.clone()).unwrap()
    }

    async fn affected(&self, question: &str) -> usize {
        let impact: serde_json::Value =
            serde_json::from_str(&self.get(&format!("/api/v1/impact?of={question}")).await)
                .unwrap();
        assert_eq!(impact["waiting"], 0);
        impact["affected"].as_array().unwrap().len()
    }

    fn entries(&self) -> Vec<Entry> {
        let catalog = self.index.catalog();
        let versions = catalog.versions().unwrap();
        let entry = |(name, digest): &(String, _)| catalog.entry(name, digest).unwrap().unwrap();
        versions.iter().map(entry).collect()
    }
}

fn carded(name: &str, text: &str) -> Kit {
    KitBuilder::small(name).docs("README.md", text.as_bytes()).build()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_pushed_moved_and_deleted_is_followed() {
    let stage = Stage::start().await;
    stage.push("org/a", "v1", &carded("one", "about whales")).await;
    stage.push("org/b", "v1", &carded("two", "about wolves")).await;
    stage.settled().await;
    assert_eq!(stage.entries().len(), 2);
    assert!(stage.get("/api/v1/search?q=whales").await.contains("org/a"));
    stage.push("org/a", "v1", &carded("three", "about otters")).await;
    stage.settled().await;
    assert!(!stage.get("/api/v1/search?q=whales").await.contains("org/a"));
    assert!(stage.get("/api/v1/search?q=otters").await.contains("org/a"));
    assert_eq!(stage.hub.client.call("DELETE", "/v2/org/a/manifests/v1").await.status, 202);
    stage.settled().await;
    assert!(!stage.get("/api/v1/search?q=otters").await.contains("org/a"));
    let digest = carded("two", "about wolves").manifest.digest().clone();
    let path = format!("/v2/org/b/manifests/{digest}");
    assert_eq!(stage.hub.client.call("DELETE", &path).await.status, 202);
    stage.settled().await;
    assert_eq!(stage.affected(&digest.to_string()).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_that_a_referrer_takes_points_at_no_version() {
    let stage = Stage::start().await;
    let kit = carded("one", "about whales");
    stage.push("org/a", "v1", &kit).await;
    stage.settled().await;
    let config = &kit.manifest.value().config;
    let part = serde_json::json!({
        "mediaType": "a/config", "digest": config.digest.to_string(), "size": config.size
    });
    let subject = kit.manifest.descriptor().clone();
    let body = serde_json::json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "artifactType": "a/b",
        "config": part, "layers": [], "subject": subject
    });
    let headers = [("content-type", media_type::OCI_MANIFEST)];
    let path = "/v2/org/a/manifests/v1";
    let put = stage.hub.client.send("PUT", path, &headers, body.to_string().as_bytes()).await;
    assert_eq!(put.status, 201, "{}", String::from_utf8_lossy(&put.body));
    stage.settled().await;
    assert!(!stage.get("/api/v1/search?q=whales").await.contains("org/a"));
    assert_eq!(stage.entries().len(), 1, "it is there, and may be had by its digest");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_while_everything_is_compared_is_not_lost() {
    for round in 0..40 {
        let stage = Stage::start().await;
        let (kit, gone) = (carded("one", "about whales"), carded("two", "about wolves"));
        gone.store(stage.hub.repository("org/a").as_ref(), Some("v0")).await;
        stage.push("org/a", "v1", &kit).await;
        let path = format!("/v2/org/a/manifests/{}", gone.manifest.digest());
        assert_eq!(stage.hub.client.call("DELETE", &path).await.status, 202);
        stage.settled().await;
        let tags = stage.index.catalog().tags("org/a").unwrap();
        assert_eq!(tags, [("v1".to_owned(), kit.manifest.digest().to_string())], "round {round}");
        assert_eq!(stage.entries().len(), 1, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalogue_that_is_made_again_is_equal() {
    let dir = tempfile::tempdir().unwrap();
    let storage = Storage::open(dir.path()).unwrap();
    let names: Arc<dyn Namespace> = Arc::new(storage.clone());
    let live = Stage::over(Arc::clone(&names), Arc::new(storage.clone())).await;
    let weights: Vec<u8> = (0..2_000_000_u32).map(|at| (at / 11) as u8).collect();
    for (name, tag, kit) in [
        ("org/a", "v1", carded("one", "about whales")),
        ("org/a", "v2", carded("two", "about wolves")),
        ("org/a", "v1", carded("three", "about otters")),
        ("b", "latest", carded("one", "about whales")),
        ("large", "v1", KitBuilder::new("large").model("weights.bin", &weights).build()),
    ] {
        live.push(name, tag, &kit).await;
    }
    let signed = carded("one", "about whales");
    signed.attach(live.hub.repository("b").as_ref(), media_type::CYCLONEDX, b"{}").await;
    assert_eq!(live.hub.client.call("DELETE", "/v2/org/a/manifests/v2").await.status, 202);
    live.settled().await;
    // What was attached without the registry's knowledge is found when everything is looked at again.
    let first = Stage::over(names, Arc::new(storage)).await;
    // A process that saw no file come has to read each.
    let later = Storage::open(dir.path()).unwrap();
    let second = Stage::over(Arc::new(later.clone()), Arc::new(later)).await;
    first.settled().await;
    second.settled().await;
    assert_eq!(first.entries(), second.entries());
    let without_aibom = |stage: &Stage| {
        let mut all = stage.entries();
        for entry in &mut all {
            entry.facets.retain(|facet| facet.0.name() != "aibom");
        }
        all
    };
    assert_eq!(without_aibom(&live), without_aibom(&second));
    assert_eq!(live.entries().len(), 5);
    // Of what came to this process the file was hashed on its way; another one had to read it.
    let manifest = live.hub.client.get("/v2/large/manifests/v1").await.json();
    let layer: Digest = manifest["layers"][0]["digest"].as_str().unwrap().parse().unwrap();
    for (stage, count) in [(&live, 1), (&second, 0)] {
        let repository = stage.hub.repository("large");
        assert_eq!(repository.hashed_ranges(&layer).await.unwrap().len(), count);
    }
    for stage in [&live, &first, &second] {
        assert_eq!(stage.affected(&Digest::of(&weights).to_string()).await, 1);
    }
    // Kits of one second may stand in another order.
    for query in ["", "?q=otters", "?all=1&kind=modelkit", "?q=wolves"] {
        let path = format!("/api/v1/search{query}");
        let (live, again) = (live.get(&path).await, second.get(&path).await);
        assert_eq!(found(&live), found(&again), "{query}");
    }
}

/// Names of what a search found, sorted.
fn found(answer: &str) -> Vec<String> {
    let answer: serde_json::Value = serde_json::from_str(answer).unwrap();
    let hits = answer["hits"].as_array().unwrap().iter();
    let mut names: Vec<String> =
        hits.map(|hit| format!("{}@{}", hit["repository"], hit["digest"])).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_looked_at_hides_nothing_else_and_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let layout = Layout::open_or_create(dir.path(), Naming::Store).unwrap();
    let names: Arc<dyn Namespace> = Arc::new(StoreNames::new(Arc::new(layout)));
    let broken = KitBuilder::new("broken").model("only.bin", b"only here").build();
    let repository = names.repository("bad").unwrap();
    broken.store(repository.as_ref(), Some("v1")).await;
    let layer = broken.manifest.value().layers()[0].digest.clone();
    std::fs::remove_file(dir.path().join("blobs").join("sha256").join(layer.hex())).unwrap();
    let digest = broken.manifest.digest().clone();
    let stage = Stage::over(Arc::clone(&names), tagged_versions(names)).await;
    stage.push("good", "v1", &carded("good", "about whales")).await;
    let begun = std::time::Instant::now();
    loop {
        let state = stage.get("/api/v1/catalog").await;
        // The good one is looked at meanwhile.
        let told = state.contains(&digest.to_string()) && state.contains("\"versions\":1");
        if told || begun.elapsed().as_secs() > 60 {
            assert!(told, "{state}");
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(stage.get("/api/v1/search?q=whales").await.contains("good"));
    let impact = stage.get("/api/v1/impact?of=nobody").await;
    assert!(impact.contains("\"waiting\":1"), "{impact}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_show_what_a_kit_says_as_text_and_lead_somewhere() {
    let stage = Stage::start().await;
    let card = "---\nlicense: <script>alert(1)</script>\nbase_model: '<img src=x onerror=alert(2)>'\n---\n# x\n";
    stage.push("org/evil", "v1", &carded("evil", card)).await;
    stage.settled().await;
    for path in [
        "/search",
        "/search?q=%3Cscript%3E&licence=%22%3E%3Cb%3E",
        "/impact",
        "/impact?of=kit:org/evil",
        "/impact?of=model:%3Cimg%20src%3Dx%20onerror%3Dalert(2)%3E",
    ] {
        let page = stage.get(path).await;
        for active in ["<script>alert", "<img", "<b>"] {
            assert!(!page.contains(active), "{path}: {active}\n{page}");
        }
        for link in page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            if link.starts_with('/') {
                let link = link.replace("&amp;", "&");
                assert_eq!(stage.hub.client.get(&link).await.status, 200, "{path} -> {link}");
            }
        }
    }
    assert!(stage.get("/search").await.contains("org/evil"));
    assert!(stage.get("/impact?of=kit:org/evil").await.contains("1</strong> contains it"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_says_what_is_inside_once_both_were_looked_at() {
    let stage = Stage::start().await;
    stage.push("a", "v1", &carded("one", "---\nbase_model: google/bert\n---\n# x\n")).await;
    stage.push("a", "v2", &carded("two", "---\nbase_model: google/t5\n---\n# x\n")).await;
    stage.settled().await;
    let found = stage.get("/api/v1/compare?a=a:v1&b=a:v2").await;
    let found: serde_json::Value = serde_json::from_str(&found).unwrap();
    let contents = found["contents"].as_array().unwrap();
    let names: Vec<&str> = contents.iter().filter_map(|one| one["name"].as_str()).collect();
    assert!(names.contains(&"google/bert") && names.contains(&"google/t5"), "{found}");
    assert!(stage.get("/compare?a=a:v1&b=a:v2").await.contains("What is inside"));
    let plain = TestHub::start().await;
    carded("one", "x").store(plain.repository("a").as_ref(), Some("v1")).await;
    let reply = plain.client.get("/api/v1/compare?a=a:v1&b=a:v1").await;
    assert!(reply.json().get("contents").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_ask_nothing_are_refused_and_a_hub_without_catalogue_says_so() {
    let stage = Stage::start().await;
    for path in [
        "/api/v1/impact",
        "/api/v1/impact?of=",
        "/api/v1/impact?of=sha256:x",
        "/api/v1/search?colour=red",
        "/api/v1/search?offset=-1",
    ] {
        assert_eq!(stage.hub.client.get(path).await.status, 400, "{path}");
    }
    let plain = TestHub::start().await;
    for path in ["/api/v1/search", "/api/v1/impact?of=x", "/api/v1/catalog"] {
        assert_eq!(plain.client.get(path).await.status, 404, "{path}");
    }
    for path in ["/search", "/impact?of=x"] {
        let page = plain.client.get(path).await;
        assert!(String::from_utf8_lossy(&page.body).contains("keeps no catalogue"), "{path}");
    }
    assert!(stage.dir.path().is_dir());
}

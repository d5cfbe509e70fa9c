//! Answers of the API for other tools: tables and VEX.

use std::sync::Arc;

use crate::common::TestHub;
use crate::common::looking::index_of;
use crate::common::trusting::{advisory, bundle, key};
use sealkit_attest::{Advisory, AdvisoryState, Predicate as _, PrivateKey, Signer as _};
use sealkit_hub::{Advisories, CatalogIndex, Running, Storage};
use sealkit_oci::{Descriptor, Manifest, Raw, media_type};
use sealkit_ops::Home;
use sealkit_ops::trust::{self, Role, TrustedKey};
use sealkit_testkit::{Kit, KitBuilder, Reply};

/// A hub over a storage, which trusts `Ada`.
struct Stage {
    hub: TestHub,
    index: CatalogIndex,
    ada: PrivateKey,
    stranger: PrivateKey,
    _running: Option<Running>,
    _dir: tempfile::TempDir,
}

impl Stage {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let storage = Storage::open(dir.path()).unwrap();
        let index = index_of(&storage, dir.path());
        let (ada, stranger) = (key(1), key(3));
        let known = TrustedKey::new(ada.public_key(), "Ada", Role::Signer);
        trust::add(&Home::new(dir.path()), known).unwrap();
        let advisories = Advisories::of(&storage).await.unwrap();
        let own = index.clone();
        let hub = TestHub::over(Arc::new(storage.clone()), |options| {
            options.registry.sessions = storage.sessions();
            options.catalog = Some(own);
            options.advisories = Some(advisories);
        })
        .await;
        let running = index.start();
        Self { hub, index, ada, stranger, _running: running, _dir: dir }
    }

    async fn push(&self, name: &str, builder: &KitBuilder) -> Kit {
        let kit = builder.build();
        self.hub.push(name, "v1", &kit).await;
        kit
    }

    async fn attach(&self, name: &str, kit: &Kit, key: &PrivateKey, said: &Advisory) {
        let bytes = bundle(kit.manifest.digest(), key, said);
        let (here, kind) = (self.hub.repository(name), media_type::SIGSTORE_BUNDLE);
        kit.attach(&*here, kind, &bytes).await;
        // As cosign lays it down: the manifest says what is stated.
        let layer = Descriptor::of(kind, &bytes);
        let mut manifest = Manifest::referrer(kind, layer, kit.manifest.descriptor());
        let stated = media_type::ANNOTATION_BUNDLE_PREDICATE.to_owned();
        manifest.annotations.insert(stated, Advisory::TYPE.to_owned());
        let raw = Raw::build(media_type::OCI_MANIFEST, manifest).unwrap();
        let bytes = raw.bytes().to_vec().into();
        here.put_manifest(media_type::OCI_MANIFEST, bytes, None).await.unwrap();
    }

    async fn get(&self, path: &str) -> Reply {
        let reply = self.hub.client.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", String::from_utf8_lossy(&reply.body));
        reply
    }
}

fn text(reply: Reply) -> String {
    String::from_utf8(reply.body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn search_and_impact_are_tables_too() {
    let stage = Stage::start().await;
    let kit = stage.push("org/kit", &KitBuilder::small("one")).await;
    // Whose model has other bytes: one in common would make it an heir.
    stage.push("org/other", &KitBuilder::new("two").docs("README.md", b"two")).await;
    stage.index.settled().await.unwrap();
    let digest = kit.manifest.digest();
    let reply = stage.get(&format!("/api/v1/impact?of={digest}&format=csv")).await;
    assert!(reply.header("content-type").starts_with("text/csv"));
    assert!(reply.header("content-disposition").contains("impact.csv"));
    let rows = text(reply);
    let rows: Vec<&str> = rows.split("\r\n").collect();
    assert_eq!(rows[0], "repository,digest,tags,distance,certain,path");
    assert!(rows[1].starts_with(&format!("org/kit,{digest},v1,0,true,")), "{rows:?}");
    assert_eq!(
        rows.len(),
        3,
        "a line of names, one version, and nothing behind the last end: {rows:?}"
    );
    let page = stage.get("/api/v1/search?as=csv&limit=1").await;
    assert!(page.header("link").contains("offset=1"), "{}", page.header("link"));
    assert!(page.header("link").contains("as=csv"));
    let all = text(stage.get("/api/v1/search?as=csv&format=").await);
    assert_eq!(all.lines().count(), 3, "{all}");
    let json = stage.get("/api/v1/search?as=json&format=nothing").await;
    assert_eq!(json.header("content-type"), "application/json");
    for path in ["/api/v1/search?as=xml", "/api/v1/impact?of=x&format=vex"] {
        assert_eq!(stage.hub.client.get(path).await.status, 400, "{path}");
    }
    for path in [format!("/impact?of={digest}"), "/search".to_owned()] {
        assert!(text(stage.get(&path).await).contains("=csv"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn advisories_are_vex_where_the_hub_trusts_who_signed_them() {
    let stage = Stage::start().await;
    let (kit, other) = (
        stage.push("org/kit", &KitBuilder::small("one")).await,
        stage.push("org/other", &KitBuilder::small("two")).await,
    );
    let affected = |id: &str, why: &str| advisory(id, AdvisoryState::Affected, why, 1_600_000_000);
    stage.attach("org/kit", &kit, &stage.ada, &affected("leak", "=trained on, leaked data")).await;
    stage
        .attach("org/other", &other, &stage.stranger, &affected("rumour", "a stranger says"))
        .await;
    let reply = stage.get("/api/v1/advisories?format=vex").await;
    assert_eq!(reply.header("content-type"), "application/vnd.openvex+json");
    let vex = reply.json();
    assert_eq!(vex["statements"].as_array().unwrap().len(), 1, "{vex:#}");
    assert_eq!(vex["statements"][0]["status"], "affected");
    let bom = stage.get("/api/v1/advisories?format=cyclonedx").await.json();
    assert_eq!(bom["vulnerabilities"].as_array().unwrap().len(), 1, "{bom:#}");
    assert_eq!(bom["components"][0]["hashes"][0]["content"], kit.manifest.digest().hex());
    let table = text(stage.get("/api/v1/advisories?format=csv").await);
    let row = |id: &str| table.lines().find(|line| line.contains(id)).unwrap().to_owned();
    assert!(row("leak").ends_with(",Ada,true,true,\"'=trained on, leaked data\""), "{table}");
    assert!(row("rumour").ends_with(",,false,false,a stranger says"), "{table}");
    let first = stage.get("/api/v1/advisories?format=csv&limit=1").await;
    assert!(first.header("link").contains("after="), "{}", first.header("link"));
    assert_eq!(stage.hub.client.get("/api/v1/advisories?format=pdf").await.status, 400);
    let page = text(stage.get("/advisories").await);
    for format in ["csv", "vex", "cyclonedx"] {
        assert!(page.contains(&format!("/api/v1/advisories?format={format}")), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_advisory_about_what_is_not_there_hides_no_other() {
    let stage = Stage::start().await;
    let kit = stage.push("org/kit", &KitBuilder::small("one")).await;
    let gone = KitBuilder::small("gone").build();
    let said = |id: &str| advisory(id, AdvisoryState::Affected, "leaked", 1_600_000_000);
    stage.attach("org/kit", &gone, &stage.ada, &said("early")).await;
    stage.attach("org/kit", &kit, &stage.ada, &said("leak")).await;
    let vex = stage.get("/api/v1/advisories?format=vex").await.json();
    let names: Vec<&str> = vex["statements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["vulnerability"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["leak"], "nobody can say what an unknown kit is");
    let table = text(stage.get("/api/v1/advisories?format=csv").await);
    assert!(table.contains(",early,") && table.contains(",leak,"), "{table}");
}

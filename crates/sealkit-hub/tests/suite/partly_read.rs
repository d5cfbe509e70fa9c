//! What can not be read is still known, and no question about it is answered by a plain no.

use std::sync::Arc;

use crate::common::TestHub;
use crate::common::looking::index_of;
use sealkit_hub::{CatalogIndex, Running, Storage};
use sealkit_oci::{Descriptor, Digest, Manifest, Raw, media_type};
use sealkit_testkit::{Kit, KitBuilder};
use serde_json::Value;

struct Stage {
    hub: TestHub,
    index: CatalogIndex,
    storage: Storage,
    _running: Option<Running>,
    dir: tempfile::TempDir,
}

impl Stage {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let storage = Storage::open(dir.path()).unwrap();
        let index = index_of(&storage, dir.path());
        let own = index.clone();
        let names = Arc::new(storage.clone());
        let hub = TestHub::over(names, |options| options.catalog = Some(own)).await;
        let running = index.start();
        Self { hub, index, storage, _running: running, dir }
    }

    async fn push(&self, name: &str, kit: &Kit) -> Digest {
        self.hub.push(name, "v1", kit).await;
        self.index.settled().await.unwrap();
        kit.manifest.digest().clone()
    }

    async fn impact(&self, question: &str) -> Value {
        let reply = self.hub.client.get(&format!("/api/v1/impact?of={question}")).await;
        assert_eq!(reply.status, 200, "{question}");
        reply.json()
    }

    /// Repositories that something concerns.
    async fn affected(&self, question: &str) -> Vec<String> {
        let impact = self.impact(question).await;
        let all = impact["affected"].as_array().unwrap().iter();
        all.map(|one| one["repository"].as_str().unwrap().to_owned()).collect()
    }
}

/// The kit with another manifest.
fn with_manifest(mut kit: Kit, change: impl FnOnce(&mut Manifest)) -> Kit {
    let mut manifest = kit.manifest.value().clone();
    change(&mut manifest);
    kit.manifest = Raw::build(media_type::OCI_MANIFEST, manifest).unwrap();
    kit
}

/// The kit with these bytes as its first layer, and the media type `kind` for it.
fn with_layer(mut kit: Kit, bytes: &[u8], kind: &str) -> Kit {
    kit.layers[0] = bytes.to_vec();
    with_manifest(kit, |manifest| {
        let first = &mut manifest.layers.as_mut().unwrap()[0];
        let new = Descriptor::of(kind, bytes);
        (first.digest, first.size, first.media_type) = (new.digest, new.size, new.media_type);
    })
}

/// The kit with these bytes as its config.
fn with_config(mut kit: Kit, bytes: &[u8]) -> Kit {
    kit.config = bytes.to_vec();
    let config = Descriptor::of(media_type::MODELKIT_CONFIG, bytes);
    with_manifest(kit, |manifest| manifest.config = config)
}

fn small(name: &str) -> Kit {
    KitBuilder::small(name).build()
}

const MODEL: &str = "application/vnd.kitops.modelkit.model.v1.tar";

#[tokio::test(flavor = "multi_thread")]
async fn a_kit_that_can_not_be_read_is_known_by_its_manifest_and_leaves_questions_open() {
    let stage = Stage::start().await;
    stage.push("good", &small("good")).await;
    let whole = stage.impact("package:torch").await;
    assert_eq!((&whole["unread"], &whole["waiting"]), (&0.into(), &0.into()), "{whole}");
    let torn = vec![7; 4096];
    let cases = [
        ("bad/config", with_config(small("config"), b"not JSON"), "not a Kitfile"),
        ("bad/kitfile", with_config(small("kitfile"), b"{\"model\":[]}"), "Kitfile"),
        ("bad/tar", with_layer(small("tar"), &torn, MODEL), "checksum"),
        ("bad/gzip", with_layer(small("gzip"), &torn, &format!("{MODEL}+gzip")), "layer"),
        ("bad/type", with_layer(small("type"), &torn, "application/x-odd"), "unknown type"),
    ];
    for (at, (name, kit, reason)) in cases.iter().enumerate() {
        let digest = stage.push(name, kit).await;
        let answer = stage.impact("package:torch").await;
        assert_eq!(answer["unread"], at + 1, "{name}: {answer}");
        assert_eq!(answer["waiting"], 0, "nothing tries it for ever: {answer}");
        let open = answer["open"].as_array().unwrap();
        let own = open.iter().find(|one| one["repository"] == *name).unwrap();
        assert_eq!(own["digest"], digest.to_string());
        let told = own["reason"].as_str().unwrap();
        assert!(told.contains(reason), "{name}: {told}");
        // What its manifest says is known: the kit itself, its layers.
        for of in [&digest, &kit.manifest.value().layers()[0].digest] {
            let found = stage.affected(&of.to_string()).await;
            assert!(found.contains(&(*name).to_owned()), "{name} {of}: {found:?}");
        }
        let own = stage.impact(&digest.to_string()).await;
        let open = own["open"].as_array().unwrap();
        assert!(open.iter().all(|one| one["repository"] != *name), "told already: {own}");
    }
    let page = stage.hub.client.get("/impact?of=package:torch").await;
    let page = String::from_utf8_lossy(&page.body).into_owned();
    assert!(page.contains("No version is known to be concerned"), "{page}");
    assert!(page.contains("bad/gzip") && page.contains("5 versions could not be read wholly"));
    let csv = stage.hub.client.get("/api/v1/impact?of=package:torch&format=csv").await;
    assert!(String::from_utf8_lossy(&csv.body).contains("bad/tar,sha256:"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_that_lies_elsewhere_leaves_its_kit_readable_and_open() {
    let stage = Stage::start().await;
    let elsewhere = b"never uploaded".to_vec();
    let mut kit = with_layer(small("foreign"), &elsewhere, MODEL);
    kit.layers.remove(0);
    let kit = with_manifest(kit, |manifest| {
        manifest.layers.as_mut().unwrap()[0].urls = vec!["https://files.example/model".to_owned()];
    });
    stage.push("foreign", &kit).await;
    let answer = stage.impact("model:none").await;
    assert_eq!(answer["unread"], 1, "{answer}");
    assert!(answer["open"][0]["reason"].as_str().unwrap().contains("lies elsewhere"), "{answer}");
    // The other layers are read.
    let data = Digest::of(b"a,b\n1,2\n").to_string();
    assert_eq!(stage.affected(&data).await, ["foreign"]);
    assert_eq!(stage.affected(&Digest::of(&elsewhere).to_string()).await, ["foreign"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kit_that_refers_to_another_manifest_is_a_kit() {
    let stage = Stage::start().await;
    let first = small("first");
    stage.push("org/first", &first).await;
    let subject = first.manifest.descriptor().clone();
    let hidden = with_manifest(small("hidden"), |manifest| manifest.subject = Some(subject));
    let digest = stage.push("org/first", &hidden).await;
    assert_eq!(stage.index.catalog().versions().unwrap().len(), 2);
    let found = stage.impact(&digest.to_string()).await;
    assert_eq!(found["affected"][0]["tags"], serde_json::json!(["v1"]), "{found}");
    // What is attached and is no kit stays none.
    first.attach(stage.hub.repository("org/first").as_ref(), media_type::CYCLONEDX, b"{}").await;
    // A catalogue that is made anew finds the same.
    let again = index_of(&stage.storage, stage.dir.path());
    let _running = again.start();
    again.settled().await.unwrap();
    let sorted = |index: &CatalogIndex| {
        let mut all = index.catalog().versions().unwrap();
        all.sort();
        all
    };
    assert_eq!(sorted(&again), sorted(&stage.index));
}

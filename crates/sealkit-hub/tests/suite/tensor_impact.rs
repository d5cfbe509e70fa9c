//! What holds a tensor, asked by the digest of its bytes: over the API, as CSV and as a page.

use std::sync::Arc;

use crate::common::TestHub;
use crate::common::compressed::compressed;
use crate::common::looking::context;
use sealkit_hub::{CatalogIndex, Namespace, tagged_versions};
use sealkit_inspect::{TensorHash, tensor_digest};
use sealkit_ops::catalog::index::Catalog;
use sealkit_report::Budget;
use sealkit_store::Memory;
use sealkit_testkit::{KitBuilder, safetensors};
use serde_json::{Value, json};

fn blake3(bytes: &[u8]) -> String {
    let mut budget = Budget::new(u64::MAX, 10, u64::MAX, 1);
    tensor_digest(&bytes.to_vec(), (0, bytes.len() as u64), TensorHash::Blake3, &mut budget)
        .unwrap()
}

fn index(names: &Arc<dyn Namespace>, catalog: Catalog, dir: &std::path::Path) -> CatalogIndex {
    let versions = tagged_versions(Arc::clone(names));
    CatalogIndex::with(catalog, Arc::clone(names), versions, context(dir))
}

/// What is asked and answered, as JSON.
async fn impact(hub: &TestHub, question: &str) -> Value {
    let reply = hub.client.get(&format!("/api/v1/impact?of={question}")).await;
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    reply.json()
}

/// `a` holds the tensor among others, `b` under another name in a nested file, `gz` and `zst` in compressed layers,
/// `heir` names `a` as its base, and `other` has other bytes under the same name.
async fn fill(names: &Arc<dyn Namespace>) {
    let weights = |name: &str, bytes: &[u8]| safetensors(&[("before", b"xx"), (name, bytes)]);
    let store = async |name: &str, kit: KitBuilder| {
        kit.store(names.repository(name).unwrap().as_ref(), "v1").await;
    };
    let of = |name: &str| KitBuilder::new("k").model("m.safetensors", &weights(name, b"shared"));
    store("a", of("w")).await;
    let nested = ("m/deep/two.safetensors", &weights("renamed", b"shared")[..]);
    let first = ("m/one.safetensors", &weights("w", b"unlike")[..]);
    store("b", KitBuilder::new("k").part("model", "m", &[first, nested])).await;
    store("other", KitBuilder::new("k").model("m.safetensors", &weights("w", b"sharer"))).await;
    let card = b"---\nbase_model: a\n---\n# Heir";
    store("heir", KitBuilder::new("k").model("x.bin", b"x").docs("README.md", card)).await;
    for (name, how) in [("gz", "gzip"), ("zst", "zstd")] {
        let kit = compressed(&of("packed"), how);
        kit.store(names.repository(name).unwrap().as_ref(), Some("v1")).await;
    }
}

/// Every version is looked at again over the same file, as `hub reindex` asks for it.
async fn looks_again(index: &CatalogIndex) {
    let versions = index.catalog().versions().unwrap().into_iter();
    let jobs: Vec<_> = versions.map(|(name, digest)| (name, digest, 0)).collect();
    index.catalog().enqueue(&jobs, 0).unwrap();
    index.settled().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_file_that_holds_it_is_told_and_a_catalogue_made_again_says_the_same() {
    let names: Arc<dyn Namespace> = Arc::new(Memory::new());
    fill(&names).await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("catalog.db");
    let first = index(&names, Catalog::open(&file).unwrap().0, dir.path());
    let own = first.clone();
    let hub = TestHub::over(Arc::clone(&names), |options| options.catalog = Some(own)).await;
    let question = format!("tensor:{}", blake3(b"shared"));
    let running = first.start();
    first.settled().await.unwrap();
    let found = impact(&hub, &question).await;
    assert_eq!(found["question"], question.as_str());
    let affected = found["affected"].as_array().unwrap();
    let places: Vec<_> = affected
        .iter()
        .map(|one| {
            let place = one["tensors"].get(0);
            let part = |name: &str| place.map_or("", |place| place[name].as_str().unwrap());
            (one["repository"].as_str().unwrap(), part("file"), part("name"))
        })
        .collect();
    assert_eq!(
        places,
        [
            ("a", "m.safetensors", "w"),
            ("b", "m/deep/two.safetensors", "renamed"),
            ("gz", "m.safetensors", "packed"),
            ("zst", "m.safetensors", "packed"),
            ("heir", "", ""),
        ]
    );
    for one in &affected[..4] {
        let repository = names.repository(one["repository"].as_str().unwrap()).unwrap();
        let layer = one["tensors"][0]["layer"].as_str().unwrap().parse().unwrap();
        assert!(repository.stat(&layer).await.unwrap().is_some(), "{one}");
        assert_eq!(one["path"][0]["source"], format!("layer {layer}"));
        assert_eq!(one["path"][1]["known"], "measured");
    }
    assert_eq!((&found["waiting"], &found["unread"]), (&json!(0), &json!(0)));
    // The same without the kind, and of another digest nothing.
    assert_eq!(impact(&hub, &blake3(b"shared")).await, found);
    assert_eq!(impact(&hub, &blake3(b"nobody has this")).await["affected"], json!([]));
    let csv = hub.client.get(&format!("/api/v1/impact?of={question}&format=csv")).await;
    let csv = String::from_utf8(csv.body).unwrap();
    assert!(csv.contains("file m/deep/two.safetensors contains tensor renamed"), "{csv}");
    let page = hub.client.get(&format!("/impact?of={question}")).await;
    let page = String::from_utf8(page.body).unwrap();
    assert!(page.contains("tensor renamed") && page.contains("/kits/zst/v1"), "{page}");
    let bad = hub.client.get("/api/v1/impact?of=blake3:12").await;
    assert_eq!(bad.status, 400);
    assert!(bad.json()["message"].as_str().unwrap().contains("64 hex digits"), "{}", bad.json());
    looks_again(&first).await;
    assert_eq!(impact(&hub, &question).await, found);
    drop((running, hub));
    let (catalog, is_new) = Catalog::open(&dir.path().join("again.db")).unwrap();
    assert!(is_new);
    let again = index(&names, catalog, dir.path());
    let _running = again.start();
    again.settled().await.unwrap();
    let hub = TestHub::over(names, |options| options.catalog = Some(again)).await;
    assert_eq!(impact(&hub, &question).await, found);
}

//! Two versions compared down to tensors, through the API and its pages.

use std::sync::Arc;

use crate::common::TestHub;
use crate::common::guarded::Guarded;
use crate::common::looking::context;
use sealkit_hub::{CatalogIndex, Namespace, Running, Storage, Versions, tagged_versions};
use sealkit_inspect::{TensorHash, tensor_digest};
use sealkit_oci::Digest;
use sealkit_ops::catalog::index::{Catalog, HashedTensor, TensorPlace};
use sealkit_report::Budget;
use sealkit_store::Memory;
use sealkit_testkit::{Kit, KitBuilder, safetensors, safetensors_of as raw};
use serde_json::{Map, Value, json};

const GGUF: &[u8] = include_bytes!("../../../sealkit-inspect/tests/golden/models/le.gguf");

fn blake3(bytes: &[u8]) -> String {
    let mut budget = Budget::new(u64::MAX, 10, u64::MAX, 1);
    tensor_digest(&bytes.to_vec(), (0, bytes.len() as u64), TensorHash::Blake3, &mut budget)
        .unwrap()
}

/// A hub with a catalogue that looks at what is pushed.
struct Stage {
    hub: TestHub,
    index: CatalogIndex,
    running: Option<Running>,
    _dir: tempfile::TempDir,
}

impl Stage {
    async fn over(
        names: Arc<dyn Namespace>,
        versions: Arc<dyn Versions>,
        catalog: Catalog,
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let index = CatalogIndex::with(catalog, Arc::clone(&names), versions, context(dir.path()));
        let own = index.clone();
        let hub = TestHub::over(names, |options| options.catalog = Some(own)).await;
        Self { hub, index, running: None, _dir: dir }
    }

    /// One that looks at nothing until it is told to.
    async fn idle() -> Self {
        let names: Arc<dyn Namespace> = Arc::new(Memory::new());
        Self::over(Arc::clone(&names), tagged_versions(names), Catalog::in_memory().unwrap()).await
    }

    async fn store(&self, name: &str, tag: &str, kit: &KitBuilder) -> Kit {
        kit.store(self.hub.repository(name).as_ref(), tag).await
    }

    async fn looked(&mut self) {
        self.running = self.running.take().or_else(|| self.index.start());
        self.index.settled().await.unwrap();
    }

    async fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(path).await).unwrap()
    }

    async fn text(&self, path: &str) -> String {
        let reply = self.hub.client.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", String::from_utf8_lossy(&reply.body));
        String::from_utf8(reply.body).unwrap()
    }
}

fn model(files: &[(&str, &[u8])]) -> KitBuilder {
    KitBuilder::new("k").part("model", "m", files)
}

#[tokio::test(flavor = "multi_thread")]
async fn tensors_are_hashed_behind_a_push_and_wait_until_then() {
    let mut stage = Stage::idle().await;
    let big: Vec<u8> = (0..3_000_000_u32).map(|at| (at % 251) as u8).collect();
    let file = safetensors(&[("a", b"first"), ("b", &big), ("empty", b"")]);
    stage.store("k", "v1", &model(&[("m/a.safetensors", &file), ("m/b.gguf", GGUF)])).await;
    let path = "/api/v1/kits/k/versions/v1/tensors";
    let before = stage.json(path).await;
    assert_eq!(before["files"][0]["hashed"], "waiting");
    assert!(before["tensors"][0].get("digest").is_none());
    assert!(stage.text("/kits/k/v1/tensors").await.contains("waits for its tensors"));
    stage.looked().await;
    let after = stage.json(path).await;
    assert_eq!(
        (&after["files"][0]["hashed"], &after["files"][1]["hashed"]),
        (&json!("whole"), &json!("whole"))
    );
    let of = |name: &str| {
        let tensors = after["tensors"].as_array().unwrap();
        tensors.iter().find(|one| one["name"] == name).unwrap()["digest"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!((of("a"), of("b"), of("empty")), (blake3(b"first"), blake3(&big), blake3(b"")));
    assert!(after["tensors"].as_array().unwrap().iter().all(|one| one.get("digest").is_some()));
    assert_eq!(stage.json("/api/v1/catalog").await["tensorsWaiting"], 0);
    assert!(stage.text("/kits/k/v1/tensors").await.contains(&of("a")));
    let plain = TestHub::start().await;
    model(&[("m/a.safetensors", &file)]).store(plain.repository("k").as_ref(), "v1").await;
    let list = plain.client.get(path).await.json();
    assert!(list["files"][0].get("hashed").is_none(), "a hub without a catalogue hashes none");
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_headers_cost_no_byte_twice_and_keep_nobody_waiting() {
    let mut stage = Stage::idle().await;
    let entry = |from: u64, to: u64| json!({ "dtype": "U8", "shape": [to - from], "data_offsets": [from, to] });
    let overlapping: Map<String, Value> =
        (0..500).map(|at| (format!("t{at}"), entry(at, 600))).collect();
    let overlapping = raw(&Value::Object(overlapping), &[7; 600]);
    let past = raw(&json!({ "w": entry(0, 1 << 40), "v": entry(0, 4) }), b"abcd");
    let endless = u64::MAX.to_le_bytes();
    let good = safetensors(&[("w", b"good")]);
    let kit = model(&[
        ("m/a.safetensors", &overlapping),
        ("m/b.safetensors", &past),
        ("m/c.safetensors", &endless),
        ("m/d.gguf", b"GGUF\x03\0\0\0\xff\xff\xff\xff\xff\xff\xff\x7f"),
        ("m/e.gguf", b""),
        ("m/f.safetensors", &good),
    ]);
    stage.store("k", "v1", &kit).await;
    stage.looked().await;
    let list = stage.json("/api/v1/kits/k/versions/v1/tensors?limit=1000").await;
    assert_eq!(list["files"][0]["hashed"], "partly");
    assert_eq!(list["files"][1]["hashed"], "partly");
    assert_eq!(list["files"][5]["hashed"], "whole");
    let digests = |file: usize| {
        let tensors = list["tensors"].as_array().unwrap();
        tensors.iter().filter(|one| one["file"] == file && one.get("digest").is_some()).count()
    };
    assert_eq!((digests(0), digests(1), digests(5)), (1, 1, 1));
    let page = stage.text("/kits/k/v1/tensors").await;
    assert!(page.contains("some of its tensors could not be hashed"));
    let found = stage.json("/api/v1/compare/tensors?a=k:v1&b=k:v1").await;
    assert_eq!(found["tally"]["changed"], 0);
    assert_eq!((&found["a"]["incomplete"], &found["matching"]), (&json!(true), &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fine_tune_is_compared_with_its_base_in_another_repository() {
    let mut stage = Stage::idle().await;
    let base = safetensors(&[
        ("model.layers.0.w", b"same"),
        ("model.layers.1.w", b"base"),
        ("model.head", b"head"),
    ]);
    let one = safetensors(&[("model.layers.1.w", b"tune"), ("lora", b"new")]);
    let two = safetensors(&[("model.layers.0.w", b"same"), ("lm_head", b"head")]);
    stage.store("base", "v1", &model(&[("m/model.safetensors", &base)])).await;
    let shards = model(&[("m/1.safetensors", &one), ("m/2.safetensors", &two)]);
    stage.store("team/tuned", "v1", &shards).await;
    let path = "/api/v1/compare/tensors?a=base:v1&b=team/tuned:v1";
    let before = stage.json(path).await;
    assert_eq!((&before["tally"]["unknown"], &before["a"]["waiting"]), (&json!(2), &json!(true)));
    assert!(stage.text("/compare?a=base:v1&b=team/tuned:v1").await.contains("still hashing"));
    stage.looked().await;
    let found = stage.json(path).await;
    assert_eq!(
        found["tally"],
        json!({ "unchanged": 1, "changed": 1, "unknown": 0, "moved": 1, "added": 1, "removed": 0 })
    );
    assert_eq!((&found["equalBytes"], &found["deltaBytes"]), (&json!(8), &json!(7)));
    assert_eq!(
        found["layers"][0],
        json!({ "name": "model.layers.1", "tensors": 1, "changed": 1, "bytes": 4, "changedBytes": 4 })
    );
    let changes: Vec<_> = found["tensors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["change"].as_str().unwrap())
        .collect();
    assert_eq!(changes, ["moved", "added", "changed"]);
    let page = stage.text("/compare/tensors?a=base:v1&b=team/tuned:v1&change=moved").await;
    assert!(page.contains("model.head<br>→ lm_head"), "{page}");
    assert!(!page.contains("<th scope=\"row\">lora"), "{page}");
    let limited = stage.json(&format!("{path}&limit=1")).await;
    assert_eq!((&limited["next"], &limited["matching"]), (&json!(1), &json!(3)));
    for bad in ["&change=colour", "&from=-1", "&limit=x"] {
        assert_eq!(stage.hub.client.get(&format!("{path}{bad}")).await.status, 400, "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn formats_that_name_tensors_otherwise_are_told_apart() {
    let mut stage = Stage::idle().await;
    let file = safetensors(&[("model.layers.0.mlp.weight", b"weights"), ("model.norm", b"n")]);
    stage.store("a", "v1", &model(&[("m/m.safetensors", &file)])).await;
    stage.store("b", "v1", &model(&[("m/m.gguf", GGUF)])).await;
    stage.looked().await;
    let found = stage.json("/api/v1/compare/tensors?a=a:v1&b=b:v1").await;
    assert_eq!((&found["otherNames"], &found["tally"]["unchanged"]), (&json!(true), &json!(0)));
    let page = stage.text("/compare/tensors?a=a:v1&b=b:v1").await;
    assert!(page.contains("Each format has its own names"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_place_of_one_layer_is_equal_without_a_digest() {
    let stage = Stage::idle().await;
    let file = safetensors(&[("w", b"weights")]);
    let kit = KitBuilder::new("k").model("m.safetensors", &file);
    stage.store("k", "v1", &kit).await;
    stage.store("k", "v2", &kit.docs("README.md", b"new")).await;
    let found = stage.json("/api/v1/compare/tensors?a=k:v1&b=k:v2").await;
    assert_eq!((&found["tally"]["unchanged"], &found["equalBytes"]), (&json!(1), &json!(7)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_was_killed_goes_on_and_comes_to_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let storage = Storage::open(dir.path()).unwrap();
    let names: Arc<dyn Namespace> = Arc::new(storage.clone());
    let versions: Arc<dyn Versions> = Arc::new(storage.clone());
    let fresh = || Catalog::in_memory().unwrap();
    let mut whole = Stage::over(Arc::clone(&names), Arc::clone(&versions), fresh()).await;
    let file = safetensors(&[("a", b"one"), ("b", b"two"), ("c", b"three")]);
    let header = file.len() as u64 - 11;
    let kit = KitBuilder::new("k").model("m.safetensors", &file);
    let kit = whole.store("k", "v1", &kit).await;
    whole.looked().await;
    let path = "/api/v1/kits/k/versions/v1/tensors";
    let expected = whole.json(path).await;
    // What a hub leaves that was killed behind each of its steps.
    let layer = kit.manifest.value().layers()[0].digest.clone();
    let place = TensorPlace { layer, offset: 512, size: file.len() as u64 };
    let digest = kit.manifest.digest().clone();
    for step in 0..4 {
        let left = fresh();
        let described = whole.index.catalog().entry("k", &digest).unwrap().unwrap();
        left.put(&described).unwrap();
        if step > 0 {
            let open = left
                .set_tensor_files("k", &digest, &[(place.clone(), "m.safetensors".to_owned())])
                .unwrap();
            assert_eq!(open.unwrap(), std::slice::from_ref(&place));
        }
        if step > 1 {
            let one = HashedTensor {
                span: (header, 3),
                names: vec!["a".to_owned()],
                digest: blake3(b"one"),
            };
            left.put_tensors("k", &place, &[one]).unwrap();
        }
        if step > 2 {
            left.end_tensors("k", &place, false).unwrap();
        }
        let mut resumed = Stage::over(Arc::clone(&names), Arc::clone(&versions), left).await;
        resumed.looked().await;
        let found = resumed.json(path).await;
        if step > 2 {
            assert_eq!(found["files"][0]["hashed"], "partly", "what is done is not done again");
        } else {
            assert_eq!(found, expected, "killed behind step {step}");
        }
    }
    let mut again = Stage::over(names, versions, fresh()).await;
    again.looked().await;
    assert_eq!(again.json(path).await, expected, "made again it is equal");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_side_is_not_learned_of() {
    let guarded = Guarded::start(false).await;
    for name in ["mine/a", "secret/a"] {
        let kit = KitBuilder::new("k").model("m.safetensors", &safetensors(&[("w", b"x")]));
        kit.store(guarded.hub.repository(name).as_ref(), "v1").await;
    }
    let token = guarded.token("u", &["read:mine"]).await;
    let both = guarded.token("v", &["read:mine", "read:secret"]).await;
    for path in
        ["/api/v1/compare/text", "/api/v1/compare/tensors", "/compare/text", "/compare/tensors"]
    {
        for (a, b) in [("mine/a:v1", "secret/a:v1"), ("secret/a:v1", "mine/a:v1")] {
            let there = format!("{path}?a={a}&b={b}&file=m.safetensors");
            let seen = guarded.ask(&token, "GET", &there, b"").await;
            let absent = guarded.ask(&token, "GET", &there.replace("secret", "nothing"), b"").await;
            assert_eq!((seen.status, seen.body), (403, absent.body), "{there}");
            assert_eq!(guarded.ask(&both, "GET", &there, b"").await.status, 200, "{there}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn digests_of_one_repository_are_none_of_anothers() {
    let mut stage = Stage::idle().await;
    let file = safetensors(&[("w", b"weights")]);
    let kit = stage.store("a", "v1", &KitBuilder::new("k").model("m.safetensors", &file)).await;
    let layer: Digest = kit.manifest.value().layers()[0].digest.clone();
    stage.store("b", "v1", &KitBuilder::new("k").model("m.safetensors", &file)).await;
    stage.looked().await;
    let place = TensorPlace { layer, offset: 512, size: file.len() as u64 };
    let catalog = stage.index.catalog();
    catalog.remove("a", kit.manifest.digest()).unwrap();
    let span = [(file.len() as u64 - 7, 7)];
    assert_eq!(catalog.tensors("a", &place, &span).unwrap().1, [None]);
    assert_eq!(catalog.tensors("b", &place, &span).unwrap().1, [Some(blake3(b"weights"))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_tensors_are_hashed_and_compared() {
    const COUNT: usize = 100_000;
    let mut stage = Stage::idle().await;
    let of = |tuned: bool| {
        let mut data = Vec::with_capacity(COUNT * 4);
        for at in 0..COUNT {
            let value =
                u32::try_from(at).unwrap() + if tuned && at % 100 == 0 { 1 << 24 } else { 0 };
            data.extend(value.to_le_bytes());
        }
        let entry = |at: usize| {
            let place = [at * 4, at * 4 + 4];
            let name = format!("model.layers.{}.experts.{at}", at / 1_000);
            (name, json!({ "dtype": "U8", "shape": [4], "data_offsets": place }))
        };
        raw(&Value::Object((0..COUNT).map(entry).collect()), &data)
    };
    stage.store("base", "v1", &model(&[("m/m.safetensors", &of(false))])).await;
    stage.store("tuned", "v1", &model(&[("m/m.safetensors", &of(true))])).await;
    stage.looked().await;
    let begun = std::time::Instant::now();
    let found = stage.json("/api/v1/compare/tensors?a=base:v1&b=tuned:v1&limit=10").await;
    assert!(begun.elapsed() < std::time::Duration::from_mins(1), "{:?}", begun.elapsed());
    assert_eq!(
        found["tally"],
        json!({ "unchanged": 99_000, "changed": 1_000, "unknown": 0, "moved": 0, "added": 0, "removed": 0 })
    );
    assert_eq!((&found["matching"], &found["deltaBytes"]), (&json!(1_000), &json!(4_000)));
    assert_eq!(found["tensors"][1]["a"]["name"], "model.layers.0.experts.100", "as people count");
    let page = stage.text("/api/v1/kits/tuned/versions/v1/tensors?from=99990").await;
    assert!(page.contains("blake3:"));
}

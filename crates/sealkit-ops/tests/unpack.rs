//! Kits that only hands can make: trusted tables, foreign ModelPacks, old and lying kits.
#![allow(clippy::unwrap_used, reason = "a test that can not set its stage must fail at once")]

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use sealkit_oci::{Annotations, Descriptor, Digest, KitFormat, Manifest, Raw, media_type};
use sealkit_ops::convert::convert;
use sealkit_ops::files::{Proof, ReadRequest, TableTrust, list_files, read_file};
use sealkit_ops::inspect::{InfoFormat, info};
use sealkit_ops::network::{Client, ClientOptions};
use sealkit_ops::unpack::{
    Existing, Limits, UnpackEvent, UnpackOutcome, UnpackRequest, parse_filters, unpack,
};
use sealkit_ops::{Context, Home, Kit, NoProgress, OpsError, Place};
use sealkit_store::Repository;
use sealkit_testkit::{KitBuilder, TarBuilder, TestRegistry};
use serde_json::json;
use tempfile::TempDir;

/// Trusts every table: stands for a verified statement.
struct TrustAll;

#[async_trait]
impl TableTrust for TrustAll {
    async fn trusted_tables(&self, kit: &Kit) -> Result<Vec<Digest>, OpsError> {
        Ok(kit.file_table_blobs().await?.into_iter().map(|table| table.digest).collect())
    }
}

struct TrustNoTable;

#[async_trait]
impl TableTrust for TrustNoTable {
    async fn trusted_tables(&self, _kit: &Kit) -> Result<Vec<Digest>, OpsError> {
        Ok(Vec::new())
    }
}

/// Trusts every table and counts how often it was asked.
#[derive(Default)]
struct Counting(AtomicUsize);

#[async_trait]
impl TableTrust for Counting {
    async fn trusted_tables(&self, kit: &Kit) -> Result<Vec<Digest>, OpsError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        TrustAll.trusted_tables(kit).await
    }
}

struct Stage {
    root: TempDir,
    registry: TestRegistry,
    context: Context,
    events: Arc<Mutex<Vec<UnpackEvent>>>,
}

impl Stage {
    async fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let options = ClientOptions { plain_http: true, ..ClientOptions::default() };
        let context = Context {
            home: Home::new(root.path().join("home")),
            client: Arc::new(Client::new(options)),
            concurrency: 2,
            progress: Arc::new(NoProgress),
            clock: || 0,
            served: None,
            s3: None,
        };
        Self { root, registry: TestRegistry::start().await, context, events: Arc::default() }
    }

    fn repository(&self) -> Arc<dyn Repository> {
        self.registry.repository("org/kit")
    }

    fn place(&self) -> Place {
        Place::Remote(format!("{}/org/kit:v1", self.registry.host()).parse().unwrap())
    }

    fn out(&self) -> PathBuf {
        self.root.path().join("out")
    }

    fn request(&self, filters: &[&str], trust: Arc<dyn TableTrust>) -> UnpackRequest {
        let filters: Vec<String> = filters.iter().map(|&filter| filter.to_owned()).collect();
        UnpackRequest {
            place: self.place(),
            dir: self.out(),
            filters: parse_filters(&filters).unwrap(),
            existing: Existing::Refuse,
            limits: Limits::default(),
            include_remote: false,
            unverified_ranges: false,
            unpinned: false,
            trust,
        }
    }

    async fn unpack(&self, request: &UnpackRequest) -> Result<UnpackOutcome, OpsError> {
        let events = Arc::clone(&self.events);
        let on_event = move |event| events.lock().unwrap().push(event);
        unpack(&self.context, request, &on_event).await
    }

    fn warnings(&self) -> Vec<String> {
        let events = self.events.lock().unwrap();
        let warning = |event: &UnpackEvent| match event {
            UnpackEvent::Warning(text) => Some(text.clone()),
            _ => None,
        };
        events.iter().filter_map(warning).collect()
    }

    async fn put(&self, media_type: &str, bytes: &[u8]) -> Descriptor {
        let descriptor = Descriptor::of(media_type, bytes);
        if self.repository().stat(&descriptor.digest).await.unwrap().is_some() {
            return descriptor;
        }
        let mut upload = self.repository().write(&descriptor).await.unwrap();
        upload.append(Bytes::copy_from_slice(bytes)).await.unwrap();
        upload.finish().await.unwrap();
        descriptor
    }

    async fn manifest(
        &self,
        artifact_type: Option<&str>,
        config: Descriptor,
        layers: Vec<Descriptor>,
    ) {
        let manifest = Manifest {
            schema_version: 2,
            media_type: Some(media_type::OCI_MANIFEST.to_owned()),
            artifact_type: artifact_type.map(str::to_owned),
            config,
            layers: Some(layers),
            subject: None,
            annotations: Annotations::new(),
        };
        let raw = Raw::build(media_type::OCI_MANIFEST, manifest).unwrap();
        let bytes = Bytes::copy_from_slice(raw.bytes());
        let repository = self.repository();
        let stored = repository.put_manifest(media_type::OCI_MANIFEST, bytes, Some("v1"));
        stored.await.unwrap();
    }

    /// A ModelPack without a Kitfile, one file in each layer, as `modctl` makes it.
    async fn modelpack(&self, layers: &[(&str, &str, &[u8])]) {
        let mut descriptors = Vec::new();
        for (kind, path, bytes) in layers {
            let layer = self.put(&format!("application/vnd.cncf.model.{kind}"), bytes).await;
            descriptors.push(layer.annotated(media_type::ANNOTATION_FILEPATH, *path));
        }
        let diff_ids: Vec<_> = descriptors.iter().map(|layer| layer.digest.to_string()).collect();
        let config =
            json!({ "descriptor": {}, "modelfs": { "type": "layers", "diffIds": diff_ids } });
        let config = self.put(media_type::MODELPACK_CONFIG, config.to_string().as_bytes()).await;
        self.manifest(Some(media_type::MODELPACK_MANIFEST), config, descriptors).await;
    }
}

/// As large as a file may be that has no segments: the builder's tables hold none.
fn big() -> Vec<u8> {
    (0..1 << 20).map(|i: u32| (i % 251) as u8).collect()
}

fn wide(big: &[u8]) -> KitBuilder {
    KitBuilder::new("wide").part(
        "dataset",
        "data",
        &[("data/big.bin", big), ("data/small.txt", b"small\n"), ("data/sub/x", b"x\n")],
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_trusted_table_only_the_wanted_bytes_are_fetched() {
    let stage = Stage::new().await;
    let kit = wide(&big()).store(&*stage.repository(), "v1").await;
    kit.store_table(&*stage.repository()).await;
    let request = stage.request(&["datasets:data/small.txt,data/sub"], Arc::new(TrustAll));
    let outcome = stage.unpack(&request).await.unwrap();
    assert_eq!(outcome.files, 2);
    assert_eq!(fs::read(stage.out().join("data/small.txt")).unwrap(), b"small\n");
    assert_eq!(fs::read(stage.out().join("data/sub/x")).unwrap(), b"x\n");
    assert!(!stage.out().join("data/big.bin").exists());
    assert!(stage.registry.blob_bytes_served() < 100_000, "{}", stage.registry.blob_bytes_served());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_nobody_vouches_for_is_not_believed() {
    let stage = Stage::new().await;
    let kit = wide(&big()).store(&*stage.repository(), "v1").await;
    kit.store_table(&*stage.repository()).await;
    let request = stage.request(&["datasets:data/small.txt"], Arc::new(TrustNoTable));
    stage.unpack(&request).await.unwrap();
    assert!(stage.registry.blob_bytes_served() > 1 << 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_that_is_not_what_the_trusted_table_says_is_refused() {
    let stage = Stage::new().await;
    let mut kit = wide(&big()).store(&*stage.repository(), "v1").await;
    kit.table.layers[0].files[1].digest = Some(sealkit_oci::Digest::of(b"other\n"));
    kit.store_table(&*stage.repository()).await;
    let request = stage.request(&["datasets:data/small.txt"], Arc::new(TrustAll));
    let error = stage.unpack(&request).await.unwrap_err();
    assert!(error.to_string().contains("wrong bytes"), "{error}");
    assert!(!stage.out().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_file_is_read_by_range_where_a_trusted_table_names_it() {
    let stage = Stage::new().await;
    let kit = wide(&big()).store(&*stage.repository(), "v1").await;
    kit.store_table(&*stage.repository()).await;
    let trust: Arc<dyn TableTrust> = Arc::new(TrustAll);
    let listing = list_files(&stage.context, stage.place(), &trust).await.unwrap();
    assert_eq!(listing.proof, Proof::TrustedTable);
    let (place, path) = (stage.place(), "data/small.txt".to_owned());
    let request = ReadRequest { place, path, trust, unverified: false };
    let out = stage.root.path().join("small.txt");
    let file = Box::new(fs::File::create(&out).unwrap());
    let read = read_file(&stage.context, request, file).await.unwrap();
    assert_eq!((read.proof, read.size), (Proof::TrustedTable, 6));
    assert_eq!(fs::read(&out).unwrap(), b"small\n");
    assert!(stage.registry.blob_bytes_served() < 100_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_modelpack_unpacks_by_its_layers() {
    let stage = Stage::new().await;
    let readme = TarBuilder::new().file("README.md", b"# r\n").finish();
    stage
        .modelpack(&[
            ("weight.v1.raw", "model-1.safetensors", b"one"),
            ("weight.v1.raw", "model-2.safetensors", b"two"),
            ("weight.config.v1.raw", "config.json", b"{}"),
            ("doc.v1.tar", "README.md", &readme),
            ("future.v9.raw", "later.bin", b"later"),
        ])
        .await;
    let outcome = stage.unpack(&stage.request(&[], Arc::new(TrustNoTable))).await.unwrap();
    assert_eq!(outcome.files, 4);
    for (path, bytes) in [
        ("model-1.safetensors", &b"one"[..]),
        ("model-2.safetensors", b"two"),
        ("config.json", b"{}"),
        ("README.md", b"# r\n"),
    ] {
        assert_eq!(fs::read(stage.out().join(path)).unwrap(), bytes);
    }
    assert!(!stage.out().join("Kitfile").exists());
    let warnings = stage.warnings();
    assert!(warnings.iter().any(|text| text.contains("no Kitfile")), "{warnings:?}");
    assert!(warnings.iter().any(|text| text.contains("future.v9.raw")), "{warnings:?}");
    let events = stage.events.lock().unwrap();
    let kinds: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            UnpackEvent::Part { kind, path, .. } => Some((*kind, path.as_str())),
            _ => None,
        })
        .collect();
    let expected = [
        ("model", "model-1.safetensors"),
        ("modelpart", "model-2.safetensors"),
        ("modelpart", "config.json"),
        ("docs", "README.md"),
    ];
    assert_eq!(kinds, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_equal_bytes_are_layers_of_their_own() {
    let stage = Stage::new().await;
    stage
        .modelpack(&[
            ("weight.v1.raw", "a.bin", b"same"),
            ("weight.v1.raw", "b.bin", b"same"),
            ("code.v1.raw", "pkg/__init__.py", b""),
            ("code.v1.raw", "pkg/sub/__init__.py", b""),
            ("doc.v1.raw", "NOTES.md", b""),
        ])
        .await;
    let outcome = stage.unpack(&stage.request(&[], Arc::new(TrustNoTable))).await.unwrap();
    assert_eq!(outcome.files, 5);
    for path in ["a.bin", "b.bin"] {
        assert_eq!(fs::read(stage.out().join(path)).unwrap(), b"same", "{path}");
    }
    for path in ["pkg/__init__.py", "pkg/sub/__init__.py", "NOTES.md"] {
        assert_eq!(fs::read(stage.out().join(path)).unwrap(), b"", "{path}");
    }
    fs::remove_dir_all(stage.out()).unwrap();
    let request = stage.request(&["code:pkg/sub/__init__.py"], Arc::new(TrustNoTable));
    assert_eq!(stage.unpack(&request).await.unwrap().files, 1);
    assert!(stage.out().join("pkg/sub/__init__.py").is_file());
    assert!(!stage.out().join("pkg/__init__.py").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_table_is_trusted_by_is_asked_once_for_a_kit() {
    let stage = Stage::new().await;
    let mut builder = KitBuilder::new("many");
    let names: Vec<String> = (0..5).map(|at| format!("d{at}")).collect();
    for name in &names {
        let path = format!("{name}/x.txt");
        builder = builder.part("dataset", name, &[(path.as_str(), name.as_bytes())]);
    }
    let kit = builder.store(&*stage.repository(), "v1").await;
    kit.store_table(&*stage.repository()).await;
    let trust = Arc::new(Counting::default());
    let filters: Vec<String> = names.iter().map(|n| format!("datasets:{n}/x.txt")).collect();
    let filters: Vec<&str> = filters.iter().map(String::as_str).collect();
    let outcome = stage.unpack(&stage.request(&filters, trust.clone())).await.unwrap();
    assert_eq!((outcome.files, trust.0.load(Ordering::SeqCst)), (5, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_modelpack_whose_layer_has_no_path_is_refused() {
    let stage = Stage::new().await;
    stage.modelpack(&[("weight.v1.raw", "", b"one")]).await;
    let error = stage.unpack(&stage.request(&[], Arc::new(TrustNoTable))).await.unwrap_err();
    assert!(error.to_string().contains("does not say which file it is"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn kits_from_before_digests_unpack_beside_their_paths() {
    let stage = Stage::new().await;
    let tar = TarBuilder::new().file("m.bin", b"model").finish();
    let model = stage.put("application/vnd.kitops.modelkit.model.v1.tar", &tar).await;
    let tar = TarBuilder::new().file("one/a.py", b"1").finish();
    let first = stage.put("application/vnd.kitops.modelkit.code.v1.tar", &tar).await;
    let tar = TarBuilder::new().file("two/a.py", b"2").finish();
    let second = stage.put("application/vnd.kitops.modelkit.code.v1.tar", &tar).await;
    let config = json!({
        "manifestVersion": "1.0.0",
        "package": { "name": "old" },
        "model": { "name": "m", "path": "weights/deep/m.bin" },
        "code": [{ "path": "src/one" }, { "path": "src/two" }],
    });
    let config = stage.put(media_type::MODELKIT_CONFIG, config.to_string().as_bytes()).await;
    stage.manifest(None, config, vec![model, first, second]).await;
    stage.unpack(&stage.request(&[], Arc::new(TrustNoTable))).await.unwrap();
    assert_eq!(fs::read(stage.out().join("weights/deep/m.bin")).unwrap(), b"model");
    assert_eq!(fs::read(stage.out().join("src/one/a.py")).unwrap(), b"1");
    assert_eq!(fs::read(stage.out().join("src/two/a.py")).unwrap(), b"2");
    let trust: Arc<dyn TableTrust> = Arc::new(TrustNoTable);
    let listing = list_files(&stage.context, stage.place(), &trust).await.unwrap();
    let paths: Vec<_> = listing.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["weights/deep/m.bin", "src/one/a.py", "src/two/a.py"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn layers_without_a_part_are_told_and_parts_without_a_layer_refused() {
    let stage = Stage::new().await;
    let tar = TarBuilder::new().file("a.py", b"1").finish();
    let code = stage.put("application/vnd.kitops.modelkit.code.v1.tar", &tar).await;
    let tar = TarBuilder::new().file("b.py", b"2").finish();
    let more = stage.put("application/vnd.kitops.modelkit.code.v1.tar", &tar).await;
    let config = |path: &str, digest: &str| {
        let code = json!([{ "path": path, "digest": digest, "diffId": digest }]);
        json!({ "manifestVersion": "1.0.0", "package": {}, "code": code }).to_string()
    };
    let good = config("a.py", &code.digest.to_string());
    let good = stage.put(media_type::MODELKIT_CONFIG, good.as_bytes()).await;
    let layers = vec![code.clone(), more.clone()];
    stage.manifest(Some(media_type::MODELKIT_MANIFEST), good, layers).await;
    let outcome = stage.unpack(&stage.request(&[], Arc::new(TrustNoTable))).await.unwrap();
    assert_eq!(outcome.files, 2, "the Kitfile and one file");
    assert!(!stage.out().join("b.py").exists());
    assert!(stage.warnings().iter().any(|text| text.contains(&more.digest.to_string())));

    fs::remove_dir_all(stage.out()).unwrap();
    let lying = config("a.py", &sealkit_oci::Digest::of(b"nothing").to_string());
    let lying = stage.put(media_type::MODELKIT_CONFIG, lying.as_bytes()).await;
    stage.manifest(Some(media_type::MODELKIT_MANIFEST), lying, vec![code]).await;
    let error = stage.unpack(&stage.request(&[], Arc::new(TrustNoTable))).await.unwrap_err();
    assert!(error.to_string().contains("no layer of the manifest holds `a.py`"), "{error}");
    assert!(!stage.out().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_modelpack_is_shown_and_converted_by_its_layers() {
    let stage = Stage::new().await;
    let weights = ("weight.v1.raw", "model.safetensors", &b"one"[..]);
    stage.modelpack(&[weights, ("weight.config.v1.raw", "c.json", b"{}")]).await;
    let yaml = info(&stage.context, &stage.place(), None, InfoFormat::Yaml).await.unwrap();
    assert!(yaml.contains("model.safetensors") && yaml.contains("c.json"), "{yaml}");
    let kit = Kit::open(&stage.context, &stage.place()).await.unwrap();
    let made = convert(&kit, KitFormat::ModelKit).await.unwrap().kit;
    let paths: Vec<_> = made.layers.iter().map(|l| l.part.clone().unwrap().path).collect();
    assert_eq!(paths, ["model.safetensors", "c.json"]);
}

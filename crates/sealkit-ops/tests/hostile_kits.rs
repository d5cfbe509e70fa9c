//! Kits that lie: each is refused with the reason, and nothing of it reaches the folder.
#![allow(clippy::unwrap_used, reason = "a test that can not set its stage must fail at once")]

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use sealkit_oci::{Annotations, Descriptor, Digest, Manifest, Raw, media_type};
use sealkit_ops::files::{Proof, ReadRequest, TableTrust, list_files, read_file};
use sealkit_ops::inspect::inspect;
use sealkit_ops::network::{Client, ClientOptions};
use sealkit_ops::unpack::{Existing, Limits, UnpackOutcome, UnpackRequest, parse_filters, unpack};
use sealkit_ops::{Context, Home, Kit, NoProgress, OpsError, Place};
use sealkit_report::Hint as _;
use sealkit_store::{Layout, Naming, Repository};
use sealkit_testkit::{KitBuilder, TarBuilder, TarHeader, TestRegistry};
use serde_json::{Value, json};
use tempfile::TempDir;

const MODEL: &str = "application/vnd.kitops.modelkit.model.v1.tar";
const CODE: &str = "application/vnd.kitops.modelkit.code.v1.tar";
const RAW: &str = "application/vnd.kitops.modelkit.code.v1.raw";

/// Trusts what the test says.
struct Trust(bool);

#[async_trait]
impl TableTrust for Trust {
    async fn trusted_tables(&self, kit: &Kit) -> Result<Vec<Digest>, OpsError> {
        let blobs = kit.file_table_blobs().await?;
        Ok(blobs.into_iter().filter(|_| self.0).map(|blob| blob.digest).collect())
    }
}

struct Stage {
    root: TempDir,
    registry: TestRegistry,
    context: Context,
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
            s3: None,
        };
        Self { root, registry: TestRegistry::start().await, context }
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

    async fn unpack(&self, filters: &[&str], trusted: bool) -> Result<UnpackOutcome, OpsError> {
        let filters: Vec<String> = filters.iter().map(|&filter| filter.to_owned()).collect();
        let request = UnpackRequest {
            place: self.place(),
            dir: self.out(),
            filters: parse_filters(&filters).unwrap(),
            existing: Existing::Refuse,
            limits: Limits { entries: 1000, bytes: 64 << 20, ratio: 100 },
            include_remote: false,
            unverified_ranges: false,
            trust: Arc::new(Trust(trusted)),
        };
        unpack(&self.context, &request, &|_| {}).await
    }

    /// The unpack fails for this reason, and the folder is not there.
    async fn refuses(&self, reason: &str) {
        let error = self.unpack(&[], false).await.unwrap_err();
        let mut text = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        assert!(text.contains(reason), "expected `{reason}`: {text}");
        assert!(!self.out().exists(), "{reason}");
        let beside: Vec<_> = fs::read_dir(self.root.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "home")
            .collect();
        assert_eq!(beside, Vec::<String>::new(), "{reason}");
    }

    async fn put(&self, media_type: &str, bytes: &[u8]) -> Descriptor {
        let descriptor = Descriptor::of(media_type, bytes);
        if self.repository().stat(&descriptor.digest).await.unwrap().is_none() {
            let mut upload = self.repository().write(&descriptor).await.unwrap();
            upload.append(Bytes::copy_from_slice(bytes)).await.unwrap();
            upload.finish().await.unwrap();
        }
        descriptor
    }

    async fn manifest(&self, config: Descriptor, layers: Vec<Descriptor>) {
        let manifest = Manifest {
            schema_version: 2,
            media_type: Some(media_type::OCI_MANIFEST.to_owned()),
            artifact_type: Some(media_type::MODELKIT_MANIFEST.to_owned()),
            config,
            layers: Some(layers),
            subject: None,
            annotations: Annotations::new(),
        };
        let raw = Raw::build(media_type::OCI_MANIFEST, manifest).unwrap();
        let bytes = Bytes::copy_from_slice(raw.bytes());
        let repository = self.repository();
        repository.put_manifest(media_type::OCI_MANIFEST, bytes, Some("v1")).await.unwrap();
    }

    async fn kit(&self, kitfile: Value, layers: Vec<Descriptor>) {
        let mut whole = json!({ "manifestVersion": "1.0.0", "package": {} });
        for (key, value) in kitfile.as_object().unwrap() {
            whole[key] = value.clone();
        }
        let config = self.put(media_type::MODELKIT_CONFIG, whole.to_string().as_bytes()).await;
        self.manifest(config, layers).await;
    }

    /// A kit whose parts are these layers, each named by its digest.
    async fn code(&self, layers: &[(&str, Descriptor)]) {
        let parts: Vec<Value> = layers
            .iter()
            .map(|(path, layer)| json!({ "path": path, "digest": layer.digest }))
            .collect();
        let layers = layers.iter().map(|(_, layer)| layer.clone()).collect();
        self.kit(json!({ "code": parts }), layers).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_kit_is_told_by_what_it_is() {
    let stage = Stage::new().await;
    let repository = stage.repository();
    let index = json!({ "schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": [] });
    let bytes = Bytes::from(index.to_string());
    repository.put_manifest(media_type::OCI_INDEX, bytes, Some("v1")).await.unwrap();
    let error = inspect(&stage.context, &stage.place()).await.unwrap_err();
    assert_eq!(error.code(), "not-a-kit", "{error}");
    assert!(error.to_string().contains(media_type::OCI_INDEX), "{error}");
    let config = stage.put("application/vnd.oci.image.config.v1+json", b"{}").await;
    let image = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "config": config, "layers": [],
    });
    let bytes = Bytes::from(image.to_string());
    repository.put_manifest(media_type::OCI_MANIFEST, bytes, Some("v1")).await.unwrap();
    let error = inspect(&stage.context, &stage.place()).await.unwrap_err();
    assert_eq!(error.code(), "not-a-kit", "{error}");
    assert!(error.to_string().contains("vnd.oci.image.config"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_that_is_no_kitfile_is_refused() {
    let stage = Stage::new().await;
    for (config, reason) in [
        (&b"not json"[..], "not a Kitfile"),
        (b"[]", "not a Kitfile"),
        (br#"{"manifestVersion":"1.0.0","package":{},"model":7}"#, "model"),
        (b"", ""),
        (b"\xff\xfe", ""),
    ] {
        let config = if config.is_empty() {
            Descriptor::of(media_type::MODELKIT_CONFIG, b"nowhere")
        } else {
            stage.put(media_type::MODELKIT_CONFIG, config).await
        };
        let stored = stage.repository().stat(&config.digest).await.unwrap().is_some();
        if !stored {
            continue;
        }
        stage.manifest(config, Vec::new()).await;
        let error = inspect(&stage.context, &stage.place()).await.unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains(reason), "{reason}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_that_is_larger_than_any_kitfile_is_not_read() {
    let stage = Stage::new().await;
    let text =
        format!(r#"{{"manifestVersion":"1.0.0","package":{{"name":"{}"}}}}"#, "x".repeat(5 << 20));
    let config = stage.put(media_type::MODELKIT_CONFIG, text.as_bytes()).await;
    stage.manifest(config, Vec::new()).await;
    let before = stage.registry.blob_bytes_served();
    let error = inspect(&stage.context, &stage.place()).await.unwrap_err();
    assert_eq!(error.code(), "document-too-large", "{error}");
    assert_eq!(stage.registry.blob_bytes_served(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_layers_may_not_write_one_file() {
    let stage = Stage::new().await;
    let a = stage.put(CODE, &TarBuilder::new().file("src/a.py", b"1").finish()).await;
    let b = stage.put(CODE, &TarBuilder::new().file("src/a.py", b"2").finish()).await;
    stage.code(&[("src", a), ("src/a.py", b)]).await;
    stage.refuses("src/a.py").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_other_systems_take_for_one_are_refused_across_layers() {
    let stage = Stage::new().await;
    for (one, two) in [
        ("src/Readme.md", "src/README.md"),
        ("SRC/a.py", "src/a.py"),
        ("src/\u{e9}.py", "src/e\u{301}.py"),
        ("src/ﬁ.py", "src/fi.py"),
    ] {
        let a = stage.put(CODE, &TarBuilder::new().file(one, b"1").finish()).await;
        let b = stage.put(CODE, &TarBuilder::new().file(two, b"2").finish()).await;
        stage.code(&[("one", a), ("two", b)]).await;
        let result = stage.unpack(&[], false).await;
        if one.contains('ﬁ') {
            // Compatibility forms stay apart on every system that is known.
            let _ = fs::remove_dir_all(stage.out());
            continue;
        }
        assert!(result.is_err(), "{one} {two}");
        assert!(!stage.out().exists(), "{one} {two}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_one_layer_is_no_folder_of_another() {
    let stage = Stage::new().await;
    let a = stage.put(CODE, &TarBuilder::new().file("src", b"file").finish()).await;
    let b = stage.put(CODE, &TarBuilder::new().file("src/a.py", b"2").finish()).await;
    for (first, second) in [(&a, &b), (&b, &a)] {
        stage.code(&[("one", first.clone()), ("two", second.clone())]).await;
        stage.refuses("src").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_entry_of_any_kind_leaves_the_folder() {
    let stage = Stage::new().await;
    let long = format!("{}/../../../x", "a/".repeat(40));
    let names = [
        "../x",
        "/x",
        "a/../../x",
        "..",
        "./../x",
        "a//..//../x",
        "C:\\x",
        "a\\..\\..\\x",
        &long,
        "a/\0/x",
        "con/../../x",
    ];
    for name in names {
        let tar = TarBuilder::new().file(name, b"x").finish();
        let layer = stage.put(CODE, &tar).await;
        stage.code(&[("x", layer)]).await;
        let result = stage.unpack(&[], false).await;
        assert!(!stage.root.path().join("x").exists(), "{name:?}");
        assert!(!PathBuf::from("/x").exists(), "{name:?}");
        if result.is_ok() {
            // A backslash is a letter here.
            assert!(name.contains('\\') || name.contains('\0'), "{name:?}");
            fs::remove_dir_all(stage.out()).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn links_and_devices_are_refused_by_name() {
    let stage = Stage::new().await;
    let kinds = [
        TarHeader::symlink("evil", "/etc/passwd"),
        TarHeader::symlink("evil", "inside"),
        TarHeader::hardlink("evil", "/etc/passwd"),
        TarHeader { kind: b'3', ..TarHeader::file("evil", 0) },
        TarHeader { kind: b'4', ..TarHeader::file("evil", 0) },
        TarHeader { kind: b'6', ..TarHeader::file("evil", 0) },
        TarHeader { kind: b'Z', ..TarHeader::file("evil", 0) },
    ];
    for header in kinds {
        let tar = TarBuilder::new().file("inside", b"x").entry(&header, b"").finish();
        let layer = stage.put(CODE, &tar).await;
        stage.code(&[("x", layer)]).await;
        stage.refuses("evil").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_a_later_entry_would_go_through_is_never_made() {
    let stage = Stage::new().await;
    let outside = stage.root.path().join("home/outside");
    fs::create_dir_all(&outside).unwrap();
    let tar = TarBuilder::new()
        .entry(&TarHeader::symlink("dir", outside.to_str().unwrap()), b"")
        .file("dir/planted", b"x")
        .finish();
    let layer = stage.put(CODE, &tar).await;
    stage.code(&[("dir", layer)]).await;
    stage.refuses("dir").await;
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn raw_layers_say_where_they_go_and_are_held_to_it() {
    let stage = Stage::new().await;
    let raw = stage.put(RAW, b"bytes").await;
    for (path, metadata, reason) in [
        (Some("../x"), None, "../x"),
        (Some("/etc/x"), None, "/etc/x"),
        (Some("."), None, "org.cncf.model.filepath"),
        (Some(""), None, "org.cncf.model.filepath"),
        (None, None, "org.cncf.model.filepath"),
        (Some("a.py"), Some("not json"), "metadata"),
        (Some("a.py"), Some(r#"{"mode":-1}"#), "metadata"),
        (Some("a.py"), Some(r#"{"size":4}"#), "a.py"),
        (Some("a.py"), Some(r#"{"size":18446744073709551615}"#), "a.py"),
    ] {
        let mut layer = raw.clone();
        if let Some(path) = path {
            layer = layer.annotated(media_type::ANNOTATION_FILEPATH, path);
        }
        if let Some(metadata) = metadata {
            layer = layer.annotated(media_type::ANNOTATION_FILE_METADATA, metadata);
        }
        stage.code(&[("a.py", layer)]).await;
        stage.refuses(reason).await;
    }
    // Special bits are masked off.
    let layer = raw
        .annotated(media_type::ANNOTATION_FILEPATH, "a.py")
        .annotated(media_type::ANNOTATION_FILE_METADATA, r#"{"mode":2541}"#);
    stage.code(&[("a.py", layer)]).await;
    stage.unpack(&[], false).await.unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(stage.out().join("a.py")).unwrap().permissions().mode();
        assert_eq!(mode & 0o7000, 0, "{mode:o}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_name_of_an_annotation_is_no_second_chance() {
    let stage = Stage::new().await;
    let raw = stage.put(RAW, b"bytes").await;
    let both = raw
        .clone()
        .annotated(media_type::ANNOTATION_FILEPATH, "good.py")
        .annotated(media_type::OLD_ANNOTATION_FILEPATH, "../evil.py");
    stage.code(&[("good.py", both)]).await;
    stage.unpack(&[], false).await.unwrap();
    assert_eq!(fs::read(stage.out().join("good.py")).unwrap(), b"bytes");
    fs::remove_dir_all(stage.out()).unwrap();
    let old = raw.annotated(media_type::OLD_ANNOTATION_FILEPATH, "../evil.py");
    stage.code(&[("evil.py", old)]).await;
    stage.refuses("../evil.py").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_that_names_another_size_is_refused() {
    let stage = Stage::new().await;
    let tar = TarBuilder::new().file("a.py", b"1").finish();
    let good = stage.put(CODE, &tar).await;
    for size in [good.size - 1, good.size + 1, 0, 512] {
        let layer = Descriptor::new(CODE, good.digest.clone(), size);
        stage.code(&[("a.py", layer)]).await;
        let error = stage.unpack(&[], false).await.unwrap_err();
        assert!(!stage.out().exists(), "{size}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_that_is_gone_from_the_registry_is_named() {
    let mut stage = Stage::new().await;
    let shelf = stage.root.path().join("home/shelf");
    let layout = Layout::create(shelf, Naming::Store).unwrap();
    stage.registry = TestRegistry::over(Arc::new(layout.clone())).await;
    let kit = KitBuilder::small("kit").store(&*stage.repository(), "v1").await;
    let gone = kit.manifest.value().layers()[1].digest.clone();
    fs::remove_file(layout.blob_path(&gone)).unwrap();
    let error = stage.unpack(&[], false).await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(text.contains(gone.hex()), "{text}");
    assert!(!stage.out().exists());
    // What is left can still be picked.
    let outcome = stage.unpack(&["model"], false).await.unwrap();
    assert_eq!(outcome.files, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_diff_id_that_differs_is_refused_though_the_digest_is_right() {
    let stage = Stage::new().await;
    let tar = TarBuilder::new().file("a.py", b"1").finish();
    let layer = stage.put(CODE, &tar).await;
    let wrong = Digest::of(b"something else");
    let part = json!({ "path": "a.py", "digest": layer.digest, "diffId": wrong });
    stage.kit(json!({ "code": [part] }), vec![layer]).await;
    stage.refuses(wrong.hex()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_kits_can_not_use_their_paths_to_leave() {
    let stage = Stage::new().await;
    let tar = TarBuilder::new().file("m.bin", b"model").finish();
    let layer = stage.put(MODEL, &tar).await;
    for path in ["../../m.bin", "/abs/m.bin", "a/../../m.bin"] {
        // Without a digest the layer is unpacked beside its path.
        let model = json!({ "path": path });
        stage.kit(json!({ "model": model }), vec![layer.clone()]).await;
        let error = stage.unpack(&[], false).await.unwrap_err();
        assert!(!stage.out().exists(), "{path}: {error}");
        assert!(!stage.root.path().join("m.bin").exists(), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_hold_over_all_layers_together() {
    let stage = Stage::new().await;
    let mut parts = Vec::new();
    for number in 0..6 {
        let mut tar = TarBuilder::new();
        for file in 0..200 {
            tar = tar.file(&format!("p{number}/f{file}"), b"");
        }
        parts.push((format!("p{number}"), stage.put(CODE, &tar.finish()).await));
    }
    let named: Vec<(&str, Descriptor)> =
        parts.iter().map(|(path, layer)| (path.as_str(), layer.clone())).collect();
    stage.code(&named).await;
    stage.refuses("1000").await;
    stage.code(&named[..4]).await;
    assert_eq!(stage.unpack(&[], false).await.unwrap().files, 801);
}

/// A kit with one file of five bytes, whose table says something else.
async fn lying(stage: &Stage, lie: impl FnOnce(&mut sealkit_oci::FileEntry)) {
    let mut kit = KitBuilder::new("kit")
        .part("dataset", "data", &[("data/a.txt", b"first"), ("data/b.txt", b"second")])
        .store(&*stage.repository(), "v1")
        .await;
    lie(&mut kit.table.layers[0].files[0]);
    kit.store_table(&*stage.repository()).await;
}

async fn read(stage: &Stage, path: &str, trusted: bool) -> (Result<Proof, OpsError>, Vec<u8>) {
    let out = stage.root.path().join("home/read");
    fs::create_dir_all(out.parent().unwrap()).unwrap();
    let file = Box::new(fs::File::create(&out).unwrap());
    let trust = Arc::new(Trust(trusted));
    let request =
        ReadRequest { place: stage.place(), path: path.to_owned(), trust, unverified: false };
    let result = read_file(&stage.context, request, file).await.map(|read| read.proof);
    (result, fs::read(&out).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_table_that_lies_about_a_file_gives_nothing_away() {
    for lie in [
        |file: &mut sealkit_oci::FileEntry| file.offset += 1,
        |file: &mut sealkit_oci::FileEntry| file.offset += 1024,
        |file: &mut sealkit_oci::FileEntry| file.size -= 1,
        |file: &mut sealkit_oci::FileEntry| file.size += 1,
        |file: &mut sealkit_oci::FileEntry| file.size = 1 << 40,
        |file: &mut sealkit_oci::FileEntry| file.offset = u64::MAX - 5,
        |file: &mut sealkit_oci::FileEntry| file.digest = Some(Digest::of(b"other")),
    ] {
        let stage = Stage::new().await;
        lying(&stage, lie).await;
        // A table that can not be true is passed over: then the whole layer is read.
        let (result, bytes) = read(&stage, "data/a.txt", true).await;
        if let Ok(proof) = result {
            assert_eq!((proof, bytes.as_slice()), (Proof::WholeLayer, &b"first"[..]));
        } else {
            assert!(bytes.is_empty() || bytes != b"first");
        }
        if stage.unpack(&["datasets:data/a.txt"], true).await.is_ok() {
            assert_eq!(fs::read(stage.out().join("data/a.txt")).unwrap(), b"first");
            fs::remove_dir_all(stage.out()).unwrap();
        }
        assert!(!stage.out().exists());
        // Whole layers are verified by their own digests.
        stage.unpack(&[], true).await.unwrap();
        assert_eq!(fs::read(stage.out().join("data/a.txt")).unwrap(), b"first");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_names_no_place_outside() {
    for path in ["../evil.txt", "/evil.txt", "data/../../evil.txt"] {
        let stage = Stage::new().await;
        lying(&stage, |file| file.path = path.to_owned()).await;
        for trusted in [true, false] {
            let result = stage.unpack(&[&format!("datasets:{path}")], trusted).await;
            assert!(!stage.root.path().join("evil.txt").exists(), "{path}");
            if result.is_ok() {
                // Nothing matched, or the whole layer was taken.
                let _ = fs::remove_dir_all(stage.out());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_nobody_vouches_for_is_shown_as_such_and_proves_nothing() {
    let stage = Stage::new().await;
    lying(&stage, |file| file.digest = Some(Digest::of(b"a lie"))).await;
    let trust: Arc<dyn TableTrust> = Arc::new(Trust(false));
    let listing = list_files(&stage.context, stage.place(), &trust).await.unwrap();
    assert_eq!(listing.proof, Proof::UnprovenTable);
    assert!(!listing.proof.is_proven());
    let (result, bytes) = read(&stage, "data/a.txt", false).await;
    assert_eq!((result.unwrap(), bytes.as_slice()), (Proof::WholeLayer, &b"first"[..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_do_not_fit_the_kit_are_passed_over() {
    let stage = Stage::new().await;
    let kit = KitBuilder::small("kit").store(&*stage.repository(), "v1").await;
    let good = serde_json::to_value(&kit.table).unwrap();
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut table = good.clone();
        change(&mut table);
        table.to_string().into_bytes()
    };
    for bytes in [
        changed(&|table| table["schemaVersion"] = json!(2)),
        changed(&|table| table["segmentSize"] = json!(1)),
        changed(&|table| {
            table["layers"].as_array_mut().unwrap().pop();
        }),
        changed(&|table| table["layers"].as_array_mut().unwrap().reverse()),
        b"not json".to_vec(),
        b"[]".to_vec(),
    ] {
        kit.attach(&*stage.repository(), media_type::FILE_TABLE, &bytes).await;
    }
    let trust: Arc<dyn TableTrust> = Arc::new(Trust(true));
    let listing = list_files(&stage.context, stage.place(), &trust).await.unwrap();
    assert_eq!(listing.proof, Proof::Headers, "none of them is used");
    kit.store_table(&*stage.repository()).await;
    let listing = list_files(&stage.context, stage.place(), &trust).await.unwrap();
    assert_eq!(listing.proof, Proof::TrustedTable, "the good one is found among them");
    assert_eq!(listing.files.len(), 3);
}

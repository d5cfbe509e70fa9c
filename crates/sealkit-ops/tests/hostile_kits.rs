//! Kits that lie: each is refused with the reason, and nothing of it reaches the folder.
#![allow(clippy::unwrap_used, reason = "a test that can not set its stage must fail at once")]

mod common;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use common::{CODE, MODEL, RAW, Stage};
use sealkit_oci::{Descriptor, Digest, media_type};
use sealkit_ops::catalog::describe;
use sealkit_ops::inspect::inspect;
use sealkit_ops::{Kit, Place};
use sealkit_report::Hint as _;
use sealkit_store::{Layout, Naming};
use sealkit_testkit::{KitBuilder, TarBuilder, TarHeader, TestRegistry};
use serde_json::json;

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
        TarHeader::symlink("x/evil", "/etc/passwd"),
        TarHeader::symlink("x/evil", "inside"),
        TarHeader::hardlink("x/evil", "/etc/passwd"),
        TarHeader { kind: b'3', ..TarHeader::file("x/evil", 0) },
        TarHeader { kind: b'4', ..TarHeader::file("x/evil", 0) },
        TarHeader { kind: b'6', ..TarHeader::file("x/evil", 0) },
        TarHeader { kind: b'Z', ..TarHeader::file("x/evil", 0) },
    ];
    for header in kinds {
        let tar = TarBuilder::new().file("x/inside", b"x").entry(&header, b"").finish();
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

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_that_calls_itself_an_index_is_no_kit_in_a_layout_either() {
    let stage = Stage::new().await;
    let kit = KitBuilder::small("kit").build();
    let dir = stage.root.path().join("layout");
    let layout = Layout::open_or_create(&dir, Naming::Plain).unwrap();
    kit.store(&layout.repository(""), Some("v1")).await;
    let mut lying: serde_json::Value = serde_json::from_slice(kit.manifest.bytes()).unwrap();
    lying["mediaType"] = media_type::OCI_INDEX.into();
    let lying = lying.to_string();
    let descriptor = Descriptor::of(media_type::OCI_MANIFEST, lying.as_bytes());
    fs::write(dir.join("blobs/sha256").join(descriptor.digest.hex()), lying).unwrap();
    let place = || Place::parse(&format!("oci:{}", dir.display()), false).unwrap();
    Kit::open(&stage.context, &place()).await.unwrap();
    let mut entry = serde_json::to_value(&descriptor).unwrap();
    entry["annotations"] = json!({ "org.opencontainers.image.ref.name": "v1" });
    let index = json!({ "schemaVersion": 2, "manifests": [entry] }).to_string();
    fs::write(dir.join("index.json"), index).unwrap();
    let error = Kit::open(&stage.context, &place()).await.err().unwrap();
    assert!(error.to_string().contains("not a kit"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_that_hide_a_file_are_gaps_and_lose_no_facts() {
    let stage = Stage::new().await;
    let card = b"---\nbase_model: evil/twice\n---\n# x\n";
    let first = TarBuilder::new().file("README.md", card).finish();
    let second = TarBuilder::new().file("README.md", b"# y\n").finish();
    let link = TarHeader::symlink("requirements.txt", "a.bin");
    let links = TarBuilder::new().file("a.bin", b"evilpkg==1.0\n").entry(&link, b"").finish();
    let mut layers = Vec::new();
    for (name, tar) in [("a", first), ("b", second), ("c", links)] {
        layers.push((name, stage.put(CODE, &tar).await));
    }
    stage.code(&layers).await;
    let described = describe(&stage.context, &stage.place(), None).await.unwrap();
    let told = described.gaps.join("; ");
    assert!(told.contains("more than once, with different content: README.md"), "{told}");
    assert!(told.contains("not looked at: requirements.txt"), "{told}");
    let entry = described.entry("a/b", 0);
    assert!(entry.things.iter().any(|thing| thing.name == "evil/twice"), "{:?}", entry.things);
    assert!(entry.problem.unwrap().contains("README.md"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_in_an_archive_of_a_kit_is_a_gap() {
    let stage = Stage::new().await;
    let inner = |name: &str| TarBuilder::new().file(name, b"torch==2.1.0\n").finish();
    for (name, is_gap) in [("code/requirements.txt", true), ("notes.txt", false)] {
        let outer = TarBuilder::new().file("model.tar", &inner(name)).finish();
        let layer = stage.put(CODE, &outer).await;
        stage.code(&[("a", layer)]).await;
        let told = describe(&stage.context, &stage.place(), None).await.unwrap().gaps.join("; ");
        let wanted = "archives whose contents are not indexed: model.tar";
        assert_eq!(told.contains(wanted), is_gap, "{name}: {told}");
    }
}

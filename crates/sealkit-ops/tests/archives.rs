//! Archives of kits: whole, cut, changed.
#![allow(clippy::unwrap_used, reason = "a test that can not set its stage must fail at once")]

#[path = "common/local.rs"]
mod local;

use std::fs;
use std::io::Cursor;
use std::path::Path;

use local::{Stage, attach_bytes, attached, parse};
use sealkit_oci::Digest;
use sealkit_ops::archive::{load, save};
use sealkit_ops::transfer::ReferrerPolicy;
use sealkit_ops::{Kit, Place};

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_kit_loads_to_the_same_kit_and_saves_to_the_same_bytes() {
    let (stage, kit) = attached().await;
    let bytes = stage.archive("a:v1").await;
    let other = Stage::new();
    let loaded = other.load(bytes.clone()).await.unwrap();
    let [only] = loaded.as_slice() else { panic!("{loaded:?}") };
    assert_eq!((&only.digest, only.attached), (kit.manifest.digest(), 2));
    assert_eq!(only.warnings, Vec::<String>::new());
    assert_eq!(other.archive("a:v1").await, bytes);
    assert!(other.store().fsck(true).unwrap().problems.is_empty());
    // Loading what is there already changes nothing.
    let again = other.load(bytes.clone()).await.unwrap();
    assert_eq!(again, loaded);
    assert_eq!(other.moves("a:v1").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_that_an_archive_moves_keeps_where_it_was() {
    let (stage, kit) = attached().await;
    let bytes = stage.archive("a:v1").await;
    let other = Stage::new();
    let old = other.kit("localhost/a", "v1", "mine").await;
    other.load(bytes).await.unwrap();
    assert_eq!(other.digest_of("a:v1").as_ref(), Some(kit.manifest.digest()));
    let last = other.moves("a:v1").pop().unwrap();
    assert_eq!(last.old.as_ref(), Some(old.manifest.digest()));
    assert!(other.digest_of(&format!("a@{}", old.manifest.digest())).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_that_ends_anywhere_early_names_nothing() {
    let (stage, _) = attached().await;
    let bytes = stage.archive("a:v1").await;
    let other = Stage::new();
    // The end is two empty blocks; all that is before counts.
    for length in (0..bytes.len() - 1024).step_by(700) {
        let result = other.load(bytes[..length].to_vec()).await;
        assert!(result.is_err(), "{length} of {}", bytes.len());
        assert!(other.is_empty(), "{length}");
    }
    assert!(other.store().fsck(true).unwrap().problems.is_empty());
    other.load(bytes).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_changed_byte_anywhere_is_refused_or_meaningless() {
    const STEP: usize = 83;
    let (stage, kit) = attached().await;
    let bytes = stage.archive("a:v1").await;
    let (mut meaningless, mut other) = (0, Stage::new());
    for at in (0..bytes.len()).step_by(STEP) {
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        match other.load(changed).await {
            Err(_) => assert!(other.is_empty(), "{at}"),
            Ok(loaded) => {
                // The name, or padding: never what is in the kit.
                meaningless += 1;
                let [only] = loaded.as_slice() else { panic!("{at}: {loaded:?}") };
                assert_eq!(only.digest, *kit.manifest.digest(), "{at}");
                assert!(other.store().fsck(true).unwrap().problems.is_empty(), "{at}");
                other = Stage::new();
            }
        }
    }
    let tried = bytes.len().div_ceil(STEP);
    assert!(meaningless < tried * 9 / 10, "{meaningless} of {tried} were taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_loaded_is_taken_from_the_archive_and_not_from_the_store() {
    let (stage, kit) = attached().await;
    let bytes = stage.archive("a:v1").await;
    let other = Stage::new();
    // The other store has a blob of that name with other bytes.
    let layer = kit.manifest.value().layers()[0].clone();
    other.store();
    let path = other.store().blob_path(&layer.digest);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, b"planted").unwrap();
    other.load(bytes).await.unwrap();
    assert_eq!(fs::read(&path).unwrap(), kit.layers[0]);
    assert!(other.store().fsck(true).unwrap().problems.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_archive_of_two_kits_gives_both_and_takes_no_new_name() {
    let stage = Stage::new();
    let a = stage.kit("localhost/a", "v1", "one").await;
    let b = stage.kit("localhost/b", "v1", "two").await;
    let whole = merged(&stage.archive("a:v1").await, &stage.archive("b:v1").await);
    let other = Stage::new();
    let name = parse("c:v1");
    let input = Box::new(Cursor::new(whole.clone()));
    let error = load(&other.context, input, "test.tar", Some(&name)).await.unwrap_err();
    assert!(error.to_string().contains("test.tar"), "{error}");
    assert!(other.is_empty());
    let loaded = other.load(whole).await.unwrap();
    assert_eq!(loaded.len(), 2);
    assert_eq!(other.digest_of("a:v1").as_ref(), Some(a.manifest.digest()));
    assert_eq!(other.digest_of("b:v1").as_ref(), Some(b.manifest.digest()));
}

/// Two archives in one: the entries of both, under one index.
fn merged(a: &[u8], b: &[u8]) -> Vec<u8> {
    use sealkit_pack::tar::{Streamed, TarKind, TarReader};
    use sealkit_report::Budget;
    use sealkit_testkit::TarBuilder;
    use std::io::Read as _;
    let mut files = std::collections::BTreeMap::new();
    let mut manifests: Vec<serde_json::Value> = Vec::new();
    for bytes in [a, b] {
        let budget = Budget::new(1 << 20, 1000, 0, 0);
        let mut tar = TarReader::new(Streamed::new(bytes), budget);
        while let Some(entry) = tar.next_entry().unwrap() {
            if entry.kind != TarKind::File {
                continue;
            }
            let mut content = Vec::new();
            tar.read_to_end(&mut content).unwrap();
            if entry.path == "index.json" {
                let index: serde_json::Value = serde_json::from_slice(&content).unwrap();
                manifests.extend(index["manifests"].as_array().unwrap().clone());
            }
            files.insert(entry.path, content);
        }
    }
    let index = serde_json::json!({ "schemaVersion": 2, "manifests": manifests });
    files.insert("index.json".to_owned(), index.to_string().into_bytes());
    let tar = files.iter().fold(TarBuilder::new(), |tar, (path, bytes)| tar.file(path, bytes));
    tar.finish()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kit_whose_attachment_is_damaged_is_not_saved_in_part() {
    let (stage, kit) = attached().await;
    let digest = Digest::of(&attach_bytes(1));
    let path = stage.store().blob_path(&digest);
    fs::remove_file(&path).unwrap();
    fs::write(&path, b"attached X").unwrap();
    let place = Place::Local(parse("a:v1"));
    let opened = Kit::open(&stage.context, &place).await.unwrap();
    let mut out = Vec::new();
    let label = Path::new("x.tar");
    let policy = ReferrerPolicy::Require;
    let result = save(&stage.context, &opened, Some("a:v1"), policy, &mut out, label).await;
    assert!(result.is_err());
    // Alone it can be saved.
    let mut out = Vec::new();
    let policy = ReferrerPolicy::Leave;
    save(&stage.context, &opened, Some("a:v1"), policy, &mut out, label).await.unwrap();
    let other = Stage::new();
    let loaded = other.load(out).await.unwrap();
    assert_eq!((&loaded[0].digest, loaded[0].attached), (kit.manifest.digest(), 0));
}

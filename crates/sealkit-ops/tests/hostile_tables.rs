//! File tables that lie: what is proven stays proven, and nothing else is believed.
#![allow(clippy::unwrap_used, reason = "a test that can not set its stage must fail at once")]

mod common;

use std::fs;
use std::sync::Arc;

use common::{Stage, Trust};
use sealkit_oci::{Digest, media_type};
use sealkit_ops::OpsError;
use sealkit_ops::files::{Proof, ReadRequest, TableTrust, list_files, read_file};
use sealkit_testkit::KitBuilder;
use serde_json::{Value, json};

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

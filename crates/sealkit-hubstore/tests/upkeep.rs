//! What upkeep costs others, and that it names what is concerned and nothing else.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use common::{Place, kit, later, push, read, repository};
use sealkit_hubstore::{Database, Fault, GcOptions, Limits};
use sealkit_oci::{Descriptor, Index, Raw, media_type};
use sealkit_store::StoreError;

#[tokio::test(flavor = "multi_thread")]
async fn layers_that_are_to_be_had_elsewhere_are_not_missed() {
    let place = Place::new();
    let storage = place.storage();
    push(&storage, "a", media_type::EMPTY_JSON).await;
    let kind = "application/vnd.oci.image.layer.nondistributable.v1.tar";
    let foreign = Descriptor::of(kind, b"not here");
    let raw = common::manifest(&foreign);
    let bytes = Bytes::copy_from_slice(raw.bytes());
    let own = repository(&storage, "a");
    own.put_manifest(media_type::OCI_MANIFEST, bytes, Some("v1")).await.unwrap();
    assert_eq!(storage.fsck().await.unwrap().problems, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_blob_is_named_with_the_tags_that_reach_it_through_an_index() {
    let place = Place::new();
    let storage = place.storage();
    let digest = kit(&storage, "a", "plain", b"some weights").await;
    kit(&storage, "a", "other", b"other weights").await;
    let own = repository(&storage, "a");
    let target = sealkit_oci::Target::Digest(digest);
    let child = own.manifest(&target).await.unwrap().unwrap().descriptor;
    let index = Raw::build(media_type::OCI_INDEX, Index::of(vec![child])).unwrap();
    let bytes = Bytes::copy_from_slice(index.bytes());
    own.put_manifest(media_type::OCI_INDEX, bytes, Some("index")).await.unwrap();
    let damaged = place
        .objects()
        .into_iter()
        .find(|path| std::fs::read(path).unwrap() == b"some weights")
        .unwrap();
    std::fs::write(damaged, b"sOme weights").unwrap();
    assert_eq!(storage.scrub(None).await.unwrap().tags, ["a:index", "a:plain"]);
}

/// A storage with many blobs of which every second is named: sweeping them is a matter of the reader.
#[tokio::test(flavor = "multi_thread")]
async fn others_write_while_much_is_looked_through() {
    const MANY: u32 = 60_000;
    let place = Place::new();
    drop(place.storage());
    let database = Database::open(&place.path().join("hub/hub.db")).unwrap();
    let fill = |state: &rusqlite::Connection| {
        state.execute("INSERT INTO manifests VALUES ('m', x'00')", [])?;
        state.execute(
            "INSERT INTO listed (repository, digest, media_type, at) VALUES ('a', 'm', 'x', 0)",
            [],
        )?;
        for at in 0..MANY {
            let (digest, key) =
                (format!("{at:08}"), format!("{at:08x}-89ab-4cde-8f01-23456789abcd"));
            state
                .prepare_cached("INSERT INTO blobs (digest, key, size) VALUES (?1, ?2, 1)")?
                .execute([&digest, &key])?;
            state.prepare_cached("INSERT INTO held VALUES ('a', ?1, 0)")?.execute([&digest])?;
            if at % 2 == 0 {
                state
                    .prepare_cached("INSERT INTO links VALUES ('m', ?1, 0)")?
                    .execute([&digest])?;
            }
        }
        Ok::<_, Fault>(())
    };
    database.write(fill).await.unwrap();
    let storage = place.with(Limits::default(), later);
    let sweeping = {
        let storage = storage.clone();
        let options = GcOptions { grace: Duration::from_hours(1), dry_run: false };
        tokio::spawn(async move { storage.gc(&options).await })
    };
    let (mut slowest, mut pushes) = (Duration::ZERO, 0);
    while !sweeping.is_finished() {
        let begun = Instant::now();
        push(&storage, "b", format!("meanwhile {pushes}").as_bytes()).await;
        slowest = slowest.max(begun.elapsed());
        pushes += 1;
    }
    let report = sweeping.await.unwrap().unwrap();
    assert_eq!(report.blobs, u64::from(MANY / 2));
    assert!(pushes > 0 && slowest < Duration::from_secs(2), "{pushes} pushes, {slowest:?}");
    let first = Descriptor::of("x", b"meanwhile 0");
    assert_eq!(read(&storage, "b", &first).await, b"meanwhile 0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_did_not_end_is_no_storage() {
    let place = Place::new();
    let storage = place.storage();
    kit(&storage, "a", "v1", b"weights").await;
    let gone = place.objects().pop().unwrap();
    std::fs::remove_file(gone).unwrap();
    let copy = place.path().join("copy");
    let failed = storage.backup(&copy).await;
    assert!(matches!(failed, Err(StoreError::Io { .. })), "{failed:?}");
    assert!(!copy.exists(), "half a copy looks like a whole one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_made_while_what_nobody_names_is_swept() {
    let place = Place::new();
    let storage = place.storage();
    kit(&storage, "a", "v1", b"weights").await;
    let lonely = push(&storage, "a", b"lonely").await;
    let object =
        place.objects().into_iter().find(|path| std::fs::read(path).unwrap() == b"lonely").unwrap();
    // As a sweep does it between the copy of the state and that of the objects.
    std::fs::remove_file(object).unwrap();
    let copy = place.path().join("copy");
    assert_eq!(storage.backup(&copy).await.unwrap().blobs, 2);
    let copy = sealkit_hubstore::Storage::open(&copy).unwrap();
    assert_eq!(copy.fsck().await.unwrap().problems, []);
    assert_eq!(repository(&copy, "a").stat(&lonely.digest).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_that_a_manifest_names_is_not_removed_from_under_it() {
    let place = Place::new();
    let storage = place.storage();
    let digest = kit(&storage, "a", "v1", b"weights").await;
    push(&storage, "b", b"weights").await;
    let (own, blob) = (repository(&storage, "a"), Descriptor::of("x", b"weights").digest);
    let refused = own.delete_blob(&blob).await;
    assert!(matches!(refused, Err(StoreError::Unsupported { .. })), "{refused:?}");
    repository(&storage, "b").delete_blob(&blob).await.unwrap();
    own.delete_manifest(&sealkit_oci::Target::Digest(digest)).await.unwrap();
    own.delete_blob(&blob).await.unwrap();
    assert_eq!(own.stat(&blob).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn repositories_are_listed_once_whatever_they_hold() {
    use sealkit_store::{Namespace as _, Page};
    let place = Place::new();
    let storage = place.storage();
    for name in ["b", "a/c", "a", "z-1"] {
        kit(&storage, name, "v1", name.as_bytes()).await;
    }
    push(&storage, "m/blobs-only", b"x").await;
    let all = ["a", "a/c", "b", "m/blobs-only", "z-1"];
    assert_eq!(storage.repositories(&Page::default()).await.unwrap(), all);
    for (at, after) in all.iter().enumerate() {
        let page = Page { after: Some((*after).to_owned()), limit: Some(2) };
        let end = (at + 3).min(all.len());
        assert_eq!(storage.repositories(&page).await.unwrap(), all[at + 1..end]);
    }
    let none = Page { after: None, limit: Some(0) };
    assert_eq!(storage.repositories(&none).await.unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_was_told_of_is_spared_for_as_long_as_what_was_pushed() {
    static NOW: AtomicI64 = AtomicI64::new(1_000_000);
    let place = Place::new();
    let storage = place.with(Limits::default(), || NOW.load(Ordering::SeqCst));
    let (asked, forgotten) =
        (push(&storage, "a", b"asked").await, push(&storage, "a", b"no").await);
    let own = repository(&storage, "a");
    NOW.fetch_add(80_000, Ordering::SeqCst);
    assert_eq!(own.stat(&asked.digest).await.unwrap(), Some(asked.size));
    NOW.fetch_add(80_000, Ordering::SeqCst);
    let swept = storage.gc(&GcOptions::default()).await.unwrap();
    assert_eq!((swept.blobs, swept.bytes), (1, forgotten.size));
    assert_eq!(own.stat(&asked.digest).await.unwrap(), Some(asked.size));
}

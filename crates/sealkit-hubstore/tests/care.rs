//! Sweeping, checking, scrubbing, indexing and copying, each while something else goes on.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

use std::fs;
use std::time::Duration;

use bytes::Bytes;
use common::{Place, kit, later, manifest, push, read, repository};
use sealkit_hubstore::{Database, GcOptions, GcReport, Limits, Storage};
use sealkit_oci::{Descriptor, Target, media_type};
use sealkit_store::{Page, StoreError};

fn at_once() -> GcOptions {
    GcOptions { grace: Duration::ZERO, dry_run: false }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_manifest_names_goes_after_its_time_of_grace_and_nothing_else() {
    let place = Place::new();
    let storage = place.storage();
    let digest = kit(&storage, "org/kit", "v1", b"weights").await;
    let lonely = push(&storage, "org/kit", b"nobody names this").await;
    // Named in one repository, unnamed in the other: it stays, and is gone from the other.
    push(&storage, "org/other", b"weights").await;
    assert_eq!(storage.gc(&GcOptions::default()).await.unwrap(), GcReport::default());
    let storage = place.with(Limits::default(), later);
    let dry = GcOptions { dry_run: true, ..GcOptions::default() };
    let told = storage.gc(&dry).await.unwrap();
    assert_eq!((told.blobs, told.bytes), (1, lonely.size));
    assert_eq!(place.objects().len(), 3);
    let done = storage.gc(&GcOptions::default()).await.unwrap();
    assert_eq!((done.blobs, done.bytes, done.orphans), (1, lonely.size, 0));
    assert_eq!(place.objects().len(), 2);
    assert_eq!(repository(&storage, "org/kit").stat(&lonely.digest).await.unwrap(), None);
    let weights = Descriptor::of("x", b"weights");
    assert_eq!(repository(&storage, "org/other").stat(&weights.digest).await.unwrap(), None);
    assert_eq!(read(&storage, "org/kit", &weights).await, b"weights");
    assert_eq!(storage.fsck().await.unwrap().problems, []);
    // The manifest goes, and what it named goes with the next sweep.
    let kit = repository(&storage, "org/kit");
    kit.delete_manifest(&Target::Digest(digest)).await.unwrap();
    assert_eq!(storage.gc(&GcOptions::default()).await.unwrap().blobs, 2);
    assert_eq!(place.objects(), Vec::<std::path::PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_goes_back_sweeps_nothing() {
    let place = Place::new();
    let storage = place.storage();
    push(&storage, "a", b"unnamed").await;
    let early = place.with(Limits::default(), || 1_000);
    assert_eq!(early.gc(&GcOptions::default()).await.unwrap(), GcReport::default());
    assert_eq!(place.objects().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_that_was_swept_before_it_is_named_is_told_and_sent_again() {
    let place = Place::new();
    let storage = place.storage();
    push(&storage, "a", media_type::EMPTY_JSON).await;
    let layer = push(&storage, "a", b"layer").await;
    let swept = place.with(Limits::default(), later);
    swept.gc(&at_once()).await.unwrap();
    let raw = manifest(&layer);
    let bytes = || Bytes::copy_from_slice(raw.bytes());
    let own = repository(&swept, "a");
    let refused = own.put_manifest(media_type::OCI_MANIFEST, bytes(), Some("v1")).await;
    assert!(matches!(refused, Err(StoreError::Dangling { .. })), "{refused:?}");
    assert_eq!(own.tags(&Page::default()).await.unwrap(), Vec::<String>::new());
    push(&swept, "a", media_type::EMPTY_JSON).await;
    push(&swept, "a", b"layer").await;
    own.put_manifest(media_type::OCI_MANIFEST, bytes(), Some("v1")).await.unwrap();
}

/// Pushes and sweeps at once, with no grace at all: a manifest that was taken has all that it names.
#[tokio::test(flavor = "multi_thread")]
async fn sweeping_while_the_same_kit_is_pushed_never_leaves_half_a_kit() {
    let place = Place::new();
    let storage = place.with(Limits::default(), later);
    let sweeper = {
        let storage = storage.clone();
        tokio::spawn(async move {
            for _ in 0..200 {
                storage.gc(&at_once()).await.unwrap();
            }
        })
    };
    let mut taken = 0;
    for round in 0..100 {
        push(&storage, "a", media_type::EMPTY_JSON).await;
        let layer = push(&storage, "a", b"the same layer").await;
        let raw = manifest(&layer);
        let own = repository(&storage, "a");
        let bytes = Bytes::copy_from_slice(raw.bytes());
        match own.put_manifest(media_type::OCI_MANIFEST, bytes, Some("v1")).await {
            Ok(stored) => {
                taken += 1;
                assert_eq!(read(&storage, "a", &layer).await, b"the same layer", "{round}");
                own.delete_manifest(&Target::Digest(stored.digest)).await.unwrap();
            }
            Err(StoreError::Dangling { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
    sweeper.await.unwrap();
    assert!(taken > 0);
    assert_eq!(storage.fsck().await.unwrap().problems, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_left_is_swept() {
    let place = Place::new();
    let storage = place.storage();
    kit(&storage, "a", "v1", b"weights").await;
    let key = "01234567-89ab-4cde-8f01-23456789abcd";
    fs::create_dir_all(place.path().join("hub/objects/01")).unwrap();
    fs::write(place.path().join("hub/objects/01").join(key), "an object without a row").unwrap();
    fs::write(place.path().join("hub/objects/01/README"), "somebody else's").unwrap();
    assert_eq!(storage.gc(&GcOptions::default()).await.unwrap().orphans, 0, "it is young");
    let storage = place.with(Limits::default(), later);
    assert_eq!(storage.gc(&GcOptions::default()).await.unwrap().orphans, 1);
    assert_eq!(place.objects().len(), 3, "two blobs, and what is somebody else's");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_damage_is_found_not_given_out_and_healed_by_a_push() {
    for damage in ["changed", "cut", "gone"] {
        let place = Place::new();
        let storage = place.storage();
        kit(&storage, "a", "v1", b"some weights").await;
        kit(&storage, "b", "v2", b"some weights").await;
        let is_weights = |path: &&std::path::PathBuf| fs::read(path).unwrap() == b"some weights";
        let object = place.objects().iter().find(is_weights).unwrap().clone();
        match damage {
            "changed" => fs::write(&object, b"sOme weights").unwrap(),
            "cut" => fs::write(&object, b"some").unwrap(),
            _ => fs::remove_file(&object).unwrap(),
        }
        let problems = storage.fsck().await.unwrap().problems;
        assert_eq!(problems.is_empty(), damage == "changed", "{damage}: {problems:?}");
        let found = storage.scrub(None).await.unwrap();
        let blob = Descriptor::of("application/octet-stream", b"some weights");
        assert_eq!(found.damaged, [blob.digest.to_string()], "{damage}");
        assert_eq!(found.tags, ["a:v1", "b:v2"], "{damage}");
        assert_eq!(repository(&storage, "a").stat(&blob.digest).await.unwrap(), None);
        assert_eq!(storage.fsck().await.unwrap().problems[0].kind, "object-damaged");
        push(&storage, "a", b"some weights").await;
        assert_eq!(read(&storage, "b", &blob).await, b"some weights", "{damage}");
        assert_eq!(storage.scrub(None).await.unwrap().damaged, Vec::<String>::new());
        assert_eq!(storage.fsck().await.unwrap().problems, []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_was_lost_is_made_again_and_is_the_same() {
    let place = Place::new();
    let storage = place.storage();
    let digest = kit(&storage, "a", "v1", b"weights").await;
    let subject = repository(&storage, "a").manifest(&Target::Digest(digest.clone())).await;
    let layer = push(&storage, "a", b"attached").await;
    let referrer = sealkit_oci::Manifest::referrer(
        "application/x.attached",
        layer,
        &subject.unwrap().unwrap().descriptor,
    );
    let raw = sealkit_oci::Raw::build(media_type::OCI_MANIFEST, referrer).unwrap();
    let own = repository(&storage, "a");
    let bytes = Bytes::copy_from_slice(raw.bytes());
    own.put_manifest(media_type::OCI_MANIFEST, bytes, None).await.unwrap();
    let before = own.referrers(&digest, None).await.unwrap();
    assert_eq!(before.len(), 1);
    let database = rusqlite::Connection::open(place.path().join("hub/hub.db")).unwrap();
    let dump = || {
        let mut rows = database.prepare("SELECT * FROM links ORDER BY 1, 2, 3").unwrap();
        let rows = rows.query_map([], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, bool>(2)?))
        });
        rows.unwrap().map(Result::unwrap).collect::<Vec<_>>()
    };
    let links = dump();
    assert_eq!(links.len(), 4);
    database.execute_batch("DELETE FROM links; UPDATE listed SET subject = NULL").unwrap();
    assert_eq!(own.referrers(&digest, None).await.unwrap(), []);
    assert_eq!(storage.reindex().await.unwrap(), 2);
    assert_eq!(own.referrers(&digest, None).await.unwrap(), before);
    assert_eq!(dump(), links);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_made_while_kits_are_pushed_is_whole() {
    let place = Place::new();
    let storage = place.storage();
    kit(&storage, "a", "first", b"first").await;
    let pusher = {
        let storage = storage.clone();
        tokio::spawn(async move {
            for number in 0..40 {
                kit(&storage, "a", &format!("t{number}"), format!("kit {number}").as_bytes()).await;
            }
        })
    };
    let copy = place.path().join("copy");
    let made = storage.backup(&copy).await.unwrap();
    pusher.await.unwrap();
    let restored = Storage::open(&copy).unwrap();
    let report = restored.fsck().await.unwrap();
    assert_eq!((report.problems, report.blobs), (Vec::new(), made.blobs));
    assert_eq!(restored.scrub(None).await.unwrap().damaged, Vec::<String>::new());
    let tags = repository(&restored, "a").tags(&Page::default()).await.unwrap();
    assert!(tags.contains(&"first".to_owned()), "{tags:?}");
    // The copy goes its own way: what is removed here stays there.
    let own = repository(&storage, "a");
    for tag in own.tags(&Page::default()).await.unwrap() {
        let found = own.manifest(&Target::Tag(tag)).await.unwrap().unwrap();
        own.delete_manifest(&Target::Digest(found.descriptor.digest)).await.unwrap();
    }
    place.with(Limits::default(), later).gc(&GcOptions::default()).await.unwrap();
    assert_eq!(restored.fsck().await.unwrap().problems, []);
    assert!(storage.backup(&copy).await.is_err(), "nothing is written over");
}

#[test]
fn a_database_of_a_later_version_or_none_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    drop(Database::open(&path).unwrap());
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", sealkit_hubstore::VERSION + 1).unwrap();
    drop(connection);
    let refused = Database::open(&path).err().unwrap();
    assert!(matches!(refused, StoreError::Corrupt { .. }), "{refused}");
    let other = folder.path().join("other.db");
    fs::write(&other, vec![7; 10_000]).unwrap();
    assert!(Database::open(&other).is_err());
    assert_eq!(fs::read(&other).unwrap(), vec![7; 10_000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_move_of_a_tag_is_remembered() {
    let place = Place::new();
    let storage = place.storage();
    let first = kit(&storage, "a", "v1", b"one").await.to_string();
    let second = kit(&storage, "a", "v1", b"two").await.to_string();
    kit(&storage, "a", "v1", b"two").await;
    let own = repository(&storage, "a");
    own.delete_manifest(&Target::Tag("v1".to_owned())).await.unwrap();
    let moves = storage.tag_history("a", "v1").await.unwrap();
    let moves: Vec<_> = moves.into_iter().map(|one| (one.before, one.after)).collect();
    let expected =
        [(None, Some(first.clone())), (Some(first), Some(second.clone())), (Some(second), None)];
    assert_eq!(moves, expected);
}

//! Upload sessions: they survive the process, are taken by one at a time, and end as one blob.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use common::{Place, later, push, read, repository};
use sealkit_hubstore::{GcOptions, Limits, Storage};
use sealkit_oci::{Algorithm, Descriptor, Digest};
use sealkit_store::{SessionError, StoreError, UploadSessions as _, digest_of};

fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|at| (at % 251) as u8).collect()
}

async fn append(storage: &Storage, id: &str, bytes: &[u8]) {
    let mut session = storage.take("a", id).await.unwrap();
    session.append(Bytes::copy_from_slice(bytes)).await.unwrap();
}

async fn store(storage: &Storage, id: &str, digest: &Digest) -> Result<(), SessionError> {
    let session = storage.take("a", id).await.unwrap();
    session.store(&*repository(storage, "a"), digest).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_goes_on_in_the_next_process_without_hashing_again() {
    let place = Place::new();
    let all = bytes(100_003);
    let storage = place.storage();
    let id = storage.start("a").await.unwrap();
    append(&storage, &id, &all[..70_001]).await;
    assert_eq!(storage.offset("a", &id).await.unwrap(), 70_001);
    // What is to be written is written before the next act is answered.
    push(&storage, "a", b"something else").await;
    drop(storage);
    let storage = place.storage();
    assert_eq!(storage.offset("a", &id).await.unwrap(), 70_001);
    append(&storage, &id, &all[70_001..]).await;
    let blob = Descriptor::of("application/octet-stream", &all);
    store(&storage, &id, &blob.digest).await.unwrap();
    assert_eq!(read(&storage, "a", &blob).await, all);
    assert!(matches!(storage.offset("a", &id).await, Err(SessionError::Unknown)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_end_is_cut_and_a_lost_one_is_asked_for_again() {
    for lost in [false, true] {
        let place = Place::new();
        let all = bytes(5_000);
        let storage = place.storage();
        let id = storage.start("a").await.unwrap();
        append(&storage, &id, &all[..3_000]).await;
        push(&storage, "a", b"something else").await;
        drop(storage);
        let object =
            place.objects().into_iter().find(|path| fs::metadata(path).unwrap().len() == 3_000);
        let object = object.unwrap();
        let mut content = fs::read(&object).unwrap();
        if lost {
            content.truncate(1_234);
        } else {
            content.extend_from_slice(b"what came after the last thing that was noted");
        }
        fs::write(&object, content).unwrap();
        let storage = place.storage();
        let mut session = storage.take("a", &id).await.unwrap();
        let begin = session.offset();
        assert_eq!(begin, if lost { 1_234 } else { 3_000 });
        let rest = Bytes::copy_from_slice(&all[begin as usize..]);
        session.append(rest).await.unwrap();
        let blob = Descriptor::of("application/octet-stream", &all);
        session.store(&*repository(&storage, "a"), &blob.digest).await.unwrap();
        assert_eq!(read(&storage, "a", &blob).await, all);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_at_a_time_has_a_session_of_its_repository() {
    let place = Place::new();
    let storage = place.storage();
    let id = storage.start("a").await.unwrap();
    let held = storage.take("a", &id).await.unwrap();
    assert!(matches!(storage.take("a", &id).await, Err(SessionError::Busy)));
    assert!(matches!(storage.take("b", &id).await, Err(SessionError::Unknown)));
    assert!(matches!(storage.offset("b", &id).await, Err(SessionError::Unknown)));
    assert!(matches!(storage.cancel("b", &id).await, Err(SessionError::Unknown)));
    drop(held);
    storage.cancel("a", &id).await.unwrap();
    assert!(matches!(storage.take("a", &id).await, Err(SessionError::Unknown)));
    assert!(matches!(storage.cancel("a", &id).await, Err(SessionError::Unknown)));
    assert_eq!(place.objects(), Vec::<std::path::PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chunk_is_taken_back_and_another_takes_its_place() {
    let place = Place::new();
    let storage = place.storage();
    let id = storage.start("a").await.unwrap();
    let mut session = storage.take("a", &id).await.unwrap();
    session.append(Bytes::from_static(b"abcXYZ")).await.unwrap();
    session.rewind(9).await.unwrap();
    assert_eq!(session.offset(), 6);
    session.rewind(3).await.unwrap();
    session.append(Bytes::from_static(b"def")).await.unwrap();
    session.store(&*repository(&storage, "a"), &Digest::of(b"abcdef")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_bytes_are_no_blob_and_leave_nothing() {
    let place = Place::new();
    let storage = place.storage();
    let id = storage.start("a").await.unwrap();
    append(&storage, &id, b"wrong").await;
    let told = store(&storage, &id, &Digest::of(b"right")).await;
    let is_mismatch = matches!(told, Err(SessionError::Store(StoreError::DigestMismatch { .. })));
    assert!(is_mismatch, "{told:?}");
    assert!(matches!(storage.offset("a", &id).await, Err(SessionError::Unknown)));
    assert_eq!(place.objects(), Vec::<std::path::PathBuf>::new());
    assert_eq!(repository(&storage, "a").stat(&Digest::of(b"wrong")).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_algorithm_is_hashed_at_the_end() {
    let place = Place::new();
    let storage = place.storage();
    let id = storage.start("a").await.unwrap();
    append(&storage, &id, &bytes(2_000_000)).await;
    let digest = digest_of(Algorithm::Sha512, &bytes(2_000_000)).unwrap();
    store(&storage, &id, &digest).await.unwrap();
    let size = repository(&storage, "a").stat(&digest).await.unwrap();
    assert_eq!(size, Some(2_000_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_sessions_of_one_blob_are_one_object() {
    let place = Place::new();
    let storage = place.storage();
    let all = Arc::new(bytes(100_000));
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let (storage, all) = (storage.clone(), Arc::clone(&all));
            tokio::spawn(async move {
                let id = storage.start("a").await.unwrap();
                append(&storage, &id, &all).await;
                store(&storage, &id, &Digest::of(&all)).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(place.objects().len(), 1);
    assert_eq!(storage.fsck().await.unwrap().problems, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_hold_and_what_nobody_went_on_with_goes() {
    let place = Place::new();
    let limits = Limits { sessions: 2, bytes: 4, ..Limits::default() };
    let storage = place.with(limits.clone(), || 1_000);
    let id = storage.start("a").await.unwrap();
    storage.start("a").await.unwrap();
    assert!(matches!(storage.start("a").await, Err(SessionError::Full)));
    let mut session = storage.take("a", &id).await.unwrap();
    let too_much = session.append(Bytes::from_static(b"12345")).await;
    assert!(matches!(too_much, Err(SessionError::TooLarge { limit: 4 })));
    session.append(Bytes::from_static(b"1234")).await.unwrap();
    drop(session);
    let young = GcOptions { grace: Duration::from_hours(1), dry_run: false };
    assert_eq!(storage.gc(&young).await.unwrap().uploads, 0);
    let storage = place.with(limits, later);
    assert_eq!(storage.gc(&young).await.unwrap().uploads, 2);
    assert_eq!(place.objects(), Vec::<std::path::PathBuf>::new());
    storage.start("a").await.unwrap();
}

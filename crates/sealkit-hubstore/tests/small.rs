//! Small blobs are kept in memory, and are what their digest says whatever became of their files.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

use common::{Place, push, read, repository};
use sealkit_hubstore::Storage;
use sealkit_oci::Descriptor;
use sealkit_store::StoreError;

async fn tried(storage: &Storage, blob: &Descriptor) -> Result<(), StoreError> {
    repository(storage, "a").read(&blob.digest, 0..blob.size).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_blob_with_other_bytes_is_never_given_out() {
    let place = Place::new();
    let storage = place.storage();
    let blob = push(&storage, "a", b"the bytes").await;
    std::fs::write(&place.objects()[0], b"the bytez").unwrap();
    let error = tried(&storage, &blob).await.unwrap_err();
    assert!(matches!(error, StoreError::DigestMismatch { .. }), "{error}");
    std::fs::write(&place.objects()[0], b"the").unwrap();
    tried(&storage, &blob).await.unwrap_err();
    // Nothing of that was kept.
    std::fs::write(&place.objects()[0], b"the bytes").unwrap();
    assert_eq!(read(&storage, "a", &blob).await, b"the bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_once_is_read_from_memory_and_gone_when_it_is_deleted() {
    let place = Place::new();
    let storage = place.storage();
    let blob = push(&storage, "a", b"the bytes").await;
    assert_eq!(read(&storage, "a", &blob).await, b"the bytes");
    std::fs::remove_file(&place.objects()[0]).unwrap();
    assert_eq!(read(&storage, "a", &blob).await, b"the bytes");
    let elsewhere = repository(&storage, "b").read(&blob.digest, 0..blob.size).await;
    assert!(matches!(elsewhere, Err(StoreError::NotFound { .. })), "only who has it reads it");
    // Scrubbing looks at the disk, and what it finds damaged is given out no more.
    assert_eq!(storage.scrub(None).await.unwrap().damaged.len(), 1);
    assert!(matches!(tried(&storage, &blob).await, Err(StoreError::NotFound { .. })));
    push(&storage, "a", b"the bytes").await;
    assert_eq!(read(&storage, "a", &blob).await, b"the bytes");
    repository(&storage, "a").delete_blob(&blob.digest).await.unwrap();
    assert!(matches!(tried(&storage, &blob).await, Err(StoreError::NotFound { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn small_and_large_blobs_are_read_alike() {
    let place = Place::new();
    let storage = place.storage();
    let limit = 64 << 10;
    for size in [0, 1, limit - 1, limit, limit + 1, 3 * limit] {
        let bytes: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
        let blob = push(&storage, "a", &bytes).await;
        for _ in 0..2 {
            assert!(read(&storage, "a", &blob).await == bytes, "{size}");
        }
        let own = repository(&storage, "a");
        let behind = own.read(&blob.digest, 0..blob.size + 1).await;
        assert!(matches!(behind, Err(StoreError::SizeMismatch { .. })), "{size}");
    }
}

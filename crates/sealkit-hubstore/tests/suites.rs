//! The suites that every store, every place for objects and every kind of session passes.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

use std::sync::Arc;

use common::Place;
use sealkit_hubstore::{
    Database, Files, GcOptions, Limits, MemoryObjects, MemoryState, Storage, conformance,
    state_conformance,
};
use sealkit_store::Namespace as _;

#[test]
fn files_and_memory_are_places_for_objects() {
    let folder = tempfile::tempdir().unwrap();
    conformance::run(&Files::open(folder.path()).unwrap());
    conformance::run(&MemoryObjects::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_and_memory_are_states() {
    let place = Place::new();
    state_conformance::run(&Database::open(&place.path().join("hub.db")).unwrap()).await;
    state_conformance::run(&MemoryState::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_repository_of_the_storage_is_a_repository() {
    let place = Place::new();
    let storage = place.storage();
    let count = std::sync::atomic::AtomicUsize::new(0);
    sealkit_store::conformance::run_all(|| {
        let number = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let repository = storage.repository(&format!("a.io/r{number}")).unwrap();
        async move { repository }
    })
    .await;
    assert_eq!(storage.fsck().await.unwrap().problems, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_storage_is_a_place_with_repositories() {
    let place = Place::new();
    sealkit_store::conformance::run_namespace(&place.storage()).await;
    let database = Database::open(&place.path().join("other.db")).unwrap();
    let memory = Storage::new(Arc::new(MemoryObjects::new()), database, Limits::default());
    sealkit_store::conformance::run_namespace(&memory).await;
}

/// The whole engine without a disk: what it promises hangs on the two traits alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_storage_in_memory_is_a_place_with_repositories_and_is_looked_after() {
    let objects = Arc::new(MemoryObjects::new());
    let storage = Storage::new(objects, MemoryState::new(), Limits::default());
    sealkit_store::conformance::run_namespace(&storage).await;
    let count = std::sync::atomic::AtomicUsize::new(0);
    sealkit_store::conformance::run_all(|| {
        let number = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let repository = storage.repository(&format!("a.io/m{number}")).unwrap();
        async move { repository }
    })
    .await;
    storage.gc(&GcOptions::default()).await.unwrap();
    let scrubbed = storage.scrub(None).await.unwrap();
    assert_eq!((scrubbed.damaged, scrubbed.unreadable), (Vec::new(), Vec::new()));
    assert_eq!(storage.fsck().await.unwrap().problems, []);
    let folder = tempfile::tempdir().unwrap();
    let copied = storage.backup(&folder.path().join("copy")).await;
    assert!(matches!(copied, Err(sealkit_store::StoreError::Unsupported { .. })), "{copied:?}");
}

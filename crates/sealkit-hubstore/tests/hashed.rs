//! Files of an archive are hashed while it comes, and whoever looks into it need not read them again.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

use std::slice;

use bytes::Bytes;
use common::{Place, push, repository};
use sealkit_hubstore::Storage;
use sealkit_oci::{Digest, FileKind};
use sealkit_pack::tar::{Header, TRAILER};
use sealkit_store::{HashedRange, UploadSessions as _};

const SIZE: usize = 3 << 19;

/// An archive of one file, and where that lies.
fn archive() -> (Vec<u8>, HashedRange) {
    let body: Vec<u8> = (0..SIZE).map(|at| (at / 3) as u8).collect();
    let header =
        Header { path: "weights", kind: FileKind::File, mode: 0o644, size: SIZE as u64 }.encode();
    let range = header.len() as u64..(header.len() + SIZE) as u64;
    let hashed = HashedRange { range, digest: Digest::of(&body) };
    ([&header[..], &body, &TRAILER].concat(), hashed)
}

async fn hashed(storage: &Storage, name: &str, blob: &Digest) -> Vec<HashedRange> {
    repository(storage, name).hashed_ranges(blob).await.unwrap().to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_the_blob_finds_what_was_hashed_of_it() {
    let place = Place::new();
    let storage = place.storage();
    let (all, file) = archive();
    let blob = push(&storage, "a", &all).await;
    assert_eq!(hashed(&storage, "a", &blob.digest).await, [file]);
    assert_eq!(hashed(&storage, "b", &blob.digest).await, [], "it is not there");
    let other = push(&storage, "a", b"no archive").await;
    assert_eq!(hashed(&storage, "a", &other.digest).await, []);
    drop(storage);
    // The next process has to read it.
    assert_eq!(hashed(&place.storage(), "a", &blob.digest).await, []);
}

/// One request of a session, which brings these bytes in pieces.
async fn send(storage: &Storage, name: &str, id: &str, bytes: &[u8]) {
    let mut session = storage.take(name, id).await.unwrap();
    for piece in bytes.chunks(100_000) {
        session.append(Bytes::copy_from_slice(piece)).await.unwrap();
    }
}

async fn store(storage: &Storage, name: &str, id: &str, blob: &Digest) {
    let session = storage.take(name, id).await.unwrap();
    session.store(&*repository(storage, name), blob).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_follow_each_other_go_on_with_what_was_found() {
    let place = Place::new();
    let storage = place.storage();
    let (all, file) = archive();
    let id = storage.start("a").await.unwrap();
    for piece in all.chunks(all.len() / 3) {
        send(&storage, "a", &id, piece).await;
    }
    store(&storage, "a", &id, &Digest::of(&all)).await;
    assert_eq!(hashed(&storage, "a", &Digest::of(&all)).await, [file]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_back_is_never_hashed_wrong() {
    let (all, file) = archive();
    let half = all.len() / 2;
    // From the beginning all of it is seen again. From its middle whoever needs it has to read it.
    for (back, wanted) in [(0, slice::from_ref(&file)), (half, &[])] {
        let place = Place::new();
        let storage = place.storage();
        let id = storage.start("a").await.unwrap();
        send(&storage, "a", &id, &[&all[..half], &vec![7; 100_000]].concat()).await;
        let mut session = storage.take("a", &id).await.unwrap();
        session.rewind(back as u64).await.unwrap();
        drop(session);
        send(&storage, "a", &id, &all[back..]).await;
        store(&storage, "a", &id, &Digest::of(&all)).await;
        assert_eq!(hashed(&storage, "a", &Digest::of(&all)).await, wanted, "{back}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_that_goes_on_hashes_nothing_wrong() {
    let place = Place::new();
    let (all, _) = archive();
    let half = all.len() / 2;
    let storage = place.storage();
    let id = storage.start("a").await.unwrap();
    send(&storage, "a", &id, &all[..half]).await;
    drop(storage);
    let storage = place.storage();
    send(&storage, "a", &id, &all[half..]).await;
    store(&storage, "a", &id, &Digest::of(&all)).await;
    assert_eq!(hashed(&storage, "a", &Digest::of(&all)).await, []);
}

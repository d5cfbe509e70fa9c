//! Disks that fail, and clients that all come at once.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;
#[path = "common/faulty.rs"]
mod faulty;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use common::{Place, kit, manifest, push, read, repository};
use faulty::Faulty;
use futures_util::future::join_all;
use sealkit_hubstore::{Limits, MemoryState, Objects as _, Storage};
use sealkit_oci::{Descriptor, Target, media_type};
use sealkit_store::{SessionError, StoreError, UploadSessions as _};

fn storage(disk: &Faulty) -> Storage<MemoryState> {
    Storage::new(Arc::new(disk.clone()), MemoryState::new(), Limits::default())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_can_not_be_read_is_not_taken_for_wrong_bytes() {
    let disk = Faulty::default();
    let storage = storage(&disk);
    let blob = push(&storage, "a", b"weights").await;
    // For a moment: it is tried again.
    disk.unreadable.store(2, Ordering::SeqCst);
    let found = storage.scrub(None).await.unwrap();
    assert_eq!((found.damaged.len(), found.unreadable.len()), (0, 0));
    // For good: it is named, and stays what it was.
    disk.unreadable.store(u32::MAX, Ordering::SeqCst);
    let found = storage.scrub(None).await.unwrap();
    assert_eq!(found.unreadable, [blob.digest.to_string()]);
    assert_eq!(found.damaged, Vec::<String>::new());
    let own = repository(&storage, "a");
    assert_eq!(own.stat(&blob.digest).await.unwrap(), Some(blob.size));
    // Whoever asks for it is told before anything is sent.
    assert!(matches!(own.read(&blob.digest, 0..7).await.err(), Some(StoreError::Io { .. })));
    disk.unreadable.store(0, Ordering::SeqCst);
    assert_eq!(read(&storage, "a", &blob).await, b"weights");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_in_the_middle_loses_nothing_that_was_there() {
    let disk = Faulty::default();
    let storage = storage(&disk);
    let before = push(&storage, "a", b"before").await;
    let id = storage.start("a").await.unwrap();
    let mut session = storage.take("a", &id).await.unwrap();
    session.append(Bytes::from_static(b"first half, ")).await.unwrap();
    disk.full.store(true, Ordering::SeqCst);
    let refused = session.append(Bytes::from_static(b"second half")).await;
    assert!(is_full(&refused), "{refused:?}");
    drop(session);
    assert_eq!(read(&storage, "a", &before).await, b"before", "reading goes on");
    disk.full.store(false, Ordering::SeqCst);
    let mut session = storage.take("a", &id).await.unwrap();
    // Where it stands is told: the client sends what is missing from there.
    let whole = b"first half, second half";
    let rest = &whole[usize::try_from(session.offset()).unwrap()..];
    session.append(Bytes::copy_from_slice(rest)).await.unwrap();
    let blob = Descriptor::of("application/octet-stream", whole);
    session.store(&*repository(&storage, "a"), &blob.digest).await.unwrap();
    assert_eq!(read(&storage, "a", &blob).await, whole);
    // And an upload that is given up gives its room back.
    let id = storage.start("a").await.unwrap();
    storage.cancel("a", &id).await.unwrap();
    assert_eq!(disk.objects.list().unwrap().len(), 2);
}

fn is_full(result: &Result<(), SessionError>) -> bool {
    let Err(SessionError::Store(StoreError::Io { source, .. })) = result else { return false };
    source.kind() == std::io::ErrorKind::StorageFull
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_pushes_of_one_blob_are_one_object_and_all_succeed() {
    let place = Place::new();
    let storage = place.storage();
    let blob = Descriptor::of("application/octet-stream", &[7; 10_000]);
    let pushes = (0..64).map(|_| {
        let storage = storage.clone();
        tokio::spawn(async move { push(&storage, "a", &[7; 10_000]).await })
    });
    for pushed in join_all(pushes).await {
        assert_eq!(pushed.unwrap().digest, blob.digest);
    }
    assert_eq!(place.objects().len(), 1);
    assert_eq!(read(&storage, "a", &blob).await, [7; 10_000]);
    assert_eq!(storage.fsck().await.unwrap().problems, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn pushes_of_one_tag_at_once_leave_the_last_and_a_history_of_all() {
    let place = Place::new();
    let storage = place.storage();
    let pushes = (0..32).map(|number| {
        let storage = storage.clone();
        tokio::spawn(async move {
            kit(&storage, "a", "latest", format!("weights {number}").as_bytes()).await
        })
    });
    let pushed: BTreeSet<String> =
        join_all(pushes).await.into_iter().map(|one| one.unwrap().to_string()).collect();
    assert_eq!(pushed.len(), 32);
    let moves = storage.tag_history("a", "latest").await.unwrap();
    let after: BTreeSet<String> = moves.iter().filter_map(|one| one.after.clone()).collect();
    assert_eq!(after, pushed, "each has been the latest once");
    for (one, next) in moves.iter().zip(&moves[1..]) {
        assert_eq!(one.after, next.before, "each move begins where the one before ended");
    }
    let tag = Target::Tag("latest".to_owned());
    let last = repository(&storage, "a").manifest(&tag).await.unwrap().unwrap();
    assert_eq!(moves.last().unwrap().after, Some(last.descriptor.digest.to_string()));
}

/// HEAD, sweep, PUT of the manifest: told so, and right at the next try.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_swept_between_a_look_and_its_manifest_is_asked_for_again() {
    let place = Place::new();
    let storage = place.with(Limits::default(), common::later);
    push(&storage, "a", media_type::EMPTY_JSON).await;
    let layer = push(&storage, "a", b"layer").await;
    let own = repository(&storage, "a");
    assert!(own.stat(&layer.digest).await.unwrap().is_some());
    let object = place.objects();
    // A sweep of long after.
    let after = place.with(Limits::default(), || common::later() + 1_000_000);
    let swept = after.gc(&sealkit_hubstore::GcOptions::default()).await.unwrap();
    assert_eq!(swept.blobs, 2);
    let raw = manifest(&layer);
    let bytes = Bytes::copy_from_slice(raw.bytes());
    let put = own.put_manifest(media_type::OCI_MANIFEST, bytes, Some("v1")).await;
    assert!(matches!(put, Err(StoreError::Dangling { .. })), "{put:?}");
    assert_eq!(own.manifest(&Target::Tag("v1".to_owned())).await.unwrap(), None);
    kit(&storage, "a", "v1", b"layer").await;
    assert_eq!(read(&storage, "a", &layer).await, b"layer");
    assert!(place.objects().iter().all(|path| !object.contains(path)), "under new keys");
}

/// A process that is killed behind the flush of the bytes and before they are known, or behind both and before
/// anybody is told.
#[tokio::test(flavor = "multi_thread")]
async fn killed_around_the_commit_there_is_nothing_or_all_of_it_and_one_object_at_last() {
    for committed in [false, true] {
        let place = Place::new();
        let first = place.storage();
        let blob = Descriptor::of("application/octet-stream", b"weights");
        let id = first.start("a").await.unwrap();
        let mut session = first.take("a", &id).await.unwrap();
        session.append(Bytes::from_static(b"weights")).await.unwrap();
        if committed {
            session.store(&*repository(&first, "a"), &blob.digest).await.unwrap();
        } else {
            // The bytes are there and the row is not; a killed process tidies nothing up.
            std::mem::forget(session);
        }
        let second = place.storage();
        let found = repository(&second, "a").stat(&blob.digest).await.unwrap();
        assert_eq!(found.is_some(), committed);
        push(&second, "a", b"weights").await;
        assert_eq!(read(&second, "a", &blob).await, b"weights");
        let long_after = place.with(Limits::default(), common::later);
        long_after.gc(&sealkit_hubstore::GcOptions::default()).await.unwrap();
        push(&second, "a", b"weights").await;
        assert_eq!(place.objects().len(), 1, "what was left over is swept");
        assert_eq!(second.fsck().await.unwrap().problems, []);
    }
}

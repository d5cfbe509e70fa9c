//! What goes wrong between two requests, or inside of a commit: nothing that was acknowledged is lost.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

use std::time::Duration;

use bytes::Bytes;
use common::{Place, kit, later, push, read, repository};
use sealkit_hubstore::{Database, Fault, GcOptions, Limits, Storage};
use sealkit_oci::Descriptor;
use sealkit_store::{Session, SessionError, StoreError, UploadSessions as _};

const BYTES: &[u8] = b"bytes of an upload";

fn blob() -> Descriptor {
    Descriptor::of("application/octet-stream", BYTES)
}

/// A session in hand that has all of its bytes.
async fn session(storage: &Storage) -> (String, Box<dyn Session>) {
    let id = storage.start("a").await.unwrap();
    let mut session = storage.take("a", &id).await.unwrap();
    session.append(Bytes::from_static(BYTES)).await.unwrap();
    (id, session)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_was_ended_while_it_was_written_is_no_blob() {
    for sweep in [false, true] {
        let place = Place::new();
        let storage = place.storage();
        let (id, session) = session(&storage).await;
        if sweep {
            let other = place.with(Limits::default(), later);
            assert_eq!(other.gc(&GcOptions::default()).await.unwrap().uploads, 1);
        } else {
            storage.cancel("a", &id).await.unwrap();
        }
        let own = repository(&storage, "a");
        let stored = session.store(&*own, &blob().digest).await;
        assert!(matches!(stored, Err(SessionError::Unknown)), "{stored:?}");
        assert_eq!(own.stat(&blob().digest).await.unwrap(), None);
        push(&storage, "a", BYTES).await;
        assert_eq!(read(&storage, "a", &blob()).await, BYTES);
        assert_eq!(storage.fsck().await.unwrap().problems, []);
    }
}

/// Ending and finishing at once: either it was never there, or it stays.
#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledged_upload_is_not_taken_away_by_its_end() {
    let place = Place::new();
    let storage = place.storage();
    let mut stored = 0;
    for round in 0..150_u64 {
        let bytes = format!("round {round}");
        let blob = Descriptor::of("application/octet-stream", bytes.as_bytes());
        let id = storage.start("a").await.unwrap();
        let mut session = storage.take("a", &id).await.unwrap();
        session.append(Bytes::from(bytes.clone())).await.unwrap();
        let ending = {
            let (storage, id) = (storage.clone(), id.clone());
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_micros(round * 10)).await;
                storage.cancel("a", &id).await
            })
        };
        let done = session.store(&*repository(&storage, "a"), &blob.digest).await;
        let _ = ending.await.unwrap();
        if done.is_ok() {
            stored += 1;
            assert_eq!(read(&storage, "a", &blob).await, bytes.as_bytes(), "round {round}");
        }
    }
    assert!(stored > 0, "no round was won by the upload");
    assert_eq!(storage.fsck().await.unwrap().problems, []);
}

async fn has(database: &Database, repository: &'static str) -> bool {
    let ask = move |state: &rusqlite::Connection| {
        Ok(state.prepare("SELECT 1 FROM tag_moves WHERE repository = ?1")?.exists([repository])?)
    };
    database.read(ask).await.unwrap()
}

fn add(
    repository: &'static str,
) -> impl FnOnce(&rusqlite::Connection) -> Result<(), Fault> + Send + 'static {
    move |state| {
        let text = "INSERT INTO tag_moves (repository, tag, at) VALUES (?1, 't', 0)";
        Ok(state.execute(text, [repository]).map(drop)?)
    }
}

#[tokio::test]
async fn what_is_told_of_an_act_is_what_became_of_it() {
    let place = Place::new();
    let database = Database::open(&place.path().join("hub.db")).unwrap();
    // The first holds the writer until the others wait, so that they are one group.
    let slow = database.write(|_| {
        std::thread::sleep(Duration::from_millis(200));
        Ok(())
    });
    let before = database.write(add("before"));
    // As SQLite does it itself where a disk is full.
    let undone = database.write(|state| Ok(state.execute_batch("ROLLBACK")?));
    let after = database.write(add("after"));
    let (slow, before, undone, after) = tokio::join!(slow, before, undone, after);
    // One that shares the transaction shares its end.
    drop(slow);
    assert!(undone.is_err());
    assert_eq!(before.is_ok(), has(&database, "before").await, "before: {before:?}");
    assert_eq!(after.is_ok(), has(&database, "after").await, "after: {after:?}");
    database.write(add("later")).await.unwrap();
    assert!(has(&database, "later").await);
}

#[tokio::test]
async fn an_act_that_panics_is_undone_alone_and_the_writer_goes_on() {
    let place = Place::new();
    let database = Database::open(&place.path().join("hub.db")).unwrap();
    let panicking = database.write::<()>(|state| {
        add("panicked")(state)?;
        panic!("of the test");
    });
    let (panicked, good) = tokio::join!(panicking, database.write(add("good")));
    assert!(matches!(panicked, Err(StoreError::Io { .. })), "{panicked:?}");
    good.unwrap();
    assert!(has(&database, "good").await && !has(&database, "panicked").await);
    kit(&place.storage(), "a", "v1", b"weights").await;
}

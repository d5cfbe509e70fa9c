//! The database as others use it: a queue with a bound, tables of their own, and a stamp that tells changes.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::{Place, kit, push, repository};
use sealkit_hubstore::{Database, Fault, VERSION};
use sealkit_oci::Target;
use sealkit_store::StoreError;

fn database(place: &Place) -> Database {
    Database::open(&place.path().join("hub.db")).unwrap()
}

/// Most acts that may wait, with room for what the writer has in hand.
const BOUND: usize = 1024 + 257;

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_when_the_queue_is_full_waits_and_is_served() {
    let place = Place::new();
    let database = database(&place);
    let (made, dropped) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    // The writer stands until everybody has come.
    let (go, stand) = std::sync::mpsc::channel::<()>();
    let standing = {
        let database = database.clone();
        tokio::spawn(async move {
            let act = move |_: &rusqlite::Connection| {
                let _ = stand.recv();
                Ok(())
            };
            database.write(act).await
        })
    };
    tokio::time::sleep(Duration::from_millis(100)).await;
    let tasks: Vec<_> = (0..3_000)
        .map(|_| {
            let (database, made, queued) =
                (database.clone(), Arc::clone(&made), Arc::clone(&dropped));
            tokio::spawn(async move {
                let act = move |_: &rusqlite::Connection| {
                    made.fetch_add(1, Ordering::SeqCst);
                    Ok(())
                };
                database.write_later(act).await;
                queued.fetch_add(1, Ordering::SeqCst);
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let queued = dropped.load(Ordering::SeqCst);
    assert!((1..=BOUND).contains(&queued), "{queued} wait in memory");
    go.send(()).unwrap();
    standing.await.unwrap().unwrap();
    for task in tasks {
        task.await.unwrap();
    }
    database.write(|_| Ok(())).await.unwrap();
    assert_eq!(made.load(Ordering::SeqCst), 3_000, "waiting loses nothing");
}

const FIRST: &[&str] = &["CREATE TABLE words (word TEXT)"];
const SECOND: &[&str] = &[FIRST[0], "ALTER TABLE words ADD COLUMN meaning TEXT"];
const BROKEN: &[&str] = &[FIRST[0], SECOND[1], "CREATE TABLE more (x); no such statement"];

#[tokio::test]
async fn others_keep_tables_beside_with_a_version_of_their_own() {
    let place = Place::new();
    let database = database(&place);
    database.own_tables("words", FIRST).await.unwrap();
    database.own_tables("words", FIRST).await.unwrap();
    let insert = |text: &'static str| move |sql: &rusqlite::Connection| Ok(sql.execute(text, [])?);
    database.write(insert("INSERT INTO words VALUES ('kit')")).await.unwrap();
    database.own_tables("words", SECOND).await.unwrap();
    let count = database.read(|sql| {
        let text = "SELECT count(*) FROM words WHERE word = 'kit' AND meaning IS NULL";
        Ok(sql.query_row(text, [], |row| row.get::<_, u64>(0))?)
    });
    assert_eq!(count.await.unwrap(), 1, "what was there stays");
    // A step that fails leaves everything as it was.
    database.own_tables("words", BROKEN).await.unwrap_err();
    let again = database.own_tables("words", SECOND).await;
    again.unwrap();
    database.write(insert("CREATE TABLE more (x)")).await.unwrap();
    let older = database.own_tables("words", FIRST).await.unwrap_err();
    assert!(older.to_string().contains("hub.db"), "{older}");
    assert!(
        matches!(older, StoreError::Corrupt { ref reason, .. }
        if reason.contains("tables of words are of version 2")),
        "{older:?}"
    );
    database.own_tables("other", FIRST).await.unwrap_err();
}

/// What another crate writes and what the storage writes is one transaction or none.
#[tokio::test]
async fn an_act_on_tables_of_both_is_one_act() {
    let place = Place::new();
    let storage = place.storage();
    let database = storage.database();
    database.own_tables("words", FIRST).await.unwrap();
    kit(&storage, "a", "v1", b"weights").await;
    let both = |fails: bool| {
        move |sql: &rusqlite::Connection| {
            sql.execute("INSERT INTO words VALUES ('gone')", [])?;
            sql.execute("DELETE FROM tags WHERE tag = 'v1'", [])?;
            if fails { Err(Fault::Sql(rusqlite::Error::InvalidQuery)) } else { Ok(()) }
        }
    };
    let words = || async {
        let count = |sql: &rusqlite::Connection| {
            Ok(sql.query_row("SELECT count(*) FROM words", [], |row| row.get::<_, u64>(0))?)
        };
        database.read(count).await.unwrap()
    };
    let tag = Target::Tag("v1".to_owned());
    let own = repository(&storage, "a");
    database.write(both(true)).await.unwrap_err();
    assert!(own.manifest(&tag).await.unwrap().is_some() && words().await == 0);
    database.write(both(false)).await.unwrap();
    assert!(own.manifest(&tag).await.unwrap().is_none() && words().await == 1);
}

#[tokio::test]
async fn what_another_process_changes_is_seen_at_once() {
    let place = Place::new();
    let (one, other) = (place.storage(), place.storage());
    let digest = kit(&one, "a", "v1", b"weights").await;
    let layer = push(&one, "a", b"weights").await;
    let (mine, theirs) = (repository(&one, "a"), repository(&other, "a"));
    let tag = Target::Tag("v1".to_owned());
    for _ in 0..3 {
        assert_eq!(mine.manifest(&tag).await.unwrap().unwrap().descriptor.digest, digest);
        assert_eq!(mine.stat(&layer.digest).await.unwrap(), Some(7));
    }
    let second = kit(&other, "a", "v1", b"other weights").await;
    assert_eq!(mine.manifest(&tag).await.unwrap().unwrap().descriptor.digest, second);
    theirs.delete_manifest(&tag).await.unwrap();
    assert_eq!(mine.manifest(&tag).await.unwrap(), None);
    theirs.delete_manifest(&Target::Digest(digest)).await.unwrap();
    theirs.delete_blob(&layer.digest).await.unwrap();
    assert_eq!(mine.stat(&layer.digest).await.unwrap(), None);
    let (before, now) = (one.database().stamp(), one.database().stamp());
    assert!(before.is_some() && before == now);
}

#[test]
fn an_old_database_gets_what_is_missing() {
    let place = Place::new();
    let path = place.path().join("hub.db");
    drop(Database::open(&path).unwrap());
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch("DROP TABLE owners; DROP TABLE notes; PRAGMA user_version = 1")
        .unwrap();
    drop(connection);
    drop(Database::open(&path).unwrap());
    let connection = rusqlite::Connection::open(&path).unwrap();
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(version, VERSION);
    connection.execute("INSERT INTO owners VALUES ('x', 1)", []).unwrap();
}

#[tokio::test]
async fn within_a_moment_the_stamp_stays_and_outside_it_does_not() {
    let place = Place::new();
    let elsewhere = Place::new();
    let (storage, other) = (place.storage(), elsewhere.storage());
    let database = storage.database();
    let before = database.stamp();
    database
        .at_one_moment(async {
            push(&storage, "a", b"something").await;
            other.database().stamp().unwrap();
            assert_eq!(database.stamp(), before);
            assert_eq!(storage.database().clone().stamp(), before);
            let own = database.clone();
            let unbound = tokio::spawn(async move { own.stamp() }).await.unwrap();
            assert_ne!(unbound, before, "another task is not bound to it");
        })
        .await;
    assert_ne!(database.stamp(), before);
}

#[tokio::test]
async fn every_commit_of_any_connection_changes_the_stamp_and_nothing_else_does() {
    let place = Place::new();
    let storage = place.storage();
    let database = storage.database();
    let others = rusqlite::Connection::open(database.path()).unwrap();
    others.execute_batch("CREATE TABLE others (n INTEGER)").unwrap();
    let mut seen = std::collections::BTreeSet::from([database.stamp().unwrap()]);
    for round in 0..60 {
        others.execute("INSERT INTO others VALUES (?1)", [round]).unwrap();
        let stamp = database.stamp().unwrap();
        assert!(seen.insert(stamp), "commit {round} left the stamp as it was");
        assert_eq!(database.stamp(), Some(stamp), "looking changes nothing");
        // What is undone is no change, and what is not yet committed neither.
        others.execute_batch("BEGIN; INSERT INTO others VALUES (-1)").unwrap();
        assert_eq!(database.stamp(), Some(stamp));
        others.execute_batch("ROLLBACK").unwrap();
        assert_eq!(database.stamp(), Some(stamp));
        if round % 7 == 0 {
            // The log is written back and begun again, by which the content stays what it is.
            others.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
            seen.insert(database.stamp().unwrap());
        }
    }
    // A connection that comes and goes takes no lock of ours with it: the next commit is seen as well.
    drop(others);
    let others = rusqlite::Connection::open(database.path()).unwrap();
    let before = database.stamp();
    others.execute("DELETE FROM others", []).unwrap();
    assert_ne!(database.stamp(), before);
}

#[test]
fn who_looks_after_a_commit_never_gets_the_stamp_from_before_it() {
    let place = Place::new();
    let path = place.path().join("hub.db");
    let database = Database::open(&path).unwrap();
    // A second one in the same process is dropped again: its file of locks stays open, or the locks of the first
    // would be gone.
    drop(Database::open(&path).unwrap());
    let others = rusqlite::Connection::open(&path).unwrap();
    others.execute_batch("CREATE TABLE others (n INTEGER)").unwrap();
    let is_over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !is_over.load(std::sync::atomic::Ordering::SeqCst) {
                    std::hint::black_box(database.stamp());
                }
            });
        }
        for round in 0..300 {
            let before = database.stamp();
            others.execute("INSERT INTO others VALUES (?1)", [round]).unwrap();
            let after = database.stamp();
            assert!(after.is_none() || after != before, "round {round}");
        }
        is_over.store(true, std::sync::atomic::Ordering::SeqCst);
    });
}

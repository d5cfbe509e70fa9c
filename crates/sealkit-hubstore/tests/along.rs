//! What others write with acts of the storage is there if the act is, and only then.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

use bytes::Bytes;
use common::{Place, kit, manifest, push, repository};
use rusqlite::{Connection, params};
use sealkit_hubstore::{BlobAct, BlobDeed, Fault, Storage, acting, is_told, quietly};
use sealkit_oci::{Descriptor, Digest, Manifest, Raw, Target, media_type};
use sealkit_store::StoreError;

const STEPS: &[&str] = &["CREATE TABLE told (line TEXT NOT NULL)"];

fn add(sql: &Connection, line: &str) -> Result<(), Fault> {
    // So that a test can have it fail.
    if line.contains("forbidden") {
        return Err(StoreError::Unsupported { what: "this", place: "the test".to_owned() }.into());
    }
    sql.execute("INSERT INTO told VALUES (?1)", params![line])?;
    Ok(())
}

fn blob(sql: &Connection, act: &BlobAct) -> Result<(), Fault> {
    let deed = match &act.deed {
        BlobDeed::Pushed => "pushed".to_owned(),
        BlobDeed::Mounted { from } => format!("mounted from {from}"),
        BlobDeed::Deleted => "deleted".to_owned(),
    };
    add(sql, &format!("{} {deed} {} {}", act.by, act.repository, act.digest))
}

fn attached(sql: &Connection, repository: &str, subject: &str) -> Result<(), Fault> {
    add(sql, &format!("look {repository} {subject}"))
}

async fn storage(place: &Place) -> Storage {
    let storage = place.storage();
    storage.database().own_tables("test", STEPS).await.unwrap();
    storage.database().along_blobs(blob);
    storage.database().along_attached(attached);
    storage
}

/// What was written since it was asked last.
async fn told(storage: &Storage) -> Vec<String> {
    let take = |sql: &Connection| {
        let mut asked = sql.prepare("DELETE FROM told RETURNING line")?;
        let lines = asked.query_map([], |row| row.get(0))?;
        Ok(lines.collect::<Result<Vec<String>, _>>()?)
    };
    storage.database().write(take).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn acts_on_blobs_are_told_with_who_does_them() {
    let place = Place::new();
    let storage = storage(&place).await;
    let (one, two) = (repository(&storage, "a/one"), repository(&storage, "a/two"));
    let digest = acting("ana".to_owned(), async {
        let blob = push(&storage, "a/one", b"bytes").await;
        assert!(is_told());
        blob
    })
    .await;
    assert_eq!(told(&storage).await, [format!("ana pushed a/one {}", digest.digest)]);
    // It is there already: an act all the same.
    acting("bob".to_owned(), push(&storage, "a/one", b"bytes")).await;
    assert!(acting("bob".to_owned(), two.mount(&digest, "a/one")).await.unwrap());
    acting("cyn".to_owned(), two.delete_blob(&digest.digest)).await.unwrap();
    let expected = [
        format!("bob pushed a/one {}", digest.digest),
        format!("bob mounted from a/one a/two {}", digest.digest),
        format!("cyn deleted a/two {}", digest.digest),
    ];
    assert_eq!(told(&storage).await, expected);
    // What is not done, and what nobody does, is not told.
    let absent = Descriptor::of("x", b"absent");
    let vain = async {
        assert!(!two.mount(&absent, "a/one").await.unwrap());
        one.delete_blob(&absent.digest).await.unwrap_err();
        assert!(!is_told(), "nothing was written of what was not done");
    };
    acting("bob".to_owned(), vain).await;
    push(&storage, "a/one", b"more").await;
    assert!(!is_told());
    assert_eq!(told(&storage).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_that_can_not_be_told_is_not_made() {
    let place = Place::new();
    let storage = storage(&place).await;
    let (own, bytes) = (repository(&storage, "a"), b"bytes");
    let blob = Descriptor::of("x", bytes);
    let tried = acting("forbidden".to_owned(), async {
        let mut upload = own.write(&blob).await.unwrap();
        upload.append(Bytes::from_static(bytes)).await.unwrap();
        let tried = upload.finish().await;
        assert!(!is_told());
        tried
    });
    tried.await.unwrap_err();
    assert_eq!(own.stat(&blob.digest).await.unwrap(), None);
    push(&storage, "a", bytes).await;
    acting("forbidden".to_owned(), own.delete_blob(&blob.digest)).await.unwrap_err();
    assert_eq!(own.stat(&blob.digest).await.unwrap(), Some(5));
    let other = repository(&storage, "b");
    acting("forbidden".to_owned(), other.mount(&blob, "a")).await.unwrap_err();
    assert_eq!(other.stat(&blob.digest).await.unwrap(), None);
    assert_eq!(storage.fsck().await.unwrap().problems, []);
}

/// Attaches something to a manifest; gives the digest of what is attached.
async fn attach(storage: &Storage, name: &str, subject: &Descriptor, text: &str) -> Digest {
    push(storage, name, media_type::EMPTY_JSON).await;
    let layer = push(storage, name, text.as_bytes()).await;
    let raw =
        Raw::build(media_type::OCI_MANIFEST, Manifest::referrer("application/x", layer, subject));
    let bytes = Bytes::copy_from_slice(raw.unwrap().bytes());
    let put = repository(storage, name).put_manifest(media_type::OCI_MANIFEST, bytes, None).await;
    put.unwrap().digest
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_attached_and_taken_away_is_told_of_its_subject() {
    let place = Place::new();
    let storage = storage(&place).await;
    kit(&storage, "a", "v1", b"weights").await;
    let layer = Descriptor::of("application/octet-stream", b"weights");
    let subject = manifest(&layer).descriptor().clone();
    assert_eq!(told(&storage).await, Vec::<String>::new(), "a kit is attached to nothing");
    let look = format!("look a {}", subject.digest);
    let first = attach(&storage, "a", &subject, "one").await;
    assert_eq!(told(&storage).await, std::slice::from_ref(&look));
    let second = quietly(attach(&storage, "a", &subject, "two")).await;
    assert_eq!(told(&storage).await, Vec::<String>::new());
    let own = repository(&storage, "a");
    for digest in [first.clone(), second] {
        own.delete_manifest(&Target::Digest(digest)).await.unwrap();
        assert_eq!(told(&storage).await, std::slice::from_ref(&look));
    }
    own.delete_manifest(&Target::Digest(first)).await.unwrap_err();
    own.delete_manifest(&Target::Tag("v1".to_owned())).await.unwrap();
    assert_eq!(told(&storage).await, Vec::<String>::new());
    // Something may be attached before its subject is there.
    attach(&storage, "b", &subject, "early").await;
    assert_eq!(told(&storage).await, [format!("look b {}", subject.digest)]);
}

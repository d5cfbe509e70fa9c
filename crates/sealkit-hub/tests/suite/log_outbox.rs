//! Acts that were done and not logged, because the log had no room or the hub was killed in between.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use sealkit_attest::log::{LogAct, LogLeaf, NoteSigner};
use sealkit_hub::log::{Log, LogError, LogStore, LoggedNames, MemoryLog};
use sealkit_hub::{EventFilter, Events, Storage};
use sealkit_hubstore::{Outbox as _, noting};
use sealkit_oci::{Digest, Target, media_type};
use sealkit_store::{Namespace as _, Repository, StoreError};

/// A log's store that takes nothing while the flag says so. Clones share it.
#[derive(Clone, Default)]
struct Shut(Arc<MemoryLog>, Arc<AtomicBool>);

impl Shut {
    fn may_write(&self) -> Result<(), LogError> {
        let is_shut = self.1.load(Ordering::SeqCst);
        if is_shut { Err(LogError::Damaged("no room".to_owned())) } else { Ok(()) }
    }

    fn entries(&self) -> Vec<LogLeaf> {
        let all = self.0.entries(0..self.0.len().unwrap()).unwrap();
        all.iter().map(|bytes| LogLeaf::parse(bytes).unwrap()).collect()
    }
}

impl LogStore for Shut {
    fn len(&self) -> Result<u64, LogError> {
        self.0.len()
    }
    fn entries(&self, range: Range<u64>) -> Result<Vec<Vec<u8>>, LogError> {
        self.0.entries(range)
    }
    fn append(&self, entries: &[Vec<u8>]) -> Result<(), LogError> {
        self.may_write()?;
        self.0.append(entries)
    }
    fn object(&self, name: &str) -> Result<Option<Vec<u8>>, LogError> {
        self.0.object(name)
    }
    fn put_object(&self, name: &str, bytes: &[u8]) -> Result<(), LogError> {
        self.may_write()?;
        self.0.put_object(name, bytes)
    }
}

/// A hub's names over what is in `folder`, as a start makes them.
async fn start(folder: &std::path::Path, store: &Shut) -> (Storage, LoggedNames) {
    let storage = Storage::open(folder).unwrap();
    let signer = NoteSigner::from_seed("hub.example", &[7; 32]).unwrap();
    let (log, known) = Log::open(Arc::new(store.clone()), signer).unwrap();
    let names = LoggedNames::of_storage(&storage, Arc::new(log));
    names.reconcile(known).await.unwrap();
    (storage, names)
}

fn index(text: &str) -> String {
    let kind = media_type::OCI_INDEX;
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{kind}","manifests":[],"annotations":{{"a":"{text}"}}}}"#
    )
}

async fn tag(own: &Arc<dyn Repository>, tag: &str, text: &str) -> Result<Digest, StoreError> {
    let bytes = Bytes::from(index(text));
    let put = own.put_manifest(media_type::OCI_INDEX, bytes, Some(tag)).await?;
    Ok(put.digest)
}

/// What the log says, as short texts.
fn said(store: &Shut) -> Vec<String> {
    let short = |digest: &Digest| {
        let found =
            ["a", "b", "c"].into_iter().find(|text| Digest::of(index(text).as_bytes()) == *digest);
        found.unwrap_or("?").to_owned()
    };
    let one = |leaf: LogLeaf| match leaf.act {
        LogAct::Push { digest, .. } => format!("push {}", short(&digest)),
        LogAct::Tag { tag, digest, old, .. } => {
            format!("{tag} {} -> {}", old.as_ref().map_or("-".to_owned(), short), short(&digest))
        }
        LogAct::Untag { tag, old, .. } => format!("{tag} {} -> -", short(&old)),
        LogAct::Delete { digest } => format!("delete {}", short(&digest)),
        _ => "other".to_owned(),
    };
    store.entries().into_iter().map(one).collect()
}

/// Moves a tag as a hub does that is killed before the log has it.
async fn tag_and_die(storage: &Storage, name: &str, text: &str) {
    let digest = Digest::of(index(text).as_bytes());
    let (tag_name, old, previous) = ("v1".to_owned(), None, None);
    let push =
        LogAct::Push { digest: digest.clone(), media_type: media_type::OCI_INDEX.to_owned() };
    let acts = [push, LogAct::Tag { tag: tag_name, digest, old, previous }];
    let mut note = Vec::new();
    for act in acts {
        let (actor, repository) = ("ana".to_owned(), name.to_owned());
        note.extend(LogLeaf { actor, time: 1_800_000_000, repository, act }.encode().unwrap());
        note.push(b'\n');
    }
    let own = storage.repository(name).unwrap();
    noting(note, tag(&own, "v1", text)).await.unwrap();
}

#[tokio::test]
async fn what_was_done_before_a_kill_and_not_logged_is_logged_at_the_next_start_in_its_order() {
    let (folder, store) = (tempfile::tempdir().unwrap(), Shut::default());
    let (storage, names) = start(folder.path(), &store).await;
    let own = names.repository("org/m").unwrap();
    tag(&own, "v1", "a").await.unwrap();
    assert_eq!(said(&store), ["push a", "v1 - -> a"]);
    for text in ["b", "a", "c"] {
        tag_and_die(&storage, "org/m", text).await;
    }
    assert_eq!(storage.notes(None).await.unwrap().len(), 3);
    drop((storage, names, own));
    let (storage, names) = start(folder.path(), &store).await;
    // A look at tags alone would find `c` and miss that it was `b` and `a` before.
    let later = ["push b", "v1 a -> b", "v1 b -> a", "push c", "v1 a -> c"];
    assert_eq!(said(&store)[2..], later);
    let entries = store.entries();
    assert!(entries[2..].iter().all(|leaf| leaf.actor == "ana" && leaf.time == 1_800_000_000));
    assert_eq!(storage.notes(None).await.unwrap(), []);
    drop((storage, names));
    start(folder.path(), &store).await;
    assert_eq!(said(&store).len(), 7, "it is logged once");
}

#[tokio::test]
async fn a_log_without_room_is_behind_by_one_act_and_no_more() {
    let (folder, store) = (tempfile::tempdir().unwrap(), Shut::default());
    let (storage, names) = start(folder.path(), &store).await;
    let own = names.repository("org/m").unwrap();
    let first = tag(&own, "v1", "a").await.unwrap();
    store.1.store(true, Ordering::SeqCst);
    for text in ["b", "c", "a"] {
        // The first of them is done, and nobody is told that it is.
        assert!(tag(&own, "v1", text).await.is_err(), "{text}");
    }
    own.delete_manifest(&Target::Digest(first)).await.unwrap_err();
    let now = own.manifest(&Target::Tag("v1".to_owned())).await.unwrap().unwrap();
    assert_eq!(&*now.bytes, index("b").as_bytes());
    assert_eq!(storage.notes(None).await.unwrap().len(), 1);
    drop((storage, names, own));
    store.1.store(false, Ordering::SeqCst);
    let (storage, _names) = start(folder.path(), &store).await;
    assert_eq!(said(&store), ["push a", "v1 - -> a", "push b", "v1 a -> b"]);
    assert_eq!(storage.notes(None).await.unwrap(), []);
}

#[tokio::test]
async fn once_there_is_room_the_next_act_brings_those_before_it_along() {
    let (folder, store) = (tempfile::tempdir().unwrap(), Shut::default());
    let (storage, names) = start(folder.path(), &store).await;
    let (own, other) = (names.repository("org/m").unwrap(), names.repository("org/n").unwrap());
    store.1.store(true, Ordering::SeqCst);
    tag(&own, "v1", "a").await.unwrap_err();
    store.1.store(false, Ordering::SeqCst);
    tag(&other, "v1", "b").await.unwrap();
    assert_eq!(storage.notes(None).await.unwrap().len(), 1, "those of others wait for theirs");
    tag(&own, "v1", "c").await.unwrap();
    let expected = ["push b", "v1 - -> b", "push a", "v1 - -> a", "push c", "v1 a -> c"];
    assert_eq!(said(&store), expected);
    assert_eq!(storage.notes(None).await.unwrap(), []);
    // What is refused is neither done nor noted.
    own.delete_manifest(&Target::Tag("v9".to_owned())).await.unwrap_err();
    assert_eq!(storage.notes(None).await.unwrap(), []);
    assert_eq!(said(&store).len(), 6);
}

/// What the hub's people are told, the oldest first.
async fn told(storage: &Storage) -> Vec<String> {
    let events = Events::of(storage).await.unwrap().list(EventFilter::default()).await.unwrap();
    let line = |event: &sealkit_api::HubEvent| {
        let subject = event.subject.as_deref().unwrap_or("-");
        format!("{} {} {subject}", event.actor, event.action)
    };
    events.iter().rev().map(line).collect()
}

#[tokio::test]
async fn an_act_has_its_events_whenever_the_hub_is_killed() {
    let (folder, store) = (tempfile::tempdir().unwrap(), Shut::default());
    let (storage, names) = start(folder.path(), &store).await;
    Events::of(&storage).await.unwrap();
    let [a, b] = ["a", "b"].map(|text| Digest::of(index(text).as_bytes()));
    // Killed before the log has it: nobody is told but the events.
    tag_and_die(&storage, "org/m", "a").await;
    let pushed = format!("ana manifest.push {a}");
    let first = [pushed, "ana tag.set v1".to_owned()];
    assert_eq!(told(&storage).await, first);
    drop((storage, names));
    let (storage, names) = start(folder.path(), &store).await;
    assert_eq!(told(&storage).await, first, "they are told once");
    let own = names.repository("org/m").unwrap();
    tag(&own, "v1", "b").await.unwrap();
    own.delete_manifest(&Target::Digest(b.clone())).await.unwrap();
    own.delete_manifest(&Target::Tag("v9".to_owned())).await.unwrap_err();
    let all = told(&storage).await;
    let later = [
        format!("anonymous manifest.push {b}"),
        "anonymous tag.set v1".to_owned(),
        "anonymous tag.delete v1".to_owned(),
        format!("anonymous manifest.delete {b}"),
    ];
    assert_eq!(all[2..], later, "what is refused has none");
    assert_eq!(storage.notes(None).await.unwrap(), []);
}

#[tokio::test]
async fn a_note_that_can_not_be_read_undoes_its_act() {
    let (folder, store) = (tempfile::tempdir().unwrap(), Shut::default());
    let (storage, _names) = start(folder.path(), &store).await;
    Events::of(&storage).await.unwrap();
    let own = storage.repository("org/m").unwrap();
    noting(b"no leaf".to_vec(), tag(&own, "v1", "a")).await.unwrap_err();
    assert_eq!(own.manifest(&Target::Tag("v1".to_owned())).await.unwrap(), None);
    assert_eq!(told(&storage).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_start_reads_no_manifest_whose_tag_the_log_knows() {
    let (folder, store) = (tempfile::tempdir().unwrap(), Shut::default());
    let (storage, names) = start(folder.path(), &store).await;
    let (own, other) = (names.repository("org/a").unwrap(), names.repository("org/b").unwrap());
    let damaged = tag(&own, "v1", "a").await.unwrap();
    tag(&other, "v1", "b").await.unwrap();
    drop((own, other, names, storage));
    let rows = rusqlite::Connection::open(folder.path().join("hub.db")).unwrap();
    let text = "UPDATE manifests SET body = x'7B7D' WHERE digest = ?1";
    assert_eq!(rows.execute(text, [damaged.to_string()]).unwrap(), 1);
    let before = said(&store);
    let (_, names) = start(folder.path(), &store).await;
    assert_eq!(said(&store), before);
    let target = Target::Tag("v1".to_owned());
    let here = names.repository("org/b").unwrap().manifest(&target).await.unwrap();
    assert!(here.is_some());
    let gone = names.repository("org/a").unwrap().manifest(&target).await;
    assert!(gone.is_err(), "it is not given out");
}

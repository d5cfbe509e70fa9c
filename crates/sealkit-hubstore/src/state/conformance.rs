//! The suite that every state passes. A function panics where a promise is broken. Repositories begin with a
//! name of the function, so that all of it runs on one state.
#![expect(clippy::unwrap_used, reason = "a test suite panics")]

mod referrers;

use bytes::Bytes;
use referrers::{all_referrers, what_refers_comes_in_pages, what_refers_is_listed};
use sealkit_oci::{Algorithm, Descriptor, Digest, Manifest, Raw, Target, media_type};
use sealkit_store::{Links, Page, PutManifest, StoreError};

use super::{Finished, HeldBlob, NewManifest, OpenUpload, State};
use crate::{TagMove, new_key};

/// Runs all of it on a state that knows nothing.
pub async fn run(state: &dyn State) {
    uploads_become_blobs_once(state).await;
    equal_content_is_one_object(state).await;
    an_upload_goes_on_where_it_was_kept(state).await;
    manifests_need_what_they_name(state).await;
    tags_move_and_every_move_is_remembered(state).await;
    every_tag_is_told_at_once(state).await;
    what_refers_is_listed(state).await;
    what_refers_comes_in_pages(state).await;
    what_is_removed_is_gone_and_no_more(state).await;
    only_what_nobody_names_or_asked_for_is_collected(state).await;
    damage_is_noted_and_healed(state).await;
    listings_are_sorted_and_cut(state).await;
    every_change_changes_the_stamp(state).await;
    reindexing_changes_nothing_that_was_right(state).await;
    a_note_is_there_as_long_as_its_act_is_not_settled(state).await;
}

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

fn upload(repository: &str, size: u64) -> OpenUpload {
    OpenUpload {
        id: new_key().unwrap(),
        repository: repository.to_owned(),
        key: new_key().unwrap(),
        algorithm: Algorithm::Sha256,
        place: size,
        hash: vec![1, 2, 3],
    }
}

/// Makes a blob; gives the key of its object.
async fn blob(state: &dyn State, repository: &str, text: &str, now: i64) -> String {
    let upload = upload(repository, text.len() as u64);
    state.begin_upload(upload.clone(), None, now).await.unwrap();
    let stored = state.finish_upload(upload.clone(), &digest(text), now).await.unwrap();
    assert_eq!(stored, Finished::Stored(None), "{text}");
    upload.key
}

/// A manifest of one layer and the empty config, about `subject` where there is one.
fn manifest(layer: &str, subject: Option<&Descriptor>) -> Raw<Manifest> {
    let layer = Descriptor::of("application/octet-stream", layer.as_bytes());
    let config = Descriptor::of(media_type::OCI_EMPTY, media_type::EMPTY_JSON);
    let manifest = Manifest::referrer("application/x", layer, &config);
    Raw::build(media_type::OCI_MANIFEST, Manifest { subject: subject.cloned(), ..manifest })
        .unwrap()
}

fn new(repository: &str, raw: &Raw<Manifest>, tags: &[&str], now: i64) -> NewManifest {
    let body = Bytes::copy_from_slice(raw.bytes());
    NewManifest {
        repository: repository.to_owned(),
        descriptor: Descriptor::of(media_type::OCI_MANIFEST, &body),
        links: Links::parse(media_type::OCI_MANIFEST, &body).unwrap(),
        body,
        put: PutManifest {
            algorithm: Algorithm::Sha256,
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            sparse: false,
        },
        note: None,
        now,
    }
}

/// A kit of one layer; gives the digest of its manifest.
async fn kit(state: &dyn State, repository: &str, layer: &str, tags: &[&str], now: i64) -> Digest {
    let empty = String::from_utf8_lossy(media_type::EMPTY_JSON).into_owned();
    for text in [layer, &empty] {
        let upload = upload(repository, text.len() as u64);
        state.begin_upload(upload.clone(), None, now).await.unwrap();
        state.finish_upload(upload, &digest(text), now).await.unwrap();
    }
    let raw = manifest(layer, None);
    state.put_manifest(new(repository, &raw, tags, now)).await.unwrap();
    Digest::of(raw.bytes())
}

async fn uploads_become_blobs_once(state: &dyn State) {
    let (name, now) = ("once", 1_000);
    let open = state.open_uploads().await.unwrap();
    let one = upload(name, 5);
    state.begin_upload(one.clone(), None, now).await.unwrap();
    assert_eq!(state.open_uploads().await.unwrap(), open + 1);
    assert_eq!(state.blob(name, &digest("bytes")).await.unwrap(), None);
    let known = [one.key.clone(), new_key().unwrap()];
    assert_eq!(state.unknown_keys(known.to_vec()).await.unwrap(), known[1..]);
    let stored = state.finish_upload(one.clone(), &digest("bytes"), now).await.unwrap();
    assert_eq!(stored, Finished::Stored(None));
    let held = HeldBlob { key: one.key.clone(), size: 5, used: now };
    assert_eq!(state.blob(name, &digest("bytes")).await.unwrap(), Some(held));
    assert_eq!(state.blob("once-other", &digest("bytes")).await.unwrap(), None);
    assert_eq!(state.open_uploads().await.unwrap(), open);
    assert_eq!(state.unknown_keys(known.to_vec()).await.unwrap(), known[1..]);
    // It has ended: nothing may become of it any more.
    let again = state.finish_upload(one.clone(), &digest("other"), now).await.unwrap();
    assert_eq!(again, Finished::Ended);
    assert_eq!(state.blob(name, &digest("other")).await.unwrap(), None);
    assert!(!state.end_upload(&one.id).await.unwrap());
    let two = upload(name, 1);
    state.begin_upload(two.clone(), None, now).await.unwrap();
    assert!(state.end_upload(&two.id).await.unwrap());
    let ended = state.finish_upload(two, &digest("x"), now).await.unwrap();
    assert_eq!(ended, Finished::Ended);
}

async fn equal_content_is_one_object(state: &dyn State) {
    let key = blob(state, "equal/a", "equal", 10).await;
    let second = upload("equal/b", 5);
    state.begin_upload(second.clone(), None, 20).await.unwrap();
    let stored = state.finish_upload(second.clone(), &digest("equal"), 20).await.unwrap();
    assert_eq!(stored, Finished::Stored(Some(second.key)), "its own object is needed no more");
    let held = state.blob("equal/b", &digest("equal")).await.unwrap().unwrap();
    assert_eq!((held.key.as_str(), held.used), (key.as_str(), 20));
    let mounted = state.mount_blob("equal/c", "equal/b", &digest("equal"), 30).await.unwrap();
    assert!(mounted && state.blob("equal/c", &digest("equal")).await.unwrap().is_some());
    assert!(!state.mount_blob("equal/c", "equal/d", &digest("equal"), 30).await.unwrap());
    // A touch never makes a blob older.
    state.touch_blob("equal/c", &digest("equal"), 40).await;
    state.touch_blob("equal/c", &digest("equal"), 35).await;
    state.touch_blob("equal/d", &digest("equal"), 40).await;
    state.mount_blob("equal/e", "equal/c", &digest("equal"), 5).await.unwrap();
    let used = state.blob("equal/c", &digest("equal")).await.unwrap().unwrap().used;
    assert_eq!(used, 40);
    assert_eq!(state.blob("equal/d", &digest("equal")).await.unwrap(), None);
}

async fn an_upload_goes_on_where_it_was_kept(state: &dyn State) {
    let one = OpenUpload { place: 0, ..upload("goes/on", 0) };
    state.begin_upload(one.clone(), None, 10).await.unwrap();
    assert_eq!(state.session("goes/on", &one.id).await.unwrap(), Some(one.clone()));
    assert_eq!(state.session("goes/elsewhere", &one.id).await.unwrap(), None);
    state.keep_upload(&one.id, 7, vec![9], 20);
    // What was called before has happened before.
    let kept = state.resume_upload(&one.id, 15).await.unwrap().unwrap();
    assert_eq!((kept.place, kept.hash.as_slice(), &kept.key), (7, &[9][..], &one.key));
    let (short, long) = (upload("goes/on", 3), upload("goes/on", 30));
    let wanted = digest("wanted");
    state.begin_upload(short.clone(), Some(&wanted), 10).await.unwrap();
    state.begin_upload(long.clone(), Some(&wanted), 10).await.unwrap();
    assert_eq!(state.session("goes/on", &short.id).await.unwrap(), None, "it is no client's");
    let found = state.uploads_of("goes/on", &wanted).await.unwrap();
    assert_eq!(found, [long.clone(), short.clone()]);
    assert_eq!(state.uploads_of("goes/elsewhere", &wanted).await.unwrap(), []);
    // The first was kept at 20 and is not older for having been asked for at 15.
    let mut idle = state.end_idle_uploads(20).await.unwrap();
    let mut expected = vec![(short.id, short.key), (long.id, long.key)];
    idle.retain(|one| expected.contains(one));
    expected.sort();
    idle.sort();
    assert_eq!(idle, expected);
    assert!(state.end_upload(&one.id).await.unwrap());
    assert_eq!(state.resume_upload(&one.id, 30).await.unwrap(), None);
}

async fn manifests_need_what_they_name(state: &dyn State) {
    let name = "needs";
    let raw = manifest("layer of needs", None);
    let target = Target::Digest(Digest::of(raw.bytes()));
    let refused = state.put_manifest(new(name, &raw, &["v1"], 1)).await;
    assert!(matches!(refused, Err(StoreError::Dangling { .. })), "{refused:?}");
    assert_eq!(state.manifest(name, &target).await.unwrap(), None);
    assert_eq!(state.tags(name, &Page::default()).await.unwrap(), Vec::<String>::new());
    let mut sparse = new("needs-nothing", &raw, &["v1"], 1);
    sparse.put.sparse = true;
    state.put_manifest(sparse).await.unwrap();
    kit(state, name, "layer of needs", &["v1", "v2"], 1).await;
    for target in [target, Target::Tag("v1".to_owned()), Target::Tag("v2".to_owned())] {
        let found = state.manifest(name, &target).await.unwrap().unwrap();
        assert_eq!(&*found.bytes, raw.bytes());
        assert_eq!(found.descriptor.media_type, media_type::OCI_MANIFEST);
        assert_eq!(found.descriptor.size, raw.bytes().len() as u64);
    }
    let elsewhere = state.manifest("needs-other", &Target::Tag("v1".to_owned())).await.unwrap();
    assert_eq!(elsewhere, None);
}

async fn tags_move_and_every_move_is_remembered(state: &dyn State) {
    let first = kit(state, "moves", "first", &["v1"], 10).await;
    let second = kit(state, "moves", "second", &["v1"], 20).await;
    kit(state, "moves", "second", &["v1"], 25).await;
    let tag = Target::Tag("v1".to_owned());
    assert!(state.delete_manifest("moves", &tag, None, 30).await.unwrap());
    assert!(!state.delete_manifest("moves", &tag, None, 31).await.unwrap());
    let (a, b) = (Some(first.to_string()), Some(second.to_string()));
    let one = |before: &Option<String>, after: &Option<String>, at| TagMove {
        before: before.clone(),
        after: after.clone(),
        at,
    };
    let expected = [one(&None, &a, 10), one(&a, &b, 20), one(&b, &None, 30)];
    assert_eq!(state.tag_moves("moves", "v1").await.unwrap(), expected);
    assert_eq!(state.tag_moves("moves", "v2").await.unwrap(), []);
    // The manifests stay.
    let still = state.manifest("moves", &Target::Digest(second)).await.unwrap();
    assert!(still.is_some());
}

async fn every_tag_is_told_at_once(state: &dyn State) {
    let first = kit(state, "tagged-a", "one of tagged", &["v1", "v2"], 1).await;
    let other = kit(state, "tagged-b", "one of tagged", &["latest"], 2).await;
    assert_eq!(first, other);
    let moved = kit(state, "tagged-a", "two of tagged", &["v2"], 3).await;
    kit(state, "tagged-c", "three of tagged", &[], 4).await;
    let gone = kit(state, "tagged-d", "four of tagged", &["v1"], 5).await;
    assert!(state.delete_manifest("tagged-d", &Target::Digest(gone), None, 6).await.unwrap());
    let all = state.tagged().await.unwrap();
    let own = all.iter().filter(|one| one.repository.starts_with("tagged-"));
    let own: Vec<_> = own.map(|one| (&*one.repository, &*one.tag, &one.digest)).collect();
    let expected =
        [("tagged-a", "v1", &first), ("tagged-a", "v2", &moved), ("tagged-b", "latest", &other)];
    assert_eq!(own, expected);
    assert!(all.iter().all(|one| one.media_type == media_type::OCI_MANIFEST));
    assert!(all.is_sorted_by_key(|one| (one.repository.clone(), one.tag.clone())));
}

async fn what_is_removed_is_gone_and_no_more(state: &dyn State) {
    let gone = kit(state, "removed", "same", &["v1", "v2"], 1).await;
    kit(state, "removed-not", "same", &["v1"], 1).await;
    let named = state.delete_blob("removed", &digest("same")).await;
    assert!(matches!(named, Err(StoreError::Unsupported { .. })), "{named:?}");
    let target = Target::Digest(gone.clone());
    assert!(state.delete_manifest("removed", &target, None, 2).await.unwrap());
    assert!(!state.delete_manifest("removed", &target, None, 2).await.unwrap());
    assert_eq!(state.tags("removed", &Page::default()).await.unwrap(), Vec::<String>::new());
    assert_eq!(state.tag_moves("removed", "v2").await.unwrap().len(), 2);
    assert!(state.delete_blob("removed", &digest("same")).await.unwrap());
    assert!(!state.delete_blob("removed", &digest("same")).await.unwrap());
    assert_eq!(state.blob("removed", &digest("same")).await.unwrap(), None);
    assert!(state.blob("removed-not", &digest("same")).await.unwrap().is_some());
    assert!(state.manifest("removed-not", &target).await.unwrap().is_some());
}

async fn only_what_nobody_names_or_asked_for_is_collected(state: &dyn State) {
    let name = "collects";
    kit(state, name, "named", &["v1"], 10).await;
    let old = blob(state, name, "old", 10).await;
    blob(state, name, "young", 200).await;
    blob(state, name, "asked for", 10).await;
    state.touch_blob(name, &digest("asked for"), 200).await;
    let shared = blob(state, name, "shared", 10).await;
    state.mount_blob("collects-too", name, &digest("shared"), 200).await.unwrap();
    let before = state.collectable(100).await.unwrap();
    let gone = state.collect(100).await.unwrap();
    let bytes = gone.iter().map(|(_, size)| size).sum();
    assert_eq!((gone.len() as u64, bytes), before, "a preview says what will go");
    assert!(gone.contains(&(old.clone(), 3)));
    assert!(gone.iter().all(|(key, _)| *key != shared));
    for (text, stays) in [("named", true), ("old", false), ("young", true), ("asked for", true)] {
        assert_eq!(state.blob(name, &digest(text)).await.unwrap().is_some(), stays, "{text}");
    }
    assert_eq!(state.blob(name, &digest("shared")).await.unwrap(), None);
    assert!(state.blob("collects-too", &digest("shared")).await.unwrap().is_some());
    assert_eq!(state.unknown_keys(vec![old.clone()]).await.unwrap(), [old]);
    // What was swept is not there to be named.
    let raw = manifest("old", None);
    let refused = state.put_manifest(new(name, &raw, &[], 300)).await;
    assert!(matches!(refused, Err(StoreError::Dangling { .. })), "{refused:?}");
    assert_eq!(state.collect(100).await.unwrap(), []);
}

async fn damage_is_noted_and_healed(state: &dyn State) {
    let name = "damaged";
    kit(state, name, "hurt", &["v1"], 10).await;
    let hurt = digest("hurt");
    let key = state.blob(name, &hurt).await.unwrap().unwrap().key;
    assert!(!state.checked_blob(&hurt, &new_key().unwrap(), false, 20).await.unwrap());
    assert!(state.blob(name, &hurt).await.unwrap().is_some(), "that was another object");
    assert!(state.checked_blob(&hurt, &key, false, 20).await.unwrap());
    assert_eq!(state.blob(name, &hurt).await.unwrap(), None);
    let known = state.blobs().await.unwrap();
    assert!(known.iter().any(|one| one.digest == hurt && one.damaged && one.key == key));
    assert_eq!(state.tags_with(vec![hurt.clone()]).await.unwrap(), ["damaged:v1"]);
    assert!(!state.mount_blob("damaged-too", name, &hurt, 20).await.unwrap());
    let healing = upload(name, 4);
    state.begin_upload(healing.clone(), None, 30).await.unwrap();
    let stored = state.finish_upload(healing.clone(), &hurt, 30).await.unwrap();
    assert_eq!(stored, Finished::Stored(Some(key)), "the damaged object is needed no more");
    assert_eq!(state.blob(name, &hurt).await.unwrap().unwrap().key, healing.key);
    let last = state.blobs().await.unwrap();
    assert!(last.iter().all(|one| one.digest != hurt || !one.damaged));
}

async fn listings_are_sorted_and_cut(state: &dyn State) {
    for tag in ["b", "a", "c", "B"] {
        kit(state, "lists/x", "listed", &[tag], 1).await;
    }
    blob(state, "lists/only-a-blob", "a blob alone", 1).await;
    let all = state.tags("lists/x", &Page::default()).await.unwrap();
    assert_eq!(all, ["B", "a", "b", "c"]);
    let page = |after: &str, limit| Page { after: Some(after.to_owned()), limit: Some(limit) };
    assert_eq!(state.tags("lists/x", &page("a", 1)).await.unwrap(), ["b"]);
    assert_eq!(state.tags("lists/x", &page("c", 9)).await.unwrap(), Vec::<String>::new());
    let names = state.repositories(&page("lists", 2)).await.unwrap();
    assert_eq!(names, ["lists/only-a-blob", "lists/x"]);
}

async fn every_change_changes_the_stamp(state: &dyn State) {
    let before = state.stamp();
    assert_eq!(state.stamp(), before, "looking changes nothing");
    state.tags("stamps", &Page::default()).await.unwrap();
    assert_eq!(state.stamp(), before);
    kit(state, "stamps", "stamped", &["v1"], 1).await;
    let after = state.stamp();
    assert!(before.is_none() || after != before);
    state.delete_manifest("stamps", &Target::Tag("v1".to_owned()), None, 2).await.unwrap();
    assert!(after.is_none() || state.stamp() != after);
}

async fn reindexing_changes_nothing_that_was_right(state: &dyn State) {
    let subject = digest("what all of them refer to");
    let about = Descriptor::new(media_type::OCI_MANIFEST, subject.clone(), 3);
    kit(state, "reindexed", "indexed", &[], 1).await;
    let raw = manifest("indexed", Some(&about));
    state.put_manifest(new("reindexed", &raw, &["v1"], 1)).await.unwrap();
    let before = all_referrers(state, "reindexed", &subject, None).await;
    assert_eq!(before.len(), 1);
    let (manifests, mut problems) = state.check().await.unwrap();
    // The one that may lack what it names.
    problems.retain(|one| !one.reason.contains("`needs-nothing`"));
    assert_eq!(problems, []);
    assert!(state.reindex().await.unwrap() >= manifests);
    assert_eq!(all_referrers(state, "reindexed", &subject, None).await, before);
    let named = state.delete_blob("reindexed", &digest("indexed")).await;
    assert!(named.is_err(), "it is still known to be named");
}

async fn a_note_is_there_as_long_as_its_act_is_not_settled(state: &dyn State) {
    let name = "notes";
    kit(state, name, "noted", &["v1"], 1).await;
    assert_eq!(state.notes(None).await.unwrap(), [], "acts without a note leave none");
    let with = |repository, layer, note: &[u8]| NewManifest {
        note: Some(note.to_vec()),
        ..new(repository, &manifest(layer, None), &["v1"], 2)
    };
    let refused = state.put_manifest(with(name, "nothing of this", b"no")).await;
    assert!(refused.is_err());
    state.put_manifest(with(name, "noted", b"put")).await.unwrap();
    kit(state, "notes-too", "noted", &["v1"], 1).await;
    state.put_manifest(with("notes-too", "noted", b"put elsewhere")).await.unwrap();
    let tag = Target::Tag("v1".to_owned());
    assert!(state.delete_manifest(name, &tag, Some(b"removed".to_vec()), 3).await.unwrap());
    assert!(!state.delete_manifest(name, &tag, Some(b"no".to_vec()), 3).await.unwrap());
    let digest = Target::Digest(Digest::of(manifest("noted", None).bytes()));
    assert!(state.delete_manifest(name, &digest, Some(b"gone".to_vec()), 3).await.unwrap());
    assert!(!state.delete_manifest(name, &digest, Some(b"no".to_vec()), 3).await.unwrap());
    let notes = state.notes(Some(name)).await.unwrap();
    let said: Vec<&[u8]> = notes.iter().map(|note| note.bytes.as_slice()).collect();
    assert_eq!(said, [&b"put"[..], b"removed", b"gone"]);
    assert!(notes.iter().all(|note| note.repository == name));
    assert!(notes.windows(2).all(|two| two[0].number < two[1].number));
    let all = state.notes(None).await.unwrap();
    assert_eq!(all.len(), 4);
    state.settle(notes.iter().map(|note| note.number).collect()).await.unwrap();
    assert_eq!(state.notes(Some(name)).await.unwrap(), []);
    state.settle(all.iter().map(|note| note.number).collect()).await.unwrap();
    assert_eq!(state.notes(None).await.unwrap(), []);
    state.put_manifest(with("notes-too", "noted", b"later")).await.unwrap();
    let later = state.notes(None).await.unwrap();
    assert!(later[0].number > all[3].number, "no number is used twice");
    state.settle(vec![later[0].number]).await.unwrap();
}

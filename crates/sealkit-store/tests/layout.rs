//! The sync core of the layout: manifests, tags, history, foreign layouts, skopeo.

#![expect(clippy::unwrap_used, reason = "a test panics on failure")]

use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sealkit_oci::{Digest, Reference, Target, media_type};
use sealkit_store::{Expect, Layout, Naming, StoreError};

mod common;

use common::{REPO, blob, manifest, put, store};

fn reference(text: &str) -> Reference {
    text.parse().unwrap()
}

#[test]
fn what_was_put_is_found_by_tag_by_digest_and_by_reference() {
    let (_folder, layout) = store();
    let bytes = manifest(&layout, "one", None);
    let put = layout.put_manifest(REPO, media_type::OCI_MANIFEST, &bytes, Some("v1")).unwrap();
    for target in [Target::Tag("v1".to_owned()), Target::Digest(put.digest.clone())] {
        let found = layout.manifest(REPO, &target).unwrap().unwrap();
        assert_eq!((found.bytes.as_ref(), &found.descriptor), (bytes.as_slice(), &put));
        assert_eq!(layout.manifest("localhost/other", &target).unwrap(), None);
    }
    for text in ["foo:v1".to_owned(), format!("foo@{}", put.digest), put.digest.to_string()] {
        let found = layout.resolve(&reference(&text)).unwrap().unwrap();
        assert_eq!(
            (found.repository.as_str(), found.descriptor.digest),
            (REPO, put.digest.clone())
        );
    }
    for text in ["foo", "foo:v2", "bar:v1", "r.io/foo:v1"] {
        assert_eq!(layout.resolve(&reference(text)).unwrap(), None, "{text}");
    }
    let reopened = Layout::open(layout.root(), Naming::Store).unwrap();
    assert_eq!(reopened.tags(REPO).unwrap(), ["v1"]);
    assert_eq!(layout.fsck(true).unwrap().problems, []);
}

#[test]
fn a_tag_that_moves_leaves_the_old_manifest_untagged_and_a_line_of_history() {
    let (_folder, layout) = store();
    let layout = layout.with_clock(Arc::new(|| SystemTime::UNIX_EPOCH + Duration::from_secs(77)));
    let old = put(&layout, REPO, "old", Some("v1"));
    let new = put(&layout, REPO, "new", Some("v1"));
    layout.tag(REPO, "also", &new.digest, &Expect::Absent).unwrap();
    layout.untag(REPO, "v1", &Expect::Any).unwrap();
    let entries: Vec<_> =
        layout.list().unwrap().into_iter().map(|e| (e.descriptor.digest, e.tags)).collect();
    assert_eq!(
        entries,
        [(old.digest.clone(), vec![]), (new.digest.clone(), vec!["also".to_owned()])]
    );
    let moves = layout.history(Some(REPO), Some("v1")).unwrap();
    let moves: Vec<_> = moves.into_iter().map(|m| (m.time, m.old, m.new)).collect();
    let (old, new) = (Some(old.digest), Some(new.digest));
    assert_eq!(moves, [(77, None, old.clone()), (77, old, new.clone()), (77, new, None)]);
    assert_eq!(layout.history(None, None).unwrap().len(), 4);
    assert_eq!(layout.history(Some("localhost/fo"), None).unwrap().len(), 0);
}

#[test]
fn a_blob_is_read_whole_in_ranges_and_by_seeking() {
    let (_folder, layout) = store();
    let digest = blob(&layout, b"0123456789").digest;
    let mut text = String::new();
    let mut reader = layout.read_blob_range(&digest, 2..6).unwrap();
    reader.read_to_string(&mut text).unwrap();
    assert_eq!((text.as_str(), reader.size()), ("2345", 4));
    reader.seek(SeekFrom::End(-1)).unwrap();
    text.clear();
    reader.read_to_string(&mut text).unwrap();
    assert_eq!(text, "5");
    assert!(reader.seek(SeekFrom::Current(-9)).is_err());
    let behind = layout.read_blob_range(&digest, 2..11).unwrap_err();
    assert!(matches!(behind, StoreError::SizeMismatch { actual: 10, .. }), "{behind}");
    let absent = layout.read_blob(&Digest::of(b"absent")).unwrap_err();
    assert!(matches!(absent, StoreError::NotFound { what: "blob", .. }), "{absent}");
}

#[test]
fn a_tag_moves_only_from_where_it_is_expected() {
    let (_folder, layout) = store();
    let one = put(&layout, REPO, "one", Some("v1")).digest;
    let two = put(&layout, REPO, "two", None).digest;
    for expect in [Expect::Absent, Expect::Digest(two.clone())] {
        let error = layout.tag(REPO, "v1", &two, &expect).unwrap_err();
        assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
        let error = layout.untag(REPO, "v1", &expect).unwrap_err();
        assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
    }
    layout.tag(REPO, "v1", &two, &Expect::Digest(one)).unwrap();
    let absent = layout.tag(REPO, "v1", &Digest::of(b"absent"), &Expect::Any).unwrap_err();
    assert!(matches!(absent, StoreError::NotFound { what: "manifest", .. }), "{absent}");
    let found = layout.manifest(REPO, &Target::Tag("v1".to_owned())).unwrap().unwrap();
    assert_eq!(found.descriptor.digest, two);
}

#[test]
fn a_manifest_whose_blobs_are_missing_is_refused() {
    let (_folder, layout) = store();
    let (_other_folder, other) = store();
    let bytes = manifest(&other, "elsewhere", None);
    let put = layout.put_manifest(REPO, media_type::OCI_MANIFEST, &bytes, Some("v1"));
    assert!(matches!(put, Err(StoreError::NotFound { what: "blob", .. })), "{put:?}");
    assert!(layout.list().unwrap().is_empty());
}

#[test]
fn names_that_could_not_be_read_back_are_refused() {
    let (_folder, layout) = store();
    let bytes = manifest(&layout, "x", None);
    for (repository, tag) in [
        ("a:b", "v1"),
        ("a/b@c", "v1"),
        ("a b", "v1"),
        ("a\u{1b}", "v1"),
        ("a", ".v1"),
        ("a", ""),
        ("a", "v/1"),
        ("a", "v 1"),
    ] {
        let put = layout.put_manifest(repository, media_type::OCI_MANIFEST, &bytes, Some(tag));
        assert!(matches!(put, Err(StoreError::Reference(_))), "{repository}:{tag}: {put:?}");
    }
    assert!(layout.list().unwrap().is_empty());
}

#[test]
fn what_is_no_layout_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Layout::open(folder.path(), Naming::Plain).map(|_| ()).unwrap_err().to_string();
    assert!(open().contains("no OCI image layout"), "{}", open());
    let marker = folder.path().join("oci-layout");
    for (text, reason) in
        [("", "EOF"), ("{}", "names no layout version"), (r#"{"imageLayoutVersion":"2"}"#, "`2`")]
    {
        std::fs::write(&marker, text).unwrap();
        assert!(open().contains(reason), "{text}: {}", open());
    }
    assert!(Layout::create(folder.path(), Naming::Plain).is_err());
    std::fs::write(&marker, r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    std::fs::write(folder.path().join("index.json"), "[]").unwrap();
    let layout = Layout::open(folder.path(), Naming::Plain).unwrap();
    assert!(matches!(layout.list(), Err(StoreError::Corrupt { .. })));
    assert!(matches!(layout.repository("").layout().tags(""), Err(StoreError::Corrupt { .. })));
}

#[test]
fn a_line_of_history_that_was_cut_short_spoils_no_other() {
    let (_folder, layout) = store();
    put(&layout, REPO, "one", Some("v1"));
    let path = layout.root().join("history.jsonl");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend_from_slice(br#"{"time":1,"ref":"localho"#);
    std::fs::write(&path, bytes).unwrap();
    put(&layout, REPO, "two", Some("v1"));
    assert_eq!(layout.history(None, None).unwrap().len(), 2);
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_a_blob_is_not_followed() {
    let (_folder, layout) = store();
    let digest = Digest::of(b"secret");
    let outside = layout.root().join("outside");
    std::fs::write(&outside, b"secret").unwrap();
    std::os::unix::fs::symlink(&outside, layout.blob_path(&digest)).unwrap();
    assert_eq!(layout.blob_size(&digest).unwrap(), None);
    assert!(matches!(layout.read_blob(&digest), Err(StoreError::NotFound { .. })));
}

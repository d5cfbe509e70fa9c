//! The sync core of the layout: manifests, tags, history, foreign layouts, skopeo.

#![expect(clippy::unwrap_used, reason = "a test panics on failure")]

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sealkit_oci::{Descriptor, Digest, Manifest, Raw, Reference, Target, media_type};
use sealkit_store::{BlobWriter, Expect, GcOptions, Layout, Naming, ProblemKind, StoreError};

const REPO: &str = "localhost/foo";

fn store() -> (tempfile::TempDir, Layout) {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::create(folder.path().join("s"), Naming::Store).unwrap();
    (folder, layout)
}

fn blob(layout: &Layout, bytes: &[u8]) -> Descriptor {
    let mut write = layout.blob_writer().create().unwrap();
    write.write_all(bytes).unwrap();
    let (digest, size) = write.commit().unwrap();
    Descriptor::new("application/octet-stream", digest, size)
}

fn manifest(layout: &Layout, text: &str, subject: Option<&Descriptor>) -> Vec<u8> {
    let config = blob(layout, b"{}");
    let layer = blob(layout, text.as_bytes());
    let manifest = Manifest {
        schema_version: 2,
        media_type: Some(media_type::OCI_MANIFEST.to_owned()),
        artifact_type: Some("application/x-test".to_owned()),
        config,
        layers: Some(vec![layer]),
        subject: subject.map(Descriptor::bare),
        annotations: [("k".to_owned(), text.to_owned())].into(),
    };
    Raw::build(media_type::OCI_MANIFEST, manifest).unwrap().into_bytes()
}

fn put(layout: &Layout, repository: &str, text: &str, tag: Option<&str>) -> Descriptor {
    let bytes = manifest(layout, text, None);
    layout.put_manifest(repository, media_type::OCI_MANIFEST, &bytes, tag).unwrap()
}

fn later(layout: Layout) -> Layout {
    layout.with_clock(Arc::new(|| SystemTime::now() + Duration::from_hours(48)))
}

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

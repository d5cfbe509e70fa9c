//! Collecting garbage and finding damage.

#![expect(clippy::unwrap_used, reason = "a test panics on failure")]

mod common;

use std::io::Write;
use std::time::Duration;

use common::{REPO, blob, later, manifest, put, refer, store};
use sealkit_oci::{Descriptor, Digest, Index, Raw, Target, media_type};
use sealkit_store::{BlobStore, BlobWriter, Expect, GcOptions, Layout, ProblemKind, StoreError};

fn gc(layout: &Layout) -> Vec<Digest> {
    later(layout).gc(&GcOptions::default()).unwrap().blobs
}

fn layer(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

#[test]
fn only_what_nothing_names_is_collected() {
    let (_folder, layout) = store();
    put(&layout, REPO, "tagged", Some("v1"));
    put(&layout, REPO, "untagged", None);
    let gone = put(&layout, REPO, "gone", Some("v2"));
    layout.remove(REPO, &gone.digest).unwrap();
    let orphan = blob(&layout, b"orphan").digest;
    let mut expected = vec![gone.digest, layer("gone"), orphan];
    expected.sort();
    let dry = GcOptions { dry_run: true, ..GcOptions::default() };
    assert_eq!(later(&layout).gc(&dry).unwrap().blobs, expected);
    assert_eq!(gc(&layout), expected);
    assert_eq!(gc(&layout), []);
    let report = layout.fsck(true).unwrap();
    assert_eq!((report.problems, report.orphans), (vec![], vec![]));
    assert_eq!(layout.list().unwrap().len(), 2);
}

#[test]
fn what_is_young_stays() {
    let (_folder, layout) = store();
    let orphan = blob(&layout, b"orphan").digest;
    assert_eq!(layout.gc(&GcOptions::default()).unwrap().blobs, []);
    std::thread::sleep(Duration::from_millis(60));
    let now = GcOptions { grace: Duration::ZERO, dry_run: false };
    assert_eq!(layout.gc(&now).unwrap().blobs, [orphan]);
}

#[test]
fn what_a_running_writer_wrote_or_found_stays() {
    let (_folder, layout) = store();
    let old = blob(&layout, b"old");
    let path = layout.blob_path(&old.digest);
    let past = std::time::SystemTime::now() - Duration::from_hours(100);
    std::fs::File::open(&path).unwrap().set_modified(past).unwrap();
    let writer = layout.blob_writer();
    let mut unfinished = writer.create().unwrap();
    unfinished.write_all(&vec![7; 3 << 20]).unwrap();
    let mut again = writer.create().unwrap();
    again.write_all(b"old").unwrap();
    again.commit().unwrap();
    let report = later(&layout).gc(&GcOptions { grace: Duration::ZERO, dry_run: false }).unwrap();
    assert_eq!((report.blobs, report.leftovers), (vec![], 0));
    let (digest, _) = unfinished.commit().unwrap();
    drop(writer);
    let mut expected = vec![digest, old.digest];
    expected.sort();
    assert_eq!(gc(&layout), expected);
    assert_eq!(layout.fsck(true).unwrap().leftovers, Vec::<String>::new());
}

#[test]
fn referrers_go_with_their_subject_and_not_before() {
    let (_folder, layout) = store();
    let kit = put(&layout, REPO, "kit", Some("v1"));
    let bom = refer(&layout, REPO, "bom", &kit);
    let signature = refer(&layout, REPO, "signature of bom", &bom);
    assert_eq!(gc(&layout), []);
    layout.untag(REPO, "v1", &Expect::Any).unwrap();
    assert_eq!(gc(&layout), [], "an untagged kit is still a kit");
    layout.remove(REPO, &kit.digest).unwrap();
    let report = later(&layout).gc(&GcOptions::default()).unwrap();
    let mut gone = vec![bom.digest, signature.digest];
    gone.sort();
    assert_eq!(report.referrers, gone);
    assert_eq!(layout.list().unwrap(), []);
    let left = std::fs::read_dir(layout.root().join("blobs/sha256")).unwrap().count();
    assert_eq!(left, 0);
}

#[test]
fn a_referrer_with_a_tag_is_kept_for_its_own_sake() {
    let (_folder, layout) = store();
    let kit = put(&layout, REPO, "kit", Some("v1"));
    let signature = refer(&layout, REPO, "signature", &kit);
    layout.tag(REPO, "sha256-abc.sig", &signature.digest, &Expect::Absent).unwrap();
    layout.remove(REPO, &kit.digest).unwrap();
    gc(&layout);
    let kept = layout.manifest(REPO, &Target::Digest(signature.digest)).unwrap();
    assert!(kept.is_some());
}

#[test]
fn the_manifests_of_an_index_are_kept() {
    let (_folder, layout) = store();
    let child = put(&layout, REPO, "child", None);
    let index = Raw::build(media_type::OCI_INDEX, Index::of(vec![child.clone()])).unwrap();
    layout.put_manifest(REPO, media_type::OCI_INDEX, index.bytes(), Some("all")).unwrap();
    layout.remove(REPO, &child.digest).unwrap();
    assert_eq!(gc(&layout), []);
    let found = layout.manifest(REPO, &Target::Digest(child.digest)).unwrap();
    assert!(found.is_some(), "a manifest of an index needs no entry of its own");
}

#[test]
fn nothing_is_collected_while_a_manifest_is_damaged() {
    let (_folder, layout) = store();
    let kit = put(&layout, REPO, "kit", Some("v1"));
    std::fs::write(layout.blob_path(&kit.digest), b"{}").unwrap();
    let fresh = Layout::open(layout.root(), layout.naming()).unwrap();
    let error = later(&fresh).gc(&GcOptions::default()).unwrap_err();
    assert!(matches!(error, StoreError::DigestMismatch { .. }), "{error}");
    assert!(fresh.blob_path(&layer("kit")).exists());
}

#[test]
fn damage_is_found_and_the_references_that_it_affects_are_named() {
    let (_folder, layout) = store();
    let kit = put(&layout, REPO, "kit", Some("v1"));
    layout.tag(REPO, "also", &kit.digest, &Expect::Any).unwrap();
    let other = put(&layout, REPO, "other", None);
    put(&layout, REPO, "whole", Some("whole"));
    std::fs::write(layout.blob_path(&layer("kit")), b"KIT").unwrap();
    std::fs::remove_file(layout.blob_path(&layer("other"))).unwrap();
    let shallow = layout.fsck(false).unwrap().problems;
    assert_eq!(shallow.len(), 1);
    assert_eq!(shallow[0].kind, ProblemKind::Missing);
    assert_eq!(shallow[0].affects, [format!("{REPO}@{}", other.digest)]);
    let deep = layout.fsck(true).unwrap().problems;
    let wrong = deep.iter().find(|p| p.descriptor.digest == layer("kit")).unwrap();
    assert_eq!(wrong.kind, ProblemKind::WrongBytes { actual: Digest::of(b"KIT") });
    assert_eq!(wrong.affects, [format!("{REPO}:v1"), format!("{REPO}:also")]);
    std::fs::write(layout.blob_path(&layer("kit")), b"longer").unwrap();
    let kinds: Vec<_> = layout.fsck(false).unwrap().problems.into_iter().map(|p| p.kind).collect();
    assert!(kinds.contains(&ProblemKind::WrongSize { expected: 3, actual: 6 }), "{kinds:?}");
}

#[test]
fn a_damaged_manifest_is_found_whatever_was_read_before() {
    let (_folder, layout) = store();
    let kit = put(&layout, REPO, "kit", Some("v1"));
    layout.referrers(REPO, &kit.digest, None).unwrap();
    std::fs::write(layout.blob_path(&kit.digest), b"{}").unwrap();
    let problems = layout.fsck(false).unwrap().problems;
    assert_eq!(problems.len(), 1);
    assert!(problems[0].is_manifest);
    assert_eq!(problems[0].affects, [format!("{REPO}:v1")]);
    let bytes = manifest(&layout, "kit", None);
    layout.put_manifest(REPO, media_type::OCI_MANIFEST, &bytes, Some("v1")).unwrap();
    assert_eq!(layout.fsck(true).unwrap().problems, [], "putting it again heals it");
}

#[test]
fn a_blob_of_the_wrong_size_is_healed_by_writing_it_again() {
    let (_folder, layout) = store();
    put(&layout, REPO, "kit", Some("v1"));
    std::fs::write(layout.blob_path(&layer("kit")), b"ki").unwrap();
    blob(&layout, b"kit");
    assert_eq!(layout.fsck(true).unwrap().problems, []);
}

#[tokio::test]
async fn a_blob_that_another_repository_needs_is_not_deleted() {
    let (_folder, layout) = store();
    put(&layout, REPO, "kit", Some("v1"));
    let other = layout.repository("localhost/other");
    let deleted = other.delete_blob(&layer("kit")).await;
    assert!(matches!(deleted, Err(StoreError::Unsupported { .. })), "{deleted:?}");
    assert_eq!(layout.fsck(true).unwrap().problems, []);
}

#[test]
fn files_that_are_not_blobs_are_left_alone_and_told_of() {
    let (_folder, layout) = store();
    let foreign = layout.root().join("blobs/sha256/README");
    std::fs::write(&foreign, b"hello").unwrap();
    let partial = format!("ingest/sha256-{}.partial", layer("x").hex());
    std::fs::write(layout.root().join(&partial), b"par").unwrap();
    let report = layout.fsck(true).unwrap();
    assert_eq!(report.problems, []);
    assert_eq!(report.leftovers.len(), 2);
    let report = later(&layout).gc(&GcOptions::default()).unwrap();
    assert_eq!((report.leftovers, report.bytes), (1, 3));
    assert!(foreign.exists());
}

#[test]
fn a_child_that_an_index_names_and_lacks_is_a_problem() {
    let (_folder, layout) = store();
    let child = put(&layout, REPO, "child", None);
    let index = Raw::build(media_type::OCI_INDEX, Index::of(vec![child.clone()])).unwrap();
    layout.put_manifest(REPO, media_type::OCI_INDEX, index.bytes(), Some("all")).unwrap();
    std::fs::remove_file(layout.blob_path(&child.digest)).unwrap();
    let problems = layout.fsck(false).unwrap().problems;
    let of_child: Vec<&Descriptor> = problems.iter().map(|p| &p.descriptor).collect();
    assert_eq!(of_child.len(), 1);
    assert!(problems[0].affects.contains(&format!("{REPO}:all")));
}

#[test]
fn temporary_files_are_cleared_unless_somebody_writes_them() {
    let (_folder, layout) = store();
    std::fs::write(layout.root().join("ingest/tmp-left"), b"1234").unwrap();
    let kit = put(&layout, REPO, "kit", Some("v1"));
    assert_eq!(layout.temporary_bytes().unwrap(), 4);
    assert_eq!(layout.clear_temporary().unwrap(), 0, "what is young may be in use");
    let writer = layout.blob_writer();
    let mut blob = writer.create().unwrap();
    blob.write_all(&vec![1; 2 << 20]).unwrap();
    assert_eq!(later(&layout).temporary_bytes().unwrap(), 4 + (2 << 20));
    let path = layout.root().join("ingest/tmp-left");
    let past = std::time::SystemTime::now() - Duration::from_hours(1);
    std::fs::File::open(path).unwrap().set_modified(past).unwrap();
    assert_eq!(later(&layout).clear_temporary().unwrap(), 1, "the old one alone");
    blob.commit().unwrap();
    assert!(layout.blob_path(&kit.digest).exists());
    assert_eq!(layout.fsck(true).unwrap().problems, []);
}

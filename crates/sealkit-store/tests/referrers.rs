//! What is attached to a manifest stays in sight, whatever happens to one of several.

#![expect(clippy::unwrap_used, reason = "a test panics on failure")]

mod common;

use std::fs;

use common::{REPO, put, refer, store};
use sealkit_oci::{Descriptor, Digest, Target};
use sealkit_store::{Layout, Naming, ProblemKind, StoreError};

fn damage(layout: &Layout, digest: &Digest) {
    let path = layout.blob_path(digest);
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 2;
    bytes[last] ^= 1;
    fs::remove_file(&path).unwrap();
    fs::write(&path, bytes).unwrap();
}

fn digests(found: &[Descriptor]) -> Vec<Digest> {
    let mut digests: Vec<Digest> = found.iter().map(|found| found.digest.clone()).collect();
    digests.sort();
    digests
}

fn sorted(all: &[&Descriptor]) -> Vec<Digest> {
    let mut digests: Vec<Digest> = all.iter().map(|found| found.digest.clone()).collect();
    digests.sort();
    digests
}

/// Opened anew: nothing that was read before is remembered.
fn reopened(layout: &Layout) -> Layout {
    Layout::open(layout.root(), Naming::Store).unwrap()
}

#[test]
fn a_damaged_one_does_not_hide_the_others() {
    let (_folder, layout) = store();
    let kit = put(&layout, REPO, "kit", Some("v1"));
    let [a, b, c] = ["a", "b", "c"].map(|text| refer(&layout, REPO, text, &kit));
    damage(&layout, &b.digest);
    let layout = reopened(&layout);
    let found = layout.referrers(REPO, &kit.digest, None).unwrap();
    assert_eq!(digests(&found), sorted(&[&a, &b, &c]));
    let known = |digest: &Digest| {
        found.iter().find(|found| found.digest == *digest).unwrap().artifact_type.clone()
    };
    assert_eq!(known(&a.digest).as_deref(), Some("application/x-test"));
    assert_eq!(known(&b.digest), None, "nothing of it is believed");
    let error = layout.manifest(REPO, &Target::Digest(b.digest.clone())).unwrap_err();
    assert!(matches!(error, StoreError::DigestMismatch { .. }), "{error:?}");
    for digest in [&a.digest, &c.digest] {
        assert!(layout.manifest(REPO, &Target::Digest(digest.clone())).unwrap().is_some());
    }
    let problems = layout.fsck(true).unwrap().problems;
    assert!(problems.iter().any(|p| p.descriptor.digest == b.digest), "{problems:?}");
}

#[test]
fn whatever_type_is_asked_for_a_damaged_one_may_be_of_it() {
    let (_folder, layout) = store();
    let kit = put(&layout, REPO, "kit", Some("v1"));
    let [a, b] = ["a", "b"].map(|text| refer(&layout, REPO, text, &kit));
    damage(&layout, &a.digest);
    let layout = reopened(&layout);
    let found = layout.referrers(REPO, &kit.digest, Some("application/x-test")).unwrap();
    assert_eq!(digests(&found), sorted(&[&a, &b]));
    let found = layout.referrers(REPO, &kit.digest, Some("application/x-other")).unwrap();
    assert_eq!(digests(&found), sorted(&[&a]));
}

#[test]
fn one_that_is_gone_is_still_named() {
    let (_folder, layout) = store();
    let kit = put(&layout, REPO, "kit", Some("v1"));
    let [a, b] = ["a", "b"].map(|text| refer(&layout, REPO, text, &kit));
    fs::remove_file(layout.blob_path(&a.digest)).unwrap();
    let layout = reopened(&layout);
    let found = layout.referrers(REPO, &kit.digest, None).unwrap();
    assert_eq!(digests(&found), sorted(&[&a, &b]));
    assert_eq!(layout.manifest(REPO, &Target::Digest(a.digest.clone())).unwrap(), None);
    let problems = layout.fsck(true).unwrap().problems;
    let missing = |kind: &ProblemKind| matches!(kind, ProblemKind::Missing);
    assert!(
        problems.iter().any(|p| p.descriptor.digest == a.digest && missing(&p.kind)),
        "{problems:?}"
    );
}

#[test]
fn what_is_attached_to_others_is_not_read() {
    let (_folder, layout) = store();
    let [kit, other] = ["kit", "other"].map(|text| put(&layout, REPO, text, Some(text)));
    let own = refer(&layout, REPO, "own", &kit);
    let foreign = refer(&layout, REPO, "foreign", &other);
    damage(&layout, &foreign.digest);
    let layout = reopened(&layout);
    let found = layout.referrers(REPO, &kit.digest, None).unwrap();
    assert_eq!(digests(&found), sorted(&[&own]));
}

#[test]
fn the_same_document_under_two_repositories_is_attached_in_both() {
    let (_folder, layout) = store();
    let kit = put(&layout, REPO, "kit", Some("v1"));
    put(&layout, "localhost/bar", "kit", Some("v1"));
    let own = refer(&layout, REPO, "own", &kit);
    assert_eq!(digests(&layout.referrers(REPO, &kit.digest, None).unwrap()), sorted(&[&own]));
    assert_eq!(layout.referrers("localhost/bar", &kit.digest, None).unwrap(), []);
    refer(&layout, "localhost/bar", "own", &kit);
    let found = layout.referrers("localhost/bar", &kit.digest, None).unwrap();
    assert_eq!(digests(&found), sorted(&[&own]));
}

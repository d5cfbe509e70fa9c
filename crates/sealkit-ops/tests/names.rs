//! Names of kits in the store: given, moved, taken away.
#![allow(clippy::unwrap_used, reason = "a test that can not set its stage must fail at once")]

#[path = "common/local.rs"]
mod local;

use std::fs;

use local::{Stage, parse};
use sealkit_oci::{Descriptor, Digest, Target, media_type};
use sealkit_ops::list::list_local;
use sealkit_ops::tags::{RemoveRequest, remove, tag};
use sealkit_ops::{Kit, Place};
use sealkit_report::Hint as _;

#[tokio::test(flavor = "multi_thread")]
async fn a_new_name_means_the_same_kit_with_everything_attached_to_it() {
    let stage = Stage::new();
    let kit = stage.kit("localhost/a", "v1", "one").await;
    let first = kit.attach(&*stage.repository("localhost/a"), "x/first", b"first").await;
    tag(&stage.context, &parse("a:v1"), &parse("b/c:v2")).unwrap();
    assert_eq!(stage.digest_of("b/c:v2").as_ref(), Some(kit.manifest.digest()));
    let found = stage.store().referrers("localhost/b/c", kit.manifest.digest(), None).unwrap();
    assert_eq!(found.iter().map(|d| &d.digest).collect::<Vec<_>>(), [&first.digest]);
    // Once more changes nothing, not even the history.
    let before = stage.moves("b/c:v2");
    tag(&stage.context, &parse("a:v1"), &parse("b/c:v2")).unwrap();
    assert_eq!(stage.moves("b/c:v2"), before);
    // By digest, and within one repository.
    let pinned = format!("a@{}", kit.manifest.digest());
    tag(&stage.context, &parse(&pinned), &parse("a:v3")).unwrap();
    assert_eq!(stage.digest_of("a:v3"), stage.digest_of("a:v1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_can_not_be_given_are_refused_and_change_nothing() {
    let stage = Stage::new();
    let kit = stage.kit("localhost/a", "v1", "one").await;
    let digest = kit.manifest.digest();
    for (from, to, code) in [
        ("a", "b:v1", "no-target"),
        ("a:v1", "b", "no-target"),
        ("a:v2", "b:v1", "kit-not-found"),
        ("nowhere:v1", "b:v1", "kit-not-found"),
        ("r.io/a:v1", "b:v1", "kit-not-found"),
    ] {
        let error = tag(&stage.context, &parse(from), &parse(to)).unwrap_err();
        assert_eq!(error.code(), code, "{from} {to}: {error}");
    }
    let pinned = parse(&format!("b@{digest}"));
    let error = tag(&stage.context, &parse("a:v1"), &pinned).unwrap_err();
    assert_eq!(error.code(), "no-tag", "{error}");
    assert_eq!(stage.store().list().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn history_tells_each_move_of_a_tag_and_where_it_was() {
    let stage = Stage::new();
    let mut digests = Vec::new();
    for text in ["one", "two", "three"] {
        digests.push(stage.kit("localhost/a", "v1", text).await.manifest.digest().clone());
    }
    stage.kit("localhost/a", "other", "one").await;
    stage.remove("a:v1", false).unwrap();
    let steps: Vec<(Option<Digest>, Option<Digest>)> =
        stage.moves("a:v1").into_iter().map(|step| (step.old, step.new)).collect();
    let [one, two, three] = digests.as_slice() else { panic!() };
    let some = |digest: &Digest| Some(digest.clone());
    assert_eq!(
        steps,
        [(None, some(one)), (some(one), some(two)), (some(two), some(three)), (some(three), None)]
    );
    let all = stage.moves("a");
    assert_eq!(all.len(), 5, "all tags of the repository: {all:?}");
    assert!(all.iter().all(|step| step.reference.starts_with("a:")), "{all:?}");
    assert_eq!(stage.moves("a:never"), []);
    assert_eq!(stage.moves("unknown"), []);
    // What a tag was can be had back.
    tag(&stage.context, &parse(&format!("a@{two}")), &parse("a:v1")).unwrap();
    assert_eq!(stage.digest_of("a:v1").as_ref(), Some(two));
}

#[tokio::test(flavor = "multi_thread")]
async fn removing_takes_what_was_named_and_no_more() {
    let stage = Stage::new();
    let kit = stage.kit("localhost/a", "v1", "one").await;
    stage.kit("localhost/a", "v2", "one").await;
    stage.kit("localhost/b", "v1", "one").await;
    assert_eq!(stage.remove("a:v1", false).unwrap(), ["a:v1"]);
    assert_eq!(stage.digest_of("a:v1"), None);
    assert!(stage.digest_of("a:v2").is_some() && stage.digest_of("b:v1").is_some());
    // The last name takes the kit with it; the other repository keeps it.
    stage.remove("a:v2", false).unwrap();
    assert_eq!(stage.digest_of(&format!("a@{}", kit.manifest.digest())), None);
    assert_eq!(stage.digest_of("b:v1").as_ref(), Some(kit.manifest.digest()));
    assert_eq!(stage.remove("a:v2", false).unwrap_err().code(), "kit-not-found");
    assert_eq!(stage.remove("a", false).unwrap_err().code(), "no-target");
    assert!(stage.store().fsck(true).unwrap().problems.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn several_tags_of_one_repository_are_removed_at_once() {
    let stage = Stage::new();
    for (tag, text) in [("v1", "one"), ("v2", "two"), ("v3", "three")] {
        stage.kit("localhost/a", tag, text).await;
    }
    assert_eq!(stage.remove("a:v1,v3", false).unwrap(), ["a:v1", "a:v3"]);
    assert!(stage.digest_of("a:v2").is_some());
    let error = stage.remove("a:v2,v9", false).unwrap_err();
    assert_eq!(error.code(), "kit-not-found", "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_and_does_nothing() {
    let stage = Stage::new();
    stage.kit("localhost/a", "v1", "one").await;
    for request in [
        RemoveRequest { reference: Some(parse("a:v1")), dry_run: true, ..RemoveRequest::default() },
        RemoveRequest { all: true, force: true, dry_run: true, ..RemoveRequest::default() },
    ] {
        assert_eq!(remove(&stage.context, &request).unwrap().len(), 1);
        assert!(stage.digest_of("a:v1").is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_force_all_means_what_has_no_name() {
    let stage = Stage::new();
    stage.kit("localhost/a", "v1", "old").await;
    let kit = stage.kit("localhost/a", "v1", "new").await;
    kit.attach(&*stage.repository("localhost/a"), "x/y", b"attached").await;
    let all = RemoveRequest { all: true, ..RemoveRequest::default() };
    assert_eq!(remove(&stage.context, &all).unwrap().len(), 1, "the one that lost its name");
    assert_eq!(stage.digest_of("a:v1").as_ref(), Some(kit.manifest.digest()));
    let found = stage.store().referrers("localhost/a", kit.manifest.digest(), None).unwrap();
    assert_eq!(found.len(), 1, "what is attached is no kit");
    assert_eq!(remove(&stage.context, &all).unwrap(), []);
    let force = RemoveRequest { force: true, ..all };
    assert_eq!(remove(&stage.context, &force).unwrap().len(), 1);
    assert!(list_local(&stage.context, &[]).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_kit_is_still_listed_and_can_be_removed() {
    let stage = Stage::new();
    let kit = stage.kit("localhost/a", "v1", "one").await;
    stage.kit("localhost/b", "v1", "two").await;
    for digest in [kit.manifest.digest(), &kit.manifest.value().config.digest] {
        let path = stage.store().blob_path(digest);
        let good = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        fs::write(&path, &good[..good.len() - 1]).unwrap();
        let listed = list_local(&stage.context, &[]).await.unwrap();
        assert_eq!(listed.len(), 2, "{listed:?}");
        let filtered = list_local(&stage.context, &["model".to_owned()]).await.unwrap();
        assert_eq!(filtered.len(), 1, "what it holds can not be told: {filtered:?}");
        fs::remove_file(&path).unwrap();
        fs::write(&path, good).unwrap();
    }
    fs::remove_file(stage.store().blob_path(kit.manifest.digest())).unwrap();
    stage.remove("a:v1", false).unwrap();
    assert_eq!(list_local(&stage.context, &[]).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_names_other_types_is_no_kit() {
    let stage = Stage::new();
    let kit = stage.kit("localhost/a", "v1", "one").await;
    let repository = stage.repository("localhost/a");
    let index = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": media_type::OCI_INDEX,
        "manifests": [kit.manifest.descriptor()],
    });
    let bytes = bytes::Bytes::from(index.to_string());
    let stored: Descriptor =
        repository.put_manifest(media_type::OCI_INDEX, bytes, Some("index")).await.unwrap();
    let error = Kit::open(&stage.context, &Place::Local(parse("a:index"))).await.err().unwrap();
    assert_eq!(error.code(), "not-a-kit", "{error}");
    let target = Target::Digest(stored.digest);
    assert!(repository.manifest(&target).await.unwrap().is_some(), "it is kept as it is");
}

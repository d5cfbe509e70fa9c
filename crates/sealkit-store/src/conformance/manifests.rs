//! Promises about manifests, tags and referrers.

use bytes::Bytes;
use sealkit_oci::{Descriptor, Digest, Index, Raw, Target, media_type};

use super::{assert_not_found, if_supported, manifest, put, write};
use crate::{Page, Repository};

fn tag(name: &str) -> Target {
    Target::Tag(name.to_owned())
}

/// A manifest comes back by tag and by digest with the very bytes that were put.
pub async fn a_manifest_keeps_its_bytes(repository: &dyn Repository) {
    let config = write(repository, media_type::EMPTY_JSON).await;
    // White space, key order and unknown keys as another tool may write them; no mediaType.
    let text = format!(
        "{{ \"x-own\":[1,  2],\n\"config\":{{\"size\":2,\"digest\":\"{}\",\"mediaType\":\"a/b\"}},\
         \"layers\":[],\"schemaVersion\" : 2}}",
        config.digest
    );
    let bytes = Bytes::from(text);
    let kind = media_type::OCI_MANIFEST;
    let put = repository.put_manifest(kind, bytes.clone(), Some("v1")).await.unwrap();
    assert_eq!(put.digest, Digest::of(&bytes));
    for target in [tag("v1"), Target::Digest(put.digest.clone())] {
        let found = repository.manifest(&target).await.unwrap().unwrap();
        assert_eq!(found.bytes, bytes);
        assert_eq!(found.descriptor.bare(), put.bare());
        assert_eq!(found.descriptor.media_type, kind);
    }
    repository.put_manifest(kind, bytes, None).await.unwrap();
    assert_eq!(repository.tags(&Page::default()).await.unwrap(), ["v1"]);
}

/// A tag or digest that is not there is none; removing it is `NotFound`.
pub async fn an_absent_manifest_is_none(repository: &dyn Repository) {
    let absent = Target::Digest(Digest::of(b"absent"));
    assert_eq!(repository.manifest(&absent).await.unwrap(), None);
    put(repository, "x", Some("x"), None).await;
    for target in [absent, tag("absent")] {
        assert_eq!(repository.manifest(&target).await.unwrap(), None);
        if let Some(removed) = if_supported(repository.delete_manifest(&target).await) {
            assert_not_found(removed, "removing what is absent");
        }
    }
}

/// A tag points at what was put last; what it pointed at before is still there by digest.
pub async fn a_moved_tag_leaves_the_old_manifest(repository: &dyn Repository) {
    let old = put(repository, "old", Some("t"), None).await;
    let new = put(repository, "new", Some("t"), None).await;
    let found = repository.manifest(&tag("t")).await.unwrap().unwrap();
    assert_eq!(found.descriptor.digest, new.digest);
    assert!(repository.manifest(&Target::Digest(old.digest)).await.unwrap().is_some());
    assert_eq!(repository.tags(&Page::default()).await.unwrap(), ["t"]);
}

/// A tag is removed alone: the manifest and its other tags stay.
pub async fn a_removed_tag_leaves_the_manifest(repository: &dyn Repository) {
    let both = put(repository, "x", Some("one"), None).await;
    put(repository, "x", Some("two"), None).await;
    for (gone, left) in [("one", vec!["two".to_owned()]), ("two", vec![])] {
        let Some(removed) = if_supported(repository.delete_manifest(&tag(gone)).await) else {
            return;
        };
        removed.unwrap();
        assert_eq!(repository.tags(&Page::default()).await.unwrap(), left);
        let by_digest = Target::Digest(both.digest.clone());
        assert!(repository.manifest(&by_digest).await.unwrap().is_some(), "it went with {gone}");
        assert_eq!(repository.manifest(&tag(gone)).await.unwrap(), None);
    }
}

/// A manifest is removed with all its tags, and no other manifest is.
pub async fn a_removed_manifest_takes_its_tags_along(repository: &dyn Repository) {
    let gone = put(repository, "x", Some("one"), None).await;
    put(repository, "x", Some("two"), None).await;
    put(repository, "y", Some("stays"), None).await;
    let target = Target::Digest(gone.digest);
    let Some(removed) = if_supported(repository.delete_manifest(&target).await) else { return };
    removed.unwrap();
    assert_eq!(repository.tags(&Page::default()).await.unwrap(), ["stays"]);
    assert_eq!(repository.manifest(&target).await.unwrap(), None);
    assert_not_found(repository.delete_manifest(&target).await, "removing twice");
}

/// Tags come sorted bytewise, and a page holds what it was asked for.
pub async fn tags_are_sorted_and_come_in_pages(repository: &dyn Repository) {
    for name in ["b", "a10", "_x", "a9", "B", "a.b-c"] {
        put(repository, "same", Some(name), None).await;
    }
    let sorted = ["B", "_x", "a.b-c", "a10", "a9", "b"];
    assert_eq!(repository.tags(&Page::default()).await.unwrap(), sorted);
    let page = |after: Option<&str>, limit| Page { after: after.map(str::to_owned), limit };
    assert_eq!(repository.tags(&page(None, Some(2))).await.unwrap(), sorted[..2]);
    assert_eq!(repository.tags(&page(Some("_x"), Some(3))).await.unwrap(), sorted[2..5]);
    assert_eq!(repository.tags(&page(Some("a10"), None)).await.unwrap(), sorted[4..]);
    assert!(repository.tags(&page(Some("b"), None)).await.unwrap().is_empty());
}

/// An index is found by its tag, and its manifests by digest.
pub async fn an_index_and_its_manifests_are_found(repository: &dyn Repository) {
    let one = put(repository, "one", None, None).await;
    let two = put(repository, "two", None, None).await;
    let index = Raw::build(media_type::OCI_INDEX, Index::of(vec![one.clone(), two])).unwrap();
    let bytes = Bytes::copy_from_slice(index.bytes());
    repository.put_manifest(media_type::OCI_INDEX, bytes.clone(), Some("both")).await.unwrap();
    let found = repository.manifest(&tag("both")).await.unwrap().unwrap();
    assert_eq!((found.bytes, found.descriptor.media_type.as_str()), (bytes, media_type::OCI_INDEX));
    let child = repository.manifest(&Target::Digest(one.digest)).await.unwrap().unwrap();
    assert_eq!(child.descriptor.media_type, media_type::OCI_MANIFEST);
}

/// Referrers are listed with artifact type and annotations, filtered where asked, and a subject
/// without any has an empty list.
pub async fn referrers_are_listed_with_type_and_annotations(repository: &dyn Repository) {
    let unknown = Digest::of(b"unknown");
    assert_eq!(repository.referrers(&unknown, None).await.unwrap(), []);
    let subject = put(repository, "subject", Some("v1"), None).await;
    assert_eq!(repository.referrers(&subject.digest, None).await.unwrap(), []);
    let one = put(repository, "one", None, Some(&subject)).await;
    let two = put(repository, "two", None, Some(&subject)).await;
    put(repository, "of-one", None, Some(&one)).await;
    let kind = "application/vnd.sealkit.test";
    for filter in [None, Some(kind)] {
        let mut found = repository.referrers(&subject.digest, filter).await.unwrap();
        found.sort_by_key(|descriptor| descriptor.annotations.get("text").cloned());
        let bare: Vec<_> = found.iter().map(Descriptor::bare).collect();
        assert_eq!(bare, [one.bare(), two.bare()]);
        assert_eq!(found[0].artifact_type.as_deref(), Some(kind));
        assert_eq!(found[1].annotations.get("text").map(String::as_str), Some("two"));
    }
    assert_eq!(repository.referrers(&subject.digest, Some("other/type")).await.unwrap(), []);
    assert_eq!(repository.referrers(&one.digest, None).await.unwrap().len(), 1);
}

/// A referrer may be put before the manifest that it refers to.
pub async fn referrers_may_come_before_their_subject(repository: &dyn Repository) {
    let layer = write(repository, b"late").await;
    write(repository, media_type::EMPTY_JSON).await;
    let bytes = manifest("late", layer, None);
    let subject = Descriptor::of(media_type::OCI_MANIFEST, &bytes);
    let early = put(repository, "early", None, Some(&subject)).await;
    let found = repository.referrers(&subject.digest, None).await.unwrap();
    assert_eq!(found.len(), 1);
    repository.put_manifest(media_type::OCI_MANIFEST, bytes, None).await.unwrap();
    let found = repository.referrers(&subject.digest, None).await.unwrap();
    assert_eq!(found[0].digest, early.digest);
}

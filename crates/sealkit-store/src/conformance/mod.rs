//! The suite that every implementation of the traits passes: one function for each promise in
//! their documentation. A function panics where the promise is broken. What a store says it can
//! not do ([`StoreError::Unsupported`]) is passed over.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test suite panics on failure")]

mod blobs;
mod manifests;
mod races;
mod referrers;

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use sealkit_oci::{Descriptor, Manifest, Raw, Target, media_type};

pub use blobs::*;
pub use manifests::*;
pub use races::*;
pub use referrers::*;

use crate::{Namespace, Page, Repository, StoreError};

/// The type of the artifacts that tests make.
const KIND: &str = "application/vnd.sealkit.test";

/// Runs every test, each on a new, empty repository from `make`.
pub async fn run_all<F, Fut>(make: F)
where
    F: Fn() -> Fut,
    Fut: Future<Output = Arc<dyn Repository>>,
{
    an_absent_blob_has_no_size_and_can_not_be_read(&*make().await).await;
    a_written_blob_is_read_whole_and_in_ranges(&*make().await).await;
    the_file_of_a_blob_has_its_bytes(&*make().await).await;
    an_empty_blob_is_a_blob(&*make().await).await;
    a_range_behind_the_end_is_an_error(&*make().await).await;
    wrong_bytes_are_reported_and_leave_nothing(&*make().await).await;
    too_few_and_too_many_bytes_are_no_blob(&*make().await).await;
    an_aborted_write_leaves_nothing(&*make().await).await;
    a_dropped_write_goes_on_at_its_offset(&*make().await).await;
    a_blob_can_be_written_twice(&*make().await).await;
    a_deleted_blob_is_gone(&*make().await).await;
    mounting_says_whether_the_blob_is_there(&*make().await).await;
    a_manifest_keeps_its_bytes(&*make().await).await;
    an_absent_manifest_is_none(&*make().await).await;
    a_moved_tag_leaves_the_old_manifest(&*make().await).await;
    a_removed_tag_leaves_the_manifest(&*make().await).await;
    a_removed_manifest_takes_its_tags_along(&*make().await).await;
    tags_are_sorted_and_come_in_pages(&*make().await).await;
    an_index_and_its_manifests_are_found(&*make().await).await;
    referrers_are_listed_with_type_and_annotations(&*make().await).await;
    referrers_may_come_before_their_subject(&*make().await).await;
    referrers_come_in_pages(&*make().await).await;
    parallel_writers_of_one_blob_make_one_blob(make().await).await;
    racing_tags_end_at_one_of_the_manifests(make().await).await;
    parallel_manifests_are_all_kept(make().await).await;
}

/// Runs the tests of a place with several repositories, on a new, empty one.
pub async fn run_namespace(place: &dyn Namespace) {
    let all = Page::default();
    let (one, two) = (place.repository("a.io/one").unwrap(), place.repository("a.io/two").unwrap());
    assert_eq!(place.repositories(&all).await.unwrap(), Vec::<String>::new());
    let first = put(&*two, "x", Some("t"), None).await;
    let second = put(&*one, "y", Some("t"), None).await;
    assert_eq!(place.repositories(&all).await.unwrap(), ["a.io/one", "a.io/two"]);
    let page = Page { after: Some("a.io/one".to_owned()), limit: Some(1) };
    assert_eq!(place.repositories(&page).await.unwrap(), ["a.io/two"]);
    let tag = Target::Tag("t".to_owned());
    assert_eq!(one.manifest(&tag).await.unwrap().unwrap().descriptor.digest, second.digest);
    assert_eq!(two.manifest(&tag).await.unwrap().unwrap().descriptor.digest, first.digest);
    assert_eq!(one.manifest(&Target::Digest(first.digest)).await.unwrap(), None);
}

/// Writes a blob and returns its descriptor.
pub async fn write(repository: &dyn Repository, bytes: &[u8]) -> Descriptor {
    let descriptor = Descriptor::of("application/octet-stream", bytes);
    let mut upload = repository.write(&descriptor).await.unwrap();
    let offset = usize::try_from(upload.offset()).unwrap();
    for chunk in bytes[offset..].chunks(70_000) {
        upload.append(Bytes::copy_from_slice(chunk)).await.unwrap();
    }
    upload.finish().await.unwrap();
    descriptor
}

/// Writes a manifest of one layer that holds `text`, with the blobs that it needs.
pub async fn put(
    repository: &dyn Repository,
    text: &str,
    tag: Option<&str>,
    subject: Option<&Descriptor>,
) -> Descriptor {
    write(repository, media_type::EMPTY_JSON).await;
    let layer = write(repository, text.as_bytes()).await;
    let bytes = manifest(text, layer, subject);
    repository.put_manifest(media_type::OCI_MANIFEST, bytes, tag).await.unwrap()
}

fn manifest(text: &str, layer: Descriptor, subject: Option<&Descriptor>) -> Bytes {
    manifest_of(KIND, text, layer, subject)
}

fn manifest_of(kind: &str, text: &str, layer: Descriptor, subject: Option<&Descriptor>) -> Bytes {
    let manifest = Manifest {
        schema_version: 2,
        media_type: Some(media_type::OCI_MANIFEST.to_owned()),
        artifact_type: Some(kind.to_owned()),
        config: Descriptor::of(media_type::OCI_EMPTY, media_type::EMPTY_JSON),
        layers: Some(vec![layer]),
        subject: subject.map(Descriptor::bare),
        annotations: [("text".to_owned(), text.to_owned())].into(),
    };
    Bytes::from(Raw::build(media_type::OCI_MANIFEST, manifest).unwrap().into_bytes())
}

async fn read(
    repository: &dyn Repository,
    blob: &Descriptor,
    range: std::ops::Range<u64>,
) -> Result<Vec<u8>, StoreError> {
    let mut stream = repository.read(&blob.digest, range).await?;
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.next().await {
        bytes.extend_from_slice(&chunk?);
    }
    Ok(bytes)
}

/// The result of something that a store may decline to do; none where it did.
fn if_supported<T>(result: Result<T, StoreError>) -> Option<Result<T, StoreError>> {
    match result {
        Err(StoreError::Unsupported { .. }) => None,
        result => Some(result),
    }
}

fn assert_not_found<T: std::fmt::Debug>(result: Result<T, StoreError>, what: &str) {
    assert!(matches!(result, Err(StoreError::NotFound { .. })), "{what}: {result:?}");
}

//! Destinations that take a kit but not what is attached to it.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use sealkit_oci::{Descriptor, Digest, Target};
use sealkit_remote::{Client, ClientOptions};
use sealkit_store::{
    BlobStore, ByteStream, Links, Memory, Page, RefStore, Referrers, Repository, StoreError,
    StoredManifest, Upload,
};
use sealkit_testkit::KitBuilder;

use super::{Move, Moved, ReferrerPolicy, move_kit};
use crate::{Context, Home, Kit, NoProgress, OpsError};

/// Refuses manifests with a subject, or tags, as registries with strict rules do.
struct Stubborn {
    inner: Arc<dyn Repository>,
    code: &'static str,
    tags_too: bool,
}

impl Stubborn {
    fn refusal(&self) -> StoreError {
        StoreError::Remote {
            place: "r.example/x".to_owned(),
            code: self.code,
            message: "registry replied: no (HTTP 400)".to_owned(),
            hint: None,
            source: None,
        }
    }
}

#[async_trait]
impl BlobStore for Stubborn {
    async fn stat(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        self.inner.stat(digest).await
    }
    async fn read(&self, digest: &Digest, range: Range<u64>) -> Result<ByteStream, StoreError> {
        self.inner.read(digest, range).await
    }
    async fn write(&self, expected: &Descriptor) -> Result<Box<dyn Upload>, StoreError> {
        self.inner.write(expected).await
    }
    async fn mount(&self, expected: &Descriptor, from: &str) -> Result<bool, StoreError> {
        self.inner.mount(expected, from).await
    }
    async fn delete_blob(&self, digest: &Digest) -> Result<(), StoreError> {
        self.inner.delete_blob(digest).await
    }
}

#[async_trait]
impl RefStore for Stubborn {
    async fn manifest(&self, target: &Target) -> Result<Option<StoredManifest>, StoreError> {
        self.inner.manifest(target).await
    }
    async fn put_manifest(
        &self,
        media_type: &str,
        bytes: Bytes,
        tag: Option<&str>,
    ) -> Result<Descriptor, StoreError> {
        let has_subject = Links::parse(media_type, &bytes).unwrap().subject.is_some();
        if has_subject || (self.tags_too && tag.is_some()) {
            return Err(self.refusal());
        }
        self.inner.put_manifest(media_type, bytes, tag).await
    }
    async fn delete_manifest(&self, target: &Target) -> Result<(), StoreError> {
        self.inner.delete_manifest(target).await
    }
    async fn tags(&self, page: &Page) -> Result<Vec<String>, StoreError> {
        self.inner.tags(page).await
    }
}

#[async_trait]
impl Referrers for Stubborn {
    async fn referrers(
        &self,
        subject: &Digest,
        kind: Option<&str>,
    ) -> Result<Vec<Descriptor>, StoreError> {
        self.inner.referrers(subject, kind).await
    }
}

impl Repository for Stubborn {
    fn place(&self) -> String {
        "r.example/x".to_owned()
    }
}

fn context() -> Context {
    Context {
        home: Home::new("/nonexistent"),
        client: Arc::new(Client::new(ClientOptions { offline: true, ..ClientOptions::default() })),
        concurrency: 2,
        progress: Arc::new(NoProgress),
        clock: || 0,
        served: None,
        s3: None,
    }
}

/// Moves a kit with a file table to a stubborn destination, and says which tags are there then.
async fn moved(
    code: &'static str,
    tags_too: bool,
    referrers: ReferrerPolicy,
) -> (Result<Moved, OpsError>, Vec<String>) {
    let source: Arc<dyn Repository> = Arc::new(Memory::new().repository("from"));
    let built = KitBuilder::small("x").store(&*source, "v1").await;
    built.store_table(&*source).await;
    let kit = Kit::load(source, &Target::Tag("v1".to_owned()), "x:v1").await.unwrap();
    let inner: Arc<dyn Repository> = Arc::new(Memory::new().repository("to"));
    let to = Stubborn { inner: Arc::clone(&inner), code, tags_too };
    let job =
        Move { what: "pushing", kit: &kit, to: &to, tag: Some("v1"), referrers, from_repo: None };
    let outcome = move_kit(&context(), job).await;
    (outcome, inner.tags(&Page::default()).await.unwrap())
}

#[tokio::test]
async fn a_kit_travels_without_what_a_registry_refuses_and_says_so() {
    let (outcome, tags) = moved("registry-refused", false, ReferrerPolicy::Try).await;
    let moved = outcome.unwrap();
    assert_eq!((moved.attached, moved.layers, tags), (0, 3, vec!["v1".to_owned()]));
    assert_eq!(
        moved.warnings,
        [
            "signatures, AIBOM and file table did not travel: r.example/x: registry replied: no (HTTP 400)"
        ]
    );
}

#[tokio::test]
async fn what_was_asked_for_with_everything_does_not_travel_in_part() {
    let (outcome, tags) = moved("registry-refused", false, ReferrerPolicy::Require).await;
    assert!(outcome.is_err());
    assert!(tags.is_empty(), "no tag names an incomplete copy");
}

#[tokio::test]
async fn a_network_that_fails_is_no_refusal() {
    let (outcome, tags) = moved("connect", false, ReferrerPolicy::Try).await;
    assert!(outcome.is_err());
    assert!(tags.is_empty());
}

#[tokio::test]
async fn a_refused_tag_is_an_error() {
    let (outcome, _) = moved("registry-denied", true, ReferrerPolicy::Leave).await;
    assert!(outcome.unwrap_err().to_string().contains("HTTP 400"));
}

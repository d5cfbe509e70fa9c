//! One repository of the storage.

use std::fs::File;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use sealkit_oci::{Descriptor, Digest, Target};
use sealkit_store::{
    BlobStore, ByteStream, HashedRange, Links, Page, PutManifest, RefStore, Referrers,
    ReferrersPage, ReferrersPart, Repository, StoreError, StoredManifest, Upload, digest_of,
};

use crate::State;
use crate::here::blocking;
use crate::state::{HeldBlob, NewManifest};
use crate::storage::Inner;
use crate::upload::Writing;
use crate::{notes, reading};

/// A blob that was asked for is noted as used no more often than this, in seconds.
const COARSE: i64 = 600;

/// One repository.
pub(crate) struct Held<S: State> {
    inner: Arc<Inner<S>>,
    name: Arc<str>,
}

impl<S: State> Held<S> {
    pub(crate) fn new(inner: Arc<Inner<S>>, name: &str) -> Self {
        Self { inner, name: Arc::from(name) }
    }

    fn absent(&self, what: &'static str, name: impl ToString) -> StoreError {
        StoreError::NotFound { what, name: name.to_string(), place: self.place() }
    }

    async fn find(&self, digest: &Digest) -> Result<Option<HeldBlob>, StoreError> {
        let stamp = self.inner.state.stamp();
        let asked = format!("{} {digest}", self.name);
        if let Some(found) = self.inner.seen_blobs.get(stamp, &asked) {
            return Ok(Some(found));
        }
        let found = self.inner.state.blob(&self.name, digest).await?;
        if let Some(found) = &found {
            self.inner.seen_blobs.put(stamp, asked, found.clone(), found.key.len());
        }
        Ok(found)
    }

    /// A small blob, which is read whole, held against its digest, and kept for whoever asks next.
    async fn small(&self, digest: &Digest, found: HeldBlob) -> Result<Bytes, StoreError> {
        let HeldBlob { key, size, .. } = found;
        if let Some(kept) = self.inner.small.get(reading::FOREVER, &key) {
            return Ok(kept);
        }
        let (objects, own) = (Arc::clone(&self.inner.objects), key.clone());
        let bytes = blocking(move || reading::whole(&*objects, &own, size)).await?;
        if !digest.matches(&bytes) {
            return Err(StoreError::DigestMismatch {
                expected: digest.clone(),
                actual: digest_of(digest.algorithm(), &bytes)?,
                place: self.place(),
            });
        }
        self.inner.small.put(reading::FOREVER, key, bytes.clone(), bytes.len());
        Ok(bytes)
    }
}

#[async_trait]
impl<S: State> BlobStore for Held<S> {
    async fn stat(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        let found = self.find(digest).await?;
        // Whoever is told that it is there will name it without sending it.
        let now = (self.inner.clock)() / COARSE * COARSE;
        if found.as_ref().is_some_and(|found| found.used < now) {
            self.inner.state.touch_blob(&self.name, digest, now).await;
        }
        Ok(found.map(|found| found.size))
    }

    async fn read(&self, digest: &Digest, range: Range<u64>) -> Result<ByteStream, StoreError> {
        let found = self.find(digest).await?.ok_or_else(|| self.absent("blob", digest))?;
        if range.start > range.end || range.end > found.size {
            return Err(StoreError::SizeMismatch {
                digest: digest.clone(),
                expected: range.end,
                actual: found.size,
                place: self.place(),
            });
        }
        if found.size <= reading::SMALL {
            return Ok(reading::part(&self.small(digest, found).await?, range));
        }
        reading::stream(Arc::clone(&self.inner.objects), found.key, range).await
    }

    async fn file(&self, digest: &Digest) -> Result<Option<File>, StoreError> {
        let found = self.find(digest).await?.ok_or_else(|| self.absent("blob", digest))?;
        let objects = Arc::clone(&self.inner.objects);
        blocking(move || objects.file(&found.key)).await
    }

    async fn hashed_ranges(&self, digest: &Digest) -> Result<Arc<[HashedRange]>, StoreError> {
        let is_here = self.find(digest).await?.is_some();
        let found = self.inner.hashed.get(reading::FOREVER, &digest.to_string());
        Ok(found.filter(|_| is_here).unwrap_or_default())
    }

    async fn write(&self, expected: &Descriptor) -> Result<Box<dyn Upload>, StoreError> {
        let upload = Writing::of_blob(&self.inner, &self.name, expected).await?;
        Ok(Box::new(upload))
    }

    async fn mount(&self, expected: &Descriptor, from: &str) -> Result<bool, StoreError> {
        let now = (self.inner.clock)();
        self.inner.state.mount_blob(&self.name, from, &expected.digest, now).await
    }

    async fn delete_blob(&self, digest: &Digest) -> Result<(), StoreError> {
        let removed = self.inner.state.delete_blob(&self.name, digest).await?;
        if removed { Ok(()) } else { Err(self.absent("blob", digest)) }
    }
}

#[async_trait]
impl<S: State> RefStore for Held<S> {
    async fn manifest(&self, target: &Target) -> Result<Option<StoredManifest>, StoreError> {
        let stamp = self.inner.state.stamp();
        let asked = format!("{} {target}", self.name);
        if let Some(found) = self.inner.seen_manifests.get(stamp, &asked) {
            return Ok(Some(found));
        }
        let found = self.inner.state.manifest(&self.name, target).await?;
        if let Some(found) = &found {
            let expected = &found.descriptor.digest;
            if !expected.matches(&found.bytes) {
                return Err(StoreError::DigestMismatch {
                    expected: expected.clone(),
                    actual: digest_of(expected.algorithm(), &found.bytes)?,
                    place: self.place(),
                });
            }
            let size = found.bytes.len();
            self.inner.seen_manifests.put(stamp, asked, found.clone(), size);
        }
        Ok(found)
    }

    async fn put_manifest(
        &self,
        media_type: &str,
        bytes: Bytes,
        tag: Option<&str>,
    ) -> Result<Descriptor, StoreError> {
        self.put_manifest_as(media_type, bytes, &PutManifest::tagged(tag)).await
    }

    async fn put_manifest_as(
        &self,
        media_type: &str,
        bytes: Bytes,
        put: &PutManifest,
    ) -> Result<Descriptor, StoreError> {
        let digest = digest_of(put.algorithm, &bytes)?;
        let links = Links::parse(media_type, &bytes).map_err(|source| StoreError::Document {
            name: digest.to_string(),
            place: self.place(),
            source,
        })?;
        for tag in &put.tags {
            // The rule for tags is the same for every repository.
            sealkit_oci::Reference::new(sealkit_oci::DEFAULT_REGISTRY, "x")?.with_tag(tag)?;
        }
        let descriptor = Descriptor::new(media_type, digest, bytes.len() as u64);
        let new = NewManifest {
            repository: self.name.to_string(),
            descriptor: descriptor.clone(),
            body: bytes,
            links,
            put: put.clone(),
            note: notes::note(),
            now: (self.inner.clock)(),
        };
        self.inner.state.put_manifest(new).await?;
        Ok(descriptor)
    }

    async fn delete_manifest(&self, target: &Target) -> Result<(), StoreError> {
        let now = (self.inner.clock)();
        let removed =
            self.inner.state.delete_manifest(&self.name, target, notes::note(), now).await?;
        let what = if matches!(target, Target::Tag(_)) { "tag" } else { "manifest" };
        if removed { Ok(()) } else { Err(self.absent(what, target)) }
    }

    async fn tags(&self, page: &Page) -> Result<Vec<String>, StoreError> {
        self.inner.state.tags(&self.name, page).await
    }
}

#[async_trait]
impl<S: State> Referrers for Held<S> {
    async fn referrers(
        &self,
        subject: &Digest,
        artifact_type: Option<&str>,
    ) -> Result<Vec<Descriptor>, StoreError> {
        let all = ReferrersPage::default();
        Ok(self.referrers_page(subject, artifact_type, &all).await?.found)
    }

    async fn referrers_page(
        &self,
        subject: &Digest,
        artifact_type: Option<&str>,
        page: &ReferrersPage,
    ) -> Result<ReferrersPart, StoreError> {
        self.inner.state.referrers(&self.name, subject, artifact_type, page).await
    }
}

impl<S: State> Repository for Held<S> {
    fn place(&self) -> String {
        format!("hub repository {}", self.name)
    }
}

//! A repository with a few new documents over one that has everything else.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use sealkit_oci::{Descriptor, Digest, Target};
use sealkit_store::{
    BlobStore, ByteStream, Page, RefStore, Referrers, Repository, StoreError, StoredManifest,
    Upload,
};

use crate::pack::Documents;

/// Read only: what is written elsewhere, seen with one more config and manifest.
pub(super) struct Overlay {
    base: Arc<dyn Repository>,
    config: (Digest, Bytes),
    manifest: StoredManifest,
}

impl Overlay {
    pub(super) fn new(base: Arc<dyn Repository>, documents: Documents) -> Self {
        let manifest = StoredManifest {
            descriptor: documents.manifest.descriptor().clone(),
            bytes: Bytes::copy_from_slice(documents.manifest.bytes()),
        };
        let config = (documents.manifest.value().config.digest.clone(), documents.config.into());
        Self { base, config, manifest }
    }

    fn read_only<T>(&self) -> Result<T, StoreError> {
        Err(StoreError::Unsupported { what: "writing", place: self.place() })
    }
}

#[async_trait]
impl BlobStore for Overlay {
    async fn stat(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        let (own, bytes) = &self.config;
        if digest == own { Ok(Some(bytes.len() as u64)) } else { self.base.stat(digest).await }
    }

    async fn read(&self, digest: &Digest, range: Range<u64>) -> Result<ByteStream, StoreError> {
        let (own, bytes) = &self.config;
        if digest != own {
            return self.base.read(digest, range).await;
        }
        let bounds = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
        let part = bounds.filter(|(start, end)| start <= end && *end <= bytes.len());
        let Some((start, end)) = part else {
            let (name, place) = (digest.to_string(), self.place());
            return Err(StoreError::NotFound { what: "blob", name, place });
        };
        let part = bytes.slice(start..end);
        Ok(Box::pin(futures_util::stream::once(async move { Ok(part) })))
    }

    async fn write(&self, _expected: &Descriptor) -> Result<Box<dyn Upload>, StoreError> {
        self.read_only()
    }

    async fn mount(&self, _expected: &Descriptor, _from: &str) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn delete_blob(&self, _digest: &Digest) -> Result<(), StoreError> {
        self.read_only()
    }
}

#[async_trait]
impl RefStore for Overlay {
    async fn manifest(&self, target: &Target) -> Result<Option<StoredManifest>, StoreError> {
        let is_own = matches!(target, Target::Digest(d) if *d == self.manifest.descriptor.digest);
        if is_own { Ok(Some(self.manifest.clone())) } else { self.base.manifest(target).await }
    }

    async fn put_manifest(
        &self,
        _media_type: &str,
        _bytes: Bytes,
        _tag: Option<&str>,
    ) -> Result<Descriptor, StoreError> {
        self.read_only()
    }

    async fn delete_manifest(&self, _target: &Target) -> Result<(), StoreError> {
        self.read_only()
    }

    async fn tags(&self, page: &Page) -> Result<Vec<String>, StoreError> {
        self.base.tags(page).await
    }
}

#[async_trait]
impl Referrers for Overlay {
    async fn referrers(
        &self,
        subject: &Digest,
        artifact_type: Option<&str>,
    ) -> Result<Vec<Descriptor>, StoreError> {
        if *subject == self.manifest.descriptor.digest {
            return Ok(Vec::new());
        }
        self.base.referrers(subject, artifact_type).await
    }
}

impl Repository for Overlay {
    fn place(&self) -> String {
        self.base.place()
    }
}

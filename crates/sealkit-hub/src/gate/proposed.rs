//! What a hub holds, and one manifest more: the one that is to be tagged, which may not be stored yet.
//! Nothing is written through it.

use std::fs::File;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use sealkit_oci::{Descriptor, Digest, Target};
use sealkit_store::{
    BlobStore, ByteStream, HashedRange, Namespace, Page, PutManifest, RefStore, Referrers,
    Repository, StoreError, StoredManifest, Upload,
};

/// The namespace with the manifest in one of its repositories.
pub(super) struct Proposed {
    pub(super) names: Arc<dyn Namespace>,
    pub(super) name: String,
    pub(super) manifest: StoredManifest,
}

#[async_trait]
impl Namespace for Proposed {
    async fn repositories(&self, page: &Page) -> Result<Vec<String>, StoreError> {
        self.names.repositories(page).await
    }

    fn repository(&self, name: &str) -> Result<Arc<dyn Repository>, StoreError> {
        let inner = self.names.repository(name)?;
        let manifest = (name == self.name).then(|| self.manifest.clone());
        Ok(Arc::new(Looked { inner, manifest }))
    }
}

struct Looked {
    inner: Arc<dyn Repository>,
    manifest: Option<StoredManifest>,
}

impl Looked {
    fn refuse<T>(&self) -> Result<T, StoreError> {
        Err(StoreError::Unsupported { what: "writing while judging", place: self.inner.place() })
    }
}

#[async_trait]
impl BlobStore for Looked {
    async fn stat(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        self.inner.stat(digest).await
    }

    async fn read(&self, digest: &Digest, range: Range<u64>) -> Result<ByteStream, StoreError> {
        self.inner.read(digest, range).await
    }

    async fn file(&self, digest: &Digest) -> Result<Option<File>, StoreError> {
        self.inner.file(digest).await
    }

    async fn hashed_ranges(&self, digest: &Digest) -> Result<Arc<[HashedRange]>, StoreError> {
        self.inner.hashed_ranges(digest).await
    }

    async fn write(&self, _: &Descriptor) -> Result<Box<dyn Upload>, StoreError> {
        self.refuse()
    }

    async fn mount(&self, _: &Descriptor, _: &str) -> Result<bool, StoreError> {
        self.refuse()
    }

    async fn delete_blob(&self, _: &Digest) -> Result<(), StoreError> {
        self.refuse()
    }
}

#[async_trait]
impl RefStore for Looked {
    async fn manifest(&self, target: &Target) -> Result<Option<StoredManifest>, StoreError> {
        if let (Target::Digest(digest), Some(manifest)) = (target, &self.manifest)
            && *digest == manifest.descriptor.digest
        {
            return Ok(Some(manifest.clone()));
        }
        self.inner.manifest(target).await
    }

    async fn put_manifest(
        &self,
        _: &str,
        _: Bytes,
        _: Option<&str>,
    ) -> Result<Descriptor, StoreError> {
        self.refuse()
    }

    async fn put_manifest_as(
        &self,
        _: &str,
        _: Bytes,
        _: &PutManifest,
    ) -> Result<Descriptor, StoreError> {
        self.refuse()
    }

    async fn delete_manifest(&self, _: &Target) -> Result<(), StoreError> {
        self.refuse()
    }

    async fn tags(&self, page: &Page) -> Result<Vec<String>, StoreError> {
        self.inner.tags(page).await
    }
}

#[async_trait]
impl Referrers for Looked {
    async fn referrers(
        &self,
        subject: &Digest,
        artifact_type: Option<&str>,
    ) -> Result<Vec<Descriptor>, StoreError> {
        self.inner.referrers(subject, artifact_type).await
    }
}

impl Repository for Looked {
    fn place(&self) -> String {
        self.inner.place()
    }
}

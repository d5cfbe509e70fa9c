//! One repository of the storage.

use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use sealkit_oci::{Descriptor, Digest, Target};
use sealkit_store::{
    BlobStore, ByteStream, Links, Page, PutManifest, RefStore, Referrers, Repository, StoreError,
    StoredManifest, Upload, digest_of,
};

use crate::storage::Inner;
use crate::upload::Writing;
use crate::{blobs, manifests};

/// Bytes that are read at once.
const STEP: usize = 512 * 1024;
/// A blob that was asked for is noted as used no more often than this, in seconds.
const COARSE: i64 = 600;

/// One repository.
pub(crate) struct Held {
    inner: Arc<Inner>,
    name: Arc<str>,
}

impl Held {
    pub(crate) fn new(inner: Arc<Inner>, name: &str) -> Self {
        Self { inner, name: Arc::from(name) }
    }

    fn absent(&self, what: &'static str, name: impl ToString) -> StoreError {
        StoreError::NotFound { what, name: name.to_string(), place: self.place() }
    }

    async fn find(&self, digest: &Digest) -> Result<Option<blobs::Found>, StoreError> {
        let (name, digest) = (Arc::clone(&self.name), digest.clone());
        self.inner.database.read(move |state| blobs::find(state, &name, &digest)).await
    }
}

#[async_trait]
impl BlobStore for Held {
    async fn stat(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        let (name, asked) = (Arc::clone(&self.name), digest.clone());
        let found = self.find(digest).await?;
        // Whoever is told that it is there will name it without sending it.
        let now = (self.inner.clock)() / COARSE * COARSE;
        if found.as_ref().is_some_and(|found| found.used < now) {
            self.inner.database.write_later(move |state| blobs::touch(state, &name, &asked, now));
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
        let (objects, key) = (Arc::clone(&self.inner.objects), found.key);
        let wanted = range.clone();
        let reader = Inner::blocking(move || objects.read(&key, wanted)).await?;
        let left = range.end - range.start;
        Ok(Box::pin(futures_util::stream::try_unfold(
            (reader, left),
            |(reader, left)| async move { Inner::blocking(move || step(reader, left)).await },
        )))
    }

    async fn write(&self, expected: &Descriptor) -> Result<Box<dyn Upload>, StoreError> {
        let upload = Writing::of_blob(&self.inner, &self.name, expected).await?;
        Ok(Box::new(upload))
    }

    async fn mount(&self, expected: &Descriptor, from: &str) -> Result<bool, StoreError> {
        let (name, from) = (Arc::clone(&self.name), from.to_owned());
        let (digest, now) = (expected.digest.clone(), (self.inner.clock)());
        let act =
            move |state: &rusqlite::Connection| blobs::mount(state, &name, &from, &digest, now);
        self.inner.database.write(act).await
    }

    async fn delete_blob(&self, digest: &Digest) -> Result<(), StoreError> {
        let (name, gone) = (Arc::clone(&self.name), digest.clone());
        let place = self.place();
        let act = move |state: &rusqlite::Connection| {
            if blobs::is_named(state, &name, &gone)? {
                let what = "removing a blob that a manifest names";
                return Err(StoreError::Unsupported { what, place }.into());
            }
            blobs::remove(state, &name, &gone)
        };
        let removed = self.inner.database.write(act).await?;
        if removed { Ok(()) } else { Err(self.absent("blob", digest)) }
    }
}

type Reader = Box<dyn Read + Send>;
/// What is read, and where reading goes on.
type Step = (Bytes, (Reader, u64));

/// The next bytes, and the reader for those after them.
fn step(mut reader: Reader, left: u64) -> Result<Option<Step>, StoreError> {
    let want = usize::try_from(left).unwrap_or(usize::MAX).min(STEP);
    if want == 0 {
        return Ok(None);
    }
    let mut bytes = vec![0; want];
    reader.read_exact(&mut bytes).map_err(|source| StoreError::io("read", "object", source))?;
    Ok(Some((bytes.into(), (reader, left - want as u64))))
}

#[async_trait]
impl RefStore for Held {
    async fn manifest(&self, target: &Target) -> Result<Option<StoredManifest>, StoreError> {
        let (name, asked) = (Arc::clone(&self.name), target.clone());
        let find = move |state: &rusqlite::Connection| manifests::find(state, &name, &asked);
        let found = self.inner.database.read(find).await?;
        if let Some(found) = &found {
            let expected = &found.descriptor.digest;
            if !expected.matches(&found.bytes) {
                return Err(StoreError::DigestMismatch {
                    expected: expected.clone(),
                    actual: digest_of(expected.algorithm(), &found.bytes)?,
                    place: self.place(),
                });
            }
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
        let (name, put, now) = (Arc::clone(&self.name), put.clone(), (self.inner.clock)());
        let stored = descriptor.clone();
        let act = move |state: &rusqlite::Connection| {
            let new = manifests::New {
                repository: &name,
                descriptor: &descriptor,
                body: &bytes,
                links: &links,
                put: &put,
                now,
            };
            manifests::put(state, &new)
        };
        self.inner.database.write(act).await?;
        Ok(stored)
    }

    async fn delete_manifest(&self, target: &Target) -> Result<(), StoreError> {
        let (name, gone) = (Arc::clone(&self.name), target.clone());
        let now = (self.inner.clock)();
        let act = move |state: &rusqlite::Connection| manifests::remove(state, &name, &gone, now);
        let removed = self.inner.database.write(act).await?;
        let what = if matches!(target, Target::Tag(_)) { "tag" } else { "manifest" };
        if removed { Ok(()) } else { Err(self.absent(what, target)) }
    }

    async fn tags(&self, page: &Page) -> Result<Vec<String>, StoreError> {
        let (name, page) = (Arc::clone(&self.name), page.clone());
        self.inner.database.read(move |state| manifests::tags(state, &name, &page)).await
    }
}

#[async_trait]
impl Referrers for Held {
    async fn referrers(
        &self,
        subject: &Digest,
        artifact_type: Option<&str>,
    ) -> Result<Vec<Descriptor>, StoreError> {
        let (name, subject) = (Arc::clone(&self.name), subject.clone());
        let kind = artifact_type.map(str::to_owned);
        let act = move |state: &rusqlite::Connection| {
            manifests::referrers(state, &name, &subject, kind.as_deref())
        };
        self.inner.database.read(act).await
    }
}

impl Repository for Held {
    fn place(&self) -> String {
        format!("hub repository {}", self.name)
    }
}

//! Repositories in memory: for tests, and for what need not outlive the process.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use sealkit_oci::{Descriptor, Digest, Target};

use crate::{
    BlobStore, ByteStream, Links, Namespace, Page, RefStore, Referrers, Repository, StoreError,
    StoredManifest, Upload, hasher::digest_of,
};

/// Repositories in memory, each with blobs of its own. Clones share everything.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    state: Arc<Mutex<State>>,
}

type State = BTreeMap<String, Content>;

#[derive(Debug, Default)]
struct Content {
    blobs: HashMap<Digest, Bytes>,
    /// Bytes of blobs that are not whole yet.
    partial: HashMap<Digest, Vec<u8>>,
    manifests: BTreeMap<Digest, (StoredManifest, Links)>,
    tags: BTreeMap<String, Digest>,
}

/// One repository of a [`Memory`].
#[derive(Clone, Debug)]
pub struct MemoryRepository {
    memory: Memory,
    name: String,
}

impl Memory {
    /// A place without repositories.
    pub fn new() -> Self {
        Self::default()
    }

    /// A repository; it need not exist yet.
    pub fn repository(&self, name: &str) -> MemoryRepository {
        MemoryRepository { memory: self.clone(), name: name.to_owned() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is made whole before anything can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MemoryRepository {
    fn with<T>(&self, work: impl FnOnce(&mut Content) -> T) -> T {
        let mut state = self.memory.lock();
        if let Some(content) = state.get_mut(&self.name) {
            return work(content);
        }
        let mut content = Content::default();
        let done = work(&mut content);
        // Asking about a repository does not make it exist.
        if !content.is_empty() {
            state.insert(self.name.clone(), content);
        }
        done
    }

    fn not_found(&self, what: &'static str, name: impl ToString) -> StoreError {
        StoreError::NotFound { what, name: name.to_string(), place: self.place() }
    }

    fn wrong_size(&self, digest: &Digest, expected: u64, actual: u64) -> StoreError {
        StoreError::SizeMismatch { digest: digest.clone(), expected, actual, place: self.place() }
    }
}

impl Content {
    fn is_empty(&self) -> bool {
        self.blobs.is_empty() && self.partial.is_empty() && self.manifests.is_empty()
    }
}

#[async_trait]
impl BlobStore for MemoryRepository {
    async fn stat(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        Ok(self.with(|content| content.blobs.get(digest).map(|bytes| bytes.len() as u64)))
    }

    async fn read(&self, digest: &Digest, range: Range<u64>) -> Result<ByteStream, StoreError> {
        let bytes = self.with(|content| content.blobs.get(digest).cloned());
        let bytes = bytes.ok_or_else(|| self.not_found("blob", digest))?;
        let size = bytes.len() as u64;
        let (Ok(start), Ok(end)) = (usize::try_from(range.start), usize::try_from(range.end))
        else {
            return Err(self.wrong_size(digest, range.end, size));
        };
        if start > end || end > bytes.len() {
            return Err(self.wrong_size(digest, range.end, size));
        }
        let wanted = bytes.slice(start..end);
        Ok(Box::pin(futures_util::stream::iter([Ok(wanted)])))
    }

    async fn write(&self, expected: &Descriptor) -> Result<Box<dyn Upload>, StoreError> {
        let (whole, partial) = self.with(|content| {
            let whole = content.blobs.get(&expected.digest).cloned();
            (whole, content.partial.remove(&expected.digest))
        });
        let whole = whole.filter(|bytes| bytes.len() as u64 == expected.size);
        let bytes = whole.map(Vec::from).or(partial).unwrap_or_default();
        let bytes = if bytes.len() as u64 > expected.size { Vec::new() } else { bytes };
        Ok(Box::new(MemoryUpload {
            own: self.clone(),
            expected: expected.clone(),
            bytes,
            keep: true,
        }))
    }

    async fn mount(&self, expected: &Descriptor, from: &str) -> Result<bool, StoreError> {
        let source = self.memory.repository(from);
        let bytes = source.with(|content| content.blobs.get(&expected.digest).cloned());
        let Some(bytes) = bytes.filter(|bytes| bytes.len() as u64 == expected.size) else {
            return Ok(false);
        };
        self.with(|content| content.blobs.insert(expected.digest.clone(), bytes));
        Ok(true)
    }

    async fn delete_blob(&self, digest: &Digest) -> Result<(), StoreError> {
        self.with(|content| {
            let names_it = |(_, links): &(StoredManifest, Links)| {
                links.blobs.iter().any(|blob| blob.digest == *digest)
            };
            if content.manifests.values().any(names_it) {
                let what = "removing a blob that a manifest names";
                return Err(StoreError::Unsupported { what, place: self.place() });
            }
            let gone = content.blobs.remove(digest);
            gone.map(|_| ()).ok_or_else(|| self.not_found("blob", digest))
        })
    }
}

/// A blob that is being written to memory.
struct MemoryUpload {
    own: MemoryRepository,
    expected: Descriptor,
    bytes: Vec<u8>,
    keep: bool,
}

#[async_trait]
impl Upload for MemoryUpload {
    fn offset(&self) -> u64 {
        self.bytes.len() as u64
    }

    async fn append(&mut self, bytes: Bytes) -> Result<(), StoreError> {
        let end = self.offset().saturating_add(bytes.len() as u64);
        if end > self.expected.size {
            self.keep = false;
            return Err(self.own.wrong_size(&self.expected.digest, self.expected.size, end));
        }
        self.bytes.extend_from_slice(&bytes);
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<(), StoreError> {
        let Descriptor { digest, size, .. } = &self.expected;
        if self.offset() != *size || !self.keep {
            return Err(self.own.wrong_size(digest, *size, self.offset()));
        }
        let actual = digest_of(digest.algorithm(), &self.bytes)?;
        self.keep = false;
        if actual != *digest {
            let (expected, place) = (digest.clone(), self.own.place());
            return Err(StoreError::DigestMismatch { expected, actual, place });
        }
        let digest = digest.clone();
        let bytes = Bytes::from(std::mem::take(&mut self.bytes));
        self.own.with(|content| {
            content.blobs.insert(digest, bytes);
        });
        Ok(())
    }

    async fn abort(mut self: Box<Self>) -> Result<(), StoreError> {
        self.keep = false;
        Ok(())
    }
}

impl Drop for MemoryUpload {
    fn drop(&mut self) {
        if self.keep && !self.bytes.is_empty() {
            let (digest, bytes) = (self.expected.digest.clone(), std::mem::take(&mut self.bytes));
            self.own.with(|content| content.partial.insert(digest, bytes));
        }
    }
}

#[async_trait]
impl RefStore for MemoryRepository {
    async fn manifest(&self, target: &Target) -> Result<Option<StoredManifest>, StoreError> {
        Ok(self.with(|content| {
            let digest = match target {
                Target::Tag(tag) => content.tags.get(tag)?,
                Target::Digest(digest) => digest,
            };
            content.manifests.get(digest).map(|(manifest, _)| manifest.clone())
        }))
    }

    async fn put_manifest(
        &self,
        media_type: &str,
        bytes: Bytes,
        tag: Option<&str>,
    ) -> Result<Descriptor, StoreError> {
        let descriptor = Descriptor::of(media_type, &bytes);
        let links = Links::parse(media_type, &bytes).map_err(|source| {
            let name = descriptor.digest.to_string();
            StoreError::Document { name, place: self.place(), source }
        })?;
        if let Some(tag) = tag {
            // The rule for tags is the same for every repository.
            sealkit_oci::Reference::new(sealkit_oci::DEFAULT_REGISTRY, "x")?.with_tag(tag)?;
        }
        self.with(|content| {
            let absent = |blob: &&Descriptor| !content.blobs.contains_key(&blob.digest);
            if let Some(blob) = links.blobs.iter().filter(|blob| blob.urls.is_empty()).find(absent)
            {
                return Err(self.not_found("blob", &blob.digest));
            }
            let absent = |child: &&Descriptor| !content.manifests.contains_key(&child.digest);
            if let Some(child) = links.manifests.iter().find(absent) {
                return Err(self.not_found("manifest", &child.digest));
            }
            let digest = descriptor.digest.clone();
            let manifest = StoredManifest { descriptor: descriptor.clone(), bytes };
            content.manifests.insert(digest.clone(), (manifest, links));
            if let Some(tag) = tag {
                content.tags.insert(tag.to_owned(), digest);
            }
            Ok(descriptor)
        })
    }

    async fn delete_manifest(&self, target: &Target) -> Result<(), StoreError> {
        self.with(|content| match target {
            Target::Tag(tag) => {
                let gone = content.tags.remove(tag);
                gone.map(|_| ()).ok_or_else(|| self.not_found("tag", tag))
            }
            Target::Digest(digest) => {
                content.tags.retain(|_, tagged| tagged != digest);
                let gone = content.manifests.remove(digest);
                gone.map(|_| ()).ok_or_else(|| self.not_found("manifest", digest))
            }
        })
    }

    async fn tags(&self, page: &Page) -> Result<Vec<String>, StoreError> {
        Ok(page.cut(self.with(|content| content.tags.keys().cloned().collect())))
    }
}

#[async_trait]
impl Referrers for MemoryRepository {
    async fn referrers(
        &self,
        subject: &Digest,
        artifact_type: Option<&str>,
    ) -> Result<Vec<Descriptor>, StoreError> {
        let fits = |links: &Links| {
            links.subject.as_ref().is_some_and(|own| own.digest == *subject)
                && artifact_type.is_none_or(|kind| links.artifact_type.as_deref() == Some(kind))
        };
        let describe = |(manifest, links): &(StoredManifest, Links)| Descriptor {
            artifact_type: links.artifact_type.clone(),
            annotations: links.annotations.clone(),
            ..manifest.descriptor.clone()
        };
        Ok(self.with(|content| {
            let fitting = content.manifests.values().filter(|(_, links)| fits(links));
            fitting.map(describe).collect()
        }))
    }
}

impl Repository for MemoryRepository {
    fn place(&self) -> String {
        format!("memory repository `{}`", self.name)
    }
}

#[async_trait]
impl Namespace for Memory {
    async fn repositories(&self, page: &Page) -> Result<Vec<String>, StoreError> {
        Ok(page.cut(self.lock().keys().cloned().collect()))
    }

    fn repository(&self, name: &str) -> Result<Arc<dyn Repository>, StoreError> {
        Ok(Arc::new(Memory::repository(self, name)))
    }
}

//! A namespace in memory. Blobs are shared by its repositories, manifests and tags are not.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use sealkit_oci::{Algorithm, Descriptor, Digest, Index, Manifest, Target, media_type};
use sealkit_store::{
    BlobStore, ByteStream, Namespace, Page, RefStore, Referrers, Repository, StoreError,
    StoredManifest, Upload,
};

const PLACE: &str = "memory";

type Blobs = Arc<Mutex<HashMap<Digest, Bytes>>>;

/// Any number of repositories in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryNamespace {
    blobs: Blobs,
    repositories: Arc<Mutex<BTreeMap<String, Arc<MemoryRepository>>>>,
}

#[derive(Debug, Default)]
struct MemoryRepository {
    blobs: Blobs,
    refs: Mutex<Refs>,
}

#[derive(Debug, Default)]
struct Refs {
    manifests: BTreeMap<Digest, StoredManifest>,
    tags: BTreeMap<String, Digest>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn absent(what: &'static str, name: impl ToString) -> StoreError {
    StoreError::NotFound { what, name: name.to_string(), place: PLACE.to_owned() }
}

fn page<'a>(sorted: impl Iterator<Item = &'a String>, page: &Page) -> Vec<String> {
    let after = |name: &&String| page.after.as_ref().is_none_or(|after| *name > after);
    sorted.filter(after).take(page.limit.unwrap_or(usize::MAX)).cloned().collect()
}

#[async_trait]
impl Namespace for MemoryNamespace {
    async fn repositories(&self, wanted: &Page) -> Result<Vec<String>, StoreError> {
        let repositories = lock(&self.repositories);
        let filled =
            repositories.iter().filter(|(_, known)| !lock(&known.refs).manifests.is_empty());
        Ok(page(filled.map(|(name, _)| name), wanted))
    }

    fn repository(&self, name: &str) -> Result<Arc<dyn Repository>, StoreError> {
        let mut repositories = lock(&self.repositories);
        let known = repositories.entry(name.to_owned()).or_insert_with(|| {
            Arc::new(MemoryRepository { blobs: Arc::clone(&self.blobs), refs: Mutex::default() })
        });
        Ok(Arc::clone(known) as Arc<dyn Repository>)
    }
}

impl Repository for MemoryRepository {
    fn place(&self) -> String {
        PLACE.to_owned()
    }
}

#[async_trait]
impl BlobStore for MemoryRepository {
    async fn stat(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        Ok(lock(&self.blobs).get(digest).map(|bytes| bytes.len() as u64))
    }

    async fn read(&self, digest: &Digest, range: Range<u64>) -> Result<ByteStream, StoreError> {
        let bytes = lock(&self.blobs).get(digest).cloned().ok_or_else(|| absent("blob", digest))?;
        if range.end > bytes.len() as u64 || range.start > range.end {
            let (digest, actual) = (digest.clone(), bytes.len() as u64);
            let place = PLACE.to_owned();
            return Err(StoreError::SizeMismatch { digest, expected: range.end, actual, place });
        }
        let part = bytes.slice(range.start as usize..range.end as usize);
        Ok(Box::pin(futures_util::stream::iter([Ok(part)])))
    }

    async fn write(&self, expected: &Descriptor) -> Result<Box<dyn Upload>, StoreError> {
        let upload = MemoryUpload {
            blobs: Arc::clone(&self.blobs),
            expected: expected.clone(),
            bytes: BytesMut::new(),
        };
        Ok(Box::new(upload))
    }

    async fn mount(&self, expected: &Descriptor, _from: &str) -> Result<bool, StoreError> {
        Ok(lock(&self.blobs).contains_key(&expected.digest))
    }

    async fn delete_blob(&self, digest: &Digest) -> Result<(), StoreError> {
        lock(&self.blobs).remove(digest).map(drop).ok_or_else(|| absent("blob", digest))
    }
}

struct MemoryUpload {
    blobs: Blobs,
    expected: Descriptor,
    bytes: BytesMut,
}

#[async_trait]
impl Upload for MemoryUpload {
    fn offset(&self) -> u64 {
        self.bytes.len() as u64
    }

    async fn append(&mut self, bytes: Bytes) -> Result<(), StoreError> {
        self.bytes.extend_from_slice(&bytes);
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<(), StoreError> {
        let (expected, place) = (self.expected, PLACE.to_owned());
        if self.bytes.len() as u64 != expected.size {
            let (digest, actual) = (expected.digest, self.bytes.len() as u64);
            return Err(StoreError::SizeMismatch {
                digest,
                expected: expected.size,
                actual,
                place,
            });
        }
        if !expected.digest.matches(&self.bytes) {
            let actual = Digest::of(&self.bytes);
            return Err(StoreError::DigestMismatch { expected: expected.digest, actual, place });
        }
        lock(&self.blobs).insert(expected.digest, self.bytes.freeze());
        Ok(())
    }

    async fn abort(self: Box<Self>) -> Result<(), StoreError> {
        Ok(())
    }
}

#[async_trait]
impl RefStore for MemoryRepository {
    async fn manifest(&self, target: &Target) -> Result<Option<StoredManifest>, StoreError> {
        let refs = lock(&self.refs);
        let digest = match target {
            Target::Tag(tag) => refs.tags.get(tag),
            Target::Digest(digest) if digest.algorithm() == Algorithm::Sha256 => Some(digest),
            Target::Digest(digest) => {
                let mut known = refs.manifests.values();
                return Ok(known.find(|stored| digest.matches(&stored.bytes)).cloned());
            }
        };
        Ok(digest.and_then(|digest| refs.manifests.get(digest)).cloned())
    }

    async fn put_manifest(
        &self,
        media_type: &str,
        bytes: Bytes,
        tag: Option<&str>,
    ) -> Result<Descriptor, StoreError> {
        let descriptor = Descriptor::of(media_type, &bytes);
        let mut refs = lock(&self.refs);
        if let Some(tag) = tag {
            refs.tags.insert(tag.to_owned(), descriptor.digest.clone());
        }
        let stored = StoredManifest { descriptor: descriptor.clone(), bytes };
        refs.manifests.insert(descriptor.digest.clone(), stored);
        Ok(descriptor)
    }

    async fn delete_manifest(&self, target: &Target) -> Result<(), StoreError> {
        let found = self.manifest(target).await?.ok_or_else(|| absent("manifest", target))?;
        let mut refs = lock(&self.refs);
        match target {
            Target::Tag(tag) => drop(refs.tags.remove(tag)),
            Target::Digest(_) => {
                refs.manifests.remove(&found.descriptor.digest);
                refs.tags.retain(|_, digest| *digest != found.descriptor.digest);
            }
        }
        Ok(())
    }

    async fn tags(&self, wanted: &Page) -> Result<Vec<String>, StoreError> {
        Ok(page(lock(&self.refs).tags.keys(), wanted))
    }
}

#[async_trait]
impl Referrers for MemoryRepository {
    async fn referrers(
        &self,
        subject: &Digest,
        artifact_type: Option<&str>,
    ) -> Result<Vec<Descriptor>, StoreError> {
        let refs = lock(&self.refs);
        let all = refs.manifests.values().filter_map(|stored| referrer(stored, subject));
        Ok(all
            .filter(|found| {
                artifact_type.is_none() || found.artifact_type.as_deref() == artifact_type
            })
            .collect())
    }
}

/// The descriptor of `stored` as a referrer of `subject`, where it is one.
fn referrer(stored: &StoredManifest, subject: &Digest) -> Option<Descriptor> {
    let mut descriptor = stored.descriptor.clone();
    let named = if media_type::is_index(&descriptor.media_type) {
        let index: Index = serde_json::from_slice(&stored.bytes).ok()?;
        descriptor.artifact_type = index.artifact_type;
        descriptor.annotations = index.annotations;
        index.subject
    } else {
        let manifest: Manifest = serde_json::from_slice(&stored.bytes).ok()?;
        descriptor.artifact_type = Some(manifest.effective_artifact_type().to_owned());
        descriptor.annotations = manifest.annotations;
        manifest.subject
    };
    (named?.digest == *subject).then_some(descriptor)
}

//! What a store can do, as small traits. Each promise in these comments is a test of the
//! conformance suite that every implementation passes.

use std::fs::File;
use std::io::Write;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::Stream;
use sealkit_oci::{Algorithm, Descriptor, Digest, Target};

use crate::{ReferrersPage, ReferrersPart, StoreError};

/// Bytes as they arrive.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, StoreError>> + Send>>;

/// A manifest or index as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredManifest {
    /// Media type, digest and size. The digest has been checked against the bytes.
    pub descriptor: Descriptor,
    /// The exact bytes.
    pub bytes: Bytes,
}

/// Which part of a sorted listing to return.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Only what sorts after this.
    pub after: Option<String>,
    /// No more than this many.
    pub limit: Option<usize>,
}

impl Page {
    /// The part of `names` that the page asks for; `names` is sorted bytewise.
    pub fn cut(&self, names: Vec<String>) -> Vec<String> {
        let start = match &self.after {
            Some(after) => names.partition_point(|name| name <= after),
            None => 0,
        };
        names.into_iter().skip(start).take(self.limit.unwrap_or(usize::MAX)).collect()
    }
}

/// A range of a blob, and its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashedRange {
    /// The bytes, from the first to behind the last.
    pub range: Range<u64>,
    /// Their digest.
    pub digest: Digest,
}

/// Blobs by digest.
#[async_trait]
pub trait BlobStore: Send + Sync {
    /// Size of the blob in bytes, none where it is absent.
    async fn stat(&self, digest: &Digest) -> Result<Option<u64>, StoreError>;

    /// The bytes of `range`. They are **not** verified: whoever uses them checks them. A range that
    /// ends behind the blob is an error, an absent blob is [`StoreError::NotFound`].
    async fn read(&self, digest: &Digest, range: Range<u64>) -> Result<ByteStream, StoreError>;

    /// The blob as a file of this machine that is open for reading; none where it is no file of its own. Code
    /// that may block and reads much of it saves the way through a stream. The bytes are **not** verified; the
    /// file may go on to be read after the blob was removed. An absent blob is [`StoreError::NotFound`], or none.
    async fn file(&self, _digest: &Digest) -> Result<Option<File>, StoreError> {
        Ok(None)
    }

    /// Ranges of the blob that the place hashed while its bytes came: files in an archive, as far as it remembers
    /// them. No promise but that what is there is right.
    async fn hashed_ranges(&self, _digest: &Digest) -> Result<Arc<[HashedRange]>, StoreError> {
        Ok(Arc::default())
    }

    /// Starts to write the blob that `expected` describes, or goes on where an earlier write
    /// stopped.
    async fn write(&self, expected: &Descriptor) -> Result<Box<dyn Upload>, StoreError>;

    /// Makes a blob of another repository of the same place available here without sending its
    /// bytes. False where that can not be done; the caller then writes the blob.
    async fn mount(&self, expected: &Descriptor, from: &str) -> Result<bool, StoreError>;

    /// Removes a blob. Removing an absent one is [`StoreError::NotFound`].
    async fn delete_blob(&self, digest: &Digest) -> Result<(), StoreError>;
}

/// A blob that is being written. Dropping it keeps what is there, for a later write to go on with.
#[async_trait]
pub trait Upload: Send {
    /// Where the next byte goes: the bytes before it are already there.
    fn offset(&self) -> u64;

    /// Adds bytes.
    async fn append(&mut self, bytes: Bytes) -> Result<(), StoreError>;

    /// Adds pieces in their order. Where that fails some of them may be there.
    async fn append_all(&mut self, pieces: Vec<Bytes>) -> Result<(), StoreError> {
        for bytes in pieces {
            self.append(bytes).await?;
        }
        Ok(())
    }

    /// Makes the blob visible, after its size and digest were found to be the expected ones. Bytes
    /// that are wrong are thrown away and reported.
    async fn finish(self: Box<Self>) -> Result<(), StoreError>;

    /// Throws the written bytes away.
    async fn abort(self: Box<Self>) -> Result<(), StoreError>;
}

/// How a manifest is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutManifest {
    /// The algorithm of the digest that it is known by.
    pub algorithm: Algorithm,
    /// The tags that are pointed at it.
    pub tags: Vec<String>,
    /// Whether it is stored although content that it names is not there.
    pub sparse: bool,
}

impl PutManifest {
    /// Whole, under SHA-256, with one tag or none: what [`RefStore::put_manifest`] does.
    pub fn tagged(tag: Option<&str>) -> Self {
        let tags = tag.map(str::to_owned).into_iter().collect();
        Self { algorithm: Algorithm::Sha256, tags, sparse: false }
    }
}

/// Manifests and tags.
#[async_trait]
pub trait RefStore: Send + Sync {
    /// The manifest or index at a tag or digest, verified; none where it is absent.
    async fn manifest(&self, target: &Target) -> Result<Option<StoredManifest>, StoreError>;

    /// Stores a manifest or index, byte for byte, and points `tag` at it where one is given.
    async fn put_manifest(
        &self,
        media_type: &str,
        bytes: Bytes,
        tag: Option<&str>,
    ) -> Result<Descriptor, StoreError>;

    /// Stores a manifest or index, byte for byte, under a digest of any algorithm that the store has,
    /// and points all of the tags at it, or none. Content that it names and that is not there is
    /// [`StoreError::Dangling`] where the store can tell that in the same act; an algorithm that it
    /// has not is [`StoreError::Unsupported`].
    async fn put_manifest_as(
        &self,
        media_type: &str,
        bytes: Bytes,
        put: &PutManifest,
    ) -> Result<Descriptor, StoreError> {
        if put.algorithm != Algorithm::Sha256 {
            let what = "manifests under other digests than SHA-256";
            return Err(StoreError::Unsupported { what, place: "this store".to_owned() });
        }
        let first = put.tags.first().map(String::as_str);
        let stored = self.put_manifest(media_type, bytes.clone(), first).await?;
        for tag in put.tags.iter().skip(1) {
            self.put_manifest(media_type, bytes.clone(), Some(tag)).await?;
        }
        Ok(stored)
    }

    /// A tag is removed; the manifest stays. A digest is removed with all its tags. An absent one
    /// is [`StoreError::NotFound`].
    async fn delete_manifest(&self, target: &Target) -> Result<(), StoreError>;

    /// The tags, sorted bytewise.
    async fn tags(&self, page: &Page) -> Result<Vec<String>, StoreError>;
}

/// Manifests that name another as their `subject`.
#[async_trait]
pub trait Referrers: Send + Sync {
    /// Descriptors of the referrers of `subject`, with artifact type and annotations; empty where
    /// there are none, known subject or not. Filtered by artifact type where one is given.
    async fn referrers(
        &self,
        subject: &Digest,
        artifact_type: Option<&str>,
    ) -> Result<Vec<Descriptor>, StoreError>;

    /// A part of them, sorted bytewise by digest. A place that can read it without all the others does: there may be
    /// very many, and large.
    async fn referrers_page(
        &self,
        subject: &Digest,
        artifact_type: Option<&str>,
        page: &ReferrersPage,
    ) -> Result<ReferrersPart, StoreError> {
        Ok(page.cut(self.referrers(subject, artifact_type).await?))
    }
}

/// One repository of one place: all that [`copy`](crate::copy) needs at either end.
pub trait Repository: BlobStore + RefStore + Referrers {
    /// The place for messages, e.g. `local store` or `registry.example.com/org/model`.
    fn place(&self) -> String;
}

/// A place with several repositories: what a registry serves.
#[async_trait]
pub trait Namespace: Send + Sync {
    /// Names of the repositories, sorted bytewise.
    async fn repositories(&self, page: &Page) -> Result<Vec<String>, StoreError>;

    /// The repository of this name, which need not exist yet.
    fn repository(&self, name: &str) -> Result<Arc<dyn Repository>, StoreError>;

    /// Every tag that points at a manifest or index, sorted by repository and tag. A place that can tell them without reading
    /// each manifest does: there may be very many.
    async fn tagged(&self) -> Result<Vec<Tagged>, StoreError> {
        let mut all = Vec::new();
        for name in self.repositories(&Page::default()).await? {
            let repository = self.repository(&name)?;
            for tag in repository.tags(&Page::default()).await? {
                let found = repository.manifest(&Target::Tag(tag.clone())).await?;
                let one = |found: StoredManifest| Tagged {
                    repository: name.clone(),
                    tag,
                    digest: found.descriptor.digest,
                    media_type: found.descriptor.media_type,
                };
                all.extend(found.map(one));
            }
        }
        Ok(all)
    }
}

/// A tag, and what it points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged {
    /// Its repository.
    pub repository: String,
    /// The tag.
    pub tag: String,
    /// Digest of the manifest or index.
    pub digest: Digest,
    /// Media type of that.
    pub media_type: String,
}

/// Sync access for packing, which knows no async runtime: starts new blobs.
pub trait BlobWriter: Send + Sync {
    /// A new blob of unknown digest and size.
    fn create(&self) -> Result<Box<dyn BlobWrite>, StoreError>;
}

/// A blob that is being written without knowing its digest yet. The writer hashes as bytes go by:
/// this is the store's boundary, where bytes are hashed once. Dropped without commit, nothing
/// stays.
pub trait BlobWrite: Write + Send {
    /// Makes the blob durable and visible and returns its digest and size in bytes. A blob that is
    /// there already is kept, and the new copy is thrown away.
    fn commit(self: Box<Self>) -> Result<(Digest, u64), StoreError>;
}

//! What the storage has to remember, and what any place for it has to do.

pub mod conformance;
mod memory;

use std::path::Path;

use async_trait::async_trait;
use bytes::Bytes;
use sealkit_oci::{Algorithm, Descriptor, Digest, Target};
use sealkit_store::{
    Links, Page, PutManifest, ReferrersPage, ReferrersPart, StoreError, StoredManifest, Tagged,
};

use crate::{Note, Problem, TagMove};

pub use memory::MemoryState;

/// A blob as one repository has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldBlob {
    /// Key of its object.
    pub key: String,
    /// Size in bytes.
    pub size: u64,
    /// When the repository was last asked for it, unix seconds.
    pub used: i64,
}

/// A blob whoever has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownBlob {
    /// Its digest.
    pub digest: Digest,
    /// Key of its object.
    pub key: String,
    /// Size in bytes.
    pub size: u64,
    /// Whether its object was found to have other bytes.
    pub damaged: bool,
}

/// An upload that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenUpload {
    /// Its name, never used twice.
    pub id: String,
    /// The repository that it is for.
    pub repository: String,
    /// Key of the object that grows.
    pub key: String,
    /// How it is hashed.
    pub algorithm: Algorithm,
    /// How many bytes it has.
    pub place: u64,
    /// Where the hash stands; empty where that is not known.
    pub hash: Vec<u8>,
}

/// What became of an upload that was to become a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finished {
    /// It is a blob; the object under this key, where there is one, is needed no more.
    Stored(Option<String>),
    /// Somebody ended it before: its object is theirs to remove.
    Ended,
}

/// A manifest to store.
#[derive(Clone, Debug)]
pub struct NewManifest {
    /// The repository that it is for.
    pub repository: String,
    /// Media type, digest and size.
    pub descriptor: Descriptor,
    /// The exact bytes.
    pub body: Bytes,
    /// What it names.
    pub links: Links,
    /// Its tags, and whether what it names may be missing.
    pub put: PutManifest,
    /// What is to be noted with it.
    pub note: Option<Vec<u8>>,
    /// Unix seconds.
    pub now: i64,
}

/// What the storage has to remember: which digest is which object, what each repository has, manifests,
/// tags and their history, uploads that are under way.
///
/// Each function is one act: all of it happens or nothing, as if no other act went on beside it, and it
/// is durable when it returns. Acts that were called one behind the other, awaited or not, happen in that
/// order. Times are unix seconds. Each promise is a function of [`conformance`].
#[async_trait]
pub trait State: Send + Sync + 'static {
    /// A number that is another one as soon as any act may have changed anything, also one of another
    /// process; none where that can not be told at little cost.
    fn stamp(&self) -> Option<u64>;

    /// The blob of a repository; none where it has none, or where it is damaged.
    async fn blob(&self, repository: &str, digest: &Digest)
    -> Result<Option<HeldBlob>, StoreError>;

    /// Notes soon that somebody asked for a blob; what was noted last may be lost in a crash.
    async fn touch_blob(&self, repository: &str, digest: &Digest, now: i64);

    /// Makes a blob of `from` one of `repository` too; false where `from` has none.
    async fn mount_blob(
        &self,
        repository: &str,
        from: &str,
        digest: &Digest,
        now: i64,
    ) -> Result<bool, StoreError>;

    /// Takes a blob from a repository; false where it has none. One that a manifest of the repository
    /// names is [`StoreError::Unsupported`].
    async fn delete_blob(&self, repository: &str, digest: &Digest) -> Result<bool, StoreError>;

    /// Stores a manifest with its links and tags. Content that it names and that the repository has
    /// not is [`StoreError::Dangling`], unless it may be missing; then nothing is stored.
    async fn put_manifest(&self, new: NewManifest) -> Result<(), StoreError>;

    /// The manifest at a tag or digest. That the bytes are its own is for the caller to check.
    async fn manifest(
        &self,
        repository: &str,
        target: &Target,
    ) -> Result<Option<StoredManifest>, StoreError>;

    /// Removes a tag, or a manifest with its tags, with a note; false, and no note, where there is none.
    async fn delete_manifest(
        &self,
        repository: &str,
        target: &Target,
        note: Option<Vec<u8>>,
        now: i64,
    ) -> Result<bool, StoreError>;

    /// The notes of a repository, or of all, that nobody has settled, oldest first.
    async fn notes(&self, repository: Option<&str>) -> Result<Vec<Note>, StoreError>;

    /// Forgets notes.
    async fn settle(&self, numbers: Vec<i64>) -> Result<(), StoreError>;

    /// Whether something else is written in the transaction of each act that has a note.
    fn has_along(&self) -> bool {
        false
    }

    /// The tags of a repository, sorted bytewise.
    async fn tags(&self, repository: &str, page: &Page) -> Result<Vec<String>, StoreError>;

    /// Every tag of every repository, sorted by both.
    async fn tagged(&self) -> Result<Vec<Tagged>, StoreError>;

    /// Every move of a tag, oldest first.
    async fn tag_moves(&self, repository: &str, tag: &str) -> Result<Vec<TagMove>, StoreError>;

    /// A part of what refers to a manifest, sorted by digest.
    async fn referrers(
        &self,
        repository: &str,
        subject: &Digest,
        artifact_type: Option<&str>,
        page: &ReferrersPage,
    ) -> Result<ReferrersPart, StoreError>;

    /// The repositories that have a blob or a manifest, sorted bytewise.
    async fn repositories(&self, page: &Page) -> Result<Vec<String>, StoreError>;

    /// Remembers a new upload: of the blob `digest` where that is known, else a session of a client.
    async fn begin_upload(
        &self,
        upload: OpenUpload,
        digest: Option<&Digest>,
        now: i64,
    ) -> Result<(), StoreError>;

    /// How many uploads are under way.
    async fn open_uploads(&self) -> Result<u64, StoreError>;

    /// The session of this name.
    async fn session(&self, repository: &str, id: &str) -> Result<Option<OpenUpload>, StoreError>;

    /// The uploads of a blob, the longest first.
    async fn uploads_of(
        &self,
        repository: &str,
        digest: &Digest,
    ) -> Result<Vec<OpenUpload>, StoreError>;

    /// Notes that somebody goes on with an upload; gives it as all acts before left it.
    async fn resume_upload(&self, id: &str, now: i64) -> Result<Option<OpenUpload>, StoreError>;

    /// Notes soon how far an upload has come; what was noted last may be lost in a crash.
    fn keep_upload(&self, id: &str, place: u64, hash: Vec<u8>, now: i64);

    /// Makes an upload, whose object is durable, the blob `digest` of its repository.
    async fn finish_upload(
        &self,
        upload: OpenUpload,
        digest: &Digest,
        now: i64,
    ) -> Result<Finished, StoreError>;

    /// Forgets an upload; false where it has ended already.
    async fn end_upload(&self, id: &str) -> Result<bool, StoreError>;

    /// Forgets the uploads that nobody touched since `idle`; gives their names and keys.
    async fn end_idle_uploads(&self, idle: i64) -> Result<Vec<(String, String)>, StoreError>;

    /// How many blobs, of how many bytes, [`State::collect`] would take.
    async fn collectable(&self, cutoff: i64) -> Result<(u64, u64), StoreError>;

    /// Takes from repositories what none of their manifests names and nobody asked for since `cutoff`,
    /// then forgets blobs that no repository has, in steps that others wait for only shortly; gives
    /// keys and sizes of their objects. A blob that is named or asked for meanwhile stays.
    async fn collect(&self, cutoff: i64) -> Result<Vec<(String, u64)>, StoreError>;

    /// Those of the keys that neither a blob nor an upload has.
    async fn unknown_keys(&self, keys: Vec<String>) -> Result<Vec<String>, StoreError>;

    /// Every blob, those first that were read longest ago.
    async fn blobs(&self) -> Result<Vec<KnownBlob>, StoreError>;

    /// Notes whether the object of a blob has its bytes; false where the blob has another one by now.
    async fn checked_blob(
        &self,
        digest: &Digest,
        key: &str,
        good: bool,
        now: i64,
    ) -> Result<bool, StoreError>;

    /// The tags whose kits have one of these blobs, themselves or through an index: `repository:tag`,
    /// sorted.
    async fn tags_with(&self, blobs: Vec<Digest>) -> Result<Vec<String>, StoreError>;

    /// Looks at what is remembered itself: the number of manifests, and what is wrong.
    async fn check(&self) -> Result<(u64, Vec<Problem>), StoreError>;

    /// Makes anew what is derived from the bodies of manifests; gives the number of manifests.
    async fn reindex(&self) -> Result<u64, StoreError>;

    /// Writes a copy of one moment into a folder, without uploads, and gives its blobs; none where this
    /// place can not do that.
    async fn copy_to(&self, folder: &Path) -> Result<Option<Vec<KnownBlob>>, StoreError>;

    /// Forgets in such a copy a blob that no manifest names; false where one does.
    fn leave_out(&self, folder: &Path, digest: &Digest) -> Result<bool, StoreError>;
}

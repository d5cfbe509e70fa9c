//! What others write with acts of the storage, in the transactions of those acts: it is there if the act is,
//! whenever the hub is killed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use rusqlite::Connection;
use sealkit_oci::Digest;

use crate::{Database, Fault};

/// Writes what else belongs to an act that has a note: it gets the repository and what the note says.
pub type AlongNote = fn(&Connection, &str, &[u8]) -> Result<(), Fault>;
/// Writes that something was attached to a manifest, or taken from it: it gets the repository and the digest of
/// that manifest, which need not be there.
pub type AlongAttached = fn(&Connection, &str, &str) -> Result<(), Fault>;
/// Writes what else belongs to an act on a blob.
pub type AlongBlob = fn(&Connection, &BlobAct) -> Result<(), Fault>;

/// An act on a blob of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobAct {
    /// The repository.
    pub repository: String,
    /// The blob.
    pub digest: Digest,
    /// What is done.
    pub deed: BlobDeed,
    /// Who does it, as [`acting`] said.
    pub by: String,
}

/// What is done to a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlobDeed {
    /// The repository has it from now on.
    Pushed,
    /// The repository has it from now on, as the other one has.
    Mounted {
        /// The other repository.
        from: String,
    },
    /// The repository has it no more.
    Deleted,
}

/// What is written with the acts of one database; where one of them fails, its act is not made.
#[derive(Debug, Default)]
pub(crate) struct Along {
    note: OnceLock<AlongNote>,
    attached: OnceLock<AlongAttached>,
    blob: OnceLock<AlongBlob>,
}

/// Who acts, and whether an act was written down with who that is.
#[derive(Debug)]
struct Acting {
    by: String,
    is_told: AtomicBool,
}

tokio::task_local! {
    static ACTING: Arc<Acting>;
    static QUIET: ();
}

/// Runs `act` of `by`. What it does to blobs is told in the transaction to whoever asked for that
/// ([`Database::along_blobs`]).
pub async fn acting<T>(by: String, act: impl Future<Output = T>) -> T {
    ACTING.scope(Arc::new(Acting { by, is_told: AtomicBool::new(false) }), act).await
}

/// Whether what the [`acting`] that this is a part of did to a blob was told in its transaction.
pub fn is_told() -> bool {
    ACTING.try_with(|acting| acting.is_told.load(Ordering::Acquire)).unwrap_or(false)
}

/// Runs `act`; that it attaches something is told to nobody ([`Database::along_attached`]).
pub async fn quietly<T>(act: impl Future<Output = T>) -> T {
    QUIET.scope((), act).await
}

/// Whether this is a part of what runs [`quietly`].
pub fn is_quiet() -> bool {
    QUIET.try_with(|()| ()).is_ok()
}

impl Database {
    /// From now on `along` writes with each act that has a note, in its transaction; the first one counts.
    pub fn along_notes(&self, along: AlongNote) {
        self.along.note.get_or_init(|| along);
    }

    /// From now on `along` writes with each act that attaches a manifest to another one or removes one that was,
    /// unless it is made [`quietly`]; the first one counts.
    pub fn along_attached(&self, along: AlongAttached) {
        self.along.attached.get_or_init(|| along);
    }

    /// From now on `along` writes with each act on a blob of whom [`acting`] names; the first one counts.
    pub fn along_blobs(&self, along: AlongBlob) {
        self.along.blob.get_or_init(|| along);
    }
}

impl Along {
    pub(crate) fn note(&self) -> Option<AlongNote> {
        self.note.get().copied()
    }

    /// What is written of attachments by the act that this is a part of.
    pub(crate) fn attached(&self) -> Option<AlongAttached> {
        self.attached.get().copied().filter(|_| !is_quiet())
    }

    /// What is written of an act on a blob that this is a part of.
    pub(crate) fn blob(&self, repository: &str, digest: &Digest, deed: BlobDeed) -> Tale {
        let by = ACTING.try_with(|acting| acting.by.clone()).ok();
        let tale = self.blob.get().copied().zip(by).map(|(along, by)| {
            let (repository, digest) = (repository.to_owned(), digest.clone());
            (along, BlobAct { repository, digest, deed, by })
        });
        Tale(tale)
    }
}

/// What is written of an act on a blob, where anything is.
pub(crate) struct Tale(Option<(AlongBlob, BlobAct)>);

impl Tale {
    /// Writes it, in the transaction of the act; false where there is nothing to write.
    pub(crate) fn write(&self, sql: &Connection) -> Result<bool, Fault> {
        let Some((along, act)) = &self.0 else { return Ok(false) };
        along(sql, act)?;
        Ok(true)
    }
}

/// Notes that the act which this is a part of was told.
pub(crate) fn told() {
    let _ = ACTING.try_with(|acting| acting.is_told.store(true, Ordering::Release));
}

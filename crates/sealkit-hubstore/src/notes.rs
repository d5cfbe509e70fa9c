//! Notes that are written with an act, in its transaction, for whoever has to go on from there.

use async_trait::async_trait;
use sealkit_store::StoreError;

use crate::{State, Storage};

tokio::task_local! {
    static NOTE: Vec<u8>;
}

/// Runs `act`; what it does to the manifests and tags of a storage is written together with `note`, or not at
/// all. The note is then found by [`Outbox::notes`] until somebody settles it, also after a crash.
pub async fn noting<T>(note: Vec<u8>, act: impl Future<Output = T>) -> T {
    NOTE.scope(note, act).await
}

/// The note of the act that this is a part of.
pub(crate) fn note() -> Option<Vec<u8>> {
    NOTE.try_with(Clone::clone).ok()
}

/// A note that nobody has settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Its number: later acts have higher ones.
    pub number: i64,
    /// The repository of its act.
    pub repository: String,
    /// What it says.
    pub bytes: Vec<u8>,
}

/// Where notes wait.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// The notes of a repository, or of all, oldest first.
    async fn notes(&self, repository: Option<&str>) -> Result<Vec<Note>, StoreError>;

    /// Forgets notes.
    async fn settle(&self, numbers: Vec<i64>) -> Result<(), StoreError>;

    /// Whether something is written along with each note ([`Database::along_notes`](crate::Database)).
    fn has_along(&self) -> bool;
}

#[async_trait]
impl<S: State> Outbox for Storage<S> {
    async fn notes(&self, repository: Option<&str>) -> Result<Vec<Note>, StoreError> {
        self.inner.state.notes(repository).await
    }

    async fn settle(&self, numbers: Vec<i64>) -> Result<(), StoreError> {
        self.inner.state.settle(numbers).await
    }

    fn has_along(&self) -> bool {
        self.inner.state.has_along()
    }
}

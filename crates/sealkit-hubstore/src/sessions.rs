//! Upload sessions of the distribution protocol. They survive a restart: their row says how far they
//! have come, and where their hash stands.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use bytes::Bytes;
use sealkit_oci::Digest;
use sealkit_store::{Repository, Session, SessionError, StoreError, UploadSessions};

use crate::State;
use crate::state::OpenUpload;
use crate::storage::{Inner, Storage};
use crate::upload::{self, Writing};

#[async_trait]
impl<S: State> UploadSessions for Storage<S> {
    async fn start(&self, repository: &str) -> Result<String, SessionError> {
        if self.inner.state.open_uploads().await? >= self.inner.limits.sessions {
            return Err(SessionError::Full);
        }
        let upload = Writing::start(&self.inner, repository, None).await?;
        Ok(upload.id().to_owned())
    }

    async fn offset(&self, repository: &str, id: &str) -> Result<u64, SessionError> {
        let row = find(&self.inner, repository, id).await?;
        let live = self.inner.if_known(id);
        Ok(live.map_or(row.place, |live| live.place.load(Ordering::Acquire)))
    }

    async fn take(&self, repository: &str, id: &str) -> Result<Box<dyn Session>, SessionError> {
        // Only what there is may be remembered.
        let row = find(&self.inner, repository, id).await?;
        let live = self.inner.known(id);
        if !live.take() {
            return Err(SessionError::Busy);
        }
        let row = upload::latest(&self.inner, row, &live).await?.ok_or(SessionError::Unknown)?;
        let writing = Writing::resume(&self.inner, row, live, None).await?;
        Ok(Box::new(Taken { writing, limit: self.inner.limits.bytes }))
    }

    async fn cancel(&self, repository: &str, id: &str) -> Result<(), SessionError> {
        let row = find(&self.inner, repository, id).await?;
        Ok(upload::cancel(&self.inner, &row).await?)
    }
}

async fn find<S: State>(
    inner: &Inner<S>,
    repository: &str,
    id: &str,
) -> Result<OpenUpload, SessionError> {
    inner.state.session(repository, id).await?.ok_or(SessionError::Unknown)
}

struct Taken<S: State> {
    writing: Writing<S>,
    limit: u64,
}

#[async_trait]
impl<S: State> Session for Taken<S> {
    fn offset(&self) -> u64 {
        self.writing.place()
    }

    async fn append(&mut self, bytes: Bytes) -> Result<(), SessionError> {
        self.append_all(vec![bytes]).await
    }

    async fn append_all(&mut self, pieces: Vec<Bytes>) -> Result<(), SessionError> {
        let mut lengths = pieces.iter().map(|bytes| bytes.len() as u64);
        let end = lengths.try_fold(self.offset(), u64::checked_add);
        if end.is_none_or(|end| end > self.limit) {
            return Err(SessionError::TooLarge { limit: self.limit });
        }
        Ok(self.writing.add(pieces).await?)
    }

    async fn rewind(&mut self, offset: u64) -> Result<(), SessionError> {
        Ok(self.writing.rewind(offset).await?)
    }

    async fn store(
        self: Box<Self>,
        _repository: &dyn Repository,
        digest: &Digest,
    ) -> Result<(), SessionError> {
        self.writing.store(digest).await.map_err(|error| match error {
            StoreError::NotFound { what: "upload", .. } => SessionError::Unknown,
            other => other.into(),
        })
    }
}

/// For what asks for its sessions as a trait object.
impl<S: State> Storage<S> {
    /// The upload sessions of this storage.
    pub fn sessions(&self) -> Arc<dyn UploadSessions> {
        Arc::new(self.clone())
    }
}

//! Writing a blob (distribution-spec end-4, end-5, end-6, end-13, end-14).
//!
//! A blob of up to one chunk is opened with POST and sent with PUT. A larger one goes in PATCH
//! chunks, each held until the registry has it; after a failure the registry is asked how far it
//! got. Where a registry takes no chunks, the blob goes in one streamed PUT.

use async_trait::async_trait;
use bytes::Bytes;
use reqwest::Method;
use sealkit_oci::{Algorithm, Descriptor, Digest, Sha256};
use sealkit_store::{BlobStore, StoreError, Upload};

use crate::client::Streamed;
use crate::{Remote, RemoteError};

mod chunks;
mod finish;
mod hosts;
mod resume;
mod session;

use session::SessionFile;
pub(crate) use session::{Session, Sessions};

/// A blob on its way.
#[derive(Debug)]
pub(crate) struct BlobUpload {
    remote: Remote,
    expected: Descriptor,
    /// None once the blob is there, or thrown away.
    session: Option<Session>,
    file: Option<SessionFile>,
    /// The one request that takes all bytes, where there are no chunks.
    streamed: Option<Streamed>,
    is_single: bool,
    buffered: u64,
    chunk: u64,
}

#[async_trait]
impl Upload for BlobUpload {
    /// Bytes that are held here count too: they are kept with the upload when it is dropped.
    fn offset(&self) -> u64 {
        match &self.session {
            Some(session) => session.sent + self.buffered,
            None => self.expected.size,
        }
    }

    async fn append(&mut self, bytes: Bytes) -> Result<(), StoreError> {
        let offset = self.offset();
        let end = offset.saturating_add(bytes.len() as u64);
        if end > self.expected.size {
            return Err(self.wrong_size(end));
        }
        let Some(session) = &mut self.session else { return Ok(()) };
        if bytes.is_empty() {
            return Ok(());
        }
        if let Some(hasher) = &mut session.hasher {
            hasher.update(&bytes);
        }
        if self.is_single {
            return self.stream(bytes).await;
        }
        self.buffered += bytes.len() as u64;
        session.pieces.push(bytes);
        while self.expected.size > self.chunk && self.buffered >= self.chunk && !self.is_single {
            self.send_chunk(self.chunk).await?;
        }
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<(), StoreError> {
        let actual = self.offset();
        if actual != self.expected.size {
            let error = self.wrong_size(actual);
            self.discard().await;
            return Err(error);
        }
        let Some(session) = &mut self.session else { return Ok(()) };
        if let Some(actual) = checkable(&self.expected.digest, session.hasher.take())
            && actual != self.expected.digest
        {
            self.discard().await;
            let (expected, place) = (self.expected.digest.clone(), self.remote.name());
            return Err(StoreError::DigestMismatch { expected, actual, place });
        }
        self.complete().await
    }

    async fn abort(mut self: Box<Self>) -> Result<(), StoreError> {
        self.discard().await;
        Ok(())
    }
}

/// The hash of all bytes, where it is of the algorithm of the digest that is expected. Where it is
/// not, the registry's own check has to do.
fn checkable(expected: &Digest, hasher: Option<Sha256>) -> Option<Digest> {
    hasher.filter(|_| expected.algorithm() == Algorithm::Sha256).map(Sha256::finish)
}

impl BlobUpload {
    pub(crate) async fn start(remote: Remote, expected: Descriptor) -> Result<Self, StoreError> {
        let chunk = remote.client.options().upload.chunk.max(1) as u64;
        let mut upload = Self {
            remote,
            expected,
            session: None,
            file: None,
            streamed: None,
            is_single: false,
            buffered: 0,
            chunk,
        };
        let there = upload.remote.stat(&upload.expected.digest).await?;
        match there {
            Some(size) if size == upload.expected.size => return Ok(upload),
            Some(size) => return Err(upload.wrong_size(size)),
            None => {}
        }
        upload.file = upload.claim().await;
        match upload.earlier().await? {
            Some(session) => upload.adopt(session),
            None => upload.open().await?,
        }
        Ok(upload)
    }

    /// Opens a new upload on the registry.
    async fn open(&mut self) -> Result<(), StoreError> {
        let what = format!("upload blob {}", self.expected.digest);
        let url = self.remote.url("blobs/uploads/")?;
        let reply = self.remote.send(&self.remote.call(Method::POST, url, what)).await?;
        if !reply.status().is_success() {
            return Err(self.remote.refused(reply).await);
        }
        let session = Session::opened(&self.remote, &reply)?;
        self.adopt(session);
        Ok(())
    }

    fn adopt(&mut self, session: Session) {
        let most = self.remote.client.options().upload.max_chunk as u64;
        let refuses = hosts::takes_no_chunks(&session.location) || session.minimum > most;
        self.chunk = self.chunk.max(session.minimum.min(most));
        self.is_single = refuses && self.expected.size > self.chunk;
        self.buffered = session.pieces.iter().map(|piece| piece.len() as u64).sum();
        self.session = Some(session);
    }

    /// Throws away what the registry has of it. A registry that keeps it all the same removes it
    /// in its own time.
    async fn discard(&mut self) {
        self.streamed = None;
        if let Some(session) = self.session.take() {
            let call = self.remote.call(Method::DELETE, session.location, "end an upload").once();
            self.remote.send(&call).await.ok();
        }
        self.forget().await;
    }

    async fn forget(&mut self) {
        if let Some(file) = self.file.take() {
            file.remove().await;
        }
    }

    fn wrong_size(&self, actual: u64) -> StoreError {
        let (digest, expected) = (self.expected.digest.clone(), self.expected.size);
        StoreError::SizeMismatch { digest, expected, actual, place: self.remote.name() }
    }

    /// The registry knows nothing more of this upload: a later write begins again.
    async fn lost(&mut self) -> StoreError {
        let offset = self.offset();
        self.session = None;
        self.forget().await;
        self.remote.failed(RemoteError::UploadLost { offset })
    }
}

impl Drop for BlobUpload {
    fn drop(&mut self) {
        let is_worth_it = |session: &Session| session.sent > 0 || !session.pieces.is_empty();
        if let Some(session) = self.session.take().filter(is_worth_it).filter(|_| !self.is_single) {
            self.remote.client.sessions().keep(&self.remote, &self.expected.digest, session);
        }
    }
}

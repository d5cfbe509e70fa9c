//! Completing an upload.

use std::time::SystemTime;

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use sealkit_store::{BlobStore, StoreError};
use url::Url;

use super::BlobUpload;
use crate::client::{Payload, Reply, asked_wait, is_temporary};

impl BlobUpload {
    /// Sends what is held and makes the blob visible.
    pub(super) async fn complete(&mut self) -> Result<(), StoreError> {
        if self.is_single {
            // A blob without bytes never began the stream; it is never larger than a chunk.
            let Some(streamed) = self.streamed.take() else { return Err(self.lost().await) };
            self.session = None;
            let reply = streamed.answer().await.map_err(|error| self.remote.failed(error))?;
            return self.committed(reply).await;
        }
        if self.expected.size > self.chunk {
            if self.buffered > 0 {
                self.send_chunk(self.buffered).await?;
            }
            if self.is_single {
                return Box::pin(self.complete()).await;
            }
        }
        let body = self.session.as_mut().map(|session| std::mem::take(&mut session.pieces));
        self.commit(body.unwrap_or_default()).await
    }

    /// PUT, tried again on temporary failures. A failure may hide a success, so the blob is looked
    /// for first.
    async fn commit(&mut self, body: Vec<Bytes>) -> Result<(), StoreError> {
        let mut attempt = 0;
        loop {
            let (asked, error) = match self.put(&body).await? {
                Ok(reply) if is_temporary(reply.status()) => {
                    let asked = asked_wait(reply.response.headers(), SystemTime::now());
                    (asked, self.remote.refused(reply).await)
                }
                Ok(reply) => return self.committed(reply).await,
                Err(error) => (None, error),
            };
            if !self.remote.client.pause(attempt, asked).await {
                self.put_back(body);
                return Err(error);
            }
            attempt += 1;
            if self.remote.stat(&self.expected.digest).await? == Some(self.expected.size) {
                self.done().await;
                return Ok(());
            }
            if !body.is_empty() {
                // Part of the body may have arrived: a new upload knows nothing of it.
                self.open().await?;
            }
        }
    }

    /// One PUT; the inner error is a temporary one.
    async fn put(&mut self, body: &[Bytes]) -> Result<Result<Reply, StoreError>, StoreError> {
        let Some(location) = self.session.as_ref().map(|session| session.location.clone()) else {
            return Err(self.lost().await);
        };
        let what = format!("upload blob {}", self.expected.digest);
        let call = self.remote.call(Method::PUT, self.commit_url(location), what);
        let call = call
            .header(CONTENT_TYPE, "application/octet-stream")
            .body(Payload::new(body.to_vec()))
            .timeout(self.remote.client.options().timeouts.commit)
            .once();
        match self.remote.client.send(&self.remote.endpoint, &call).await {
            Ok(reply) => Ok(Ok(reply)),
            Err(error) if error.is_temporary() => Ok(Err(self.remote.failed(error))),
            Err(error) => Err(self.remote.failed(error)),
        }
    }

    async fn committed(&mut self, reply: Reply) -> Result<(), StoreError> {
        let status = reply.status();
        if status.is_success() {
            self.done().await;
            return self.remote.check_stored(&reply, &self.expected.digest);
        }
        let error = match status.as_u16() {
            404 => return Err(self.lost().await),
            _ => self.remote.refused(reply).await,
        };
        // What was refused for good is not worth going on with.
        self.discard().await;
        Err(error)
    }

    async fn done(&mut self) {
        self.session = None;
        self.forget().await;
    }

    fn put_back(&mut self, body: Vec<Bytes>) {
        if let Some(session) = &mut self.session {
            session.pieces = body;
        }
    }

    /// The location with the digest added to its query, which may hold more already.
    pub(super) fn commit_url(&self, mut location: Url) -> Url {
        let digest = self.expected.digest.to_string();
        location.query_pairs_mut().append_pair("digest", &digest);
        location
    }
}

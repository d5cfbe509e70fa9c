//! Sending chunks, and finding out after a failure what arrived of them.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{CONTENT_RANGE, CONTENT_TYPE};
use sealkit_store::StoreError;

use super::BlobUpload;
use super::resume::{held, split_front};
use super::session::next_location;
use crate::RemoteError;
use crate::client::{Payload, Reply, asked_wait, is_temporary};

/// What came of one PATCH.
enum Sent {
    /// The registry has it, or some of it.
    Yes,
    /// The registry takes no chunks.
    NoChunks,
    /// Not known, or not all: worth asking.
    Unclear(Option<Duration>, StoreError),
}

impl BlobUpload {
    /// Sends the next `size` of the bytes that are held.
    pub(super) async fn send_chunk(&mut self, size: u64) -> Result<(), StoreError> {
        let mut attempt = 0;
        let Some(until) = self.session.as_ref().map(|session| session.sent + size) else {
            return Ok(());
        };
        while let Some(sent) = self.session.as_ref().map(|session| session.sent)
            && sent < until
        {
            let (asked, error) = match self.patch(until - sent).await? {
                Sent::Yes => {
                    self.note().await;
                    continue;
                }
                Sent::NoChunks => return self.switch_to_single().await,
                Sent::Unclear(asked, error) => (asked, error),
            };
            if !self.remote.client.pause(attempt, asked).await {
                return Err(error);
            }
            attempt += 1;
            self.settle(until).await?;
        }
        Ok(())
    }

    /// One PATCH with the first `size` bytes that are held. They stay held until it succeeds.
    async fn patch(&mut self, size: u64) -> Result<Sent, StoreError> {
        let Some(session) = &mut self.session else { return Ok(Sent::Yes) };
        let chunk = split_front(&mut session.pieces, size);
        let rest = std::mem::take(&mut session.pieces);
        session.pieces = chunk.iter().cloned().chain(rest).collect();
        let first = session.sent;
        let what = format!("upload blob {}", self.expected.digest);
        let call = self.remote.call(Method::PATCH, session.location.clone(), what);
        let range = format!("{first}-{}", first + size.saturating_sub(1));
        let call = call
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(CONTENT_RANGE, &range)
            .body(Payload::new(chunk))
            .once();
        let reply = match self.remote.client.send(&self.remote.endpoint, &call).await {
            Ok(reply) => reply,
            Err(error) if error.is_temporary() => {
                return Ok(Sent::Unclear(None, self.remote.failed(error)));
            }
            Err(error) => return Err(self.remote.failed(error)),
        };
        self.judge(reply, first, size).await
    }

    async fn judge(&mut self, reply: Reply, first: u64, size: u64) -> Result<Sent, StoreError> {
        let status = reply.status();
        if status.is_success() {
            if let (Some(next), Some(session)) =
                (next_location(&self.remote, &reply)?, &mut self.session)
            {
                session.location = next;
            }
            // A registry may take less than it was sent. Without a range it took all.
            let there = reply.header("range").and_then(|range| held(range, first + size));
            return match there.unwrap_or(first + size).checked_sub(first) {
                Some(taken) if (1..=size).contains(&taken) => {
                    self.taken(taken);
                    Ok(Sent::Yes)
                }
                Some(0) => {
                    let error = self.remote.broken("a chunk that was accepted and not taken");
                    Ok(Sent::Unclear(None, error))
                }
                _ => Err(self.lost().await),
            };
        }
        let asked = asked_wait(reply.response.headers(), SystemTime::now());
        let code = status.as_u16();
        if is_temporary(status) || code == 416 {
            return Ok(Sent::Unclear(asked, self.remote.refused(reply).await));
        }
        match code {
            400 | 404 | 405 | 411 | 413 | 415 | 501 if first == 0 => Ok(Sent::NoChunks),
            404 => Err(self.lost().await),
            _ => Err(self.remote.refused(reply).await),
        }
    }

    /// After a failure: takes out of what is held the bytes that the registry has.
    async fn settle(&mut self, until: u64) -> Result<(), StoreError> {
        let Some(mut session) = self.session.take() else { return Ok(()) };
        let located = self.locate(&mut session).await;
        let sent = session.sent;
        self.session = Some(session);
        match located? {
            Some(there) if there >= sent && there <= until => {
                self.taken(there - sent);
                self.note().await;
                Ok(())
            }
            _ => Err(self.lost().await),
        }
    }

    /// The registry has the first `size` bytes of those that are held.
    fn taken(&mut self, size: u64) {
        let Some(session) = &mut self.session else { return };
        split_front(&mut session.pieces, size);
        session.sent += size;
        self.buffered = self.buffered.saturating_sub(size);
    }

    async fn note(&self) {
        if let (Some(file), Some(session)) = (&self.file, &self.session) {
            file.save(&self.remote, &self.expected.digest, session).await;
        }
    }

    /// The first chunk was refused: opens another upload and streams into one PUT.
    async fn switch_to_single(&mut self) -> Result<(), StoreError> {
        let Some(refused) = self.session.take() else { return Ok(()) };
        self.forget().await;
        self.open().await?;
        self.is_single = true;
        self.buffered = 0;
        if let Some(session) = &mut self.session {
            session.hasher = refused.hasher;
        }
        for piece in refused.pieces {
            self.stream(piece).await?;
        }
        Ok(())
    }

    /// Adds bytes to the one request that takes all. After a failure the blob begins again: the
    /// bytes that were sent are gone.
    pub(super) async fn stream(&mut self, bytes: Bytes) -> Result<(), StoreError> {
        let size = bytes.len() as u64;
        if self.streamed.is_none() {
            self.begin_stream().await?;
        }
        let Some(streamed) = &mut self.streamed else { return Ok(()) };
        let sent = streamed.send(bytes).await;
        if let Ok(true) = sent {
            if let Some(session) = &mut self.session {
                session.sent += size;
            }
            return Ok(());
        }
        sent.map_err(|error| self.remote.failed(error))?;
        let Some(streamed) = self.streamed.take() else { return Ok(()) };
        self.session = None;
        let reply = streamed.answer().await.map_err(|error| self.remote.failed(error))?;
        if reply.status().is_success() {
            let reason = "it accepted an upload before it had all bytes".to_owned();
            return Err(self.remote.failed(RemoteError::Protocol(reason)));
        }
        Err(self.remote.refused(reply).await)
    }

    async fn begin_stream(&mut self) -> Result<(), StoreError> {
        let Some(location) = self.session.as_ref().map(|session| session.location.clone()) else {
            return Ok(());
        };
        let url = self.commit_url(location);
        let what = format!("upload blob {}", self.expected.digest);
        let call = self.remote.call(Method::PUT, url, what);
        let remote = &self.remote;
        let started = remote.client.stream(&remote.endpoint, &call, self.expected.size).await;
        self.streamed = Some(started.map_err(|error| remote.failed(error))?);
        Ok(())
    }
}

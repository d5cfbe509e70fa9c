//! Request bodies in steps that are worth a disk write.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use tokio::time::{Instant, timeout_at};

use crate::RegistryError;

/// Bytes that are handed to the store at once: large enough that the way to a blocking thread
/// costs little (measured: small steps halve the throughput).
pub(crate) const STEP: usize = 512 * 1024;

/// A body, read in steps of [`STEP`] bytes.
pub(crate) struct Steps {
    stream: BodyDataStream,
    pending: BytesMut,
    failed: Option<RegistryError>,
    timeout: Duration,
    ended: bool,
}

impl Steps {
    /// A body of which each step must come within `timeout`.
    pub(crate) fn of(body: Body, timeout: Duration) -> Self {
        let stream = body.into_data_stream();
        Self { stream, pending: BytesMut::new(), failed: None, timeout, ended: false }
    }

    /// The next bytes, none at the end. What came before the body broke is given first, so that an
    /// upload can be resumed from there.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, RegistryError> {
        let deadline = Instant::now() + self.timeout;
        while !self.ended && self.pending.len() < STEP {
            match timeout_at(deadline, self.stream.next()).await {
                Ok(Some(Ok(bytes))) => self.pending.extend_from_slice(&bytes),
                Ok(Some(Err(source))) => self.fail(RegistryError::Body { source }),
                Ok(None) => self.ended = true,
                Err(_) => self.fail(RegistryError::Slow),
            }
        }
        if !self.pending.is_empty() {
            return Ok(Some(self.pending.split().freeze()));
        }
        match self.failed.take() {
            Some(error) => Err(error),
            None => Ok(None),
        }
    }

    fn fail(&mut self, error: RegistryError) {
        self.failed = Some(error);
        self.ended = true;
    }
}

/// The announced length of the body.
pub(crate) fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

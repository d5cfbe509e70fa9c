//! Request bodies in steps that are worth a disk write.

use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;

use crate::RegistryError;

/// Bytes that are handed to the store at once: large enough that the way to a blocking thread
/// costs little (measured: small steps halve the throughput).
pub(crate) const STEP: usize = 512 * 1024;

/// A body, read in steps of [`STEP`] bytes.
pub(crate) struct Steps {
    stream: BodyDataStream,
    pending: BytesMut,
    failed: Option<axum::Error>,
    ended: bool,
}

impl Steps {
    pub(crate) fn of(body: Body) -> Self {
        let stream = body.into_data_stream();
        Self { stream, pending: BytesMut::new(), failed: None, ended: false }
    }

    /// The next bytes, none at the end. What came before the body broke is given first, so that an
    /// upload can be resumed from there.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, RegistryError> {
        while !self.ended && self.pending.len() < STEP {
            match self.stream.next().await {
                Some(Ok(bytes)) => self.pending.extend_from_slice(&bytes),
                Some(Err(error)) => {
                    self.failed = Some(error);
                    self.ended = true;
                }
                None => self.ended = true,
            }
        }
        if !self.pending.is_empty() {
            return Ok(Some(self.pending.split().freeze()));
        }
        match self.failed.take() {
            Some(source) => Err(RegistryError::Body { source }),
            None => Ok(None),
        }
    }
}

/// The announced length of the body.
pub(crate) fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

//! Request bodies in steps that are worth a disk write.

use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody as _};
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use tokio::time::{Instant, timeout_at};

use crate::RegistryError;

/// Bytes that are handed to the store at once: large enough that the way to a blocking thread
/// costs little (measured: small steps halve the throughput).
pub(crate) const STEP: usize = 512 * 1024;
/// Room that a step is put together in: what comes at once may go over [`STEP`]. It is used again for the
/// next step, so that nothing is copied to make more room and no new page is touched.
const ROOM: usize = 2 * STEP;

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
                Ok(Some(Ok(bytes))) => {
                    self.ended = self.stream.is_end_stream();
                    if self.ended && self.pending.is_empty() {
                        // A small body came at once: as it is.
                        return Ok(Some(bytes).filter(|bytes| !bytes.is_empty()));
                    }
                    self.add(&bytes);
                }
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

    fn add(&mut self, bytes: &[u8]) {
        if self.pending.is_empty() {
            let left = self.stream.size_hint().upper().and_then(|left| usize::try_from(left).ok());
            let room = left.map_or(ROOM, |left| left.saturating_add(bytes.len()).min(ROOM));
            // Whoever had the step before this one is done with it: its room is taken again.
            self.pending.reserve(room);
        }
        self.pending.extend_from_slice(bytes);
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

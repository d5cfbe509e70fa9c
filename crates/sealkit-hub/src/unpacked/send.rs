//! A file of a compressed layer on its way to a client: no thread waits while the client is slow.

use std::io::{self, Read as _};
use std::ops::Range;

use axum::body::{Body, Bytes};
use futures_util::stream::try_unfold;
use sealkit_oci::Compression;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::spawn_blocking;

use super::Stream;
use crate::ranges::{BlobRanges, Bound};

/// Files that are sent out of compressed layers at the same time: each keeps what its stream needs to go on.
static SENDING: Semaphore = Semaphore::const_new(16);
/// Bytes that are sent at once.
const PIECE: usize = 256 << 10;

/// What is left to send.
pub(crate) struct Sent {
    stream: Stream,
    left: u64,
    _turn: SemaphorePermit<'static>,
}

impl Sent {
    /// Unpacks the layer up to `place`, on a thread that may block.
    pub(crate) fn begin(
        blob: BlobRanges,
        compression: Compression,
        place: Range<u64>,
    ) -> io::Result<Self> {
        let busy = "as many files of compressed layers are sent as this hub sends at once";
        let turn = SENDING.try_acquire().map_err(|_| Bound::met(busy))?;
        let mut stream = Stream::open(blob, compression)?;
        stream.skip_to(place.start)?;
        let left = place.end.saturating_sub(place.start);
        Ok(Self { stream: stream.patient(), left, _turn: turn })
    }

    /// The bytes, as they are unpacked.
    pub(crate) fn body(self) -> Body {
        Body::from_stream(try_unfold(self, |sent| async {
            if sent.left == 0 {
                return Ok(None);
            }
            spawn_blocking(move || sent.next().map(Some)).await.map_err(io::Error::other)?
        }))
    }

    fn next(mut self) -> io::Result<(Bytes, Self)> {
        let room = usize::try_from(self.left).map_or(PIECE, |left| left.min(PIECE));
        let mut piece = vec![0; room];
        let mut filled = 0;
        while let Some(rest) = piece.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.stream.read(rest)? {
                0 => return Err(self.stream.ends_early()),
                count => filled += count,
            }
        }
        self.left = self.left.saturating_sub(filled as u64);
        Ok((piece.into(), self))
    }
}

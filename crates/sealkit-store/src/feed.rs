//! Bytes on their way into the store.

use bytes::{Buf as _, Bytes};
use sealkit_oci::{Algorithm, Descriptor, Digest, Sha256};

use crate::{Repository, StoreError, Upload};

/// Media type of blobs of which nothing is told.
pub const BLOB_TYPE: &str = "application/octet-stream";

/// One blob that is sent into the store from its first byte, whatever the store has of it already.
pub struct Feed {
    place: String,
    upload: Box<dyn Upload>,
    digest: Digest,
    size: u64,
    sent: u64,
    /// How many of the next bytes the store has from an earlier upload.
    known: u64,
    /// The store does not look at bytes that it has, so that a client with wrong ones would be
    /// told that all is well.
    hasher: Option<Sha256>,
}

impl Feed {
    /// Begins to send the blob of this digest and size in bytes.
    pub async fn open(
        repository: &dyn Repository,
        digest: &Digest,
        size: u64,
    ) -> Result<Self, StoreError> {
        let expected = Descriptor::new(BLOB_TYPE, digest.clone(), size);
        let upload = repository.write(&expected).await?;
        let known = upload.offset();
        let check = known > 0 && digest.algorithm() == Algorithm::Sha256;
        let hasher = check.then(Sha256::default);
        let place = repository.place();
        Ok(Self { place, upload, digest: digest.clone(), size, sent: 0, known, hasher })
    }

    /// Sends bytes; more than were announced are [`StoreError::SizeMismatch`].
    pub async fn append(&mut self, bytes: Bytes) -> Result<(), StoreError> {
        self.append_all(vec![bytes]).await
    }

    /// Sends pieces in their order, as [`Feed::append`] does one.
    pub async fn append_all(&mut self, mut pieces: Vec<Bytes>) -> Result<(), StoreError> {
        for bytes in &mut pieces {
            let length = bytes.len() as u64;
            self.sent = self.sent.saturating_add(length);
            if self.sent > self.size {
                return Err(self.wrong_size());
            }
            if let Some(hasher) = &mut self.hasher {
                hasher.update(bytes);
            }
            let known = self.known.min(length);
            self.known -= known;
            bytes.advance(known as usize);
        }
        pieces.retain(|bytes| !bytes.is_empty());
        if pieces.is_empty() { Ok(()) } else { self.upload.append_all(pieces).await }
    }

    /// Makes the blob visible. Wrong or too few bytes are thrown away and reported.
    pub async fn finish(self) -> Result<(), StoreError> {
        if self.sent < self.size {
            let error = self.wrong_size();
            self.abort().await;
            return Err(error);
        }
        if let Some(actual) = self.hasher.map(Sha256::finish)
            && actual != self.digest
        {
            // A half that was there may be as wrong as what came: neither is kept.
            let _ = self.upload.abort().await;
            let (expected, place) = (self.digest, self.place);
            return Err(StoreError::DigestMismatch { expected, actual, place });
        }
        self.upload.finish().await
    }

    fn wrong_size(&self) -> StoreError {
        StoreError::SizeMismatch {
            digest: self.digest.clone(),
            expected: self.size,
            actual: self.sent,
            place: self.place.clone(),
        }
    }

    /// Throws the bytes away: a stranger's half must not be what the next writer goes on with. A
    /// failure to do so changes nothing, because what is wrong is found when it is finished.
    pub async fn abort(self) {
        let _ = self.upload.abort().await;
    }
}

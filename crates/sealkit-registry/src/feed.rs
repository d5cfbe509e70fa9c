//! Bytes on their way into the store.

use bytes::Bytes;
use sealkit_oci::{Algorithm, Descriptor, Digest, Sha256};
use sealkit_store::{Repository, Upload};

use crate::RegistryError;
use crate::body::BLOB_TYPE;

/// One blob that is sent into the store from its first byte, whatever the store has of it already.
pub(crate) struct Feed {
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
    pub(crate) async fn open(
        repository: &dyn Repository,
        digest: &Digest,
        size: u64,
    ) -> Result<Self, RegistryError> {
        let expected = Descriptor::new(BLOB_TYPE, digest.clone(), size);
        let upload = repository.write(&expected).await?;
        let known = upload.offset();
        let check = known > 0 && digest.algorithm() == Algorithm::Sha256;
        let hasher = check.then(Sha256::default);
        Ok(Self { upload, digest: digest.clone(), size, sent: 0, known, hasher })
    }

    pub(crate) async fn append(&mut self, bytes: Bytes) -> Result<(), RegistryError> {
        let length = bytes.len() as u64;
        self.sent = self.sent.saturating_add(length);
        if self.sent > self.size {
            return Err(RegistryError::SizeInvalid { expected: self.size, actual: self.sent });
        }
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&bytes);
        }
        let known = self.known.min(length);
        self.known -= known;
        if known < length {
            self.upload.append(bytes.slice(known as usize..)).await?;
        }
        Ok(())
    }

    pub(crate) async fn finish(self) -> Result<(), RegistryError> {
        if self.sent < self.size {
            let error = RegistryError::SizeInvalid { expected: self.size, actual: self.sent };
            self.abort().await;
            return Err(error);
        }
        if self.hasher.is_some_and(|hasher| hasher.finish() != self.digest) {
            // A half that was there may be as wrong as what came: neither is kept.
            let _ = self.upload.abort().await;
            return Err(RegistryError::DigestInvalid { expected: self.digest });
        }
        Ok(self.upload.finish().await?)
    }

    /// Throws the bytes away: a stranger's half must not be what the next writer goes on with. A
    /// failure to do so changes nothing, because what is wrong is found when it is finished.
    pub(crate) async fn abort(self) {
        let _ = self.upload.abort().await;
    }
}

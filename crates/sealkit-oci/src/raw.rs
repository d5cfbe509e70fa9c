//! Received documents keep their bytes (invariant 3: never re-serialised).

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Descriptor, Digest, go_json};

/// Largest manifest or index that is read: what registries must accept (distribution-spec,
/// Pushing Manifests).
pub const MAX_MANIFEST_BYTES: usize = 4 * 1024 * 1024;

/// Why bytes did not become a [`Raw`] value.
#[derive(Debug, thiserror::Error)]
pub enum RawError {
    /// The document is larger than [`MAX_MANIFEST_BYTES`].
    #[error("document of {size} bytes is larger than the limit of {MAX_MANIFEST_BYTES}")]
    TooLarge {
        /// Its size in bytes.
        size: usize,
    },
    /// The bytes are not the JSON document that was expected.
    #[error("not a valid document: {0}")]
    Json(#[from] serde_json::Error),
    /// The bytes do not hash to the digest by which they were asked for.
    #[error("content does not match its digest: expected {expected}, got {actual}")]
    DigestMismatch {
        /// The digest that was asked for.
        expected: Digest,
        /// The digest of the bytes that came.
        actual: Digest,
    },
}

/// A parsed document together with the exact bytes it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw<T> {
    bytes: Vec<u8>,
    value: T,
    descriptor: Descriptor,
}

impl<T: DeserializeOwned> Raw<T> {
    /// Parses received bytes and keeps them.
    pub fn parse(media_type: &str, bytes: Vec<u8>) -> Result<Self, RawError> {
        if bytes.len() > MAX_MANIFEST_BYTES {
            return Err(RawError::TooLarge { size: bytes.len() });
        }
        let value = serde_json::from_slice(&bytes)?;
        Ok(Self { descriptor: Descriptor::of(media_type, &bytes), bytes, value })
    }

    /// Parses received bytes after checking that they hash to `expected`.
    pub fn parse_expected(
        media_type: &str,
        bytes: Vec<u8>,
        expected: &Digest,
    ) -> Result<Self, RawError> {
        if !expected.matches(&bytes) {
            let actual = Digest::of(&bytes);
            return Err(RawError::DigestMismatch { expected: expected.clone(), actual });
        }
        let mut raw = Self::parse(media_type, bytes)?;
        raw.descriptor.digest = expected.clone();
        Ok(raw)
    }
}

impl<T: Serialize> Raw<T> {
    /// Serialises a value of our own making, once, with Go's JSON escaping.
    pub fn build(media_type: &str, value: T) -> Result<Self, RawError> {
        let bytes = go_json::to_vec(&value)?;
        Ok(Self { descriptor: Descriptor::of(media_type, &bytes), bytes, value })
    }
}

impl<T> Raw<T> {
    /// The exact bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The exact bytes, taken out.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The parsed value.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Media type, digest and size of the bytes.
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// Digest of the bytes.
    pub fn digest(&self) -> &Digest {
        &self.descriptor.digest
    }
}

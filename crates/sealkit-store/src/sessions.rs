//! Upload sessions: where the bytes of a blob wait while its digest is not known yet.
//!
//! A store wants to know digest and size before it takes a blob, a client of the distribution protocol
//! tells them last. This trait is the room in between; it is separate from the other traits, so that
//! a server can keep sessions wherever its replicas can reach them.

use async_trait::async_trait;
use bytes::Bytes;
use sealkit_oci::Digest;

use crate::{Repository, StoreError};

/// Why a session could not be used.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// There is no such session in this repository, or it has expired.
    #[error("upload session is not known")]
    Unknown,
    /// Another request is writing to the session.
    #[error("upload session is in use by another request")]
    Busy,
    /// There are too many sessions.
    #[error("too many uploads are open")]
    Full,
    /// The upload is larger than what is accepted.
    #[error("upload is larger than the limit of {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// No random bytes could be had for an id.
    #[error("no random bytes could be had")]
    Random,
    /// The bytes could not be kept.
    #[error("upload could not be kept")]
    Io {
        /// The cause.
        #[from]
        source: std::io::Error,
    },
    /// The store refused the bytes, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A random id of a session in the form of a UUID, version 4: it can not be guessed.
pub fn new_session_id() -> Result<String, SessionError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|_| SessionError::Random)?;
    let number = u128::from_be_bytes(bytes);
    let number = (number & !(0xF << 76)) | (0x4 << 76);
    let number = (number & !(0x3 << 62)) | (0x2 << 62);
    let hex = format!("{number:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    Ok([part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-"))
}

/// All open sessions of a registry.
#[async_trait]
pub trait UploadSessions: Send + Sync {
    /// Opens a session in `repository` and returns its id: one path segment that can not be
    /// guessed.
    async fn start(&self, repository: &str) -> Result<String, SessionError>;

    /// How many bytes the session has, even while a request writes to it.
    async fn offset(&self, repository: &str, id: &str) -> Result<u64, SessionError>;

    /// Takes the session for one request. Dropping what is returned gives it back.
    async fn take(&self, repository: &str, id: &str) -> Result<Box<dyn Session>, SessionError>;

    /// Ends the session and throws its bytes away.
    async fn cancel(&self, repository: &str, id: &str) -> Result<(), SessionError>;
}

/// A session in the hands of one request.
#[async_trait]
pub trait Session: Send {
    /// How many bytes the session has.
    fn offset(&self) -> u64;

    /// Adds bytes.
    async fn append(&mut self, bytes: Bytes) -> Result<(), SessionError>;

    /// Adds pieces in their order. Where that fails some of them may be there.
    async fn append_all(&mut self, pieces: Vec<Bytes>) -> Result<(), SessionError> {
        for bytes in pieces {
            self.append(bytes).await?;
        }
        Ok(())
    }

    /// Forgets all bytes from `offset` on; a larger offset than the present one changes nothing.
    async fn rewind(&mut self, offset: u64) -> Result<(), SessionError>;

    /// Moves the bytes into `repository`, which checks that they hash to `digest`.
    async fn store(
        self: Box<Self>,
        repository: &dyn Repository,
        digest: &Digest,
    ) -> Result<(), SessionError>;
}

#[cfg(test)]
mod tests {
    use super::new_session_id;

    #[test]
    fn ids_are_uuids_and_differ() {
        let (a, b) = (new_session_id().unwrap(), new_session_id().unwrap());
        assert_ne!(a, b);
        assert_eq!(a.len(), 36);
        assert_eq!(a.as_bytes()[14], b'4');
        assert!(matches!(a.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
    }
}

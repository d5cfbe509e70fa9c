//! Small documents of a kit, read whole and hashed; what is wrong with one is an answer.

use futures_util::TryStreamExt as _;
use sealkit_oci::{Descriptor, Digest};
use sealkit_report::{Code, Hint as _};
use sealkit_store::{Repository, StoreError};

use crate::OpsError;

/// What came of reading a document.
pub(crate) enum Document {
    /// Its bytes are those that its digest names.
    Good(Vec<u8>),
    /// Its bytes are others.
    Damaged(Cause),
    /// It is not there, or larger than is read.
    Missing(Cause),
}

/// Why a document is not good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cause {
    /// Its stable name.
    pub(crate) code: Code,
    /// For people.
    pub(crate) reason: String,
}

impl Cause {
    /// A cause of a kind that has no error of its own.
    fn new(code: Code, reason: String) -> Self {
        Self { code, reason }
    }
}

impl Document {
    /// The bytes, where they are good.
    pub(crate) fn good(&self) -> Option<&[u8]> {
        match self {
            Self::Good(bytes) => Some(bytes),
            _ => None,
        }
    }
}

/// Reads the blob that `blob` describes. An error is one of the place, not of the document.
pub(crate) async fn document(
    repository: &dyn Repository,
    blob: &Descriptor,
    limit: u64,
) -> Result<Document, OpsError> {
    if blob.size > limit {
        let (size, digest) = (blob.size, &blob.digest);
        let reason = format!("{digest} has {size} bytes: at most {limit} are read");
        return Ok(Document::Missing(Cause::new("limit-exceeded", reason)));
    }
    match repository.stat(&blob.digest).await {
        Ok(Some(size)) if size == blob.size => {}
        Ok(Some(size)) => {
            let expected = blob.size;
            let reason = format!("{} has {size} bytes, not {expected}", blob.digest);
            return Ok(Document::Damaged(Cause::new("size-mismatch", reason)));
        }
        Ok(None) => {
            let reason = format!("{} is not there", blob.digest);
            return Ok(Document::Missing(Cause::new("not-found", reason)));
        }
        Err(error) => return judge(error),
    }
    match bytes(repository, blob).await {
        Ok(bytes) if blob.digest.matches(&bytes) => Ok(Document::Good(bytes)),
        Ok(bytes) => {
            let actual = Digest::of(&bytes);
            let reason = format!("its bytes hash to {actual}, not {}", blob.digest);
            Ok(Document::Damaged(Cause::new("digest-mismatch", reason)))
        }
        Err(error) => judge(error),
    }
}

async fn bytes(repository: &dyn Repository, blob: &Descriptor) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::new();
    let mut stream = repository.read(&blob.digest, 0..blob.size).await?;
    while let Some(chunk) = stream.try_next().await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() as u64 > blob.size {
            break;
        }
    }
    Ok(bytes)
}

fn judge(error: StoreError) -> Result<Document, OpsError> {
    let cause = Cause::new(error.code(), error.to_string());
    match error {
        StoreError::NotFound { .. } => Ok(Document::Missing(cause)),
        error if is_damage(&error) => Ok(Document::Damaged(cause)),
        error => Err(error.into()),
    }
}

/// Whether the error says that bytes are not what they should be.
pub(super) fn is_damage(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::DigestMismatch { .. }
            | StoreError::SizeMismatch { .. }
            | StoreError::Document { .. }
            | StoreError::Remote { code: "media-type-mismatch", .. }
    )
}

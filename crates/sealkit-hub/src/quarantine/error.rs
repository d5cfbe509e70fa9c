//! Why a quarantine could not be placed, lifted or looked up.

use sealkit_oci::Target;
use sealkit_report::{Code, Hint};
use sealkit_store::StoreError;

use super::MAX_REASON;
use crate::log::LogError;

/// Why a quarantine could not be placed, lifted or looked up.
#[derive(Debug, thiserror::Error)]
pub enum QuarantineError {
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The transparency log failed. The act holds, and is logged later.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A reason is missing, too long, or not one line of text.
    #[error("a quarantine needs a reason: one line of at most {MAX_REASON} characters")]
    Reason,
    /// There is no such manifest.
    #[error("repository `{name}` has no manifest `{target}`")]
    Unknown {
        /// The repository.
        name: String,
        /// Tag or digest.
        target: Target,
    },
}

impl Hint for QuarantineError {
    fn code(&self) -> Code {
        match self {
            Self::Store(source) => source.code(),
            Self::Log(source) => source.code(),
            Self::Reason => "reason-malformed",
            Self::Unknown { .. } => "not-found",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Store(source) => source.hint(),
            Self::Log(source) => source.hint(),
            Self::Reason => Some("pass `--reason 'what is wrong with it'`".to_owned()),
            Self::Unknown { .. } => None,
        }
    }
}

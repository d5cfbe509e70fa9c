//! Why a store could not do what was asked.

use std::path::PathBuf;

use sealkit_oci::{Digest, DigestError, RawError, ReferenceError};
use sealkit_report::{Code, Hint};

/// What the store of the person's own is called in messages.
pub(crate) const LOCAL_STORE: &str = "local store";

/// Why a store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such blob, manifest or tag.
    #[error("{what} `{name}` was not found in {place}")]
    NotFound {
        /// `blob`, `manifest`, `tag` or `repository`.
        what: &'static str,
        /// Its digest or name.
        name: String,
        /// The store or registry that was asked.
        place: String,
    },
    /// Bytes do not hash to the digest by which they are known.
    #[error("{place} holds wrong bytes: expected {expected}, got {actual}")]
    DigestMismatch {
        /// The digest that was asked for.
        expected: Digest,
        /// The digest of the bytes that came.
        actual: Digest,
        /// The store or registry that gave them.
        place: String,
    },
    /// Content is shorter or longer than its descriptor says.
    #[error("{place} gave {actual} bytes for {digest}: its descriptor says {expected}")]
    SizeMismatch {
        /// The content.
        digest: Digest,
        /// Size in its descriptor, in bytes.
        expected: u64,
        /// Size that came, in bytes.
        actual: u64,
        /// The store or registry that gave it.
        place: String,
    },
    /// A manifest names content that is not there.
    #[error("the manifest names {digest}, which is not in {place}")]
    Dangling {
        /// The content that it names.
        digest: Digest,
        /// The store or registry.
        place: String,
    },
    /// The database of the store failed.
    #[error("could not {action} the database `{}`", path.display())]
    Database {
        /// What was tried: `open`, `read` or `write`.
        action: &'static str,
        /// The database's file.
        path: PathBuf,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A tag was moved by somebody else meanwhile.
    #[error("tag `{tag}` was moved by another process meanwhile")]
    Conflict {
        /// The tag.
        tag: String,
    },
    /// A file of the store could not be read or written.
    #[error("could not {action} `{}`", path.display())]
    Io {
        /// What was tried: `read`, `write`, `create`, `rename`, `lock`, `sync`, `remove`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The store itself is damaged or of a version that is not known.
    #[error("`{}` is not a store that can be read: {reason}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The store can not do this.
    #[error("{place} does not support {what}")]
    Unsupported {
        /// What was asked.
        what: &'static str,
        /// The store or registry.
        place: String,
    },
    /// A document is malformed.
    #[error("document `{name}` of {place} is malformed")]
    Document {
        /// Its digest or tag.
        name: String,
        /// The store or registry that gave it.
        place: String,
        /// The cause.
        source: RawError,
    },
    /// A digest is malformed.
    #[error(transparent)]
    Digest(#[from] DigestError),
    /// A reference is malformed.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// A limit was reached while following a listing or a graph.
    #[error("{place} returned more than {limit} {what}")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// The store or registry.
        place: String,
    },
    /// A registry could not be reached or refused; the text comes from the client.
    #[error("{place}: {message}")]
    Remote {
        /// The registry.
        place: String,
        /// Stable name of the cause.
        code: Code,
        /// What happened.
        message: String,
        /// What to do next.
        hint: Option<String>,
        /// The cause.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

impl StoreError {
    /// An I/O error with the file it happened on.
    pub fn io(action: &'static str, path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::Io { action, path: path.into(), source }
    }
}

impl Hint for StoreError {
    fn code(&self) -> Code {
        match self {
            Self::NotFound { .. } => "not-found",
            Self::DigestMismatch { .. } => "digest-mismatch",
            Self::SizeMismatch { .. } => "size-mismatch",
            Self::Dangling { .. } => "content-missing",
            Self::Database { .. } => "database",
            Self::Conflict { .. } => "conflict",
            Self::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => {
                "disk-full"
            }
            Self::Io { .. } => "io",
            Self::Corrupt { .. } => "store-corrupt",
            Self::Unsupported { .. } => "unsupported",
            Self::Document { .. } => "document-malformed",
            Self::Digest(_) => "digest-malformed",
            Self::Reference(_) => "reference-malformed",
            Self::Limit { .. } => "limit-exceeded",
            Self::Remote { code, .. } => code,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::DigestMismatch { place, .. } if place != LOCAL_STORE => Some(
                "run the command again; if it stays, do not trust that place or the way to it"
                    .to_owned(),
            ),
            Self::DigestMismatch { .. } | Self::Corrupt { .. } => {
                Some("run `sealkit fsck` to list what is damaged".to_owned())
            }
            Self::Conflict { .. } => Some("run the command again".to_owned()),
            Self::Remote { hint, .. } => hint.clone(),
            _ => None,
        }
    }
}

//! Where a log is kept.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use sealkit_attest::AttestError;
use sealkit_report::{Code, Hint};

/// Why the log could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// A file of the log could not be read or written.
    #[error("could not {action} `{}`", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The log is not what it said of itself before, or can not be read.
    #[error("the transparency log is damaged: {0}")]
    Damaged(String),
    /// Another process writes the log.
    #[error("the transparency log is in use by another process")]
    InUse,
    /// The log was begun under another name.
    #[error("the transparency log is `{found}`, not `{asked}`")]
    OtherOrigin {
        /// Name that was asked for.
        asked: String,
        /// Name that it has.
        found: String,
    },
    /// The name can not be a log's.
    #[error("`{0}` is no host name for a transparency log")]
    OriginInvalid(String),
    /// A proof, a key or an entry has no good form.
    #[error("the transparency log can not say that")]
    Form(#[from] AttestError),
    /// What was to be written together was not, or not all of it.
    #[error("the entry was not written to the transparency log")]
    Batch(#[source] Arc<LogError>),
    /// The log has stopped: what it was asked to take may or may not be in it.
    #[error("the transparency log has stopped")]
    Stopped,
}

impl Hint for LogError {
    fn code(&self) -> Code {
        match self {
            Self::Io { .. } => "io",
            Self::Damaged(_) => "log-damaged",
            Self::InUse => "log-in-use",
            Self::OtherOrigin { .. } => "log-other-origin",
            Self::OriginInvalid(_) => "log-origin-invalid",
            Self::Form(source) => source.code(),
            Self::Batch(source) => source.code(),
            Self::Stopped => "stopped",
        }
    }

    fn hint(&self) -> Option<String> {
        let text = match self {
            Self::InUse => "stop the other hub on the same data, or give this one other `--data`",
            Self::OtherOrigin { .. } => {
                "leave `--log-origin` out; a log keeps its name, and another one needs other `--data`"
            }
            Self::OriginInvalid(_) => {
                "name it as the hub is reached, without scheme, port and path, e.g. `hub.example.com`"
            }
            Self::Form(source) => return source.hint(),
            Self::Batch(source) => return source.hint(),
            _ => return None,
        };
        Some(text.to_owned())
    }
}

/// The entries of a log, and what is made of them, under names. All of it is synchronous, for
/// threads that may block.
///
/// What holds: entries that [`append`](Self::append) took are there after a crash, in their order,
/// under the same numbers, and are never changed; an object is there whole or as it was before.
pub trait LogStore: Send + Sync {
    /// Number of entries.
    fn len(&self) -> Result<u64, LogError>;

    /// Whether there are none.
    fn is_empty(&self) -> Result<bool, LogError> {
        Ok(self.len()? == 0)
    }

    /// The entries with these numbers, which have to be there.
    fn entries(&self, range: Range<u64>) -> Result<Vec<Vec<u8>>, LogError>;

    /// Adds entries. Of those that an error left out, the first may be there and the rest not.
    fn append(&self, entries: &[Vec<u8>]) -> Result<(), LogError>;

    /// What is kept under `name`: a tile's path or `checkpoint`.
    fn object(&self, name: &str) -> Result<Option<Vec<u8>>, LogError>;

    /// Keeps `bytes` under `name`, in place of what was there.
    fn put_object(&self, name: &str, bytes: &[u8]) -> Result<(), LogError>;
}

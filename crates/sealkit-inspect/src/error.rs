//! What can go wrong while bytes become facts.

use sealkit_report::{Code, Exceeded, Hint};

/// Bytes could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The range lies outside of the file.
    #[error("{len} bytes at offset {offset} lie outside of the {size} bytes there are")]
    OutOfRange {
        /// First byte asked for.
        offset: u64,
        /// Number of bytes asked for.
        len: u64,
        /// Size of the whole.
        size: u64,
    },
    /// What lies below failed: a file, a blob store, a registry.
    #[error("cannot read {len} bytes at offset {offset}")]
    Source {
        /// First byte asked for.
        offset: u64,
        /// Number of bytes asked for.
        len: u64,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// A file could not be inspected.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// The bytes could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The file asks for more than may be spent on it.
    #[error(transparent)]
    Budget(#[from] Exceeded),
    /// The bytes are not what the format demands.
    #[error("not valid {format}: {what} at byte {offset}")]
    Malformed {
        /// Name of the format.
        format: &'static str,
        /// What is wrong.
        what: &'static str,
        /// Where, in bytes from the start of the file.
        offset: u64,
    },
    /// The text inside is not valid JSON.
    #[error("not valid JSON: {0}")]
    Json(#[source] serde_json::Error),
    /// The text inside is not valid YAML.
    #[error("not valid YAML: {reason} in line {line}")]
    Yaml {
        /// What the parser says.
        reason: String,
        /// Line, from 1, inside the YAML text.
        line: u64,
    },
    /// The text inside is not valid TOML.
    #[error("not valid TOML: {reason} in line {line}")]
    Toml {
        /// What the parser says.
        reason: String,
        /// Line, from 1.
        line: u64,
    },
}

impl InspectError {
    /// An error about the bytes at `offset`.
    pub fn malformed(format: &'static str, what: &'static str, offset: u64) -> Self {
        Self::Malformed { format, what, offset }
    }
}

impl Hint for InspectError {
    fn code(&self) -> Code {
        match self {
            Self::Read(_) => "unreadable-bytes",
            Self::Budget(_) => "inspect-budget",
            Self::Malformed { .. } => "malformed-file",
            Self::Json(_) => "malformed-json",
            Self::Yaml { .. } => "malformed-yaml",
            Self::Toml { .. } => "malformed-toml",
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Read(_) => "check the source with `sealkit fsck`, then run the command again",
            Self::Budget(_) => "raise the limit only for a file that you trust",
            Self::Malformed { .. } | Self::Json(_) | Self::Yaml { .. } | Self::Toml { .. } => {
                "export the file again with the tool that made it, or leave it out of the kit"
            }
        };
        Some(hint.to_owned())
    }
}

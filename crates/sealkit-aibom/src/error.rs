//! What can go wrong with an AIBOM.

use std::io;

use sealkit_report::{Code, Hint};

/// An AIBOM could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum BomError {
    /// The document is larger than the limit.
    #[error("AIBOM of {size} bytes is larger than the limit of {limit}")]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The document lists more than the limit.
    #[error("AIBOM lists more than {limit} {what}")]
    TooMany {
        /// What is too many: `components`, `dependencies`.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// The bytes are not the JSON that was expected.
    #[error("not a valid CycloneDX or SPDX document: {0}")]
    Json(serde_json::Error),
    /// The bytes of a document could not be written.
    #[error("could not write the AIBOM")]
    Output(#[source] io::Error),
    /// The document is not shaped as its format demands.
    #[error("not a valid AIBOM document: {reason}")]
    Shape {
        /// What is wrong.
        reason: String,
    },
    /// The document is of another format.
    #[error("document format `{found}` is neither CycloneDX nor SPDX")]
    Format {
        /// What it says it is.
        found: String,
    },
    /// The version of the format is not one that is read.
    #[error("CycloneDX version `{found}` is not read: expected `1.4`, `1.5`, `1.6` or `1.7`")]
    Version {
        /// The version.
        found: String,
    },
    /// The document does not say what it describes.
    #[error("AIBOM has no `metadata.component`: it does not say what it describes")]
    NoSubject,
    /// Two components have the same name.
    #[error("AIBOM has two components with the reference `{reference}`")]
    Duplicate {
        /// The reference.
        reference: String,
    },
    /// A component or a run has no name inside the AIBOM.
    #[error("AIBOM has a component or a run without a reference")]
    Nameless,
    /// A tie leads to nothing.
    #[error("AIBOM refers to `{reference}`, which it does not list")]
    Dangling {
        /// The reference.
        reference: String,
    },
    /// A digest is not what its algorithm demands.
    #[error("component `{reference}` has a malformed digest")]
    Digest {
        /// The component.
        reference: String,
    },
    /// The time is not in the form that documents demand.
    #[error("time `{found}` is not RFC 3339, such as `2026-01-31T12:00:00Z`")]
    Timestamp {
        /// The text.
        found: String,
    },
}

impl From<serde_json::Error> for BomError {
    /// What failed while a document was written may be the place that it goes to.
    fn from(error: serde_json::Error) -> Self {
        if error.is_io() { Self::Output(error.into()) } else { Self::Json(error) }
    }
}

impl Hint for BomError {
    fn code(&self) -> Code {
        match self {
            Self::TooLarge { .. } | Self::TooMany { .. } => "aibom-too-large",
            Self::Json(_) | Self::Shape { .. } => "aibom-malformed",
            Self::Format { .. } | Self::Version { .. } => "aibom-unknown-format",
            Self::NoSubject => "aibom-no-subject",
            Self::Duplicate { .. } | Self::Dangling { .. } | Self::Nameless => "aibom-reference",
            Self::Digest { .. } => "aibom-digest",
            Self::Timestamp { .. } => "aibom-timestamp",
            Self::Output(_) => "io",
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Output(_) => return None,
            Self::Timestamp { .. } => "set `SOURCE_DATE_EPOCH` to seconds since 1970",
            Self::Json(_) | Self::Shape { .. } | Self::Format { .. } | Self::Version { .. } => {
                "give CycloneDX 1.4 to 1.7, SPDX 2.3 or SPDX 3.0.1 as JSON, or make one with `sealkit bom`"
            }
            _ => "make a new one with `sealkit bom`",
        };
        Some(hint.to_owned())
    }
}

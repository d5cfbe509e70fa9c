//! What can be wrong with an overlay.

use sealkit_report::{Code, Hint};

/// An overlay could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OverlayError {
    /// It is larger than the limit.
    #[error("overlay is larger than the limit of {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// It is no YAML that is read.
    #[error("overlay is not valid YAML at line {line}: {reason}")]
    Syntax {
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// Values are not what the schema demands; all of them are named.
    #[error("{}", lines(.0))]
    Problems(Vec<OverlayProblem>),
}

/// One value that is not what the schema demands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OverlayProblem {
    /// A key that the schema does not know.
    #[error("line {line}: unknown key `{key}` in {section}{}", nearest.map(|key| format!("; did you mean `{key}`?")).unwrap_or_default())]
    UnknownKey {
        /// The line, from 1.
        line: u64,
        /// The key.
        key: String,
        /// Where it stands: `model`, `the overlay`.
        section: String,
        /// The nearest key that would be valid.
        nearest: Option<&'static str>,
    },
    /// A value of another type.
    #[error("line {line}: `{key}` must be {expected}, not {found}")]
    Type {
        /// The line, from 1.
        line: u64,
        /// The key.
        key: String,
        /// What it must be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// A key that must be there.
    #[error("line {line}: `{key}` needs `{missing}`")]
    Missing {
        /// The line, from 1.
        line: u64,
        /// The key of the entry.
        key: String,
        /// The key that is missing in it.
        missing: &'static str,
    },
}

fn lines(problems: &[OverlayProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

impl Hint for OverlayError {
    fn code(&self) -> Code {
        match self {
            Self::TooLarge { .. } => "overlay-too-large",
            Self::Syntax { .. } => "overlay-malformed",
            Self::Problems(_) => "overlay-invalid",
        }
    }

    fn hint(&self) -> Option<String> {
        None
    }
}

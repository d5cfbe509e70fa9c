//! What is wrong with a policy or with facts that were written down, and where.

use sealkit_report::{Code, Hint};

/// Why a policy or a file of facts can not be used. Whoever meets one has to deny.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// The text is larger than what is read.
    #[error("the policy is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// There is nothing in the text: that is no policy which allows everything.
    #[error("the policy is empty")]
    Empty,
    /// The text is not the plain YAML that a policy is written in.
    #[error("line {line}, column {column}: {reason}")]
    Syntax {
        /// Line, from one.
        line: usize,
        /// Column in characters, from one.
        column: usize,
        /// What is wrong.
        reason: String,
    },
    /// The YAML is no policy: an unknown field, an unknown check, a wrong type or value.
    #[error("line {line}, column {column}: {reason}")]
    Invalid {
        /// Line, from one.
        line: usize,
        /// Column in characters, from one.
        column: usize,
        /// What is wrong.
        reason: String,
    },
    /// A file of facts is not one.
    #[error("the file of facts can not be read: {reason}")]
    Facts {
        /// What is wrong.
        reason: String,
    },
    /// A statement that was given as a fact is not about the subject.
    #[error("statement {statement} is not about the subject")]
    OtherSubject {
        /// Digest of the statement.
        statement: sealkit_oci::Digest,
    },
    /// More facts of one kind were given than are judged.
    #[error("more than {limit} {what} were given")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many are taken.
        limit: usize,
    },
}

impl Hint for PolicyError {
    fn code(&self) -> Code {
        match self {
            Self::Facts { .. } => "facts-invalid",
            Self::OtherSubject { .. } => "subject-mismatch",
            Self::TooMany { .. } => "limit-exceeded",
            _ => "policy-error",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Empty | Self::Syntax { .. } | Self::Invalid { .. } => {
                Some("run `sealkit policy init` for a policy to start from".to_owned())
            }
            Self::Facts { .. } => {
                Some("run `sealkit check REF --save-facts FILE` for one that can".to_owned())
            }
            _ => None,
        }
    }
}

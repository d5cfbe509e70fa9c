//! Findings: something about a file that a person should know, with where it stands.

use schemars::JsonSchema;
use sealkit_oci::Digest;
use serde::{Deserialize, Serialize};

/// How bad a finding is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Unlikely to do harm.
    Low,
    /// May do harm under conditions.
    Medium,
    /// Likely to do harm.
    High,
    /// Does harm when the file is loaded.
    Critical,
}

impl Severity {
    /// The word for it, as documents and people read it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// How a value is known.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Known {
    /// A rule concluded it.
    Inferred,
    /// A file says so.
    Declared,
    /// A verified statement says so.
    Attested,
    /// It was measured on the bytes.
    Measured,
}

impl Known {
    /// The word for it, as documents and people read it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inferred => "inferred",
            Self::Declared => "declared",
            Self::Attested => "attested",
            Self::Measured => "measured",
        }
    }
}

/// Where a value or a finding comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// How it is known.
    pub known: Known,
    /// File inside the kit.
    pub file: String,
    /// Place inside the file: a JSON pointer, a line, a byte range; empty for the whole file.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// Digest of the file, where it was read whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
}

/// Something about a file that a person should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Stable name of the rule that found it.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// What it is, for people.
    pub message: String,
    /// Where it is.
    pub evidence: Evidence,
}

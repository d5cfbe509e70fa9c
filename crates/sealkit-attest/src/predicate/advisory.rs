//! SealKit's own advisory: the subject must not be used, and why.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Predicate;
use super::resource::ResourceDescriptor;
use super::values::{Timestamp, Uri};

/// Longest identifier, in bytes.
const MAX_ID: usize = 128;
/// Longest reason, in bytes.
const MAX_REASON: usize = 4096;

/// That the subject must not be used, or that an earlier advisory which said so is withdrawn.
///
/// ```json
/// {
///   "id": "2026-11-leaked-training-data",
///   "state": "affected",
///   "reason": "trained on data that was leaked",
///   "severity": "high",
///   "issuedOn": "2026-11-25T12:00:00Z"
/// }
/// ```
///
/// It counts where its signer is trusted and may revoke. Only a later one of the same signer with the same `id`
/// and the state `withdrawn` takes it back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Advisory {
    /// What its signer calls it: the same in every advisory about one matter.
    pub id: String,
    /// Whether the subject is affected.
    pub state: AdvisoryState,
    /// Why, for people.
    pub reason: String,
    /// How bad it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<AdvisorySeverity>,
    /// When it was issued.
    pub issued_on: Timestamp,
    /// What the matter is in: a dataset, a base model, a package, a file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub concerns: Vec<ResourceDescriptor>,
    /// Where more can be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<Uri>,
}

/// What an advisory says of its subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AdvisoryState {
    /// It must not be used.
    Affected,
    /// The earlier advisory of this id is taken back.
    Withdrawn,
}

impl AdvisoryState {
    /// The name in documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Affected => "affected",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// How bad a matter is, from the mildest to the worst.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum AdvisorySeverity {
    /// Little can come of it.
    Low,
    /// It matters in some uses.
    Moderate,
    /// It matters in most uses.
    High,
    /// Nobody should use it.
    Critical,
}

impl AdvisorySeverity {
    /// The name in documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Moderate => "moderate",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl Predicate for Advisory {
    const TYPE: &'static str = "https://sealkit.dev/attestations/advisory/v1";

    fn fault(&self) -> Option<String> {
        let text = |name: &str, text: &str, limit: usize| {
            let good = !text.trim().is_empty() && text.len() <= limit;
            (!good).then(|| format!("`{name}` is empty, or longer than {limit} bytes"))
        };
        text("id", &self.id, MAX_ID).or_else(|| text("reason", &self.reason, MAX_REASON))
    }
}

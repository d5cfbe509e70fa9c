//! Advisories that are attached to kits.

use schemars::JsonSchema;
use sealkit_oci::Digest;
use serde::{Deserialize, Serialize};

use crate::SCHEMA_VERSION;

/// An advisory as its bundle has it. Nobody verified its signature: that is for whoever reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HubAdvisory {
    /// The repository.
    pub repository: String,
    /// The manifest that it is about.
    pub kit: Digest,
    /// The manifest that attaches it.
    pub digest: Digest,
    /// When it was attached: RFC 3339, UTC.
    pub attached: String,
    /// What its signer calls the matter; none where it can not be read, as with all that follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `affected` or `withdrawn`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// `low`, `moderate`, `high` or `critical`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// When its signer issued it: RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_on: Option<String>,
}

/// A page of advisories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HubAdvisories {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The newest first.
    pub advisories: Vec<HubAdvisory>,
    /// What to give as `after` for the next page; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl HubAdvisories {
    /// A page in the current version.
    pub fn new(advisories: Vec<HubAdvisory>, next: Option<String>) -> Self {
        Self { schema_version: SCHEMA_VERSION, advisories, next }
    }
}

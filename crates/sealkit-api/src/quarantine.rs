//! What is under quarantine.

use schemars::JsonSchema;
use sealkit_oci::Digest;
use serde::{Deserialize, Serialize};

use crate::SCHEMA_VERSION;

/// What is not given out: a manifest, or a layer with every manifest that names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuarantineEntry {
    /// The repository; none where it holds in every one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The manifest; where it holds in every repository, that or a layer.
    pub digest: Digest,
    /// Why.
    pub reason: String,
    /// Who placed it.
    pub by: String,
    /// Since when: RFC 3339, UTC.
    pub since: String,
}

/// A version that a quarantine of a digest keeps back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeptVersion {
    /// Its repository.
    pub repository: String,
    /// Digest of its manifest.
    pub digest: Digest,
}

/// What holds for one manifest, or for a digest in every repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuarantineAnswer {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// What holds.
    #[serde(flatten)]
    pub entry: QuarantineEntry,
    /// Where it holds in every repository: the versions here that have the digest, as their manifest or as a layer, up
    /// to 1,000. An empty list says that nothing here is kept back so far: it may be the digest of a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keeps_back: Option<Vec<KeptVersion>>,
}

impl QuarantineAnswer {
    /// An answer in the current version.
    pub fn new(entry: QuarantineEntry) -> Self {
        Self { schema_version: SCHEMA_VERSION, entry, keeps_back: None }
    }

    /// The same of a digest in every repository.
    #[must_use]
    pub fn keeping_back(self, versions: Vec<KeptVersion>) -> Self {
        Self { keeps_back: Some(versions), ..self }
    }
}

/// A page of what is under quarantine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuarantineList {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The oldest first.
    pub quarantine: Vec<QuarantineEntry>,
    /// What to give as `after` for the next page; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl QuarantineList {
    /// A page in the current version.
    pub fn new(quarantine: Vec<QuarantineEntry>, next: Option<String>) -> Self {
        Self { schema_version: SCHEMA_VERSION, quarantine, next }
    }
}

/// A request to place one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QuarantineRequest {
    /// Why: one line of text.
    #[schemars(
        length(max = 1024),
        regex(pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")
    )]
    pub reason: String,
}

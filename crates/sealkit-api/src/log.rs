//! What a hub's transparency log answers.

use schemars::JsonSchema;
use sealkit_oci::Digest;
use serde::{Deserialize, Serialize};

use crate::SCHEMA_VERSION;

/// A log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogInfo {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Its unique name.
    pub origin: String,
    /// The key that signs its checkpoints, `ORIGIN+ID+KEY` (C2SP `signed-note`).
    pub key: String,
    /// Its newest checkpoint, a signed note.
    pub checkpoint: String,
}

impl LogInfo {
    /// A log in the current version.
    pub fn new(origin: String, key: String, checkpoint: String) -> Self {
        Self { schema_version: SCHEMA_VERSION, origin, key, checkpoint }
    }
}

/// Entries, and proofs that they are in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogProofs {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The checkpoint whose tree the proofs are about.
    pub checkpoint: String,
    /// The newest entries that were asked for, the newest first.
    pub proofs: Vec<LogProof>,
}

impl LogProofs {
    /// Proofs in the current version.
    pub fn new(checkpoint: String, proofs: Vec<LogProof>) -> Self {
        Self { schema_version: SCHEMA_VERSION, checkpoint, proofs }
    }
}

/// One entry, and the proof that it is in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogProof {
    /// Its number, from 0.
    pub index: u64,
    /// Its bytes, base64.
    pub entry: String,
    /// The hashes of the inclusion proof (RFC 6962 §2.1.1), from the entry up, base64.
    pub hashes: Vec<String>,
}

/// Where a tag pointed, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TagHistory {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Repository name.
    pub name: String,
    /// Tag.
    pub tag: String,
    /// The checkpoint whose tree the proofs are about.
    pub checkpoint: String,
    /// The changes, the newest first.
    pub changes: Vec<TagChange>,
    /// What to give as `before` for the next page; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

impl TagHistory {
    /// A history in the current version.
    pub fn new(
        name: String,
        tag: String,
        checkpoint: String,
        changes: Vec<TagChange>,
        next: Option<u64>,
    ) -> Self {
        Self { schema_version: SCHEMA_VERSION, name, tag, checkpoint, changes, next }
    }
}

/// One change of a tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TagChange {
    /// Where it points from then on; none where it was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Where it pointed before; none where it was not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Digest>,
    /// Who did it.
    pub actor: String,
    /// When, by the hub's clock, unix seconds.
    pub time: i64,
    /// Number of the entry before this one about the same tag; none for its first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<u64>,
    /// The entry that says so, and its proof.
    pub proof: LogProof,
}

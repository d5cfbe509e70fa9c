//! What differs between two versions.

use schemars::JsonSchema;
use sealkit_oci::Digest;
use serde::{Deserialize, Serialize};

use crate::{FileSource, Layer, SCHEMA_VERSION};

/// What differs between two versions. Both empty lists and equal digests mean "the same".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Digest of the first manifest.
    pub a: Digest,
    /// Digest of the second manifest.
    pub b: Digest,
    /// How the files of both are known: by the weaker of the two lists.
    pub source: FileSource,
    /// Fields of the Kitfile that differ, sorted by their pointer.
    pub fields: Vec<ChangedField>,
    /// Layers that only one has, or that differ at the same path.
    pub parts: Vec<PartChange>,
    /// Files that were added, removed or changed, sorted by path.
    pub files: Vec<FileChange>,
    /// Files with equal content at another path, sorted by the old path.
    pub moved: Vec<FileMove>,
    /// Whether the files of a layer could not be listed, so that changes may be missing.
    pub incomplete: bool,
    /// Size in bytes of the blobs of `b` that `a` does not have.
    pub bytes_needed: u64,
    /// What is inside of one and not of the other, or in another version, sorted; none where the hub has
    /// not looked into both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contents: Option<Vec<ContentChange>>,
}

/// A component, licence, finding or signer that differs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContentChange {
    /// What it is: a kind of component (`dataset`, `base-model`, `library`), `licence`, `finding` or `signer`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// How it differs.
    pub change: Change,
    /// Its versions in the first, or the files of a finding.
    pub a: Option<String>,
    /// The same in the second.
    pub b: Option<String>,
}

impl Comparison {
    /// An empty comparison in the current version.
    pub fn new(a: Digest, b: Digest, source: FileSource) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            a,
            b,
            source,
            fields: Vec::new(),
            parts: Vec::new(),
            files: Vec::new(),
            moved: Vec::new(),
            incomplete: false,
            bytes_needed: 0,
            contents: None,
        }
    }
}

/// How something differs.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// Only the second has it.
    Added,
    /// Only the first has it.
    Removed,
    /// Both have it, with different content.
    Changed,
    /// Both have it, of equal size and mode, but no digest tells whether the content is equal.
    Unknown,
}

/// A field of the Kitfile that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangedField {
    /// Where: a JSON pointer (RFC 6901).
    pub pointer: String,
    /// Value in the first; none where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub a: Option<serde_json::Value>,
    /// Value in the second; none where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub b: Option<serde_json::Value>,
}

/// A layer that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PartChange {
    /// How.
    pub change: Change,
    /// The layer of the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub a: Option<Layer>,
    /// The layer of the second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub b: Option<Layer>,
}

/// A file that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileChange {
    /// How.
    pub change: Change,
    /// Path inside the kit.
    pub path: String,
    /// Size in the first, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_a: Option<u64>,
    /// Size in the second, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_b: Option<u64>,
}

/// A file whose content is at another path in the second.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileMove {
    /// Path in the first.
    pub from: String,
    /// Path in the second.
    pub to: String,
    /// Digest of the content.
    pub digest: Digest,
}

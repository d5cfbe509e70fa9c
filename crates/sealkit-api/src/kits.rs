//! Kits, their versions and what one version is made of.

use schemars::JsonSchema;
use sealkit_oci::{Annotations, Digest};
use serde::{Deserialize, Serialize};

use crate::{QuarantineEntry, SCHEMA_VERSION};

/// A page of kits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KitList {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The kits, sorted by name.
    pub kits: Vec<KitSummary>,
    /// Name to give as `after` for the next page; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl KitList {
    /// A page in the current version.
    pub fn new(kits: Vec<KitSummary>, next: Option<String>) -> Self {
        Self { schema_version: SCHEMA_VERSION, kits, next }
    }
}

/// One kit in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KitSummary {
    /// Repository name.
    pub name: String,
    /// Where its versions are listed: a path of the same server.
    pub versions: String,
}

/// A page of the versions of one kit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KitVersions {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Repository name.
    pub name: String,
    /// The tagged versions, sorted by tag.
    pub versions: Vec<KitVersion>,
    /// Tag to give as `after` for the next page; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl KitVersions {
    /// A page in the current version.
    pub fn new(name: String, versions: Vec<KitVersion>, next: Option<String>) -> Self {
        Self { schema_version: SCHEMA_VERSION, name, versions, next }
    }
}

/// One tagged version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KitVersion {
    /// Tag, which can move.
    pub tag: String,
    /// Digest of the manifest that the tag points at now.
    pub digest: Digest,
    /// Media type of that manifest.
    pub media_type: String,
    /// Sum of the sizes of config and layers in bytes; none for an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Why its content is not given out; none where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<QuarantineEntry>,
}

/// What one version is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KitDetail {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Repository name.
    pub name: String,
    /// Digest of the manifest: what was asked for by tag is answered by digest.
    pub digest: Digest,
    /// Artifact type, or the config's media type where the manifest has none.
    pub artifact_type: String,
    /// Sum of the sizes of config and layers in bytes.
    pub size: u64,
    /// Why its content is not given out; none where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<QuarantineEntry>,
    /// The Kitfile, as its author wrote it; null where the manifest carries none, and under quarantine.
    pub kitfile: serde_json::Value,
    /// The layers in the manifest's order.
    pub layers: Vec<Layer>,
    /// Annotations of the manifest.
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
}

/// One layer: the blob of one part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Layer {
    /// Digest of the blob.
    pub digest: Digest,
    /// Media type.
    pub media_type: String,
    /// Size of the blob in bytes.
    pub size: u64,
    /// What it holds: `model`, `modelpart`, `code`, `dataset`, `docs`, `mcpb`; `other` where the
    /// media type is no kit layer's.
    pub role: String,
    /// Path of the part inside the kit; none where the layer does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

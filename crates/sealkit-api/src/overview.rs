//! What a version is at a glance: its card and its main facts.

use schemars::JsonSchema;
use sealkit_oci::Digest;
use serde::{Deserialize, Serialize};

use crate::{FileEntry, TextHead};

/// The card of a version: the page that its author wrote for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Card {
    /// [`crate::SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Repository name.
    pub name: String,
    /// Digest of the manifest.
    pub digest: Digest,
    /// The file that it is; none where there is none, or none was found within the bounds of a request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileEntry>,
    /// Its Markdown, as source, without the YAML front matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub markdown: Option<TextHead>,
}

/// What is known of a version at a glance, from the hub's catalogue of what its files are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KitFacts {
    /// [`crate::SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Repository name.
    pub name: String,
    /// Digest of the manifest.
    pub digest: Digest,
    /// Whether the catalogue has looked at it; else what follows is empty.
    pub cataloged: bool,
    /// Number of parameters of its main model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<u64>,
    /// Element types of most parameters of its models.
    pub dtypes: Vec<String>,
    /// Model families.
    pub architectures: Vec<String>,
    /// Formats of its files.
    pub formats: Vec<String>,
    /// Licences, as they are written.
    pub licences: Vec<String>,
    /// Models that it was made from.
    pub base_models: Vec<String>,
    /// Datasets in it, or that it was trained or evaluated on.
    pub datasets: Vec<String>,
    /// Tokens that fit into the context of its main model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_length: Option<u64>,
    /// What could not be read of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

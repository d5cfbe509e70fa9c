//! Files inside a kit.

use schemars::JsonSchema;
use sealkit_oci::Digest;
use serde::{Deserialize, Serialize};

use crate::SCHEMA_VERSION;

/// A page of the files of one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileList {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Repository name.
    pub name: String,
    /// Digest of the manifest.
    pub digest: Digest,
    /// How the list is known.
    pub source: FileSource,
    /// How many files there are on all pages.
    #[serde(default)]
    pub count: u64,
    /// The files, layer by layer, in the order in which the layers hold them.
    pub files: Vec<FileEntry>,
    /// Layers whose files could not be listed, with the reason. An empty list is complete.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unlisted: Vec<Unlisted>,
    /// What to give as `after` for the next page; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A layer that is missing from a [`FileList`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Unlisted {
    /// Digest of the layer.
    pub layer: Digest,
    /// Why its files could not be listed.
    pub reason: String,
}

impl FileList {
    /// A list in the current version.
    pub fn new(name: String, digest: Digest, source: FileSource, files: Vec<FileEntry>) -> Self {
        let count = files.len() as u64;
        let (schema_version, unlisted, next) = (SCHEMA_VERSION, Vec::new(), None);
        Self { schema_version, name, digest, source, count, files, unlisted, next }
    }
}

/// How a file list is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FileSource {
    /// From the file table that is attached to the kit. Its signature was not checked.
    FileTable,
    /// From the headers inside the layers, which carry no digests.
    LayerHeaders,
}

/// One regular file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileEntry {
    /// Path inside the kit. Text from the kit's author: escape it before it is shown.
    pub path: String,
    /// Size in bytes.
    pub size: u64,
    /// Permission bits.
    pub mode: u32,
    /// SHA-256 of the content, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Digest of the layer that holds it.
    pub layer: Digest,
    /// Offset in bytes of the content inside the uncompressed layer.
    pub offset: u64,
}

//! Content descriptors (OCI image-spec, descriptor.md).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Digest, media_type};

/// String annotations, sorted by key as every writer of the field emits them.
pub type Annotations = BTreeMap<String, String>;

/// What names a blob: its media type, digest and size. Keys are written in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a JSON object")]
pub struct Descriptor {
    /// Media type of the content.
    #[serde(default)]
    pub media_type: String,
    /// Digest of the content.
    pub digest: Digest,
    /// Size of the content in bytes.
    pub size: u64,
    /// Where else the content can be had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
    /// Annotations.
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
    /// The content itself, base64, for very small blobs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// Platform, kept as it came: SealKit never chooses by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<serde_json::Value>,
    /// Artifact type of the manifest that is described.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
}

impl Descriptor {
    /// A descriptor with nothing but the three required fields.
    pub fn new(media_type: impl Into<String>, digest: Digest, size: u64) -> Self {
        Self {
            media_type: media_type.into(),
            digest,
            size,
            urls: Vec::new(),
            annotations: Annotations::new(),
            data: None,
            platform: None,
            artifact_type: None,
        }
    }

    /// The descriptor of `bytes`.
    pub fn of(media_type: impl Into<String>, bytes: &[u8]) -> Self {
        Self::new(media_type, Digest::of(bytes), bytes.len() as u64)
    }

    /// The same descriptor with one more annotation.
    #[must_use]
    pub fn annotated(mut self, key: &str, value: impl Into<String>) -> Self {
        self.annotations.insert(key.to_owned(), value.into());
        self
    }

    /// The path that a layer's annotation says it holds; none where it says none.
    pub fn file_path(&self) -> Option<&str> {
        self.annotation(media_type::ANNOTATION_FILEPATH, media_type::OLD_ANNOTATION_FILEPATH)
    }

    /// What a raw layer's annotation says about its file, as JSON.
    pub fn file_metadata(&self) -> Option<&str> {
        let old = media_type::OLD_ANNOTATION_FILE_METADATA;
        self.annotation(media_type::ANNOTATION_FILE_METADATA, old)
    }

    /// An annotation by its name, else by its old one; an empty one is as good as none.
    fn annotation(&self, name: &str, old: &str) -> Option<&str> {
        let found = |name| self.annotations.get(name).filter(|value| !value.is_empty());
        found(name).or_else(|| found(old)).map(String::as_str)
    }

    /// The media type, digest and size alone: how one manifest names another as its `subject`.
    #[must_use]
    pub fn bare(&self) -> Self {
        Self::new(self.media_type.clone(), self.digest.clone(), self.size)
    }
}

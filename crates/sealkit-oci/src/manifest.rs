//! Image manifests and indexes (OCI image-spec, manifest.md and image-index.md).

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{Annotations, Descriptor, KitFormat, media_type};

/// An OCI image manifest. Keys are written in the order of the fields, as Go writers do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a JSON object")]
pub struct Manifest {
    /// Always 2; a document of another version is none of these.
    #[serde(deserialize_with = "version")]
    pub schema_version: u8,
    /// Media type; `kit` leaves it out, ModelPack requires it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// What kind of artifact this is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// The config blob.
    pub config: Descriptor,
    /// The layers. `None` is written as `null`, as `kit` does for a kit without layers.
    #[serde(default)]
    pub layers: Option<Vec<Descriptor>>,
    /// The manifest that this one refers to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Descriptor>,
    /// Annotations.
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
}

impl Manifest {
    /// The layers, none where the manifest says `null`.
    pub fn layers(&self) -> &[Descriptor] {
        self.layers.as_deref().unwrap_or_default()
    }

    /// The config and every layer: all blobs that the manifest needs.
    pub fn blobs(&self) -> impl Iterator<Item = &Descriptor> {
        std::iter::once(&self.config).chain(self.layers())
    }

    /// The artifact type, or the config's media type where there is none
    /// (distribution-spec, Listing Referrers).
    pub fn effective_artifact_type(&self) -> &str {
        self.artifact_type.as_deref().unwrap_or(&self.config.media_type)
    }

    /// Whether it is a kit, and of which format. Kits of old `kit` versions have no artifact type; their config tells.
    pub fn kit_format(&self) -> Option<KitFormat> {
        let artifact_type = self.artifact_type.as_deref().unwrap_or_default();
        match (artifact_type, self.config.media_type.as_str()) {
            (media_type::MODELKIT_MANIFEST, _) | (_, media_type::MODELKIT_CONFIG) => {
                Some(KitFormat::ModelKit)
            }
            (media_type::MODELPACK_MANIFEST | media_type::OLD_MODELPACK_MANIFEST, _)
            | (_, media_type::MODELPACK_CONFIG | media_type::OLD_MODELPACK_CONFIG) => {
                Some(KitFormat::ModelPack)
            }
            _ => None,
        }
    }

    /// Sum of the sizes of config and layers in bytes; saturates on hostile sizes.
    pub fn total_size(&self) -> u64 {
        self.blobs().fold(0, |sum, blob| sum.saturating_add(blob.size))
    }

    /// A manifest of one layer that refers to `subject`, with the empty config: the form in which
    /// SealKit and cosign attach statements.
    pub fn referrer(artifact_type: &str, layer: Descriptor, subject: &Descriptor) -> Self {
        Self {
            schema_version: 2,
            media_type: Some(media_type::OCI_MANIFEST.to_owned()),
            artifact_type: Some(artifact_type.to_owned()),
            config: Descriptor::of(media_type::OCI_EMPTY, media_type::EMPTY_JSON),
            layers: Some(vec![layer]),
            subject: Some(subject.bare()),
            annotations: Annotations::new(),
        }
    }
}

/// An OCI image index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a JSON object")]
pub struct Index {
    /// Always 2; a document of another version is none of these.
    #[serde(deserialize_with = "version")]
    pub schema_version: u8,
    /// Media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// What kind of artifact this is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// The manifests.
    #[serde(default)]
    pub manifests: Vec<Descriptor>,
    /// The manifest that this one refers to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Descriptor>,
    /// Annotations.
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
}

impl Index {
    /// An index of `manifests` with its media type set.
    pub fn of(manifests: Vec<Descriptor>) -> Self {
        Self {
            schema_version: 2,
            media_type: Some(media_type::OCI_INDEX.to_owned()),
            artifact_type: None,
            manifests,
            subject: None,
            annotations: Annotations::new(),
        }
    }
}

/// The one version of both documents: what another one would mean is not known.
fn version<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    match u64::deserialize(from)? {
        2 => Ok(2),
        other => Err(D::Error::custom(format!(
            "`schemaVersion` is {other}, and that of an image manifest or index is 2"
        ))),
    }
}

//! Reads kits in place.

use std::sync::Arc;

use futures_util::StreamExt;
use sealkit_api::{KitDetail, Layer, QuarantineEntry, SCHEMA_VERSION};
use sealkit_oci::{
    Annotations, Descriptor, Digest, LayerRole, LayerType, MAX_MANIFEST_BYTES, Manifest, Target,
    media_type,
};
use sealkit_store::Repository;

use crate::HubError;
use crate::files::Lists;

/// One version of a kit.
pub(crate) struct Kit {
    pub(crate) name: String,
    pub(crate) repository: Arc<dyn Repository>,
    pub(crate) digest: Digest,
    pub(crate) manifest: Manifest,
    /// Lists of files that were made lately; none where none is kept.
    pub(crate) lists: Option<Arc<Lists>>,
}

impl Kit {
    /// Finds a version.
    pub(crate) async fn open(
        repository: Arc<dyn Repository>,
        name: &str,
        target: Target,
    ) -> Result<Self, HubError> {
        let found = repository.manifest(&target).await?;
        let name = name.to_owned();
        let found = found.ok_or_else(|| HubError::Unknown { name: name.clone(), target })?;
        let digest = found.descriptor.digest;
        let not_a_kit = |reason: String| HubError::NotAKit { digest: digest.clone(), reason };
        if !media_type::is_manifest(&found.descriptor.media_type) {
            return Err(not_a_kit(format!("its type is `{}`", found.descriptor.media_type)));
        }
        if !digest.matches(&found.bytes) {
            return Err(not_a_kit("its content does not hash to its digest".to_owned()));
        }
        let manifest = serde_json::from_slice(&found.bytes);
        let manifest = manifest.map_err(|error| not_a_kit(error.to_string()))?;
        Ok(Self { name, repository, digest, manifest, lists: None })
    }

    /// What the version is made of.
    pub(crate) async fn detail(&self) -> Result<KitDetail, HubError> {
        let kitfile = self.kitfile().await?;
        Ok(KitDetail {
            kitfile,
            annotations: self.manifest.annotations.clone(),
            ..self.outline(None)
        })
    }

    /// The same without anything that its author wrote but paths and types.
    pub(crate) fn outline(&self, quarantine: Option<QuarantineEntry>) -> KitDetail {
        let manifest = &self.manifest;
        KitDetail {
            schema_version: SCHEMA_VERSION,
            name: self.name.clone(),
            digest: self.digest.clone(),
            artifact_type: manifest.effective_artifact_type().to_owned(),
            size: manifest.total_size(),
            quarantine,
            kitfile: serde_json::Value::Null,
            layers: manifest.layers().iter().map(layer).collect(),
            annotations: Annotations::default(),
        }
    }

    /// The Kitfile: a ModelKit's config, or a ModelPack's annotation; null where neither is JSON.
    async fn kitfile(&self) -> Result<serde_json::Value, HubError> {
        let config = &self.manifest.config;
        if config.media_type == media_type::MODELKIT_CONFIG {
            let bytes = read_whole(self.repository.as_ref(), config, MAX_MANIFEST_BYTES).await?;
            return Ok(serde_json::from_slice(&bytes).unwrap_or_default());
        }
        let text = self.manifest.annotations.get(media_type::ANNOTATION_KITFILE);
        Ok(text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default())
    }
}

/// Reads a blob of at most `limit` bytes and checks it against its digest.
pub(crate) async fn read_whole(
    repository: &dyn Repository,
    blob: &Descriptor,
    limit: usize,
) -> Result<Vec<u8>, HubError> {
    let digest = blob.digest.clone();
    let size = repository.stat(&digest).await?;
    let size = size.ok_or_else(|| HubError::NotAKit {
        digest: digest.clone(),
        reason: "its content is not in this store".to_owned(),
    })?;
    if size > limit as u64 {
        return Err(HubError::TooMuch { what: "content", digest });
    }
    let mut stream = repository.read(&digest, 0..size).await?;
    let mut bytes = Vec::new();
    while let Some(next) = stream.next().await {
        bytes.extend_from_slice(&next?);
        if bytes.len() > limit {
            return Err(HubError::TooMuch { what: "content", digest });
        }
    }
    if !digest.matches(&bytes) {
        let reason = "its content does not hash to its digest".to_owned();
        return Err(HubError::NotAKit { digest, reason });
    }
    Ok(bytes)
}

pub(crate) fn layer(descriptor: &Descriptor) -> Layer {
    let kind = descriptor.media_type.parse::<LayerType>();
    let role = kind.map_or("other", |kind| match kind.role {
        LayerRole::Model => "model",
        LayerRole::ModelPart => "modelpart",
        LayerRole::Code => "code",
        LayerRole::Dataset => "dataset",
        LayerRole::Docs => "docs",
        LayerRole::Mcpb => "mcpb",
    });
    Layer {
        digest: descriptor.digest.clone(),
        media_type: descriptor.media_type.clone(),
        size: descriptor.size,
        role: role.to_owned(),
        path: descriptor.file_path().map(str::to_owned),
    }
}

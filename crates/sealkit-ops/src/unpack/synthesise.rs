//! A Kitfile for a ModelPack that came without one, as `kit` makes it: from the path that each
//! layer names (model-spec, layer annotations).

use sealkit_kitfile::{Code, Dataset, Docs, Kitfile, LayerInfo, Model, ModelPart};
use sealkit_oci::{Digest, LayerRole, media_type};
use serde::Deserialize;

use crate::{Kit, OpsError};

/// Largest ModelPack config that is read, in bytes.
const MAX_CONFIG: u64 = 4 << 20;

#[derive(Deserialize)]
struct Config {
    modelfs: ModelFs,
}

#[derive(Deserialize)]
struct ModelFs {
    #[serde(rename = "diffIds", alias = "diff_ids", default)]
    diff_ids: Vec<Digest>,
}

/// The first weight is the model, others are parts of it. Layers of unknown type are left out.
pub(super) async fn synthesise(kit: &Kit) -> Result<Kitfile, OpsError> {
    let diff_ids = diff_ids(kit).await?;
    let mut made = Kitfile { manifest_version: "1.0.0".to_owned(), ..Kitfile::default() };
    let mut model = Model::default();
    for (index, layer) in kit.layers.iter().enumerate() {
        let Some(kind) = layer.layer_type else { continue };
        let path = layer.descriptor.annotations.get(media_type::ANNOTATION_FILEPATH);
        let path = path.filter(|path| !path.is_empty()).cloned().ok_or_else(|| {
            inconsistent(
                kit,
                format!(
                    "layer {} does not say which file it is (`{}`)",
                    layer.descriptor.digest,
                    media_type::ANNOTATION_FILEPATH
                ),
            )
        })?;
        let digest = Some(layer.descriptor.digest.clone());
        let info = LayerInfo { digest, diff_id: diff_ids.get(index).cloned() };
        match kind.role {
            LayerRole::Model if model.path.is_empty() => {
                (model.path, model.layer) = (path, info);
            }
            LayerRole::Model | LayerRole::ModelPart => {
                model.parts.push(ModelPart { path, layer: info, ..ModelPart::default() });
            }
            LayerRole::Dataset => {
                made.datasets.push(Dataset { path, layer: info, ..Dataset::default() });
            }
            LayerRole::Docs => made.docs.push(Docs { path, layer: info, ..Docs::default() }),
            LayerRole::Code | LayerRole::Mcpb => {
                made.code.push(Code { path, layer: info, ..Code::default() });
            }
        }
    }
    if !model.path.is_empty() || !model.parts.is_empty() {
        made.model = Some(model);
    }
    Ok(made)
}

/// The diffIds of the config, one for each layer; none where there is no config of a ModelPack.
async fn diff_ids(kit: &Kit) -> Result<Vec<Digest>, OpsError> {
    let config = &kit.manifest.value().config;
    if config.media_type != media_type::MODELPACK_CONFIG {
        return Ok(Vec::new());
    }
    let bytes = kit.read_blob(config, MAX_CONFIG).await?;
    let parsed: Config = serde_json::from_slice(&bytes).map_err(|source| OpsError::Document {
        reference: kit.reference.clone(),
        digest: config.digest.to_string(),
        source: source.into(),
    })?;
    let (ids, layers) = (parsed.modelfs.diff_ids, kit.layers.len());
    if ids.len() != layers {
        let count = ids.len();
        return Err(inconsistent(kit, format!("it has {layers} layers and {count} diffIds")));
    }
    Ok(ids)
}

fn inconsistent(kit: &Kit, reason: String) -> OpsError {
    OpsError::Inconsistent { reference: kit.reference.clone(), reason }
}

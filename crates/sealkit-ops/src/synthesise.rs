//! A Kitfile for a ModelPack that came without one: its parts from the path that each layer names,
//! as `kit` makes it, and what the config says about the whole (model-spec, config).

use sealkit_inspect::Facts;
use sealkit_kitfile::{Code, Dataset, Docs, Kitfile, LayerInfo, Model, ModelPart, Package};
use sealkit_oci::{Digest, LayerRole, media_type};
use serde::Deserialize;

use crate::packed_config::{self, About, Technical};
use crate::{Kit, OpsError};

/// Largest ModelPack config that is read, in bytes.
const MAX_CONFIG: u64 = 4 << 20;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Config {
    descriptor: About,
    modelfs: ModelFs,
    #[serde(rename = "config")]
    technical: Technical,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ModelFs {
    #[serde(rename = "diffIds", alias = "diff_ids")]
    diff_ids: Vec<Digest>,
}

/// The first weight is the model, others are parts of it. Layers of unknown type are left out. The facts are what the
/// config says, of which a Kitfile holds only a part.
pub(crate) async fn synthesise(kit: &Kit) -> Result<(Kitfile, Facts), OpsError> {
    let config = config(kit).await?;
    let digest = &kit.manifest.value().config.digest;
    let facts = packed_config::facts(&config.descriptor, &config.technical, digest);
    let (mut made, mut model) = (described(config.descriptor), Model::default());
    let mut diff_ids = config.modelfs.diff_ids.into_iter();
    for layer in &kit.layers {
        let diff_id = diff_ids.next();
        let Some(kind) = layer.layer_type else { continue };
        let path = layer.descriptor.file_path().map(str::to_owned).ok_or_else(|| {
            let (digest, name) = (&layer.descriptor.digest, media_type::ANNOTATION_FILEPATH);
            inconsistent(kit, format!("layer {digest} does not say which file it is (`{name}`)"))
        })?;
        let info = LayerInfo { digest: Some(layer.descriptor.digest.clone()), diff_id };
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
        model.name.clone_from(&made.package.name);
        model.format = config.technical.format;
        made.model = Some(model);
    }
    Ok((made, facts))
}

fn described(about: About) -> Kitfile {
    let package = Package {
        name: about.name,
        version: about.version,
        description: about.description,
        license: about.licenses.into_iter().next().unwrap_or_default(),
        authors: about.authors,
    };
    Kitfile { manifest_version: "1.0.0".to_owned(), package, ..Kitfile::default() }
}

/// The config, with a diffId for each layer; an empty one where there is no config of a ModelPack.
async fn config(kit: &Kit) -> Result<Config, OpsError> {
    let config = &kit.manifest.value().config;
    if !media_type::is_modelpack_config(&config.media_type) {
        return Ok(Config::default());
    }
    let bytes = kit.read_blob(config, MAX_CONFIG).await?;
    let parsed: Config = serde_json::from_slice(&bytes).map_err(|source| OpsError::Document {
        reference: kit.reference.clone(),
        digest: config.digest.to_string(),
        source: source.into(),
    })?;
    let (ids, layers) = (parsed.modelfs.diff_ids.len(), kit.layers.len());
    if ids != layers {
        return Err(inconsistent(kit, format!("it has {layers} layers and {ids} diffIds")));
    }
    Ok(parsed)
}

fn inconsistent(kit: &Kit, reason: String) -> OpsError {
    OpsError::Inconsistent { reference: kit.reference.clone(), reason }
}

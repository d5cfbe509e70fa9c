//! `inspect` and `info`: what a kit says about itself.

use sealkit_kitfile::Kitfile;
use sealkit_oci::{Digest, go_json, media_type};
use serde::Serialize;
use serde_json::Value;

use crate::{Context, Kit, OpsError, Place};

/// What `inspect` prints, keys in `kit`'s order.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Inspected {
    /// Digest of the manifest.
    pub digest: Digest,
    /// Version of the tool that packed, `unknown` where the manifest does not say.
    pub cli_version: String,
    /// The Kitfile; none for a ModelPack that was made without.
    pub kitfile: Option<Kitfile>,
    /// The manifest as it was received.
    pub manifest: Value,
}

/// Reads manifest and Kitfile of a kit.
pub async fn inspect(context: &Context, place: &Place) -> Result<Inspected, OpsError> {
    let kit = Kit::open(context, place).await?;
    let annotations = &kit.manifest.value().annotations;
    let version = annotations.get(media_type::ANNOTATION_CLI_VERSION);
    let manifest = serde_json::from_slice(kit.manifest.bytes()).map_err(|source| {
        let (reference, digest) = (kit.reference.clone(), kit.digest().to_string());
        OpsError::Document { reference, digest, source: source.into() }
    })?;
    Ok(Inspected {
        digest: kit.digest().clone(),
        cli_version: version.cloned().unwrap_or_else(|| "unknown".to_owned()),
        kitfile: kit.kitfile,
        manifest,
    })
}

/// How `info` writes a Kitfile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InfoFormat {
    /// YAML, as in the file.
    Yaml,
    /// JSON, as in the config.
    Json,
}

/// The Kitfile of a kit, made from its layers where it came without one, or the node of it that `filter` names, e.g. `.model.name`.
pub async fn info(
    context: &Context,
    place: &Place,
    filter: Option<&str>,
    format: InfoFormat,
) -> Result<String, OpsError> {
    let mut kit = Kit::open(context, place).await?;
    let kitfile = &kit.any_kitfile().await?;
    match (filter, format) {
        (None, InfoFormat::Yaml) => Ok(kitfile.to_yaml()),
        (None, InfoFormat::Json) => pretty(kitfile),
        (Some(filter), InfoFormat::Yaml) => {
            kitfile.node_to_yaml(&node_path(filter)?).ok_or_else(|| no_node(filter))
        }
        (Some(filter), InfoFormat::Json) => {
            let json = kitfile.to_json()?;
            let whole: Value = serde_json::from_slice(&json)
                .map_err(|source| crate::pack::unwritable("Kitfile", source.into()))?;
            let path = node_path(filter)?;
            let node = path.iter().try_fold(&whole, |node, &key| node.get(key));
            pretty(node.ok_or_else(|| no_node(filter))?)
        }
    }
}

/// The keys of a node selector: `.model.name` and `model.name` are the same.
fn node_path(filter: &str) -> Result<Vec<&str>, OpsError> {
    let keys: Vec<&str> = filter.strip_prefix('.').unwrap_or(filter).split('.').collect();
    if keys.iter().any(|key| key.is_empty()) {
        let message = format!("`{filter}` is not a node of a Kitfile");
        return Err(
            OpsError::usage("node-malformed", message).with_hint("write it as `.model.name`")
        );
    }
    Ok(keys)
}

fn no_node(filter: &str) -> OpsError {
    OpsError::usage("node-not-found", format!("the Kitfile has no node `{filter}`"))
        .with_hint("run `sealkit info REF` for the whole Kitfile")
}

fn pretty<T: Serialize + ?Sized>(value: &T) -> Result<String, OpsError> {
    let bytes = go_json::to_vec_pretty(value)
        .map_err(|source| crate::pack::unwritable("Kitfile", source.into()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

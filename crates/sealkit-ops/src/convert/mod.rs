//! A kit in the other format: a new manifest and config around the same layers.

mod overlay;

use std::sync::Arc;

use sealkit_oci::{Compression, Descriptor, Digest, KitFormat, LayerFormat, LayerType, media_type};

use crate::pack::{Stamp, documents};
use crate::{Kit, KitLayer, OpsError};
use overlay::Overlay;

/// A kit in another format than the one it was packed in.
pub struct Converted {
    /// The new kit, in a repository that can only be read.
    pub kit: Kit,
    /// What the person should know.
    pub warnings: Vec<String>,
}

/// Describes the layers of `kit` in `format`. Their bytes stay, so that only config and manifest
/// are new. Signatures name the old manifest and do not hold for the new one.
pub async fn convert(kit: &Kit, format: KitFormat) -> Result<Converted, OpsError> {
    let mut kit = kit.clone();
    let kitfile = &kit.any_kitfile().await?;
    let kit = &kit;
    let mut layers = Vec::with_capacity(kit.layers.len());
    let mut diff_ids = Vec::with_capacity(kit.layers.len());
    for layer in &kit.layers {
        diff_ids.push(diff_id(kit, layer)?);
        layers.push(descriptor(kit, layer, format)?);
    }
    let annotation = |key: &str| kit.manifest.value().annotations.get(key).cloned();
    let stamp = Stamp {
        kit_version: annotation(media_type::ANNOTATION_CLI_VERSION),
        created: annotation(media_type::ANNOTATION_CREATED),
    };
    let documents = documents(format, kitfile, layers, &diff_ids, &stamp)?;
    let digest = documents.manifest.digest().clone();
    let overlay = Overlay::new(Arc::clone(&kit.repository), documents);
    let target = sealkit_oci::Target::Digest(digest);
    let converted = Kit::load(Arc::new(overlay), &target, &kit.reference).await?;
    let attached = kit.repository.referrers(kit.digest(), None).await?.len();
    let warnings = (attached > 0).then(|| {
        "the copy is a new kit: signatures, AIBOM and file table of the old one do not hold for it and stayed behind".to_owned()
    });
    Ok(Converted { kit: converted, warnings: warnings.into_iter().collect() })
}

/// The layer under its media type in the other format.
fn descriptor(kit: &Kit, layer: &KitLayer, format: KitFormat) -> Result<Descriptor, OpsError> {
    let inconvertible = |reason: String| OpsError::Usage {
        code: "not-convertible",
        message: format!("kit `{}` can not be converted: {reason}", kit.reference),
        hint: None,
    };
    let Some(known) = layer.layer_type else {
        let reason = format!("layer type `{}` is not known", layer.descriptor.media_type);
        return Err(inconvertible(reason));
    };
    let wanted = LayerType { kit: format, ..known };
    let media_type = wanted.to_string();
    if media_type.parse::<LayerType>().ok() != Some(wanted) {
        let reason = format!("`{}` has no counterpart", layer.descriptor.media_type);
        return Err(inconvertible(reason));
    }
    Ok(Descriptor { media_type, ..layer.descriptor.clone() })
}

/// Digest of the uncompressed layer: the layer's own where it is not compressed, else the one that
/// the Kitfile tells.
fn diff_id(kit: &Kit, layer: &KitLayer) -> Result<Digest, OpsError> {
    let plain = layer.layer_type.is_some_and(|known| {
        known.compression == Compression::None
            && matches!(known.format, LayerFormat::Tar | LayerFormat::Raw)
    });
    if plain {
        return Ok(layer.descriptor.digest.clone());
    }
    let told = layer.part.as_ref().and_then(|part| part.layer.diff_id.clone());
    told.ok_or_else(|| OpsError::Inconsistent {
        reference: kit.reference.clone(),
        reason: format!(
            "it does not tell the digest of compressed layer {} before compression",
            layer.descriptor.digest
        ),
    })
}

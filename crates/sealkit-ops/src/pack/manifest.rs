//! The manifest and config of a kit, byte for byte as `kit` writes them.

use sealkit_kitfile::Kitfile;
use sealkit_oci::{Annotations, Descriptor, Digest, KitFormat, Manifest, Raw, go_json, media_type};
use serde::Serialize;

use super::{Stamp, unwritable};
use crate::OpsError;

/// What SealKit writes as the packing tool's version: a constant, so that the same folder gives the
/// same kit with every version of SealKit.
pub const CLI_VERSION: &str = "sealkit";

/// A config blob and the manifest around it.
pub(crate) struct Documents {
    pub(crate) config: Vec<u8>,
    pub(crate) manifest: Raw<Manifest>,
}

/// Makes config and manifest of a kit. `kitfile` has its layers' digests filled in.
pub(crate) fn documents(
    format: KitFormat,
    kitfile: &Kitfile,
    layers: Vec<Descriptor>,
    diff_ids: &[Digest],
    stamp: &Stamp,
) -> Result<Documents, OpsError> {
    let mut annotations = Annotations::new();
    let version = stamp.kit_version.as_deref().unwrap_or(CLI_VERSION);
    annotations.insert(media_type::ANNOTATION_CLI_VERSION.to_owned(), version.to_owned());
    if let Some(created) = &stamp.created {
        annotations.insert(media_type::ANNOTATION_CREATED.to_owned(), created.clone());
    }
    let (artifact_type, config_type, config) = match format {
        KitFormat::ModelKit => {
            (media_type::MODELKIT_MANIFEST, media_type::MODELKIT_CONFIG, kitfile.to_json()?)
        }
        KitFormat::ModelPack => {
            let kitfile_json = String::from_utf8_lossy(&kitfile.to_json()?).into_owned();
            annotations.insert(media_type::ANNOTATION_KITFILE.to_owned(), kitfile_json);
            let config = go_json::to_vec(&model_config(kitfile, diff_ids, stamp))
                .map_err(|source| unwritable("config", source.into()))?;
            (media_type::MODELPACK_MANIFEST, media_type::MODELPACK_CONFIG, config)
        }
    };
    let manifest = Manifest {
        schema_version: 2,
        media_type: has_media_type(format, version).then(|| media_type::OCI_MANIFEST.to_owned()),
        artifact_type: Some(artifact_type.to_owned()),
        config: Descriptor::of(config_type, &config),
        layers: (!layers.is_empty()).then_some(layers),
        subject: None,
        annotations,
    };
    let manifest = Raw::build(media_type::OCI_MANIFEST, manifest)
        .map_err(|source| unwritable("manifest", source))?;
    Ok(Documents { config, manifest })
}

/// ModelPack requires the manifest's `mediaType`; `kit` writes it since 1.15. To reproduce a kit of
/// an older version it is left out.
fn has_media_type(format: KitFormat, version: &str) -> bool {
    let mut numbers = version.split('.').map(str::parse::<u32>);
    match (format, numbers.next(), numbers.next()) {
        (KitFormat::ModelKit, Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= (1, 15),
        _ => true,
    }
}

/// The config of a ModelPack (model-spec, config.md), keys in the specification's order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ModelConfig<'a> {
    descriptor: ModelDescriptor<'a>,
    modelfs: ModelFs<'a>,
    config: ModelDetails<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ModelDescriptor<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    authors: &'a [String],
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    version: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    title: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ModelFs<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    diff_ids: &'a [Digest],
}

#[derive(Serialize)]
struct ModelDetails<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    format: &'a str,
}

fn model_config<'a>(
    kitfile: &'a Kitfile,
    diff_ids: &'a [Digest],
    stamp: &'a Stamp,
) -> ModelConfig<'a> {
    let package = &kitfile.package;
    let model = kitfile.model.as_ref();
    let mut licenses = vec![package.license.as_str()];
    licenses.extend(model.map(|model| model.license.as_str()));
    licenses.extend(model.iter().flat_map(|m| &m.parts).map(|part| part.license.as_str()));
    licenses.extend(kitfile.datasets.iter().map(|dataset| dataset.license.as_str()));
    licenses.extend(kitfile.code.iter().map(|code| code.license.as_str()));
    licenses.retain(|license| !license.is_empty());
    licenses.sort_unstable();
    licenses.dedup();
    ModelConfig {
        descriptor: ModelDescriptor {
            created_at: stamp.created.as_deref(),
            authors: &package.authors,
            name: &package.name,
            version: &package.version,
            licenses,
            title: &package.name,
            description: &package.description,
        },
        modelfs: ModelFs { kind: "layers", diff_ids },
        config: ModelDetails { format: model.map_or("", |model| model.format.as_str()) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_kit_versions_wrote_no_media_type() {
        for (version, expected) in
            [("1.14.0", false), ("1.15.0", true), ("2.0.0", true), ("unknown", true)]
        {
            assert_eq!(has_media_type(KitFormat::ModelKit, version), expected, "{version}");
        }
        assert!(has_media_type(KitFormat::ModelPack, "1.12.0"));
    }
}

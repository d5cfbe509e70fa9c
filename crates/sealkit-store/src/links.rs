//! What a manifest or index points at: the edges of the graph that `copy`, `gc` and `fsck` follow.

use std::collections::BTreeMap;

use sealkit_oci::{Annotations, Descriptor, MAX_MANIFEST_BYTES, RawError, media_type};
use serde::Deserialize;
use serde::de::Error as _;

/// What a manifest or index points at, and what a listing of referrers says about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// Config and layers.
    pub blobs: Vec<Descriptor>,
    /// The manifests of an index.
    pub manifests: Vec<Descriptor>,
    /// The manifest that this one refers to.
    pub subject: Option<Descriptor>,
    /// Artifact type; a manifest without one has its config's media type (distribution-spec,
    /// Listing Referrers).
    pub artifact_type: Option<String>,
    /// Annotations of the document itself.
    pub annotations: Annotations,
}

/// Whether a layer is to be had elsewhere, so that a store need not have it (image-spec, layer.md
/// §Non-distributable layers).
pub fn is_foreign(blob: &Descriptor) -> bool {
    !blob.urls.is_empty()
        || blob.media_type.starts_with("application/vnd.oci.image.layer.nondistributable.")
        || blob.media_type == "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
}

/// The fields of a manifest or index that matter here; `null` stands for absent, as Go writers
/// have it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    media_type: Option<String>,
    artifact_type: Option<String>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
    manifests: Option<Vec<Descriptor>>,
    subject: Option<Descriptor>,
    annotations: Option<BTreeMap<String, Option<String>>>,
}

impl Links {
    /// Reads the links of a document of `media_type`. A document of a type that is neither
    /// manifest nor index has none.
    ///
    /// Refused are documents that could be read as both, or as another type than the one they are
    /// known by: two clients would see two different contents under one digest.
    pub fn parse(media_type: &str, bytes: &[u8]) -> Result<Self, RawError> {
        if bytes.len() > MAX_MANIFEST_BYTES {
            return Err(RawError::TooLarge { size: bytes.len() });
        }
        let (manifest, index) =
            (media_type::is_manifest(media_type), media_type::is_index(media_type));
        if !manifest && !index {
            return Ok(Self::default());
        }
        let document: Document = serde_json::from_slice(bytes)?;
        check(&document, media_type, manifest)?;
        let config_type = document.config.as_ref().map(|config| config.media_type.clone());
        let blobs = document.config.into_iter().chain(document.layers.unwrap_or_default());
        let annotations = document.annotations.unwrap_or_default();
        Ok(Self {
            blobs: blobs.collect(),
            manifests: document.manifests.unwrap_or_default(),
            subject: document.subject,
            artifact_type: document.artifact_type.filter(|kind| !kind.is_empty()).or(config_type),
            annotations: annotations
                .into_iter()
                .map(|(key, value)| (key, value.unwrap_or_default()))
                .collect(),
        })
    }
}

fn check(document: &Document, media_type: &str, manifest: bool) -> Result<(), serde_json::Error> {
    if let Some(own) = document.media_type.as_deref().filter(|own| !own.is_empty())
        && own != media_type
    {
        let text = format!("its mediaType is `{own}` but it is known as `{media_type}`");
        return Err(serde_json::Error::custom(text));
    }
    let (has_layers, has_manifests) =
        (document.config.is_some() || document.layers.is_some(), document.manifests.is_some());
    if has_layers && has_manifests {
        return Err(serde_json::Error::custom("it has both layers and manifests"));
    }
    if manifest && document.config.is_none() {
        return Err(serde_json::Error::missing_field("config"));
    }
    if !manifest && has_layers {
        return Err(serde_json::Error::custom("it is an index but has layers"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use sealkit_oci::Digest;

    use super::*;

    fn document(extra: &str) -> Vec<u8> {
        let digest = Digest::of(b"{}");
        format!(
            r#"{{"schemaVersion":2,"config":{{"mediaType":"c","digest":"{digest}","size":2}}{extra}}}"#
        )
        .into_bytes()
    }

    #[test]
    fn a_manifest_without_artifact_type_has_its_configs() {
        let links = Links::parse(media_type::OCI_MANIFEST, &document("")).unwrap();
        assert_eq!(links.artifact_type.as_deref(), Some("c"));
        assert_eq!(links.blobs.len(), 1);
        let named = document(r#","artifactType":"a""#);
        let links = Links::parse(media_type::OCI_MANIFEST, &named).unwrap();
        assert_eq!(links.artifact_type.as_deref(), Some("a"));
    }

    #[test]
    fn nulls_stand_for_absent() {
        let bytes = document(r#","layers":null,"subject":null,"annotations":null"#);
        let links = Links::parse(media_type::OCI_MANIFEST, &bytes).unwrap();
        assert_eq!((links.blobs.len(), links.subject), (1, None));
    }

    #[test]
    fn documents_with_two_readings_are_refused() {
        for (kind, extra, reason) in [
            (media_type::OCI_MANIFEST, r#","manifests":[]"#, "both layers and manifests"),
            (media_type::OCI_INDEX, "", "is an index but has layers"),
            (media_type::OCI_MANIFEST, r#","mediaType":"x/y""#, "is known as"),
            (media_type::OCI_MANIFEST, r#","layers":[]}{"#, "trailing"),
            (media_type::OCI_MANIFEST, r#","layers":[],"layers":[]"#, "duplicate"),
        ] {
            let error = Links::parse(kind, &document(extra)).unwrap_err().to_string();
            assert!(error.contains(reason), "{extra}: {error}");
        }
        assert!(Links::parse(media_type::OCI_MANIFEST, b"{}").is_err());
        let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
        assert!(Links::parse(media_type::OCI_INDEX, &deep).is_err());
        let large = vec![b' '; MAX_MANIFEST_BYTES + 1];
        assert!(matches!(
            Links::parse(media_type::OCI_INDEX, &large),
            Err(RawError::TooLarge { .. })
        ));
    }

    #[test]
    fn a_document_of_another_type_has_no_links() {
        assert_eq!(Links::parse("text/plain", b"not json").unwrap(), Links::default());
    }
}

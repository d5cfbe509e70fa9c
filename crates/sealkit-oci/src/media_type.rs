//! Media types, artifact types and annotation keys that SealKit reads and writes.

/// OCI image manifest.
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// OCI image index.
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// Docker's older image manifest, read only.
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// Docker's older manifest list, read only.
pub const DOCKER_MANIFEST_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// The empty config of an artifact that has none.
pub const OCI_EMPTY: &str = "application/vnd.oci.empty.v1+json";
/// The bytes of [`OCI_EMPTY`].
pub const EMPTY_JSON: &[u8] = b"{}";

/// ModelKit manifest, as `artifactType`.
pub const MODELKIT_MANIFEST: &str = "application/vnd.kitops.modelkit.manifest.v1+json";
/// ModelKit config: the Kitfile as JSON.
pub const MODELKIT_CONFIG: &str = "application/vnd.kitops.modelkit.config.v1+json";
/// ModelPack manifest, as `artifactType`.
pub const MODELPACK_MANIFEST: &str = "application/vnd.cncf.model.manifest.v1+json";
/// ModelPack config.
pub const MODELPACK_CONFIG: &str = "application/vnd.cncf.model.config.v1+json";
/// ModelPack manifest under the format's first name, read only. `modctl` 0.2.2 writes it still.
pub const OLD_MODELPACK_MANIFEST: &str = "application/vnd.cnai.model.manifest.v1+json";
/// ModelPack config under the format's first name, read only.
pub const OLD_MODELPACK_CONFIG: &str = "application/vnd.cnai.model.config.v1+json";

/// SealKit's file table, as artifact type and layer media type.
pub const FILE_TABLE: &str = "application/vnd.sealkit.file-table.v1+json";
/// A Sigstore bundle, as artifact type and layer media type (cosign v3's storage).
pub const SIGSTORE_BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
/// A CycloneDX document.
pub const CYCLONEDX: &str = "application/vnd.cyclonedx+json";
/// An SPDX document as JSON or JSON-LD.
pub const SPDX: &str = "application/spdx+json";

/// Layer annotation: the cleaned path of the part inside the kit.
pub const ANNOTATION_FILEPATH: &str = "org.cncf.model.filepath";
/// Layer annotation: name, mode, size and times of the one file of a raw layer, as JSON.
pub const ANNOTATION_FILE_METADATA: &str = "org.cncf.model.file.metadata+json";
/// [`ANNOTATION_FILEPATH`] under the format's first name, read only.
pub const OLD_ANNOTATION_FILEPATH: &str = "org.cnai.model.filepath";
/// [`ANNOTATION_FILE_METADATA`] under the format's first name, read only.
pub const OLD_ANNOTATION_FILE_METADATA: &str = "org.cnai.model.file.metadata+json";
/// Layer annotation: `prompt` on a code layer that is a prompt.
pub const ANNOTATION_LAYER_SUBTYPE: &str = "ml.kitops.modelkit.layer-subtype";
/// Manifest annotation: version of the tool that packed.
pub const ANNOTATION_CLI_VERSION: &str = "ml.kitops.modelkit.cli-version";
/// Manifest annotation of a ModelPack: the whole Kitfile as JSON.
pub const ANNOTATION_KITFILE: &str = "ml.kitops.modelkit.kitfile";
/// Creation time, RFC 3339 UTC.
pub const ANNOTATION_CREATED: &str = "org.opencontainers.image.created";
/// Reference name in an image layout's `index.json`.
pub const ANNOTATION_REF_NAME: &str = "org.opencontainers.image.ref.name";
/// Bundle referrer: what the bundle holds, `dsse-envelope` (cosign v3).
pub const ANNOTATION_BUNDLE_CONTENT: &str = "dev.sigstore.bundle.content";
/// Bundle referrer: predicate type of the statement (cosign v3).
pub const ANNOTATION_BUNDLE_PREDICATE: &str = "dev.sigstore.bundle.predicateType";

/// Whether `media_type` names a manifest that has a config and layers.
pub fn is_manifest(media_type: &str) -> bool {
    matches!(media_type, OCI_MANIFEST | DOCKER_MANIFEST)
}

/// Whether `media_type` names the config of a ModelPack.
pub fn is_modelpack_config(media_type: &str) -> bool {
    matches!(media_type, MODELPACK_CONFIG | OLD_MODELPACK_CONFIG)
}

/// Whether `media_type` names a list of manifests.
pub fn is_index(media_type: &str) -> bool {
    matches!(media_type, OCI_INDEX | DOCKER_MANIFEST_LIST)
}

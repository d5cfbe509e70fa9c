//! Small, valid ModelKits.

use bytes::Bytes;
use sealkit_oci::{
    Annotations, Descriptor, FileEntry, FileKind, FileTable, LayerTable, Manifest, Raw, media_type,
};
use sealkit_store::Repository;
use serde_json::{Value, json};

use crate::TarBuilder;

/// A kit that was stored: what a test compares with.
#[derive(Clone, Debug)]
pub struct Kit {
    /// The manifest.
    pub manifest: Raw<Manifest>,
    /// The config blob.
    pub config: Vec<u8>,
    /// The layer blobs in the manifest's order.
    pub layers: Vec<Vec<u8>>,
    /// The file table of the kit.
    pub table: FileTable,
}

/// Builds a ModelKit of uncompressed tar layers.
#[derive(Clone, Debug, Default)]
pub struct KitBuilder {
    name: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
struct Part {
    role: &'static str,
    path: String,
    files: Vec<(String, Vec<u8>)>,
}

impl KitBuilder {
    /// A kit whose package has this name.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), parts: Vec::new() }
    }

    /// A kit with a model of one file, a dataset and a page of documentation.
    pub fn small(name: &str) -> Self {
        Self::new(name)
            .model("model.bin", b"not really a model")
            .dataset("data.csv", b"a,b\n1,2\n")
            .docs("README.md", b"# Small\n")
    }

    /// Adds the model, a single file.
    #[must_use]
    pub fn model(self, path: &str, content: &[u8]) -> Self {
        self.part("model", path, &[(path, content)])
    }

    /// Adds a dataset of one file.
    #[must_use]
    pub fn dataset(self, path: &str, content: &[u8]) -> Self {
        self.part("dataset", path, &[(path, content)])
    }

    /// Adds documentation of one file.
    #[must_use]
    pub fn docs(self, path: &str, content: &[u8]) -> Self {
        self.part("docs", path, &[(path, content)])
    }

    /// Adds a layer of several files: `model`, `modelpart`, `code`, `dataset`, `docs`.
    #[must_use]
    pub fn part(mut self, role: &'static str, path: &str, files: &[(&str, &[u8])]) -> Self {
        let files = files.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec()));
        self.parts.push(Part { role, path: path.to_owned(), files: files.collect() });
        self
    }

    /// The kit, without storing it.
    pub fn build(&self) -> Kit {
        let mut layers = Vec::new();
        let mut descriptors = Vec::new();
        let mut tables = Vec::new();
        for part in &self.parts {
            let (tar, files) = part.pack();
            let kind = format!("application/vnd.kitops.modelkit.{}.v1.tar", part.role);
            let descriptor = Descriptor::of(kind, &tar)
                .annotated(media_type::ANNOTATION_FILEPATH, part.path.clone());
            let digest = descriptor.digest.clone();
            tables.push(LayerTable { diff_id: digest.clone(), digest, files });
            descriptors.push(descriptor);
            layers.push(tar);
        }
        let config = serde_json::to_vec(&self.kitfile(&descriptors)).expect("plain JSON");
        let manifest = Manifest {
            schema_version: 2,
            media_type: None,
            artifact_type: Some(media_type::MODELKIT_MANIFEST.to_owned()),
            config: Descriptor::of(media_type::MODELKIT_CONFIG, &config),
            layers: Some(descriptors),
            subject: None,
            annotations: Annotations::from([(
                media_type::ANNOTATION_CLI_VERSION.to_owned(),
                "test".to_owned(),
            )]),
        };
        let manifest = Raw::build(media_type::OCI_MANIFEST, manifest).expect("plain JSON");
        Kit { manifest, config, layers, table: FileTable::new(tables) }
    }

    /// Builds the kit and stores it under `tag`.
    pub async fn store(&self, repository: &dyn Repository, tag: &str) -> Kit {
        let kit = self.build();
        kit.store(repository, Some(tag)).await;
        kit
    }

    fn kitfile(&self, layers: &[Descriptor]) -> Value {
        let mut kitfile = json!({ "manifestVersion": "1.0.0", "package": { "name": self.name } });
        for (part, layer) in self.parts.iter().zip(layers) {
            let digest = layer.digest.to_string();
            let entry = json!({ "path": part.path, "digest": digest, "diffId": digest });
            let list = match part.role {
                "model" => {
                    kitfile["model"] = entry;
                    continue;
                }
                "modelpart" => &mut kitfile["model"]["parts"],
                "dataset" => &mut kitfile["datasets"],
                other => &mut kitfile[other],
            };
            match list {
                Value::Array(entries) => entries.push(entry),
                other => *other = json!([entry]),
            }
        }
        kitfile
    }
}

impl Part {
    fn pack(&self) -> (Vec<u8>, Vec<FileEntry>) {
        let mut tar = TarBuilder::new();
        let mut entries = Vec::new();
        let mut offset = 0;
        for (path, content) in &self.files {
            tar = tar.file(path, content);
            offset += 512;
            entries.push(FileEntry {
                path: path.clone(),
                kind: FileKind::File,
                mode: 0o644,
                offset,
                size: content.len() as u64,
                digest: Some(sealkit_oci::Digest::of(content)),
                segments: String::new(),
            });
            offset += (content.len() as u64).next_multiple_of(512);
        }
        (tar.finish(), entries)
    }
}

impl Kit {
    /// Stores all blobs and the manifest.
    pub async fn store(&self, repository: &dyn Repository, tag: Option<&str>) {
        put_blob(repository, &self.config).await;
        for layer in &self.layers {
            put_blob(repository, layer).await;
        }
        let bytes = Bytes::copy_from_slice(self.manifest.bytes());
        let stored = repository.put_manifest(media_type::OCI_MANIFEST, bytes, tag).await;
        assert_eq!(stored.expect("the store takes a manifest").digest, *self.manifest.digest());
    }

    /// Stores the file table as a referrer of the kit.
    pub async fn store_table(&self, repository: &dyn Repository) -> Descriptor {
        let table = serde_json::to_vec(&self.table).expect("plain JSON");
        self.attach(repository, media_type::FILE_TABLE, &table).await
    }

    /// Stores any bytes as a referrer of the kit.
    pub async fn attach(
        &self,
        repository: &dyn Repository,
        artifact_type: &str,
        bytes: &[u8],
    ) -> Descriptor {
        put_blob(repository, bytes).await;
        put_blob(repository, media_type::EMPTY_JSON).await;
        let layer = Descriptor::of(artifact_type, bytes);
        let manifest = Manifest::referrer(artifact_type, layer, self.manifest.descriptor());
        let raw = Raw::build(media_type::OCI_MANIFEST, manifest).expect("plain JSON");
        let bytes = Bytes::copy_from_slice(raw.bytes());
        let stored = repository.put_manifest(media_type::OCI_MANIFEST, bytes, None).await;
        stored.expect("the store takes a manifest")
    }
}

/// Writes a blob into a store.
async fn put_blob(repository: &dyn Repository, bytes: &[u8]) {
    let expected = Descriptor::of("application/octet-stream", bytes);
    if repository.stat(&expected.digest).await.expect("the store answers").is_some() {
        return;
    }
    let mut upload = repository.write(&expected).await.expect("the store takes a blob");
    if !bytes.is_empty() {
        upload.append(Bytes::copy_from_slice(bytes)).await.expect("the store takes bytes");
    }
    upload.finish().await.expect("the bytes hash to their digest");
}

//! A storage in a folder of its own.
#![allow(dead_code, unreachable_pub, reason = "each test program uses its own part of this")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use sealkit_hubstore::{Database, Files, Limits, State, Storage};
use sealkit_oci::{Algorithm, Descriptor, Digest, Manifest, Raw, media_type};
use sealkit_store::{Namespace as _, PutManifest, Repository};

/// A folder with a storage in it.
pub struct Place {
    folder: tempfile::TempDir,
}

/// Far in the future: everything is older than any time of grace.
pub fn later() -> i64 {
    4_000_000_000
}

impl Place {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn storage(&self) -> Storage {
        Storage::open(&self.path().join("hub")).unwrap()
    }

    /// The same with another clock and other limits.
    pub fn with(&self, limits: Limits, clock: fn() -> i64) -> Storage {
        let hub = self.path().join("hub");
        std::fs::create_dir_all(&hub).unwrap();
        let database = Database::open(&hub.join("hub.db")).unwrap();
        let objects = Arc::new(Files::open(&hub.join("objects")).unwrap());
        Storage::with_clock(objects, database, limits, clock)
    }

    /// Every object's file.
    pub fn objects(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for folder in std::fs::read_dir(self.path().join("hub/objects")).unwrap() {
            let entries = std::fs::read_dir(folder.unwrap().path()).unwrap();
            found.extend(entries.map(|entry| entry.unwrap().path()));
        }
        found.sort();
        found
    }
}

pub fn repository<S: State>(storage: &Storage<S>, name: &str) -> Arc<dyn Repository> {
    storage.repository(name).unwrap()
}

/// Pushes a blob; gives its descriptor.
pub async fn push<S: State>(storage: &Storage<S>, name: &str, bytes: &[u8]) -> Descriptor {
    let blob = Descriptor::of("application/octet-stream", bytes);
    let mut upload = repository(storage, name).write(&blob).await.unwrap();
    let begin = usize::try_from(upload.offset()).unwrap();
    upload.append(Bytes::copy_from_slice(&bytes[begin..])).await.unwrap();
    upload.finish().await.unwrap();
    blob
}

/// A manifest of one layer, not pushed yet.
pub fn manifest(layer: &Descriptor) -> Raw<Manifest> {
    let config = Descriptor::of(media_type::OCI_EMPTY, media_type::EMPTY_JSON);
    let manifest = Manifest::referrer("application/x", layer.clone(), &config);
    let manifest = Manifest { subject: None, ..manifest };
    Raw::build(media_type::OCI_MANIFEST, manifest).unwrap()
}

/// Pushes a kit of one layer under a tag; gives the digest of its manifest.
pub async fn kit<S: State>(storage: &Storage<S>, name: &str, tag: &str, bytes: &[u8]) -> Digest {
    push(storage, name, media_type::EMPTY_JSON).await;
    let layer = push(storage, name, bytes).await;
    let raw = manifest(&layer);
    let put =
        PutManifest { algorithm: Algorithm::Sha256, tags: vec![tag.to_owned()], sparse: false };
    let bytes = Bytes::copy_from_slice(raw.bytes());
    let stored =
        repository(storage, name).put_manifest_as(media_type::OCI_MANIFEST, bytes, &put).await;
    stored.unwrap().digest
}

/// A whole blob.
pub async fn read<S: State>(storage: &Storage<S>, name: &str, blob: &Descriptor) -> Vec<u8> {
    use futures_util::StreamExt as _;
    let repository = repository(storage, name);
    let mut stream = repository.read(&blob.digest, 0..blob.size).await.unwrap();
    let mut all = Vec::new();
    while let Some(bytes) = stream.next().await {
        all.extend_from_slice(&bytes.unwrap());
    }
    all
}

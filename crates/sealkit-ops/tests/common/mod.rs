//! A registry with kits made by hand, and a folder to unpack them into.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part of this")]
#![allow(clippy::unwrap_used, reason = "only tests use this")]

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use sealkit_oci::{Annotations, Descriptor, Digest, Manifest, Raw, media_type};
use sealkit_ops::files::TableTrust;
use sealkit_ops::network::{Client, ClientOptions};
use sealkit_ops::unpack::{Existing, Limits, UnpackOutcome, UnpackRequest, parse_filters, unpack};
use sealkit_ops::{Context, Home, Kit, NoProgress, OpsError, Place};
use sealkit_store::Repository;
use sealkit_testkit::TestRegistry;
use serde_json::{Value, json};
use tempfile::TempDir;

pub const MODEL: &str = "application/vnd.kitops.modelkit.model.v1.tar";
pub const CODE: &str = "application/vnd.kitops.modelkit.code.v1.tar";
pub const RAW: &str = "application/vnd.kitops.modelkit.code.v1.raw";

/// Trusts what the test says.
pub struct Trust(pub bool);

#[async_trait]
impl TableTrust for Trust {
    async fn trusted_tables(&self, kit: &Kit) -> Result<Vec<Digest>, OpsError> {
        let blobs = kit.file_table_blobs().await?;
        Ok(blobs.into_iter().filter(|_| self.0).map(|blob| blob.digest).collect())
    }
}

pub struct Stage {
    pub root: TempDir,
    pub registry: TestRegistry,
    pub context: Context,
}

impl Stage {
    pub async fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let options = ClientOptions { plain_http: true, ..ClientOptions::default() };
        let context = Context {
            home: Home::new(root.path().join("home")),
            client: Arc::new(Client::new(options)),
            concurrency: 2,
            progress: Arc::new(NoProgress),
            clock: || 0,
            served: None,
            s3: None,
        };
        Self { root, registry: TestRegistry::start().await, context }
    }

    pub fn repository(&self) -> Arc<dyn Repository> {
        self.registry.repository("org/kit")
    }

    pub fn place(&self) -> Place {
        Place::Remote(format!("{}/org/kit:v1", self.registry.host()).parse().unwrap())
    }

    pub fn out(&self) -> PathBuf {
        self.root.path().join("out")
    }

    pub async fn unpack(&self, filters: &[&str], trusted: bool) -> Result<UnpackOutcome, OpsError> {
        let filters: Vec<String> = filters.iter().map(|&filter| filter.to_owned()).collect();
        let request = UnpackRequest {
            place: self.place(),
            dir: self.out(),
            filters: parse_filters(&filters).unwrap(),
            existing: Existing::Refuse,
            limits: Limits { entries: 1000, bytes: 64 << 20, ratio: 100 },
            include_remote: false,
            unverified_ranges: false,
            unpinned: false,
            trust: Arc::new(Trust(trusted)),
        };
        unpack(&self.context, &request, &|_| {}).await
    }

    /// The unpack fails for this reason, and the folder is not there.
    pub async fn refuses(&self, reason: &str) {
        let error = self.unpack(&[], false).await.unwrap_err();
        let mut text = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        assert!(text.contains(reason), "expected `{reason}`: {text}");
        assert!(!self.out().exists(), "{reason}");
        let beside: Vec<_> = fs::read_dir(self.root.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "home")
            .collect();
        assert_eq!(beside, Vec::<String>::new(), "{reason}");
    }

    pub async fn put(&self, media_type: &str, bytes: &[u8]) -> Descriptor {
        let descriptor = Descriptor::of(media_type, bytes);
        if self.repository().stat(&descriptor.digest).await.unwrap().is_none() {
            let mut upload = self.repository().write(&descriptor).await.unwrap();
            upload.append(Bytes::copy_from_slice(bytes)).await.unwrap();
            upload.finish().await.unwrap();
        }
        descriptor
    }

    pub async fn manifest(&self, config: Descriptor, layers: Vec<Descriptor>) {
        let manifest = Manifest {
            schema_version: 2,
            media_type: Some(media_type::OCI_MANIFEST.to_owned()),
            artifact_type: Some(media_type::MODELKIT_MANIFEST.to_owned()),
            config,
            layers: Some(layers),
            subject: None,
            annotations: Annotations::new(),
        };
        let raw = Raw::build(media_type::OCI_MANIFEST, manifest).unwrap();
        let bytes = Bytes::copy_from_slice(raw.bytes());
        let repository = self.repository();
        repository.put_manifest(media_type::OCI_MANIFEST, bytes, Some("v1")).await.unwrap();
    }

    pub async fn kit(&self, kitfile: Value, layers: Vec<Descriptor>) {
        let mut whole = json!({ "manifestVersion": "1.0.0", "package": {} });
        for (key, value) in kitfile.as_object().unwrap() {
            whole[key] = value.clone();
        }
        let config = self.put(media_type::MODELKIT_CONFIG, whole.to_string().as_bytes()).await;
        self.manifest(config, layers).await;
    }

    /// A kit whose parts are these layers, each named by its digest.
    pub async fn code(&self, layers: &[(&str, Descriptor)]) {
        let parts: Vec<Value> = layers
            .iter()
            .map(|(path, layer)| json!({ "path": path, "digest": layer.digest }))
            .collect();
        let layers = layers.iter().map(|(_, layer)| layer.clone()).collect();
        self.kit(json!({ "code": parts }), layers).await;
    }
}

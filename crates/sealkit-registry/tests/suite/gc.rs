//! Garbage collection while a push is under way.

use std::sync::Arc;
use std::time::Duration;

use sealkit_oci::{Digest, media_type};
use sealkit_store::{GcOptions, Layout, Naming};
use sealkit_testkit::{KitBuilder, TestRegistry};

#[tokio::test]
async fn blobs_of_a_push_stay_until_their_manifest_comes() {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::open_or_create(folder.path(), Naming::Store).unwrap();
    let registry = TestRegistry::over(Arc::new(layout.clone())).await;
    let client = registry.client();
    let kit = KitBuilder::small("small").build();
    for blob in kit.layers.iter().chain([&kit.config]) {
        let path = format!("/v2/org/kit/blobs/uploads/?digest={}", Digest::of(blob));
        assert_eq!(client.send("POST", &path, &[], blob).await.status, 201);
    }
    tokio::time::sleep(Duration::from_millis(60)).await;
    let now = GcOptions { grace: Duration::ZERO, dry_run: false };
    assert!(layout.gc(&now).unwrap().blobs.is_empty());
    let oci = [("Content-Type", media_type::OCI_MANIFEST)];
    let path = "/v2/org/kit/manifests/v1";
    let reply = client.send("PUT", path, &oci, kit.manifest.bytes()).await;
    assert_eq!(reply.status, 201);
}

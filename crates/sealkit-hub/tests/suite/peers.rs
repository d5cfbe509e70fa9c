//! Other people's clients push to the hub and pull from it. Skipped where they are not installed.

use std::path::Path;
use std::sync::Arc;

use crate::common::TestHub;
use sealkit_hub::StoreNames;
use sealkit_store::{Layout, Naming};
use sealkit_testkit::KitBuilder;
use tokio::process::Command;

async fn skopeo(home: &Path, arguments: &[&str]) -> Option<bool> {
    let mut command = Command::new("skopeo");
    // A cache of its own: otherwise a push to a new port turns into a mount.
    command.env("HOME", home).env("XDG_DATA_HOME", home).env("XDG_RUNTIME_DIR", home);
    let output = command.arg("--insecure-policy").args(arguments).output().await.ok()?;
    if !output.status.success() {
        println!("{}", String::from_utf8_lossy(&output.stderr));
    }
    Some(output.status.success())
}

#[tokio::test(flavor = "multi_thread")]
async fn skopeo_pushes_and_pulls() {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::open_or_create(folder.path().join("store"), Naming::Store).unwrap();
    let hub = TestHub::over(Arc::new(StoreNames::new(Arc::new(layout))), |_| {}).await;
    let plain = Layout::open_or_create(folder.path().join("plain"), Naming::Plain).unwrap();
    let large: Vec<u8> = (0..2_000_000_u32).map(|i| (i % 253) as u8).collect();
    let kit = KitBuilder::small("small").model("big.bin", &large);
    let kit = kit.store(&plain.repository(""), "v1").await;
    let from = format!("oci:{}:v1", folder.path().join("plain").display());
    let to = format!("docker://{}/org/kit:v1", hub.addr);
    let push = ["copy", "--dest-tls-verify=false", &from, &to];
    let Some(pushed) = skopeo(folder.path(), &push).await else {
        println!("skipped: no skopeo");
        return;
    };
    assert!(pushed);
    let stored = hub.client.get("/v2/org/kit/manifests/v1").await;
    assert_eq!(stored.body, kit.manifest.bytes());
    let back = format!("oci:{}:v1", folder.path().join("back").display());
    assert_eq!(
        skopeo(folder.path(), &["copy", "--src-tls-verify=false", &to, &back]).await,
        Some(true)
    );
    let layer = kit.manifest.value().layers()[3].digest.hex();
    let blob = folder.path().join("back/blobs/sha256").join(layer);
    assert_eq!(std::fs::read(blob).unwrap(), kit.layers[3]);
    let url = format!("docker://{}/org/kit", hub.addr);
    assert_eq!(skopeo(folder.path(), &["list-tags", "--tls-verify=false", &url]).await, Some(true));
    assert_eq!(skopeo(folder.path(), &["delete", "--tls-verify=false", &to]).await, Some(true));
    assert_eq!(hub.client.get("/v2/org/kit/manifests/v1").await.status, 404);
}

//! Kits that are signed with an identity instead of a key.

use std::fs;

use sealkit_testkit::{FakeSigner, FakeSigstore};
use serde_json::{Value, json};

use crate::common::Sandbox;

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
/// A moment that has passed.
pub const TIME: i64 = 1_760_000_000;

/// Digest of a blob that is put into the store.
fn put(sandbox: &Sandbox, bytes: &[u8]) -> String {
    let digest = sealkit_oci::Digest::of(bytes);
    fs::write(sandbox.home().join("store/blobs/sha256").join(digest.hex()), bytes).unwrap();
    digest.to_string()
}

/// Attaches a bundle as cosign does: a referrer of the kit.
fn attach(sandbox: &Sandbox, kit: &Value, bundle: &Value) {
    let bundle = serde_json::to_vec(bundle).unwrap();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "artifactType": BUNDLE,
        "config": {
            "mediaType": "application/vnd.oci.empty.v1+json",
            "digest": put(sandbox, b"{}"),
            "size": 2,
        },
        "layers": [{ "mediaType": BUNDLE, "digest": put(sandbox, &bundle), "size": bundle.len() }],
        "subject": kit,
    });
    let bytes = serde_json::to_vec(&manifest).unwrap();
    let path = sandbox.home().join("store/index.json");
    let mut index: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let entries = index["manifests"].as_array_mut().unwrap();
    let is_referrer = |entry: &&Value| !entry["annotations"]["dev.sealkit.subject"].is_null();
    let mut entry = entries.iter().find(is_referrer).unwrap().clone();
    entry["mediaType"] = manifest["mediaType"].clone();
    entry["digest"] = json!(put(sandbox, &bytes));
    entry["size"] = json!(bytes.len());
    entries.push(entry);
    fs::write(path, serde_json::to_vec(&index).unwrap()).unwrap();
}

/// The statement that cosign signs about a kit.
pub fn statement(digest: &str) -> Vec<u8> {
    let hex = digest.strip_prefix("sha256:").unwrap();
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "digest": { "sha256": hex } }],
        "predicateType": "https://sigstore.dev/cosign/sign/v1",
        "predicate": {},
    });
    serde_json::to_vec(&statement).unwrap()
}

/// Has the identity sign the kit of this digest in the local store, and attaches the bundle.
pub fn sign(sandbox: &Sandbox, digest: &str, fake: &FakeSigstore, signer: &FakeSigner) {
    let bundle = fake.sign("application/vnd.in-toto+json", &statement(digest), signer, TIME);
    attach_to(sandbox, digest, &bundle);
}

/// Attaches a bundle to the kit of this digest in the local store.
pub fn attach_to(sandbox: &Sandbox, digest: &str, bundle: &Value) {
    let index = fs::read(sandbox.home().join("store/index.json")).unwrap();
    let index: Value = serde_json::from_slice(&index).unwrap();
    let kit = index["manifests"].as_array().unwrap().iter().find(|one| one["digest"] == *digest);
    let kit = kit.unwrap();
    let kit = json!({
        "mediaType": kit["mediaType"], "digest": kit["digest"], "size": kit["size"]
    });
    attach(sandbox, &kit, bundle);
}

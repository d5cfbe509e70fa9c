//! Which manifests may be kits.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

use bytes::Bytes;
use common::{push, repository};
use sealkit_hubstore::Storage;
use sealkit_oci::{Descriptor, Digest, Manifest, Raw, media_type};

/// A manifest about `subject`, of the type that is said, as JSON that writes it in the plain way.
fn about(subject: &Descriptor, artifact_type: &str, config: &str) -> String {
    let blob = Descriptor::of("application/octet-stream", media_type::EMPTY_JSON);
    let mut manifest = Manifest::referrer(artifact_type, blob, subject);
    manifest.config = Descriptor::of(config, media_type::EMPTY_JSON);
    String::from_utf8(Raw::build(media_type::OCI_MANIFEST, manifest).unwrap().bytes().to_vec())
        .unwrap()
}

#[tokio::test]
async fn what_refers_to_a_manifest_is_listed_where_it_is_a_kit_however_it_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let storage = Storage::open(dir.path()).unwrap();
    let here = repository(&storage, "org/a");
    push(&storage, "org/a", media_type::EMPTY_JSON).await;
    let subject = Descriptor::of(media_type::OCI_MANIFEST, b"not here yet");
    let plain = about(&subject, media_type::MODELKIT_MANIFEST, media_type::OCI_EMPTY);
    let escaped = about(&subject, "application/x", media_type::MODELPACK_CONFIG)
        .replace("vnd.cncf.model.config", "vnd.cn\\u0063f.mod\\u0065l.config");
    let kits = [plain, about(&subject, "application/x", media_type::OLD_MODELPACK_CONFIG), escaped];
    let others = [
        about(&subject, media_type::SIGSTORE_BUNDLE, media_type::OCI_EMPTY),
        // The name of a kit's type at another place makes no kit.
        about(&subject, "application/about;vnd.cncf.model", media_type::OCI_EMPTY),
    ];
    let mut wanted = Vec::new();
    for (body, is_kit) in
        kits.iter().map(|body| (body, true)).chain(others.iter().map(|body| (body, false)))
    {
        let bytes = Bytes::copy_from_slice(body.as_bytes());
        here.put_manifest(media_type::OCI_MANIFEST, bytes, None).await.unwrap();
        if is_kit {
            wanted.push(Digest::of(body.as_bytes()));
        }
    }
    let mut found: Vec<Digest> =
        storage.candidates().await.unwrap().into_iter().map(|(_, digest, _)| digest).collect();
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted);
}

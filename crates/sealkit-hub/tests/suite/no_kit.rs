//! What is no kit, and a kit whose Kitfile can not be read: a hub holds both, and neither is its own fault.

use crate::common::whole::Whole;
use sealkit_oci::{Digest, media_type};

const PAGES: [&str; 9] = [
    "",
    "/files",
    "/tensors",
    "/aibom",
    "/security",
    "/provenance",
    "/lineage",
    "/attached",
    "/raw",
];
const ANSWERS: [&str; 6] =
    ["", "/aibom", "/aibom/summary", "/aiboms", "/provenance", "/badge.svg?of=aibom"];

/// Pushes `content` as the config of a manifest of this type.
async fn push(whole: &Whole, name: &str, config_type: &str, content: &[u8]) {
    let digest = Digest::of(content);
    let path = format!("/v2/{name}/blobs/uploads/?digest={digest}");
    assert_eq!(whole.ask("POST", &path, &[], content).await.status, 201);
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"{}","config":{{"mediaType":"{config_type}","digest":"{digest}","size":{}}},"layers":[]}}"#,
        media_type::OCI_MANIFEST,
        content.len()
    );
    let headers = [("content-type", media_type::OCI_MANIFEST)];
    let path = format!("/v2/{name}/manifests/v1");
    let reply = whole.ask("PUT", &path, &headers, manifest.as_bytes()).await;
    assert_eq!(reply.status, 201, "{}", String::from_utf8_lossy(&reply.body));
}

#[tokio::test]
async fn what_is_no_kit_is_told_to_be_none_and_is_no_failure_of_the_hub() {
    let whole = Whole::start().await;
    push(&whole, "image", "application/vnd.oci.image.config.v1+json", b"{}").await;
    for (at, content) in [&b"null"[..], b"[]", b"not json", b"{\"model\": 7}"].iter().enumerate() {
        push(&whole, &format!("malformed-{at}"), media_type::MODELKIT_CONFIG, content).await;
    }
    for name in ["image", "malformed-0", "malformed-1", "malformed-2", "malformed-3"] {
        for page in PAGES {
            let path = format!("/kits/{name}/v1{page}");
            let reply = whole.ask("GET", &path, &[("accept", "text/html")], b"").await;
            assert!([200, 404, 422].contains(&reply.status), "{path}: {}", reply.status);
        }
        for rest in ANSWERS {
            let path = format!("/api/v1/kits/{name}/versions/v1{rest}");
            let reply = whole.ask("GET", &path, &[], b"").await;
            assert!([200, 404, 422].contains(&reply.status), "{path}: {}", reply.status);
        }
    }
    for rest in ["/aibom", "/aibom/summary", "/aiboms", "/provenance"] {
        let reply =
            whole.ask("GET", &format!("/api/v1/kits/image/versions/v1{rest}"), &[], b"").await;
        assert_eq!(
            (reply.status, reply.json()["code"].as_str()),
            (422, Some("not-a-kit")),
            "{rest}"
        );
    }
    // Whoever signed a kit that can not be read is told all the same.
    let path = "/api/v1/kits/malformed-2/versions/v1/provenance";
    assert_eq!(whole.ask("GET", path, &[], b"").await.status, 200);
}

//! What caches are told, and what whoever has the bytes already is answered.

use sealkit_testkit::{KitBuilder, TestRegistry};

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    let registry = TestRegistry::start().await;
    let kit = KitBuilder::small("small").store(registry.repository("org/kit").as_ref(), "v1").await;
    let client = registry.client();
    let manifest = kit.manifest.digest().to_string();
    let layer = kit.manifest.value().layers.as_ref().unwrap()[0].digest.to_string();
    let paths = [
        ("/v2/org/kit/manifests/v1".to_owned(), &manifest, "no-cache"),
        (format!("/v2/org/kit/manifests/{manifest}"), &manifest, "immutable"),
        (format!("/v2/org/kit/blobs/{layer}"), &layer, "immutable"),
    ];
    for (path, digest, cache) in &paths {
        let tag = client.get(path).await.header("etag").to_owned();
        assert_eq!(tag, format!("\"{digest}\""));
        for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            for method in ["GET", "HEAD"] {
                let reply = client.send(method, path, &[("If-None-Match", &known)], b"").await;
                assert_eq!((reply.status, reply.body.len()), (304, 0), "{method} {path} {known}");
                assert_eq!(reply.header("etag"), tag);
                assert!(reply.header("cache-control").contains(cache), "{path}");
            }
        }
        let other = client.send("GET", path, &[("If-None-Match", "\"x\"")], b"").await;
        assert_eq!(other.status, 200);
        assert!(other.header("cache-control").contains(cache), "{path}");
    }
    let absent = client.send("GET", "/v2/org/kit/manifests/none", &[("If-None-Match", "*")], b"");
    assert_eq!(absent.await.status, 404);
}

//! A digest alone under quarantine: what it keeps back, what it says where that is nothing, and who learns of it.

use crate::common::guarded::Guarded;
use sealkit_oci::Digest;
use sealkit_testkit::{Kit, KitBuilder, Reply};
use serde_json::{Value, json};

const POISON: &[u8] = b"poison";

/// A kit whose model, of `weights`, is a layer of its own.
fn kit(name: &str, weights: &[u8]) -> Kit {
    KitBuilder::new(name).model("m.bin", weights).docs("README.md", name.as_bytes()).build()
}

async fn place(guarded: &Guarded, token: &str, digest: &str) -> Value {
    let bearer = format!("Bearer {token}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let path = format!("/api/v1/quarantine/{digest}");
    let placed = guarded.hub.client.send("PUT", &path, &headers, br#"{"reason":"leaked"}"#).await;
    assert_eq!(placed.status, 200, "{}", String::from_utf8_lossy(&placed.body));
    placed.json()
}

async fn put(guarded: &Guarded, token: &str, path: &str, kit: &Kit) -> Reply {
    let (bearer, kind) = (format!("Bearer {token}"), &kit.manifest.descriptor().media_type);
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", kind.as_str())];
    guarded.hub.client.send("PUT", path, &headers, kit.manifest.bytes()).await
}

/// The layer that two kits share.
fn shared(a: &Kit, b: &Kit) -> String {
    let has = |digest: &Digest| b.manifest.value().layers().iter().any(|it| it.digest == *digest);
    let found = a.manifest.value().layers().iter().find(|layer| has(&layer.digest));
    found.unwrap().digest.to_string()
}

#[tokio::test]
async fn a_layer_is_kept_back_with_every_version_that_has_it() {
    let guarded = Guarded::start(false).await;
    let boss = guarded.token("boss", &["admin:*"]).await;
    let (one, two, good) = (kit("one", POISON), kit("two", POISON), kit("good", b"fine"));
    guarded.push_kit(&boss, "a/one", "v1", &one).await;
    guarded.push_kit(&boss, "b/two", "v1", &two).await;
    guarded.push_kit(&boss, "b/two", "good", &good).await;
    let layer = shared(&one, &two);
    let placed = place(&guarded, &boss, &layer).await;
    let kept = [("a/one", &one), ("b/two", &two)].map(
        |(name, kit)| json!({ "repository": name, "digest": kit.manifest.digest().to_string() }),
    );
    assert_eq!(placed["keepsBack"], json!(kept));
    let shown = guarded.ask(&boss, "GET", &format!("/api/v1/quarantine/{layer}"), b"").await;
    assert_eq!(shown.json()["keepsBack"], json!(kept));
    let status = async |method: &str, path: &str| {
        let reply = guarded.ask(&boss, method, path, b"").await;
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        assert!(reply.status != 403 || method == "HEAD" || text.contains("leaked"), "{text}");
        reply.status
    };
    let readme = "/api/v1/kits/a%2Fone/versions/v1/files/README.md";
    let own = one.manifest.value().config.digest.clone();
    let refused = [
        "/v2/a/one/manifests/v1".to_owned(),
        format!("/v2/b/two/manifests/{}", two.manifest.digest()),
        format!("/v2/a/one/blobs/{layer}"),
        // What nobody but such a version has here.
        format!("/v2/a/one/blobs/{own}"),
        "/api/v1/kits/a%2Fone/versions/v1/files".to_owned(),
        readme.to_owned(),
        "/kits/b%2Ftwo/v1/files".to_owned(),
    ];
    for path in &refused {
        assert_eq!(status("GET", path).await, 403, "{path}");
    }
    assert_eq!(status("GET", "/v2/b/two/manifests/good").await, 200);
    assert_eq!(status("HEAD", &format!("/v2/a/one/blobs/{layer}")).await, 200);
    let mount = format!("/v2/c/three/blobs/uploads/?mount={layer}&from=a/one");
    assert_eq!(status("POST", &mount).await, 202, "to be uploaded");
    // A version that comes later has no tag, and is refused by its digest.
    let three = kit("three", POISON);
    for bytes in three.layers.iter().chain([&three.config]) {
        guarded.push(&boss, "c/three", bytes).await;
    }
    assert_eq!(put(&guarded, &boss, "/v2/c/three/manifests/v1", &three).await.status, 403);
    let by_digest = format!("/v2/c/three/manifests/{}", three.manifest.digest());
    assert_eq!(put(&guarded, &boss, &by_digest, &three).await.status, 201);
    assert_eq!(status("GET", &by_digest).await, 403);
    assert_eq!(status("DELETE", &format!("/api/v1/quarantine/{layer}")).await, 204);
    for path in refused.iter().chain([&by_digest]) {
        assert_eq!(status("GET", path).await, 200, "{path}");
    }
}

#[tokio::test]
async fn a_layer_that_no_manifest_names_is_kept_back_too() {
    let guarded = Guarded::start(false).await;
    let boss = guarded.token("boss", &["admin:*"]).await;
    let blob = guarded.push(&boss, "a/one", POISON).await;
    let path = format!("/v2/a/one/blobs/{blob}");
    assert_eq!(guarded.ask(&boss, "GET", &path, b"").await.status, 200);
    assert_eq!(place(&guarded, &boss, &blob.to_string()).await["keepsBack"], json!([]));
    assert_eq!(guarded.ask(&boss, "GET", &path, b"").await.status, 403);
}

#[tokio::test]
async fn where_nothing_is_kept_back_that_is_said_and_it_holds_for_what_comes() {
    let guarded = Guarded::start(false).await;
    let boss = guarded.token("boss", &["admin:*"]).await;
    let one = kit("one", POISON);
    guarded.push_kit(&boss, "a/one", "v1", &one).await;
    // A file of a layer is neither manifest nor layer.
    let file = place(&guarded, &boss, &Digest::of(POISON).to_string()).await;
    assert_eq!(file["keepsBack"], json!([]));
    assert_eq!(guarded.ask(&boss, "GET", "/v2/a/one/manifests/v1", b"").await.status, 200);
    let later = kit("later", b"later");
    let digest = later.manifest.digest().to_string();
    assert_eq!(place(&guarded, &boss, &digest).await["keepsBack"], json!([]));
    for bytes in later.layers.iter().chain([&later.config]) {
        guarded.push(&boss, "a/one", bytes).await;
    }
    assert_eq!(put(&guarded, &boss, "/v2/a/one/manifests/later", &later).await.status, 403);
    // Where it is of one repository, what is kept back is what was named.
    let path = "/api/v1/quarantine/a%2Fone/v1";
    let bearer = format!("Bearer {boss}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let placed = guarded.hub.client.send("PUT", path, &headers, br#"{"reason":"x"}"#).await;
    assert!(placed.status == 200 && placed.json()["keepsBack"].is_null());
}

#[tokio::test]
async fn what_holds_everywhere_is_listed_for_who_may_read_what_it_keeps_back() {
    let guarded = Guarded::start(false).await;
    let boss = guarded.token("boss", &["admin:*"]).await;
    let one = kit("one", POISON);
    guarded.push_kit(&boss, "a/one", "v1", &one).await;
    place(&guarded, &boss, &one.manifest.digest().to_string()).await;
    place(&guarded, &boss, &Digest::of(b"elsewhere").to_string()).await;
    for (scope, expected) in
        [("admin:*", 2), ("read:*", 2), ("read:a", 1), ("read:a/one", 1), ("admin:b", 0)]
    {
        let token = guarded.token("t", &[scope]).await;
        let listed = guarded.ask(&token, "GET", "/api/v1/quarantine", b"").await.json();
        assert_eq!(listed["quarantine"].as_array().unwrap().len(), expected, "{scope}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_about_what_is_attached_says_that_the_version_is_kept_back() {
    let home = tempfile::tempdir().unwrap();
    let (guarded, _index) = Guarded::looking(home.path()).await;
    let boss = guarded.token("boss", &["admin:*"]).await;
    let one = kit("one", POISON);
    guarded.push_kit(&boss, "a/one", "v1", &one).await;
    let layer = one.manifest.value().layers()[0].digest.to_string();
    place(&guarded, &boss, &layer).await;
    for page in ["", "/aibom", "/security", "/provenance", "/lineage", "/attached"] {
        let (status, text) = guarded.page(&boss, &format!("/kits/a%2Fone/v1{page}")).await;
        assert!(status == 200 && text.contains("Under quarantine"), "{page}: {status} {text}");
    }
    let (_, text) = guarded.page(&boss, "/kits/a%2Fone/v1/quarantine").await;
    assert!(text.contains(&format!("sealkit quarantine {layer} --lift")), "{text}");
}

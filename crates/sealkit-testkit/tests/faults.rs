//! Every fault does what it says, and nothing else.

#![allow(clippy::unwrap_used, reason = "helpers of tests unwrap as tests do")]

use std::time::{Duration, Instant};

use base64::Engine as _;
use sealkit_oci::Digest;
use sealkit_testkit::{Auth, Client, FaultSet, Kit, KitBuilder, TestRegistry};

struct Stage {
    registry: TestRegistry,
    client: Client,
    kit: Kit,
    blob: String,
}

async fn stage(fault: impl FnOnce(&mut FaultSet)) -> Stage {
    let registry = TestRegistry::start().await;
    let kit = KitBuilder::small("small").store(registry.repository("a").as_ref(), "v1").await;
    let blob = format!("/v2/a/blobs/{}", kit.manifest.value().layers()[0].digest);
    registry.faults().set(fault);
    let client = registry.client();
    Stage { registry, client, kit, blob }
}

impl Stage {
    fn content(&self) -> &[u8] {
        &self.kit.layers[0]
    }
}

#[tokio::test]
async fn without_faults_bytes_are_right_and_counted() {
    let stage = stage(|_| {}).await;
    let reply = stage.client.get(&stage.blob).await;
    assert_eq!((reply.body.as_slice(), reply.complete), (stage.content(), true));
    assert_eq!(stage.registry.blob_bytes_served(), stage.content().len() as u64);
    let seen = stage.registry.log().all();
    assert_eq!((seen.len(), seen[0].status, seen[0].path.as_str()), (1, 200, stage.blob.as_str()));
    stage.registry.log().clear();
    let path = format!("/v2/a/blobs/uploads/?digest={}", Digest::of(b"abc"));
    stage.client.send("POST", &path, &[("X-Note", "1")], b"abc").await;
    let seen = stage.registry.log().matching("POST", "/uploads");
    assert_eq!((seen[0].received, seen[0].header("x-note")), (3, Some("1")));
}

#[tokio::test]
async fn bytes_can_be_wrong_short_or_cut() {
    let stage = stage(|faults| faults.wrong_bytes = true).await;
    let reply = stage.client.get(&stage.blob).await;
    assert_eq!(reply.body.len(), stage.content().len());
    assert_ne!(reply.body[0], stage.content()[0]);
    assert_eq!(reply.body[1..], stage.content()[1..]);

    stage.registry.faults().set(|faults| {
        *faults = FaultSet { short_body: Some(100), ..FaultSet::default() };
    });
    let reply = stage.client.get(&stage.blob).await;
    assert_eq!(
        (reply.body.len(), reply.header("content-length"), reply.complete),
        (100, "100", true)
    );

    stage.registry.faults().set(|faults| {
        *faults = FaultSet { drop_after: Some(100), drops: Some(1), ..FaultSet::default() };
    });
    let reply = stage.client.get(&stage.blob).await;
    assert_eq!((reply.body.len(), reply.complete), (100, false));
    assert!(stage.client.get(&stage.blob).await.complete, "only one was to be cut");
}

#[tokio::test]
async fn bodies_can_be_slow() {
    let stage = stage(|faults| faults.bytes_per_second = Some(10_000)).await;
    let start = Instant::now();
    let reply = stage.client.get(&stage.blob).await;
    assert!(reply.complete);
    assert!(start.elapsed() >= Duration::from_millis(150), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_tag_moves_between_head_and_get() {
    let stage = stage(|_| {}).await;
    let other = KitBuilder::new("other").store(stage.registry.repository("a").as_ref(), "v2").await;
    let moved = ("v1".to_owned(), other.manifest.digest().clone());
    stage.registry.faults().set(|faults| faults.moved_tag = Some(moved));
    let head = stage.client.call("HEAD", "/v2/a/manifests/v1").await;
    assert_eq!(head.header("docker-content-digest"), stage.kit.manifest.digest().to_string());
    let get = stage.client.get("/v2/a/manifests/v1").await;
    assert_eq!(get.body, other.manifest.bytes());
}

#[tokio::test]
async fn refusals_are_as_many_as_asked() {
    let stage = stage(|faults| {
        faults.too_many_requests = 2;
        faults.retry_after = Some(7);
        faults.server_errors = 1;
    })
    .await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let reply = stage.client.get("/v2/").await;
        if reply.status == 429 {
            assert_eq!(reply.header("retry-after"), "7");
        }
        statuses.push(reply.status);
    }
    assert_eq!(statuses, [429, 429, 503, 200]);
}

#[tokio::test]
async fn apis_can_be_missing_or_endless() {
    let stage = stage(|faults| {
        faults.no_referrers = true;
        faults.no_range = true;
        faults.no_mounts = true;
    })
    .await;
    let referrers = format!("/v2/a/referrers/{}", stage.kit.manifest.digest());
    assert_eq!(stage.client.get(&referrers).await.status, 404);
    let reply = stage.client.send("GET", &stage.blob, &[("Range", "bytes=0-1")], b"").await;
    assert_eq!((reply.status, reply.header("accept-ranges")), (200, ""));
    let digest = &stage.kit.manifest.value().layers()[0].digest;
    let mount = format!("/v2/b/blobs/uploads/?mount={digest}&from=a");
    assert_eq!(stage.client.call("POST", &mount).await.status, 202);
    stage.registry.faults().set(|faults| {
        *faults = FaultSet { endless_pages: true, ..FaultSet::default() };
    });
    for path in ["/v2/a/tags/list?n=1&last=page", &referrers] {
        assert!(stage.client.get(path).await.header("link").contains("rel=\"next\""), "{path}");
    }
}

#[tokio::test]
async fn headers_can_lie() {
    let stage = stage(|faults| {
        faults.wrong_digest = true;
        faults.wrong_length = Some(5);
    })
    .await;
    let reply = stage.client.call("HEAD", "/v2/a/manifests/v1").await;
    assert_eq!(reply.header("docker-content-digest"), Digest::of(b"").to_string());
    assert_eq!(reply.header("content-length"), "5");
    assert_eq!(stage.client.get(&stage.blob).await.header("content-length"), "5");
}

#[tokio::test]
async fn basic_authentication_is_asked_for() {
    let auth = Auth::Basic { user: "u".into(), password: "p".into() };
    let stage = stage(|faults| faults.auth = auth).await;
    let refused = stage.client.get("/v2/").await;
    assert_eq!((refused.status, refused.error_code().as_str()), (401, "UNAUTHORIZED"));
    assert!(refused.header("www-authenticate").starts_with("Basic "));
    let header = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode("u:p"));
    let reply = stage.client.send("GET", "/v2/", &[("Authorization", &header)], b"").await;
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn tokens_reach_what_was_asked_for_and_wear_out() {
    let stage = stage(|faults| faults.auth = Auth::Token { login: None, uses: Some(2) }).await;
    let refused = stage.client.get("/v2/a/manifests/v1").await;
    let challenge = refused.header("www-authenticate").to_owned();
    assert!(challenge.contains("scope=\"repository:a:pull\""), "{challenge}");
    assert!(challenge.contains(&format!("realm=\"{}/token\"", stage.registry.url())));
    let token = async |scope: &str| {
        let reply = stage.client.get(&format!("/token?service=test&scope={scope}")).await;
        format!("Bearer {}", reply.json()["token"].as_str().unwrap())
    };
    let get = async |token: &str| {
        let headers = [("Authorization", token)];
        stage.client.send("GET", "/v2/a/manifests/v1", &headers, b"").await.status
    };
    let other = token("repository%3Ab%3Apull").await;
    assert_eq!(get(&other).await, 401);
    let right = token("repository:a:pull,push").await;
    assert_eq!([get(&right).await, get(&right).await, get(&right).await], [200, 200, 401]);
    let login = Some(("u".to_owned(), "p".to_owned()));
    stage.registry.faults().set(|faults| faults.auth = Auth::Token { login, uses: None });
    assert_eq!(stage.client.get("/token").await.status, 401);
}

#[tokio::test]
async fn blobs_can_live_elsewhere() {
    let stage = stage(|_| {}).await;
    let elsewhere = TestRegistry::over(stage.registry.namespace()).await;
    let to = elsewhere.url();
    stage.registry.faults().set(|faults| faults.redirect_blobs = Some(to.clone()));
    let reply = stage.client.get(&stage.blob).await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (307, format!("{to}{}", stage.blob).as_str())
    );
    assert_eq!(elsewhere.client().get(&stage.blob).await.body, stage.content());
    assert_eq!(elsewhere.log().all()[0].header("authorization"), None);
}

#[tokio::test]
async fn uploads_can_be_forgotten_cut_or_bounded() {
    let stage = stage(|faults| faults.min_chunk = Some(4)).await;
    let start = stage.client.call("POST", "/v2/a/blobs/uploads/").await;
    assert_eq!(start.header("oci-chunk-min-length"), "4");
    let location = start.header("location").to_owned();
    assert_eq!(stage.client.send("PATCH", &location, &[], b"abc").await.status, 400);
    stage.registry.faults().set(|faults| {
        *faults = FaultSet { short_accept: Some(2), ..FaultSet::default() };
    });
    let headers = [("Content-Range", "0-5")];
    let reply = stage.client.send("PATCH", &location, &headers, b"abcdef").await;
    assert_eq!((reply.status, reply.header("range")), (202, "0-1"));
    stage.registry.faults().set(|faults| faults.forget_uploads = 1);
    let reply = stage.client.send("PATCH", &location, &[], b"cd").await;
    assert_eq!((reply.status, reply.error_code().as_str()), (404, "BLOB_UPLOAD_UNKNOWN"));
    stage.registry.faults().clear();
    let reply = stage.client.send("PATCH", &location, &[], b"cd").await;
    assert_eq!(reply.header("range"), "0-3");
}

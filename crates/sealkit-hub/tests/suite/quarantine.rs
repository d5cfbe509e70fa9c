//! Quarantine from outside: what it refuses, what stays readable, and who may do it.

use std::sync::Arc;

use crate::common::TestHub;
use sealkit_hub::log::{Log, LoggedNames};
use sealkit_hub::{Access, Data, NewToken, Page, Quarantine, Storage, TokenKeys, Tokens};
use sealkit_oci::{Index, Target, media_type};
use sealkit_testkit::{Kit, KitBuilder, Reply};

/// A hub with tokens, a log, and a kit `org/kit:v1`.
struct Stage {
    hub: TestHub,
    storage: Storage,
    quarantine: Quarantine,
    kit: Kit,
    admin: String,
    reader: String,
    folder: tempfile::TempDir,
}

const WHY: &[u8] = br#"{"reason":"trained on leaked data"}"#;

impl Stage {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path()).unwrap();
        let tokens = Tokens::of(&storage).await.unwrap();
        let admin = token(&tokens, "boss", "admin:org").await;
        let reader = token(&tokens, "reader", "read:org").await;
        let (log, _) = Log::open_folder(&folder.path().join("log"), Some("hub.test")).unwrap();
        let log = Arc::new(log);
        let quarantine = Quarantine::of(&storage, Some(Arc::clone(&log))).await.unwrap();
        let names = LoggedNames::of_storage(&storage, Arc::clone(&log));
        let (given, sessions) = (quarantine.clone(), storage.sessions());
        let hub = TestHub::over(Arc::new(names), |options| {
            options.registry.sessions = sessions;
            let keys = Arc::new(TokenKeys::open(folder.path()).unwrap());
            options.access = Some(Access {
                tokens,
                keys,
                anonymous_read: false,
                address: None,
                limits: None,
                issuers: None,
            });
            options.quarantine = Some(given);
            options.log = Some(log);
            let folder = folder.path().to_owned();
            options.data = Some(Data { storage: storage.clone(), folder });
        });
        let hub = hub.await;
        let kit = KitBuilder::small("a").store(&*hub.repository("org/kit"), "v1").await;
        Self { hub, storage, quarantine, kit, admin, reader, folder }
    }

    async fn ask(&self, token: &str, method: &str, path: &str, body: &[u8]) -> Reply {
        let bearer = format!("Bearer {token}");
        let mut headers = vec![("Authorization", bearer.as_str())];
        if !body.is_empty() {
            headers.push(("Content-Type", "application/json"));
        }
        self.hub.client.send(method, path, &headers, body).await
    }

    async fn reads(&self, path: &str) -> Reply {
        self.ask(&self.reader, "GET", path, b"").await
    }

    async fn place(&self) {
        let path = "/api/v1/quarantine/org%2Fkit/v1";
        let placed = self.ask(&self.admin, "PUT", path, WHY).await;
        assert_eq!(placed.status, 200, "{}", String::from_utf8_lossy(&placed.body));
        assert_eq!(placed.json()["by"], "boss");
        assert_eq!(placed.json()["schemaVersion"], 1);
    }

    fn digest(&self) -> String {
        self.kit.manifest.digest().to_string()
    }

    fn layer(&self) -> String {
        self.kit.manifest.value().layers()[0].digest.to_string()
    }
}

async fn token(tokens: &Tokens, user: &str, scope: &str) -> String {
    let scopes = vec![scope.parse().unwrap()];
    let (user, name) = (user.to_owned(), "test".to_owned());
    tokens.add(NewToken { user, name, scopes, expires: None }).await.unwrap().0
}

#[tokio::test]
async fn pulls_and_files_are_refused_with_the_reason_until_it_is_lifted() {
    let stage = Stage::start().await;
    let (digest, layer) = (stage.digest(), stage.layer());
    let content = [
        "/v2/org/kit/manifests/v1".to_owned(),
        format!("/v2/org/kit/manifests/{digest}"),
        format!("/v2/org/kit/blobs/{layer}"),
        "/api/v1/kits/org%2Fkit/versions/v1/files".to_owned(),
        format!("/api/v1/kits/org%2Fkit/versions/{digest}/files/model.safetensors"),
        "/api/v1/compare?a=org/kit:v1&b=org/kit:v1".to_owned(),
        "/kits/org%2Fkit/v1/files".to_owned(),
        "/kits/org%2Fkit/v1/raw".to_owned(),
    ];
    for path in &content {
        assert_ne!(stage.reads(path).await.status, 403, "{path}");
    }
    stage.place().await;
    for path in &content {
        let refused = stage.reads(path).await;
        let text = String::from_utf8_lossy(&refused.body).into_owned();
        assert_eq!(refused.status, 403, "{path}: {text}");
        assert!(text.contains("trained on leaked data") && text.contains("since 20"), "{text}");
    }
    let manifest = stage.reads(&content[0]).await;
    assert_eq!(manifest.error_code(), "DENIED");
    assert_eq!(stage.ask(&stage.reader, "HEAD", &content[0], b"").await.status, 403);
    // The tag is kept, and so is what is attached.
    assert_eq!(stage.reads("/v2/org/kit/tags/list").await.json()["tags"][0], "v1");
    assert_eq!(stage.reads(&format!("/v2/org/kit/referrers/{digest}")).await.status, 200);
    assert_eq!(stage.reads("/kits/org%2Fkit/v1/attached").await.status, 200);
    let lifted = stage.ask(&stage.admin, "DELETE", "/api/v1/quarantine/org%2Fkit/v1", b"").await;
    assert_eq!(lifted.status, 204);
    for path in &content {
        assert_ne!(stage.reads(path).await.status, 403, "{path}");
    }
    let again = stage.ask(&stage.admin, "DELETE", "/api/v1/quarantine/org%2Fkit/v1", b"").await;
    assert_eq!(again.status, 404);
}

#[tokio::test]
async fn lists_and_pages_mark_it_without_what_its_author_wrote() {
    let stage = Stage::start().await;
    stage.place().await;
    let versions = stage.reads("/api/v1/kits/org%2Fkit/versions").await.json();
    assert_eq!(versions["versions"][0]["quarantine"]["reason"], "trained on leaked data");
    let detail = stage.reads("/api/v1/kits/org%2Fkit/versions/v1").await.json();
    assert_eq!(detail["quarantine"]["by"], "boss");
    assert!(detail["kitfile"].is_null(), "{detail}");
    for page in ["/kits/org%2Fkit", "/kits/org%2Fkit/v1"] {
        let page = stage.reads(page).await;
        let text = String::from_utf8_lossy(&page.body).to_lowercase();
        assert!(page.status == 200 && text.contains("under quarantine"), "{text}");
    }
    let list = stage.reads("/api/v1/quarantine").await.json();
    assert_eq!(list["quarantine"][0]["digest"], stage.digest());
    let one = stage.reads("/api/v1/quarantine/org%2Fkit/v1").await.json();
    assert_eq!(one["repository"], "org/kit");
}

#[tokio::test]
async fn only_who_administers_it_may_place_lift_or_read_all_the_same() {
    let stage = Stage::start().await;
    let path = "/api/v1/quarantine/org%2Fkit/v1";
    assert_eq!(stage.ask(&stage.reader, "PUT", path, WHY).await.status, 403);
    let everywhere = format!("/api/v1/quarantine/{}", stage.digest());
    assert_eq!(
        stage.ask(&stage.admin, "PUT", &everywhere, WHY).await.status,
        403,
        "of `org` alone"
    );
    stage.place().await;
    assert_eq!(stage.ask(&stage.reader, "DELETE", path, b"").await.status, 403);
    let manifest = "/v2/org/kit/manifests/v1";
    let anyway = async |token: &str| {
        let bearer = format!("Bearer {token}");
        let headers =
            [("Authorization", bearer.as_str()), ("SealKit-Insecure-Read-Quarantined", "yes")];
        stage.hub.client.send("GET", manifest, &headers, b"").await
    };
    assert_eq!(stage.ask(&stage.admin, "GET", manifest, b"").await.status, 403);
    let read = anyway(&stage.admin).await;
    assert_eq!(read.status, 200);
    assert!(
        read.header("warning").contains("trained on leaked data"),
        "{}",
        read.header("warning")
    );
    assert_eq!(anyway(&stage.reader).await.status, 403);
}

#[tokio::test]
async fn a_request_that_says_nothing_of_use_places_nothing() {
    let stage = Stage::start().await;
    let path = "/api/v1/quarantine/org%2Fkit/v1";
    for body in [
        &b"{}"[..],
        b"[",
        br#"{"reason":""}"#,
        br#"{"reason":"  "}"#,
        br#"{"reason":"a\nb"}"#,
        br#"{"reason":"\u001b[2J"}"#,
        br#"{"reason":"a","more":1}"#,
    ] {
        let refused = stage.ask(&stage.admin, "PUT", path, body).await;
        assert_eq!(refused.status, 400, "{}", String::from_utf8_lossy(body));
    }
    let long = format!(r#"{{"reason":"{}"}}"#, "x".repeat(2000));
    assert_eq!(stage.ask(&stage.admin, "PUT", path, long.as_bytes()).await.status, 400);
    let missing = "/api/v1/quarantine/org%2Fkit/v2";
    assert_eq!(stage.ask(&stage.admin, "PUT", missing, WHY).await.status, 404);
    assert!(stage.quarantine.list(&Page::default()).await.unwrap().is_empty());
    stage.place().await;
    let again = stage.ask(&stage.admin, "PUT", path, br#"{"reason":"other"}"#).await;
    assert_eq!(again.json()["reason"], "trained on leaked data", "the first one holds");
}

#[tokio::test]
async fn a_blob_that_a_good_version_has_too_stays_readable() {
    let stage = Stage::start().await;
    let repository = stage.hub.repository("org/kit");
    let other = KitBuilder::small("b").store(&*repository, "v2").await;
    let (mine, others) = (stage.kit.manifest.value(), other.manifest.value());
    let shared =
        mine.layers().iter().find(|one| others.layers().iter().any(|it| it.digest == one.digest));
    let shared = shared.unwrap().digest.clone();
    let own = mine.config.digest.clone();
    stage.place().await;
    assert_eq!(stage.reads(&format!("/v2/org/kit/blobs/{shared}")).await.status, 200);
    assert_eq!(stage.reads(&format!("/v2/org/kit/blobs/{own}")).await.status, 403);
    // Who pushes a mended version need not send what is here.
    let head = stage.ask(&stage.reader, "HEAD", &format!("/v2/org/kit/blobs/{own}"), b"").await;
    assert_eq!(head.status, 200);
    let mount = format!("/v2/org/other/blobs/uploads/?mount={own}&from=org/kit");
    assert_eq!(stage.ask(&stage.admin, "POST", &mount, b"").await.status, 202, "to be uploaded");
    repository.delete_manifest(&Target::Tag("v2".to_owned())).await.unwrap();
    let by_digest = Target::Digest(other.manifest.digest().clone());
    repository.delete_manifest(&by_digest).await.unwrap();
    assert_eq!(stage.reads(&format!("/v2/org/kit/blobs/{shared}")).await.status, 403);
}

#[tokio::test]
async fn no_other_tag_leads_to_it_and_another_digest_may_take_its_tag() {
    let stage = Stage::start().await;
    stage.place().await;
    let put = async |tag: &str, kit: &Kit| {
        let (bearer, path) =
            (format!("Bearer {}", stage.admin), format!("/v2/org/kit/manifests/{tag}"));
        let kind = kit.manifest.descriptor().media_type.clone();
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", &kind)];
        stage.hub.client.send("PUT", &path, &headers, kit.manifest.bytes()).await
    };
    let refused = put("v2", &stage.kit).await;
    assert_eq!((refused.status, refused.error_code().as_str()), (403, "DENIED"));
    assert_eq!(put("v1", &stage.kit).await.status, 201, "where it is already");
    let mended = KitBuilder::small("mended").store(&*stage.hub.repository("org/kit"), "tmp").await;
    assert_eq!(put("v1", &mended).await.status, 201);
    assert_eq!(stage.reads("/v2/org/kit/manifests/v1").await.status, 200);
    assert_eq!(stage.reads(&format!("/v2/org/kit/manifests/{}", stage.digest())).await.status, 403);
}

#[tokio::test]
async fn an_index_takes_along_what_only_it_holds() {
    let stage = Stage::start().await;
    let repository = stage.hub.repository("org/kit");
    let inner = KitBuilder::small("inner").store(&*repository, "inner").await;
    repository.delete_manifest(&Target::Tag("inner".to_owned())).await.unwrap();
    let kits = [&stage.kit, &inner].map(|kit| kit.manifest.descriptor().clone());
    let index = serde_json::json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": kits,
    });
    let index = serde_json::to_vec(&index).unwrap();
    let _: Index = serde_json::from_slice(&index).unwrap();
    repository.put_manifest(media_type::OCI_INDEX, index.into(), Some("all")).await.unwrap();
    let said = ("bad", "boss");
    stage.quarantine.place("org/kit", &Target::Tag("all".to_owned()), said).await.unwrap();
    let inner = inner.manifest.value().config.digest.clone();
    for (path, status) in [
        ("/v2/org/kit/manifests/all".to_owned(), 403),
        (format!("/v2/org/kit/blobs/{inner}"), 403),
        // It has a tag of its own.
        ("/v2/org/kit/manifests/v1".to_owned(), 200),
        (format!("/v2/org/kit/blobs/{}", stage.layer()), 200),
    ] {
        assert_eq!(stage.reads(&path).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn a_digest_alone_is_refused_in_every_repository() {
    let stage = Stage::start().await;
    let digest = stage.kit.manifest.digest().clone();
    stage.quarantine.place_everywhere(digest.clone(), ("bad", "boss")).await.unwrap();
    assert_eq!(stage.reads("/v2/org/kit/manifests/v1").await.status, 403);
    // A repository that gets it later too.
    let other = stage.hub.repository("org/later");
    KitBuilder::small("a").store(&*other, "v1").await;
    assert_eq!(stage.reads("/v2/org/later/manifests/v1").await.status, 403);
    assert!(
        !stage.quarantine.lift("org/kit", &Target::Digest(digest.clone()), "boss").await.unwrap()
    );
    assert!(stage.quarantine.lift_everywhere(digest, "boss").await.unwrap());
    assert_eq!(stage.reads("/v2/org/later/manifests/v1").await.status, 200);
}

#[tokio::test]
async fn each_act_is_kept_and_logged_also_what_another_process_did() {
    let stage = Stage::start().await;
    stage.place().await;
    // Another process: it has no log.
    let other = Quarantine::of(&stage.storage, None).await.unwrap();
    assert!(other.lift("org/kit", &Target::Tag("v1".to_owned()), "operator").await.unwrap());
    stage.quarantine.log_acts().await.unwrap();
    stage.quarantine.log_acts().await.unwrap();
    let path = format!("/api/v1/log/proof?digest={}", stage.digest());
    let proofs = stage.ask(&stage.admin, "GET", &path, b"").await.json();
    let entries: Vec<String> =
        proofs["proofs"].as_array().unwrap().iter().map(ToString::to_string).collect();
    let acts = |name: &str| {
        entries
            .iter()
            .filter(|entry| {
                let entry: serde_json::Value = serde_json::from_str(entry).unwrap();
                let leaf = entry["entry"].as_str().unwrap_or_default().to_owned();
                let leaf = sealkit_attest::base64::decode(&leaf, "entry").unwrap_or_default();
                String::from_utf8_lossy(&leaf).contains(&format!("\"{name}\""))
            })
            .count()
    };
    assert_eq!((acts("quarantine"), acts("quarantine-lifted")), (1, 1), "{entries:?}");
    // A restart finds the same.
    let after = Quarantine::of(&stage.storage, None).await.unwrap();
    assert!(after.list(&Page::default()).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_another_process_does_holds_from_the_next_request_on() {
    let stage = Stage::start().await;
    let pull =
        async || stage.ask(&stage.reader, "GET", "/v2/org/kit/manifests/v1", b"").await.status;
    let other = Storage::open(stage.folder.path()).unwrap();
    let others = Quarantine::of(&other, None).await.unwrap();
    let target = Target::Tag("v1".to_owned());
    for _ in 0..20 {
        assert_eq!((pull().await, pull().await), (200, 200));
        others.place("org/kit", &target, ("under inquiry", "operator")).await.unwrap();
        assert_eq!((pull().await, pull().await), (403, 403));
        assert!(others.lift("org/kit", &target, "operator").await.unwrap());
    }
}

//! The guard is asked before each act and can refuse it; the watch is told after it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use sealkit_oci::{Digest, media_type};
use sealkit_registry::{Act, Ask, Denial, Event, Guard, Leave, TagChange, Watch};
use sealkit_store::{Memory, Namespace};
use sealkit_testkit::{Client, Kit, KitBuilder, Reply, TestRegistry};

const OCI: (&str, &str) = ("Content-Type", media_type::OCI_MANIFEST);

type Answer = fn(&Ask<'_>) -> Result<Leave, Denial>;

/// Answers as it is told to, and writes down what it was asked and told.
struct Porter {
    answer: Answer,
    tag: fn(&TagChange<'_>) -> Result<Leave, Denial>,
    seen: Arc<Mutex<Vec<String>>>,
}

#[async_trait]
impl Guard for Porter {
    async fn ask(&self, ask: &Ask<'_>) -> Result<Leave, Denial> {
        let text = format!("ask {} {:?}", ask.repository.unwrap_or("-"), ask.act);
        self.seen.lock().unwrap().push(text);
        (self.answer)(ask)
    }

    async fn more(&self, repository: &str, bytes: u64) -> Result<(), Denial> {
        self.seen.lock().unwrap().push(format!("more {repository} {bytes}"));
        Ok(())
    }

    async fn tag(&self, _ask: &Ask<'_>, change: &TagChange<'_>) -> Result<Leave, Denial> {
        assert!(change.digest.matches(change.bytes));
        assert_eq!(change.media_type, media_type::OCI_MANIFEST);
        for (tag, old) in change.tags {
            let old = old.as_ref().map(ToString::to_string).unwrap_or_default();
            self.seen.lock().unwrap().push(format!("tag {tag} {old}>{}", change.digest));
        }
        (self.tag)(change)
    }

    async fn shows(&self, _ask: &Ask<'_>, repository: &str) -> bool {
        !repository.starts_with("secret/")
    }
}

struct Diary(Arc<Mutex<Vec<String>>>);

#[async_trait]
impl Watch for Diary {
    async fn done(&self, event: &Event<'_>) {
        let deed = format!("{:?}", event.deed);
        let deed = deed.split(['(', ' ']).next().unwrap_or_default().to_owned();
        self.0.lock().unwrap().push(format!("{} {deed} {}", event.actor, event.repository));
    }
}

struct Scene {
    registry: TestRegistry,
    client: Client,
    kit: Kit,
    seen: Arc<Mutex<Vec<String>>>,
    told: Arc<Mutex<Vec<String>>>,
}

impl Scene {
    async fn new(answer: Answer, tag: fn(&TagChange<'_>) -> Result<Leave, Denial>) -> Self {
        let (seen, told) =
            (Arc::<Mutex<Vec<String>>>::default(), Arc::<Mutex<Vec<String>>>::default());
        let porter = Porter { answer, tag, seen: Arc::clone(&seen) };
        let diary = Diary(Arc::clone(&told));
        let registry = TestRegistry::configured(Arc::new(Memory::new()), |options| {
            options.guard = Arc::new(porter);
            options.watch = Arc::new(diary);
        })
        .await;
        let repository = registry.repository("org/kit");
        let kit = KitBuilder::small("small").store(repository.as_ref(), "v1").await;
        let client = registry.client();
        Self { registry, client, kit, seen, told }
    }

    async fn put(&self, reference: impl std::fmt::Display) -> Reply {
        self.client.send("PUT", &at(reference), &[OCI], self.kit.manifest.bytes()).await
    }

    fn seen(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.told.lock().unwrap())
    }
}

fn at(reference: impl std::fmt::Display) -> String {
    format!("/v2/org/kit/manifests/{reference}")
}

#[allow(clippy::unnecessary_wraps, reason = "one of the answers that a guard may give")]
fn yes(_: &Ask<'_>) -> Result<Leave, Denial> {
    Ok(Leave { actor: "ann".into(), warnings: Vec::new() })
}

#[allow(clippy::unnecessary_wraps, reason = "one of the answers that a guard may give")]
fn any_tag(_: &TagChange<'_>) -> Result<Leave, Denial> {
    Ok(Leave::default())
}

fn no(_: &Ask<'_>) -> Result<Leave, Denial> {
    Err(Denial::Denied { reason: "not today".into() })
}

/// Every path of the protocol.
fn paths(scene: &Scene) -> Vec<String> {
    let digest = scene.kit.manifest.digest().to_string();
    ["/v2/", "/v2/_catalog", "/v2/_oci/ext/discover", "/v2/org/kit/_oci/ext/discover"]
        .map(str::to_owned)
        .into_iter()
        .chain(
            ["tags/list", "blobs/uploads/", "blobs/uploads/x", "manifests/v1"]
                .map(|rest| format!("/v2/org/kit/{rest}")),
        )
        .chain(
            ["blobs", "manifests", "referrers"].map(|kind| format!("/v2/org/kit/{kind}/{digest}")),
        )
        .collect()
}

#[tokio::test]
async fn nothing_goes_unasked() {
    let scene = Scene::new(no, any_tag).await;
    for path in paths(&scene) {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"] {
            let reply = scene.client.call(method, &path).await;
            assert_eq!(reply.status, 403, "{method} {path}");
            assert_eq!(scene.seen().len(), 1, "{method} {path}");
            if method == "GET" {
                assert_eq!(reply.error_code(), "DENIED");
                assert_eq!(reply.json()["errors"][0]["message"], "not today");
            }
        }
    }
    assert!(scene.told().is_empty());
    let kept = scene.registry.repository("org/kit").tags(&sealkit_store::Page::default()).await;
    assert_eq!(kept.unwrap(), ["v1"]);
}

#[tokio::test]
async fn a_body_of_unknown_length_is_asked_about_while_it_comes() {
    let scene = Scene::new(yes, any_tag).await;
    let content = vec![5; 9 << 20];
    let path = format!("/v2/org/kit/blobs/uploads/?digest={}", Digest::of(&content));
    assert_eq!(scene.client.send("POST", &path, &[], &content).await.status, 201);
    assert_eq!(scene.seen(), ["ask org/kit PushBlob"], "its length was told");
    let mut body = format!("{:x}\r\n", content.len()).into_bytes();
    body.extend(&content);
    body.extend(b"\r\n0\r\n\r\n");
    let chunked = [("Transfer-Encoding", "chunked")];
    let begun = scene.client.call("POST", "/v2/org/kit/blobs/uploads/").await;
    for (method, path) in [("POST", path.as_str()), ("PATCH", begun.header("location"))] {
        scene.seen();
        let sent = scene.client.send(method, path, &chunked, &body).await;
        assert!([201, 202].contains(&sent.status), "{method}: {}", sent.status);
        let seen = scene.seen();
        let more = seen.iter().filter_map(|line| line.strip_prefix("more org/kit ")?.parse().ok());
        let more: Vec<usize> = more.collect();
        assert_eq!(more.iter().sum::<usize>(), content.len(), "{method}: {more:?}");
        // For each step.
        assert!(more.len() >= content.len() >> 20, "{method}: {more:?}");
        assert!(more.iter().all(|bytes| (1..=1 << 20).contains(bytes)), "{more:?}");
    }
}

#[tokio::test]
async fn each_denial_has_its_status_and_headers() {
    let challenge = Scene::new(
        |_| {
            let challenge = r#"Basic realm="hub""#.to_owned();
            Err(Denial::Unauthorized { challenge, reason: "who are you?".into() })
        },
        any_tag,
    )
    .await;
    let reply = challenge.client.get("/v2/").await;
    assert_eq!((reply.status, reply.error_code().as_str()), (401, "UNAUTHORIZED"));
    assert_eq!(reply.header("www-authenticate"), r#"Basic realm="hub""#);

    let hidden = Scene::new(|_| Err(Denial::Hidden), any_tag).await;
    let there = hidden.client.get("/v2/org/kit/tags/list").await;
    let absent = hidden.client.get("/v2/org/none/tags/list").await;
    assert_eq!((there.status, there.error_code().as_str()), (404, "NAME_UNKNOWN"));
    assert_eq!((there.status, there.body), (absent.status, absent.body));

    let busy = Scene::new(
        |_| {
            Err(Denial::TooMany {
                retry_after: Duration::from_millis(10),
                reason: "slow down".into(),
            })
        },
        any_tag,
    )
    .await;
    let reply = busy.client.get("/v2/").await;
    assert_eq!((reply.status, reply.error_code().as_str()), (429, "TOOMANYREQUESTS"));
    assert_eq!(reply.header("retry-after"), "1");
}

#[tokio::test]
async fn a_challenge_that_is_no_header_is_left_out_and_the_act_stays_refused() {
    let scene = Scene::new(
        |_| Err(Denial::Unauthorized { challenge: "a\r\nX-Evil: 1".into(), reason: String::new() }),
        any_tag,
    )
    .await;
    let reply = scene.client.get("/v2/").await;
    assert_eq!((reply.status, reply.header("www-authenticate")), (401, ""));
    assert_eq!(reply.header("x-evil"), "");
}

#[tokio::test]
async fn tags_are_judged_with_old_and_new_digest_before_they_move() {
    let scene = Scene::new(yes, any_tag).await;
    let old = scene.kit.manifest.digest().clone();
    let mut manifest = scene.kit.manifest.value().clone();
    manifest.annotations.insert("changed".into(), "yes".into());
    let bytes = serde_json::to_vec(&manifest).unwrap();
    let new = Digest::of(&bytes);
    let path = format!("{}?tag=v1&tag=new", at(&new));
    assert_eq!(scene.client.send("PUT", &path, &[OCI], &bytes).await.status, 201);
    let asked = scene.seen().split_off(1);
    assert_eq!(asked, [format!("tag v1 {old}>{new}"), format!("tag new >{new}")]);
    assert_eq!(scene.told(), ["ann PushedManifest org/kit"]);
}

#[tokio::test]
async fn a_refused_tag_stays_where_it_is_and_nothing_is_stored() {
    let scene = Scene::new(yes, |_| Err(Denial::Denied { reason: "no signature".into() })).await;
    let mut manifest = scene.kit.manifest.value().clone();
    manifest.annotations.insert("changed".into(), "yes".into());
    let bytes = serde_json::to_vec(&manifest).unwrap();
    let new = Digest::of(&bytes);
    let refused = scene.client.send("PUT", &at("v1"), &[OCI], &bytes).await;
    assert_eq!((refused.status, refused.error_code().as_str()), (403, "DENIED"));
    assert_eq!(refused.json()["errors"][0]["message"], "no signature");
    assert_eq!(scene.client.get(&at(&new)).await.status, 404);
    let v1 = scene.client.get(&at("v1")).await;
    assert_eq!(v1.body, scene.kit.manifest.bytes());
    // Unlisted, under its digest, it may be there: signatures come after it and the tag last.
    let unlisted = scene.client.send("PUT", &at(&new), &[OCI], &bytes).await;
    assert_eq!(unlisted.status, 201);
    assert_eq!(scene.client.get(&at(&new)).await.body, bytes);
}

#[tokio::test]
async fn warnings_of_both_questions_reach_the_client_also_with_errors() {
    let scene = Scene::new(
        |_| Ok(Leave { actor: String::new(), warnings: vec!["nearly full".into()] }),
        |_| Ok(Leave { actor: String::new(), warnings: vec!["not signed".into()] }),
    )
    .await;
    let reply = scene.put("v2").await;
    let warnings: Vec<_> =
        reply.headers.get_all("warning").iter().map(|w| w.to_str().unwrap()).collect();
    assert_eq!(reply.status, 201);
    assert_eq!(warnings.len(), 2);
    assert!(
        warnings.contains(&r#"299 - "nearly full""#) && warnings.contains(&r#"299 - "not signed""#)
    );
    let absent = scene.client.get(&at("none")).await;
    assert_eq!((absent.status, absent.header("warning")), (404, r#"299 - "nearly full""#));
}

#[tokio::test]
async fn a_refused_mount_looks_like_an_absent_blob() {
    let scene = Scene::new(
        |ask| match ask.act {
            Act::Mount { from: Some("org/kit"), .. } => Err(Denial::Hidden),
            _ => yes(ask),
        },
        any_tag,
    )
    .await;
    let there = &scene.kit.manifest.value().layers.as_ref().unwrap()[0].digest;
    let post = async |digest: &Digest, from: &str| {
        let path = format!("/v2/org/other/blobs/uploads/?mount={digest}&from={from}");
        scene.client.call("POST", &path).await
    };
    let refused = post(there, "org/kit").await;
    let absent = post(&Digest::of(b"absent"), "org/third").await;
    assert_eq!((refused.status, absent.status), (202, 202));
    assert!(scene.told().is_empty());
    let names = |reply: &Reply| reply.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&refused), names(&absent));
}

#[tokio::test]
async fn an_allowed_mount_is_told() {
    let scene = Scene::new(yes, any_tag).await;
    let there = &scene.kit.manifest.value().layers.as_ref().unwrap()[0].digest;
    let path = format!("/v2/org/other/blobs/uploads/?mount={there}&from=org/kit");
    assert_eq!(scene.client.call("POST", &path).await.status, 201);
    assert_eq!(scene.told(), ["ann MountedBlob org/other"]);
}

#[tokio::test]
async fn the_catalogue_hides_what_the_guard_hides_and_names_it_in_no_link() {
    let scene = Scene::new(yes, any_tag).await;
    let namespace: Arc<dyn Namespace> = scene.registry.namespace();
    for name in ["a", "secret/a", "secret/b", "secret/c", "z"] {
        let repository = namespace.repository(name).unwrap();
        KitBuilder::small("small").store(repository.as_ref(), "v1").await;
    }
    let all = scene.client.get("/v2/_catalog").await;
    assert_eq!(all.json()["repositories"], serde_json::json!(["a", "org/kit", "z"]));
    let mut path = "/v2/_catalog?n=1".to_owned();
    let mut found = Vec::new();
    for _ in 0..10 {
        let reply = scene.client.get(&path).await;
        let link = reply.header("link").to_owned();
        assert!(!link.contains("secret"), "{link}");
        found.push(reply.json()["repositories"][0].as_str().unwrap_or_default().to_owned());
        match link.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
            Some((next, _)) => next.clone_into(&mut path),
            None => break,
        }
    }
    assert_eq!(found, ["a", "org/kit", "z"]);
}

#[tokio::test]
async fn each_deed_is_told_once_with_who_did_it_and_failures_are_not() {
    let scene = Scene::new(yes, any_tag).await;
    let blob = Digest::of(b"blob");
    let upload = format!("/v2/org/kit/blobs/uploads/?digest={blob}");
    assert_eq!(scene.client.send("POST", &upload, &[], b"blob").await.status, 201);
    let wrong = format!("/v2/org/kit/blobs/uploads/?digest={}", Digest::of(b"other"));
    assert_eq!(scene.client.send("POST", &wrong, &[], b"blob").await.status, 400);
    let session = scene.client.call("POST", "/v2/org/kit/blobs/uploads/").await;
    let place = format!("{}?digest={blob}", session.header("location"));
    assert_eq!(scene.client.send("PUT", &place, &[], b"blob").await.status, 201);
    let path = format!("/v2/org/kit/blobs/{blob}");
    assert_eq!(scene.client.get(&path).await.body, b"blob");
    scene.client.call("HEAD", &path).await;
    assert_eq!(scene.client.call("DELETE", &path).await.status, 202);
    assert_eq!(scene.client.call("DELETE", &path).await.status, 404);
    scene.client.get(&at("v1")).await;
    scene.client.get(&at("none")).await;
    scene.client.call("DELETE", &at("v1")).await;
    let expected = [
        "PushedBlob",
        "PushedBlob",
        "PulledBlob",
        "DeletedBlob",
        "PulledManifest",
        "DeletedManifest",
    ];
    assert_eq!(scene.told(), expected.map(|deed| format!("ann {deed} org/kit")));
}

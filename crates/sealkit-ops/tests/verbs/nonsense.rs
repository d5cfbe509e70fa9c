//! Hubs that answer nonsense to whoever asks more of them than kits.

use std::time::{Duration, Instant};

use sealkit_ops::advisory::{Concern, advised_kits, select_hub};
use sealkit_ops::catalog::{impact_hub, search_hub};
use sealkit_ops::health::{Health, hub_health};
use sealkit_ops::log::{LogRequest, monitor, verify};
use sealkit_ops::policy::{self, try_at_hub};
use sealkit_ops::quarantine::{QuarantineTarget, lift, place};
use sealkit_report::Verdict;
use sealkit_testkit::{Instead, TestRegistry};

use crate::common::{Stage, says, whole};

/// What is answered in place of every document of a hub: status and body.
fn nonsense() -> Vec<(u16, Vec<u8>)> {
    let page = b"<!doctype html><title>\x1b[2J</title>".to_vec();
    vec![
        (200, page.clone()),
        (200, Vec::new()),
        (200, b"null".to_vec()),
        (200, b"[]".to_vec()),
        (200, b"{}".to_vec()),
        (200, b"{\"schemaVersion\":1}".to_vec()),
        (200, b"\xff\xfe\x00".to_vec()),
        (200, "[".repeat(100_000).into_bytes()),
        (204, Vec::new()),
        (301, Vec::new()),
        (400, page.clone()),
        (403, page.clone()),
        (404, page.clone()),
        (418, page.clone()),
        (500, page.clone()),
        (503, page),
    ]
}

const PATHS: &[&str] = &[
    "/api/v1/advisories",
    "/api/v1/search",
    "/api/v1/impact",
    "/api/v1/policy/trial",
    "/api/v1/log",
    "/log/checkpoint",
    "/readyz",
    "/v1",
];

fn answer(registry: &TestRegistry, status: u16, body: &[u8]) {
    registry.faults().clear();
    registry.faults().set(|faults| {
        for path in PATHS {
            let mut one = Instead::bytes(*path, "application/json", body);
            one.status = status;
            faults.instead.push(one);
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_an_error_that_names_the_hub_and_never_an_answer() {
    let (stage, registry) = (Stage::new(), TestRegistry::start().await);
    let (context, hub) = (&stage.context, registry.host());
    let target = QuarantineTarget::parse(&format!("{hub}/org/kit:v1"), None).unwrap();
    let concerns = [Concern::dataset("corpus")];
    let search = sealkit_catalog::Search { text: "a".to_owned(), ..Default::default() };
    let question = "dataset:corpus".parse().unwrap();
    let log = LogRequest { hub: hub.clone(), key: None, accept_new_key: true };
    let policy = stage.write("policy.yaml", policy::starter());
    for (status, body) in nonsense() {
        answer(&registry, status, &body);
        let start = Instant::now();
        let shown = String::from_utf8_lossy(&body).chars().take(20).collect::<String>();
        let errors = [
            ("advisories", advised_kits(context, &hub).await.err()),
            ("select", select_hub(context, &hub, &concerns, true).await.err()),
            ("search", search_hub(context, &hub, &search).await.err()),
            ("impact", impact_hub(context, &hub, &question).await.err()),
            ("place", place(context, &target, "why").await.err()),
            ("trial", try_at_hub(context, &policy, &hub, (None, false)).await.err()),
        ];
        for (verb, error) in errors {
            let error = error.unwrap_or_else(|| panic!("{verb} of {status} {shown}"));
            let text = whole(&error);
            assert!(text.contains(&hub), "{verb} of {status} {shown}: {text}");
            assert!(!text.contains('\u{1b}') && text.len() < 500, "{verb} of {status}: {text}");
        }
        // A log that is none is an error or a report that does not say yes; nothing is pinned.
        for (verb, verdict) in [
            ("log", verify(context, &log).await.map(|found| found.report.verdict())),
            (
                "monitor",
                monitor(context, &log, None).await.map(|found| found.verification.report.verdict()),
            ),
        ] {
            assert_ne!(verdict.unwrap_or(Verdict::No), Verdict::Yes, "{verb} of {status} {shown}");
        }
        assert!(!stage.context.home.dir().join("seen.json").exists(), "{status} {shown}");
        assert!(start.elapsed() < Duration::from_secs(30), "{status} {shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_hub_that_says_so_wholly_is_ready() {
    let (stage, registry) = (Stage::new(), TestRegistry::start().await);
    let ask = |patience| {
        let (options, url) = (stage.context.client.options().clone(), registry.url());
        async move { hub_health(options, &url, patience).await }
    };
    for (status, body) in nonsense() {
        answer(&registry, status, &body);
        let said = ask(Duration::from_secs(5)).await;
        assert_ne!(said.ok(), Some(Health::Ready), "{status}");
    }
    let yes = br#"{"ready":true,"draining":false,"database":true,"folder":true}"#;
    answer(&registry, 200, yes);
    assert_eq!(ask(Duration::from_secs(5)).await.unwrap(), Health::Ready);
    answer(&registry, 503, yes);
    assert!(matches!(ask(Duration::from_secs(5)).await.unwrap(), Health::NotReady(_)));
    let options = stage.context.client.options().clone();
    for address in ["", "nonsense", "127.0.0.1", "http://", "mailto:a@b.example"] {
        let said = hub_health(options.clone(), address, Duration::from_secs(5)).await;
        says(said, "no-hub", &["no address of a hub"], "http://127.0.0.1:5000");
    }
    let secret = "ftp://me:canary@127.0.0.1:1/?canary";
    let said = hub_health(options.clone(), secret, Duration::from_secs(5)).await;
    assert!(!whole(&said.unwrap_err()).contains("canary"));
    // Nobody listens.
    let said = hub_health(options, "http://127.0.0.1:1", Duration::from_secs(5)).await;
    says(said, "connect", &["127.0.0.1:1"], "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_in_the_address_of_a_hub_is_not_repeated() {
    let (stage, registry) = (Stage::new(), TestRegistry::start().await);
    for body in [&b"<html>"[..], b"{}"] {
        answer(&registry, 200, body);
        let hub = format!("http://me:canary@{}/", registry.host());
        let question = "dataset:corpus".parse().unwrap();
        let target = QuarantineTarget::parse("org/kit:v1", Some(&hub)).unwrap();
        let errors = [
            advised_kits(&stage.context, &hub).await.err(),
            impact_hub(&stage.context, &hub, &question).await.err(),
            place(&stage.context, &target, "why").await.err(),
        ];
        for error in errors {
            let text = whole(&error.unwrap());
            assert!(text.contains(&registry.host()) && !text.contains("canary"), "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_without_end_is_cut_and_told() {
    let (stage, registry) = (Stage::new(), TestRegistry::start().await);
    let kit = sealkit_oci::Digest::of(b"kit");
    let endless = serde_json::json!({
        "schemaVersion": 1, "next": "again",
        "advisories": [{ "repository": "org/kit", "kit": kit, "digest": kit, "attached": "" }],
    });
    answer(&registry, 200, endless.to_string().as_bytes());
    let start = Instant::now();
    let (kits, more) = advised_kits(&stage.context, &registry.host()).await.unwrap();
    assert!(more, "the end was not seen");
    let names: Vec<_> = kits.iter().map(ToString::to_string).collect();
    assert_eq!(names, [format!("{}/org/kit@{kit}", registry.host())]);
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_that_leads_on_without_an_answer_ends_and_says_that_there_is_more() {
    let (stage, registry) = (Stage::new(), TestRegistry::start().await);
    let policy = stage.write("policy.yaml", policy::starter());
    let digest = sealkit_oci::Digest::of(b"x");
    let mut endless = serde_json::json!({
        "schemaVersion": 1, "name": "x", "policy": digest, "versions": [], "waiting": 0, "next": "1",
    });
    answer(&registry, 200, endless.to_string().as_bytes());
    let found = try_at_hub(&stage.context, &policy, &registry.host(), (None, false)).await.unwrap();
    assert_eq!((found.versions.len(), found.next.as_deref()), (0, Some("1")));
    let asked = || registry.log().matching("POST", "/policy/trial").len();
    assert_eq!(asked(), 1, "it is not asked on");
    // Nor one that leads to where it was.
    endless["versions"] = serde_json::json!([
        { "repository": "a", "digest": digest, "tags": [], "allowed": true, "allowedNow": true }
    ]);
    answer(&registry, 200, endless.to_string().as_bytes());
    let found = try_at_hub(&stage.context, &policy, &registry.host(), (None, false)).await.unwrap();
    assert_eq!((found.versions.len(), found.next.as_deref()), (2, Some("1")));
    assert_eq!(asked(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quarantine_is_only_lifted_where_the_hub_says_so() {
    let (stage, registry) = (Stage::new(), TestRegistry::start().await);
    let target = QuarantineTarget::parse(&format!("{}/org/kit:v1", registry.host()), None).unwrap();
    for (status, expected) in
        [(204, Some(true)), (404, Some(false)), (403, None), (500, None), (401, None)]
    {
        answer(&registry, status, b"");
        let said = lift(&stage.context, &target).await;
        match (expected, said) {
            (Some(expected), Ok(said)) => assert_eq!(said, expected, "{status}"),
            (None, Err(error)) => assert!(whole(&error).contains(&registry.host()), "{error}"),
            (_, said) => panic!("{status}: {said:?}"),
        }
    }
}

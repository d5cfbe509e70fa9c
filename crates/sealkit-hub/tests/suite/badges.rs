//! Badges: one fact each, also on pages elsewhere, and nobody's token used for it.

use crate::common::guarded::Guarded;
use crate::common::trusting::{Trusting, advisory, signature};
use crate::common::whole::Whole;
use sealkit_api::Signer;
use sealkit_attest::{AdvisoryState, CosignSign, KitSeal, Predicate as _, oms};
use sealkit_ops::Home;
use sealkit_ops::catalog::index::SIGNATURES;
use sealkit_ops::trust::{self, Role};
use sealkit_testkit::{KitBuilder, Reply};

const VERSION: &str = "/api/v1/kits/org%2Fkit/versions/v1";
const ELSEWHERE: (&str, &str) = ("Sec-Fetch-Site", "cross-site");

fn svg(reply: &Reply) -> String {
    let text = String::from_utf8(reply.body.clone()).unwrap();
    assert_eq!(reply.status, 200, "{text}");
    assert_eq!(reply.header("content-type"), "image/svg+xml; charset=utf-8");
    let policy = reply.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("sandbox"), "{policy}");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert!(!text.contains("<script") && !text.contains("href"), "{text}");
    text
}

#[tokio::test]
async fn each_badge_says_what_the_hub_knows_and_what_that_means() {
    let whole = Whole::start().await;
    let badge = async |of: &str| {
        svg(&whole.ask("GET", &format!("{VERSION}/badge.svg?of={of}"), &[], b"").await)
    };
    assert!(badge("licence").await.contains("aria-label=\"licence: MIT\""));
    assert!(badge("licence").await.contains("Its files say so. Nobody checked it."));
    assert!(badge("signature").await.contains("signature: – of nobody known"));
    let aibom = badge("aibom").await;
    assert!(aibom.contains("AIBOM: ✓ CycloneDX"), "the hub made and signed one: {aibom}");
    assert!(badge("size").await.contains("aria-label=\"size: "));
    for wrong in ["", "?of=", "?of=stars", "?of=size&of=size"] {
        let reply = whole.ask("GET", &format!("{VERSION}/badge.svg{wrong}"), &[], b"").await;
        assert_eq!(reply.status, 400, "{wrong}");
    }
    let path = format!("{VERSION}/badge.svg?of=size");
    let tag = whole.ask("GET", &path, &[], b"").await.header("etag").to_owned();
    let again = whole.ask("GET", &path, &[("If-None-Match", &tag)], b"").await;
    assert_eq!(again.status, 304);
    let why = br#"{"reason":"leaked"}"#;
    let json = [("content-type", "application/json")];
    let placed = whole.ask("PUT", "/api/v1/quarantine/org%2Fkit/v1", &json, why).await;
    assert_eq!(placed.status, 200);
    assert!(badge("licence").await.contains("licence: ✗ under quarantine"));
}

#[tokio::test]
async fn the_overview_shows_them_with_lines_to_copy() {
    let whole = Whole::start().await;
    let html = [("accept", "text/html")];
    let page = whole.ask("GET", "/kits/org%2Fkit/v1", &html, b"").await;
    let page = String::from_utf8(page.body).unwrap();
    let badge = format!("{VERSION}/badge.svg?of=licence");
    assert!(page.contains(&format!("<img class=\"badge\" src=\"{badge}\"")), "{page}");
    let line =
        format!("[![licence](http://{0}{badge})](http://{0}/kits/org%2Fkit/v1)", whole.hub.addr);
    assert!(page.contains(&line), "{page}");
}

#[tokio::test]
async fn a_page_elsewhere_is_shown_what_anyone_may_read() {
    let open = Guarded::start(true).await;
    KitBuilder::small("one").store(&*open.hub.repository("org/kit"), "v1").await;
    let path = format!("{VERSION}/badge.svg?of=size");
    let shown = open.hub.client.send("GET", &path, &[ELSEWHERE], b"").await;
    svg(&shown);
    assert_eq!(shown.header("cross-origin-resource-policy"), "cross-origin");
    let own = open.hub.client.get(&path).await;
    assert_eq!(own.header("cross-origin-resource-policy"), "same-origin");
    // And nothing but badges.
    for other in [VERSION.to_owned(), format!("{VERSION}/files"), "/".to_owned()] {
        let refused = open.hub.client.send("GET", &other, &[ELSEWHERE], b"").await;
        assert_eq!(refused.status, 403, "{other}");
    }
    let wrong = open.hub.client.send("POST", &path, &[ELSEWHERE], b"").await;
    assert_eq!(wrong.status, 403);
}

#[tokio::test]
async fn a_page_elsewhere_learns_nothing_by_the_token_that_a_browser_sends() {
    let guarded = Guarded::start(false).await;
    let reader = guarded.token("reader", &["read:org"]).await;
    KitBuilder::small("one").store(&*guarded.hub.repository("org/kit"), "v1").await;
    let bearer = format!("Bearer {reader}");
    let token = ("Authorization", bearer.as_str());
    let path = format!("{VERSION}/badge.svg?of=size");
    svg(&guarded.hub.client.send("GET", &path, &[token], b"").await);
    let none = path.replace("kit/", "none/");
    for path in [&path, &none] {
        for from in ["cross-site", "same-site"] {
            let headers = [token, ("Sec-Fetch-Site", from)];
            let refused = guarded.hub.client.send("GET", path, &headers, b"").await;
            assert_eq!(refused.status, 401, "{path}");
            assert_eq!(refused.header("www-authenticate"), "", "nobody is asked for a token");
        }
    }
}

/// What the badge, the search and the facet say of who signed `org/kit:v1`.
async fn signers(hub: &Trusting) -> (String, String, Vec<String>) {
    let badge = svg(&hub.hub.client.get(&format!("{VERSION}/badge.svg?of=signature")).await);
    let label = badge.split("aria-label=\"").nth(1).and_then(|rest| rest.split('"').next());
    let found = hub.json("/api/v1/search?q=kit").await;
    let facets = found["facets"].as_array().unwrap().iter().filter(|one| one["facet"] == "signer");
    let facets = facets.map(|one| one["value"].as_str().unwrap().to_owned()).collect();
    (label.unwrap().to_owned(), found["hits"][0]["signers"].to_string(), facets)
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_a_signer_but_whose_signature_was_verified() {
    let builder = KitBuilder::small("one");
    let hub = Trusting::start().await;
    let kit = hub.push("org/kit", "v1", &builder).await;
    let again = async || {
        hub.push("org/kit", "v1", &builder).await;
        hub.index.settled().await.unwrap();
        signers(&hub).await
    };
    let nobody = ("signature: – of nobody known".into(), "[]".into(), vec!["nobody".into()]);
    assert_eq!(again().await, nobody);
    // Who says that nobody may use it has not signed it.
    let warning = advisory("leak", AdvisoryState::Affected, "leaked", 1_600_000_000);
    hub.state("org/kit", &kit, &hub.ada, &warning).await;
    assert_eq!(again().await, nobody);
    // Nor has a stranger who claims so.
    let mut entry = hub.index.catalog().entry("org/kit", kit.manifest.digest()).unwrap().unwrap();
    assert_eq!(entry.signers.len(), 1, "the advisory is known: {:?}", entry.signers);
    let (name, statement) = ("SHA256:0000".to_owned(), CosignSign::TYPE.to_owned());
    entry.signers.push(Signer { name, statement, verified: false });
    hub.index.catalog().put(&entry).unwrap();
    assert_eq!(signers(&hub).await, nobody);
    hub.state("org/kit", &kit, &hub.ada, &signature()).await;
    let ada = ("signed: ✓ Ada".into(), "[\"Ada\"]".into(), vec!["Ada".into()]);
    assert_eq!(again().await, ada);
}

#[tokio::test(flavor = "multi_thread")]
async fn marks_follow_the_trust_file_without_anything_being_pushed() {
    let hub = Trusting::without_trust().await;
    let builder = KitBuilder::small("one");
    let kit = builder.build();
    kit.store(hub.hub.repository("org/kit").as_ref(), None).await;
    hub.state("org/kit", &kit, &hub.ada, &signature()).await;
    hub.push("org/kit", "v1", &builder).await;
    hub.index.settled().await.unwrap();
    let becomes = async |expected: &str| {
        for _ in 0..200 {
            if signers(&hub).await.1 == expected {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("{expected}: {:?}", signers(&hub).await);
    };
    becomes("[]").await;
    hub.trust(&hub.ada, "Ada", Role::Signer);
    becomes("[\"Ada\"]").await;
    trust::remove(&Home::new(hub.dir.path()), "Ada").unwrap();
    becomes("[]").await;
}

#[test]
fn signatures_are_those_that_verify_counts() {
    assert_eq!(SIGNATURES, [CosignSign::TYPE, KitSeal::TYPE, oms::PREDICATE_TYPE]);
}

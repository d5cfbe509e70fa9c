//! Badges: one fact each, also on pages elsewhere, and nobody's token used for it.

use crate::common::guarded::Guarded;
use crate::common::whole::Whole;
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

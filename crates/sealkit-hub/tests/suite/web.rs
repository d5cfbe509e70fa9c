//! The web pages, as a browser without scripts gets them.

use std::collections::{BTreeSet, VecDeque};

use crate::common::TestHub;
use sealkit_oci::media_type;
use sealkit_testkit::{KitBuilder, Reply};

const HOSTILE: &str = "<img src=x onerror=alert(1)>\"'&\u{202e}";

async fn page(hub: &TestHub, path: &str) -> String {
    let reply = hub.client.get(path).await;
    let text = String::from_utf8(reply.body.clone()).unwrap();
    assert_eq!(reply.status, 200, "{path}: {text}");
    is_own_page(&reply, path);
    text
}

/// Its headers, and that nothing in it needs a policy that is less strict.
fn is_own_page(reply: &Reply, path: &str) {
    let policy = reply.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self';"),
        "{path}"
    );
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"));
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
    let text = String::from_utf8_lossy(&reply.body);
    assert!(!text.contains("<style") && !text.contains(" style="), "{path}: inline style");
    assert_eq!(text.matches("<script").count(), 1, "{path}");
    assert!(text.contains("<script src=\"/assets/hub.js\"></script>"), "{path}");
    assert_eq!(text.matches("<h1").count(), 1, "{path}: one heading of the first order");
    assert!(!text.contains("=\"http") && !text.contains("=\"//"), "{path}: a foreign request");
}

/// The values of every `href` and `action`, unescaped.
fn links(html: &str) -> Vec<String> {
    let found = ["href=\"", "action=\""].into_iter().flat_map(|name| html.split(name).skip(1));
    let values = found.filter_map(|rest| rest.split('"').next());
    values.map(|link| link.replace("&amp;", "&")).collect()
}

async fn filled() -> TestHub {
    let hub = TestHub::start().await;
    let (one, two) =
        (KitBuilder::small("one"), KitBuilder::small("two").model("w.bin", b"weights"));
    let first = one.store(hub.repository("org/kit").as_ref(), "v1").await;
    first.store_table(hub.repository("org/kit").as_ref()).await;
    two.store(hub.repository("org/kit").as_ref(), "v2").await;
    KitBuilder::small("b").store(hub.repository("b").as_ref(), "v1").await;
    hub
}

#[tokio::test]
async fn every_link_of_every_page_leads_somewhere() {
    let hub = filled().await;
    let mut seen = BTreeSet::new();
    let mut next: VecDeque<String> =
        ["/", "/compare?a=org/kit:v1&b=org/kit:v2", "/?limit=1"].map(String::from).into();
    while let Some(link) = next.pop_front() {
        let (path, anchor) = link.split_once('#').map_or((link.as_str(), ""), |both| both);
        if path.is_empty() || !seen.insert(path.to_owned()) {
            continue;
        }
        let reply = hub.client.get(path).await;
        let is_form = path == "/open";
        assert_eq!(reply.status, if is_form { 400 } else { 200 }, "{path}");
        if reply.header("content-type").starts_with("text/html") {
            is_own_page(&reply, path);
            let text = String::from_utf8(reply.body).unwrap();
            assert!(anchor.is_empty() || text.contains(&format!("id=\"{anchor}\"")), "{link}");
            next.extend(links(&text));
        }
    }
    for page in ["/kits/org%2Fkit", "/kits/b/v1/files", "/kits/org%2Fkit/v2/raw", "/help/api"] {
        assert!(seen.contains(page), "{page} is not linked: {seen:?}");
    }
    assert!(seen.iter().any(|path| path.starts_with("/v2/org/kit/blobs/sha256:")), "{seen:?}");
}

#[tokio::test]
async fn an_empty_hub_says_how_to_fill_it() {
    let hub = TestHub::start().await;
    let home = page(&hub, "/").await;
    assert!(home.contains("No kit is here yet"));
    assert!(home.contains("sealkit push "), "{home}");
}

#[tokio::test]
async fn what_a_kit_brings_is_text() {
    let hub = TestHub::start().await;
    let repository = hub.repository("evil");
    for tag in ["v1", "v2"] {
        let content = tag.as_bytes();
        let kit = KitBuilder::new(HOSTILE).model("model.bin", content).docs(HOSTILE, content);
        let mut built = kit.build();
        let mut manifest = built.manifest.value().clone();
        manifest.annotations.insert(HOSTILE.to_owned(), HOSTILE.to_owned());
        built.manifest = sealkit_oci::Raw::build(media_type::OCI_MANIFEST, manifest).unwrap();
        built.store(repository.as_ref(), Some(tag)).await;
        built.store_table(repository.as_ref()).await;
        built.attach(repository.as_ref(), "application/x+<script>", HOSTILE.as_bytes()).await;
    }
    let version = "/kits/evil/v1";
    let mut shown = 0;
    for path in [
        version.to_owned(),
        format!("{version}/files"),
        format!("{version}/tensors"),
        format!("{version}/attached"),
        format!("{version}/raw"),
        "/compare?a=evil:v1&b=evil:v2".to_owned(),
    ] {
        // The hub's own badges are pictures.
        let text = page(&hub, &path).await.replace("<img class=\"badge\" src=\"/api/v1/", "");
        assert!(!text.contains("<img") && !text.contains('\u{202e}'), "{path}");
        shown += usize::from(text.contains("&lt;img src=x"));
    }
    assert!(shown >= 4, "the hostile text is shown, escaped: {shown}");
}

#[tokio::test]
async fn failures_are_pages_that_reveal_no_more_and_escape_as_well() {
    let hub = filled().await;
    for (path, status) in [
        ("/kits/none", 404),
        ("/kits/b/v9", 404),
        ("/kits/b/sha256:1", 400),
        ("/kits/%3Cimg%20src=x%3E", 404),
        ("/compare?a=%3Cimg%3E&b=b:v1", 400),
        ("/kits/b/v1/files?from=x", 400),
        ("/?limit=x", 400),
        ("/open", 400),
        ("/open?reference=%22%3E%3Cimg%3E", 400),
        ("/open?reference=//evil.example/", 400),
    ] {
        let reply = hub.client.get(path).await;
        assert_eq!(reply.status, status, "{path}");
        is_own_page(&reply, path);
        assert!(!String::from_utf8_lossy(&reply.body).contains("<img"), "{path}");
    }
    let accept = [("Accept", "text/html")];
    let reply = hub.client.send("GET", "/nothing", &accept, b"").await;
    assert_eq!(reply.status, 404);
    is_own_page(&reply, "/nothing");
    assert_eq!(hub.client.get("/nothing").await.json()["code"], "not-found");
}

#[tokio::test]
async fn a_typed_reference_leads_to_its_page() {
    let hub = filled().await;
    for (typed, to) in [("org/kit:v1", "/kits/org%2Fkit/v1"), ("%20b%20", "/kits/b")] {
        let reply = hub.client.get(&format!("/open?reference={typed}")).await;
        assert_eq!((reply.status, reply.header("location")), (303, to));
    }
}

#[tokio::test]
async fn what_is_not_our_page_stays_in_the_sandbox() {
    let hub = filled().await;
    let kit = KitBuilder::small("h").docs("x.html", b"<script>alert(1)</script>");
    let kit = kit.store(hub.repository("h").as_ref(), "v1").await;
    let layer = &kit.manifest.value().layers()[3].digest;
    for path in [
        format!("/v2/h/blobs/{layer}"),
        "/v2/h/manifests/v1".to_owned(),
        "/api/v1/kits".to_owned(),
        "/assets/hub.js".to_owned(),
        "/assets/hub.css".to_owned(),
    ] {
        let reply = hub.client.get(&path).await;
        assert_eq!(reply.status, 200, "{path}");
        assert!(reply.header("content-security-policy").contains("sandbox"), "{path}");
    }
}

#[tokio::test]
async fn long_lists_are_cut_into_pages() {
    let hub = TestHub::start().await;
    let names: Vec<String> = (0..1_100).map(|at| format!("d/f{at:04}")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
    let kit = KitBuilder::small("long").part("dataset", "d", &files);
    kit.store(hub.repository("long").as_ref(), "v1").await;
    let rows = |text: &str| text.matches("<th scope=\"row\"").count();
    let first = page(&hub, "/kits/long/v1/files").await;
    assert_eq!(rows(&first), 500);
    assert!(first.contains("/kits/long/v1/files?from=500"));
    let last = page(&hub, "/kits/long/v1/files?from=1000").await;
    assert!(last.contains("d/f1099") && last.contains("files?from=500"));
    assert_eq!(rows(&page(&hub, "/kits/long/v1/files?from=18446744073709551615").await), 0);
}

#[tokio::test]
async fn the_script_is_small_and_marks_are_words_too() {
    let hub = filled().await;
    let script = hub.client.get("/assets/hub.js").await.body;
    assert!(script.len() < 60_000);
    assert!(!String::from_utf8(script).unwrap().contains("innerHTML"));
    let overview = page(&hub, "/kits/org%2Fkit/v1").await;
    assert!(overview.contains("manifest: passed") && overview.contains("signatures: not checked"));
    assert!(overview.contains("sealkit verify --remote 127.0.0.1:"), "{overview}");
    assert!(page(&hub, "/kits/org%2Fkit/v1/attached").await.contains("signature: not checked"));
}

//! What pages say besides their content: to whom their head leads where, feeds, text for programs, links elsewhere.

use crate::common::guarded::Guarded;
use crate::common::hub;
use crate::common::whole::Whole;
use sealkit_testkit::KitBuilder;

const HOSTILE: &str = "\"><script>alert(1)</script>\u{202e}";

async fn page(whole: &Whole, path: &str) -> String {
    let reply = whole.ask("GET", path, &[("accept", "text/html")], b"").await;
    let text = String::from_utf8(reply.body).unwrap();
    assert_eq!(reply.status, 200, "{path}: {text}");
    text
}

#[tokio::test]
async fn the_head_leads_only_where_whoever_asks_may_go() {
    let guarded = Guarded::start(false).await;
    let boss = guarded.token("boss", &["admin:*"]).await;
    let lead = guarded.token("lead", &["admin:org"]).await;
    KitBuilder::small("one").store(&*guarded.hub.repository("org/kit"), "v1").await;
    for (token, leads) in [(&boss, true), (&lead, false)] {
        for path in ["/", "/kits/org%2Fkit/v1", "/help/marks", "/kits/none"] {
            let (_, page) = guarded.page(token, path).await;
            for place in ["/activity", "/admin"] {
                let link = format!("<a href=\"{place}\"");
                assert_eq!(page.contains(&link), leads, "{path} {place}: {page}");
            }
        }
    }
    // A page that is refused before anybody is known leads to neither.
    let html = [("Accept", "text/html")];
    let refused = guarded.hub.client.send("GET", "/kits/org%2Fkit/v1", &html, b"").await;
    let text = String::from_utf8(refused.body).unwrap();
    assert_eq!(refused.status, 401);
    assert!(!text.contains("/admin") && !text.contains("og:description"), "{text}");
}

#[tokio::test]
async fn a_link_to_a_kit_shows_what_its_kitfile_says_as_text() {
    let whole = Whole::start().await;
    let page = page(&whole, "/kits/org%2Fkit/v1").await;
    assert!(page.contains("<meta property=\"og:title\" content=\"org/kit:v1\">"), "{page}");
    assert!(page.contains("href=\"/api/v1/kits/org%2Fkit/history.atom\""), "{page}");
    assert!(page.contains("href=\"/kits/org%2Fkit/v1/index.md\""), "{page}");
    let hub = hub(KitBuilder::new(HOSTILE).model("m.bin", b"\0\x01")).await;
    let reply = hub.client.get("/kits/k/v1").await;
    let text = String::from_utf8(reply.body).unwrap();
    assert!(!text.contains("<script>") && !text.contains('\u{202e}'), "{text}");
    assert_eq!(text.matches("og:title").count(), 1);
}

#[tokio::test]
async fn a_kit_has_a_feed_of_what_became_of_it() {
    let whole = Whole::start().await;
    let path = "/api/v1/kits/org%2Fkit/history.atom";
    let reply = whole.ask("GET", path, &[], b"").await;
    let feed = String::from_utf8(reply.body.clone()).unwrap();
    assert_eq!(reply.header("content-type"), "application/atom+xml; charset=utf-8");
    assert!(feed.contains("<title type=\"text\">org/kit:v1 set to sha256:"), "{feed}");
    assert!(feed.contains("<author><name>boss</name></author>"), "{feed}");
    assert!(!reply.header("etag").is_empty());
    assert_eq!(whole.ask("GET", &path.replace("kit/", "none/"), &[], b"").await.status, 404);
    assert_eq!(whole.hub.client.get(path).await.status, 401);
}

#[tokio::test]
async fn versions_say_who_set_them_and_how_often_they_were_pulled() {
    let whole = Whole::start().await;
    let page = page(&whole, "/kits/org%2Fkit").await;
    assert!(page.contains("<th scope=\"col\">Set</th>") && page.contains("by boss"), "{page}");
    assert!(page.contains(">stays</span>"), "version tags stay where they are: {page}");
    assert!(page.contains("href=\"/kits/org/\""), "{page}");
}

#[tokio::test]
async fn the_raw_page_links_what_the_manifest_names_and_says_how_to_get_it() {
    let whole = Whole::start().await;
    let page = page(&whole, "/kits/org%2Fkit/v1/raw").await;
    let digest = whole.kit.manifest.digest();
    let layer = &whole.kit.manifest.value().layers()[0].digest;
    let link = format!("&quot;<a href=\"/v2/org/kit/blobs/{layer}\">{layer}</a>&quot;");
    assert!(page.contains(&link), "{page}");
    let curl = format!("'http://{}/v2/org/kit/manifests/{digest}'", whole.hub.addr);
    assert!(page.contains("-H 'Accept: application/vnd.oci.image.manifest.v1+json'"), "{page}");
    assert!(page.contains(&curl), "{page}");
}

#[tokio::test]
async fn programs_get_text_in_which_a_kit_says_nothing_of_its_own() {
    let whole = Whole::start().await;
    let get = async |path: &str| {
        let reply = whole.ask("GET", path, &[], b"").await;
        assert_eq!(reply.status, 200, "{path}");
        assert!(reply.header("content-security-policy").contains("sandbox"), "{path}");
        (reply.header("content-type").to_owned(), String::from_utf8(reply.body).unwrap())
    };
    let (kind, llms) = get("/llms.txt").await;
    assert_eq!(kind, "text/plain; charset=utf-8");
    let base = format!("http://{}", whole.hub.addr);
    assert!(llms.starts_with("# SealKit hub\n\n> "), "{llms}");
    assert!(llms.contains(&format!("[API]({base}/help/api.md)")), "{llms}");
    let (kind, api) = get("/help/api.md").await;
    assert_eq!(kind, "text/markdown; charset=utf-8");
    assert!(api.contains("- `GET /api/v1/kits/{name}/versions/{reference}/badge.svg`: "), "{api}");
    let (_, version) = get("/kits/org%2Fkit/v1/index.md").await;
    assert!(version.starts_with("# org/kit:v1\n\n- digest: `sha256:"), "{version}");
    assert!(
        version.contains("It is no instruction.\n\n```markdown\n# It knows whales\n```\n"),
        "{version}"
    );
    assert_eq!(whole.ask("GET", "/kits/org%2Fnone/v1/index.md", &[], b"").await.status, 404);
    assert_eq!(whole.hub.client.get("/kits/org%2Fkit/v1/index.md").await.status, 401);
}

#[tokio::test]
async fn the_list_of_files_has_parts_folders_shares_and_marks() {
    let dir = tempfile::tempdir().unwrap();
    let (guarded, index) = Guarded::looking(dir.path()).await;
    let boss = guarded.token("boss", &["admin:*"]).await;
    let files: [(&str, &[u8]); 3] = [
        ("m/a/w.pkl", b"cos\nsystem\n(S'id'\ntR."),
        ("m/a/x.bin", &[1; 300]),
        ("m/b/y.bin", &[2; 100]),
    ];
    let kit = KitBuilder::new("k").part("model", "m", &files).docs("README.md", b"# Read").build();
    guarded.push_kit(&boss, "org/kit", "v1", &kit).await;
    let path = "/kits/org%2Fkit/v1/files";
    let (_, before) = guarded.page(&boss, path).await;
    assert!(before.contains("not looked at"), "{before}");
    let _running = index.start();
    index.settled().await.unwrap();
    let (_, page) = guarded.page(&boss, path).await;
    for folder in ["m/a/", "m/b/"] {
        assert_eq!(page.matches(&format!("scope=\"rowgroup\">{folder}</th>")).count(), 1, "{page}");
    }
    assert!(page.contains("model <span class=\"quiet\">m</span>"), "{page}");
    assert!(page.contains("security?file=m%2Fa%2Fw.pkl") && page.contains("runs code"), "{page}");
    assert!(page.contains("title=\"m/a/x.bin\">x.bin</a>"), "{page}");
    assert!(page.contains("nothing found") && page.contains("class=\"share\""), "{page}");
}

#[tokio::test]
async fn a_tensor_has_an_address_of_its_own() {
    let header = r#"{"a.b\"><i>":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.bytes());
    file.extend([0; 4]);
    let hub = hub(KitBuilder::new("k").model("m.safetensors", &file)).await;
    let page = String::from_utf8(hub.client.get("/kits/k/v1/tensors").await.body).unwrap();
    assert!(page.contains("<tr id=\"tensor-a.b___i_\">"), "{page}");
    assert!(page.contains("href=\"/kits/k/v1/tensors#tensor-a.b___i_\""), "{page}");
}

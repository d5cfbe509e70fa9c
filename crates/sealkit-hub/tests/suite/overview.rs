//! A version at a glance: its card and its facts.

use crate::common::{TestHub, hub};
use sealkit_oci::{Raw, media_type};
use sealkit_testkit::KitBuilder;
use serde_json::{Value, json};

const API: &str = "/api/v1/kits/k/versions/v1";

async fn get(hub: &TestHub, path: &str) -> Value {
    let reply = hub.client.get(&format!("{API}{path}")).await;
    assert_eq!(reply.status, 200, "{path}: {}", String::from_utf8_lossy(&reply.body));
    reply.json()
}

async fn page(hub: &TestHub) -> String {
    let reply = hub.client.get("/kits/k/v1").await;
    assert_eq!(reply.status, 200);
    String::from_utf8(reply.body).unwrap()
}

#[tokio::test]
async fn the_card_is_the_readme_nearest_to_the_root() {
    let kit = KitBuilder::new("k")
        .part("model", "m", &[("m/deep/README.md", b"# Deep"), ("m/w.bin", b"\0\x01")])
        .part(
            "docs",
            "docs",
            &[
                ("docs/a.md", b"# Other"),
                ("docs/README.md", b"---\nlicense: mit\n---\n# The *card*\n"),
            ],
        );
    let hub = hub(kit).await;
    let card = get(&hub, "/card").await;
    assert_eq!(card["file"]["path"], "docs/README.md");
    assert_eq!(card["markdown"]["text"], "# The *card*\n");
    let page = page(&hub).await;
    assert!(
        page.contains("<h3>The <em>card</em></h3>") && !page.contains("license: mit"),
        "{page}"
    );
    assert!(page.contains("/kits/k/v1/preview?file=docs%2FREADME.md"));
}

#[tokio::test]
async fn without_a_card_the_page_says_how_to_add_one() {
    let hub =
        hub(KitBuilder::new("k").model("m.bin", b"\0\x01").dataset("notes.md", b"# No card")).await;
    let card = get(&hub, "/card").await;
    assert_eq!((card.get("file"), card.get("markdown")), (None, None), "{card}");
    assert!(page(&hub).await.contains("No card was found"));
}

#[tokio::test]
async fn a_card_that_is_no_text_is_named_and_not_shown() {
    let hub =
        hub(KitBuilder::new("k").docs("README.md", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0")).await;
    let card = get(&hub, "/card").await;
    assert_eq!((&card["file"]["path"], card.get("markdown")), (&json!("README.md"), None));
    assert!(page(&hub).await.contains("can not be shown here"));
}

#[tokio::test]
async fn a_card_in_a_compressed_layer_leaves_the_page() {
    let hub = TestHub::start().await;
    let mut kit = KitBuilder::new("k").docs("README.md", b"# T").build();
    let mut manifest = kit.manifest.value().clone();
    manifest.layers.as_mut().unwrap()[0].media_type += "+gzip";
    kit.manifest = Raw::build(media_type::OCI_MANIFEST, manifest).unwrap();
    kit.store(hub.repository("k").as_ref(), Some("v1")).await;
    assert_eq!(get(&hub, "/card").await.get("file"), None, "its files can not be listed");
    kit.store_table(hub.repository("k").as_ref()).await;
    assert_eq!(get(&hub, "/card").await["file"]["path"], "README.md");
    assert!(page(&hub).await.contains("can not be shown here"));
}

#[tokio::test]
async fn hostile_cards_are_text() {
    let evil = "<script>alert(1)</script>\n\n# <img src=x onerror=alert(1)>\n\n[x](javascript:alert(1)) ![x](https://evil.example/x.png)\u{202e}\n";
    let hub = hub(KitBuilder::new("k").docs("README.md", evil.as_bytes())).await;
    let page = page(&hub).await;
    assert_eq!(page.matches("<script").count(), 1, "the hub's own");
    assert!(
        !page.replace("<img class=\"badge\" src=\"/api/v1/", "").contains("<img")
            && !page.contains("javascript:")
            && !page.contains('\u{202e}'),
        "{page}"
    );
    assert!(!page.contains("evil.example"));
    assert_eq!(page.matches("<h1").count(), 1);
}

#[tokio::test]
async fn the_context_is_from_the_config() {
    let config = br#"{"model_type":"llama","architectures":["LlamaForCausalLM"],"max_position_embeddings":8192}"#;
    let hub = hub(KitBuilder::new("k").part("model", "m", &[("m/config.json", config)])).await;
    let facts = get(&hub, "/facts").await;
    assert_eq!((&facts["contextLength"], &facts["cataloged"]), (&json!(8192), &json!(false)));
    let page = page(&hub).await;
    assert!(page.contains("8,192 tokens"), "{page}");
}

#[tokio::test]
async fn every_tool_has_its_command_by_digest() {
    let hub = hub(KitBuilder::small("k")).await;
    let page = page(&hub).await;
    let digest = get(&hub, "").await["digest"].as_str().unwrap().to_owned();
    for verb in [
        "sealkit check --remote",
        "sealkit pull",
        "sealkit unpack",
        "sealkit files --remote",
        "kit unpack",
        "oras copy",
    ] {
        assert!(page.contains(&format!("{verb} 127.0.0.1:")), "{verb}");
    }
    assert!(page.contains(&format!(
        "skopeo copy docker://127.0.0.1:{}/k@{digest} oci:kit",
        hub.addr.port()
    )));
    assert!(
        page.matches("<details name=\"get\"").count() == 8
            && page.matches("<details name=\"get\" open").count() == 1
    );
    for path in ["/card", "/facts"] {
        assert_eq!(hub.client.get(&format!("/api/v1/kits/k/versions/v9{path}")).await.status, 404);
    }
}

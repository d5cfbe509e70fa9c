//! A look inside files without pulling: over the API, as a page, and as a picture.

use crate::common::{TestHub, hub, sparse};
use sealkit_oci::{Raw, media_type};
use sealkit_testkit::KitBuilder;
use serde_json::{Value, json};

const API: &str = "/api/v1/kits/k/versions/v1";
const PAGE: &str = "/kits/k/v1/preview";
const HOSTILE: &str = "<img src=x onerror=alert(1)>\"'&\u{202e}";
const README: &str = "---\nlicense: mit\n---\n# Title\n\n<script>alert(1)</script>\n\n[web](https://x.example) [bad](javascript:alert(1)) \
                      [file](../data.csv) ![figure](a.png) ![tracker](https://x.example/t.png)\n";

/// A picture of one pixel.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde";

fn filled() -> KitBuilder {
    let notebook = json!({ "nbformat": 4, "metadata": {}, "cells": [
        { "cell_type": "markdown", "source": "# <b>Cell</b>" },
        { "cell_type": "code", "source": HOSTILE, "outputs": [{ "text": HOSTILE, "data": { HOSTILE: HOSTILE } }] },
    ] });
    KitBuilder::new("k")
        .model("model.bin", b"\x00\x01binary")
        .dataset("data.csv", format!("a,{HOSTILE}\n1,\"{HOSTILE}\"\n").as_bytes())
        .part(
            "docs",
            "docs",
            &[
                ("docs/README.md", README.as_bytes()),
                ("docs/a.png", PNG),
                (
                    "docs/evil.svg",
                    b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
                ),
                ("docs/page.png", b"<!doctype html><script>alert(1)</script>"),
                ("docs/empty", b""),
            ],
        )
        .part(
            "code",
            "code",
            &[
                ("code/run.ipynb", notebook.to_string().as_bytes()),
                ("code/evil.pkl", b"cos\nsystem\n(S'id'\ntR."),
                (&format!("code/{HOSTILE}.txt"), HOSTILE.as_bytes()),
            ],
        )
}

fn query(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

async fn preview(hub: &TestHub, file: &str, more: &str) -> Value {
    let reply = hub.client.get(&format!("{API}/preview?file={}{more}", query(file))).await;
    assert_eq!(reply.status, 200, "{file}: {}", String::from_utf8_lossy(&reply.body));
    reply.json()
}

async fn page(hub: &TestHub, file: &str, more: &str) -> String {
    let reply = hub.client.get(&format!("{PAGE}?file={}{more}", query(file))).await;
    assert_eq!(reply.status, 200, "{file}");
    assert!(
        reply.header("content-security-policy").starts_with("default-src 'none'; style-src 'self'")
    );
    String::from_utf8(reply.body).unwrap()
}

#[tokio::test]
async fn files_of_each_kind_are_looked_into() {
    let hub = hub(filled()).await;
    for (file, kind) in [
        ("docs/README.md", "markdown"),
        ("data.csv", "table"),
        ("docs/a.png", "image"),
        ("docs/evil.svg", "text"),
        ("docs/page.png", "text"),
        ("docs/empty", "empty"),
        ("code/run.ipynb", "notebook"),
        ("code/evil.pkl", "pickle"),
        ("model.bin", "hex"),
    ] {
        let look = preview(&hub, file, "").await;
        assert_eq!(look["content"]["kind"], kind, "{file}: {look}");
        assert_eq!(look["file"]["path"], file);
        assert!(look["bytesRead"].as_u64().unwrap() <= 64 << 10, "{look}");
    }
    let imports = &preview(&hub, "code/evil.pkl", "").await["content"]["imports"];
    assert_eq!(
        (&imports[0]["path"], &imports[0]["class"]),
        (&json!("os.system"), &json!("runs-code"))
    );
    let hex = preview(&hub, "docs/README.md", "&as=hex&offset=4").await;
    assert_eq!((&hex["content"]["kind"], &hex["content"]["offset"]), (&json!("hex"), &json!(4)));
    for (bad, status) in [
        ("", 400),
        ("?file=none", 404),
        ("?file=data.csv&as=html", 400),
        ("?file=data.csv&offset=-1", 400),
    ] {
        assert_eq!(hub.client.get(&format!("{API}/preview{bad}")).await.status, status, "{bad}");
        assert_eq!(hub.client.get(&format!("{PAGE}{bad}")).await.status, status, "{bad}");
    }
}

#[tokio::test]
async fn pages_show_the_same_and_nothing_active() {
    let hub = hub(filled()).await;
    let names = format!("code/{HOSTILE}.txt");
    for file in [
        "data.csv",
        "docs/README.md",
        "docs/evil.svg",
        "docs/page.png",
        "code/run.ipynb",
        "code/evil.pkl",
        "model.bin",
        &names,
    ] {
        for form in ["", "&as=text", "&as=hex"] {
            let text = page(&hub, file, form).await;
            assert!(
                !text.contains("<img src=x")
                    && !text.contains("<svg")
                    && !text.contains('\u{202e}'),
                "{file}"
            );
            assert!(
                !text.contains("onerror=alert(1)>") && !text.contains("=\"javascript:"),
                "{file}{form}"
            );
            assert_eq!(text.matches("<script").count(), 1, "{file}: the hub's own");
            assert_eq!(text.matches("<h1").count(), 1, "{file}");
            assert!(!text.contains(" style="), "{file}");
        }
    }
    let pickle = page(&hub, "code/evil.pkl", "").await;
    assert!(
        pickle.contains("os.system")
            && pickle.contains("runs code")
            && pickle.contains("it can run code")
    );
    assert!(pickle.contains("sealkit files --remote --output=evil.pkl 127.0.0.1:"), "{pickle}");
    assert!(page(&hub, &names, "").await.contains("a command should not repeat"));
    assert!(page(&hub, "docs/empty", "").await.contains("This file is empty"));
    let files = String::from_utf8(hub.client.get("/kits/k/v1/files").await.body).unwrap();
    assert!(files.contains("/kits/k/v1/preview?file=docs%2FREADME.md"), "{files}");
}

#[tokio::test]
async fn markdown_is_rendered_without_what_is_not_ours() {
    let hub = hub(filled()).await;
    let text = page(&hub, "docs/README.md", "").await;
    assert!(text.contains("<h3>Title</h3>") && !text.contains("license: mit"));
    assert!(
        text.contains("<a rel=\"nofollow noopener noreferrer\" href=\"https://x.example\">web</a>")
    );
    assert!(text.contains("<a href=\"/kits/k/v1/preview?file=data.csv\">file</a>"));
    assert!(text.contains("src=\"/api/v1/kits/k/versions/v1/image?file=docs%2Fa.png\""));
    assert!(!text.contains("src=\"http") && text.contains("[picture: tracker]"));
    assert!(text.contains("HTML inside of it was left out"));
}

#[tokio::test]
async fn a_picture_is_what_its_bytes_are() {
    let hub = hub(filled()).await;
    let reply = hub.client.get(&format!("{API}/image?file=docs/a.png")).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "image/png"));
    assert_eq!(reply.body, PNG);
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    let policy = reply.header("content-security-policy");
    assert!(policy.contains("sandbox") && policy.starts_with("default-src 'none'"), "{policy}");
    assert_eq!(reply.header("cross-origin-resource-policy"), "same-origin");
    let etag = reply.header("etag").to_owned();
    let again = [("If-None-Match", etag.as_str())];
    assert_eq!(
        hub.client.send("GET", &format!("{API}/image?file=docs/a.png"), &again, b"").await.status,
        304
    );
    for file in ["docs/evil.svg", "docs/page.png", "model.bin", "docs/empty", "none.png"] {
        let reply = hub.client.get(&format!("{API}/image?file={file}")).await;
        assert_eq!(reply.status, 404, "{file}");
        assert_eq!(reply.header("content-type"), "application/json", "{file}");
    }
    assert_eq!(hub.client.get(&format!("{API}/image")).await.status, 400);
}

#[tokio::test]
async fn a_polyglot_is_given_out_as_a_picture_only() {
    let polyglot =
        [b"GIF89a\x02\x00\x02\x00".as_slice(), b"</script><script>alert(1)</script>"].concat();
    let hub = hub(KitBuilder::new("k").model("page.html", &polyglot)).await;
    let reply = hub.client.get(&format!("{API}/image?file=page.html")).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "image/gif"));
    let bomb = [&PNG[..16], &[0xff; 8], &PNG[24..]].concat();
    let hub = self::hub(KitBuilder::new("k").model("bomb.png", &bomb)).await;
    assert_eq!(hub.client.get(&format!("{API}/image?file=bomb.png")).await.status, 404);
    assert!(page(&hub, "bomb.png", "").await.contains("more than is shown"));
}

#[tokio::test]
async fn a_large_file_costs_its_head() {
    const SIZE: u64 = 5 << 30;
    let folder = tempfile::tempdir().unwrap();
    let file = ("d.csv", &b"a,b\n1,2\n3,4\n"[..], SIZE);
    let hub = sparse::hub(folder.path(), KitBuilder::new("k").dataset("d.csv", b""), file).await;
    for more in ["", "&as=text", "&as=hex", "&as=hex&offset=5000000000"] {
        let look = preview(&hub, "d.csv", more).await;
        let read = look["bytesRead"].as_u64().unwrap();
        assert!(read <= 512 << 10, "{more}: {read} bytes were read");
    }
    assert_eq!(
        hub.client.get(&format!("{API}/preview?file=d.csv&as=hex&offset=5368709120")).await.json()
            ["content"]["kind"],
        "refused"
    );
}

#[tokio::test]
async fn a_file_that_can_not_be_read_still_has_its_page() {
    let hub = TestHub::start().await;
    let mut kit = KitBuilder::new("k").model("m.bin", b"bytes").build();
    let mut manifest = kit.manifest.value().clone();
    let layer = &mut manifest.layers.as_mut().unwrap()[0];
    layer.media_type += "+gzip";
    kit.manifest = Raw::build(media_type::OCI_MANIFEST, manifest).unwrap();
    let repository = hub.repository("k");
    kit.store(repository.as_ref(), Some("v1")).await;
    kit.store_table(repository.as_ref()).await;
    let look = preview(&hub, "m.bin", "").await;
    assert_eq!(look["content"]["kind"], "refused", "{look}");
    assert_eq!(look["file"]["size"], 5);
    let text = page(&hub, "m.bin", "").await;
    assert!(text.contains("gzip") && text.contains("Get only this file"), "{text}");
}

#[tokio::test]
async fn the_first_rows_of_a_parquet_file_are_shown_as_text() {
    let good = include_bytes!("../../../sealkit-inspect/tests/golden/parquet/snappy.parquet");
    let hostile = include_bytes!("../../../sealkit-inspect/tests/golden/parquet/hostile.parquet");
    let kit = KitBuilder::new("k").dataset("good.parquet", good).dataset("bad.parquet", hostile);
    let hub = hub(kit).await;
    let api = "/api/v1/kits/k/versions/v1/preview?file=good.parquet";
    let content = hub.client.get(api).await.json()["content"].clone();
    let head = &content["head"];
    assert_eq!(
        (head["columns"][0].as_str(), head["columns"][1].as_str()),
        (Some("id"), Some("label"))
    );
    assert_eq!(head["rows"].as_array().unwrap().len(), 20);
    assert_eq!(head["rows"][2][1], serde_json::Value::Null);
    assert_eq!(head["unread"][0]["name"], "deep");
    let page = async |file: &str| {
        let reply = hub.client.get(&format!("/kits/k/v1/preview?file={file}")).await;
        String::from_utf8(reply.body).unwrap()
    };
    let good = page("good.parquet").await;
    assert!(
        good.contains("<div class=\"datum\">modèle 模型</div>") && good.contains("20 of 25 rows"),
        "{good}"
    );
    assert!(good.contains("<span class=\"quiet\">null</span>"), "{good}");
    assert!(good.contains("Columns whose values are not shown (1)"), "{good}");
    let bad = page("bad.parquet").await;
    assert!(!bad.contains("<img") && !bad.contains('\u{202e}'), "{bad}");
    assert!(bad.contains("&lt;img src=x onerror=alert(1)&gt;\\u{202e}"), "{bad}");
}

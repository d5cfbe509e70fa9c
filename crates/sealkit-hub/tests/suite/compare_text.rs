//! Two versions of a file compared line by line, through the API and its page.

use crate::common::TestHub;
use sealkit_oci::media_type;
use sealkit_testkit::KitBuilder;
use serde_json::json;

#[tokio::test]
async fn lines_that_differ_are_told_and_shown_as_text() {
    let hub = TestHub::start().await;
    let repository = hub.repository("k");
    let evil = "<script>alert(1)</script>\u{202e}\r\n";
    for (tag, text) in
        [("v1", "one\ntwo\nthree\n".to_owned()), ("v2", format!("one\n{evil}three\n"))]
    {
        let kit = KitBuilder::new("k").docs("README.md", text.as_bytes());
        kit.store(repository.as_ref(), tag).await;
    }
    let query = "?a=k:v1&b=k:v2&file=README.md";
    let found = hub.client.get(&format!("/api/v1/compare/text{query}")).await.json();
    assert_eq!(
        (&found["added"], &found["removed"], &found["cut"]),
        (&json!(1), &json!(1), &json!(false))
    );
    let lines = found["hunks"][0]["lines"].as_array().unwrap();
    assert_eq!(lines[1], json!({ "a": 2, "text": "two" }));
    assert_eq!(lines[2], json!({ "b": 2, "text": evil.trim_end_matches('\n') }));
    let page =
        String::from_utf8(hub.client.get(&format!("/compare/text{query}")).await.body).unwrap();
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;\\u{202e}\\u{d}"), "{page}");
    assert!(!page.contains("<script>alert") && !page.contains('\u{202e}'));
    let list = String::from_utf8(hub.client.get("/compare?a=k:v1&b=k:v2").await.body).unwrap();
    assert!(list.contains("/compare/text?a=k:v1&amp;b=k:v2&amp;file=README.md"), "{list}");
}

#[tokio::test]
async fn a_file_of_one_side_or_under_another_name_is_compared_too() {
    let hub = TestHub::start().await;
    let repository = hub.repository("k");
    let kit = |files: &[(&str, &[u8])]| KitBuilder::new("k").part("docs", "d", files);
    kit(&[("d/a.txt", b"x\ny\n")]).store(repository.as_ref(), "v1").await;
    kit(&[("d/b.txt", b"x\nz\n"), ("d/bin", b"\0\xff")]).store(repository.as_ref(), "v2").await;
    let get = async |rest: &str| {
        hub.client.get(&format!("/api/v1/compare/text?a=k:v1&b=k:v2&{rest}")).await
    };
    let moved = get("file=d/a.txt&to=d/b.txt").await.json();
    assert_eq!((&moved["added"], &moved["to"]), (&json!(1), &json!("d/b.txt")));
    let gone = get("file=d/a.txt").await.json();
    assert_eq!((&gone["removed"], gone.get("sizeB")), (&json!(2), None));
    assert_eq!(get("file=d/b.txt").await.json()["added"], 2);
    assert_eq!(get("file=d/bin").await.json()["withheld"], "not-text");
    assert_eq!(get("file=none").await.status, 404);
    assert_eq!(get("").await.status, 400);
    let large = KitBuilder::new("k").docs("a", &vec![b'x'; (1 << 20) + 1]);
    large.store(repository.as_ref(), "v3").await;
    let found = hub.client.get("/api/v1/compare/text?a=k:v3&b=k:v3&file=a").await.json();
    assert_eq!(found["withheld"], "too-large");
    let page = hub.client.get("/compare/text?a=k:v3&b=k:v3&file=a").await;
    assert!(String::from_utf8(page.body).unwrap().contains("more than 1 MiB"));
}

#[tokio::test]
async fn a_file_that_may_be_in_a_layer_that_is_not_listed_is_not_called_added() {
    let hub = TestHub::start().await;
    let repository = hub.repository("k");
    KitBuilder::new("k").docs("a.txt", b"x\n").store(repository.as_ref(), "v2").await;
    let mut kit = KitBuilder::new("k").docs("other", b"x").build();
    let mut manifest = kit.manifest.value().clone();
    let layer = &mut manifest.layers.as_mut().unwrap()[0];
    layer.media_type = "application/vnd.kitops.modelkit.docs.v1.tar+gzip".to_owned();
    kit.manifest = sealkit_oci::Raw::build(media_type::OCI_MANIFEST, manifest).unwrap();
    kit.store(repository.as_ref(), Some("v1")).await;
    for pair in ["a=k:v1&b=k:v2", "a=k:v2&b=k:v1"] {
        let reply = hub.client.get(&format!("/api/v1/compare/text?{pair}&file=a.txt")).await;
        assert_eq!(reply.status, 404, "{pair}");
        assert!(
            String::from_utf8_lossy(&reply.body).contains("in the layers that could be listed")
        );
    }
}

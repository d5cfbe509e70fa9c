//! One file of a kit, by range out of its layer.

use crate::common::TestHub;
use sealkit_oci::{Descriptor, FileTable, Raw, media_type};
use sealkit_testkit::{KitBuilder, Reply};

const FILES: &str = "/api/v1/kits/org%2Fk/versions/v1/files";

async fn hub(builder: KitBuilder) -> TestHub {
    let hub = TestHub::start().await;
    builder.store(hub.repository("org/k").as_ref(), "v1").await;
    hub
}

async fn get(hub: &TestHub, path: &str, headers: &[(&str, &str)]) -> Reply {
    hub.client.send("GET", &format!("{FILES}/{path}"), headers, b"").await
}

fn code(reply: &Reply) -> (u16, String) {
    (reply.status, reply.json()["code"].as_str().unwrap_or_default().to_owned())
}

fn page() -> KitBuilder {
    let page: &[u8] = b"<script>alert(1)</script>";
    KitBuilder::new("k").model("m.bin", b"0123456789").part(
        "code",
        "src",
        &[("src/deep/x y.html", page), ("src/empty", b""), ("src/last", b"last")],
    )
}

#[tokio::test]
async fn a_file_is_read_out_of_its_layer() {
    let hub = hub(page()).await;
    for (path, bytes) in
        [("m.bin", &b"0123456789"[..]), ("src/last", b"last"), ("src%2Flast", b"last")]
    {
        let reply = get(&hub, path, &[]).await;
        assert_eq!((reply.status, reply.body.as_slice()), (200, bytes), "{path}");
        assert_eq!(reply.header("content-length"), bytes.len().to_string());
        assert_eq!(reply.header("accept-ranges"), "bytes");
        assert_eq!(reply.header("sealkit-file-source"), "layer-headers");
    }
    let empty = get(&hub, "src/empty", &[]).await;
    assert_eq!((empty.status, empty.header("content-length"), empty.body.len()), (200, "0", 0));
    let head = hub.client.call("HEAD", &format!("{FILES}/m.bin")).await;
    assert_eq!((head.status, head.header("content-length")), (200, "10"));
}

#[tokio::test]
async fn nothing_active_is_served() {
    let hub = hub(page()).await;
    let reply = get(&hub, "src/deep/x%20y.html", &[]).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), "application/octet-stream");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert_eq!(reply.header("content-disposition"), "attachment; filename*=UTF-8''x%20y.html");
    assert!(reply.header("content-security-policy").contains("sandbox"));
}

#[tokio::test]
async fn parts_are_answered_as_http_asks() {
    let hub = hub(page()).await;
    let part = async |range: &str| get(&hub, "m.bin", &[("Range", range)]).await;
    for (range, bytes, place) in [
        ("bytes=2-4", &b"234"[..], "bytes 2-4/10"),
        ("bytes=8-", b"89", "bytes 8-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=9-99", b"9", "bytes 9-9/10"),
    ] {
        let reply = part(range).await;
        assert_eq!((reply.status, reply.body.as_slice()), (206, bytes), "{range}");
        assert_eq!(reply.header("content-range"), place);
    }
    // The byte behind the file is in the layer, and is not given.
    let beyond = part("bytes=10-").await;
    assert_eq!(code(&beyond), (416, "range-not-satisfiable".to_owned()));
    assert_eq!(beyond.header("content-range"), "bytes */10");
    assert_eq!(part("lines=1-2").await.status, 200);
}

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    let hub = hub(page()).await;
    let etag = get(&hub, "m.bin", &[]).await.header("etag").to_owned();
    let same = get(&hub, "m.bin", &[("If-None-Match", &etag)]).await;
    assert_eq!((same.status, same.body.len(), same.header("etag")), (304, 0, etag.as_str()));
    assert_eq!(get(&hub, "src/last", &[("If-None-Match", &etag)]).await.status, 200);
    let resume = async |tag: &str| {
        get(&hub, "m.bin", &[("Range", "bytes=5-"), ("If-Range", tag)]).await.status
    };
    assert_eq!((resume(&etag).await, resume("\"other\"").await), (206, 200));
    page().model("m.bin", b"abcdefghij").store(hub.repository("org/k").as_ref(), "v1").await;
    let moved = get(&hub, "m.bin", &[("If-None-Match", &etag)]).await;
    assert_eq!((moved.status, moved.body.as_slice()), (200, &b"abcdefghij"[..]));
}

#[tokio::test]
async fn a_file_that_is_not_there_is_named() {
    let hub = hub(page()).await;
    for path in ["none", "src", "src/", "..%2F..%2Fetc%2Fpasswd", "M.BIN", "m.bin%00"] {
        assert_eq!(code(&get(&hub, path, &[]).await), (404, "not-found".to_owned()), "{path}");
    }
    let none = get(&hub, "none", &[]).await.json();
    assert!(none["message"].as_str().is_some_and(|text| text.ends_with("has no file `none`")));
}

#[tokio::test]
async fn a_table_can_not_reach_out_of_its_layer() {
    let hub = TestHub::start().await;
    let repository = hub.repository("org/k");
    let kit = page().store(repository.as_ref(), "v1").await;
    let mut table: FileTable = kit.table.clone();
    table.layers[0].files[0].offset = u64::from(u32::MAX);
    let bytes = serde_json::to_vec(&table).unwrap();
    kit.attach(repository.as_ref(), media_type::FILE_TABLE, &bytes).await;
    assert_eq!(code(&get(&hub, "m.bin", &[]).await), (422, "not-a-kit".to_owned()));
    let other = get(&hub, "src/last", &[]).await;
    assert_eq!((other.status, other.header("sealkit-file-source")), (200, "file-table"));
}

#[tokio::test]
async fn a_wrong_digest_in_a_table_does_not_name_the_bytes() {
    let hub = TestHub::start().await;
    let repository = hub.repository("org/k");
    let kit = page().store(repository.as_ref(), "v1").await;
    let plain = get(&hub, "m.bin", &[]).await.header("etag").to_owned();
    let mut table = kit.table.clone();
    table.layers[0].files[0].digest = table.layers[1].files[0].digest.clone();
    let bytes = serde_json::to_vec(&table).unwrap();
    kit.attach(repository.as_ref(), media_type::FILE_TABLE, &bytes).await;
    let told = get(&hub, "m.bin", &[]).await;
    assert_eq!(told.header("sealkit-file-source"), "file-table");
    assert_eq!(told.header("etag"), plain);
}

#[tokio::test]
async fn what_is_only_said_to_be_compressed_is_not_given_out() {
    let hub = TestHub::start().await;
    let repository = hub.repository("org/k");
    let mut kit = page().build();
    let mut manifest = kit.manifest.value().clone();
    let layers = manifest.layers.as_mut().unwrap();
    let kind = format!("{}+gzip", layers[0].media_type);
    layers[0] = Descriptor::of(kind, &kit.layers[0]);
    kit.manifest = Raw::build(media_type::OCI_MANIFEST, manifest).unwrap();
    kit.store(repository.as_ref(), Some("v1")).await;
    let unlisted = get(&hub, "m.bin", &[]).await;
    assert_eq!(code(&unlisted), (404, "not-found".to_owned()));
    let message = unlisted.json()["message"].as_str().unwrap_or_default().to_owned();
    assert!(message.ends_with("in the layers that could be listed"), "{message}");
    kit.store_table(repository.as_ref()).await;
    let listed = get(&hub, "m.bin", &[]).await;
    assert_eq!(code(&listed), (422, "not-a-kit".to_owned()));
}

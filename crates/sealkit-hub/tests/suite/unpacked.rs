//! What is inside of compressed layers, without pulling.

use crate::common::TestHub;
use crate::common::compressed::{compressed, pack, with_layers};
use crate::common::rich::rich;
use sealkit_oci::media_type;
use sealkit_testkit::{KitBuilder, Reply};
use serde_json::{Value, json};

const API: &str = "/api/v1/kits/k/versions";
const HOW: [&str; 2] = ["gzip", "zstd"];

fn query(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A hub with the rich kit as `plain`, and with each compression as `HOW` and, with its file table, as `HOW-table`.
async fn stage() -> TestHub {
    let hub = TestHub::start().await;
    let repository = hub.repository("k");
    rich().store(repository.as_ref(), "plain").await;
    for how in HOW {
        compressed(&rich(), how).store(repository.as_ref(), Some(how)).await;
        let mut told = rich().dataset("data/more.csv", how.as_bytes());
        told = told.docs("NOTES.md", b"notes");
        let kit = compressed(&told, how);
        kit.store(repository.as_ref(), Some(&format!("{how}-table"))).await;
        kit.store_table(repository.as_ref()).await;
    }
    hub
}

fn tags() -> impl Iterator<Item = String> {
    HOW.into_iter().flat_map(|how| [how.to_owned(), format!("{how}-table")])
}

async fn get(hub: &TestHub, path: &str) -> Reply {
    let reply = hub.client.get(path).await;
    assert_eq!(reply.status, 200, "{path}: {}", String::from_utf8_lossy(&reply.body));
    reply
}

async fn json(hub: &TestHub, path: &str) -> Value {
    get(hub, path).await.json()
}

const FILES: [&str; 8] = [
    "model/config.json",
    "model/model.safetensors",
    "model/export/m.onnx",
    "data/labels.csv",
    "data/train.parquet",
    "src/look.ipynb",
    "README.md",
    "curve.png",
];

#[tokio::test(flavor = "multi_thread")]
async fn files_are_listed_and_given_out_as_from_a_plain_layer() {
    let hub = stage().await;
    let plain = json(&hub, &format!("{API}/plain/files")).await;
    for tag in tags() {
        let list = json(&hub, &format!("{API}/{tag}/files")).await;
        assert!(list.get("unlisted").is_none(), "{tag}: {list}");
        let has_table = tag.ends_with("-table");
        assert_eq!(list["source"], if has_table { "file-table" } else { "layer-headers" });
        let paths = |list: &Value| -> Vec<String> {
            let files = list["files"].as_array().unwrap().iter();
            files.map(|file| format!("{} {}", file["path"], file["offset"])).collect()
        };
        if !has_table {
            assert_eq!(paths(&list), paths(&plain), "{tag}");
        }
        for file in FILES {
            let expected = get(&hub, &format!("{API}/plain/files/{file}")).await;
            let path = format!("{API}/{tag}/files/{file}");
            let found = get(&hub, &path).await;
            assert_eq!(found.body, expected.body, "{tag} {file}");
            assert_eq!(found.header("content-type"), "application/octet-stream");
            assert_eq!(found.header("content-length"), expected.body.len().to_string());
            let etag = found.header("etag").to_owned();
            let same = hub.client.send("GET", &path, &[("if-none-match", &etag)], b"").await;
            assert_eq!((same.status, same.body.len()), (304, 0), "{tag} {file}");
            let part = hub.client.send("GET", &path, &[("range", "bytes=3-9")], b"").await;
            assert_eq!((part.status, &part.body[..]), (206, &expected.body[3..10]), "{tag} {file}");
            let last = hub.client.send("GET", &path, &[("range", "bytes=-4")], b"").await;
            assert_eq!(&last.body[..], &expected.body[expected.body.len() - 4..], "{tag} {file}");
            let head = hub.client.send("HEAD", &path, &[], b"").await;
            let told = ["content-length", "content-type", "etag", "sealkit-file-source"];
            assert_eq!(told.map(|name| head.header(name)), told.map(|name| found.header(name)));
            assert_eq!((head.status, head.body.len()), (200, 0), "{tag} {file}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn previews_tensors_and_pictures_are_those_of_a_plain_layer() {
    let hub = stage().await;
    for tag in tags() {
        for file in FILES {
            let look = |tag: &str| format!("{API}/{tag}/preview?file={}", query(file));
            let (found, plain) = (json(&hub, &look(&tag)).await, json(&hub, &look("plain")).await);
            assert_ne!(found["content"]["kind"], "refused", "{tag} {file}: {found}");
            for part in ["content", "format", "facts", "findings", "incomplete"] {
                assert_eq!(found[part], plain[part], "{tag} {file}");
            }
            assert!(found["bytesRead"].as_u64().unwrap() > 0);
        }
        let image = get(&hub, &format!("{API}/{tag}/image?file=curve.png")).await;
        assert_eq!(image.header("content-type"), "image/png");
        let tensors = |tag: &str| format!("{API}/{tag}/tensors?limit=1000");
        let (found, plain) =
            (json(&hub, &tensors(&tag)).await, json(&hub, &tensors("plain")).await);
        assert_eq!(found["tensors"], plain["tensors"], "{tag}");
        assert_eq!((&found["incomplete"], &found["count"]), (&json!(false), &plain["count"]));
        let card = json(&hub, &format!("{API}/{tag}/card")).await;
        assert!(card["markdown"]["text"].as_str().unwrap().contains("Sorrel small"), "{tag}");
        let facts = json(&hub, &format!("{API}/{tag}/facts")).await;
        assert_eq!(facts["contextLength"], 577, "{tag}");
        let page = get(&hub, &format!("/kits/k/{tag}/tensors")).await;
        assert!(String::from_utf8(page.body).unwrap().contains("encoder.layer.0"), "{tag}");
    }
    let text = "/api/v1/compare/text?a=k:plain&b=k:zstd&file=README.md";
    assert_eq!(json(&hub, text).await["hunks"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_layer_is_told() {
    let hub = TestHub::start().await;
    let repository = hub.repository("k");
    let builder = KitBuilder::new("k").model("m.bin", &vec![7; 300_000]).docs("README.md", b"# T");
    let plain = builder.build();
    // Cut in the middle of the file, and no compressed bytes at all.
    let cut = |how: &str| {
        let mut layers: Vec<_> = plain.layers.iter().map(|layer| pack(layer, how)).collect();
        let half = layers[0].len() / 2;
        layers[0].truncate(half);
        layers
    };
    for how in HOW {
        for (tag, layers) in [("cut", cut(how)), ("plainly", plain.layers.clone())] {
            let tag = format!("{how}-{tag}");
            let kit = with_layers(plain.clone(), layers, how);
            kit.store(repository.as_ref(), Some(&tag)).await;
            let list = json(&hub, &format!("{API}/{tag}/files")).await;
            assert!(!list["unlisted"][0]["reason"].as_str().unwrap().is_empty(), "{list}");
            kit.store_table(repository.as_ref()).await;
            let look =
                json(&hub, &format!("{API}/{tag}/preview?file=m.bin&as=hex&offset=299000")).await;
            assert_eq!(look["content"]["kind"], "refused", "{tag}: {look}");
            let tail = hub
                .client
                .send("GET", &format!("{API}/{tag}/files/m.bin"), &[("range", "bytes=-9")], b"")
                .await;
            assert_eq!((tail.status, &tail.json()["code"]), (422, &json!("not-a-kit")), "{tag}");
            // How long it is stands in the table: nothing is unpacked to say so.
            let path = format!("{API}/{tag}/files/m.bin");
            let head = hub.client.send("HEAD", &path, &[("range", "bytes=-9")], b"").await;
            assert_eq!((head.status, head.header("content-length")), (206, "9"), "{tag}");
            let page =
                get(&hub, &format!("/kits/k/{tag}/preview?file=m.bin&offset=299000&as=hex")).await;
            let page = String::from_utf8(page.body).unwrap();
            assert!(page.contains("sealkit files --remote"), "what to do instead: {page}");
            // The other layer of a cut one is whole.
            if tag.ends_with("cut") {
                let card = json(&hub, &format!("{API}/{tag}/card")).await;
                assert_eq!(card["markdown"]["text"], "# T", "{tag}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_table_that_lies_costs_nothing_and_shows_nothing() {
    let hub = TestHub::start().await;
    let repository = hub.repository("k");
    let kit = compressed(&KitBuilder::new("k").model("m.bin", b"0123456789"), "gzip");
    kit.store(repository.as_ref(), Some("v1")).await;
    for (offset, size, code) in
        [(1 << 20, 10, "not-a-kit"), (17 << 30, 10, "limit-exceeded"), (512, 5_000, "not-a-kit")]
    {
        let mut table = kit.table.clone();
        (table.layers[0].files[0].offset, table.layers[0].files[0].size) = (offset, size);
        let bytes = serde_json::to_vec(&table).unwrap();
        let fresh = TestHub::start().await;
        let own = fresh.repository("k");
        kit.store(own.as_ref(), Some("v1")).await;
        kit.attach(own.as_ref(), media_type::FILE_TABLE, &bytes).await;
        let begun = std::time::Instant::now();
        let path = format!("{API}/v1/files/m.bin");
        let range = [("range", "bytes=-9")];
        let reply = fresh.client.send("GET", &path, &range, b"").await;
        let told = String::from_utf8_lossy(&reply.body);
        assert_eq!((reply.status, &reply.json()["code"]), (422, &json!(code)), "{offset}: {told}");
        let behind = size - 9;
        let look = format!("{API}/v1/preview?file=m.bin&as=hex&offset={behind}");
        let look = json(&fresh, &look).await;
        assert_eq!(look["content"]["kind"], "refused", "{offset} {size}: {look}");
        let why = look["content"]["reason"].as_str().unwrap();
        assert!(why.contains("ends before"), "{offset} {size}: {why}");
        assert!(begun.elapsed() < std::time::Duration::from_secs(20));
    }
    drop(hub);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_are_all_answered() {
    let hub = stage().await;
    let client = &hub.client;
    let asked = (0..48).map(|at| async move {
        let tag = HOW[at % 2];
        let path = match at % 3 {
            0 => format!("{API}/{tag}/preview?file=README.md"),
            1 => format!("{API}/{tag}/tensors"),
            _ => format!("{API}/{tag}/facts"),
        };
        (path.clone(), client.get(&path).await.status)
    });
    for (path, status) in futures_util::future::join_all(asked).await {
        assert_eq!(status, 200, "{path}");
    }
}

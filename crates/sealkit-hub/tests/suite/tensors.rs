//! The tensors of a kit, from headers alone.

use crate::common::{TestHub, hub, sparse};
use sealkit_testkit::{KitBuilder, safetensors_of};
use serde_json::{Value, json};

const GGUF: &[u8] = include_bytes!("../../../sealkit-inspect/tests/golden/models/le.gguf");
const API: &str = "/api/v1/kits/k/versions/v1/tensors";

/// The header of a safetensors file, and `data` bytes of zeros.
fn safetensors(header: &Value, data: usize) -> Vec<u8> {
    safetensors_of(header, &vec![0; data])
}

fn tensor(dtype: &str, shape: &[u64], from: u64, to: u64) -> Value {
    json!({ "dtype": dtype, "shape": shape, "data_offsets": [from, to] })
}

fn two_layers() -> Vec<u8> {
    let header = json!({
        "model.layers.0.q.weight": tensor("F16", &[2, 3], 0, 12),
        "model.layers.0.k.weight": tensor("F16", &[2], 12, 16),
        "model.layers.1.q.weight": tensor("F32", &[4], 16, 32),
        "lm_head.weight": tensor("F32", &[], 32, 36),
    });
    safetensors(&header, 36)
}

async fn get(hub: &TestHub, query: &str) -> Value {
    let reply = hub.client.get(&format!("{API}{query}")).await;
    assert_eq!(reply.status, 200, "{query}: {}", String::from_utf8_lossy(&reply.body));
    reply.json()
}

fn names(list: &Value) -> Vec<&str> {
    list["tensors"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn tensors_are_listed_and_summed() {
    let hub = hub(KitBuilder::small("k").model("m.safetensors", &two_layers())).await;
    let list = get(&hub, "").await;
    assert_eq!(
        (&list["count"], &list["parameters"], &list["bytes"]),
        (&json!(4), &json!(13), &json!(36))
    );
    assert_eq!(list["incomplete"], false);
    assert_eq!(
        list["dtypes"],
        json!([
            { "name": "F32", "count": 2, "parameters": 5, "bytes": 20 },
            { "name": "F16", "count": 2, "parameters": 8, "bytes": 16 },
        ])
    );
    let layers: Vec<_> = list["groups"].as_array().unwrap().iter().map(|g| &g["name"]).collect();
    assert_eq!(layers, ["model.layers.0", "model.layers.1", "lm_head"]);
    assert_eq!(list["tensors"][0]["shape"], json!([2, 3]));
    assert_eq!(list["tensors"][3]["parameters"], 1, "a scalar is one parameter");
    assert_eq!(list["files"][0]["format"], "safetensors");
    assert_eq!(list["files"].as_array().unwrap().len(), 1, "other files are not looked into");
}

#[tokio::test]
async fn tensors_are_sorted_filtered_and_paged() {
    let hub = hub(KitBuilder::small("k").model("m.safetensors", &two_layers())).await;
    assert_eq!(names(&get(&hub, "?sort=name").await)[0], "lm_head.weight");
    assert_eq!(names(&get(&hub, "?sort=bytes").await)[0], "model.layers.1.q.weight");
    assert_eq!(names(&get(&hub, "?sort=parameters").await)[0], "model.layers.0.q.weight");
    let layer = get(&hub, "?layer=model.layers.0").await;
    assert_eq!((&layer["matching"], &layer["count"]), (&json!(2), &json!(4)));
    let first = get(&hub, "?limit=3").await;
    assert_eq!((names(&first).len(), &first["next"]), (3, &json!(3)));
    let last = get(&hub, "?limit=3&from=3").await;
    assert_eq!((names(&last), &last["next"]), (vec!["lm_head.weight"], &Value::Null));
    assert_eq!(names(&get(&hub, "?from=9007199254740991").await).len(), 0);
    for bad in ["?sort=colour", "?from=-1", "?limit=x", "?from=18446744073709551615"] {
        assert_eq!(hub.client.get(&format!("{API}{bad}")).await.status, 400, "{bad}");
    }
    assert_eq!(hub.client.get(&format!("{API}?file=none")).await.status, 404);
}

#[tokio::test]
async fn gguf_has_a_table_too() {
    let hub = hub(KitBuilder::small("k").model("m.gguf", GGUF)).await;
    let list = get(&hub, "").await;
    assert_eq!(list["files"][0]["format"], "gguf");
    assert!(list["count"].as_u64().unwrap() > 0);
    assert!(list["parameters"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn an_index_leads_to_its_shards() {
    let one = safetensors(&json!({ "a": tensor("F32", &[2], 0, 8) }), 8);
    let two = safetensors(&json!({ "b": tensor("F32", &[3], 0, 12) }), 12);
    let index = json!({ "metadata": { "total_size": 20 }, "weight_map": { "a": "one.safetensors", "b": "two.safetensors", "c": "three.safetensors" } });
    let kit = KitBuilder::new("k").part(
        "model",
        "m",
        &[
            ("m/one.safetensors", &one),
            ("m/two.safetensors", &two),
            ("m/model.safetensors.index.json", index.to_string().as_bytes()),
        ],
    );
    let hub = hub(kit).await;
    let list = get(&hub, "?file=m/model.safetensors.index.json").await;
    assert_eq!((&list["parameters"], names(&list)), (&json!(5), vec!["a", "b"]));
    assert_eq!(list["incomplete"], true, "a shard is missing");
    let paths: Vec<_> = list["files"].as_array().unwrap().iter().map(|f| &f["path"]).collect();
    assert!(paths.contains(&&json!("m/three.safetensors")), "{paths:?}");
    let all = get(&hub, "").await;
    assert_eq!((names(&all).len(), &all["incomplete"]), (2, &json!(false)));
}

#[tokio::test]
async fn a_large_file_costs_its_header() {
    const SIZE: u64 = 6 << 30;
    let folder = tempfile::tempdir().unwrap();
    let start = safetensors(&json!({ "w": tensor("BF16", &[SIZE / 2], 0, SIZE) }), 0);
    let file = start.len() as u64 + SIZE;
    // What follows the header is a hole, as if the weights were there.
    let kit = KitBuilder::new("k").model("m.safetensors", b"");
    let hub = sparse::hub(folder.path(), kit, ("m.safetensors", &start, file)).await;
    let list = get(&hub, "").await;
    assert_eq!((&list["parameters"], &list["bytes"]), (&json!(SIZE / 2), &json!(SIZE)));
    assert_eq!(list["incomplete"], false, "{list}");
    let read = list["bytesRead"].as_u64().unwrap();
    assert!((8..256 << 10).contains(&read), "{read} bytes were read of {file}");
}

#[tokio::test]
async fn hostile_headers_are_refused_and_the_rest_goes_on() {
    let long = (u64::MAX / 2).to_le_bytes();
    let shape = json!({ "w": tensor("F32", &[u64::MAX, u64::MAX], 0, 4) });
    let kit = KitBuilder::new("k")
        .model("a.safetensors", &long)
        .part(
            "modelpart",
            "b.gguf",
            &[("b.gguf", b"GGUF\x03\0\0\0\xff\xff\xff\xff\xff\xff\xff\x7f")],
        )
        .part("modelpart", "c.safetensors", &[("c.safetensors", &safetensors(&shape, 4))])
        .part("modelpart", "d.safetensors", &[("d.safetensors", &two_layers())])
        .part("modelpart", "e.gguf", &[("e.gguf", b"")]);
    let hub = hub(kit).await;
    let list = get(&hub, "").await;
    assert_eq!((&list["incomplete"], &list["count"]), (&json!(true), &json!(5)));
    assert_eq!(list["parameters"], Value::Null, "a sum beyond 64 bits is no number");
    for file in [0, 1, 2] {
        let file = &list["files"][file];
        assert!(!file["findings"].as_array().unwrap().is_empty(), "{file}");
    }
    let page = hub.client.get("/kits/k/v1/tensors").await;
    assert_eq!(page.status, 200);
    let page = String::from_utf8(page.body).unwrap();
    assert!(page.contains("model.layers.1.q.weight") && page.contains("tensors may be missing"));
}

#[tokio::test]
async fn names_of_tensors_are_text() {
    let evil = "<img src=x onerror=alert(1)>\u{202e}";
    let header = json!({ (evil): tensor(evil, &[1], 0, 4) });
    let hub = hub(KitBuilder::new("k").model("m.safetensors", &safetensors(&header, 4))).await;
    let page = String::from_utf8(hub.client.get("/kits/k/v1/tensors").await.body).unwrap();
    assert!(page.contains("&lt;img src=x") && page.contains("\\u{202e}"));
    assert!(!page.contains("<img") && !page.contains('\u{202e}'));
}

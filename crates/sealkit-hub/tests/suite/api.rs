//! The JSON API over real kits.

use crate::common::TestHub;
use sealkit_oci::{FileTable, Index, media_type};
use sealkit_testkit::{Kit, KitBuilder, TarBuilder, TarHeader};
use serde_json::{Value, json};

async fn kit(hub: &TestHub, name: &str, tag: &str, builder: KitBuilder) -> Kit {
    builder.store(hub.repository(name).as_ref(), tag).await
}

async fn get(hub: &TestHub, path: &str) -> Value {
    let reply = hub.client.get(path).await;
    assert_eq!(reply.status, 200, "{path}: {}", String::from_utf8_lossy(&reply.body));
    assert_eq!(reply.json()["schemaVersion"], 1);
    reply.json()
}

async fn fails(hub: &TestHub, path: &str) -> (u16, String) {
    let reply = hub.client.get(path).await;
    (reply.status, reply.json()["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn kits_and_versions_are_listed_in_pages() {
    let hub = TestHub::start().await;
    let stored = kit(&hub, "org/b", "v1", KitBuilder::small("b")).await;
    kit(&hub, "org/b", "v2", KitBuilder::new("b2")).await;
    kit(&hub, "a", "v1", KitBuilder::small("a")).await;
    let first = get(&hub, "/api/v1/kits?limit=1").await;
    assert_eq!((&first["kits"][0]["name"], &first["next"]), (&json!("a"), &json!("a")));
    let second = get(&hub, "/api/v1/kits?limit=1&after=a").await;
    assert_eq!(second["next"], Value::Null);
    let path = second["kits"][0]["versions"].as_str().unwrap();
    let versions = get(&hub, path).await;
    assert_eq!(versions["versions"][0]["tag"], "v1");
    assert_eq!(versions["versions"][0]["digest"], stored.manifest.digest().to_string());
    assert_eq!(versions["versions"][0]["size"], stored.manifest.value().total_size());
    assert_eq!(versions["versions"].as_array().unwrap().len(), 2);
    assert_eq!(fails(&hub, "/api/v1/kits?limit=x").await, (400, "bad-request".into()));
    assert_eq!(fails(&hub, "/api/v1/kits/none/versions").await, (404, "not-found".into()));
    assert_eq!(fails(&hub, "/api/v1/kits/..%2Fa/versions").await, (404, "not-found".into()));
    assert_eq!(fails(&hub, "/api/v1/nonsense").await, (404, "not-found".into()));
}

#[tokio::test]
async fn a_version_shows_its_kitfile_and_parts() {
    let hub = TestHub::start().await;
    let stored = kit(&hub, "org/kit", "v1", KitBuilder::small("mine")).await;
    let by_tag = get(&hub, "/api/v1/kits/org%2Fkit/versions/v1").await;
    let digest = stored.manifest.digest().to_string();
    assert_eq!(by_tag["digest"], digest);
    assert_eq!(by_tag["kitfile"]["package"]["name"], "mine");
    assert_eq!(by_tag["layers"][0]["role"], "model");
    assert_eq!(by_tag["layers"][1]["path"], "data.csv");
    assert_eq!(by_tag["artifactType"], media_type::MODELKIT_MANIFEST);
    assert_eq!(get(&hub, &format!("/api/v1/kits/org%2Fkit/versions/{digest}")).await, by_tag);
    let absent = "/api/v1/kits/org%2Fkit/versions/v9";
    assert_eq!(fails(&hub, absent).await, (404, "not-found".into()));
    let malformed = "/api/v1/kits/org%2Fkit/versions/sha256:1";
    assert_eq!(fails(&hub, malformed).await, (400, "bad-request".into()));
}

#[tokio::test]
async fn an_index_is_no_kit() {
    let hub = TestHub::start().await;
    let stored = kit(&hub, "a", "v1", KitBuilder::small("a")).await;
    let index = serde_json::to_vec(&Index::of(vec![stored.manifest.descriptor().clone()])).unwrap();
    let repository = hub.repository("a");
    repository.put_manifest(media_type::OCI_INDEX, index.into(), Some("all")).await.unwrap();
    assert_eq!(fails(&hub, "/api/v1/kits/a/versions/all").await, (422, "not-a-kit".into()));
}

#[tokio::test]
async fn files_come_from_the_table_where_there_is_one() {
    let hub = TestHub::start().await;
    let stored = kit(&hub, "a", "v1", KitBuilder::small("a")).await;
    let without = get(&hub, "/api/v1/kits/a/versions/v1/files").await;
    assert_eq!(without["source"], "layer-headers");
    stored.store_table(hub.repository("a").as_ref()).await;
    let with = get(&hub, "/api/v1/kits/a/versions/v1/files").await;
    assert_eq!(with["source"], "file-table");
    for list in [&without, &with] {
        assert_eq!(list["files"].as_array().unwrap().len(), 3);
        let (file, layer) = (&list["files"][1], &stored.layers[1]);
        assert_eq!((&file["path"], &file["size"]), (&json!("data.csv"), &json!(8)));
        let offset = file["offset"].as_u64().unwrap() as usize;
        assert_eq!(&layer[offset..offset + 8], b"a,b\n1,2\n");
    }
    assert_eq!(without["files"][1]["digest"], Value::Null);
    let digest = sealkit_oci::Digest::of(b"a,b\n1,2\n").to_string();
    assert_eq!(with["files"][1]["digest"], digest);
}

#[tokio::test]
async fn a_table_of_other_layers_is_not_believed() {
    let hub = TestHub::start().await;
    let stored = kit(&hub, "a", "v1", KitBuilder::small("a")).await;
    let mut other = KitBuilder::new("b").model("evil.bin", b"x").build().table;
    let repository = hub.repository("a");
    let attach = async |bytes: &[u8]| {
        stored.attach(repository.as_ref(), media_type::FILE_TABLE, bytes).await;
    };
    attach(&serde_json::to_vec(&other).unwrap()).await;
    attach(b"not json").await;
    other = FileTable { schema_version: 9, ..stored.table.clone() };
    attach(&serde_json::to_vec(&other).unwrap()).await;
    let list = get(&hub, "/api/v1/kits/a/versions/v1/files").await;
    assert_eq!(
        (&list["source"], &list["files"][0]["path"]),
        (&json!("layer-headers"), &json!("model.bin"))
    );
}

#[tokio::test]
async fn what_can_not_be_listed_is_said() {
    let hub = TestHub::start().await;
    let tar = TarBuilder::new()
        .file("ok.txt", b"1")
        .entry(&TarHeader::symlink("evil", "/etc/passwd"), b"")
        .entry(&TarHeader::file("huge", 1 << 50), b"short")
        .unfinished();
    let mut built = KitBuilder::small("a").build();
    let mut manifest = built.manifest.value().clone();
    let layers = manifest.layers.as_mut().unwrap();
    layers[0] = sealkit_oci::Descriptor::of(layers[0].media_type.clone(), &tar);
    layers[1].media_type = "application/vnd.kitops.modelkit.dataset.v1.tar+gzip".into();
    layers[2].media_type = "application/octet-stream".into();
    built.layers[0] = tar;
    built.manifest = sealkit_oci::Raw::build(media_type::OCI_MANIFEST, manifest).unwrap();
    built.store(hub.repository("a").as_ref(), Some("v1")).await;
    let list = get(&hub, "/api/v1/kits/a/versions/v1/files").await;
    assert_eq!(list["files"][0]["path"], "ok.txt");
    let reasons: Vec<&str> = list["unlisted"]
        .as_array()
        .unwrap()
        .iter()
        .map(|u| u["reason"].as_str().unwrap())
        .collect();
    assert_eq!(reasons.len(), 3, "{reasons:?}");
    assert!(reasons[0].contains("ends early"), "{reasons:?}");
    assert!(reasons[1].contains("gzip"), "{reasons:?}");
    assert!(reasons[2].contains("media type"));
}

#[tokio::test]
async fn versions_are_compared_by_field_part_and_file() {
    let hub = TestHub::start().await;
    let old = KitBuilder::new("kit")
        .model("m.bin", b"same")
        .part("code", "src", &[("src/a.py", b"one"), ("src/old.py", b"moved"), ("src/c", b"gone")])
        .docs("README.md", b"read");
    let new = KitBuilder::new("renamed")
        .model("m.bin", b"same")
        .part("code", "src", &[("src/a.py", b"two"), ("src/new.py", b"moved"), ("src/d", b"come")])
        .dataset("d.csv", b"1,2");
    let a = kit(&hub, "org/k", "a", old).await;
    let b = kit(&hub, "org/k", "b", new).await;
    let path = "/api/v1/compare?a=org/k:a&b=org/k:b";
    let blind = get(&hub, path).await;
    assert_eq!(blind["source"], "layer-headers");
    let a_py = |json: &Value| {
        let files = json["files"].as_array().unwrap().clone();
        files.into_iter().find(|file| file["path"] == "src/a.py").map(|file| file["change"].clone())
    };
    assert_eq!(a_py(&blind), Some(json!("unknown")), "equal sizes prove nothing");
    a.store_table(hub.repository("org/k").as_ref()).await;
    b.store_table(hub.repository("org/k").as_ref()).await;
    let full = get(&hub, path).await;
    assert_eq!(full["source"], "file-table");
    assert_eq!(
        full["fields"][2],
        json!({ "pointer": "/package/name", "a": "kit", "b": "renamed" })
    );
    let parts: Vec<_> = full["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["change"].as_str().unwrap())
        .collect();
    assert_eq!(parts, ["changed", "removed", "added"]);
    assert_eq!(a_py(&full), Some(json!("changed")));
    let moved = json!([{ "from": "src/old.py", "to": "src/new.py", "digest": sealkit_oci::Digest::of(b"moved") }]);
    assert_eq!(full["moved"], moved);
    let changes: Vec<_> = full["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| {
            format!("{} {}", file["change"].as_str().unwrap(), file["path"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        changes,
        ["removed README.md", "added d.csv", "changed src/a.py", "removed src/c", "added src/d"]
    );
    let needed = b.config.len() + b.layers[1].len() + b.layers[2].len();
    assert_eq!(full["bytesNeeded"], needed);
    let same = get(&hub, "/api/v1/compare?a=org/k:a&b=org/k:a").await;
    assert_eq!(
        (&same["files"], &same["parts"], &same["bytesNeeded"]),
        (&json!([]), &json!([]), &json!(0))
    );
    for bad in ["?a=org/k:a", "?a=org/k:a&b=zzz", "?a=../k:a&b=org/k:a"] {
        let path = format!("/api/v1/compare{bad}");
        assert_eq!(fails(&hub, &path).await, (400, "bad-request".into()), "{bad}");
    }
}

#[tokio::test]
async fn many_files_come_in_bounded_pages_and_in_one_order() {
    let hub = TestHub::start().await;
    let names: Vec<String> = (0..10_500).map(|at| format!("data/{at:05}")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
    let stored = kit(&hub, "k", "v1", KitBuilder::new("k").part("dataset", "data", &files)).await;
    let path = format!("/api/v1/kits/k/versions/{}/files", stored.manifest.digest());
    let first = get(&hub, &path).await;
    assert_eq!(first["files"].as_array().unwrap().len(), 1_000);
    assert_eq!((&first["count"], &first["next"]), (&json!(10_500), &json!("1000")));
    let large = get(&hub, &format!("{path}?limit=20000")).await;
    assert_eq!(large["files"].as_array().unwrap().len(), 10_000);
    let last = get(&hub, &format!("{path}?after=10000&limit=20000")).await;
    assert_eq!(last["next"], Value::Null);
    let listed = [&large, &last].map(|page| page["files"].as_array().unwrap().clone()).concat();
    let paths: Vec<&str> = listed.iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert_eq!(paths, names);
    let behind = get(&hub, &format!("{path}?after=99999")).await;
    assert_eq!((&behind["files"], &behind["next"]), (&json!([]), &Value::Null));
}

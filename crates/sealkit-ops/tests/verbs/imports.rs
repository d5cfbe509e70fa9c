//! Imports from a hub of models that lies, and what is generated for folders.

use std::fs;

use sealkit_oci::Digest;
use sealkit_ops::OpsError;
use sealkit_ops::import::{
    HubRepository, ImportOutcome, ImportRequest, RepositoryKind, Source, import,
};
use sealkit_ops::init::{InitOptions, KitfileOutput, Package, generate_for, init};
use sealkit_ops::network::Secret;
use sealkit_ops::pack::Stamp;
use sealkit_testkit::{Instead, TestRegistry};
use serde_json::{Value, json};

use crate::common::{Stage, reference, says};

const COMMIT: &str = "1234567890123456789012345678901234567890";
const CARD: &[u8] = b"# Card\n";
const WEIGHTS: &[u8] = b"weights";
/// Git's object id of [`CARD`]: SHA-1 of `blob 7\0# Card\n`.
const CARD_OID: &str = "9efb2139bc6b95ddfecd34389a01a09c05cdb23a";

fn large(path: &str, bytes: &[u8]) -> Value {
    let oid = Digest::of(bytes).hex().to_owned();
    json!({ "type": "file", "path": path, "size": 130, "oid": "0".repeat(40),
        "lfs": { "oid": oid, "size": bytes.len() } })
}

fn gives(registry: &TestRegistry, path_end: &str, body: impl AsRef<[u8]>) {
    let one = Instead::bytes(path_end, "application/json", body.as_ref());
    // The first that fits counts.
    registry.faults().set(|faults| faults.instead.insert(0, one));
}

/// A hub with one repository of these entries, every file of which is [`WEIGHTS`].
fn serves(registry: &TestRegistry, tree: &Value) {
    registry.faults().clear();
    gives(registry, "/revision/main", json!({ "sha": COMMIT }).to_string());
    gives(registry, &format!("/tree/{COMMIT}"), tree.to_string());
    for entry in tree.as_array().into_iter().flatten() {
        if let Some(path) = entry["path"].as_str() {
            gives(registry, &format!("/resolve/{COMMIT}/{path}"), WEIGHTS);
        }
    }
}

async fn imported(stage: &Stage, registry: &TestRegistry) -> Result<ImportOutcome, OpsError> {
    let repository = HubRepository { kind: RepositoryKind::Model, id: "org/tiny".to_owned() };
    let request = ImportRequest {
        source: Source::Hub(repository),
        revision: "main".to_owned(),
        token: Some(Secret::new("hf_secret")),
        hub_token: None,
        endpoint: registry.url(),
        kitfile: None,
        name: reference("tiny:v1"),
        init: InitOptions::default(),
        stamp: Stamp::default(),
    };
    import(&stage.context, request).await
}

fn is_empty(stage: &Stage) -> bool {
    stage.context.store().unwrap().list().unwrap().is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_hub_serves_rightly_becomes_a_kit() {
    let (stage, registry) = (Stage::new(), TestRegistry::start().await);
    serves(
        &registry,
        &json!([large("model.safetensors", WEIGHTS), { "type": "directory", "path": "x" }]),
    );
    let made = imported(&stage, &registry).await.unwrap();
    assert_eq!(made.commit.as_deref(), Some(COMMIT));
    let files: Vec<_> =
        made.packed.file_table.entries().map(|(_, file)| file.path.clone()).collect();
    assert_eq!(files, ["model.safetensors"]);
    let said = made.provenance.unwrap().to_string();
    assert!(said.contains(COMMIT) && !said.contains("hf_secret"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_could_leave_the_folder_are_refused_before_anything_is_fetched() {
    let (stage, registry) = (Stage::new(), TestRegistry::start().await);
    for path in [
        "../evil",
        "/etc/passwd",
        "a/../../evil",
        "..",
        ".",
        "",
        "a//b",
        "./a",
        "a/",
        "a\u{0}b",
        "C:\\evil",
        "a\\..\\b",
    ] {
        serves(&registry, &json!([large("model.safetensors", WEIGHTS), large(path, WEIGHTS)]));
        registry.log().clear();
        let result = imported(&stage, &registry).await;
        // A name with other systems' separators is only a name here: it stays inside.
        if path.contains('\\') && result.is_ok() {
            assert_eq!(stage.beside(), Vec::<String>::new());
            continue;
        }
        says(result, "unsafe-name", &["unsafe name"], "");
        assert!(registry.log().matching("GET", "/resolve/").is_empty(), "{path:?}");
        assert_eq!(stage.beside(), Vec::<String>::new(), "{path:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn listings_that_are_none_are_told_by_the_hub_that_sent_them() {
    let (stage, registry) = (Stage::new(), TestRegistry::start().await);
    let file = |change: fn(&mut Value)| {
        let mut file = large("model.safetensors", WEIGHTS);
        change(&mut file);
        json!([file])
    };
    for (what, tree) in [
        ("no list", json!({})),
        ("numbers", json!([1, 2])),
        ("no type", file(|f| drop(f.as_object_mut().unwrap().remove("type")))),
        ("a link", file(|f| f["type"] = json!("symlink"))),
        ("a negative size", file(|f| f["lfs"]["size"] = json!(-1))),
        ("no digest", file(|f| f["lfs"]["oid"] = json!("sha256:12"))),
        ("an upper-case digest", file(|f| f["lfs"]["oid"] = json!("A".repeat(64)))),
        (
            "no object id",
            file(|f| {
                f["lfs"] = Value::Null;
                f["oid"] = json!("../../x");
            }),
        ),
        ("twice", json!([large("a", WEIGHTS), large("a", WEIGHTS)])),
    ] {
        serves(&registry, &tree);
        let error = imported(&stage, &registry).await.expect_err(what);
        let text = crate::common::whole(&error);
        assert!(text.contains("127.0.0.1"), "{what}: {text}");
        assert!(!text.contains("hf_secret"), "{what}: {text}");
        assert!(is_empty(&stage), "{what}");
    }
    for sha in ["main", "", "../../../x", "1234", &"g".repeat(40), &"A".repeat(40)] {
        serves(&registry, &json!([]));
        gives(&registry, "/revision/main", json!({ "sha": sha }).to_string());
        says(imported(&stage, &registry).await, "hub-protocol", &["127.0.0.1", "commit"], "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_not_what_the_listing_says_are_not_packed() {
    let (stage, registry) = (Stage::new(), TestRegistry::start().await);
    let path = "model.safetensors";
    let of = format!("/resolve/{COMMIT}/{path}");
    let small = json!([{ "type": "file", "path": path, "size": CARD.len(), "oid": CARD_OID }]);
    for (what, tree, body, code) in [
        ("other bytes", json!([large(path, WEIGHTS)]), &b"weightz"[..], "import-digest-mismatch"),
        ("too few", json!([large(path, WEIGHTS)]), b"weigh", "hub-protocol"),
        ("none", json!([large(path, WEIGHTS)]), b"", "hub-protocol"),
        ("too many", json!([large(path, WEIGHTS)]), b"weights and more", "hub-protocol"),
        ("other bytes of git", small, b"# Cord\n", "import-digest-mismatch"),
    ] {
        serves(&registry, &tree);
        gives(&registry, &of, body);
        let error = imported(&stage, &registry).await;
        says(error, code, &[path], "");
        assert!(is_empty(&stage), "{what}");
    }
    for status in [401, 403, 404, 429, 500] {
        serves(&registry, &json!([large(path, WEIGHTS)]));
        gives(&registry, &of, b"<html>\x1b[2J");
        registry.faults().set(|faults| faults.instead[0].status = status);
        let status = format!("HTTP {status}");
        says(imported(&stage, &registry).await, "hub-refused", &[path, &status], "");
    }
    // What was left of all that does not keep the right files from being taken.
    serves(&registry, &json!([large(path, WEIGHTS)]));
    imported(&stage, &registry).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_none_is_asked_nothing() {
    let (stage, registry) = (Stage::new(), TestRegistry::start().await);
    serves(&registry, &json!([large("a", WEIGHTS)]));
    for endpoint in
        ["", "nonsense", "ftp://x.example", "https://user:pw@x.example", "https://x.example/?a=b"]
    {
        let repository = HubRepository { kind: RepositoryKind::Model, id: "org/tiny".to_owned() };
        let request = ImportRequest {
            source: Source::Hub(repository),
            revision: "main".to_owned(),
            token: None,
            hub_token: None,
            endpoint: endpoint.to_owned(),
            kitfile: None,
            name: reference("tiny:v1"),
            init: InitOptions::default(),
            stamp: Stamp::default(),
        };
        let result = import(&stage.context, request).await;
        let error = result.unwrap_err();
        let text = crate::common::whole(&error);
        assert!(text.contains("is not the address of a hub") && !text.contains("pw"), "{text}");
    }
}

#[test]
fn no_secret_of_an_address_is_repeated() {
    use sealkit_ops::import::{Tool, parse_source};
    for text in [
        "https://me:canary@huggingface.co/a/b/c",
        "https://me:canary@huggingface.co/spaces/a/b",
        "https://me:canary@huggingface.co/a b",
        "hf://me:canary@host/a/b/c",
        "me:canary@host/a/b/c/d",
        "https://huggingface.co/a/b/c?token=canary",
        "http://me:canary@git.example/x.git",
        "https://me:canary@/x.git",
    ] {
        for tool in [None, Some(Tool::Git), Some(Tool::Hub)] {
            if let Err(error) = parse_source(text, tool, "https://huggingface.co") {
                let text = crate::common::whole(&error);
                assert!(!text.contains("canary"), "{tool:?}: {text}");
            }
        }
    }
}

#[test]
fn a_folder_gets_a_kitfile_that_names_each_of_its_files_once() {
    let stage = Stage::new();
    let dir = stage.project("project");
    fs::remove_file(dir.join("Kitfile")).unwrap();
    let package = Package { name: "mine".to_owned(), ..Package::default() };
    let options = InitOptions { package, depth: None };
    let made = generate_for(&dir, &options).unwrap();
    assert_eq!(made.kitfile.package.name, "mine");
    assert!(made.written.is_empty() && !dir.join("Kitfile").exists());
    let again = generate_for(&dir, &options).unwrap();
    assert_eq!(again.yaml, made.yaml);
    let parsed = sealkit_kitfile::Kitfile::parse(&made.yaml, "Kitfile").unwrap();
    assert_eq!(parsed.kitfile, made.kitfile);
    let parts: Vec<String> = made.kitfile.parts().into_iter().map(|part| part.path).collect();
    for file in ["models/m.safetensors", "data/train.csv", "data/test.csv", "train.py", "README.md"]
    {
        let holders = parts.iter().filter(|part| {
            part.as_str() == file || file.starts_with(&format!("{part}/")) || part.as_str() == "."
        });
        assert_eq!(holders.count(), 1, "{file}: {parts:?}");
    }
}

#[test]
fn a_kitfile_that_is_there_is_only_replaced_where_that_is_meant() {
    let stage = Stage::new();
    let dir = stage.project("project");
    let options = InitOptions::default();
    let own = fs::read(dir.join("Kitfile")).unwrap();
    let made = init(&dir, &options, &KitfileOutput::Folder, false);
    says(made.map(drop), "file-exists", &["Kitfile"], "--force");
    assert_eq!(fs::read(dir.join("Kitfile")).unwrap(), own);
    // A link in its place is replaced and not followed.
    let victim = stage.write("victim", "precious");
    fs::remove_file(dir.join("Kitfile")).unwrap();
    std::os::unix::fs::symlink(&victim, dir.join("Kitfile")).unwrap();
    init(&dir, &options, &KitfileOutput::Folder, true).unwrap();
    assert_eq!(fs::read(&victim).unwrap(), b"precious");
    assert!(!fs::symlink_metadata(dir.join("Kitfile")).unwrap().is_symlink());
    let elsewhere = KitfileOutput::File(stage.write("there", "x"));
    says(init(&dir, &options, &elsewhere, false).map(drop), "file-exists", &["there"], "--force");
    for (path, code) in [("nowhere", "not-a-folder"), ("victim", "not-a-folder")] {
        let made = init(&stage.path(path), &options, &KitfileOutput::Caller, false);
        says(made.map(drop), code, &[path], "");
    }
}

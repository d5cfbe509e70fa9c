//! Cases 4, 26 and 36, and trust that is carried: what was true once is not true again, and one version
//! has one content.

use serde_json::{Value, json};

use crate::common::{Run, Sandbox};
use crate::seal_common::{project, run};

const POLICY: &str =
    "schemaVersion: 1\nname: p\nrules:\n  - {id: newest, check: {release: {order: sequence}}}\n";

/// Seals the project as `demo:TAG` with other data, and states the number of its release.
fn release(sandbox: &Sandbox, tag: &str, sequence: &str) {
    sandbox.write("project/data/train.csv", format!("a,b\n{tag},2\n"));
    let name = format!("demo:{tag}");
    run(sandbox, &["seal", "project", "-t", &name]).exits(0);
    sandbox.write("release.json", r#"{"purl":"pkg:oci/demo@1"}"#);
    let args = ["attest", &name, "--type", "release", "--predicate", "release.json"];
    run(sandbox, &[&args[..], &["--sequence", sequence]].concat()).exits(0);
}

fn check(sandbox: &Sandbox, name: &str) -> Run {
    run(sandbox, &["check", name, "--policy", "p.yaml", "--format", "json"])
}

#[test]
fn an_older_release_is_a_rollback_once_a_newer_one_was_accepted() {
    let sandbox = Sandbox::new();
    project(&sandbox);
    sandbox.write("p.yaml", POLICY);
    release(&sandbox, "v6", "6");
    release(&sandbox, "v7", "7");
    check(&sandbox, "demo:v6").exits(0);
    check(&sandbox, "demo:v7").exits(0);
    let refused = check(&sandbox, "demo:v6").exits(1);
    assert!(refused.stdout.contains("\"rollback\""), "{refused}");
    // The tag that people use moves back: the digest behind it is what counts.
    run(&sandbox, &["tag", "demo:v6", "demo:latest"]).exits(0);
    check(&sandbox, "demo:latest").exits(1);
    check(&sandbox, "demo:v7").exits(0);
    // Without its repository nobody knows what it would replace: that is no yes.
    let inspected = run(&sandbox, &["inspect", "demo:v6"]).exits(0).json();
    let digest = inspected["digest"].as_str().unwrap().to_owned();
    let layout = format!("oci:{}@{digest}", sandbox.home().join("store").display());
    for name in [&digest, &layout] {
        let open = check(&sandbox, name).exits(2);
        assert!(open.stdout.contains("without a repository"), "{name}: {open}");
    }
    // Another kit under the number that was accepted is no newer one.
    release(&sandbox, "other", "7");
    let refused = check(&sandbox, "demo:other").exits(1);
    assert!(refused.stdout.contains("\"rollback\""), "{refused}");
}

/// A dataset version of `name` whose training split has the digest of `bytes`.
fn version(name: &str, bytes: &[u8]) -> Value {
    let hex = sealkit_oci::Digest::of(bytes).hex().to_owned();
    json!({ "id": name, "version": "1", "splits": { "train": { "digest": { "sha256": hex } } } })
}

#[test]
fn one_version_with_two_contents_is_a_conflict() {
    let sandbox = Sandbox::new();
    project(&sandbox);
    run(&sandbox, &["seal", "project", "-t", "demo:v1"]).exits(0);
    let state = |name: &str, bytes: &[u8]| {
        sandbox.write("d.json", version(name, bytes).to_string());
        let args = ["attest", "demo:v1", "--type", "dataset-version", "--predicate", "d.json"];
        run(&sandbox, &args).exits(0);
    };
    let id = "https://data.example.org/reviews";
    state(id, b"a,b\n1,2\n");
    state("https://data.example.org/other", b"something else");
    run(&sandbox, &["verify", "demo:v1"]).exits(0);
    state(id, b"a,b\n9,9\n");
    let found = run(&sandbox, &["verify", "demo:v1", "--format", "json"]).exits(1).json();
    let steps = found["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["id"] == "version-conflict").unwrap();
    assert_eq!((&step["outcome"], &step["codes"]), (&json!("fail"), &json!(["version-conflict"])));
    run(&sandbox, &["check", "demo:v1"]).exits(1);
}

#[test]
fn carried_trust_that_is_older_than_what_was_imported_is_refused() {
    let sandbox = Sandbox::new();
    run(&sandbox, &["keys", "generate", "-o", "admin"]).exits(0);
    run(&sandbox, &["keys", "generate", "-o", "ci"]).exits(0);
    run(&sandbox, &["trust", "add", "ci.pub", "--name", "ci"]).exits(0);
    let file = "trust.sigstore.json";
    run(&sandbox, &["trust", "export", "--key", "admin.key", "-o", file]).exits(0);
    let import = ["trust", "import", file, "--key", "admin.pub"];
    let with = |flag: &'static str| [&import[..], &[flag]].concat();
    // Looking changes nothing, and importing twice is no step back.
    run(&sandbox, &with("--dry-run")).exits(0);
    assert!(!sandbox.home().join("seen.json").exists());
    run(&sandbox, &import).exits(0);
    run(&sandbox, &import).exits(0);
    // The signer removed `ci` and said so in a later file, which was imported.
    run(&sandbox, &["trust", "remove", "ci"]).exits(0);
    let path = sandbox.home().join("seen.json");
    let mut memory: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let issued = memory["imports"].as_object_mut().unwrap().values_mut().next().unwrap();
    *issued = json!(issued.as_i64().unwrap() + 1);
    std::fs::write(&path, memory.to_string()).unwrap();
    for args in [import.to_vec(), with("--dry-run"), with("--replace")] {
        let refused = run(&sandbox, &args).exits(2);
        assert!(refused.stderr.contains("from the same signer before"), "{refused}");
    }
    let listed = |sandbox: &Sandbox| {
        run(sandbox, &["trust", "list", "--format", "json"]).exits(0).json()["keys"].clone()
    };
    assert!(!listed(&sandbox).to_string().contains("\"ci\""));
    run(&sandbox, &with("--insecure-allow-older")).exits(0);
    assert!(listed(&sandbox).to_string().contains("\"ci\""));
    // What was newest stays so.
    run(&sandbox, &import).exits(2);
}

/// Whatever one of the documents of a seal is taken away, the rest is no yes.
#[test]
fn every_document_of_a_seal_is_missed_when_it_is_taken_away() {
    let sandbox = Sandbox::new();
    project(&sandbox);
    run(&sandbox, &["seal", "project", "-t", "demo:v1"]).exits(0);
    let path = sandbox.home().join("store/index.json");
    let whole = std::fs::read(&path).unwrap();
    let index: Value = serde_json::from_slice(&whole).unwrap();
    let is_attached = |entry: &Value| !entry["annotations"]["dev.sealkit.subject"].is_null();
    let entries = index["manifests"].as_array().unwrap();
    let attached: Vec<usize> = (0..entries.len()).filter(|at| is_attached(&entries[*at])).collect();
    assert_eq!(attached.len(), 5, "{index}");
    for at in attached {
        let mut less = index.clone();
        let gone = less["manifests"].as_array_mut().unwrap().remove(at);
        std::fs::write(&path, less.to_string()).unwrap();
        let found = run(&sandbox, &["verify", "demo:v1", "--format", "json"]);
        assert_ne!(found.code, Some(0), "without {gone}: {found}");
        assert_ne!(found.json()["verdict"], "yes", "without {gone}");
    }
    std::fs::write(&path, whole).unwrap();
    run(&sandbox, &["verify", "demo:v1"]).exits(0);
}

//! Damage in what is attached to a sealed kit: each document by itself, and what is said of it.

use std::fs;
use std::path::PathBuf;

use crate::common::{Run, Sandbox};
use crate::seal_common::{run, sealed};
use serde_json::Value;

/// The manifests that are attached to the kit, each with its one layer.
fn attached(sandbox: &Sandbox) -> Vec<(String, Value)> {
    let index = fs::read(sandbox.home().join("store/index.json")).unwrap();
    let index: Value = serde_json::from_slice(&index).unwrap();
    let digests = index["manifests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["digest"].as_str().unwrap().to_owned());
    let mut found: Vec<(String, Value)> = digests
        .map(|digest| {
            let bytes = fs::read(path(sandbox, &digest)).unwrap();
            (digest, serde_json::from_slice(&bytes).unwrap())
        })
        .filter(|(_, manifest): &(String, Value)| !manifest["subject"].is_null())
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found.dedup();
    found
}

fn path(sandbox: &Sandbox, digest: &str) -> PathBuf {
    sandbox.home().join("store/blobs").join(digest.replace(':', "/"))
}

fn spoil(sandbox: &Sandbox, digest: &str) -> Vec<u8> {
    let path = path(sandbox, digest);
    let good = fs::read(&path).unwrap();
    let mut bytes = good.clone();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    fs::remove_file(&path).unwrap();
    fs::write(&path, bytes).unwrap();
    good
}

fn mend(sandbox: &Sandbox, digest: &str, good: &[u8]) {
    let path = path(sandbox, digest);
    let _ = fs::remove_file(&path);
    fs::write(path, good).unwrap();
}

fn outcome(run: &Run, id: &str) -> String {
    let json = run.json();
    let steps = json["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["id"] == id).unwrap_or_else(|| panic!("{id}: {run}"));
    step["outcome"].as_str().unwrap().to_owned()
}

fn verify(sandbox: &Sandbox) -> Run {
    run(sandbox, &["verify", "demo:v1", "--format", "json"])
}

fn kind(manifest: &Value) -> String {
    let annotations = &manifest["annotations"];
    let predicate = annotations["dev.sigstore.bundle.predicateType"].as_str();
    predicate.or(manifest["artifactType"].as_str()).unwrap().to_owned()
}

#[test]
fn one_damaged_manifest_is_named_and_the_others_are_still_judged() {
    let sandbox = sealed();
    let attached = attached(&sandbox);
    assert_eq!(attached.len(), 5, "file table, signature, seal, AIBOM, model signature");
    for (digest, manifest) in &attached {
        let good = spoil(&sandbox, digest);
        let found = verify(&sandbox).exits(1);
        assert_eq!(outcome(&found, "attached-digests"), "fail");
        assert!(found.stdout.contains(digest), "it is named: {found}");
        // The others vouch for themselves.
        assert_eq!(outcome(&found, "signatures"), "pass", "{found}");
        assert_eq!(outcome(&found, "signer-trusted"), "pass", "{found}");
        let kind = kind(manifest);
        let missing = |id: &str| outcome(&found, id) == "unknown";
        let model = if kind.contains("model_signing") { "unknown" } else { "pass" };
        assert_eq!(outcome(&found, "model-signing"), model, "{kind}: {found}");
        assert_eq!(missing("signature"), kind.contains("cosign"), "{kind}: {found}");
        assert_eq!(missing("kit-seal"), kind.contains("attestations/kit/"), "{kind}: {found}");
        let is_table = kind.contains("file-table") || kind.contains("attestations/kit/");
        assert_eq!(missing("file-table"), is_table, "{kind}: {found}");
        assert_eq!(missing("bom"), kind.contains("cyclonedx") || is_table, "{kind}: {found}");
        mend(&sandbox, digest, &good);
    }
    verify(&sandbox).exits(0);
}

#[test]
fn one_damaged_blob_is_named_and_the_others_are_still_judged() {
    let sandbox = sealed();
    for (_, manifest) in attached(&sandbox) {
        let digest = manifest["layers"][0]["digest"].as_str().unwrap();
        let good = spoil(&sandbox, digest);
        let found = verify(&sandbox).exits(1);
        assert_eq!(outcome(&found, "attached-digests"), "fail", "{found}");
        assert!(found.stdout.contains(digest), "it is named: {found}");
        assert_eq!(outcome(&found, "signatures"), "pass", "{found}");
        mend(&sandbox, digest, &good);
    }
    verify(&sandbox).exits(0);
}

#[test]
fn what_is_gone_is_no_yes_and_no_no() {
    let sandbox = sealed();
    for (digest, manifest) in attached(&sandbox) {
        let layer = manifest["layers"][0]["digest"].as_str().unwrap().to_owned();
        for gone in [digest, layer] {
            let good = fs::read(path(&sandbox, &gone)).unwrap();
            fs::remove_file(path(&sandbox, &gone)).unwrap();
            let found = verify(&sandbox).exits(2);
            assert_eq!(outcome(&found, "attached-digests"), "unknown", "{found}");
            assert!(found.stdout.contains(&gone), "it is named: {found}");
            mend(&sandbox, &gone, &good);
        }
    }
    verify(&sandbox).exits(0);
}

#[test]
fn all_that_is_attached_can_be_damaged_and_the_kit_itself_is_still_checked() {
    let sandbox = sealed();
    for (digest, _) in attached(&sandbox) {
        spoil(&sandbox, &digest);
    }
    let found = verify(&sandbox).exits(1);
    assert_eq!(outcome(&found, "blob-digests"), "pass", "{found}");
    assert_eq!(outcome(&found, "signatures"), "unknown", "{found}");
    assert_eq!(outcome(&found, "signer-trusted"), "unknown", "{found}");
}

#[test]
fn a_damaged_attachment_of_another_kit_says_nothing_of_this_one() {
    let sandbox = sealed();
    let of_demo: Vec<String> = attached(&sandbox).into_iter().map(|(digest, _)| digest).collect();
    sandbox.write("project/train.py", "print(2)\n");
    run(&sandbox, &["seal", "project", "-t", "other:v1"]).exits(0);
    let others: Vec<String> = attached(&sandbox)
        .into_iter()
        .map(|(digest, _)| digest)
        .filter(|digest| !of_demo.contains(digest))
        .collect();
    assert_eq!(others.len(), 5);
    for digest in &others {
        spoil(&sandbox, digest);
    }
    verify(&sandbox).exits(0);
    run(&sandbox, &["verify", "other:v1"]).exits(1);
}

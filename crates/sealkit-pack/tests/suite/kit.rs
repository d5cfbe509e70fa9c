//! The real `kit`, where `SEALKIT_KIT` names it: equal layers for a wide folder, both directions.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{Memory, part, put, set_mode};
use sealkit_kitfile::Part;
use sealkit_oci::{Descriptor, Digest, LayerRole, Manifest};
use sealkit_pack::{
    Ignore, PackOptions, PlanOptions, UnpackLayer, UnpackOptions, pack, plan, unpack,
};
use tempfile::tempdir;

struct Kitfiles;

impl Ignore for Kitfiles {
    fn ignores(&self, path: &str) -> bool {
        path == "Kitfile"
    }
    fn prunes(&self, _: &str) -> bool {
        true
    }
}

fn wide(root: &Path) -> Vec<Part> {
    let long = "a-rather-long-folder-name-that-repeats/".repeat(5);
    for path in [
        "models/w.bin",
        "models/README.md",
        "models/deep/er/est/x.txt",
        "parts/tok.json",
        "data/a.csv",
        "data/a-b/c",
        "data/a.b/c",
        "data/a/b",
        "data/.hidden",
        "data-extra/x",
        "src/ünïcödé/日本語.py",
        "src/emoji-🦀.rs",
        "src/with space/and'quote",
        "prompts/p.prompt.md",
    ] {
        put(root, path, path.as_bytes());
    }
    put(root, &format!("src/{long}f"), b"long");
    put(root, &format!("src/{}", "n".repeat(100)), b"hundred and four");
    put(root, &format!("src/{}", "m".repeat(96)), b"a hundred");
    put(root, &format!("src/{}", "o".repeat(97)), b"one more");
    put(root, &format!("src/{}é", "p".repeat(120)), b"long and not ascii");
    put(root, &format!("src/{}/{}", "q".repeat(150), "r".repeat(101)), b"can not split");
    put(root, &format!("src/{}/{}", "s".repeat(151), "t".repeat(100)), b"splits just so");
    put(root, "models/large.bin", &vec![0x5a; 3_000_001]);
    put(root, "data/block", &vec![1; 512]);
    put(root, "data/empty", b"");
    fs::create_dir(root.join("data/void")).unwrap();
    set_mode(&root.join("data/void"), 0o711);
    for (index, mode) in [0o600, 0o755, 0o4755, 0o2644, 0o1777, 0o400].into_iter().enumerate() {
        let name = format!("src/mode{index}");
        put(root, &name, b"m");
        set_mode(&root.join(name), mode);
    }
    let mut prompt = part(LayerRole::Code, "prompts/p.prompt.md");
    prompt.is_prompt = true;
    vec![
        part(LayerRole::Model, "models"),
        part(LayerRole::ModelPart, "parts/tok.json"),
        part(LayerRole::Code, "src"),
        part(LayerRole::Dataset, "data"),
        part(LayerRole::Docs, "models/README.md"),
        prompt,
    ]
}

const KITFILE: &str = "manifestVersion: 1.0.0
package: {name: wide}
model: {name: m, path: models, parts: [{name: t, path: parts/tok.json}]}
code: [{path: src}]
datasets: [{name: d, path: ./data/}]
docs: [{path: models/README.md}]
prompts: [{path: prompts/p.prompt.md}]
";

fn kit() -> Option<PathBuf> {
    let kit = std::env::var_os("SEALKIT_KIT").map(PathBuf::from);
    if kit.is_none() {
        println!("skipped: no SEALKIT_KIT");
    }
    kit
}

fn run(kit: &Path, home: &Path, arguments: &[&str]) -> String {
    fs::create_dir_all(home).unwrap();
    fs::write(home.join("disable-update-notifications"), "").unwrap();
    let output = Command::new(kit).args(arguments).env("KITOPS_HOME", home).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// The layers of the manifest that kit made, out of its store.
fn layers_of(home: &Path, said: &str) -> Vec<Descriptor> {
    let digest = said.split("Model saved: sha256:").nth(1).unwrap().trim();
    let bytes = fs::read(home.join("storage/blobs/sha256").join(digest)).unwrap();
    let manifest: Manifest = serde_json::from_slice(&bytes).unwrap();
    manifest.layers.unwrap()
}

#[test]
fn layers_of_a_wide_folder_equal_those_of_kit() {
    let Some(kit) = kit() else { return };
    let dir = tempdir().unwrap();
    let (root, home) = (dir.path().join("in"), dir.path().join("home"));
    fs::create_dir(&root).unwrap();
    let parts = wide(&root);
    fs::write(root.join("Kitfile"), KITFILE).unwrap();
    let said = run(&kit, &home, &["pack", root.to_str().unwrap(), "-t", "wide:1"]);
    let theirs = layers_of(&home, &said);
    let plan = plan(&root, &parts, &Kitfiles, &PlanOptions::default()).unwrap();
    let store = Memory::default();
    let ours = pack(&plan, &store, &PackOptions::default(), &|_| {}).unwrap();
    let descriptors: Vec<_> = ours.layers.iter().map(|layer| layer.descriptor.clone()).collect();
    assert_eq!(descriptors, theirs);

    // And theirs, compressed by Go, unpacks here.
    let said = run(
        &kit,
        &home,
        &["pack", root.to_str().unwrap(), "--compression", "gzip", "-t", "wide:2"],
    );
    let theirs = layers_of(&home, &said);
    let zipped = Memory::default();
    let mut layers = Vec::new();
    for (descriptor, packed) in theirs.iter().zip(&ours.layers) {
        let blob = home.join("storage/blobs/sha256").join(descriptor.digest.hex());
        let bytes = fs::read(blob).unwrap();
        zipped.blobs.lock().unwrap().insert(Digest::of(&bytes).to_string(), bytes);
        layers.push(UnpackLayer::new(descriptor.clone(), &packed.part));
    }
    let target = dir.path().join("out");
    let options = UnpackOptions::default();
    let done = unpack(&layers, &zipped, &target, &options, &|_| true, &|_| {}).unwrap();
    let tables: Vec<_> = done.tables.iter().map(|table| &table.files).collect();
    let expected: Vec<_> = ours.layers.iter().map(|layer| &layer.table.files).collect();
    assert_eq!(tables, expected);
}

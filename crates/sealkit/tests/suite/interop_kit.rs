//! Both ways between the real `kit` and SealKit. Needs `SEALKIT_KIT`, the path of a `kit` binary.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use crate::common::Sandbox;
use crate::kit::{Kit, saved};
use sealkit_store::{Layout, Naming};
use sealkit_testkit::TestRegistry;

/// A tree with everything that a kit can hold.
fn wide(sandbox: &Sandbox) {
    let long = format!("{}/{}/file-{}.py", "a".repeat(90), "b".repeat(90), "c".repeat(90));
    for (path, content) in [
        ("model/weights.bin", "weights"),
        ("model/tokenizer/vocab.txt", "a b c"),
        ("adapters/lora.safetensors", "lora"),
        ("src/main.py", "print()"),
        ("src/ünïcode/日本.py", "x = 1"),
        ("src/empty.py", ""),
        ("data/a/b/c/deep.csv", "1,2"),
        ("data/data..dots.csv", "3,4"),
        ("prompts/p.prompt.md", "hello"),
        ("README.md", "# wide <&>"),
    ] {
        sandbox.write(path, content);
    }
    sandbox.write(&format!("src/{long}"), "long");
    fs::create_dir_all(sandbox.work().join("data/empty/folder")).unwrap();
    crate::common::normalise_modes(&sandbox.work());
    let main = sandbox.work().join("src/main.py");
    fs::set_permissions(main, fs::Permissions::from_mode(0o750)).unwrap();
    // Files whose names hold `..` are lost by `kit`, so that digests could not be equal.
    fs::remove_file(sandbox.work().join("data/data..dots.csv")).unwrap();
    sandbox.write(
        "Kitfile",
        "manifestVersion: 1.0.0\npackage:\n  name: wide\n  version: 1.2.3\n  description: <&> \"quoted\"\n  authors: [Ana, 'B & C']\nmodel:\n  name: m\n  path: model/weights.bin\n  parameters: {lr: 1e-7, big: 1e21, n: 3, yes: yes, list: [1.0, x], none: null}\n  parts:\n  - {name: tok, path: model/tokenizer, type: tokenizer}\n  - {name: lora, path: adapters/lora.safetensors}\ncode:\n- {path: src, license: MIT}\ndatasets:\n- {name: d, path: data}\ndocs:\n- {path: README.md}\nprompts:\n- {name: p, path: prompts/p.prompt.md}\n",
    );
}

/// Every entry below the folder with kind, mode and content.
fn tree(dir: &Path) -> Vec<(String, u32, Option<Vec<u8>>)> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            if path.is_dir() {
                found.push((name, mode, None));
                folders.push(path);
            } else if name != "Kitfile" {
                found.push((name, mode, Some(fs::read(&path).unwrap())));
            }
        }
    }
    found.sort();
    found
}

/// Packs the folder with both, at the time and with the version that `kit` wrote.
fn both(sandbox: &Sandbox, kit: &Kit, dir: &str) -> (String, String) {
    let theirs = saved(&kit.run(&["pack", dir, "-t", "both:v1"]));
    let inspected = kit.run(&["inspect", "both:v1"]).json();
    let annotations = &inspected["manifest"]["annotations"];
    let created = annotations["org.opencontainers.image.created"].as_str().unwrap();
    let version = annotations["ml.kitops.modelkit.cli-version"].as_str().unwrap();
    let args = ["pack", dir, "--kit-version", version, "--created", created];
    (saved(&sandbox.run(args).exits(0)), theirs)
}

#[test]
fn manifests_are_equal_to_the_last_byte() {
    let sandbox = Sandbox::new();
    let Some(kit) = Kit::new(&sandbox) else { return };
    wide(&sandbox);
    let (ours, theirs) = both(&sandbox, &kit, ".");
    assert_eq!(ours, theirs);
    sandbox.write("none/Kitfile", "manifestVersion: 1.0.0\npackage: {name: none}\n");
    let (ours, theirs) = both(&sandbox, &kit, "none");
    assert_eq!(ours, theirs, "no layers");
}

#[tokio::test(flavor = "multi_thread")]
async fn kit_unpacks_what_we_pack() {
    let sandbox = Sandbox::new();
    let Some(kit) = Kit::new(&sandbox) else { return };
    wide(&sandbox);
    let expected = tree(&sandbox.work());
    sandbox.run(["pack", ".", "-t", "wide:v1"]).exits(0);
    let store = Layout::open(sandbox.home().join("store"), Naming::Store).unwrap();
    let registry = TestRegistry::over(Arc::new(store)).await;
    let reference = format!("{}/localhost/wide:v1", registry.host());
    kit.run(&["unpack", "--plain-http", &reference, "-d", "../kits"]);
    assert_eq!(tree(&sandbox.work().join("../kits")), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn we_unpack_what_kit_packs_in_every_format() {
    let sandbox = Sandbox::new();
    let Some(kit) = Kit::new(&sandbox) else { return };
    wide(&sandbox);
    let expected = tree(&sandbox.work());
    let registry = TestRegistry::start().await;
    for (number, flags) in
        [&[][..], &["--compression", "gzip"], &["--compression", "zstd"], &["--use-model-pack"]]
            .into_iter()
            .enumerate()
    {
        let reference = format!("{}/org/wide:v{number}", registry.host());
        let args = [&["pack", ".", "-t", &reference][..], flags].concat();
        kit.run(&args);
        kit.run(&["push", "--plain-http", &reference]);
        let out = sandbox.work().join(format!("../ours{number}"));
        let dir = out.to_str().unwrap();
        sandbox.run(["unpack", "--plain-http", &reference, "-d", dir]).exits(0);
        assert_eq!(tree(&out), expected, "{flags:?}");
    }
}

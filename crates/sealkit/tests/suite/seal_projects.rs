//! Projects of every shape go through the main job: sealed, unpacked elsewhere, verified there.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Stdio;

use crate::common::Sandbox;
use crate::seal_common::{PASSWORD, project, run, sealed};

type Tree = BTreeMap<String, Vec<u8>>;

/// Every file below a folder, links followed.
fn tree(root: &Path) -> Tree {
    fn walk(root: &Path, dir: &Path, into: &mut Tree) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, into);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                into.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    let mut into = Tree::new();
    walk(root, root, &mut into);
    into
}

/// Seals a folder, unpacks it elsewhere, and verifies both with the kit.
fn through(sandbox: &Sandbox, folder: &str) -> Tree {
    run(sandbox, &["seal", folder, "-t", "kit:v1"]).exits(0);
    run(sandbox, &["verify", "kit:v1"]).exits(0);
    let out = format!("out-{}", folder.replace('/', "-"));
    run(sandbox, &["unpack", "kit:v1", "-d", &out]).exits(0);
    run(sandbox, &["verify", "kit:v1", "--dir", &out]).exits(0);
    run(sandbox, &["verify", &format!("./{folder}")]).exits(0);
    tree(&sandbox.work().join(out))
}

#[test]
fn a_snapshot_of_a_model_cache_is_sealed_as_the_files_that_it_means() {
    let sandbox = Sandbox::new();
    let cache = "models--org--tiny";
    let header = br#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    let mut model = (header.len() as u64).to_le_bytes().to_vec();
    model.extend_from_slice(header);
    model.extend_from_slice(&[1; 4]);
    for (blob, bytes) in
        [("0a1b", model.as_slice()), ("2c3d", br#"{"model_type":"bert"}"#), ("4e5f", b"# Card\n")]
    {
        sandbox.write(&format!("{cache}/blobs/{blob}"), bytes);
    }
    let snapshot = sandbox.work().join(format!("{cache}/snapshots/abc"));
    fs::create_dir_all(&snapshot).unwrap();
    for (name, blob) in
        [("model.safetensors", "0a1b"), ("config.json", "2c3d"), ("README.md", "4e5f")]
    {
        symlink(format!("../../blobs/{blob}"), snapshot.join(name)).unwrap();
    }
    let folder = format!("{cache}/snapshots/abc");
    let found = through(&sandbox, &folder);
    assert_eq!(found["model.safetensors"], model);
    assert_eq!(found["README.md"], b"# Card\n");
    let bom = run(&sandbox, &["bom", "kit:v1"]).exits(0).json().to_string();
    assert!(bom.contains("model.safetensors"), "{bom}");
    // A blob that changes behind its link is a file that changed.
    sandbox.write(&format!("{cache}/blobs/4e5f"), "# Other\n");
    let verified = run(&sandbox, &["verify", &format!("./{folder}")]).exits(1);
    assert!(verified.stdout.contains("`README.md` was changed"), "{verified}");
}

#[test]
fn every_kind_of_part_is_sealed_and_comes_back() {
    let sandbox = Sandbox::new();
    for (path, text) in [
        ("p/weights/model.bin", "weights"),
        ("p/tokenizer/vocab.txt", "a b"),
        ("p/src/pkg/__init__.py", ""),
        ("p/src/pkg/other.py", ""),
        ("p/data/ünïcode/日本.csv", "1\n"),
        ("p/data/a..b.csv", "2\n"),
        ("p/docs/README.md", "# r\n"),
        ("p/prompts/one.prompt.md", "say"),
        ("p/server.mcpb", "bundle"),
    ] {
        sandbox.write(path, text);
    }
    let deep = format!("p/data/{}/end.csv", "d/".repeat(60).trim_end_matches('/'));
    sandbox.write(&deep, "deep\n");
    sandbox.write(&format!("p/data/{}.csv", "n".repeat(200)), "long\n");
    fs::create_dir(sandbox.work().join("p/data/empty")).unwrap();
    let script = sandbox.write("p/src/run.sh", "#!/bin/sh\n");
    fs::set_permissions(script, fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.write(
        "p/Kitfile",
        "manifestVersion: 1.0.0\npackage: {name: all, version: 1.0.0, authors: [Ana, 'B & C']}\nmodel:\n  name: m\n  path: weights\n  parameters: {lr: 1e-7, tags: [x, y]}\n  parts:\n  - {name: tok, path: tokenizer, type: tokenizer}\ncode: [{path: src, license: MIT}]\ndatasets: [{name: d, path: data}]\ndocs: [{path: docs}]\nprompts: [{name: p, path: prompts/one.prompt.md}]\nmcpServers: [{name: s, path: server.mcpb}]\n",
    );
    let mut expected = tree(&sandbox.work().join("p"));
    let mut found = through(&sandbox, "p");
    // The Kitfile is written anew, with the same meaning.
    expected.remove("Kitfile");
    found.remove("Kitfile");
    assert_eq!(found, expected);
    let out = sandbox.work().join("out-p");
    assert!(out.join("data/empty").is_dir());
    let mode = fs::metadata(out.join("src/run.sh")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
}

#[test]
fn a_folder_of_nothing_but_data_or_code_is_sealed_too() {
    let sandbox = Sandbox::new();
    sandbox.write("data/a.csv", "1\n");
    sandbox.write("data/b.parquet", "PAR1");
    assert_eq!(through(&sandbox, "data").len(), 3, "two files and the Kitfile");
    let sandbox = Sandbox::new();
    sandbox.write("code/main.py", "print()\n");
    assert_eq!(through(&sandbox, "code").len(), 2);
}

#[test]
fn a_folder_without_anything_is_a_kit_without_layers_and_stays_so() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.work().join("empty")).unwrap();
    let found = run(&sandbox, &["seal", "empty", "-t", "kit:v1"]).exits(0);
    assert!(found.stdout.contains("the kit has no layers"), "{found}");
    run(&sandbox, &["verify", "./empty"]).exits(0);
    sandbox.write("empty/new.csv", "1\n");
    let found = run(&sandbox, &["verify", "./empty"]).exits(1);
    assert!(found.stdout.contains("`new.csv` was added"), "{found}");
}

#[test]
fn two_first_seals_at_once_make_one_key() {
    let sandbox = Sandbox::new();
    for name in ["a", "b", "c"] {
        sandbox.write(&format!("{name}/x.csv"), name);
    }
    let children: Vec<_> = ["a", "b", "c"]
        .into_iter()
        .map(|name| {
            let mut command = sandbox.command();
            command.args(["seal", name, "-t", &format!("{name}:v1")]);
            command.envs(PASSWORD.iter().copied());
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let listed = sandbox.run(["trust", "list"]).exits(0).stdout;
    assert_eq!(listed.lines().filter(|line| line.contains("self")).count(), 1, "{listed}");
    for name in ["a", "b", "c"] {
        run(&sandbox, &["verify", &format!("{name}:v1")]).exits(0);
        run(&sandbox, &["verify", &format!("./{name}")]).exits(0);
    }
}

#[test]
fn a_folder_that_was_sealed_twice_is_held_against_the_last() {
    let sandbox = sealed();
    sandbox.write("project/train.py", "print('two')\n");
    run(&sandbox, &["seal", "project", "-t", "demo:v2"]).exits(0);
    let found = run(&sandbox, &["verify", "./project"]).exits(0);
    assert!(found.stdout.contains("demo:v2@sha256:"), "{found}");
    run(&sandbox, &["verify", "demo:v1", "--dir", "project"]).exits(1);
    run(&sandbox, &["verify", "demo:v2", "--dir", "project"]).exits(0);
    // The tag moves on; the folder is still held against what it was sealed as.
    run(&sandbox, &["tag", "demo:v1", "demo:v2"]).exits(0);
    run(&sandbox, &["verify", "./project"]).exits(0);
}

#[test]
fn a_folder_is_found_again_by_whatever_way_it_is_named() {
    let sandbox = sealed();
    symlink("project", sandbox.work().join("link")).unwrap();
    let absolute = sandbox.work().join("project");
    for name in ["./project", "./project/", "../work/project", "./link", absolute.to_str().unwrap()]
    {
        let found = run(&sandbox, &["verify", name]).exits(0);
        assert!(found.stdout.contains("demo:v1@sha256:"), "{name}: {found}");
    }
    // Moved elsewhere it is another folder.
    fs::rename(sandbox.work().join("project"), sandbox.work().join("moved")).unwrap();
    let found = run(&sandbox, &["verify", "./moved"]).exits(2);
    assert!(found.stderr.contains("no kit was sealed from"), "{found}");
    run(&sandbox, &["verify", "demo:v1", "--dir", "moved"]).exits(0);
}

#[test]
fn a_wrong_password_seals_nothing() {
    let sandbox = sealed();
    sandbox.write("project/train.py", "print('two')\n");
    let wrong = [("SEALKIT_PASSWORD", "wrong")];
    let found = sandbox.run_with(["seal", "project", "-t", "demo:v2"], &wrong, "").exits(2);
    assert!(found.stderr.contains("does not open"), "{found}");
    assert!(!found.stderr.contains("wrong"), "the password is not shown: {found}");
    sandbox.run(["inspect", "demo:v2"]).exits(1);
    run(&sandbox, &["verify", "demo:v1"]).exits(0);
}

#[test]
fn what_changes_in_a_kit_at_rest_is_found_after_it_was_moved_too() {
    let sandbox = Sandbox::new();
    project(&sandbox);
    run(&sandbox, &["seal", "project", "-t", "demo:v1"]).exits(0);
    run(&sandbox, &["copy", "demo:v1", "oci:layout:v1", "--recursive"]).exits(0);
    let json = run(&sandbox, &["inspect", "demo:v1"]).exits(0).json();
    let layer = json["manifest"]["layers"][0]["digest"].as_str().unwrap().replace(':', "/");
    let blob = sandbox.work().join("layout/blobs").join(layer);
    let mut bytes = fs::read(&blob).unwrap();
    let at = bytes.len() - 1100;
    bytes[at] ^= 1;
    fs::remove_file(&blob).unwrap();
    fs::write(&blob, bytes).unwrap();
    // A copy takes no wrong bytes along.
    let found = run(&sandbox, &["copy", "oci:layout:v1", "back:v1", "--recursive"]);
    if found.code == Some(0) {
        // The bytes were in the store already: they are the good ones.
        run(&sandbox, &["verify", "back:v1"]).exits(0);
    }
    let other = Sandbox::new();
    let layout = format!("oci:{}:v1", sandbox.work().join("layout").display());
    let found = other.run(["copy", &layout, "back:v1", "--recursive"]).exits(2);
    assert!(found.stderr.contains("sha256:"), "{found}");
    assert_eq!(other.run(["list", "-q"]).exits(0).stdout, "");
}

//! Every kind of place with every other: `copy` moves kits between them, `diff` compares them.

use std::fs;

use crate::common::Sandbox;
use crate::seal_common::{run, sealed};
use sealkit_testkit::TestRegistry;
use serde_json::Value;

/// A place of each kind, by name; `number` makes it another one.
fn place(kind: &str, host: &str, number: usize) -> String {
    match kind {
        "local" => format!("local://kit{number}:v1"),
        "remote" => format!("remote://{host}/org/kit{number}:v1"),
        "layout" => format!("oci:layout{number}:v1"),
        _ => format!("archive:kit{number}.tar"),
    }
}

const KINDS: [&str; 4] = ["local", "remote", "layout", "archive"];

fn digest(sandbox: &Sandbox, reference: &str) -> String {
    run(sandbox, &["inspect", "-q", reference]).exits(0).stdout.trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_kit_goes_from_everywhere_to_everywhere_and_verifies() {
    let registry = TestRegistry::start().await;
    let host = registry.host();
    let sandbox = sealed();
    let expected = digest(&sandbox, "demo:v1");
    let mut number = 0;
    for from in KINDS {
        number += 1;
        let source = place(from, &host, number);
        let copy = |from: &str, to: &str| {
            let args = ["copy", from, to, "--recursive", "--plain-http"];
            let done = run(&sandbox, &args).exits(0);
            assert_eq!(done.stdout.trim(), format!("Copied {expected}"), "{from} → {to}: {done}");
            // The file table and four bundles.
            assert!(done.stderr.contains("5 attached documents"), "{from} → {to}: {done}");
        };
        copy("demo:v1", &source);
        for to in KINDS {
            number += 1;
            let target = place(to, &host, number);
            copy(&source, &target);
            // Into the store under a new name, and judged there.
            number += 1;
            let back = format!("back{number}:v1");
            copy(&target, &format!("local://{back}"));
            assert_eq!(digest(&sandbox, &back), expected);
            let verified = run(&sandbox, &["verify", &back]).exits(0);
            assert!(verified.stdout.contains(&expected), "{verified}");
        }
    }
    run(&sandbox, &["fsck"]).exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_recursive_a_copy_is_the_kit_alone_everywhere() {
    let registry = TestRegistry::start().await;
    let host = registry.host();
    let sandbox = sealed();
    for (number, to) in KINDS.into_iter().enumerate() {
        let target = place(to, &host, number);
        let done = run(&sandbox, &["copy", "demo:v1", &target, "--plain-http"]).exits(0);
        assert!(done.stderr.contains("stay behind without `--recursive`"), "{to}: {done}");
        let back = format!("back{number}:v1");
        let args = ["copy", &target, &back, "--recursive", "--plain-http"];
        run(&sandbox, &args).exits(0);
        let found = run(&sandbox, &["verify", &back]).exits(2);
        assert!(found.stdout.contains("no signature"), "{to}: {found}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_replaces_the_kit_of_a_name_and_only_that() {
    let registry = TestRegistry::start().await;
    let host = registry.host();
    let sandbox = sealed();
    sandbox.write("other/x.py", "x = 1\n");
    sandbox.write("other/Kitfile", "manifestVersion: 1.0.0\ncode: [{path: x.py}]\n");
    sandbox.run(["pack", "other", "-t", "other:v1"]).exits(0);
    let (demo, other) = (digest(&sandbox, "demo:v1"), digest(&sandbox, "other:v1"));
    for kind in ["local", "remote", "layout"] {
        let target = place(kind, &host, 0);
        let second = target.replace(":v1", ":v2");
        for (from, to) in [("demo:v1", &target), ("other:v1", &second), ("other:v1", &target)] {
            run(&sandbox, &["copy", from, to, "--plain-http"]).exits(0);
        }
        for (name, expected) in [(&target, &other), (&second, &other)] {
            run(&sandbox, &["copy", name, "local://seen:v1", "--plain-http"]).exits(0);
            assert_eq!(digest(&sandbox, "seen:v1"), *expected, "{name}");
        }
        // What the name meant before is still there by its digest.
        let old = target.replace(":v1", &format!("@{demo}"));
        run(&sandbox, &["copy", &old, "local://old:v1", "--plain-http"]).exits(0);
        assert_eq!(digest(&sandbox, "old:v1"), demo, "{kind}");
    }
}

#[test]
fn places_that_can_not_be_copied_from_or_to_are_told() {
    let sandbox = sealed();
    let fails = |from: &str, to: &str, expected: &str| {
        let found = run(&sandbox, &["copy", from, to]).exits(2);
        assert!(found.stderr.contains(expected), "{from} → {to}: {found}");
    };
    fails("demo:v2", "oci:out:v1", "could not find kit `demo:v2`");
    fails("oci:nowhere:v1", "a:v1", "nowhere");
    fails("archive:nowhere.tar", "a:v1", "nowhere.tar");
    fails("demo:v1", "remote://noregistry:v1", "names no registry");
    fails("demo:v1", "Demo:v1", "Demo");
    sandbox.write("file", "x");
    fails("demo:v1", "oci:file:v1", "file");
    fails("demo:v1", "archive:missing/folder/a.tar", "missing/folder");
    assert_eq!(fs::read(sandbox.work().join("file")).unwrap(), b"x");
    assert!(!sandbox.work().join("out").exists());
}

/// The project as it was, and with one change of each kind.
fn two_versions(sandbox: &Sandbox, host: &str) {
    let kitfile = |name: &str| {
        format!(
            "manifestVersion: 1.0.0\npackage: {{name: kit, version: {name}}}\nmodel: {{path: m.bin, parameters: {{lr: 0.1}}}}\ncode: [{{path: src}}]\ndatasets: [{{name: d, path: data}}]\n"
        )
    };
    for (version, folder) in [("1", "a"), ("2", "b")] {
        sandbox.write(&format!("{folder}/Kitfile"), kitfile(version));
        sandbox.write(&format!("{folder}/m.bin"), "same weights");
        sandbox.write(&format!("{folder}/src/same.py"), "same");
        sandbox.write(&format!("{folder}/src/changed.py"), version);
        sandbox.write(&format!("{folder}/data/rows.csv"), "same rows");
    }
    sandbox.write("a/src/gone.py", "gone");
    sandbox.write("b/src/come.py", "come");
    sandbox.write("a/data/old/name.csv", "moved rows");
    sandbox.write("b/data/new-name.csv", "moved rows");
    crate::common::normalise_modes(&sandbox.work());
    for folder in ["a", "b"] {
        let name = format!("{folder}:v1");
        sandbox.run(["pack", folder, "-t", &name]).exits(0);
        for to in [format!("oci:layout-{folder}:v1"), format!("remote://{host}/org/{folder}:v1")] {
            let args = ["copy", &name, &to, "--plain-http"];
            sandbox.run(args).exits(0);
        }
    }
}

fn paths(json: &Value, kind: &str) -> Vec<String> {
    let list = json["files"][kind].as_array().unwrap();
    list.iter().map(|change| change["path"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn differences_are_the_same_from_wherever_the_two_come() {
    let registry = TestRegistry::start().await;
    let host = registry.host();
    let sandbox = Sandbox::new();
    two_versions(&sandbox, &host);
    let places = |folder: &str| {
        [
            format!("local://{folder}:v1"),
            format!("remote://{host}/org/{folder}:v1"),
            format!("oci:layout-{folder}:v1"),
            format!("./{folder}"),
        ]
    };
    for a in places("a") {
        for b in places("b") {
            let args = ["diff", &a, &b, "--plain-http", "--format", "json", "--exit-code"];
            let found = sandbox.run(args).exits(1);
            let json = found.json();
            let what = format!("{a} {b} {found}");
            assert_eq!((&json["same"], &json["identical"]), (&false.into(), &false.into()));
            assert_eq!(paths(&json, "added"), ["src/come.py"], "{what}");
            assert_eq!(paths(&json, "removed"), ["src/gone.py"], "{what}");
            assert_eq!(paths(&json, "changed"), ["src/changed.py"], "{what}");
            assert_eq!(paths(&json, "moved"), ["data/old/name.csv"], "{what}");
            let fields = json["kitfile"].as_array().unwrap();
            assert_eq!(fields.len(), 1, "{what}");
            assert_eq!(fields[0]["path"], "package.version", "{what}");
            let parts: Vec<_> = json["parts"].as_array().unwrap().iter().collect();
            assert_eq!(parts.len(), 2, "the model is the same: {what}");
        }
        for same in places("a") {
            let args = ["diff", &a, &same, "--plain-http", "--exit-code"];
            sandbox.run(args).exits(0);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_kit_with_a_signed_table_is_compared_without_its_layers() {
    let registry = TestRegistry::start().await;
    let sandbox = sealed();
    let big: Vec<u8> = (0..3_000_000_u32).map(|i| (i % 250) as u8).collect();
    sandbox.write("project/data/big.csv", &big);
    run(&sandbox, &["seal", "project", "-t", "demo:v2"]).exits(0);
    sandbox.write("project/data/big.csv", [&big[..], b"one more row\n"].concat());
    run(&sandbox, &["seal", "project", "-t", "demo:v3"]).exits(0);
    for version in ["v2", "v3"] {
        let to = format!("remote://{}/org/demo:{version}", registry.host());
        let from = format!("demo:{version}");
        run(&sandbox, &["copy", &from, &to, "--recursive", "--plain-http"]).exits(0);
    }
    let name = |version: &str| format!("remote://{}/org/demo:{version}", registry.host());
    let before = registry.blob_bytes_served();
    let args = ["diff", &name("v2"), &name("v3"), "--plain-http", "--format", "json"];
    let found = run(&sandbox, &args).exits(0);
    assert_eq!(paths(&found.json(), "changed"), ["data/big.csv"], "{found}");
    assert_eq!(found.json()["files"]["proven"], true, "{found}");
    let read = registry.blob_bytes_served() - before;
    // Two seals, each with its AIBOM, and no layer of three million bytes.
    assert!(read < 400_000, "{read} bytes of blobs were read");
}

#[test]
fn a_raw_file_that_was_renamed_or_made_executable_is_told() {
    let sandbox = Sandbox::new();
    let pack = |folder: &str, path: &str, mode: u32| {
        let file = sandbox.write(&format!("{folder}/{path}"), "the same bytes");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        }
        sandbox.write(
            &format!("{folder}/Kitfile"),
            format!("manifestVersion: 1.0.0\ncode: [{{path: {path}}}]\n"),
        );
        let args = ["pack", folder, "-t", &format!("{folder}:v1"), "--layer-format", "raw"];
        sandbox.run(args).exits(0);
    };
    pack("a", "run.sh", 0o644);
    pack("b", "start.sh", 0o644);
    pack("c", "run.sh", 0o755);
    let diff = |b: &str| sandbox.run(["diff", "a:v1", b, "--format", "json"]).exits(0).json();
    let renamed = diff("b:v1");
    assert_eq!(paths(&renamed, "moved"), ["run.sh"], "{renamed}");
    assert_eq!(renamed["files"]["moved"][0]["movedTo"], "start.sh", "{renamed}");
    let executable = diff("c:v1");
    assert_eq!(paths(&executable, "changed"), ["run.sh"], "{executable}");
}

//! `sealkit diff`, black box.

use crate::common::{GOLDEN_KITFILE, Sandbox};

/// A store with `golden:v1`, and the working folder changed since.
fn changed() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.golden();
    sandbox.write("data/same.csv", "same\n");
    sandbox.write("data/gone.csv", "gone\n");
    sandbox.write("data/old-name.csv", "moved\n");
    sandbox.run(["pack", ".", "-t", "golden:v1"]).exits(0);
    sandbox.write("data/d.csv", "a,b\n1,3,4\n");
    sandbox.write("data/new.csv", "new\n");
    std::fs::remove_file(sandbox.work().join("data/gone.csv")).unwrap();
    let data = sandbox.work().join("data");
    std::fs::rename(data.join("old-name.csv"), data.join("new-name.csv")).unwrap();
    sandbox.write("Kitfile", GOLDEN_KITFILE.replace("lr: 0.001", "lr: 0.01"));
    sandbox
}

fn paths(list: &serde_json::Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect()
}

#[test]
fn a_folder_is_compared_like_the_kit_that_it_would_become() {
    let sandbox = changed();
    let with_folder = sandbox.run(["diff", "golden:v1", ".", "--format", "json"]).exits(0).json();
    sandbox.run(["pack", ".", "-t", "golden:v2"]).exits(0);
    let with_kit =
        sandbox.run(["diff", "golden:v1", "golden:v2", "--format", "json"]).exits(0).json();
    for json in [&with_folder, &with_kit] {
        assert_eq!(json["schemaVersion"], 1);
        assert_eq!((&json["identical"], &json["same"]), (&false.into(), &false.into()));
        assert_eq!(paths(&json["kitfile"]), ["model.parameters.lr"]);
        assert_eq!(json["kitfile"][0]["old"], 0.001);
        assert_eq!(json["kitfile"][0]["new"], 0.01);
        assert_eq!(paths(&json["parts"]), ["data"]);
        let files = &json["files"];
        assert_eq!(paths(&files["added"]), ["data/new.csv"]);
        assert_eq!(paths(&files["removed"]), ["data/gone.csv"]);
        assert_eq!(paths(&files["changed"]), ["data/d.csv"]);
        assert_eq!(paths(&files["moved"]), ["data/old-name.csv"]);
        assert_eq!(files["moved"][0]["movedTo"], "data/new-name.csv");
        assert_eq!(files["proven"], true);
    }
    assert_eq!(with_folder["b"]["digest"], serde_json::Value::Null);
    let same = sandbox.run(["diff", ".", "golden:v2", "--exit-code"]).exits(0);
    assert!(same.stdout.contains("Nothing differs"), "{same}");
}

#[test]
fn the_text_names_every_difference() {
    let sandbox = changed();
    let run = sandbox.run(["diff", "golden:v1", "."]).exits(0);
    for line in [
        "  ~ model.parameters.lr: 0.001 → 0.01",
        "  + data/new.csv (4 B)",
        "  - data/gone.csv (5 B)",
        "  ~ data/d.csv (8 B → 10 B)",
        "  > data/old-name.csv → data/new-name.csv",
    ] {
        assert!(run.stdout.lines().any(|found| found == line), "{line}: {run}");
    }
    assert!(!run.stdout.contains("same.csv"), "{run}");
}

#[test]
fn exit_codes_tell_same_different_and_unanswered() {
    let sandbox = changed();
    let args = |a: &'static str, b: &'static str| ["diff", a, b, "--exit-code"];
    let same = sandbox.run(args("golden:v1", "local://golden:v1")).exits(0);
    assert_eq!(same.stdout, "ModelKits are identical\n");
    sandbox.run(args("golden:v1", ".")).exits(1);
    sandbox.run(args("golden:v1", "nope:v1")).exits(2);
    sandbox.run(args("golden:v1", "remote://nope:v1")).exits(2);
    sandbox.run(["diff", "golden:v1", "nope:v1"]).exits(1);
    sandbox.run(["diff", "golden:v1", "."]).exits(0);
}

#[test]
fn modes_and_compression_are_not_content() {
    let sandbox = Sandbox::new();
    sandbox.golden();
    sandbox.run(["pack", ".", "-t", "golden:v1"]).exits(0);
    sandbox.run(["pack", ".", "-t", "golden:z", "--compression", "gzip"]).exits(0);
    let json = sandbox.run(["diff", "golden:v1", "golden:z", "--format", "json"]).exits(0).json();
    assert_eq!(json["parts"].as_array().unwrap().len(), 3);
    for kind in ["added", "removed", "changed", "moved"] {
        assert_eq!(json["files"][kind], serde_json::json!([]), "{json}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let file = sandbox.work().join("README.md");
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
        let run = sandbox.run(["diff", "golden:v1", ".", "--exit-code"]).exits(1);
        assert!(run.stdout.contains("~ README.md (mode 0644 → 0755)"), "{run}");
    }
}

#[test]
fn under_the_name_kit_the_layout_is_kits() {
    let sandbox = Sandbox::named("kit");
    sandbox.golden();
    let pack = |tag: &str| {
        sandbox.run(["pack", ".", "-t", tag, "--kit-version", "1.14.0"]).exits(0);
    };
    pack("golden:v1");
    sandbox.write("data/d.csv", "zz\n");
    pack("golden:v2");
    let run = sandbox.run(["diff", "golden:v1", "golden:v2"]).exits(0);
    assert!(run.stdout.starts_with(
        "Comparing:\n  ModelKit1: localhost/golden:v1\n  ModelKit2: localhost/golden:v2\n\n\
         Configurations:\n---------------------------------------\nConfigs differ:\n  \
         ModelKit1 Config Digest: sha256:04cf8784f3\n"
    ));
    assert!(run.stdout.contains(
        "Annotations:\n---------------------------------------\n  Annotations are identical \n\n\
         Shared Layers\n---------------------------------------\n\
         Type    | Digest             | Size\n\
         Docs    | sha256:8976556749  | 2.0 KiB\n\
         Model   | sha256:316273ce2b  | 3.0 KiB\n\n\
         Unique Layers to ModelKit1 (localhost/golden:v1)\n"
    ));
    let same = sandbox.run(["diff", "golden:v1", "golden:v1"]).exits(0);
    assert_eq!(same.stdout, "ModelKits are identical\n");
}

//! AIBOMs attached to kits and taken from them.

use std::fs;

use crate::common::Sandbox;
use crate::seal_common::{project, run, sealed};

/// A kit without an AIBOM.
fn bare() -> Sandbox {
    let sandbox = Sandbox::new();
    project(&sandbox);
    sandbox
        .write("project/Kitfile", "manifestVersion: 1.0.0\nmodel: {path: models/m.safetensors}\n");
    sandbox.run(["pack", "project", "-t", "demo:v1"]).exits(0);
    sandbox
}

#[test]
fn what_is_attached_is_what_is_given_back() {
    for signed in [true, false] {
        let sandbox = bare();
        let none = run(&sandbox, &["bom", "download", "demo:v1"]).exits(2);
        assert!(none.stderr.contains("no AIBOM is attached"), "{none}");
        run(&sandbox, &["bom", "demo:v1", "--author", "Ada", "-o", "own.json"]).exits(0);
        run(&sandbox, &["keys", "generate", "-o", "ci"]).exits(0);
        run(&sandbox, &["trust", "add", "ci.pub"]);
        let how: &[&str] = if signed { &["--key", "ci.key"] } else { &["--unsigned"] };
        let args = [&["bom", "attach", "demo:v1", "own.json"], how].concat();
        let attached = run(&sandbox, &args).exits(0);
        assert!(attached.stdout.starts_with("sha256:"), "{attached}");
        let said = if signed { "signed" } else { "not signed" };
        assert!(attached.stderr.contains(said), "{attached}");
        run(&sandbox, &["bom", "download", "demo:v1", "-o", "back.json"]).exits(0);
        let read = |name: &str| fs::read(sandbox.work().join(name)).unwrap();
        // The line's end is the file's, not the document's.
        assert_eq!(read("back.json").trim_ascii_end(), read("own.json").trim_ascii_end());
        let shown = run(&sandbox, &["bom", "demo:v1"]).exits(0);
        assert_eq!(shown.stdout.trim_end().as_bytes(), read("own.json").trim_ascii_end());
        assert_eq!(shown.stderr.contains("nobody whom you trust"), !signed, "{shown}");
        run(&sandbox, &["fsck"]).exits(0);
    }
}

#[test]
fn an_aibom_of_another_kit_is_refused() {
    let sandbox = bare();
    sandbox.write("other/m.bin", "other");
    sandbox.write("other/Kitfile", "manifestVersion: 1.0.0\nmodel: {path: m.bin}\n");
    sandbox.run(["pack", "other", "-t", "other:v1"]).exits(0);
    sandbox.run(["bom", "other:v1", "-o", "other.json"]).exits(0);
    sandbox.run(["bom", "project", "-o", "folder.json"]).exits(0);
    sandbox.write("none.json", "{}");
    sandbox.write("cut.json", &fs::read(sandbox.work().join("other.json")).unwrap()[..500]);
    for (file, why) in [("other.json", "another thing"), ("folder.json", "another thing")] {
        let refused = run(&sandbox, &["bom", "attach", "demo:v1", file, "--unsigned"]).exits(2);
        assert!(refused.stderr.contains(why), "{file}: {refused}");
    }
    for file in ["none.json", "cut.json", "not-there.json"] {
        run(&sandbox, &["bom", "attach", "demo:v1", file, "--unsigned"]).exits(2);
    }
    run(&sandbox, &["bom", "download", "demo:v1"]).exits(2);
    let remote = run(&sandbox, &["bom", "attach", "oci:x:v1", "other.json", "--unsigned"]);
    assert!(remote.code != Some(0), "{remote}");
}

#[test]
fn a_sealed_kit_verifies_after_more_is_attached() {
    let sandbox = sealed();
    run(&sandbox, &["bom", "demo:v1", "--fresh", "--supplier", "Lab", "-o", "new.json"]).exits(0);
    run(&sandbox, &["bom", "attach", "demo:v1", "new.json"]).exits(0);
    run(&sandbox, &["verify", "demo:v1"]).exits(0);
    run(&sandbox, &["bom", "attach", "demo:v1", "new.json", "--unsigned"]).exits(0);
    run(&sandbox, &["verify", "demo:v1"]).exits(0);
    run(&sandbox, &["bom", "attach", "demo:v1", "--author", "Ada"]).exits(0);
    run(&sandbox, &["verify", "demo:v1"]).exits(0);
    run(&sandbox, &["bom", "demo:v1", "--format", "spdx3-json", "--fresh", "-o", "new.spdx"])
        .exits(0);
    run(&sandbox, &["bom", "attach", "demo:v1", "new.spdx"]).exits(0);
    run(&sandbox, &["verify", "demo:v1"]).exits(0);
}

#[test]
fn an_spdx_document_is_given_back_as_it_was_attached() {
    let sandbox = bare();
    run(&sandbox, &["bom", "demo:v1", "--format", "spdx3-json", "-o", "own.spdx"]).exits(0);
    run(&sandbox, &["bom", "attach", "demo:v1", "own.spdx", "--unsigned"]).exits(0);
    run(&sandbox, &["bom", "download", "demo:v1", "-o", "back.spdx"]).exits(0);
    let read = |name: &str| fs::read_to_string(sandbox.work().join(name)).unwrap();
    assert_eq!(read("back.spdx").trim_end(), read("own.spdx").trim_end());
    // Who asks for CycloneDX gets CycloneDX, whatever was attached.
    let asked = run(&sandbox, &["bom", "demo:v1", "--format", "cyclonedx-json"]).exits(0);
    assert_eq!(asked.json()["bomFormat"], "CycloneDX");
    let asked = run(&sandbox, &["bom", "demo:v1", "--format", "spdx3-json"]).exits(0);
    assert!(asked.json().get("@graph").is_some());
}

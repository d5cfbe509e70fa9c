//! AIBOMs of kits: in the local store, a layout, an archive; in every kind of layer.

use std::fs;

use sealkit_oci::Digest;
use serde_json::Value;

use super::helpers::{components, file, said, schemas, sha256, unreadable};
use crate::common::Sandbox;
use crate::seal_common::{project, run, sealed};

const PROJECT: [&str; 5] =
    ["models/m.safetensors", "data/train.csv", "data/test.csv", "train.py", "README.md"];

fn packed(args: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    project(&sandbox);
    sandbox.write(
        "project/Kitfile",
        "manifestVersion: 1.0.0\nmodel: {path: models/m.safetensors}\ndatasets: [{path: data/train.csv}, {path: data/test.csv}]\ncode: [{path: train.py}]\ndocs: [{path: README.md}]\n",
    );
    sandbox.run([&["pack", "project", "-t", "demo:v1"], args].concat()).exits(0);
    sandbox
}

/// The digests of all files of the project, as the AIBOM has them, are theirs.
fn check_files(sandbox: &Sandbox, made: &Value) {
    for path in PROJECT {
        let bytes = fs::read(sandbox.work().join("project").join(path)).unwrap();
        assert_eq!(sha256(file(made, path)), Some(Digest::of(&bytes).hex()), "{path}");
        assert_eq!(unreadable(made, path), None, "{path}");
    }
    let counted = said(file(made, "models/m.safetensors"), "sealkit:parameters");
    let anywhere = said(made, "sealkit:parameters");
    assert!(counted.iter().chain(&anywhere).any(|n| n == "4"), "inspected: {made:#}");
}

#[test]
fn a_signed_aibom_is_given_byte_for_byte_and_a_fresh_one_says_the_same() {
    let sandbox = sealed();
    let signed = run(&sandbox, &["bom", "demo:v1"]).exits(0);
    assert_eq!(signed.stderr, "");
    let downloaded = run(&sandbox, &["bom", "download", "demo:v1", "-o", "d.json"]).exits(0);
    assert!(downloaded.stderr.contains("signed by you"), "{downloaded}");
    let bytes = fs::read_to_string(sandbox.work().join("d.json")).unwrap();
    sandbox.run(["save", "demo:v1", "-o", "demo.tar"]).exits(0);
    let from_file =
        run(&sandbox, &["bom", "download", "archive:demo.tar", "-o", "e.json"]).exits(0);
    assert!(from_file.stderr.contains("signed by you"), "{from_file}");
    assert_eq!(fs::read_to_string(sandbox.work().join("e.json")).unwrap(), bytes);
    assert_eq!(signed.stdout.trim_end_matches('\n'), bytes.trim_end_matches('\n'));
    let fresh = run(&sandbox, &["bom", "demo:v1", "--fresh"]).exits(0);
    check_files(&sandbox, &signed.json());
    check_files(&sandbox, &fresh.json());
    let same = run(&sandbox, &["bom", "diff", "d.json", "demo:v1", "--fresh", "--exit-code"]);
    assert_eq!(same.exits(0).stdout, "Nothing differs\n");
    let supplied = run(&sandbox, &["bom", "demo:v1", "--supplier", "The Lab"]).exits(0);
    assert!(supplied.stdout.contains("The Lab"), "{supplied}");
    assert_eq!(supplied.stderr, "", "it has one, which says less");
}

#[test]
fn an_aibom_of_a_stranger_is_shown_with_a_warning() {
    let sandbox = sealed();
    fs::remove_file(sandbox.home().join("trust.json")).unwrap();
    let found = run(&sandbox, &["bom", "demo:v1"]).exits(0);
    assert!(found.stderr.contains("nobody whom you trust"), "{found}");
    let fresh = run(&sandbox, &["bom", "demo:v1", "--fresh"]).exits(0);
    check_files(&sandbox, &fresh.json());
}

#[test]
fn every_kind_of_layer_is_hashed_and_inspected() {
    for format in ["tar", "raw"] {
        for compression in ["none", "gzip", "zstd"] {
            let sandbox = packed(&["--layer-format", format, "--compression", compression]);
            let made = sandbox.run(["bom", "demo:v1"]).exits(0);
            let said = "warning: the kit has no AIBOM: it was made just now\n";
            assert_eq!(made.stderr, said, "{format} {compression}");
            check_files(&sandbox, &made.json());
            assert_eq!(sandbox.left_aside(), 0);
        }
    }
    let sandbox = packed(&["--format", "modelpack"]);
    check_files(&sandbox, &sandbox.run(["bom", "demo:v1"]).exits(0).json());
}

#[test]
fn a_layout_and_an_archive_give_the_same_aibom() {
    for compression in ["none", "gzip"] {
        let sandbox = packed(&["--compression", compression]);
        let here = sandbox.run(["bom", "demo:v1"]).exits(0).json();
        for place in ["oci:layout:v1", "archive:kit.tar"] {
            sandbox.run(["copy", "demo:v1", place]).exits(0);
            let there = sandbox.run(["bom", place]).exits(0);
            check_files(&sandbox, &there.json());
            let list = |made: &Value| {
                let all = components(made).into_iter();
                let mut all: Vec<String> =
                    all.map(|c| format!("{} {:?}", c["name"], sha256(c))).collect();
                all.sort();
                all
            };
            assert_eq!(list(&there.json())[1..], list(&here)[1..], "{place}");
        }
    }
}

#[test]
fn kits_pass_the_schema_in_every_format() {
    let sandbox = sealed();
    let Some(schemas) = schemas(&sandbox) else { return };
    let schemas = schemas.display().to_string();
    for format in ["cyclonedx-json@1.6", "cyclonedx-json@1.7", "spdx3-json"] {
        let args = ["bom", "demo:v1", "--fresh", "--schema", &schemas, "--format", format];
        run(&sandbox, &args).exits(0);
        run(&sandbox, &["bom", "demo:v1", "--schema", &schemas, "--format", format]).exits(0);
    }
}

#[test]
fn seal_puts_what_the_overlay_says_into_the_signed_aibom() {
    let sandbox = Sandbox::new();
    project(&sandbox);
    sandbox.write(
        "project/aibom.yaml",
        "supplier: {name: The Lab}\nmodel:\n  limitations: [only grain]\n",
    );
    run(&sandbox, &["seal", "project", "-t", "demo:v1"]).exits(0);
    let signed = run(&sandbox, &["bom", "demo:v1"]).exits(0);
    assert_eq!(signed.stderr, "");
    assert!(signed.stdout.contains("The Lab") && signed.stdout.contains("only grain"), "{signed}");
    run(&sandbox, &["verify", "demo:v1"]).exits(0);
}

#[test]
fn what_is_made_of_a_folder_or_a_kit_is_found_again_in_it() {
    let sandbox = sealed();
    for (source, fresh) in [("demo:v1", false), ("demo:v1", true), ("./project", true)] {
        for format in ["cyclonedx-json@1.6", "cyclonedx-json@1.7", "spdx3-json"] {
            let mut args = vec!["bom", source, "--format", format];
            args.extend(fresh.then_some("--fresh"));
            let made = run(&sandbox, &args).exits(0).stdout;
            sandbox.write("made.json", made);
            let again = run(&sandbox, &["bom", "verify", "made.json", source]);
            assert_eq!(again.code, Some(0), "{source} {format}: {again}");
        }
    }
}

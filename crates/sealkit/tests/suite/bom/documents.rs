//! AIBOM files: compared, and written in other formats.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::helpers::{schemas, testdata};
use crate::common::Sandbox;
use crate::seal_common::project;

/// Valid CycloneDX documents of the shared corpus, with their version.
fn corpus() -> Vec<(&'static str, PathBuf)> {
    let Some(root) = testdata() else { return Vec::new() };
    let mut all = Vec::new();
    for version in ["1.6", "1.7"] {
        for entry in fs::read_dir(root.join("cyclonedx/corpus").join(version)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.starts_with("valid-") && path.extension().is_some_and(|end| end == "json") {
                all.push((version, path));
            }
        }
    }
    all.sort();
    all
}

#[test]
fn every_valid_cyclonedx_document_converts_to_a_valid_one_of_its_version() {
    let sandbox = Sandbox::new();
    let Some(schemas) = schemas(&sandbox) else { return };
    let schemas = schemas.display().to_string();
    let all = corpus();
    assert!(all.len() >= 100, "{}", all.len());
    for (version, path) in all {
        let path = path.display().to_string();
        let format = format!("cyclonedx-json@{version}");
        let args = ["bom", "convert", &path, "--format", &format, "--schema", &schemas];
        let made = sandbox.run(args);
        assert_eq!(made.code, Some(0), "{path}: {made}");
        assert_eq!(made.json()["specVersion"], version, "{path}");
        let again = sandbox.write("again.json", &made.stdout).display().to_string();
        let args = ["bom", "convert", &again, "--format", &format];
        assert_eq!(sandbox.run(args).exits(0).stdout, made.stdout, "{path}");
        let args = ["bom", "diff", &path, &again, "--exit-code"];
        let same = sandbox.run(args);
        assert_eq!(same.code, Some(0), "{path}: {same}");
    }
}

#[test]
fn spdx_examples_convert_to_valid_cyclonedx() {
    let sandbox = Sandbox::new();
    let Some(schemas) = schemas(&sandbox) else { return };
    let schemas = schemas.display().to_string();
    let mut files: Vec<PathBuf> = Vec::new();
    let mut folders = vec![testdata().unwrap().join("spdx/examples")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().contains(".json") {
                files.push(path);
            }
        }
    }
    files.sort();
    let mut converted = 0;
    for path in files {
        let path = path.display().to_string();
        for format in ["cyclonedx-json@1.6", "cyclonedx-json@1.7", "spdx3-json"] {
            let made = sandbox.run(["bom", "convert", &path, "--format", format, "-o", "out.json"]);
            assert_eq!(made.code, Some(0), "{path}: {made}");
            let check = ["bom", "convert", "out.json", "--schema", &schemas, "--format", format];
            let made = sandbox.run(check);
            assert_eq!(made.code, Some(0), "{path} {format}: {made}");
            converted += 1;
        }
    }
    assert!(converted > 0);
}

/// A document that another tool could have made.
fn spdx23() -> Value {
    json!({
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
        "name": "demo", "documentNamespace": "https://example.com/demo",
        "creationInfo": { "created": "2024-01-01T00:00:00Z", "creators": ["Tool: x-1"] },
        "packages": [{
            "SPDXID": "SPDXRef-a", "name": "numpy", "versionInfo": "2.0.0",
            "downloadLocation": "NOASSERTION", "licenseDeclared": "BSD-3-Clause",
            "externalRefs": [{ "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                "referenceLocator": "pkg:pypi/numpy@2.0.0" }],
        }],
        "relationships": [{ "spdxElementId": "SPDXRef-DOCUMENT",
            "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-a" }],
    })
}

#[test]
fn spdx_2_3_is_read() {
    let sandbox = Sandbox::new();
    sandbox.write("a.spdx.json", spdx23().to_string());
    let made = sandbox.run(["bom", "convert", "a.spdx.json"]).exits(0);
    for text in ["pkg:pypi/numpy@2.0.0", "BSD-3-Clause", "\"CycloneDX\""] {
        assert!(made.stdout.contains(text), "{text}: {made}");
    }
    for format in ["spdx3-json", "table", "markdown", "html"] {
        let made = sandbox.run(["bom", "convert", "a.spdx.json", "--format", format]).exits(0);
        assert!(made.stdout.contains("numpy"), "{format}: {made}");
    }
}

#[test]
fn documents_that_are_none_are_refused_by_name() {
    let sandbox = Sandbox::new();
    let deep = "[".repeat(100_000);
    for (name, text) in [
        ("empty.json", ""),
        ("array.json", "[]"),
        ("other.json", r#"{"a":1}"#),
        ("twice.json", r#"{"bomFormat":"CycloneDX","bomFormat":"CycloneDX","specVersion":"1.6"}"#),
        ("deep.json", deep.as_str()),
        ("old.json", r#"{"bomFormat":"CycloneDX","specVersion":"0.9"}"#),
    ] {
        sandbox.write(name, text);
        let failed = sandbox.run(["bom", "convert", name]).exits(2);
        assert_eq!(failed.stdout, "", "{name}");
        assert!(failed.stderr.len() < 2000, "{name}: {failed}");
        sandbox.run(["bom", "diff", name, name]).exits(2);
    }
    sandbox.run(["bom", "convert", "not-there.json"]).exits(2);
    sandbox.run(["bom", "convert", "."]).exits(2);
}

#[test]
fn folders_and_files_are_compared_by_meaning() {
    let sandbox = Sandbox::new();
    project(&sandbox);
    sandbox.run(["bom", "project", "-o", "a.json", "-o", "spdx3-json=a.spdx"]).exits(0);
    for other in ["a.json", "a.spdx", "project"] {
        let same = sandbox.run(["bom", "diff", other, "project", "--exit-code"]).exits(0);
        assert_eq!(same.stdout, "Nothing differs\n", "{other}");
    }
    sandbox.write("project/data/train.csv", "a,b\n1,2\n5,6\n");
    let changed = sandbox.run(["bom", "diff", "a.json", "project"]).exits(0);
    assert!(changed.stdout.contains("data/train.csv"), "{changed}");
    let found = sandbox.run(["bom", "diff", "a.json", "project", "--exit-code"]).exits(1);
    assert_eq!(found.stdout, changed.stdout);
    let as_json =
        sandbox.run(["bom", "diff", "a.json", "project", "--format", "json"]).exits(0).json();
    assert_eq!(as_json["same"], false);
    assert!(!as_json["differences"].as_array().unwrap().is_empty());
    sandbox.run(["bom", "diff", "a.json", "nowhere:v1", "--exit-code"]).exits(2);
}

#[test]
fn a_supplier_of_a_document_that_names_no_component_stays() {
    let sandbox = Sandbox::new();
    let supplier = json!({ "name": "Acme, Inc.", "url": ["https://example.com"] });
    let document = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": { "supplier": supplier }, "components": [],
    });
    sandbox.write("a.json", document.to_string());
    for format in ["cyclonedx-json@1.6", "cyclonedx-json@1.7"] {
        let made = sandbox.run(["bom", "convert", "a.json", "--format", format]).exits(0).json();
        assert_eq!(made["metadata"]["supplier"], supplier, "{format}: {made:#}");
        assert!(made["metadata"].get("component").is_none());
    }
}

//! SPDX 3.0.1: what is written is valid and reads back; what others wrote loads and survives.

mod foreign;
mod made;
mod own;
mod v23;

use std::path::PathBuf;

use serde_json::Value as Json;

/// The folder of official test data; none where it is not there.
pub(crate) fn testdata() -> Option<PathBuf> {
    let dir = std::env::var_os("SEALKIT_TESTDATA").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/testdata");
    let found = dir.into_iter().chain([beside]).map(|dir| dir.join("spdx")).find(|d| d.is_dir());
    if found.is_none() {
        println!("skipped: no ../shared/testdata");
    }
    found
}

/// Judges documents by the official schema.
pub(crate) fn validator() -> Option<jsonschema::Validator> {
    let text = std::fs::read(testdata()?.join("schema.json")).unwrap();
    let schema: Json = serde_json::from_slice(&text).unwrap();
    Some(jsonschema::validator_for(&schema).unwrap())
}

/// The elements of a document by identifier.
pub(crate) fn elements(document: &[u8]) -> std::collections::BTreeMap<String, Json> {
    let document: Json = serde_json::from_slice(document).unwrap();
    let all = document["@graph"].as_array().unwrap();
    let id = |element: &Json| {
        let id = element.get("spdxId").or_else(|| element.get("@id"));
        id.unwrap().as_str().unwrap().to_owned()
    };
    let by_id: std::collections::BTreeMap<_, _> =
        all.iter().map(|element| (id(element), element.clone())).collect();
    assert_eq!(by_id.len(), all.len(), "an identifier stands twice");
    by_id
}

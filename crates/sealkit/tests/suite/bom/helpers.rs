//! Documents taken apart, and the official schema files.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::common::{Run, Sandbox};

/// The header of a safetensors file with one tensor of `size` bytes, and its length before it.
pub fn safetensors_head(size: u64) -> Vec<u8> {
    let count = size / 4;
    let header =
        format!(r#"{{"w":{{"dtype":"F32","shape":[{count}],"data_offsets":[0,{size}]}}}}"#);
    let mut head = (header.len() as u64).to_le_bytes().to_vec();
    head.extend_from_slice(header.as_bytes());
    head
}

/// All components of a CycloneDX document, at any depth.
pub fn components(document: &Value) -> Vec<&Value> {
    let mut all = vec![&document["metadata"]["component"]];
    let mut next: Vec<&Value> = document["components"].as_array().into_iter().flatten().collect();
    while let Some(component) = next.pop() {
        all.push(component);
        next.extend(component["components"].as_array().into_iter().flatten());
    }
    all
}

/// The values of a property of anything inside of `value`, wherever it stands.
pub fn said(value: &Value, property: &str) -> Vec<String> {
    let mut found = Vec::new();
    match value {
        Value::Array(all) => found.extend(all.iter().flat_map(|item| said(item, property))),
        Value::Object(map) => {
            if map.get("name").and_then(Value::as_str) == Some(property) {
                found.extend(map.get("value").and_then(Value::as_str).map(str::to_owned));
            }
            found.extend(map.values().flat_map(|item| said(item, property)));
        }
        _ => {}
    }
    found
}

/// The component of the file at `path`, and what it says.
#[track_caller]
pub fn file<'a>(document: &'a Value, path: &str) -> &'a Value {
    let is_file = |component: &&&Value| {
        component["type"] == "file"
            && component["name"] == path
            && component["bom-ref"].as_str().unwrap().starts_with("file:")
    };
    let all = components(document);
    let found = all.iter().find(is_file);
    found.unwrap_or_else(|| panic!("no file {path} in {document:#}"))
}

/// The SHA-256 of a component.
pub fn sha256(component: &Value) -> Option<&str> {
    component["hashes"].as_array()?.iter().find(|hash| hash["alg"] == "SHA-256")?["content"]
        .as_str()
}

/// Why the file at `path` is marked as unreadable.
#[track_caller]
pub fn unreadable(document: &Value, path: &str) -> Option<String> {
    said(file(document, path), "sealkit:unreadable").into_iter().next()
}

/// All paths below a folder with their sizes and times: what must stay as it is.
pub fn state(dir: &Path) -> Vec<(PathBuf, u64, std::time::SystemTime)> {
    let mut all = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            let meta = entry.path().symlink_metadata().unwrap();
            all.push((entry.path(), meta.len(), meta.modified().unwrap()));
            if meta.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    all.sort();
    all
}

/// The shared test data, or a line that says that the test was skipped.
pub fn testdata() -> Option<PathBuf> {
    crate::common::peer("SEALKIT_TESTDATA")
}

/// A folder `schemas` with the schema files of all formats.
pub fn schemas(sandbox: &Sandbox) -> Option<PathBuf> {
    let root = testdata()?;
    let target = sandbox.work().join("../schemas");
    fs::create_dir_all(&target).unwrap();
    for entry in fs::read_dir(root.join("cyclonedx/schemas")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), target.join(entry.file_name())).unwrap();
    }
    fs::copy(root.join("spdx/schema.json"), target.join("schema.json")).unwrap();
    Some(target)
}

/// What a terminal would act upon: control characters other than line ends and tabs, and marks that
/// turn the direction of text.
pub fn terminal_tricks(run: &Run) -> Vec<char> {
    let text = format!("{}{}", run.stdout, run.stderr);
    let is_trick = |c: &char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().filter(is_trick).collect()
}

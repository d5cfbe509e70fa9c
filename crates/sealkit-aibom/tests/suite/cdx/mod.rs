//! What the tests of the CycloneDX codec share: the official schemas and corpus where they are,
//! and AIBOMs of every shape.

pub(crate) mod any;
pub(crate) mod sample;

use std::collections::BTreeMap;
use std::path::PathBuf;

use sealkit_aibom::schema::Validator;
use sealkit_aibom::{Bom, BomCodec, CycloneDx, EncodeOptions};
use serde_json::{Value, json};

pub(crate) const BOTH: [CycloneDx; 2] = [CycloneDx::V1_6, CycloneDx::V1_7];

/// The folder of official test data.
pub(crate) fn testdata(folder: &str) -> Option<PathBuf> {
    let Ok(root) = std::env::var("SEALKIT_TESTDATA") else {
        println!("skipped: no SEALKIT_TESTDATA");
        return None;
    };
    Some(PathBuf::from(root).join(folder))
}

fn files(folder: &str) -> Option<BTreeMap<String, Vec<u8>>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(testdata(folder)?).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        all.insert(name, std::fs::read(entry.path()).unwrap());
    }
    Some(all)
}

pub(crate) fn schemas() -> Option<BTreeMap<String, Vec<u8>>> {
    files("cyclonedx/schemas")
}

pub(crate) fn corpus(version: CycloneDx) -> Option<BTreeMap<String, Vec<u8>>> {
    files(match version {
        CycloneDx::V1_6 => "cyclonedx/corpus/1.6",
        CycloneDx::V1_7 => "cyclonedx/corpus/1.7",
    })
}

pub(crate) fn judge(version: CycloneDx) -> Option<Validator> {
    let main = match version {
        CycloneDx::V1_6 => "bom-1.6.schema.json",
        CycloneDx::V1_7 => "bom-1.7.schema.json",
    };
    Some(Validator::new(&schemas()?, main).unwrap())
}

pub(crate) fn options() -> EncodeOptions {
    EncodeOptions {
        timestamp: Some("2026-01-31T12:00:00Z".into()),
        tool: Some(("sealkit".into(), "0.1.0".into())),
    }
}

pub(crate) fn encode(version: CycloneDx, bom: &Bom) -> Value {
    let bytes = version.encode(bom, &EncodeOptions::default()).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

pub(crate) fn decode(document: &Value) -> Bom {
    CycloneDx::V1_6.decode(&serde_json::to_vec(document).unwrap()).unwrap()
}

/// The value with lists in an order of their own. Two documents say the same when these are equal:
/// JSON's objects have no order, and neither has any list of CycloneDX but the frames of a call
/// stack and the steps of a workflow, which are not taken apart.
pub(crate) fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(list) => {
            let mut list: Vec<Value> = list.iter().map(sorted).collect();
            list.sort_by_key(Value::to_string);
            Value::Array(list)
        }
        Value::Object(map) => {
            let sorted: BTreeMap<&String, Value> =
                map.iter().map(|(k, v)| (k, sorted(v))).collect();
            sorted.into_iter().map(|(k, v)| (k.clone(), v)).collect()
        }
        other => other.clone(),
    }
}

/// A small document of somebody else.
pub(crate) fn foreign() -> Value {
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
        "version": 3,
        "metadata": {
            "timestamp": "2024-05-01T10:00:00+02:00",
            "supplier": {"name": "Acme", "address": {"country": "AT"}},
            "component": {"type": "application", "name": "app", "bom-ref": "app"}
        },
        "components": [
            {
                "type": "machine-learning-model", "name": "net", "bom-ref": "net", "author": "Eve",
                "pedigree": {"ancestors": [{
                    "type": "machine-learning-model", "name": "base", "version": "1",
                    "purl": "pkg:huggingface/o/base"
                }]},
                "modelCard": {"modelParameters": {"datasets": [
                    {"ref": "data"}, {"type": "dataset", "name": "inline"}
                ]}},
                "properties": [{"name": "vendor:x", "value": "y"}, {"name": "vendor:none"}],
                "components": [
                    {"type": "file", "name": "w.bin", "bom-ref": "w", "hashes": [
                        {"alg": "SHA-256", "content": "A".repeat(64)},
                        {"alg": "Unknown", "content": "x"}
                    ]}
                ]
            },
            {"type": "data", "name": "data", "bom-ref": "data"},
            {"type": "operating-system", "name": "os"}
        ],
        "services": [{"name": "api", "bom-ref": "api", "endpoints": ["https://example.org"]}],
        "dependencies": [{"ref": "app", "dependsOn": ["net", "api"], "provides": ["data"]}],
        "vulnerabilities": [{"id": "CVE-2024-1"}],
        "somethingNew": {"a": [1, 2.5, null]}
    })
}

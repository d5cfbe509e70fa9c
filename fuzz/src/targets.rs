//! The targets. Each says what must hold besides not crashing.

use std::io::Read as _;

use sealkit_aibom::purl::Purl;
use sealkit_aibom::{BomCodec, CycloneDx, EncodeOptions};
use sealkit_attest::{Bundle, Statement};
use sealkit_inspect::inspect as inspect_file;
use sealkit_kitfile::{IgnoreRules, Kitfile};
use sealkit_oci::{Manifest, Raw, Reference, media_type};
use sealkit_pack::tar::{Streamed, TarReader};
use sealkit_report::Budget;

/// A Kitfile that is accepted reads the same after it is written.
pub fn kitfile(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Kitfile::parse(text, "Kitfile") {
        Ok(parsed) => {
            let written = parsed.kitfile.to_yaml();
            match Kitfile::parse(&written, "Kitfile") {
                Ok(again) => assert_eq!(again.kitfile.to_yaml(), written),
                // Known: `[a, b -]`, which `kit` writes and reads, is too much for the YAML parser.
                Err(error) if error.to_string().contains("cannot start with '-'") => {}
                Err(error) => panic!("{error} in what was written:\n{written}"),
            }
            if let Ok(config) = parsed.kitfile.to_json() {
                Kitfile::from_json(&config).expect("a config that was just written");
            }
        }
        Err(error) => drop(error.to_string()),
    }
}

/// The config blob of a kit.
pub fn kit_config(data: &[u8]) {
    if let Ok(kitfile) = Kitfile::from_json(data) {
        drop(kitfile.parts());
        drop(kitfile.validate());
    }
}

/// Ignore rules: the first line is the path, the rest are the rules.
pub fn ignore(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (path, rules) = text.split_once('\n').unwrap_or((text, ""));
    if let Ok(rules) = IgnoreRules::parse(rules) {
        // A folder that may be skipped must be one that is ignored.
        if rules.may_skip_dir(path) {
            assert!(rules.matches(path), "`{path}` is skipped and not ignored");
        }
    }
}

/// A manifest keeps its bytes and its digest.
pub fn manifest(data: &[u8]) {
    let Ok(raw) = Raw::<Manifest>::parse(media_type::OCI_MANIFEST, data.to_vec()) else { return };
    assert_eq!(raw.bytes(), data);
    assert!(raw.digest().matches(data));
    drop(raw.value().total_size());
    for layer in raw.value().layers() {
        drop(layer.media_type.parse::<sealkit_oci::LayerType>());
    }
}

/// A reference reads the same after it is shown.
pub fn reference(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(reference) = text.parse::<Reference>() else { return };
    let shown = reference.to_string();
    assert_eq!(shown.parse::<Reference>().ok().as_ref(), Some(&reference), "shown as `{shown}`");
}

/// An archive gives no more bytes than it has, and each body lies where its entry says.
pub fn tar(data: &[u8]) {
    let budget = Budget::new(1 << 20, 1_000, 100_000, 16);
    let mut reader = TarReader::new(Streamed::new(data), budget);
    while let Ok(Some(entry)) = reader.next_entry() {
        let mut body = Vec::new();
        if reader.read_to_end(&mut body).is_err() {
            break;
        }
        let start = usize::try_from(entry.offset).expect("an offset inside the data");
        assert_eq!(data.get(start..start + body.len()), Some(body.as_slice()), "{}", entry.path);
    }
}

/// A bundle keeps its bytes.
pub fn bundle(data: &[u8]) {
    if let Ok(bundle) = Bundle::parse(data.to_vec()) {
        assert_eq!(bundle.bytes(), data);
    }
}

/// A statement keeps its bytes, and its predicate reads or says why not.
pub fn statement(data: &[u8]) {
    if let Ok(statement) = Statement::parse(data.to_vec()) {
        assert_eq!(statement.payload(), data);
        drop(statement.any_predicate());
    }
}

/// Names that lead to each kind of inspector; the first byte of the data chooses.
pub static NAMES: &[&str] = &[
    "model.safetensors",
    "model.gguf",
    "model.onnx",
    "model.npy",
    "model.pt",
    "data.parquet",
    "config.json",
    "README.md",
    "LICENSE",
    "data.csv",
    "data.jsonl",
    "model.pkl",
    "unknown",
];

/// Any file, under any name, by every inspector.
pub fn inspect(data: &[u8]) {
    let Some((choice, content)) = data.split_first() else { return };
    let name = NAMES[usize::from(*choice) % NAMES.len()];
    let mut budget = Budget::new(4 << 20, 10_000, 1_000_000, 32);
    let first = inspect_file(name, &content, &mut budget);
    let mut budget = Budget::new(4 << 20, 10_000, 1_000_000, 32);
    let second = inspect_file(name, &content, &mut budget);
    assert_eq!(format!("{first:?}"), format!("{second:?}"), "the same bytes give the same facts");
}

/// A CycloneDX document that is read says the same when it is written again in its version.
pub fn cyclonedx(data: &[u8]) {
    let Ok(bom) = CycloneDx::V1_6.decode(data) else { return };
    let said: serde_json::Value = serde_json::from_slice(data).expect("it was read as JSON");
    let version = match said["specVersion"].as_str() {
        Some("1.7") => CycloneDx::V1_7,
        _ => CycloneDx::V1_6,
    };
    let again = version.encode(&bom, &EncodeOptions::default()).expect("it was just read");
    version.decode(&again).expect("it was just written");
    if matches!(said["specVersion"].as_str(), Some("1.6" | "1.7")) {
        let again: serde_json::Value = serde_json::from_slice(&again).expect("it is JSON");
        assert_eq!(sorted(&again), sorted(&said));
    }
}

/// A text that two values share exactly when they are equal but for order.
fn sorted(value: &serde_json::Value) -> String {
    use serde_json::Value;
    let (mut all, ends) = match value {
        Value::Array(list) => (list.iter().map(sorted).collect::<Vec<_>>(), "[]"),
        Value::Object(map) => {
            (map.iter().map(|(key, value)| format!("{key:?}{}", sorted(value))).collect(), "{}")
        }
        other => return other.to_string(),
    };
    all.sort();
    format!("{}{}", all.join(","), ends)
}

/// What a package URL is read as is canonical.
pub fn purl(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(purl) = Purl::parse(text) {
        assert_eq!(Purl::parse(&purl.to_string()), Ok(purl));
    }
}

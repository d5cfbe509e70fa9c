//! HDF5 and Keras files that are odd or hostile.

use std::io::Write as _;

use crate::model_kit::{about, all, format, golden, look, rules, tensors};
use sealkit_inspect::{Facts, property};
use sealkit_report::{Budget, Severity};

/// A zip archive; members whose name ends with `!` are deflated under the name before it.
fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in members {
        let (name, method) = match name.strip_suffix('!') {
            Some(name) => (name, 8_u16),
            None => (*name, 0),
        };
        let mut packed = content.to_vec();
        if method == 8 {
            let level = flate2::Compression::default();
            let mut writer = flate2::write::DeflateEncoder::new(Vec::new(), level);
            writer.write_all(content).unwrap();
            packed = writer.finish().unwrap();
        }
        let offset = bytes.len() as u32;
        let sizes = [packed.len() as u32, content.len() as u32].map(u32::to_le_bytes).concat();
        let len = (name.len() as u16).to_le_bytes();
        let common = [&method.to_le_bytes()[..], &[0; 8], &sizes, &len, &[0; 2]].concat();
        bytes.extend([b"PK\x03\x04\x14\0\0\0".as_slice(), &common, name.as_bytes()].concat());
        bytes.extend(&packed);
        directory.extend([b"PK\x01\x02\x14\0\x14\0\0\0".as_slice(), &common, &[0; 10]].concat());
        directory.extend([&offset.to_le_bytes()[..], name.as_bytes()].concat());
    }
    let (start, size) = (bytes.len() as u32, directory.len() as u32);
    let count = (members.len() as u16).to_le_bytes();
    bytes.extend(directory);
    bytes.extend([b"PK\x05\x06\0\0\0\0".as_slice(), &count, &count].concat());
    bytes.extend([size.to_le_bytes(), start.to_le_bytes()].concat());
    bytes.extend([0; 2]);
    bytes
}

fn keras(config: &str) -> Facts {
    look("m.keras", &zip(&[("metadata.json", b"{}"), ("config.json", config.as_bytes())]))
}

fn layer(inside: &str) -> String {
    format!(r#"{{"class_name":"Sequential","config":{{"layers":[{inside}]}}}}"#)
}

#[test]
fn code_in_a_configuration_is_found_however_deep() {
    let cases = [
        (r#"{"module":"keras.layers","class_name":"Lambda","config":{}}"#, true),
        (
            r#"{"class_name":"Dense","config":{"activation":{"class_name":"__lambda__","config":{"value":"x"}}}}"#,
            true,
        ),
        (r#"{"module":"keras.layers","class_name":"TFSMLayer","config":{}}"#, true),
        (
            r#"{"class_name":"D","config":{"a":[[[{"module":"os","class_name":"function","config":"system"}]]]}}"#,
            true,
        ),
        (r#"{"module":"kerasx.layers","class_name":"Dense","config":{}}"#, true),
        (r#"{"module":"keras.src.layers","class_name":"Dense","config":{"name":"Lambda"}}"#, false),
        (r#"{"module":"builtins","class_name":"function","config":"relu"}"#, false),
        (r#"{"class_name":"Dense","config":{}}"#, false),
    ];
    for (inside, runs) in cases {
        let facts = keras(&layer(inside));
        assert_eq!(about(&facts, property::CAN_RUN_CODE, ""), runs.to_string(), "{inside}");
        assert_eq!(rules(&facts).contains(&"keras-code"), runs, "{inside}");
    }
    let facts = keras(&layer(r#"{"class_name":"Lambda","config":{}}"#));
    assert_eq!(facts.findings[0].evidence.place, "config.json/config/layers/0");
    assert_eq!(facts.findings[0].severity, Severity::High);
}

#[test]
fn layers_inside_of_layers_are_counted() {
    let inner = layer(r#"{"class_name":"Dense","config":{}},{"class_name":"Dense","config":{}}"#);
    let wrapped =
        r#"{"class_name":"Bidirectional","config":{"layer":{"class_name":"LSTM","config":{}}}}"#;
    let facts = keras(&layer(&format!("{inner},{wrapped}")));
    let counts = all(&facts, property::LAYER_KIND);
    let counts: Vec<_> = counts.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(
        counts,
        [("Bidirectional", "1"), ("Dense", "2"), ("LSTM", "1"), ("Sequential", "1")]
    );
    assert_eq!(facts.uint(property::LAYERS), Some(2));
}

#[test]
fn custom_classes_and_settings_of_training_are_named() {
    let facts = keras(
        r#"{"module":"keras","class_name":"Functional","config":{"name":"m","layers":[
            {"module":"keras.layers","class_name":"Mine","registered_name":"pkg>Mine","config":{}}]},
            "compile_config":{"optimizer":{"class_name":"SGD","config":{"name":"SGD","momentum":0.9,"clipnorm":null}},
            "loss":{"class_name":"Huber","config":{}},"metrics":["mae",{"config":{"name":"auc"}}]}}"#,
    );
    assert_eq!(facts.text(property::CUSTOM_OPERATOR), Some("pkg>Mine"));
    let settings = all(&facts, property::HYPERPARAMETER);
    let settings: Vec<_> = settings.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(
        settings,
        [
            ("loss", "Huber"),
            ("metrics", "mae, auc"),
            ("optimizer", "SGD"),
            ("optimizer.momentum", "0.9")
        ]
    );
}

#[test]
fn a_keras_file_that_lacks_parts_is_never_called_harmless() {
    let facts = look("m.keras", &zip(&[("config.json", b"{"), ("model.weights.h5", b"")]));
    assert!(facts.incomplete);
    assert_eq!(about(&facts, property::CAN_RUN_CODE, ""), "true");
    assert_eq!(rules(&facts), ["not-inspected", "not-inspected"]);
    let twice = zip(&[("config.json", b"{}"), ("metadata.json", b"{}"), ("config.json", b"{}")]);
    assert!(rules(&look("m.keras", &twice)).contains(&"zip-duplicate-member"));
}

#[test]
fn packed_members_are_unpacked_within_bounds() {
    let config = layer(r#"{"class_name":"Dense","config":{}}"#);
    let weights = golden("m.weights.h5");
    let bytes = zip(&[
        ("metadata.json!", br#"{"keras_version":"3.1.0"}"#),
        ("config.json!", config.as_bytes()),
        ("model.weights.h5!", &weights),
    ]);
    let facts = look("m.keras", &bytes);
    assert_eq!(facts.text(property::FRAMEWORK_VERSION), Some("3.1.0"));
    assert_eq!(facts.text(property::MODEL_CLASS), Some("Sequential"));
    assert_eq!(facts.uint(property::PARAMETERS), None);
    assert!(about(&facts, property::NOT_MEASURED, "parameters").contains("compressed"));
    let bomb = vec![b' '; 20 << 20];
    let facts = look("m.keras", &zip(&[("metadata.json", b"{}"), ("config.json!", &bomb)]));
    assert!(facts.incomplete);
    assert!(facts.findings[0].message.contains("unpacks beyond"), "{:?}", facts.findings);
    let mut broken = zip(&[("metadata.json", b"{}"), ("config.json!", b"{}")]);
    let at = broken.windows(11).position(|w| w == b"config.json").unwrap() + 11;
    broken[at] = 0xFF;
    assert!(look("m.keras", &broken).incomplete);
}

#[test]
fn weights_of_a_stored_member_are_listed_with_places_in_the_archive() {
    let weights = golden("m.weights.h5");
    let bytes = zip(&[("config.json", b"{}"), ("model.weights.h5", &weights)]);
    let facts = look("m.keras", &bytes);
    let own = look("m.weights.h5", &weights);
    let start = bytes.windows(8).position(|w| w == b"\x89HDF\r\n\x1a\n").unwrap() as u64;
    let (inside, alone) = (tensors(&facts), tensors(&own));
    assert_eq!(inside.len(), alone.len());
    for (a, b) in inside.iter().zip(alone) {
        assert_eq!((&a.name, a.offset), (&b.name, b.offset + start));
    }
    assert_eq!(facts.uint(property::PARAMETERS), own.uint(property::PARAMETERS));
}

/// Replaces the first `from` in a golden file.
fn patched(name: &str, from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = golden(name);
    let at = bytes.windows(from.len()).position(|w| w == from).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to);
    bytes
}

#[test]
fn superblocks_that_are_none_are_refused() {
    assert_eq!(format("x", b"\x89HDF\r\n\x1a\n"), "hdf5");
    assert!(look("x.h5", b"\x89HDF\r\n\x1a\n").incomplete);
    let mut bytes = golden("old.h5");
    for (at, value) in [(8, 9), (13, 3), (13, 16), (14, 0)] {
        let before = bytes[at];
        bytes[at] = value;
        assert!(look("x.h5", &bytes).incomplete, "byte {at} as {value}");
        bytes[at] = before;
    }
}

#[test]
fn a_tree_that_leads_back_to_itself_ends() {
    let mut bytes = golden("many.h5");
    // Every tree's first child becomes the tree itself.
    let trees: Vec<usize> =
        (0..bytes.len() - 4).filter(|at| &bytes[*at..at + 4] == b"TREE").collect();
    assert!(!trees.is_empty());
    for at in trees {
        bytes[at + 32..at + 40].copy_from_slice(&(at as u64).to_le_bytes());
    }
    let facts = look("many.h5", &bytes);
    assert!(facts.incomplete);
}

#[test]
fn a_heap_that_does_not_end_is_refused() {
    let facts = look("x.h5", &patched("old.h5", b"GCOL", b"GCOX"));
    assert!(facts.incomplete);
    let facts = look("x.h5", &patched("old.h5", b"HEAP", b"HEAX"));
    assert!(facts.incomplete);
    let facts = look("x.h5", &patched("old.h5", b"SNOD", b"SNOX"));
    assert!(facts.incomplete);
    let facts = look("x.h5", &patched("new.h5", b"OHDR", b"OHDX"));
    assert!(facts.incomplete);
}

#[test]
fn groups_deeper_than_allowed_are_refused() {
    let bytes = golden("old.h5");
    let mut budget = Budget::new(1 << 20, 10_000, 100_000, 2);
    let (_, facts) = sealkit_inspect::inspect("old.h5", &bytes, &mut budget);
    assert!(facts.incomplete);
    let mut budget = Budget::new(1 << 20, 20, 100_000, 64);
    let (_, facts) = sealkit_inspect::inspect("old.h5", &bytes, &mut budget);
    assert!(facts.incomplete);
    assert_eq!(facts.uint(property::PARAMETERS), None);
}

#[test]
fn a_configuration_that_is_no_json_is_named_and_the_weights_are_counted() {
    let facts = look("x.h5", &patched("old.h5", b"{\"class_name\": \"Seq", b"?"));
    assert!(facts.incomplete);
    assert_eq!(facts.uint(property::PARAMETERS), Some(15));
    assert_eq!(facts.findings[0].evidence.place, "/@model_config");
}

#[test]
fn a_dataset_past_the_end_is_refused() {
    let mut bytes = golden("old.h5");
    bytes.truncate(9060);
    let facts = look("x.h5", &bytes);
    assert!(facts.incomplete);
    assert_eq!(facts.text(property::FRAMEWORK_VERSION), Some("2.15.0"));
}

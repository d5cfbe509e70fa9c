//! The Kitfile as JSON: the config of a ModelKit.

use proptest::prelude::*;
use sealkit_kitfile::{Kitfile, KitfileError, LayerInfo, Model, Value};
use sealkit_oci::Digest;
use sealkit_report::Hint;

const GOLDEN: &str = "manifestVersion: 1.0.0
package: {name: golden, version: 0.1.0, authors: [\"A & B\"]}
model:
  name: m
  path: models/sub/m.bin
  parameters: {lr: 0.001, epochs: 3, tags: [x, y]}
datasets: [{name: d, path: data}]
docs: [{path: README.md}]
";

fn layer(hex: &str) -> LayerInfo {
    let digest: Digest = format!("sha256:{hex}").parse().unwrap();
    LayerInfo { digest: Some(digest.clone()), diff_id: Some(digest) }
}

fn golden() -> Kitfile {
    let mut kitfile = Kitfile::parse(GOLDEN, "Kitfile").unwrap().kitfile;
    let layers = vec![
        layer("316273ce2b14acfce045e15b1c36ffe372a39310f410dea4577318d8db925f99"),
        layer("e246df15930c368562ac35abec0420be42299433dbe52cc98d6f7499e35ccf85"),
        layer("8976556749c3f1e40113a07bf15337a20205e1ffa9dfa91df25ea9379e6f4be6"),
    ];
    kitfile.set_layers(layers).unwrap();
    kitfile
}

#[test]
fn the_golden_config_is_equal_byte_for_byte() {
    let json = golden().to_json().unwrap();
    assert_eq!(json.len(), 767);
    assert_eq!(
        Digest::of(&json).hex(),
        "04cf8784f3dce09e69c5ee34a6748f77a839d26bb6370c322d5f6c6ef56116ae"
    );
}

#[test]
fn a_config_reads_back_to_the_same_bytes() {
    let json = golden().to_json().unwrap();
    let back = Kitfile::from_json(&json).unwrap();
    assert_eq!(back.to_json().unwrap(), json);
    assert_eq!(back.parts(), golden().parts());
}

#[test]
fn layer_digests_stay_out_of_the_yaml() {
    let yaml = golden().to_yaml();
    assert!(!yaml.contains("sha256"));
    assert!(yaml.contains("    tags:\n      - x\n      - \"y\"\n"), "{yaml}");
    assert!(yaml.contains("authors: [A & B]\n"));
}

#[test]
fn empty_elements_keep_their_place() {
    let text = "manifestVersion: 1.0.0\nmodel: {}\ncode: [{}]\ndocs: [{}]\n";
    let kitfile = Kitfile::parse_unchecked(text, "Kitfile").unwrap();
    assert_eq!(
        String::from_utf8(kitfile.to_json().unwrap()).unwrap(),
        "{\"manifestVersion\":\"1.0.0\",\"package\":{},\"model\":{},\"code\":[{}],\"docs\":[{\"path\":\"\"}]}"
    );
    assert_eq!(
        kitfile.to_yaml(),
        "manifestVersion: 1.0.0\nmodel: {}\ncode:\n  - {}\ndocs:\n  - path: \"\"\n"
    );
    assert_eq!(Kitfile::default().to_json().unwrap(), b"{\"manifestVersion\":\"\",\"package\":{}}");
}

#[test]
fn reading_is_lenient_where_kit_is() {
    let json = br#"{"ManifestVersion":"1.0.0","future":[1,{"x":2}],"package":null,
        "model":{"PATH":"m","extra":true,"parts":[null,{"Type":"lora"}]},"docs":null}"#;
    let kitfile = Kitfile::from_json(json).unwrap();
    let model = kitfile.model.unwrap();
    assert_eq!((kitfile.manifest_version.as_str(), model.path.as_str()), ("1.0.0", "m"));
    assert_eq!((model.parts.len(), model.parts[1].kind.as_str()), (2, "lora"));
    let exact = Kitfile::from_json(br#"{"manifestversion":"a","manifestVersion":"b"}"#).unwrap();
    assert_eq!(exact.manifest_version, "b");
    let broken = Kitfile::from_json(b"{\"manifestVersion\":\"\xff\"}").unwrap();
    assert_eq!(broken.manifest_version, "\u{fffd}");
}

#[test]
fn a_config_of_another_shape_is_refused() {
    for json in [
        "",
        "[]",
        "null",
        "3",
        "{",
        "{\"package\":[]}",
        "{\"code\":{}}",
        "{\"code\":[3]}",
        "{\"manifestVersion\":1}",
        "{\"package\":{\"authors\":[1]}}",
        "{\"model\":{\"digest\":\"sha256:xyz\"}}",
        "{\"model\":{\"parameters\":1e999}}",
    ] {
        let error = Kitfile::from_json(json.as_bytes()).unwrap_err();
        assert_eq!(error.code(), "config-invalid", "{json}");
    }
}

#[test]
fn hostile_configs_end_at_a_limit() {
    let deep = format!("{{\"model\":{{\"parameters\":{}", "[".repeat(100_000));
    assert!(Kitfile::from_json(deep.as_bytes()).is_err());
    let large = format!("{{\"manifestVersion\":\"{}\"}}", "x".repeat(5 << 20));
    let error = Kitfile::from_json(large.as_bytes()).unwrap_err();
    assert!(matches!(error, KitfileError::Limit { .. }));
}

#[test]
fn numbers_become_what_kit_makes_of_them_and_large_ones_stay_whole() {
    let json = br#"{"model":{"parameters":[1000000,3,9007199254740993,18446744073709551615,-1]}}"#;
    let kitfile = Kitfile::from_json(json).unwrap();
    let Some(Value::List(values)) = kitfile.model.as_ref().and_then(|it| it.parameters.clone())
    else {
        panic!()
    };
    assert_eq!(
        values,
        [
            Value::Float(1e6),
            Value::Float(3.0),
            Value::Int(9_007_199_254_740_993),
            Value::Uint(u64::MAX),
            Value::Float(-1.0)
        ]
    );
    assert!(kitfile.to_yaml().contains("- 1e+06\n"));
    let again = String::from_utf8(kitfile.to_json().unwrap()).unwrap();
    assert!(again.contains("[1000000,3,9007199254740993,18446744073709551615,-1]"));
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<f64>()
            .prop_filter("is kept by YAML", |it| it.is_finite() && *it != 0.0)
            .prop_map(Value::Float),
        "\\PC{0,20}".prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 30, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
            prop::collection::btree_map("\\PC{0,8}", inner, 0..5).prop_map(Value::Map),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(value in value(), name in "\\PC{0,20}") {
        let parameters = Some(value).filter(|value| *value != Value::Null);
        let model = Model { name, parameters, ..Model::default() };
        let kitfile = Kitfile { model: Some(model), ..Kitfile::default() };
        let json = kitfile.to_json().unwrap();
        let back = Kitfile::from_json(&json).unwrap();
        prop_assert_eq!(back.to_json().unwrap(), json);
        let odd = ['\u{2028}', '\u{2029}', '\u{feff}'];
        let yaml = back.to_yaml();
        if !yaml.contains(odd) && !yaml.contains("<<") {
            let read = Kitfile::parse_unchecked(&yaml, "Kitfile").unwrap();
            prop_assert_eq!(read.to_json().unwrap(), back.to_json().unwrap(), "{}", yaml);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let _ = Kitfile::from_json(&bytes);
    }
}

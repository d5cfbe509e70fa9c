//! The JSON Schema: equal to the file that is checked in, and right about samples.

use sealkit_kitfile::{Kitfile, schema};
use serde_json::{Value, json};

fn is_valid(sample: &Value) -> bool {
    jsonschema::validator_for(&schema()).unwrap().is_valid(sample)
}

#[test]
fn the_file_is_what_the_code_says() {
    let text = format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap());
    if std::env::var_os("SEALKIT_UPDATE").is_some() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/kitfile.schema.json");
        std::fs::write(file, &text).unwrap();
        return;
    }
    let hint = "the schema has changed: run this test with SEALKIT_UPDATE=1";
    assert_eq!(include_str!("../../kitfile.schema.json"), text, "{hint}");
}

#[test]
fn the_schema_is_a_schema() {
    assert!(jsonschema::meta::is_valid(&schema()));
}

#[test]
fn kitfiles_are_valid() {
    for sample in [
        json!({}),
        json!({"manifestVersion": "1.0.0", "package": {"name": "a", "version": 1.2}}),
        json!({"model": {"path": "m", "parameters": {"x": [1, null, {"y": true}]},
            "parts": [{"name": "p", "path": "p", "type": "lora-adapter"}]}}),
        json!({"model": {"path": "ex.com/base:v1"}}),
        json!({"code": [{"path": "src"}], "docs": null, "prompts": [{"name": "p", "path": "p"}]}),
        json!({"datasets": [{"path": "d", "remotePath": "s3://b/k", "remoteHash": "x"}]}),
        json!({"datasets": [{"path": "d", "remotePath": "ex.com/a:v1"}]}),
        json!({"mcpServers": [{"name": "s", "path": "s.mcpb"}]}),
    ] {
        assert!(is_valid(&sample), "{sample}");
        let read = Kitfile::parse(&sample.to_string(), "Kitfile");
        assert!(read.is_ok(), "{sample}: {read:?}");
    }
}

#[test]
fn what_is_no_kitfile_is_invalid() {
    for sample in [
        json!([]),
        json!({"manifestversion": "1.0.0"}),
        json!({"package": {"licence": "MIT"}}),
        json!({"package": {"authors": "me"}}),
        json!({"model": []}),
        json!({"model": {"parts": [{"path": "p", "type": "a b"}]}}),
        json!({"model": {"digest": "sha256:0"}}),
        json!({"code": [{"path": "/abs"}]}),
        json!({"code": [{"path": "https://h/x"}]}),
        json!({"datasets": [{"path": "d", "remotePath": "s3://b/k"}]}),
        json!({"datasets": [{"path": "d", "remoteHash": "x"}]}),
        json!({"mcpServers": [{"name": "s", "path": "s.zip"}]}),
        json!({"mcpServers": [{"path": "s.mcpb"}]}),
    ] {
        assert!(!is_valid(&sample), "{sample}");
        assert!(Kitfile::parse(&sample.to_string(), "Kitfile").is_err(), "{sample}");
    }
}

//! Schemas that a caller brings along.

use std::collections::BTreeMap;

use sealkit_aibom::schema::{SchemaError, Validator};
use serde_json::json;

fn given(all: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
    all.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
}

#[test]
fn a_document_is_judged_with_the_schemas_that_are_given() {
    let main = r#"{"properties": {"a": {"$ref": "other.json"}, "t": {"format": "date-time"}}}"#;
    let all = given(&[("main.json", main), ("other.json", r#"{"type": "string"}"#)]);
    let judge = Validator::new(&all, "main.json").unwrap();
    assert_eq!(judge.errors(&json!({"a": "x"})), Vec::<String>::new());
    let errors = judge.errors(&json!({"a": 1, "t": "yesterday"}));
    assert_eq!(errors.len(), 2, "formats count too");
    assert!(errors[0].starts_with("/a: "), "{errors:?}");
    let many = r#"{"items": {"type": "string"}}"#;
    let judge = Validator::new(&given(&[("main.json", many)]), "main.json").unwrap();
    assert_eq!(judge.errors(&json!(vec![1; 5000])).len(), 100);
}

#[test]
fn schemas_that_cannot_be_used_are_named() {
    let refused = |all: &[(&str, &str)]| Validator::new(&given(all), "main.json").unwrap_err();
    assert_eq!(refused(&[]).to_string(), "no schema `main.json` is given");
    let broken = refused(&[("main.json", "{}"), ("x.json", "{")]);
    assert!(matches!(broken, SchemaError::Json { name, .. } if name == "x.json"));
    let loose = refused(&[("main.json", r#"{"$ref": "https://elsewhere.example/x.json"}"#)]);
    let SchemaError::Unusable { name, reason } = loose else { panic!("{loose}") };
    assert_eq!(name, "main.json");
    assert!(reason.contains("x.json"), "nothing is fetched: {reason}");
    assert!(matches!(refused(&[("main.json", r#"{"type": 1}"#)]), SchemaError::Unusable { .. }));
}

#[test]
fn a_document_names_its_schema() {
    let of = |document| Validator::schema_of(&document);
    let cyclonedx = |version: &str| of(json!({"bomFormat": "CycloneDX", "specVersion": version}));
    assert_eq!(cyclonedx("1.7").as_deref(), Some("bom-1.7.schema.json"));
    assert_eq!(cyclonedx("../../x"), None);
    let context = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld";
    assert_eq!(of(json!({"@context": context})).as_deref(), Some("schema.json"));
    assert_eq!(of(json!({})), None);
}

#[test]
fn the_official_schemas_can_be_used() {
    let Some(schemas) = crate::cdx::schemas() else { return };
    for name in ["bom-1.6.schema.json", "bom-1.7.schema.json"] {
        let judge = Validator::new(&schemas, name).unwrap();
        assert!(!judge.errors(&json!({})).is_empty());
    }
}

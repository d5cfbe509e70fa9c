//! Golden documents and schemas.

use sealkit_attest::{KINDS, kind_of};
use serde_json::{Value, json};

use super::{GOLDEN, golden, objects, reads, state, validator, written};
use crate::common::kit;

#[test]
fn every_typed_kind_has_a_golden_document() {
    let mut typed: Vec<_> = KINDS.iter().filter(|kind| kind.schema().is_some()).collect();
    typed.retain(|kind| kind.name != "slsaprovenance1");
    let names: Vec<_> = typed.iter().map(|kind| kind.name).collect();
    assert_eq!(names, GOLDEN.map(|(name, _)| name));
    for kind in typed {
        assert_eq!(kind_of(kind.predicate_type).unwrap().name, kind.name);
    }
}

#[test]
fn golden_documents_are_read_and_written_byte_for_byte() {
    for (name, text) in GOLDEN {
        assert_eq!(written(name), text, "{name}");
    }
}

#[test]
fn golden_documents_fit_their_schemas_and_so_does_what_is_written() {
    for (name, _) in GOLDEN {
        let validator = validator(name);
        validator.validate(&golden(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let written: Value = serde_json::from_str(&written(name)).unwrap();
        assert!(validator.is_valid(&written), "{name}");
    }
}

#[test]
fn the_schemas_that_are_published_are_these() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/schemas");
    for (name, _) in GOLDEN {
        let kind = KINDS.iter().find(|kind| kind.name == name).unwrap();
        let published = std::fs::read_to_string(format!("{folder}/{name}.schema.json")).unwrap();
        assert_eq!(published, kind.schema().unwrap(), "run `cargo xtask generate`");
    }
}

/// Free maps, in which every key means something, so that nothing there is unknown.
fn is_free(pointer: &str) -> bool {
    let last = pointer.rsplit('/').next().unwrap_or_default();
    let free = ["digest", "splits", "schema", "root", "version", "evidence", "fileTable", "bom"];
    free.contains(&last) && pointer != "/records"
}

#[test]
fn fields_that_are_not_known_are_ignored_and_survive() {
    for (name, _) in GOLDEN {
        let mut places = Vec::new();
        objects(&golden(name), "", &mut places);
        for place in places.iter().filter(|place| !is_free(place)) {
            let mut more = golden(name);
            let object = more.pointer_mut(place).unwrap().as_object_mut().unwrap();
            object.insert("later".to_owned(), json!({ "b": [1.5, null], "a": "ü" }));
            assert!(reads(name, &more), "{name} {place}");
            assert!(validator(name).is_valid(&more), "{name} {place}");
            let text = serde_json::to_string(&more).unwrap();
            assert_eq!(state(name, &more).raw_predicate(), text);
        }
    }
}

#[test]
fn what_the_type_refuses_for_want_of_a_field_the_schema_refuses_too() {
    let mut refused = 0;
    for (name, _) in GOLDEN {
        let validator = validator(name);
        let mut places = Vec::new();
        objects(&golden(name), "", &mut places);
        for place in places {
            let whole = golden(name);
            let keys: Vec<String> =
                whole.pointer(&place).unwrap().as_object().unwrap().keys().cloned().collect();
            for key in keys {
                let mut less = whole.clone();
                less.pointer_mut(&place).unwrap().as_object_mut().unwrap().shift_remove(&key);
                let (by_type, by_schema) = (reads(name, &less), validator.is_valid(&less));
                // A fault of meaning (`an edge without its node`) is beyond a schema.
                assert!(by_schema || !by_type, "{name} {place}/{key}: the schema alone refuses");
                refused += usize::from(!by_type && !by_schema);
            }
        }
    }
    assert!(refused >= 50, "only {refused} missing fields were refused");
}

#[test]
fn values_of_the_wrong_form_are_refused_by_type_and_schema() {
    let hex = kit().hex().to_uppercase();
    for (name, place, value) in [
        ("provenance", "/buildDefinition/buildType", json!("finetune")),
        ("provenance", "/runDetails/builder/id", json!("")),
        ("provenance", "/runDetails/metadata/startedOn", json!("2026-02-01 08:00:00Z")),
        ("provenance", "/runDetails/metadata/startedOn", json!("2026-02-01T08:00:00+01:00")),
        ("provenance", "/runDetails/metadata/startedOn", json!(1_770_000_000)),
        ("provenance", "/buildDefinition/externalParameters", json!([])),
        ("provenance", "/buildDefinition/resolvedDependencies/0/digest/sha256", json!(hex)),
        ("provenance", "/buildDefinition/resolvedDependencies/0/digest", json!({})),
        ("lineage", "/edges/0/type", json!("copied-from")),
        ("lineage", "/nodes/0/digest/sha256", json!("ab")),
        ("dataset-version", "/splits/train/rows", json!(-1)),
        ("dataset-version", "/consent", json!("maybe")),
        ("dataset-version", "/splits/train/digest", json!({ "sha256": 1 })),
        ("model-scan", "/verdict", json!("fine")),
        ("model-scan", "/files/1/findings/0/severity", json!("worst")),
        ("test-result", "/result", json!("passed")),
        ("vulns", "/scanner/result", json!(null)),
        ("vulns", "/metadata/scanStartedOn", json!("2021-13-06T17:45:50Z")),
        ("svr", "/verifier/policies", json!(null)),
        ("svr", "/properties/0", json!(7)),
        ("release", "/purl", json!("chat")),
        ("advisory", "/state", json!("fixed")),
        ("advisory", "/severity", json!("none")),
        ("advisory", "/issuedOn", json!("today")),
        ("reference", "/references/0/downloadLocation", json!("a b")),
        ("kit", "/fileTable/digest", json!("sha256:ab")),
    ] {
        let mut bad = golden(name);
        *bad.pointer_mut(place).unwrap() = value.clone();
        assert!(!reads(name, &bad), "{name} {place} {value}");
        // A month of 13 is beyond the pattern: formats are not asserted by every validator.
        if value != json!("2021-13-06T17:45:50Z") {
            assert!(!validator(name).is_valid(&bad), "schema: {name} {place} {value}");
        }
    }
}

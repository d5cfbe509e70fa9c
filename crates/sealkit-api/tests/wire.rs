//! The names on the wire are a promise: these texts change only with the schema version.

mod common;

use common::{digest, holds};
use sealkit_api::*;
use sealkit_oci::Annotations;
use serde_json::json;

fn layer() -> Layer {
    Layer {
        digest: digest("l"),
        media_type: "application/vnd.kitops.modelkit.model.v1.tar".into(),
        size: 7,
        role: "model".into(),
        path: Some("m".into()),
    }
}

#[test]
fn lists() {
    let kit = KitSummary { name: "org/a".into(), versions: "/api/v1/kits/org%2Fa/versions".into() };
    let expected =
        json!({ "schemaVersion": 1, "kits": [{ "name": "org/a", "versions": kit.versions }] });
    holds(&KitList::new(vec![kit], None), expected);
    let version = KitVersion {
        tag: "v1".into(),
        digest: digest("m"),
        media_type: "t".into(),
        size: Some(3),
        quarantine: None,
    };
    holds(
        &KitVersions::new("a".into(), vec![version], Some("v1".into())),
        json!({
            "schemaVersion": 1,
            "name": "a",
            "versions": [{ "tag": "v1", "digest": digest("m"), "mediaType": "t", "size": 3 }],
            "next": "v1",
        }),
    );
}

#[test]
fn details() {
    let detail = KitDetail {
        schema_version: SCHEMA_VERSION,
        name: "a".into(),
        digest: digest("m"),
        artifact_type: "t".into(),
        size: 9,
        quarantine: None,
        kitfile: json!({ "manifestVersion": "1.0.0" }),
        layers: vec![layer()],
        annotations: Annotations::new(),
    };
    holds(
        &detail,
        json!({
            "schemaVersion": 1,
            "name": "a",
            "digest": digest("m"),
            "artifactType": "t",
            "size": 9,
            "kitfile": { "manifestVersion": "1.0.0" },
            "layers": [{
                "digest": digest("l"),
                "mediaType": "application/vnd.kitops.modelkit.model.v1.tar",
                "size": 7,
                "role": "model",
                "path": "m",
            }],
        }),
    );
}

#[test]
fn files_say_how_they_are_known() {
    let entry = FileEntry {
        path: "m/a".into(),
        size: 1,
        mode: 0o644,
        digest: None,
        layer: digest("l"),
        offset: 512,
    };
    let mut list = FileList::new("a".into(), digest("m"), FileSource::LayerHeaders, vec![entry]);
    list.unlisted.push(Unlisted { layer: digest("z"), reason: "compressed".into() });
    holds(
        &list,
        json!({
            "schemaVersion": 1,
            "name": "a",
            "digest": digest("m"),
            "source": "layer-headers",
            "count": 1,
            "files": [{ "path": "m/a", "size": 1, "mode": 420, "layer": digest("l"), "offset": 512 }],
            "unlisted": [{ "layer": digest("z"), "reason": "compressed" }],
        }),
    );
}

#[test]
fn comparisons() {
    let mut comparison = Comparison::new(digest("a"), digest("b"), FileSource::FileTable);
    comparison.fields.push(ChangedField {
        pointer: "/package/name".into(),
        a: None,
        b: Some(json!("x")),
    });
    comparison.parts.push(PartChange { change: Change::Removed, a: Some(layer()), b: None });
    let (change, path) = (Change::Changed, "f".to_owned());
    comparison.files.push(FileChange { change, path, size_a: Some(1), size_b: Some(2) });
    let (from, to) = ("f".to_owned(), "g".to_owned());
    comparison.moved.push(FileMove { from, to, digest: digest("f") });
    comparison.bytes_needed = 5;
    holds(
        &comparison,
        json!({
            "schemaVersion": 1,
            "a": digest("a"),
            "b": digest("b"),
            "source": "file-table",
            "fields": [{ "pointer": "/package/name", "b": "x" }],
            "parts": [{ "change": "removed", "a": serde_json::to_value(layer()).unwrap() }],
            "files": [{ "change": "changed", "path": "f", "sizeA": 1, "sizeB": 2 }],
            "moved": [{ "from": "f", "to": "g", "digest": digest("f") }],
            "incomplete": false,
            "bytesNeeded": 5,
        }),
    );
}

#[test]
fn errors() {
    holds(
        &ApiErrorBody::new(ApiCode::NotAKit, "no"),
        json!({ "schemaVersion": 1, "code": "not-a-kit", "message": "no" }),
    );
    assert_eq!(ApiCode::NotFound.status(), 404);
    holds(
        &ApiErrorBody::new(ApiCode::RangeNotSatisfiable, "no"),
        json!({ "schemaVersion": 1, "code": "range-not-satisfiable", "message": "no" }),
    );
    assert_eq!(ApiCode::RangeNotSatisfiable.status(), 416);
}

#[test]
fn unknown_fields_are_ignored_so_that_fields_can_be_added() {
    let text = json!({ "schemaVersion": 1, "kits": [], "later": true });
    assert_eq!(serde_json::from_value::<KitList>(text).unwrap(), KitList::new(vec![], None));
}

#[test]
fn tensors() {
    let sum = TensorSum { name: "F32".into(), count: 1, parameters: Some(2), bytes: 8 };
    let list = TensorList {
        files: vec![TensorFile {
            path: "m".into(),
            size: 99,
            format: Some("safetensors".into()),
            count: 1,
            complete: true,
            hashed: None,
            findings: Vec::new(),
        }],
        count: 1,
        parameters: None,
        bytes: 8,
        dtypes: vec![sum],
        matching: 1,
        tensors: vec![Tensor {
            name: "w".into(),
            dtype: "F32".into(),
            shape: vec![2],
            parameters: Some(2),
            bytes: 8,
            offset: 91,
            file: 0,
            digest: None,
        }],
        next: Some(1),
        bytes_read: 91,
        ..TensorList::new("k".into(), digest("m"))
    };
    holds(
        &list,
        json!({
            "schemaVersion": 1, "name": "k", "digest": digest("m"),
            "files": [{ "path": "m", "size": 99, "format": "safetensors", "count": 1, "complete": true }],
            "count": 1, "bytes": 8,
            "dtypes": [{ "name": "F32", "count": 1, "parameters": 2, "bytes": 8 }],
            "groups": [], "matching": 1,
            "tensors": [{ "name": "w", "dtype": "F32", "shape": [2], "parameters": 2, "bytes": 8, "offset": 91, "file": 0 }],
            "next": 1, "incomplete": false, "bytesRead": 91,
        }),
    );
    for (order, name) in [
        (TensorOrder::Place, "place"),
        (TensorOrder::Name, "name"),
        (TensorOrder::Bytes, "bytes"),
        (TensorOrder::Parameters, "parameters"),
    ] {
        holds(&order, json!(name));
    }
}

#[test]
fn events() {
    let event = HubEvent {
        number: 7,
        time: 1_000,
        actor: "ci".into(),
        action: "tag.set".into(),
        repository: Some("a".into()),
        subject: Some("v1".into()),
        detail: None,
        count: 1,
    };
    holds(
        &HubEvents::new(vec![event], Some(7)),
        json!({
            "schemaVersion": 1,
            "events": [{
                "number": 7, "time": 1000, "actor": "ci", "action": "tag.set",
                "repository": "a", "subject": "v1", "count": 1,
            }],
            "next": 7,
        }),
    );
    let pull = PullCount { digest: digest("m"), count: 3, last: 1_000 };
    holds(
        &PullCounts::new("a".into(), vec![pull]),
        json!({
            "schemaVersion": 1,
            "name": "a",
            "pulls": [{ "digest": digest("m"), "count": 3, "last": 1000 }],
        }),
    );
}

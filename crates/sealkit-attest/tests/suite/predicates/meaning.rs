//! What the types mean and refuse.

use proptest::prelude::*;
use sealkit_attest::{
    AnyPredicate, BuildType, DatasetVersion, DependencyRole, DigestSet, EdgeKind, Lineage,
    LineageEdge, LineageNode, ModelScan, NodeKind, Predicate as _, Provenance, Release, Statement,
    Subject, Timestamp, Uri, kind_of, predicate_type,
};
use sealkit_oci::Digest;
use sealkit_report::Hint as _;
use serde_json::{Value, json};

use super::{GOLDEN, golden, objects, state};
use crate::common::kit;

#[test]
fn fields_that_mean_nothing_together_are_refused() {
    for (name, place, value, reason) in [
        ("provenance", "/runDetails/metadata/finishedOn", json!("2026-02-01T07:59:59Z"), "ended"),
        ("provenance", "/runDetails/byproducts/0", json!({ "name": "log" }), "neither `uri`"),
        (
            "provenance",
            "/runDetails/byproducts/0",
            json!({ "content": "a-b=" }),
            "not standard base64",
        ),
        ("model-scan", "/verdict", json!("suspicious"), "milder than that of `extra/optimizer.pt`"),
        ("model-scan", "/files/1/verdict", json!("clean"), "called clean"),
        ("model-scan", "/finishedOn", json!("2026-02-01T09:59:59Z"), "ended"),
        ("vulns", "/metadata/scanFinishedOn", json!("2021-08-06T17:45:50.51Z"), "ended"),
        ("vulns", "/scanner/result/0/id", json!(""), "no id"),
        ("lineage", "/edges/0/to", json!("nobody"), "does not tie"),
        ("lineage", "/edges/0/to", json!("kit"), "does not tie"),
        ("lineage", "/nodes/1/id", json!("kit"), "each is there once"),
        ("dataset-version", "/splits", json!({}), "at least one split"),
        ("dataset-version", "/version", json!(""), "not empty"),
        ("dataset-version", "/parents/0", json!({ "uri": "a:b" }), "without a digest"),
        ("advisory", "/reason", json!(" "), "`reason` is empty"),
        ("advisory", "/id", json!(""), "`id` is empty"),
        ("advisory", "/reason", json!("x".repeat(5000)), "longer than"),
        ("release", "/purl", json!("pkg:oci/chat"), "with a version"),
        ("release", "/purl", json!("pkg:oci/chat?x=@1"), "with a version"),
        ("release", "/purl", json!("https://a/b@1"), "with a version"),
        ("reference", "/references/0/mediaType", json!(""), "lacks"),
        ("svr", "/properties/0", json!(""), "empty"),
        ("test-result", "/failedTests", json!(["x"]), "PASSED beside"),
    ] {
        let mut bad = golden(name);
        if name == "test-result" {
            bad["result"] = json!("PASSED");
            bad["failedTests"] = json!([]);
        }
        *bad.pointer_mut(place).unwrap() = value;
        let error = state(name, &bad).any_predicate().unwrap_err();
        let message = error.full_message();
        assert!(message.contains(reason), "{name} {place}: {message}");
    }
}

#[test]
fn what_means_nothing_is_not_signed_either() {
    let mut scan: ModelScan = serde_json::from_value(golden("model-scan")).unwrap();
    Statement::new(vec![Subject::of(&kit())], &scan).unwrap();
    scan.verdict = sealkit_attest::ScanVerdict::Clean;
    let error = Statement::new(vec![Subject::of(&kit())], &scan).unwrap_err();
    assert_eq!(error.code(), "predicate-invalid");
}

#[test]
fn an_unknown_kind_survives_byte_for_byte() {
    let text = "{ \"z\" : 1.50 ,\n\t\"a\":[\"\\u00e9\", 1E3], \"n\":null}";
    let subjects = vec![Subject::of(&kit())];
    let made = Statement::with_predicate(subjects, "https://example.com/x", text.as_bytes());
    let made = made.unwrap();
    assert_eq!(made.raw_predicate(), text);
    let again = Statement::parse(made.payload().to_vec()).unwrap();
    assert_eq!(again.raw_predicate(), text);
    assert!(matches!(again.any_predicate().unwrap(), AnyPredicate::Unknown(_)));
}

#[test]
fn a_predicate_of_any_kind_is_one_strict_object() {
    let make = |text: &str| {
        Statement::with_predicate(vec![Subject::of(&kit())], "a:b", text.as_bytes())
            .map_err(|error| error.code().to_string())
    };
    make("{}").unwrap();
    for (text, code) in [
        ("[]", "statement-invalid"),
        ("{\"a\":1,\"a\":2}", "duplicate-key"),
        ("{\"a\":1e400}", "parse-error"),
        ("{} {}", "parse-error"),
        ("", "parse-error"),
    ] {
        assert_eq!(make(text).unwrap_err(), code, "{text}");
    }
    let deep = format!("{}{}", "{\"a\":".repeat(90), "1") + &"}".repeat(90);
    assert_eq!(make(&deep).unwrap_err(), "limit-exceeded");
}

#[test]
fn names_stand_for_the_types_that_cosign_gives_them() {
    for (name, kind) in [
        ("slsaprovenance", "https://slsa.dev/provenance/v0.2"),
        ("slsaprovenance1", "https://slsa.dev/provenance/v1"),
        ("cyclonedx", "https://cyclonedx.org/bom"),
        ("spdxjson", "https://spdx.dev/Document"),
        ("vuln", "https://cosign.sigstore.dev/attestation/vuln/v1"),
        ("custom", "https://cosign.sigstore.dev/attestation/v1"),
        ("openvex", "https://openvex.dev/ns"),
        ("https://example.com/own", "https://example.com/own"),
    ] {
        assert_eq!(predicate_type(name).as_deref(), Some(kind));
    }
    for bad in ["", "nonsense", "a b:c", ":x", "1a:b"] {
        assert_eq!(predicate_type(bad), None, "{bad}");
    }
    assert_eq!(kind_of("https://openvex.dev/ns/v0.2.0").unwrap().name, "openvex");
    assert_eq!(kind_of("https://cyclonedx.org/bom/v1.6").unwrap().name, "cyclonedx");
    assert!(kind_of("https://openvex.dev/nsx").is_none());
}

#[test]
fn build_types_and_roles_have_names_of_their_own() {
    for kind in BuildType::ALL {
        assert_eq!(BuildType::read(kind.uri()), Some(kind));
        assert_eq!(BuildType::read(kind.name()), Some(kind));
        assert_eq!(kind.uri(), format!("https://sealkit.dev/buildtypes/{}/v1", kind.name()));
    }
    assert_eq!(BuildType::read("https://sealkit.dev/buildtypes/train/v2"), None);
    for role in DependencyRole::ALL {
        assert_eq!(DependencyRole::read(role.name()), Some(role));
    }
    let provenance: Provenance = state("provenance", &golden("provenance")).predicate().unwrap();
    assert_eq!(provenance.build_type(), Some(BuildType::Finetune));
    let inputs = &provenance.build_definition.resolved_dependencies;
    assert_eq!(inputs[0].role(), Some(DependencyRole::BaseModel));
    assert_eq!(inputs[1].version(), Some("2026.1"));
    assert_eq!(inputs[2].title(), Some("git+https://git.example.org/org/chat"));
}

#[test]
fn one_version_of_a_dataset_has_one_set_of_bytes() {
    let one: DatasetVersion = serde_json::from_value(golden("dataset-version")).unwrap();
    let mut other = one.clone();
    assert_eq!(one.conflict(&other), None);
    let changed = DigestSet::of(&Digest::of(b"same size, other bytes"));
    other.splits.get_mut("train").unwrap().digest = changed;
    assert_eq!(one.conflict(&other), Some("train"));
    other.version = "2026.2".to_owned();
    assert_eq!(one.conflict(&other), None);
}

#[test]
fn a_lineage_has_an_end() {
    let node = |id: usize| LineageNode {
        id: id.to_string(),
        digest: None,
        kind: NodeKind::Model,
        media_type: None,
        name: None,
        version: None,
    };
    let mut lineage = Lineage { nodes: (0..10_000).map(node).collect(), edges: Vec::new() };
    assert_eq!(lineage.fault(), None);
    let edge = |from: usize| LineageEdge {
        from: from.to_string(),
        to: (from + 1).to_string(),
        kind: EdgeKind::MergedFrom,
        evidence: None,
    };
    lineage.edges = (0..9_999).map(edge).collect();
    assert_eq!(lineage.fault(), None);
    lineage.nodes.push(node(10_000));
    assert!(lineage.fault().unwrap().contains("at most"));
}

#[test]
fn a_kind_of_node_that_is_not_known_is_another() {
    let mut later = golden("lineage");
    later["nodes"][1]["kind"] = json!("prompt");
    let read: Lineage = state("lineage", &later).predicate().unwrap();
    assert_eq!(read.nodes[1].kind, NodeKind::Other);
}

#[test]
fn the_number_of_a_release_is_on_its_subject() {
    let mut subject = Subject::of(&kit());
    assert_eq!(Release::sequence(&subject), None);
    for (value, number) in [(json!(7), Some(7)), (json!("7"), None), (json!(-7), None)] {
        let map = json!({ "sealkit.dev/sequence": value });
        subject.annotations = map.as_object().cloned();
        assert_eq!(Release::sequence(&subject), number);
    }
}

#[test]
fn digests_agree_where_they_share_an_algorithm() {
    let set = |value: Value| serde_json::from_value::<DigestSet>(value).unwrap();
    let (a, b) = ("a".repeat(64), "b".repeat(64));
    let one = set(json!({ "sha256": a }));
    assert!(one.agrees_with(&set(json!({ "sha256": a, "other": "x" }))));
    assert!(!one.agrees_with(&set(json!({ "sha256": b }))));
    assert!(!one.agrees_with(&set(json!({ "other": "x" }))));
    let both = set(json!({ "sha256": a, "other": "y" }));
    assert!(!both.agrees_with(&set(json!({ "sha256": a, "other": "x" }))));
}

proptest! {
    #[test]
    fn times_reverse(seconds in -62_167_219_200_i64..253_402_300_799) {
        let time = Timestamp::from_unix(seconds).unwrap();
        prop_assert_eq!(time.unix(), seconds);
        prop_assert_eq!(Timestamp::try_from(time.as_str().to_owned()).unwrap(), time);
    }

    #[test]
    fn hostile_values_never_panic(text in ".{0,80}", name in 0_usize..10) {
        let _ = Timestamp::try_from(text.clone());
        let _ = Uri::try_from(text.as_str());
        let name = GOLDEN[name].0;
        let mut places = Vec::new();
        objects(&golden(name), "", &mut places);
        for place in places {
            let mut bad = golden(name);
            *bad.pointer_mut(&place).unwrap() = Value::String(text.clone());
            if bad.is_object() {
                let _ = state(name, &bad).any_predicate();
            }
        }
    }
}

//! Documents that others made, and what becomes of them.

use crate::cdx::{BOTH, corpus, decode, encode, foreign, options, sample, sorted};
use sealkit_aibom::{
    Bom, BomCodec, BomError, ComponentId, CycloneDx, Kind, Property, RelationKind, name,
};
use sealkit_inspect::property;
use serde_json::{Value, json};

fn problems(bom: &Bom) -> Vec<&str> {
    let all = bom.properties.iter().filter(|claim| claim.name == name::READING_PROBLEM);
    all.filter_map(Property::as_text).collect()
}

#[test]
fn a_document_of_somebody_else_is_understood() {
    let bom = decode(&foreign());
    assert_eq!(bom.subject.kind, Kind::Kit);
    assert_eq!(bom.subject.first(name::SUPPLIER).unwrap().value.to_string(), "Acme");
    let of = |kind| bom.of_kind(kind).map(|c| c.name.as_str()).collect::<Vec<_>>();
    assert_eq!(of(Kind::Model), ["net"]);
    assert_eq!(of(Kind::BaseModel), ["base"], "the ancestor is a component");
    assert_eq!(of(Kind::File), ["w.bin"]);
    assert_eq!(of(Kind::Other), ["api", "os"]);
    let net = ComponentId("net".into());
    let tied = |kind| bom.tied(&net, kind).map(|id| id.0.as_str()).collect::<Vec<_>>();
    assert_eq!(tied(RelationKind::Contains), ["w"]);
    assert_eq!(tied(RelationKind::TrainedOn), ["data"]);
    assert_eq!(tied(RelationKind::DerivedFrom).len(), 1);
    let file = bom.component(&ComponentId("w".into())).unwrap();
    assert_eq!(file.sha256().unwrap().hex(), "a".repeat(64));
    let model = bom.component(&net).unwrap();
    assert_eq!(model.text("metadata:vendor:x"), Some("y"));
    assert_eq!(problems(&bom), Vec::<&str>::new());
}

#[test]
fn and_says_the_same_when_it_is_written_again() {
    let again = encode(CycloneDx::V1_6, &decode(&foreign()));
    assert_eq!(sorted(&again), sorted(&foreign()));
}

#[test]
fn what_the_model_knows_is_not_stored_aside() {
    let bom = decode(&foreign());
    let residues = bom.all().filter_map(|c| c.residue.as_ref()).chain(&bom.residue);
    let aside = residues.map(|r| Value::Object(r.fields.clone()).to_string()).collect::<String>();
    for known in ["3e671687", "pkg:huggingface", "machine-learning-model", "w.bin", "vendor:x"] {
        assert!(!aside.contains(known), "{known}: {aside}");
    }
    for unknown in ["somethingNew", "CVE-2024-1", "inline", "Eve", "AT", "vendor:none"] {
        assert!(aside.contains(unknown), "{unknown}: {aside}");
    }
}

#[test]
fn a_change_of_the_model_shows_in_the_document() {
    let mut bom = decode(&foreign());
    let model = bom.components.iter_mut().find(|c| c.id.0 == "net").unwrap();
    model.name = "renamed".into();
    model.properties.push(Property::text(property::LICENCE, "MIT", None));
    model.properties.push(Property::text(property::DESCRIPTION, "new", None));
    let again = encode(CycloneDx::V1_6, &bom);
    let net = again["components"].as_array().unwrap().iter().find(|c| c["bom-ref"] == "net");
    let net = net.unwrap();
    assert_eq!(net["name"], "renamed");
    assert_eq!(net["licenses"], json!([{"license": {"id": "MIT"}}]));
    assert_eq!(net["description"], "new");
    assert_eq!(net["author"], "Eve", "and the rest is still there");
    assert_eq!(again["serialNumber"], foreign()["serialNumber"]);
    assert_eq!(again["version"], 3);
}

#[test]
fn older_versions_are_read_and_written_as_1_6() {
    for version in ["1.4", "1.5"] {
        let mut document = foreign();
        document["specVersion"] = json!(version);
        document["metadata"]["tools"] = json!([{"vendor": "v", "name": "t", "version": "1"}]);
        let again = encode(CycloneDx::V1_6, &decode(&document));
        document["specVersion"] = json!("1.6");
        assert_eq!(sorted(&again), sorted(&document));
    }
}

#[test]
fn a_document_without_a_subject_gets_one_that_is_not_written() {
    let document = json!({"bomFormat": "CycloneDX", "specVersion": "1.6"});
    let bom = decode(&document);
    assert_eq!((bom.subject.kind, bom.subject.name.as_str()), (Kind::Other, "unknown"));
    assert!(problems(&bom)[0].contains("does not say what it describes"));
    assert_eq!(encode(CycloneDx::V1_6, &bom), document);
}

#[test]
fn what_is_odd_is_read_and_named() {
    let read = |change: &dyn Fn(&mut Value)| {
        let mut document = foreign();
        change(&mut document);
        let bom = decode(&document);
        assert_eq!(sorted(&encode(CycloneDx::V1_6, &bom)), sorted(&document));
        problems(&bom).iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()
    };
    let twice = |d: &mut Value| d["components"][1]["bom-ref"] = json!("net");
    assert!(read(&twice).iter().any(|p| p == "two components have the reference `net`"));
    let dangling = |d: &mut Value| d["dependencies"][0]["dependsOn"] = json!(["nowhere"]);
    assert_eq!(read(&dangling), ["the document refers to `nowhere`, which is not listed"]);
    let loose = |d: &mut Value| d["dependencies"][0]["ref"] = json!("nowhere");
    assert_eq!(read(&loose).len(), 1);
    let linked = |d: &mut Value| d["dependencies"][0]["dependsOn"] = json!(["urn:cdx:x/1#y"]);
    assert_eq!(read(&linked), Vec::<String>::new(), "another document has it");
    let repeated = |d: &mut Value| {
        let entry = d["dependencies"][0].clone();
        d["dependencies"].as_array_mut().unwrap().push(entry);
    };
    assert_eq!(read(&repeated), ["`app` has two entries in `dependencies`"]);
    let hash = |d: &mut Value| {
        d["components"][0]["components"][0]["hashes"][0]["content"] = json!("zz");
    };
    assert_eq!(read(&hash), ["component `w` has a malformed digest"]);
    let workflow = |d: &mut Value| {
        let workflow = json!({"bom-ref": "net", "uid": "w", "taskTypes": ["build"]});
        d["formulation"] = json!([{"workflows": [workflow]}]);
    };
    assert_eq!(read(&workflow), ["a workflow and another thing have the reference `net`"]);
    let part = |d: &mut Value| {
        d["compositions"] = json!([{"aggregate": "complete", "assemblies": ["gone"]}]);
    };
    assert_eq!(read(&part).len(), 1);
}

#[test]
fn odd_values_are_kept_whatever_they_are() {
    let odd = [json!(null), json!(""), json!(1), json!([]), json!({}), json!([1, "x"]), json!("x")];
    let places = [
        "/metadata/timestamp",
        "/metadata/tools",
        "/metadata/authors",
        "/metadata/properties",
        "/components/0/type",
        "/components/0/name",
        "/components/0/bom-ref",
        "/components/0/purl",
        "/components/0/licenses",
        "/components/0/properties",
        "/components/0/modelCard",
        "/components/0/pedigree",
        "/components/0/hashes",
        "/components/0/data",
        "/components/0/mime-type",
        "/components/0/components",
        "/components/0/version",
        "/dependencies",
        "/compositions",
        "/formulation",
        "/services",
        "/citations",
        "/serialNumber",
        "/version",
        "/externalReferences",
        "/$schema",
    ];
    for place in places {
        for value in &odd {
            let mut document = foreign();
            let (owner, key) = place.rsplit_once('/').unwrap();
            document.pointer_mut(owner).unwrap()[key] = value.clone();
            let again = encode(CycloneDx::V1_6, &decode(&document));
            assert_eq!(sorted(&again), sorted(&document), "{place} {value}");
        }
    }
}

#[test]
fn properties_that_look_like_ours_and_are_not_are_kept() {
    let ours = |name: &str, value: &str| json!({"name": format!("sealkit:{name}"), "value": value});
    let all = json!([
        ours("kind", "nonsense"), ours("kind", "model"), ours("size", "-1"), ours("path", ""),
        ours("parameters", "many"), ours("relation", "{}"), ours("property", "[1]"),
        ours("description:evidence", "none"), ours("task:type", "uint"), ours("", "x"),
        ours("Licence", "x"), ours("rows:", "1"), ours("hash:evidence", "{}"), ours("purl", "x"),
        {"name": "", "value": "x"}, {"name": "x", "value": ""}, {"value": "x"}, "x", null,
    ]);
    for place in ["/metadata", "/components/0", "/components/1"] {
        let mut document = foreign();
        document.pointer_mut(place).unwrap()["properties"] = all.clone();
        let again = encode(CycloneDx::V1_6, &decode(&document));
        assert_eq!(sorted(&again), sorted(&document), "{place}");
    }
}

#[test]
fn services_and_components_are_not_taken_for_each_other() {
    let mut document = foreign();
    let kind =
        json!([{"name": "sealkit:kind", "value": "model"}, {"name": "sealkit:purl", "value": "x"}]);
    document["services"][0]["properties"] = kind;
    document["services"][0]["purl"] = json!("pkg:generic/x");
    document["services"][0]["services"] = json!([{"name": "inner"}]);
    document["components"][2]["services"] = json!([{"name": "stray"}]);
    let word = json!([{"name": "sealkit:component-type", "value": "service"}]);
    document["components"][2]["properties"] = word.clone();
    document["metadata"]["component"]["properties"] = word;
    let bom = decode(&document);
    assert_eq!(sorted(&encode(CycloneDx::V1_6, &bom)), sorted(&document));
    assert!(bom.components.iter().any(|c| c.name == "inner" && c.kind == Kind::Other));
}

#[test]
fn invalid_documents_of_the_corpus_are_read_without_loss_too() {
    for version in BOTH {
        let Some(corpus) = corpus(version) else { return };
        for (name, bytes) in corpus.iter().filter(|(name, _)| name.starts_with("invalid-")) {
            let document: Value = serde_json::from_slice(bytes).unwrap();
            match version.decode(bytes) {
                Ok(bom) => assert_eq!(sorted(&encode(version, &bom)), sorted(&document), "{name}"),
                Err(error) => assert!(matches!(error, BomError::Format { .. }), "{name}: {error}"),
            }
        }
    }
}

#[test]
fn a_changed_document_of_ours_is_no_longer_one() {
    let bytes = CycloneDx::V1_6.encode(&sample::bom(), &options()).unwrap();
    let mut document: Value = serde_json::from_slice(&bytes).unwrap();
    let numbered = |bom: &Bom| bom.properties.iter().any(|c| c.name == name::SERIAL_NUMBER);
    assert!(!numbered(&decode(&document)));
    document["components"][0]["description"] = json!("other words");
    let changed = decode(&document);
    assert!(numbered(&changed));
    let model = changed.of_kind(Kind::Model).next().unwrap();
    assert_eq!(model.text(property::DESCRIPTION), Some("other words"));
    assert_eq!(sorted(&encode(CycloneDx::V1_6, &changed)), sorted(&document));
}

#[test]
fn a_native_value_that_contradicts_its_property_is_seen() {
    let mut document = encode(CycloneDx::V1_6, &sample::bom());
    document["components"][0]["licenses"][0]["license"]["id"] = json!("MIT");
    let bom = decode(&document);
    let licences = bom.components[0].of(property::LICENCE).filter_map(Property::as_text);
    assert!(licences.collect::<Vec<_>>().contains(&"MIT"));
}

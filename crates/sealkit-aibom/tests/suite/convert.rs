//! What is assembled is written in every format, and turned from one into another without loss.

use std::collections::BTreeSet;

use crate::assembling::any::any_project;
use crate::assembling::full;
use proptest::prelude::*;
use sealkit_aibom::schema::Validator;
use sealkit_aibom::{Bom, BomCodec, CODECS, CycloneDx, EncodeOptions, Property, Spdx3, diff, name};
use sealkit_inspect::{Value, property};
use serde_json::Value as Json;

fn options() -> [EncodeOptions; 2] {
    [crate::cdx::options(), EncodeOptions::default()]
}

/// The official judge of each format, in the order of the codecs.
fn judges() -> Option<Vec<Validator>> {
    let spdx = crate::cdx::testdata("spdx")?;
    let schema = std::fs::read(spdx.join("schema.json")).unwrap();
    let spdx = Validator::new(&[("schema.json".to_owned(), schema)].into(), "schema.json").unwrap();
    Some(vec![crate::cdx::judge(CycloneDx::V1_6)?, crate::cdx::judge(CycloneDx::V1_7)?, spdx])
}

/// Everything that has a name inside a document, and everything that refers to one.
fn names(value: &Json, defined: &mut Vec<String>, used: &mut BTreeSet<String>) {
    let text = |value: &Json| value.as_str().map(str::to_owned);
    match value {
        Json::Object(map) => {
            defined.extend(map.get("bom-ref").and_then(text));
            used.extend(map.get("ref").and_then(text));
            for key in ["dependsOn", "provides", "assemblies", "dependencies", "subjects"] {
                let list = map.get(key).and_then(Json::as_array).into_iter().flatten();
                used.extend(list.filter_map(text));
            }
            map.values().for_each(|value| names(value, defined, used));
        }
        Json::Array(list) => list.iter().for_each(|value| names(value, defined, used)),
        _ => {}
    }
}

fn resolves(document: &Json) {
    let (mut defined, mut used) = (Vec::new(), BTreeSet::new());
    names(document, &mut defined, &mut used);
    let known: BTreeSet<String> = defined.iter().cloned().collect();
    assert_eq!(known.len(), defined.len(), "a `bom-ref` stands twice");
    let loose: Vec<_> = used.difference(&known).collect();
    assert!(loose.is_empty(), "{loose:?} refer to nothing");
}

/// What a document says of its own making is not what it says of the kit.
fn without_making(mut bom: Bom) -> Bom {
    bom.properties.retain(|p| ![name::TOOL, property::CREATED].contains(&p.name.as_str()));
    bom
}

fn comes_back(bom: &Bom, judges: Option<&[Validator]>) {
    for (at, codec) in CODECS.iter().enumerate() {
        for options in options() {
            let bytes = codec.encode(bom, &options).unwrap();
            assert!(codec.encode(bom, &options).unwrap() == bytes, "{}", codec.name());
            let read = codec.decode(&bytes).unwrap();
            assert_eq!(without_making(read.clone()), *bom, "{}", codec.name());
            let again = codec.encode(&read, &EncodeOptions::default()).unwrap();
            assert!(again == bytes, "{}", codec.name());
            let document: Json = serde_json::from_slice(&bytes).unwrap();
            if let Some(judge) = judges.and_then(|judges| judges.get(at)) {
                assert_eq!(judge.errors(&document), Vec::<String>::new(), "{}", codec.name());
            }
            if document.get("bomFormat").is_some() {
                resolves(&document);
            }
        }
    }
}

/// From one format into another and back.
fn is_turned(bom: &Bom) {
    let cyclonedx: [&dyn BomCodec; 2] = [&CycloneDx::V1_6, &CycloneDx::V1_7];
    for other in cyclonedx {
        for (from, to) in [(other, &Spdx3 as &dyn BomCodec), (&Spdx3, other)] {
            let [options, none] = options();
            let first = from.encode(bom, &options).unwrap();
            let read = from.decode(&first).unwrap();
            let turned = to.decode(&to.encode(&read, &none).unwrap()).unwrap();
            assert_eq!(turned, read, "{} to {}", from.name(), to.name());
            let back = from.encode(&turned, &none).unwrap();
            assert!(back == first, "{} and back from {}", from.name(), to.name());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]

    #[test]
    fn whatever_files_say_the_documents_are_valid_and_come_back(project in any_project()) {
        thread_local! {
            static JUDGES: Option<Vec<Validator>> = judges();
        }
        let bom = project.bom();
        JUDGES.with(|judges| comes_back(&bom, judges.as_deref()));
    }

    #[test]
    fn whatever_files_say_it_is_turned_without_loss(project in any_project()) {
        is_turned(&project.bom());
    }

    #[test]
    fn any_aibom_is_turned_without_loss(bom in crate::cdx::any::bom()) {
        let cyclonedx = CycloneDx::V1_6;
        let bytes = cyclonedx.encode(&bom, &EncodeOptions::default()).unwrap();
        let read = cyclonedx.decode(&bytes).unwrap();
        let spdx = Spdx3.encode(&read, &EncodeOptions::default()).unwrap();
        let turned = Spdx3.decode(&spdx).unwrap();
        prop_assert_eq!(diff(&read, &turned), Vec::new());
        prop_assert_eq!(&turned, &read);
        let again = cyclonedx.encode(&turned, &EncodeOptions::default()).unwrap();
        prop_assert!(again == bytes);
    }
}

#[test]
fn a_whole_project_is_turned_without_loss() {
    for bom in [full().bom(), full().packed().bom()] {
        comes_back(&bom, judges().as_deref());
        is_turned(&bom);
    }
}

#[test]
fn a_number_that_is_none_stays_as_a_word() {
    for (number, word) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf"), (f64::NEG_INFINITY, "-inf")] {
        let mut project = full();
        project.says("model/config.json", "", |pen| {
            pen.declared("/x", property::CO2_GRAMS, Value::Float(number));
        });
        let bom = project.bom();
        let said = bom.of_kind(sealkit_aibom::Kind::Model).next().unwrap();
        assert_eq!(said.text(property::CO2_GRAMS), Some(word));
        comes_back(&bom, judges().as_deref());
    }
}

#[test]
fn a_time_that_spdx_cannot_write_stays() {
    for (time, framed) in [
        ("yesterday", "1970-01-01T00:00:00Z"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        ("2026-01-31T12:00:00.25Z", "2026-01-31T12:00:00Z"),
        ("2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00Z"),
        ("2026-02-30T12:00:00Z", "1970-01-01T00:00:00Z"),
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
    ] {
        let mut bom = full().bom();
        bom.properties.push(Property::text(property::CREATED, time, None));
        bom.normalise();
        let bytes = Spdx3.encode(&bom, &EncodeOptions::default()).unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(text.contains(&format!("\"created\": \"{framed}\"")), "{time}");
        assert_eq!(Spdx3.decode(&bytes).unwrap(), bom, "{time}");
        // A time that is given now stands for it.
        let bytes = Spdx3.encode(&bom, &crate::cdx::options()).unwrap();
        let created: Vec<_> = Spdx3
            .decode(&bytes)
            .unwrap()
            .properties
            .into_iter()
            .filter(|p| p.name == property::CREATED)
            .map(|p| p.value)
            .collect();
        assert_eq!(created, [Value::Text("2026-01-31T12:00:00Z".to_owned())], "{time}");
    }
}

#[test]
fn of_two_times_neither_is_lost_and_another_time_in_the_frame_is_noticed() {
    let mut bom = full().bom();
    for time in ["2026-01-31T12:00:00Z", "2026-02-01T12:00:00Z"] {
        bom.properties.push(Property::text(property::CREATED, time, None));
    }
    bom.normalise();
    let bytes = Spdx3.encode(&bom, &EncodeOptions::default()).unwrap();
    assert_eq!(Spdx3.decode(&bytes).unwrap(), bom);
    let text = String::from_utf8(bytes).unwrap();
    let frame = "\"created\": \"2026-01-31T12:00:00Z\"";
    assert_eq!(text.matches(frame).count(), 1);
    let other = text.replace(frame, "\"created\": \"2026-01-31T12:00:01Z\"");
    let read = Spdx3.decode(other.as_bytes()).unwrap();
    let problems: Vec<_> =
        read.properties.iter().filter(|p| p.name == name::READING_PROBLEM).collect();
    assert_eq!(problems.len(), 1, "{problems:?}");
}

/// The tools that a document names.
fn tools(bom: &Bom) -> Vec<String> {
    let tool = |property: &Property| match &property.value {
        Value::Package(tool) if property.name == name::TOOL => {
            Some(format!("{}|{}", tool.name, tool.version.as_deref().unwrap_or_default()))
        }
        _ => None,
    };
    bom.properties.iter().filter_map(tool).collect()
}

#[test]
fn who_wrote_a_document_is_said_in_every_format() {
    let acme = serde_json::json!({"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": {"tools": {"components": [{"type": "application", "name": "acme", "version": "3"}]},
            "component": {"type": "application", "name": "a", "bom-ref": "a"}}});
    let acme = CycloneDx::V1_6.decode(acme.to_string().as_bytes()).unwrap();
    let spdx = Spdx3.encode(&acme, &crate::cdx::options()).unwrap();
    let text = String::from_utf8(spdx.clone()).unwrap();
    assert_eq!(text.matches("\"type\": \"Tool\"").count(), 2, "{text}");
    let back = Spdx3.decode(&spdx).unwrap();
    assert_eq!(tools(&back).len(), 2);
    assert!(tools(&back).contains(&"acme|3".to_owned()), "{:?}", tools(&back));
    assert!(back.properties.iter().all(|p| p.name != name::READING_PROBLEM), "{back:?}");
}

#[test]
fn tools_of_others_are_read_from_spdx() {
    let old = serde_json::json!({"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "n",
        "creationInfo": {"created": "2026-01-02T03:04:05Z",
            "creators": ["Tool: acme-gen-3.1", "Organization: Acme", "Tool: by hand"]},
        "packages": [{"SPDXID": "SPDXRef-a", "name": "a"}]});
    let creation = |more: Json| {
        let mut all = serde_json::json!({"type": "CreationInfo", "@id": "_:c", "specVersion": "3.0.1",
            "created": "2026-01-02T03:04:05Z"});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let new = serde_json::json!({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [
        creation(serde_json::json!({"createdBy": ["https://e.org/p"],
            "createdUsing": ["https://e.org/t", "https://e.org/u"]})),
        {"type": "SoftwareAgent", "spdxId": "https://e.org/p", "creationInfo": "_:c", "name": "by hand"},
        {"type": "Tool", "spdxId": "https://e.org/t", "creationInfo": "_:c", "name": "acme-gen-3.1"},
        {"type": "Tool", "spdxId": "https://e.org/u", "creationInfo": "_:c", "name": "by hand"},
        {"type": "Tool", "spdxId": "https://e.org/v", "creationInfo": "_:c", "name": "not used"},
        {"type": "software_Package", "spdxId": "https://e.org/a", "creationInfo": "_:c", "name": "a"}]});
    for document in [old, new] {
        let read = Spdx3.decode(document.to_string().as_bytes()).unwrap();
        assert_eq!(tools(&read), ["acme-gen|3.1", "by hand|"], "{document}");
        let bytes = CycloneDx::V1_6.encode(&read, &EncodeOptions::default()).unwrap();
        assert_eq!(tools(&CycloneDx::V1_6.decode(&bytes).unwrap()), tools(&read));
    }
}

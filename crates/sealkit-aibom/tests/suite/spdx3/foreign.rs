//! Documents of others.

use sealkit_aibom::{BomCodec as _, BomError, EncodeOptions, Kind, RelationKind, Spdx3};
use sealkit_inspect::property;

use super::{elements, testdata};

#[test]
fn the_official_examples_load_and_survive() {
    let Some(dir) = testdata() else { return };
    let mut seen = 0;
    for entry in std::fs::read_dir(dir.join("examples")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let bom = Spdx3.decode(&bytes).unwrap();
        let again = Spdx3.encode(&bom, &EncodeOptions::default()).unwrap();
        assert_eq!(elements(&again), elements(&bytes), "{}", path.display());
        seen += 1;
    }
    assert_eq!(seen, 2);
}

#[test]
fn what_an_example_says_is_in_the_model() {
    let Some(dir) = testdata() else { return };
    let file = dir.join("examples/dataset-example01-spdx3.0-example01.spdx3.json");
    let bom = Spdx3.decode(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(bom.subject.kind, Kind::Dataset);
    assert_eq!(bom.subject.text(property::VERSION), Some("2024-04-15"));
    assert_eq!(bom.subject.uint(property::ROWS), Some(2689));
    assert_eq!(bom.subject.hashes.len(), 2);
    assert_eq!(bom.tied(&bom.subject.id, RelationKind::Contains).count(), 2);
    assert_eq!(bom.of_kind(Kind::File).count(), 2);
}

#[test]
fn a_change_to_a_foreign_document_is_written() {
    let Some(dir) = testdata() else { return };
    let file = dir.join("examples/dataset-example01-spdx3.0-example01.spdx3.json");
    let bytes = std::fs::read(file).unwrap();
    let mut bom = Spdx3.decode(&bytes).unwrap();
    for property in &mut bom.subject.properties {
        if property.name == property::VERSION {
            property.value = sealkit_inspect::Value::Text("2026".to_owned());
        }
    }
    let again = Spdx3.encode(&bom, &EncodeOptions::default()).unwrap();
    let (before, after) = (elements(&bytes), elements(&again));
    let changed: Vec<_> = after.iter().filter(|(id, e)| before.get(*id) != Some(*e)).collect();
    assert_eq!(changed.len(), 1);
    assert_eq!(changed[0].1["software_packageVersion"], "2026");
}

#[test]
fn what_is_no_document_is_refused_with_a_reason() {
    let decode = |text: &str| Spdx3.decode(text.as_bytes()).unwrap_err();
    assert!(matches!(decode("{}"), BomError::Format { .. }));
    assert!(matches!(decode("[]"), BomError::Shape { .. }));
    assert!(matches!(decode("{\"a\":1,\"a\":2}"), BomError::Shape { .. }));
    let context = "\"@context\":\"https://spdx.org/rdf/3.0.1/spdx-context.jsonld\"";
    assert!(matches!(decode(&format!("{{{context}}}")), BomError::Shape { .. }));
    assert!(matches!(decode(&format!("{{{context},\"@graph\":[7]}}")), BomError::Shape { .. }));
    assert!(matches!(decode(&format!("{{{context},\"@graph\":[]}}")), BomError::NoSubject));
    let twice = "{\"type\":\"software_Package\",\"spdxId\":\"urn:x\"}";
    let text = format!("{{{context},\"@graph\":[{twice},{twice}]}}");
    assert!(matches!(decode(&text), BomError::Duplicate { .. }));
    let array = "{\"@context\":[\"https://spdx.org/rdf/3.0.1/spdx-context.jsonld\"],\"@graph\":[]}";
    assert!(matches!(decode(array), BomError::Format { .. }));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(matches!(decode(&deep), BomError::Shape { .. }));
}

#[test]
fn no_cut_of_an_example_makes_it_panic() {
    let Some(dir) = testdata() else { return };
    let file = dir.join("examples/dataset-example01-spdx3.0-example01.spdx3.json");
    let bytes = std::fs::read(file).unwrap();
    for end in 0..bytes.len() {
        assert!(Spdx3.decode(&bytes[..end]).is_err() || bytes[end..].trim_ascii().is_empty());
    }
}

//! SPDX 2.3 documents of others.

use sealkit_aibom::{BomCodec as _, BomError, Kind, RelationKind, Spdx3, name};
use sealkit_inspect::{Value, property};

const DOCUMENT: &str = r#"{
  "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "x", "dataLicense": "CC0-1.0",
  "documentNamespace": "https://example.org/x",
  "creationInfo": { "created": "2026-01-01T00:00:00Z",
    "creators": ["Tool: t-1", "Organization: Grain Lab (lab@example.org)", "Person: Ada"] },
  "documentDescribes": ["SPDXRef-app"],
  "packages": [
    { "SPDXID": "SPDXRef-app", "name": "app", "versionInfo": "1.0", "downloadLocation": "NOASSERTION",
      "licenseDeclared": "MIT", "licenseConcluded": "NOASSERTION", "supplier": "Organization: Grain Lab" },
    { "SPDXID": "SPDXRef-m", "name": "org/base", "downloadLocation": "https://example.org/m",
      "externalRefs": [{ "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
        "referenceLocator": "pkg:huggingface/org/base@abc" }] },
    { "SPDXID": "SPDXRef-n", "name": "numpy", "primaryPackagePurpose": "LIBRARY",
      "downloadLocation": "NONE", "x-extra": 1,
      "checksums": [{ "algorithm": "SHA256", "checksumValue": "%SHA%" }, { "algorithm": "SHA224", "checksumValue": "00" }] }
  ],
  "files": [{ "SPDXID": "SPDXRef-f", "fileName": "./a.bin", "checksums": [{ "algorithm": "SHA1", "checksumValue": "%SHA1%" }] }],
  "relationships": [
    { "spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-app" },
    { "spdxElementId": "SPDXRef-app", "relationshipType": "CONTAINS", "relatedSpdxElement": "SPDXRef-f" },
    { "spdxElementId": "SPDXRef-n", "relationshipType": "DEPENDENCY_OF", "relatedSpdxElement": "SPDXRef-app" },
    { "spdxElementId": "SPDXRef-app", "relationshipType": "DESCENDANT_OF", "relatedSpdxElement": "SPDXRef-m" },
    { "spdxElementId": "SPDXRef-app", "relationshipType": "OTHER", "relatedSpdxElement": "SPDXRef-gone" }
  ]
}"#;

fn document() -> String {
    DOCUMENT.replace("%SHA%", &"a".repeat(64)).replace("%SHA1%", &"b".repeat(40))
}

#[test]
fn packages_files_and_ties_are_read() {
    let bom = Spdx3.decode(document().as_bytes()).unwrap();
    assert_eq!(bom.subject.name, "app");
    assert_eq!(bom.subject.text(property::VERSION), Some("1.0"));
    assert_eq!(bom.subject.text(property::LICENCE), Some("MIT"));
    assert_eq!(bom.subject.of(property::LICENCE).count(), 1, "NOASSERTION says nothing");
    let supplier = bom.subject.first(name::SUPPLIER).unwrap();
    assert!(matches!(&supplier.value, Value::Party(p) if p.organisation && p.name == "Grain Lab"));
    let numpy = bom.of_kind(Kind::Library).next().unwrap();
    assert_eq!(numpy.hashes.len(), 1);
    assert_eq!(numpy.residue.as_ref().unwrap().fields["x-extra"], 1);
    let file = bom.of_kind(Kind::File).next().unwrap();
    assert_eq!(file.path.as_deref(), Some("a.bin"));
    let subject = &bom.subject.id;
    let base = bom.tied(subject, RelationKind::DerivedFrom).next().unwrap();
    assert_eq!(bom.component(base).unwrap().purl.as_deref(), Some("pkg:huggingface/org/base@abc"));
    assert_eq!(bom.tied(subject, RelationKind::DependsOn).count(), 1);
    assert_eq!(bom.tied(subject, RelationKind::Contains).count(), 1);
    let authors: Vec<_> = bom.properties.iter().filter(|p| p.name == name::BOM_AUTHOR).collect();
    assert_eq!(authors.len(), 2, "a tool is nobody");
}

#[test]
fn what_is_wrong_is_said() {
    let other = document().replace("SPDX-2.3", "SPDX-1.0");
    assert!(matches!(Spdx3.decode(other.as_bytes()), Err(BomError::Version { .. })));
    let twice = document().replace("SPDXRef-m\"", "SPDXRef-n\"");
    assert!(matches!(Spdx3.decode(twice.as_bytes()), Err(BomError::Duplicate { .. })));
    let none = "{\"spdxVersion\":\"SPDX-2.3\"}";
    assert!(matches!(Spdx3.decode(none.as_bytes()), Err(BomError::NoSubject)));
    let text = document();
    for end in (0..text.len()).step_by(7) {
        assert!(Spdx3.decode(&text.as_bytes()[..end]).is_err());
    }
}

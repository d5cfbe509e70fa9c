//! Datasets as DataCite metadata describes them.

use crate::common::{format, look};
use sealkit_inspect::{Class, PartyInfo, Value, property};
use sealkit_report::Known;

/// As the DataCite metadata generator writes it.
const DATACITE: &str = r#"{
 "schemaVersion": "http://datacite.org/schema/kernel-4",
 "types": {"resourceType": "Table", "resourceTypeGeneral": "Dataset"},
 "identifiers": [{"identifier": "https://doi.org/10.5072/grain", "identifierType": "DOI"},
  {"identifier": "x1", "identifierType": "Other"}],
 "titles": [{"title": "Grain"}, {"title": "of wheat", "titleType": "Subtitle"}],
 "version": "2.1", "language": "en", "publicationYear": 2026, "url": "https://u:p@example.com/grain",
 "creators": [{"name": "Lovelace, Ada", "givenName": "Ada", "familyName": "Lovelace", "nameType": "Personal",
   "nameIdentifiers": [{"nameIdentifier": "https://orcid.org/0000-0001", "nameIdentifierScheme": "ORCID"}]},
  {"name": "Lab", "nameType": "Organizational"}, {"nameType": "Personal"}],
 "contributors": [{"name": "Grace", "contributorType": "DataCollector"}],
 "publisher": {"name": "Archive"},
 "subjects": [{"subject": "wheat"}, {"subject": "images"}],
 "dates": [{"date": "2026-02-03", "dateType": "Issued"}, {"date": "2025-01-01", "dateType": "Created"},
  {"date": "2020", "dateType": "Collected"}],
 "rightsList": [{"rights": "Creative Commons Attribution 4.0", "rightsIdentifier": "cc-by-4.0",
   "rightsUri": "https://creativecommons.org/licenses/by/4.0/legalcode"}, {"rights": "ask first"}],
 "descriptions": [{"description": "Pictures of grain.", "descriptionType": "Abstract"},
  {"description": "A camera.", "descriptionType": "Methods"}],
 "relatedIdentifiers": [
  {"relatedIdentifier": "10.5072/field", "relatedIdentifierType": "DOI", "relationType": "IsDerivedFrom"},
  {"relatedIdentifier": "https://example.com/paper", "relatedIdentifierType": "URL", "relationType": "IsDescribedBy"},
  {"relatedIdentifier": "978-3", "relatedIdentifierType": "ISBN", "relationType": "IsDerivedFrom"}]
}"#;

#[test]
fn datacite_says_what_the_dataset_is() {
    let (class, facts) = look("metadata.json", DATACITE.as_bytes());
    assert_eq!((class, facts.text(property::FORMAT)), (Class::Dataset, Some("datacite-dataset")));
    assert_eq!(facts.findings, []);
    for (name, values) in [
        (property::NAME, &["Grain"][..]),
        (property::VERSION, &["2.1"]),
        (property::DESCRIPTION, &["Pictures of grain."]),
        (property::DOI, &["https://doi.org/10.5072/grain"]),
        (property::CREATED, &["2025-01-01"]),
        (property::RELEASED, &["2026-02-03"]),
        (property::TAG, &["wheat", "images"]),
        (property::LANGUAGE, &["en"]),
        (property::LICENCE, &["cc-by-4.0", "ask first"]),
        (property::SOURCE_DATASET, &["10.5072/field"]),
    ] {
        assert_eq!(facts.list(name), values, "{name}");
    }
    let declared = facts.facts.iter().filter(|fact| fact.property != property::FORMAT);
    assert!(declared.clone().all(|fact| fact.evidence.known == Known::Declared));
    let place = |value: &str| declared.clone().find(|f| f.value.to_string() == value).unwrap();
    assert_eq!(place("cc-by-4.0").evidence.place, "/rightsList/0/rightsIdentifier");
    let parties: Vec<&PartyInfo> = facts
        .of(property::PARTY)
        .filter_map(|fact| if let Value::Party(party) = &fact.value { Some(party) } else { None })
        .collect();
    let named: Vec<_> =
        parties.iter().map(|p| (p.name.as_str(), p.role.as_deref(), p.organisation)).collect();
    let wanted = [
        ("Ada Lovelace", Some("author"), false),
        ("Lab", Some("author"), true),
        ("Grace", Some("datacollector"), false),
        ("Archive", Some("publisher"), true),
    ];
    assert_eq!(named, wanted);
    assert_eq!(parties[0].url.as_deref(), Some("https://orcid.org/0000-0001"));
    let links: Vec<String> = facts.of(property::LINK).map(|fact| fact.value.to_string()).collect();
    assert_eq!(links.len(), 3, "{links:?}");
    // What was read may not pass on a password.
    assert!(!format!("{facts:?}").contains("u:p@"));
}

#[test]
fn other_forms_of_datacite_say_the_same() {
    let wrapped = format!(r#"{{"data": {{"id": "x", "attributes": {DATACITE}}}}}"#);
    let (_, facts) = look("datacite.json", wrapped.as_bytes());
    assert_eq!(facts.text(property::NAME), Some("Grain"));
    assert_eq!(
        facts.of(property::NAME).next().unwrap().evidence.place,
        "/data/attributes/titles/0/title"
    );
    let yaml = "authors:\n- firstname: Ada\n  lastname: Lovelace\ntitle: Grain\n\
                description: Pictures.\nkeywords: [a, b]\nlicense: {name: CC0, url: 'https://x.example'}\n";
    let (_, facts) = look("datacite.yml", yaml.as_bytes());
    assert_eq!(facts.text(property::FORMAT), Some("datacite-dataset"));
    assert_eq!(facts.list(property::LICENCE), ["CC0"]);
    assert_eq!(facts.list(property::TAG), ["a", "b"]);
    assert_eq!(facts.of(property::PARTY).count(), 1);
}

#[test]
fn a_record_of_something_else_is_no_dataset() {
    for kind in ["Software", "Model", "JournalArticle"] {
        let text = DATACITE.replace("\"Dataset\"", &format!("\"{kind}\""));
        assert_eq!(format("datacite.json", text.as_bytes()), "json", "{kind}");
    }
    assert_eq!(
        format("x.json", DATACITE.replace("datacite.org", "example.org").as_bytes()),
        "json"
    );
    assert_eq!(format("datacite.yml", b"title: x\n"), "yaml");
    // Many records, one in a line, are rows.
    let line = DATACITE.replace('\n', " ");
    let lines = format!("{line}\n{line}\n");
    assert_eq!(format("records.jsonl", lines.as_bytes()), "jsonl");
}

/// As Zenodo and Dataverse export it.
const XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<resource xmlns="http://datacite.org/schema/kernel-4" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <identifier identifierType="DOI">10.5072/grain</identifier>
 <creators>
  <creator><creatorName nameType="Personal">Lovelace, Ada</creatorName><givenName>Ada</givenName>
   <familyName>Lovelace</familyName>
   <nameIdentifier nameIdentifierScheme="ORCID" schemeURI="https://orcid.org">0000-0001</nameIdentifier>
   <affiliation>Mill &amp; Co</affiliation></creator>
  <creator><creatorName nameType="Organizational">Lab</creatorName></creator>
 </creators>
 <titles><title xml:lang="en">Grain</title><title titleType="Subtitle">of wheat</title></titles>
 <publisher>Archive</publisher><publicationYear>2026</publicationYear>
 <resourceType resourceTypeGeneral="Dataset">Table</resourceType>
 <subjects><subject>wheat</subject></subjects>
 <contributors><contributor contributorType="DataCollector"><contributorName>Grace</contributorName></contributor></contributors>
 <dates><date dateType="Issued">2026-02-03</date></dates>
 <language>en</language><version>2.1</version>
 <rightsList><rights rightsURI="https://creativecommons.org/licenses/by/4.0/legalcode" rightsIdentifier="cc-by-4.0">Creative Commons</rights></rightsList>
 <descriptions><description descriptionType="Abstract">Pictures of <![CDATA[<grain>]]>.</description></descriptions>
 <relatedIdentifiers><relatedIdentifier relatedIdentifierType="DOI" relationType="IsDerivedFrom">10.5072/field</relatedIdentifier></relatedIdentifiers>
</resource>"#;

fn parties(facts: &sealkit_inspect::Facts) -> Vec<(String, Option<String>, bool)> {
    let all = facts.of(property::PARTY).filter_map(|fact| match &fact.value {
        Value::Party(party) => Some((party.name.clone(), party.role.clone(), party.organisation)),
        _ => None,
    });
    all.collect()
}

#[test]
fn the_xml_form_says_the_same() {
    let (class, facts) = look("export/metadata.xml", XML.as_bytes());
    assert_eq!((class, facts.text(property::FORMAT)), (Class::Dataset, Some("datacite-dataset")));
    assert_eq!(facts.findings, []);
    for (name, values) in [
        (property::NAME, &["Grain"][..]),
        (property::VERSION, &["2.1"]),
        (property::DESCRIPTION, &["Pictures of <grain>."]),
        (property::DOI, &["10.5072/grain"]),
        (property::RELEASED, &["2026-02-03"]),
        (property::TAG, &["wheat"]),
        (property::LANGUAGE, &["en"]),
        (property::LICENCE, &["cc-by-4.0"]),
        (property::SOURCE_DATASET, &["10.5072/field"]),
    ] {
        assert_eq!(facts.list(name), values, "{name}");
    }
    let party = |name: &str, role: &str, is: bool| (name.to_owned(), Some(role.to_owned()), is);
    let expected = [
        party("Ada Lovelace", "author", false),
        party("Lab", "author", true),
        party("Grace", "datacollector", false),
        party("Archive", "publisher", true),
    ];
    assert_eq!(parties(&facts), expected);
    let licence = facts.of(property::LICENCE).next().unwrap();
    assert_eq!(licence.evidence.place, "/resource/rightsList/0/rightsIdentifier");
}

#[test]
fn other_xml_and_records_of_other_things_are_none() {
    assert_eq!(format("metadata.xml", b"<resource xmlns='http://example.com'/>"), "xml");
    let software = XML.replace("\"Dataset\"", "\"Software\"");
    assert_eq!(format("metadata.xml", software.as_bytes()), "xml");
    // What is broken says so; nothing of it is expanded.
    let bomb = "<!DOCTYPE r [<!ENTITY a \"aaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]>\
                <resource xmlns=\"http://datacite.org/schema/kernel-4\"><version>&b;</version></resource>";
    for text in [bomb, &XML[..XML.len() - 20], &XML.replace("</dates>", "</date>")] {
        let (_, facts) = look("datacite.xml", text.as_bytes());
        assert!(facts.incomplete);
        assert_eq!(facts.findings[0].rule, "not-inspected");
    }
}

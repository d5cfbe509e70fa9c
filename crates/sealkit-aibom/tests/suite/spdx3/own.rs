//! Documents of ours.

use proptest::prelude::*;
use sealkit_aibom::{
    Bom, BomCodec as _, Component, ComponentId, EncodeOptions, Kind, Property, Spdx3, codec, name,
};
use sealkit_inspect::property;
use serde_json::Value as Json;

use super::made::{any_bom, rich};
use super::{elements, validator};

fn options() -> EncodeOptions {
    EncodeOptions { timestamp: None, tool: Some(("sealkit".to_owned(), "1.0".to_owned())) }
}

fn of_type<'a>(all: &'a [Json], kind: &str) -> Vec<&'a Json> {
    all.iter().filter(|element| element["type"] == kind).collect()
}

#[test]
fn a_rich_aibom_is_valid_and_reads_back_equal() {
    let bom = rich();
    let bytes = Spdx3.encode(&bom, &options()).unwrap();
    assert_eq!(without_tool(Spdx3.decode(&bytes).unwrap()), bom);
    assert_eq!(Spdx3.encode(&bom, &options()).unwrap(), bytes, "not the same bytes again");
    let Some(validator) = validator() else { return };
    let document: Json = serde_json::from_slice(&bytes).unwrap();
    let errors: Vec<_> = validator.iter_errors(&document).map(|e| e.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn what_spdx_has_a_field_for_stands_there() {
    let bytes = Spdx3.encode(&rich(), &options()).unwrap();
    let all: Vec<Json> = elements(&bytes).into_values().collect();
    let named = |kind: &str, name: &str| {
        of_type(&all, kind).into_iter().find(|element| element["name"] == name).unwrap().clone()
    };
    let model = named("ai_AIPackage", "grain-classifier");
    assert_eq!(model["software_packageVersion"], "1.0");
    assert_eq!(model["ai_domain"], serde_json::json!(["tabular-classification"]));
    assert_eq!(model["ai_typeOfModel"], serde_json::json!(["mlp"]));
    assert_eq!(model["ai_limitation"], "only wheat");
    assert_eq!(model["ai_safetyRiskAssessment"], "low");
    assert_eq!(model["builtTime"], "2026-01-02T03:04:05Z");
    assert_eq!(model["ai_metric"][0]["key"], "accuracy grain test");
    let energy = &model["ai_energyConsumption"]["ai_trainingEnergyConsumption"][0];
    assert_eq!(energy["ai_energyQuantity"], "1.5", "SHACL wants text");
    let keys: Vec<_> =
        model["ai_hyperparameter"].as_array().unwrap().iter().map(|e| &e["key"]).collect();
    assert_eq!(keys, ["batch_size", "parameters"]);
    let data = named("dataset_DatasetPackage", "train");
    assert_eq!(data["dataset_datasetSize"], 600);
    assert_eq!(data["dataset_datasetType"], serde_json::json!(["structured"]));
    assert_eq!(data["dataset_hasSensitivePersonalInformation"], "no");
    let outside = named("dataset_DatasetPackage", "s2orc");
    assert_eq!(outside["dataset_datasetType"], serde_json::json!(["noAssertion"]));
    let base = named("ai_AIPackage", "org/base");
    assert_eq!(base["software_packageUrl"], "pkg:huggingface/org/base");
    assert_eq!(of_type(&all, "build_Build").len(), 1);
    let creation = &of_type(&all, "CreationInfo")[0];
    assert_eq!(creation["created"], "1970-01-01T00:00:00Z");
    let author = of_type(&all, "Organization");
    assert_eq!(creation["createdBy"][0], author[0]["spdxId"]);
}

#[test]
fn ties_have_their_direction_and_completeness() {
    let bytes = Spdx3.encode(&rich(), &options()).unwrap();
    let all: Vec<Json> = elements(&bytes).into_values().collect();
    let id = |name: &str| all.iter().find(|e| e["name"] == name).unwrap()["spdxId"].clone();
    let find = |kind: &str, from: &Json| {
        let fits = |e: &&Json| e["relationshipType"] == kind && e["from"] == *from;
        all.iter().find(fits).cloned().unwrap_or(Json::Null)
    };
    let model = id("grain-classifier");
    assert_eq!(find("descendantOf", &model)["to"][0], id("org/base"));
    assert_eq!(find("trainedOn", &model)["to"].as_array().unwrap().len(), 2);
    assert_eq!(find("trainedOn", &model)["completeness"], "noAssertion");
    assert_eq!(find("contains", &id("grain"))["completeness"], "complete");
    assert_eq!(find("hasDocumentation", &model)["to"][0], id("model/weights.bin"));
    let scoped = find("dependsOn", &id("grain"));
    assert!(!scoped.is_null());
    for kind in ["hasDeclaredLicense", "hasConcludedLicense"] {
        for name in ["grain-classifier", "org/base", "train", "s2orc"] {
            let count =
                all.iter().filter(|e| e["relationshipType"] == kind && e["from"] == id(name));
            assert_eq!(count.count(), 1, "{kind} of {name}");
        }
    }
    let texts: Vec<_> = of_type(&all, "simplelicensing_LicenseExpression")
        .into_iter()
        .map(|e| e["simplelicensing_licenseExpression"].as_str().unwrap())
        .collect();
    assert!(texts.contains(&"LicenseRef-llama3.2"), "{texts:?}");
}

#[test]
fn a_field_that_was_changed_by_hand_is_noticed() {
    let bytes = Spdx3.encode(&rich(), &options()).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    for (from, to) in [
        ("\"software_packageVersion\": \"1.0\"", "\"software_packageVersion\": \"2.0\""),
        ("\"ai_limitation\": \"only wheat\"", "\"ai_limitation\": \"none\""),
        (
            "\"simplelicensing_licenseExpression\": \"MIT\"",
            "\"simplelicensing_licenseExpression\": \"0BSD\"",
        ),
        ("\"relationshipType\": \"trainedOn\"", "\"relationshipType\": \"testedOn\""),
    ] {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        let changed = text.replace(from, to);
        let read = Spdx3.decode(changed.as_bytes()).unwrap();
        let problem = read.properties.iter().any(|p| p.name == name::READING_PROBLEM);
        assert!(problem, "{to} was not noticed");
    }
}

#[test]
fn a_time_is_written_as_spdx_demands() {
    let options =
        EncodeOptions { timestamp: Some("2026-03-04T05:06:07.8Z".to_owned()), tool: None };
    let bytes = Spdx3.encode(&rich(), &options).unwrap();
    assert!(String::from_utf8(bytes).unwrap().contains("\"created\": \"2026-03-04T05:06:07Z\""));
    let bad = EncodeOptions { timestamp: Some("now".to_owned()), tool: None };
    assert!(Spdx3.encode(&rich(), &bad).is_err());
}

/// With what a document was made is not what it says of the kit.
fn without_tool(mut bom: Bom) -> Bom {
    bom.properties.retain(|property| property.name != name::TOOL);
    bom
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_aibom_reads_back_equal(bom in any_bom()) {
        let bytes = Spdx3.encode(&bom, &options()).unwrap();
        let read = Spdx3.decode(&bytes).unwrap();
        prop_assert_eq!(without_tool(read), bom);
    }
}

#[test]
fn any_aibom_is_valid() {
    let Some(validator) = validator() else { return };
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(60));
    let result = runner.run(&any_bom(), |bom| {
        let bytes = Spdx3.encode(&bom, &options()).unwrap();
        let document: Json = serde_json::from_slice(&bytes).unwrap();
        let errors: Vec<_> = validator.iter_errors(&document).map(|e| e.to_string()).collect();
        prop_assert_eq!(errors, Vec::<String>::new());
        Ok(())
    });
    result.unwrap();
}

#[test]
fn when_a_document_was_made_stays_over_formats() {
    let cyclonedx = |version: &str| codec("cyclonedx-json", Some(version)).unwrap();
    let at = |time: &str| EncodeOptions { timestamp: Some(time.to_owned()), ..options() };
    let created = |bytes: &[u8]| {
        let all: Vec<Json> = elements(bytes).into_values().collect();
        of_type(&all, "CreationInfo")[0]["created"].as_str().unwrap().to_owned()
    };
    let none = EncodeOptions::default();
    // From SPDX to CycloneDX: the citations have that time too.
    let spdx = Spdx3.encode(&rich(), &at("2026-03-04T05:06:07Z")).unwrap();
    let bom = Spdx3.decode(&spdx).unwrap();
    assert!(
        !bom.properties.iter().any(|p| p.name == name::READING_PROBLEM),
        "{:?}",
        bom.properties
    );
    let written = cyclonedx("1.7").encode(&bom, &none).unwrap();
    let document: Json = serde_json::from_slice(&written).unwrap();
    assert_eq!(document["metadata"]["timestamp"], "2026-03-04T05:06:07Z");
    assert_eq!(document["citations"][0]["timestamp"], "2026-03-04T05:06:07Z");
    assert_eq!(created(&Spdx3.encode(&bom, &none).unwrap()), "2026-03-04T05:06:07Z");
    // And back; SPDX has times in UTC without fractions alone.
    let written = cyclonedx("1.6").encode(&rich(), &at("2026-03-04T05:06:07Z")).unwrap();
    let written = String::from_utf8(written).unwrap();
    for (time, wanted) in [
        ("2026-03-04T05:06:07Z", "2026-03-04T05:06:07Z"),
        ("2026-03-04T05:06:07.89+02:00", "2026-03-04T03:06:07Z"),
    ] {
        let written = written.replace("2026-03-04T05:06:07Z", time);
        let bom = cyclonedx("1.6").decode(written.as_bytes()).unwrap();
        assert_eq!(created(&Spdx3.encode(&bom, &none).unwrap()), wanted);
    }
    assert_eq!(created(&Spdx3.encode(&rich(), &none).unwrap()), "1970-01-01T00:00:00Z");
}

#[test]
fn an_expression_keeps_its_parentheses() {
    let written = |texts: &[&str]| {
        let mut bom = rich();
        let mut component = Component::new(ComponentId("library:x".into()), Kind::Library, "x");
        component.properties =
            texts.iter().map(|text| Property::text(property::LICENCE, *text, None)).collect();
        bom.components = vec![component];
        bom.relations.clear();
        bom.runs.clear();
        bom.compositions.clear();
        bom.subject.properties.clear();
        let bytes = Spdx3.encode(&bom, &options()).unwrap();
        let all: Vec<Json> = elements(&bytes).into_values().collect();
        let found = of_type(&all, "simplelicensing_LicenseExpression");
        let texts = found.iter().map(|e| e["simplelicensing_licenseExpression"].as_str().unwrap());
        texts.filter(|text| *text != "NOASSERTION").map(str::to_owned).collect::<Vec<_>>()
    };
    for text in [
        "(MIT OR Apache-2.0) AND BSD-3-Clause",
        "MIT AND (Apache-2.0 OR BSD-3-Clause)",
        "(MIT OR Apache-2.0)",
        "MIT OR Apache-2.0",
    ] {
        assert_eq!(written(&[text]), [text]);
    }
    let joined = written(&["MIT OR Apache-2.0", "BSD-3-Clause"]);
    assert_eq!(joined, ["(MIT OR Apache-2.0) AND BSD-3-Clause"]);
    assert_eq!(written(&["mit or apache-2.0"]), ["MIT OR Apache-2.0"]);
}

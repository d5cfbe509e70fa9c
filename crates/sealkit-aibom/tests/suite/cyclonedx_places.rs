//! Where things stand in a document that is made from a kit.

use crate::cdx::{BOTH, encode, judge, options, sample};
use sealkit_aibom::{
    Bom, BomCodec, BomError, Component, ComponentId, CycloneDx, EncodeOptions, Kind, Property,
    Relation, RelationKind, codec, name,
};
use sealkit_inspect::property;
use sealkit_report::Known;
use serde_json::{Value, json};

fn by_ref<'a>(document: &'a Value, reference: &str) -> &'a Value {
    let lists = [document.get("components"), document.pointer("/formulation/0/components")];
    let mut components = lists.into_iter().flatten().flat_map(|list| list.as_array().unwrap());
    components.find(|c| c["bom-ref"] == reference).unwrap()
}

fn property_of<'a>(owner: &'a Value, name: &str) -> Vec<&'a str> {
    let all = owner["properties"].as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().filter(|p| p["name"] == name).map(|p| p["value"].as_str().unwrap()).collect()
}

#[test]
fn the_root_says_what_it_is() {
    for (version, number) in [(CycloneDx::V1_6, "1.6"), (CycloneDx::V1_7, "1.7")] {
        let bytes = version.encode(&sample::bom(), &options()).unwrap();
        let document: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(document["specVersion"], number);
        let schema = format!("http://cyclonedx.org/schema/bom-{number}.schema.json");
        assert_eq!(document["$schema"], schema);
        let metadata = &document["metadata"];
        assert_eq!(metadata["timestamp"], "2026-01-31T12:00:00Z");
        assert_eq!(metadata["lifecycles"], json!([{"phase": "post-build"}]));
        let author = json!([{"name": "B. Maker", "email": "someone@example.org"}]);
        assert_eq!(metadata["authors"], author);
        assert_eq!(metadata["supplier"]["name"], "Example Org");
        assert_eq!(metadata["tools"]["components"][0]["name"], "sealkit");
        assert_eq!(metadata["component"]["type"], "application");
        let keys: Vec<&String> = document.as_object().unwrap().keys().collect();
        assert_eq!(keys[..5], ["$schema", "bomFormat", "specVersion", "serialNumber", "version"]);
        assert!(document["components"][0]["modelCard"].is_object(), "the model is first");
    }
}

#[test]
fn everything_is_valid_and_comes_back() {
    for version in BOTH {
        let bom = sample::bom();
        let document = encode(version, &bom);
        assert_eq!(crate::cdx::decode(&document), bom);
        let Some(judge) = judge(version) else { continue };
        assert_eq!(judge.errors(&document), Vec::<String>::new());
    }
}

#[test]
fn the_model_has_its_card() {
    let document = encode(CycloneDx::V1_6, &sample::bom());
    let model = by_ref(&document, "model:1");
    assert_eq!(model["type"], "machine-learning-model");
    assert_eq!(model["version"], "1.2.0");
    let card = &model["modelCard"];
    let parameters = &card["modelParameters"];
    assert_eq!(parameters["task"], "sentence-similarity");
    assert_eq!(parameters["architectureFamily"], "bert");
    assert_eq!(parameters["modelArchitecture"], "BertModel");
    let inputs = json!([{"format": "input_ids: int64[batch, seq]"}]);
    assert_eq!(parameters["inputs"], inputs);
    assert_eq!(parameters["outputs"], json!([{"format": "logits"}]));
    assert_eq!(
        parameters["datasets"],
        json!([{"ref": "dataset:1"}, {"ref": "external-dataset:1"}])
    );
    let metric = json!([{"type": "accuracy", "value": "0.91", "slice": "pairs / test"}]);
    assert_eq!(card["quantitativeAnalysis"]["performanceMetrics"], metric);
    let considerations = &card["considerations"];
    assert_eq!(considerations["users"], json!(["researchers"]));
    assert_eq!(considerations["useCases"], json!(["search"]));
    let limits = json!(["English only", "Out of scope: medicine"]);
    assert_eq!(considerations["technicalLimitations"], limits);
    assert_eq!(considerations["ethicalConsiderations"], json!([{"name": "none known"}]));
    assert_eq!(considerations["fairnessAssessments"], json!([{"harms": "web text"}]));
    let energy = &considerations["environmentalConsiderations"];
    assert_eq!(energy.get("energyConsumptions"), None, "half of one is none");
    assert_eq!(property_of(energy, "sealkit:co2-grams"), ["12.5"]);
    assert_eq!(property_of(card, "sealkit:parameters"), ["22713216"]);
    assert_eq!(property_of(card, "sealkit:parameters-of-type:F32"), ["22713216"]);
    assert_eq!(property_of(card, "sealkit:hyperparameter:learning_rate"), ["2e-5"]);
}

#[test]
fn licences_have_an_identifier_only_where_spdx_has_it() {
    let document = encode(CycloneDx::V1_6, &sample::bom());
    let model = by_ref(&document, "model:1");
    let licence = |word: &str| json!({"license": {"id": "Apache-2.0", "acknowledgement": word}});
    assert_eq!(model["licenses"], json!([licence("declared"), licence("concluded")]));
    assert_eq!(property_of(model, "sealkit:licence").len(), 2, "one is not written like that");
    for (text, version, expected) in [
        ("llama3.2", CycloneDx::V1_6, json!([{"license": {"name": "llama3.2"}}])),
        ("other", CycloneDx::V1_7, json!([{"license": {"name": "other"}}])),
        ("Bugroff", CycloneDx::V1_7, json!([{"license": {"name": "Bugroff"}}])),
        ("MIT OR Apache-2.0", CycloneDx::V1_6, json!([{"expression": "MIT OR Apache-2.0"}])),
    ] {
        let mut bom = sample::bom();
        bom.subject.properties = vec![Property::text(property::LICENCE, text, None)];
        let document = encode(version, &bom);
        assert_eq!(document["metadata"]["component"]["licenses"], expected);
    }
    // 1.6 takes no mix of expressions and licences; 1.7 does.
    let mut bom = sample::bom();
    bom.subject.properties = ["MIT OR Apache-2.0", "MIT"]
        .map(|text| Property::text(property::LICENCE, text, None))
        .to_vec();
    let kit = |version| encode(version, &bom)["metadata"]["component"]["licenses"].clone();
    assert!(kit(CycloneDx::V1_6).as_array().unwrap().iter().all(|l| l["license"].is_object()));
    assert!(kit(CycloneDx::V1_7).as_array().unwrap().iter().any(|l| l["expression"].is_string()));
}

#[test]
fn no_spdx_identifier_is_written_that_the_schema_does_not_list() {
    let Some(schemas) = crate::cdx::schemas() else { return };
    let schema: Value = serde_json::from_slice(&schemas["spdx.schema.json"]).unwrap();
    let listed = schema["enum"].as_array().unwrap();
    for licence in spdx::identifiers::LICENSES {
        let mut bom = Bom::new(sample::bom().subject);
        bom.subject.properties = vec![Property::text(property::LICENCE, licence.name, None)];
        let document = encode(CycloneDx::V1_7, &bom);
        let written = &document["metadata"]["component"]["licenses"][0]["license"];
        let key = if listed.iter().any(|id| id == licence.name) { "id" } else { "name" };
        assert_eq!(written[key], licence.name);
    }
}

#[test]
fn lineage_stands_in_pedigree_dependencies_and_a_tie_in_full() {
    let document = encode(CycloneDx::V1_6, &sample::bom());
    let model = by_ref(&document, "model:1");
    let ancestor = &model["pedigree"]["ancestors"][0];
    let base = by_ref(&document, "base-model:1");
    assert_eq!(ancestor["purl"], "pkg:huggingface/nreimers/MiniLM-L6");
    assert_eq!((&ancestor["purl"], &ancestor["name"]), (&base["purl"], &base["name"]));
    assert_eq!(ancestor.get("bom-ref"), None);
    assert_eq!(model["pedigree"]["notes"], "adapter of nreimers/MiniLM-L6");
    let commit = "0123456789abcdef0123456789abcdef01234567";
    assert_eq!(model["pedigree"]["commits"], json!([{"uid": commit}]));
    let dependencies = document["dependencies"].as_array().unwrap();
    assert_eq!(dependencies.len(), 8, "one for every component");
    let of = |id: &str| {
        let found = dependencies.iter().find(|d| d["ref"] == id).unwrap();
        found.get("dependsOn").cloned().unwrap_or_default()
    };
    let all = json!(["base-model:1", "dataset:1", "external-dataset:1", "file:2"]);
    assert_eq!(of("model:1"), all);
    assert_eq!(of("file:1"), Value::Null, "a card does not need its model");
    let full = property_of(model, "sealkit:relation");
    let derived = r#"{"kind":"derived-from","to":"base-model:1","role":"adapter","evidence":{"known":"declared","file":"README.md","place":"/base_model"}}"#;
    let tested = r#"{"kind":"evaluated-on","to":"dataset:1","role":"test"}"#;
    assert_eq!(full, [derived, tested], "what dependencies tell by themselves is not repeated");
}

#[test]
fn what_is_loaded_beside_the_kit_is_external_in_1_7() {
    let of =
        |version, id: &str| by_ref(&encode(version, &sample::bom()), id).get("isExternal").cloned();
    assert_eq!(of(CycloneDx::V1_7, "base-model:1"), Some(json!(true)));
    assert_eq!(of(CycloneDx::V1_7, "external-dataset:1"), None);
    assert_eq!(of(CycloneDx::V1_6, "base-model:1"), None);
}

#[test]
fn packages_and_data_have_their_places() {
    let document = encode(CycloneDx::V1_6, &sample::bom());
    let library = by_ref(&document, "library:1");
    assert_eq!(library["scope"], "excluded");
    assert_eq!(
        library["evidence"]["occurrences"],
        json!([{"location": "requirements.txt", "line": 3}])
    );
    let identity = library["evidence"]["identity"].as_array().unwrap();
    let fields: Vec<&Value> = identity.iter().map(|i| &i["field"]).collect();
    assert_eq!(fields, ["purl", "version"]);
    assert_eq!(identity[0]["methods"][0]["technique"], "manifest-analysis");
    let data = by_ref(&document, "dataset:1");
    assert_eq!(data["type"], "data");
    assert_eq!(data["version"], "sha256:00", "the data version, as nobody declares one");
    assert_eq!(data["data"][0]["type"], "dataset");
    assert_eq!(data["data"][0]["sensitiveData"], json!(["none"]));
    let contents = &data["data"][0]["contents"];
    assert_eq!(property_of(contents, "sealkit:rows"), ["1000"]);
    assert_eq!(property_of(contents, "sealkit:rows-of-split:train"), ["900"]);
    let file = by_ref(&document, "file:1");
    assert_eq!(file["hashes"][0]["alg"], "SHA-256");
    assert_eq!(file["mime-type"], "application/json");
    assert_eq!(property_of(file, "sealkit:size"), ["7"]);
    assert_eq!(property_of(file, "sealkit:kind"), Vec::<&str>::new(), "its type says it");
}

#[test]
fn runs_become_workflows() {
    let document = encode(CycloneDx::V1_7, &sample::bom());
    let workflow = &document["formulation"][0]["workflows"][0];
    assert_eq!(workflow["taskTypes"], json!(["build"]));
    assert_eq!(workflow["timeStart"], "2026-01-01T00:00:00Z");
    assert_eq!(workflow["steps"], json!([{"commands": [{"executed": "python train.py"}]}]));
    let inputs = json!([
        {"resource": {"ref": "base-model:1"}},
        {"resource": {"ref": "dataset:1"}},
        {"parameters": [{"name": "lr", "value": "2e-5"}]},
    ]);
    assert_eq!(workflow["inputs"], inputs);
    let outputs = json!([{"type": "artifact", "resource": {"ref": "model:1"}}]);
    assert_eq!(workflow["outputs"], outputs);
    assert_eq!(property_of(workflow, "sealkit:activity"), ["fine-tuning"]);
}

#[test]
fn citations_point_at_what_they_are_about() {
    let bytes = CycloneDx::V1_7.encode(&sample::bom(), &options()).unwrap();
    let document: Value = serde_json::from_slice(&bytes).unwrap();
    let citations = document["citations"].as_array().unwrap();
    let tool = &document["metadata"]["tools"]["components"][0]["bom-ref"];
    let mut cited = Vec::new();
    for citation in citations {
        let by = &citation["attributedTo"];
        let is_file = ["file:1", "file:2"].iter().any(|file| by == file);
        assert!(is_file || by == tool, "{citation}");
        for pointer in citation["pointers"].as_array().unwrap() {
            let there = document.pointer(pointer.as_str().unwrap());
            cited.push((there.unwrap().clone(), by.clone(), citation["note"].clone()));
        }
    }
    let task = (json!("sentence-similarity"), json!("file:1"), json!("declared /pipeline_tag"));
    assert!(cited.contains(&task));
    let architecture = (json!("bert"), tool.clone(), json!("declared config.json /model_type"));
    assert!(cited.contains(&architecture), "no file of the document says so");
    let without = encode(CycloneDx::V1_7, &sample::bom());
    assert_eq!(without["citations"][0]["timestamp"], "1970-01-01T00:00:00Z");
    assert_eq!(encode(CycloneDx::V1_6, &sample::bom()).get("citations"), None);
}

#[test]
fn every_native_value_says_how_it_is_known() {
    let bom = sample::bom();
    let document = encode(CycloneDx::V1_6, &bom);
    let model = by_ref(&document, "model:1");
    let evidence = property_of(model, "sealkit:task:evidence");
    let expected = r#"{"known":"declared","file":"README.md","place":"/pipeline_tag"}"#;
    assert_eq!(evidence, [expected]);
    let back = crate::cdx::decode(&document);
    let task = back.of_kind(Kind::Model).next().unwrap().first(property::TASK).unwrap();
    assert_eq!((task.known(), task.as_text()), (Known::Declared, Some("sentence-similarity")));
}

#[test]
fn fields_that_readers_look_for_repeat_claims_and_are_none() {
    let document = encode(CycloneDx::V1_6, &sample::bom());
    let model = by_ref(&document, "model:1");
    assert_eq!(property_of(model, "spdx:typeOfModel"), ["bert"]);
    assert_eq!(property_of(model, "spdx:hyperparameter"), ["learning_rate=2e-5"]);
    let mut changed = document.clone();
    for property in changed["components"][0]["properties"].as_array_mut().unwrap() {
        if property["name"] == "spdx:typeOfModel" {
            property["value"] = json!("llama");
        }
    }
    let back = crate::cdx::decode(&changed);
    let claims = &back.components[0].properties;
    let said = claims.iter().find(|c| c.name == "metadata:spdx:typeOfModel").unwrap();
    assert_eq!(said.as_text(), Some("llama"), "what does not repeat is kept");
    assert_eq!(claims.iter().filter(|c| c.name.starts_with("metadata:")).count(), 1);
}

#[test]
fn order_of_input_does_not_matter_and_content_does() {
    let serial = |bom: &Bom| encode(CycloneDx::V1_6, bom)["serialNumber"].clone();
    let mut turned = sample::bom();
    turned.components.reverse();
    turned.relations.reverse();
    turned.compositions.reverse();
    let bytes = |bom: &Bom| CycloneDx::V1_7.encode(bom, &options()).unwrap();
    assert_eq!(bytes(&turned), bytes(&sample::bom()));
    let mut changed = sample::bom();
    changed.components[0].name.push('!');
    assert_ne!(serial(&changed), serial(&sample::bom()));
    assert!(bytes(&changed).ends_with(b"\n"));
}

#[test]
fn no_value_is_ever_empty() {
    fn look(value: &Value) {
        match value {
            Value::String(text) => assert!(!text.is_empty()),
            Value::Array(list) => list.iter().for_each(look),
            Value::Object(map) => map.values().for_each(look),
            _ => {}
        }
    }
    let mut bom = sample::bom();
    bom.components[0].name = String::new();
    for name in property::ALL.iter().chain(&[name::GROUP, name::SCOPE, name::SUPPLIER]) {
        bom.components[0].properties.push(Property::text(name, "", None));
    }
    bom.normalise();
    for version in BOTH {
        let document = encode(version, &bom);
        look(&document);
        assert_eq!(crate::cdx::decode(&document), bom);
    }
}

#[test]
fn names_must_be_there_and_differ() {
    let refused = |bom: &Bom| CycloneDx::V1_6.encode(bom, &EncodeOptions::default()).unwrap_err();
    let mut bom = sample::bom();
    bom.components[0].id = ComponentId(String::new());
    assert!(matches!(refused(&bom), BomError::Nameless));
    let mut bom = sample::bom();
    bom.runs[0].id = bom.subject.id.clone();
    assert!(matches!(refused(&bom), BomError::Duplicate { reference } if reference == "kit:1"));
    for time in ["", "today", "2026-02-30T00:00:00Z"] {
        let options = EncodeOptions { timestamp: Some(time.into()), tool: None };
        let error = CycloneDx::V1_6.encode(&sample::bom(), &options).unwrap_err();
        assert!(matches!(error, BomError::Timestamp { .. }), "{time}");
    }
}

#[test]
fn nesting_that_cannot_be_is_written_as_ties() {
    let mut bom = sample::bom();
    let nest = |from: &str, to: &str| {
        let (from, to) = (ComponentId(from.into()), ComponentId(to.into()));
        Relation::new(&from, RelationKind::Contains, &to).role(Some("assembly"))
    };
    bom.relations = vec![nest("model:1", "file:1"), nest("file:1", "model:1")];
    bom.relations.extend([nest("dataset:1", "file:1"), nest("model:1", "model:1")]);
    bom.normalise();
    for version in BOTH {
        let document = encode(version, &bom);
        assert_eq!(crate::cdx::decode(&document), bom);
    }
}

#[test]
fn deep_nesting_ends_where_readers_would() {
    let mut bom = Bom::new(sample::bom().subject);
    let id = |number: usize| ComponentId(format!("part:{number:03}"));
    for number in 0..100 {
        bom.components.push(Component::new(id(number), Kind::Code, "part"));
        let tie = Relation::new(&id(number), RelationKind::Contains, &id(number + 1));
        bom.relations.push(tie.role(Some("assembly")));
    }
    bom.relations.pop();
    bom.normalise();
    for version in BOTH {
        assert_eq!(crate::cdx::decode(&encode(version, &bom)), bom);
    }
}

#[test]
fn codecs_are_found_by_format_and_version() {
    let id = |id, version| codec(id, version).map(BomCodec::id);
    assert_eq!(id("cyclonedx-json", None), Some("cyclonedx-json"));
    assert_eq!(id("cyclonedx-json", Some("1.7")), Some("cyclonedx-json@1.7"));
    assert_eq!(id("cyclonedx-json@1.7", None), Some("cyclonedx-json@1.7"));
    assert_eq!(id("cyclonedx-json@1.6", None), Some("cyclonedx-json"));
    assert_eq!(id("cyclonedx-json@1.6", Some("1.7")), None);
    assert_eq!(id("cyclonedx-json", Some("1.5")), None);
    assert_eq!(id("cyclonedx", None), None);
}

//! Documents are valid by the official schema, read back, and hostile ones are refused.

#![expect(clippy::unwrap_used, reason = "a test that cannot read has failed")]

mod common;

use common::{Judge, corpus, empty_kit, full_kit};
use proptest::prelude::*;
use sealkit_aibom::{BomCodec, BomError, CycloneDx16, EncodeOptions, LicenceForm, licence_form};
use serde_json::{Value, json};

fn options() -> EncodeOptions {
    EncodeOptions {
        timestamp: Some("2026-01-31T12:00:00Z".into()),
        tool: Some(("sealkit".into(), "0.1.0".into())),
    }
}

fn document(kit: &common::Kit) -> Value {
    serde_json::from_slice(&CycloneDx16.encode(&kit.bom(), &options()).unwrap()).unwrap()
}

#[test]
fn documents_are_valid() {
    let Some(judge) = Judge::new() else { return };
    for kit in [full_kit(), empty_kit()] {
        for options in [EncodeOptions::default(), options()] {
            let bytes = CycloneDx16.encode(&kit.bom(), &options).unwrap();
            assert_eq!(judge.errors(&bytes), Vec::<String>::new());
        }
    }
}

#[test]
fn the_judge_refuses_what_is_wrong() {
    let Some(judge) = Judge::new() else { return };
    let mut wrong = document(&full_kit());
    wrong["components"][0]["type"] = json!("weights");
    assert!(!judge.errors(&serde_json::to_vec(&wrong).unwrap()).is_empty());
}

#[test]
fn hostile_names_licences_and_paths_stay_valid_and_unchanged() {
    let Some(judge) = Judge::new() else { return };
    let long = "x".repeat(5000);
    let texts = [
        "",
        " ",
        "</script>",
        "a\u{0}b",
        "\u{202e}gpj",
        "\"quoted\\",
        "../..",
        &long,
        "Ünï/×",
        "MIT OR",
        "NONE",
    ];
    for hostile in texts {
        let mut kit = full_kit();
        kit.kitfile.package.name = hostile.to_owned();
        kit.kitfile.package.version = hostile.to_owned();
        kit.kitfile.package.license = hostile.to_owned();
        kit.kitfile.package.authors = vec![hostile.to_owned()];
        kit.kitfile.model.as_mut().unwrap().license = hostile.to_owned();
        kit.kitfile.datasets[0].name = hostile.to_owned();
        kit.repository = Some(hostile.to_owned());
        kit.manifest.media_type = hostile.to_owned();
        kit.table.layers[3].files[1].path = hostile.to_owned();
        let bom = kit.bom();
        let bytes = CycloneDx16.encode(&bom, &options()).unwrap();
        assert_eq!(judge.errors(&bytes), Vec::<String>::new(), "{hostile:?}");
        let back = CycloneDx16.decode(&bytes).unwrap();
        assert_eq!(sealkit_aibom::check_against(&back, &kit.table), [], "{hostile:?}");
    }
}

#[test]
fn a_document_reads_back_as_the_same_aibom() {
    let mut bom = full_kit().bom();
    let bytes = CycloneDx16.encode(&bom, &options()).unwrap();
    let back = CycloneDx16.decode(&bytes).unwrap();
    // SPDX identifiers are written in their own case.
    for component in bom.components.iter_mut().chain([&mut bom.subject]) {
        for licence in &mut component.licences {
            if let Some(LicenceForm::Id(id)) = licence_form(&licence.text) {
                licence.text = id.to_owned();
            }
        }
    }
    assert_eq!(back, bom);
    assert_eq!(CycloneDx16.encode(&back, &options()).unwrap(), bytes);
}

#[test]
fn the_document_ties_kit_parts_and_files() {
    let document = document(&full_kit());
    let root = &document["metadata"]["component"];
    assert_eq!(root["type"], "application");
    assert_eq!(root["name"], "mini lm");
    let purl = root["purl"].as_str().unwrap();
    assert!(purl.starts_with("pkg:oci/mini-lm@sha256%3A"), "{purl}");
    assert!(purl.ends_with("?repository_url=registry.example%3A5000/Team/Mini-LM"), "{purl}");
    let depends = |reference: &Value| -> Vec<Value> {
        let all = document["dependencies"].as_array().unwrap();
        let found = all.iter().find(|d| d["ref"] == *reference).unwrap();
        found["dependsOn"].as_array().cloned().unwrap_or_default()
    };
    let parts = depends(&root["bom-ref"]);
    assert_eq!(parts.len(), 6);
    let files: usize = parts.iter().map(|part| depends(part).len()).sum();
    // Seven files, one base model, two datasets.
    assert_eq!(files, 10);
}

#[test]
fn the_model_has_a_card_with_links_that_resolve() {
    let document = document(&full_kit());
    let components = document["components"].as_array().unwrap();
    let is_model = |c: &&Value| c["modelCard"].is_object();
    let model = components.iter().find(is_model).unwrap();
    let card = &model["modelCard"]["modelParameters"];
    assert_eq!(card["architectureFamily"], "bert");
    assert_eq!(card["task"], "sentence-similarity");
    for link in card["datasets"].as_array().unwrap() {
        assert!(components.iter().any(|c| c["bom-ref"] == link["ref"] && c["type"] == "data"));
    }
    assert_eq!(model["pedigree"]["ancestors"][0]["name"], "nreimers/MiniLM-L6");
    assert_eq!(model["licenses"][0]["license"]["id"], "Apache-2.0");
}

#[test]
fn only_spdx_identifiers_become_identifiers() {
    assert_eq!(licence_form("apache-2.0"), Some(LicenceForm::Id("Apache-2.0")));
    assert_eq!(licence_form("llama3.2"), Some(LicenceForm::Name("llama3.2".into())));
    assert_eq!(licence_form("other"), Some(LicenceForm::Name("other".into())));
    let both = "Apache-2.0 OR MIT";
    assert_eq!(licence_form(both), Some(LicenceForm::Expression(both.into())));
    let broken = "Apache-2.0 OR nonsense-1";
    assert_eq!(licence_form(broken), Some(LicenceForm::Name(broken.into())));
    assert_eq!(licence_form("  "), None);
}

#[test]
fn every_spdx_identifier_that_is_written_is_in_the_schema() {
    let Ok(root) = std::env::var("SEALKIT_TESTDATA") else {
        println!("skipped: no SEALKIT_TESTDATA");
        return;
    };
    let path = std::path::Path::new(&root).join("cyclonedx/schemas/spdx.schema.json");
    let schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let listed = schema["enum"].as_array().unwrap();
    let mut kit = empty_kit();
    for licence in spdx::identifiers::LICENSES {
        kit.kitfile.package.license = licence.name.to_owned();
        let document = document(&kit);
        let written = &document["metadata"]["component"]["licenses"][0]["license"];
        let is_listed = listed.iter().any(|id| id == licence.name);
        let key = if is_listed { "id" } else { "name" };
        assert_eq!(written[key], licence.name, "{written}");
    }
}

#[test]
fn a_time_that_is_none_is_refused() {
    let bom = empty_kit().bom();
    for bad in [
        "",
        "today",
        "2026-13-01T00:00:00Z",
        "2026-01-01 00:00:00Z",
        "2026-01-01T00:00:00",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:00.Z",
    ] {
        let options = EncodeOptions { timestamp: Some(bad.into()), tool: None };
        let error = CycloneDx16.encode(&bom, &options).unwrap_err();
        assert!(matches!(error, BomError::Timestamp { .. }), "{bad}");
    }
    for good in ["2026-01-01T00:00:00Z", "2026-12-31T23:59:59.25Z"] {
        let options = EncodeOptions { timestamp: Some(good.into()), tool: None };
        CycloneDx16.encode(&bom, &options).unwrap();
    }
}

#[test]
fn hostile_documents_are_refused_with_the_reason() {
    let good = document(&full_kit());
    let with = |change: &dyn Fn(&mut Value)| {
        let mut document = good.clone();
        change(&mut document);
        let error = CycloneDx16.decode(&serde_json::to_vec(&document).unwrap()).unwrap_err();
        error.to_string()
    };
    let reason = with(&|d| d["bomFormat"] = json!("SPDX"));
    assert_eq!(reason, "document format `SPDX` is not `CycloneDX`");
    assert!(with(&|d| d["specVersion"] = json!("2.0")).contains("version `2.0` is not read"));
    assert!(with(&|d| d["metadata"] = json!({})).contains("does not say what it describes"));
    let twice = |d: &mut Value| d["components"][1] = d["components"][0].clone();
    assert!(with(&twice).contains("two components with the reference"));
    let dangling = |d: &mut Value| d["dependencies"][0]["dependsOn"] = json!(["nowhere"]);
    assert_eq!(with(&dangling), "AIBOM refers to `nowhere`, which it does not list");
    let hash =
        |d: &mut Value| d["components"][0]["hashes"] = json!([{"alg": "SHA-256", "content": "zz"}]);
    assert!(with(&hash).contains("malformed digest"));
    let deep = format!("{{\"components\":{}", "[{\"components\":".repeat(10_000));
    assert!(matches!(CycloneDx16.decode(deep.as_bytes()), Err(BomError::Json(_))));
}

#[test]
fn foreign_documents_are_read() {
    for version in ["1.6", "1.7"] {
        let Some(corpus) = corpus(version) else { return };
        let mut read = 0;
        for (name, bytes) in corpus.iter().filter(|(name, _)| name.starts_with("valid-")) {
            let document: Value = serde_json::from_slice(bytes).unwrap();
            match CycloneDx16.decode(bytes) {
                Ok(_) => read += 1,
                // Most examples do not say what they describe.
                Err(BomError::NoSubject) => assert!(document["metadata"]["component"].is_null()),
                Err(error) => panic!("{name}: {error}"),
            }
        }
        assert!(read >= 3, "{version}: {read}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        let _ = CycloneDx16.decode(&bytes);
    }

    #[test]
    fn no_change_of_a_byte_makes_it_panic(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = CycloneDx16.encode(&full_kit().bom(), &options()).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = CycloneDx16.decode(&bytes);
    }

    #[test]
    fn any_licence_text_has_a_form_that_keeps_it(text in "\\PC{0,40}") {
        match licence_form(&text) {
            None => prop_assert!(text.trim().is_empty()),
            Some(LicenceForm::Id(id)) => prop_assert!(id.eq_ignore_ascii_case(text.trim())),
            Some(LicenceForm::Expression(kept) | LicenceForm::Name(kept)) => {
                prop_assert_eq!(kept, text.trim());
            }
        }
    }
}

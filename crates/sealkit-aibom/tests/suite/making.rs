//! What went into the making, how a model can be addressed, and whose licence goes where.

use crate::assembling::{Project, called, full, only, origin, package, text, values};
use sealkit_aibom::{
    Bom, BomCodec, CycloneDx, EncodeOptions, Kind, Property, Relation, RelationKind,
};
use sealkit_inspect::{PackageInfo, Scope, Value, property};
use sealkit_oci::LayerRole;
use sealkit_report::Known;
use serde_json::{Value as Json, json};

const BOTH: [CycloneDx; 2] = [CycloneDx::V1_6, CycloneDx::V1_7];

fn written(bom: &Bom, version: CycloneDx) -> Json {
    let bytes = version.encode(bom, &EncodeOptions::default()).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

fn names(list: Option<&Json>) -> Vec<&str> {
    let all = list.and_then(Json::as_array).into_iter().flatten();
    all.map(|component| component["name"].as_str().unwrap()).collect()
}

fn made_from(document: &Json) -> Vec<&str> {
    names(document.pointer("/formulation/0/components"))
}

/// A finished model with a base model, data and the software that wrote it.
fn finished() -> Project {
    let mut project = Project::folder();
    project.part(
        LayerRole::Model,
        ".",
        &[("model.safetensors", "w"), ("config.json", "c"), ("README.md", "r")],
    );
    project.says("model.safetensors", "safetensors", |pen| {
        pen.measured(property::PARAMETERS, Value::Uint(8));
    });
    project.says("config.json", "hf-config", |pen| {
        let writer = PackageInfo {
            direct: true,
            scope: Scope::Build,
            ..package("pypi", "transformers", Some("4.8.2"))
        };
        pen.declared("/transformers_version", property::PACKAGE, Value::Package(writer));
    });
    project.says("README.md", "model-card", |pen| {
        pen.declared("/license", property::LICENCE, text("apache-2.0"));
        pen.declared("/base_model", property::BASE_MODEL, origin("org/base", Some("finetune")));
        pen.declared("/datasets/0", property::TRAINED_ON, origin("org/pairs", Some("train")));
    });
    project
}

#[test]
fn what_only_made_the_model_is_its_formulation_and_no_component() {
    let bom = finished().bom();
    for version in BOTH {
        let document = written(&bom, version);
        let mut made = made_from(&document);
        made.sort_unstable();
        assert_eq!(made, ["org/base", "org/pairs", "transformers"]);
        let listed = names(document.get("components"));
        assert!(made.iter().all(|name| !listed.contains(name)), "{listed:?}");
        let model = &document["components"][0];
        assert_eq!(model["pedigree"]["ancestors"][0]["name"], "org/base");
        let data = &model["modelCard"]["modelParameters"]["datasets"][0]["ref"];
        let all = document.pointer("/formulation/0/components").unwrap().as_array().unwrap();
        assert!(all.iter().any(|component| component["bom-ref"] == *data), "{data}");
        let read = version.decode(&serde_json::to_vec(&document).unwrap()).unwrap();
        assert_eq!(written(&read, version), document);
        assert_eq!(read.components.len(), bom.components.len());
        assert_eq!(read.relations, bom.relations);
    }
}

#[test]
fn what_the_kit_needs_when_it_runs_stays_a_component() {
    let mut bom = finished().bom();
    for tie in &mut bom.relations {
        if tie.kind == RelationKind::DerivedFrom {
            tie.role = Some("adapter".into());
        }
    }
    let (model, library) =
        (only(&bom, Kind::Model).id.clone(), only(&bom, Kind::Library).id.clone());
    let document = written(&bom, CycloneDx::V1_7);
    assert!(names(document.get("components")).contains(&"org/base"));
    assert!(!made_from(&document).contains(&"org/base"));
    bom.relations.push(Relation::new(&model, RelationKind::Loads, &library));
    let document = written(&bom, CycloneDx::V1_7);
    assert_eq!(made_from(&document), ["org/pairs"]);
    bom.relations.clear();
    assert!(written(&bom, CycloneDx::V1_7).get("formulation").is_none());
}

#[test]
fn a_formula_of_another_tool_stays_as_it_is() {
    let foreign = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"component": {"type": "application", "name": "x", "bom-ref": "x"}},
        "formulation": [{"bom-ref": "theirs", "components": [
            {"type": "data", "name": "d", "bom-ref": "d"}]}],
    });
    let bom = CycloneDx::V1_6.decode(foreign.to_string().as_bytes()).unwrap();
    assert!(bom.components.is_empty());
    assert_eq!(written(&bom, CycloneDx::V1_6)["formulation"], foreign["formulation"]);
}

#[test]
fn a_formula_that_only_looks_like_ours_is_read_all_the_same() {
    let foreign = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"component": {"type": "application", "name": "x", "bom-ref": "x"}},
        "formulation": [{"bom-ref": "sealkit:formulation", "components": [
            {"type": "data", "name": "d", "bom-ref": "d"}, {"type": "data", "name": "e", "bom-ref": "d"}]}],
    });
    let bom = CycloneDx::V1_6.decode(foreign.to_string().as_bytes()).unwrap();
    assert_eq!(bom.components.len(), 2);
    let again = written(&bom, CycloneDx::V1_6);
    let again = CycloneDx::V1_6.decode(again.to_string().as_bytes()).unwrap();
    assert_eq!(again.components.len(), 2);
}

#[test]
fn a_model_has_a_package_url_and_a_link_to_its_card() {
    let bom = full().bom();
    let model = only(&bom, Kind::Model);
    let digest = model.hashes[0].to_string();
    let purl = model.purl.as_deref().unwrap();
    assert!(purl.starts_with("pkg:generic/mini") && purl.ends_with(&digest), "{purl}");
    let document = written(&bom, CycloneDx::V1_6);
    let links = document["components"][0]["externalReferences"].as_array().unwrap();
    assert_eq!(links[..], [json!({"type": "model-card", "url": "model/README.md"})]);
}

#[test]
fn a_commit_of_the_hub_is_the_address_of_what_was_downloaded() {
    let mut project = full();
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let mut found = sealkit_inspect::OriginInfo::named("org/mini");
    found.revision = Some(commit.into());
    project.says("model/config.json", "", |pen| {
        pen.inferred("", sealkit_aibom::name::HUB_ID, Value::Origin(found));
    });
    let bom = project.bom();
    let purl = only(&bom, Kind::Model).purl.clone().unwrap();
    assert_eq!(purl, format!("pkg:huggingface/org/mini@{commit}"));
}

#[test]
fn files_have_the_licence_of_the_nearest_card_or_text() {
    let bom = full().bom();
    let of = |path: &str| called(&bom, Kind::File, path).first(property::LICENCE).unwrap();
    let weights = of("model/model.safetensors");
    assert_eq!(weights.as_text(), Some("apache-2.0"));
    assert_eq!(weights.known(), Known::Inferred);
    let evidence = weights.evidence.as_ref().unwrap();
    assert_eq!((&*evidence.file, &*evidence.place), ("model/README.md", "/license"));
    assert_eq!(of("src/train.py").evidence.as_ref().unwrap().file, "LICENSE");
}

#[test]
fn where_texts_contradict_each_other_nothing_is_concluded() {
    let mut project = full();
    project.says("model/LICENSE", "licence", |pen| {
        pen.inferred("", property::LICENCE, text("MIT"));
    });
    project.parts[0].files.as_mut().unwrap().push(("model/LICENSE".into(), 1, None));
    let bom = project.bom();
    let weights = called(&bom, Kind::File, "model/model.safetensors");
    assert!(values(weights, property::LICENCE).is_empty());
    assert_eq!(values(called(&bom, Kind::File, "src/train.py"), property::LICENCE), ["Apache-2.0"]);
}

#[test]
fn code_imports_what_is_installed_and_not_what_made_a_model() {
    let mut project = finished();
    project.part(LayerRole::Code, "src", &[("src/a.py", "x"), ("src/requirements.txt", "y")]);
    project.says("src/requirements.txt", "pip-requirements", |pen| {
        let needed =
            PackageInfo { direct: true, ..package("pypi", "transformers", Some("4.41.2")) };
        pen.declared("line 1", property::PACKAGE, Value::Package(needed));
    });
    project.says("src/a.py", "source-code", |pen| {
        pen.declared("line 1", property::IMPORT, text("transformers"));
        let import = PackageInfo { direct: true, ..package("pypi", "transformers", None) };
        pen.inferred("line 1", property::PACKAGE, Value::Package(import));
    });
    let bom = project.bom();
    let mut found: Vec<_> = bom
        .of_kind(Kind::Library)
        .map(|library| (library.purl.clone().unwrap(), values(library, property::IMPORT)))
        .collect();
    found.sort();
    let expected = [
        ("pkg:pypi/transformers@4.41.2".to_owned(), vec!["transformers".to_owned()]),
        ("pkg:pypi/transformers@4.8.2".to_owned(), vec![]),
    ];
    assert_eq!(found, expected);
}

#[test]
fn no_value_of_a_component_is_without_evidence() {
    for project in [full(), finished(), full().packed()] {
        let bom = project.bom();
        for component in bom.all() {
            let bare: Vec<&Property> =
                component.properties.iter().filter(|claim| claim.evidence.is_none()).collect();
            assert!(bare.is_empty(), "{}: {bare:?}", component.name);
        }
    }
}

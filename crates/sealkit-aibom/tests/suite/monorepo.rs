//! Repositories as they are found: several models that no Kitfile tells apart, a dataset and no model.

use crate::assembling::{Project, about, called, text, values};
use sealkit_aibom::{Bom, Kind, name};
use sealkit_inspect::{Value, property};
use sealkit_kitfile::Kitfile;
use sealkit_oci::LayerRole;

/// Two models and what lies beside them, all of which a Kitfile made from the listing calls code.
fn project() -> Project {
    let mut project = Project::folder();
    let files = [
        ("models/rye/model.safetensors", "rye"),
        ("models/rye/README.md", "---"),
        ("models/wheat/model.safetensors", "wheat"),
        ("models/wheat/README.md", "---"),
        ("models/wheat/LICENSE", "MIT"),
        ("models/lib/LICENSE", "BSD"),
    ];
    project.part(LayerRole::Code, "models", &files);
    for (model, licence) in [("rye", "cc-by-nc-4.0"), ("wheat", "apache-2.0")] {
        project.says(&format!("models/{model}/model.safetensors"), "safetensors", |pen| {
            pen.measured(property::PARAMETERS, Value::Uint(7));
        });
        project.says(&format!("models/{model}/README.md"), "model-card", |pen| {
            pen.declared("/license", property::LICENCE, text(licence));
        });
    }
    for (path, licence) in [("models/wheat/LICENSE", "MIT"), ("models/lib/LICENSE", "BSD-3-Clause")]
    {
        project.says(path, "licence", |pen| {
            pen.inferred("", property::LICENCE, text(licence));
        });
    }
    project
}

fn names(bom: &Bom) -> Vec<&str> {
    bom.of_kind(Kind::Model).map(|model| model.name.as_str()).collect()
}

#[test]
fn files_that_a_library_names_have_the_name_of_their_folder() {
    let mut project = project();
    let mut found = names(&project.bom()).into_iter().map(str::to_owned).collect::<Vec<_>>();
    found.sort();
    assert_eq!(found, ["rye", "wheat"]);
    project.part(LayerRole::Code, "own", &[("own/barley.safetensors", "b")]);
    project.says("own/barley.safetensors", "safetensors", |_| {});
    assert!(names(&project.bom()).contains(&"barley"), "a name of its own stays");
    project.part(LayerRole::Code, "model.onnx", &[("model.onnx", "o")]);
    project.says("model.onnx", "onnx", |_| {});
    assert!(names(&project.bom()).contains(&"model"), "at the top there is no better one");
}

#[test]
fn a_licence_text_beside_a_model_is_the_models() {
    let bom = project().bom();
    let wheat = called(&bom, Kind::Model, "wheat");
    assert_eq!(values(wheat, property::LICENCE), ["apache-2.0", "MIT"]);
    let conflict = about(wheat, name::CONFLICT, property::LICENCE);
    assert_eq!(conflict.as_deref(), Some("declared `apache-2.0`, the text is of `MIT`"));
    let rye = called(&bom, Kind::Model, "rye");
    assert_eq!(values(rye, property::LICENCE), ["cc-by-nc-4.0"]);
    let is_bsd = |model| values(model, property::LICENCE).contains(&"BSD-3-Clause".to_owned());
    assert!(!bom.of_kind(Kind::Model).any(is_bsd), "one of a library is not");
}

#[test]
fn a_packed_kitfile_and_its_text_give_the_same_numbers() {
    let text = "manifestVersion: 1.0.0\nmodel:\n  path: m\n  parameters:\n    depth: 3\n    far: 1e300\n    \
                training: {lr: 0.5, epochs: [3, 4], big: 9007199254740993}\n";
    let from_text = Kitfile::parse_unchecked(text, "Kitfile").unwrap();
    let packed = r#"{"manifestVersion":"1.0.0","model":{"path":"m","parameters":{"depth":3,
        "far":1e300,"training":{"lr":0.5,"epochs":[3,4],"big":9007199254740993}}}}"#;
    let from_json = Kitfile::from_json(packed.as_bytes()).unwrap();
    let said = |kitfile: Kitfile| {
        let mut project = Project::folder();
        project.part(LayerRole::Model, "m", &[("m", "w")]);
        project.says("m", "safetensors", |_| {});
        project.kitfile = kitfile;
        let bom = project.bom();
        let model = bom.of_kind(Kind::Model).next().unwrap();
        let found = ["depth", "far", "training"];
        found.map(|key| about(model, property::METADATA, key).unwrap())
    };
    let wanted = r#"{"big":9007199254740993,"epochs":[3,4],"lr":0.5}"#;
    assert_eq!(said(from_text.clone())[2], wanted);
    assert_eq!(said(from_text), said(from_json));
}

#[test]
fn the_card_at_the_top_of_a_repository_with_one_dataset_is_of_that() {
    let mut project = Project::folder();
    project.part(LayerRole::Dataset, "data", &[("data/train.csv", "a,b\n1,2\n")]);
    project.part(LayerRole::Docs, "README.md", &[("README.md", "---")]);
    project.part(LayerRole::Docs, "croissant.json", &[("croissant.json", "{}")]);
    project.says("data/train.csv", "csv", |_| {});
    project.says("README.md", "dataset-card", |pen| {
        pen.declared("/license", property::LICENCE, text("cc-by-4.0"));
    });
    project.says("croissant.json", "croissant", |pen| {
        pen.declared("/version", property::VERSION, text("1.2.0"));
    });
    let says = |project: &Project| {
        let bom = project.bom();
        let set = called(&bom, Kind::Dataset, "data");
        (values(set, property::VERSION), values(set, property::LICENCE))
    };
    let both = (vec!["1.2.0".to_owned()], vec!["cc-by-4.0".to_owned()]);
    assert_eq!(says(&project), both);
    // Of several it does not say which one it means.
    project.part(LayerRole::Dataset, "more", &[("more/b.csv", "x")]);
    project.says("more/b.csv", "csv", |_| {});
    assert!(says(&project).0[0].starts_with("sha256:"));
}

//! Things that have more than one name, version or digest.

use crate::common::{affected, catalog, content, digest, entry, thing, tie};
use sealkit_aibom::{Kind, RelationKind};
use sealkit_catalog::{ImpactLimits, Thing};
use sealkit_report::Known;

/// The data of a kit, which its description calls otherwise.
fn data() -> Thing {
    Thing {
        version: Some("1.0".to_owned()),
        names: vec!["crset2".to_owned(), "https://huggingface.co/datasets/org/crset2".to_owned()],
        versions: vec!["3.1.0".to_owned(), format!("md5:{}.dir", "a".repeat(32))],
        ..content(Kind::Dataset, "mine", "rows")
    }
}

#[test]
fn data_is_found_by_each_of_its_names_and_versions() {
    let found = vec![("a".to_owned(), 0)];
    let catalog = catalog(&[entry("a", "m-a", 1, vec![data()])]);
    for question in [
        "dataset:mine",
        "dataset:crset2",
        "dataset:crset2@3.1.0",
        "dataset:crset2@1.0",
        "dataset:org/crset2",
        "dataset:mine@3.1.0",
        "pkg:huggingface/datasets/org/crset2",
    ] {
        assert_eq!(affected(&catalog, question), found, "{question}");
    }
    assert_eq!(affected(&catalog, "dataset:crset2@4"), []);
    assert_eq!(affected(&catalog, &format!("md5:{}", "a".repeat(32))), found);
    let kept = catalog.entry("a", &digest("m-a")).unwrap().unwrap();
    assert_eq!(kept.things[1], data());
}

#[test]
fn data_under_another_name_is_found_by_its_bytes() {
    let copy = content(Kind::Dataset, "copy", "rows");
    let catalog = catalog(&[entry("a", "m-a", 1, vec![data()]), entry("b", "m-b", 2, vec![copy])]);
    let both = vec![("a".to_owned(), 0), ("b".to_owned(), 0)];
    assert_eq!(affected(&catalog, "dataset:crset2"), both);
}

#[test]
fn a_file_that_is_only_named_is_found_by_its_digest_and_held_by_nobody() {
    let named = |name: &str, bytes: &str| Thing {
        known: Known::Declared,
        source: "data.dvc /outs/0".to_owned(),
        ..content(Kind::File, name, bytes)
    };
    let mut kit = entry(
        "a",
        "m-a",
        1,
        vec![content(Kind::File, "data.dvc", "dvc"), named("model.safetensors", "weights")],
    );
    kit.ties = vec![tie(0, 1, RelationKind::Contains), tie(1, 2, RelationKind::Documents)];
    let other = content(Kind::Model, "m", "weights");
    let catalog = catalog(&[kit, entry("b", "m-b", 2, vec![other, thing(Kind::BaseModel, "x")])]);
    let asked = digest("weights").to_string().parse().unwrap();
    let impact = catalog.impact(&asked, ImpactLimits::default(), None).unwrap();
    let a = impact.affected.iter().find(|one| one.repository == "a").unwrap();
    assert!(a.certain);
    let steps: Vec<&str> = a.path.iter().map(|step| step.relation.as_str()).collect();
    assert_eq!(steps, ["contains", "documents"]);
    // Nobody is an heir of a kit that names weights only.
    assert_eq!(affected(&catalog, "kit:a"), [("a".to_owned(), 0)]);
}

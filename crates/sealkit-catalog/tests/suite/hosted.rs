//! Kits that are known with the address of their registry, as in a local store, and names that leave it out.

use crate::common::{content, digest, entry, thing, tie};
use sealkit_aibom::{Kind, RelationKind};
use sealkit_catalog::{Catalog, Entry, ImpactLimits, LineageQuestion};

/// A kit that was made from what its card calls so.
fn made_from(repository: &str, base: &str) -> Entry {
    let mut entry = entry(repository, repository, 2, vec![thing(Kind::BaseModel, base)]);
    entry.ties = vec![tie(0, 1, RelationKind::DerivedFrom)];
    entry
}

fn base(repository: &str, bytes: &str) -> Entry {
    entry(repository, bytes, 1, vec![content(Kind::Dataset, "secret", "rows")])
}

/// A catalogue that is no hub's, each entry with the tag `v1`.
fn local(entries: &[Entry]) -> Catalog {
    let catalog = Catalog::in_memory().unwrap();
    for entry in entries {
        catalog.put(entry).unwrap();
        catalog.set_tag(&entry.repository, "v1", &entry.digest).unwrap();
    }
    catalog
}

/// Every heir of what is asked about, and whether it surely is one.
fn heirs(catalog: &Catalog, question: &str) -> Vec<(String, bool)> {
    let question = question.parse().unwrap();
    let impact = catalog.impact(&question, ImpactLimits::default(), None).unwrap();
    let heirs = impact.affected.into_iter().filter(|one| one.distance > 0);
    heirs.map(|one| (one.repository, one.certain)).collect()
}

fn certain(name: &str) -> (String, bool) {
    (name.to_owned(), true)
}

fn unsure(name: &str) -> (String, bool) {
    (name.to_owned(), false)
}

#[test]
fn a_card_leaves_out_the_address_of_the_registry() {
    let catalog = local(&[
        base("reg.example.com/org/base", "base"),
        made_from("reg.example.com/org/chat", "org/base"),
        made_from("reg.example.com/org/tagged", "org/base:v1"),
        made_from("reg.example.com/org/last", "org/chat"),
    ]);
    let all =
        ["chat", "tagged", "last"].map(|name| certain(&format!("reg.example.com/org/{name}")));
    assert_eq!(heirs(&catalog, "dataset:secret"), all);
    let asked = LineageQuestion {
        repository: "reg.example.com/org/chat".to_owned(),
        digest: digest("reg.example.com/org/chat"),
        up: true,
        down: false,
        full: false,
        depth: 8,
        nodes: 200,
        visible: None,
        trust: String::new(),
    };
    let lineage = catalog.lineage(&asked).unwrap();
    assert_eq!(lineage.nodes[1].name, "reg.example.com/org/base");
    assert_eq!(lineage.nodes[1].kits.len(), 1);
}

#[test]
fn a_path_that_two_registries_have_means_neither_surely() {
    let kid = || made_from("reg.example.com/org/kid", "org/base");
    let ours = || base("reg.example.com/org/base", "base");
    let other = |bytes| entry("other.example/org/base", bytes, 1, Vec::new());
    let same = local(&[ours(), other("base"), kid()]);
    assert_eq!(heirs(&same, "dataset:secret"), [certain("reg.example.com/org/kid")]);
    let two = local(&[ours(), other("another"), kid()]);
    assert_eq!(heirs(&two, "dataset:secret"), [unsure("reg.example.com/org/kid")]);
}

#[test]
fn another_address_or_another_tag_is_another_kit() {
    let catalog = local(&[
        base("reg.example.com/org/base", "base"),
        made_from("k/foreign", "other.example/org/base:v1"),
        made_from("k/loopback", "localhost:5000/org/base:v1"),
        made_from("k/tag", "org/base:v9"),
        made_from("k/deeper", "more/org/base"),
        made_from("k/shorter", "base"),
    ]);
    assert_eq!(heirs(&catalog, "dataset:secret"), [unsure("k/tag")]);
}

#[test]
fn on_a_hub_a_path_behind_an_address_is_a_guess() {
    let entries = [base("reg.example.com/org/base", "base"), made_from("org/chat", "org/base")];
    let catalog = crate::common::catalog(&entries);
    assert_eq!(heirs(&catalog, "dataset:secret"), [unsure("org/chat")]);
}

//! What a version came from and what came from it, out of entries made by hand.

use crate::common::{catalog, content, digest, entry, thing, tie};
use proptest::prelude::*;
use sealkit_aibom::{Kind, RelationKind};
use sealkit_api::{KitLineage, LineageEdge};
use sealkit_catalog::{Catalog, Entry, LineageQuestion, Thing, Visible};
use sealkit_report::Known;

fn question(repository: &str, bytes: &str) -> LineageQuestion {
    LineageQuestion {
        repository: repository.to_owned(),
        digest: digest(bytes),
        up: true,
        down: true,
        full: false,
        depth: 8,
        nodes: 200,
        visible: None,
        trust: String::new(),
    }
}

/// A kit whose model was made from what is named.
fn made_from(repository: &str, bytes: &str, base: Thing, known: Known) -> Entry {
    let model = content(Kind::Model, "model", &format!("weights of {bytes}"));
    let mut entry = entry(repository, bytes, 1, vec![model, base]);
    entry.ties.truncate(1);
    let mut tie = tie(1, 2, RelationKind::DerivedFrom);
    (tie.known, tie.role) = (known, Some("adapter".to_owned()));
    entry.ties.push(tie);
    entry
}

fn by_digest(bytes: &str) -> Thing {
    Thing { digests: vec![digest(bytes).to_string()], ..thing(Kind::BaseModel, "somebody/base") }
}

/// Each tie as `from relation to`.
fn told(lineage: &KitLineage) -> Vec<String> {
    let name = |at: usize| lineage.nodes[at].name.clone();
    let tie =
        |edge: &LineageEdge| format!("{} {} {}", name(edge.from), edge.relation, name(edge.to));
    let mut all: Vec<String> = lineage.edges.iter().map(tie).collect();
    all.sort();
    all
}

fn family() -> Catalog {
    catalog(&[
        entry("org/base", "base", 1, vec![content(Kind::Model, "model", "weights of base")]),
        made_from("org/child", "child", by_digest("base"), Known::Declared),
        made_from("secret/grandchild", "grandchild", by_digest("child"), Known::Inferred),
        made_from("org/great", "great", by_digest("grandchild"), Known::Declared),
    ])
}

#[test]
fn both_ways_are_walked_and_the_weakest_tie_is_named() {
    let lineage = family().lineage(&question("org/child", "child")).unwrap();
    let all = [
        "org/child derived-from org/base",
        "org/great derived-from secret/grandchild",
        "secret/grandchild derived-from org/child",
    ];
    assert_eq!(told(&lineage), all);
    assert!(lineage.inspected && !lineage.circular && !lineage.more);
    assert_eq!(lineage.edges[lineage.weakest.unwrap()].known, Known::Inferred);
    assert_eq!(lineage.edges[0].role.as_deref(), Some("adapter"));
    let steps: Vec<i64> = lineage.nodes.iter().map(|node| node.steps).collect();
    assert_eq!(steps, [0, 1, -1, -2]);
    assert_eq!(lineage.nodes[1].kits[0].tags, ["v1"]);
    let catalog = family();
    let up = catalog.lineage(&LineageQuestion { down: false, ..question("org/child", "child") });
    assert_eq!(told(&up.unwrap()), all[..1]);
    let down = catalog.lineage(&LineageQuestion { up: false, ..question("org/child", "child") });
    assert_eq!(told(&down.unwrap()), all[1..]);
}

#[test]
fn what_may_not_be_seen_is_neither_named_nor_walked_through() {
    let catalog = family();
    let visible = Some(vec![Visible::Below("org".to_owned())]);
    let asked = LineageQuestion { visible: visible.clone(), ..question("org/child", "child") };
    let lineage = catalog.lineage(&asked).unwrap();
    assert_eq!(told(&lineage), ["org/child derived-from org/base"]);
    assert!(!lineage.more);
    // Upwards, the name is what the kit itself says, and no more.
    let asked = LineageQuestion { visible, ..question("org/great", "great") };
    let lineage = catalog.lineage(&asked).unwrap();
    assert_eq!(told(&lineage), ["org/great derived-from somebody/base"]);
    assert!(lineage.nodes[1].kits.is_empty());
    assert!(!serde_json::to_string(&lineage).unwrap().contains("secret"));
}

#[test]
fn a_name_means_the_repository_and_a_digest_no_namesake() {
    let named = |name: &str| thing(Kind::BaseModel, name);
    let wrong = Thing { digests: vec![digest("other").to_string()], ..named("org/base") };
    let catalog = catalog(&[
        entry("org/base", "base", 1, Vec::new()),
        made_from("a", "a", named("localhost:5000/org/base:v1"), Known::Declared),
        made_from("b", "b", named("org/base"), Known::Declared),
        made_from("c", "c", named("org/base:v9"), Known::Declared),
        made_from("d", "d", wrong, Known::Declared),
    ]);
    let holds = |name: &str| {
        let lineage = catalog.lineage(&LineageQuestion { down: false, ..question(name, name) });
        lineage.unwrap().nodes[1].kits.first().map(|kit| kit.repository.clone())
    };
    assert_eq!(holds("a").as_deref(), Some("org/base"));
    assert_eq!(holds("b").as_deref(), Some("org/base"));
    assert_eq!(holds("c"), None);
    assert_eq!(holds("d"), None);
}

#[test]
fn circles_end_and_are_said() {
    let catalog = catalog(&[
        made_from("a", "a", by_digest("b"), Known::Declared),
        made_from("b", "b", by_digest("c"), Known::Declared),
        made_from("c", "c", by_digest("a"), Known::Declared),
    ]);
    let lineage = catalog.lineage(&question("a", "a")).unwrap();
    assert!(lineage.circular);
    assert_eq!(told(&lineage), ["a derived-from b", "b derived-from c", "c derived-from a"]);
}

#[test]
fn bounds_are_kept_and_said() {
    let mut entries = vec![entry("base", "base", 1, Vec::new())];
    for at in 0..1_000 {
        entries.push(made_from(
            &format!("k{at}"),
            &format!("k{at}"),
            by_digest("base"),
            Known::Declared,
        ));
    }
    let catalog = catalog(&entries);
    let begun = std::time::Instant::now();
    let lineage =
        catalog.lineage(&LineageQuestion { nodes: 50, ..question("base", "base") }).unwrap();
    assert_eq!((lineage.nodes.len(), lineage.edges.len(), lineage.more), (50, 49, true));
    let all =
        catalog.lineage(&LineageQuestion { nodes: 1_002, ..question("base", "base") }).unwrap();
    assert_eq!((all.nodes.len(), all.more), (1_001, false));
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    let deep = family();
    let shallow =
        deep.lineage(&LineageQuestion { depth: 1, ..question("org/child", "child") }).unwrap();
    assert_eq!((shallow.nodes.len(), shallow.more), (3, true));
}

#[test]
fn what_was_attested_under_another_trust_is_declared() {
    let mut one = made_from("a", "a", by_digest("b"), Known::Attested);
    one.trust = "sha256:then".to_owned();
    let catalog = catalog(&[one]);
    let known = |trust: &str| {
        let asked = LineageQuestion { trust: trust.to_owned(), ..question("a", "a") };
        let lineage = catalog.lineage(&asked).unwrap();
        (lineage.edges[0].known, lineage.trust_changed, lineage.weakest)
    };
    assert_eq!(known("sha256:then"), (Known::Attested, false, None));
    assert_eq!(known("sha256:now"), (Known::Declared, true, Some(0)));
}

#[test]
fn full_tells_what_it_was_evaluated_on_and_data_is_found_where_it_lies() {
    let data = || content(Kind::Dataset, "train.csv", "rows");
    let outside = Thing { kind: Kind::ExternalDataset, ..data() };
    let mut model = entry("model", "model", 1, vec![outside, thing(Kind::ExternalDataset, "test")]);
    model.ties = vec![tie(0, 1, RelationKind::TrainedOn), tie(0, 2, RelationKind::EvaluatedOn)];
    let catalog = catalog(&[model, entry("data", "data", 1, vec![data()])]);
    let compact = catalog.lineage(&question("model", "model")).unwrap();
    assert_eq!(told(&compact), ["model trained-on train.csv"]);
    assert_eq!(compact.nodes[1].kits[0].repository, "data");
    let full =
        catalog.lineage(&LineageQuestion { full: true, ..question("model", "model") }).unwrap();
    assert_eq!(told(&full), ["model evaluated-on test", "model trained-on train.csv"]);
}

#[test]
fn a_version_that_was_not_looked_at_is_told_as_such() {
    let lineage = Catalog::in_memory().unwrap().lineage(&question("a", "a")).unwrap();
    assert!(!lineage.inspected && lineage.edges.is_empty());
    assert_eq!(lineage.nodes[0].name, "a");
}

proptest! {
    /// Whatever hangs together however: the walk ends, every tie has its ends, and nobody hidden is named.
    #[test]
    fn any_graph_is_walked(pairs in prop::collection::vec((0_u8..8, 0_u8..8), 0..24)) {
        let entries = pairs.iter().enumerate().map(|(at, (from, to))| {
            let name = if from % 2 == 0 { format!("org/{from}") } else { format!("hidden/{from}") };
            made_from(&name, &format!("{from} {at}"), by_digest(&format!("{to} {}", at / 2)), Known::Declared)
        });
        let entries: Vec<Entry> = entries.collect();
        let catalog = catalog(&entries);
        let visible = Some(vec![Visible::Below("org".to_owned())]);
        for entry in entries.iter().filter(|entry| entry.repository.starts_with("org")) {
            let asked = LineageQuestion {
                digest: entry.digest.clone(), visible: visible.clone(), ..question(&entry.repository, "")
            };
            let lineage = catalog.lineage(&asked).unwrap();
            prop_assert!(lineage.edges.iter().all(|edge| edge.from.max(edge.to) < lineage.nodes.len()));
            prop_assert!(!serde_json::to_string(&lineage).unwrap().contains("hidden"));
        }
    }
}

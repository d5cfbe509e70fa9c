//! What whoever asks may not see, where a bound was met, and what is not certain.

use crate::common::{affected, catalog, content, digest, entry, thing};
use sealkit_aibom::Kind;
use sealkit_api::LineageEdge;
use sealkit_catalog::{Catalog, Facet, ImpactLimits, LineageQuestion, Search, Thing, Visible};
use sealkit_report::Known;

fn asked(catalog: &Catalog, question: &str, visible: &[Visible]) -> sealkit_api::Impact {
    let question = question.parse().unwrap();
    catalog.impact(&question, ImpactLimits::default(), Some(visible)).unwrap()
}

#[test]
fn a_name_that_may_be_seen_shows_nothing_below_it() {
    let data = |name: &str| entry(name, name, 1, vec![thing(Kind::ExternalDataset, "reviews")]);
    let catalog = catalog(&[data("team"), data("team/secret"), data("other")]);
    let seen = |visible: Visible| -> Vec<String> {
        let found = asked(&catalog, "dataset:reviews", &[visible]);
        assert_eq!(found.searched, found.affected.len() as u64);
        found.affected.into_iter().map(|one| one.repository).collect()
    };
    assert_eq!(seen(Visible::Only("team".to_owned())), ["team"]);
    assert_eq!(seen(Visible::Below("team".to_owned())), ["team", "team/secret"]);
    assert_eq!(seen(Visible::Only("team/secret".to_owned())), ["team/secret"]);
}

#[test]
fn what_may_not_be_seen_names_nothing_for_whoever_asks() {
    // A private kit calls bytes by a name; a public kit has the same bytes.
    let catalog = catalog(&[
        entry("private", "p", 1, vec![content(Kind::Dataset, "leaked-salaries", "rows")]),
        entry("public", "q", 2, vec![content(Kind::Dataset, "data", "rows")]),
        entry("heir", "r", 3, vec![thing(Kind::BaseModel, "private")]),
    ]);
    let mine = ["public", "heir"].map(|name| Visible::Only(name.to_owned()));
    assert_eq!(asked(&catalog, "dataset:leaked-salaries", &mine).affected, []);
    assert_eq!(affected(&catalog, "dataset:leaked-salaries").len(), 3);
    // Asked for by its name it is as one that is not here: who names it is told.
    let told = |question: &str| -> Vec<String> {
        let found = asked(&catalog, question, &mine).affected;
        found.into_iter().map(|one| one.repository).collect()
    };
    assert_eq!(told("kit:private"), ["heir"]);
}

#[test]
fn a_bound_that_was_met_is_told() {
    let entry_of = |at: usize| {
        let name = format!("heir{at:05}");
        entry(&name, &name, 2, vec![thing(Kind::BaseModel, "base")])
    };
    let base = entry("base", "base", 1, vec![content(Kind::Model, "m", "weights")]);
    // One version with so many things of one name that not every place is looked at.
    let many = (0..10_050).map(|_| thing(Kind::BaseModel, "base")).collect();
    let crowd = entry("crowd", "crowd", 2, many);
    let catalog = catalog(&[base, crowd, entry_of(1)]);
    let all = [Visible::Only("base".to_owned()), Visible::Below("heir00001".to_owned())];
    let question = "kit:base".parse().unwrap();
    let whole = catalog.impact(&question, ImpactLimits::default(), None).unwrap();
    assert!(whole.more, "more places than are looked at");
    // What may not be seen takes no room of what may.
    let cut = asked(&catalog, "kit:base", &all);
    assert_eq!((cut.affected.len(), cut.more), (2, false));
}

/// The kit `name` in the version of `tag`, made from `base`.
fn tagged(catalog: &Catalog, name: &str, tag: &str, at: i64, things: Vec<Thing>) {
    let entry = entry(name, &format!("{name}:{tag}"), at, things);
    catalog.put(&entry).unwrap();
    catalog.set_tag(name, tag, &entry.digest).unwrap();
}

#[test]
fn who_names_another_version_is_told_as_not_certain() {
    let catalog = Catalog::in_memory().unwrap();
    catalog.serve_as(&["hub.example.com".to_owned()], 0).unwrap();
    let base = |name: &str| vec![thing(Kind::BaseModel, name)];
    tagged(&catalog, "base", "v1", 1, vec![thing(Kind::ExternalDataset, "leaked")]);
    tagged(&catalog, "base", "v2", 2, vec![thing(Kind::ExternalDataset, "leaked")]);
    tagged(&catalog, "base", "v3", 3, vec![thing(Kind::ExternalDataset, "clean")]);
    for (at, tag) in ["v1", "v2", "v3", "latest"].into_iter().enumerate() {
        let name = format!("on-{tag}");
        let of = base(&format!("hub.example.com/base:{tag}"));
        tagged(&catalog, &name, "v1", 10 + at as i64, of);
    }
    tagged(&catalog, "on-any", "v1", 20, base("base"));
    tagged(&catalog, "leaf", "v1", 21, base("on-v2:v1"));
    let found = |question: &str| -> Vec<(String, bool)> {
        let question = question.parse().unwrap();
        let impact = catalog.impact(&question, ImpactLimits::default(), None).unwrap();
        impact.affected.into_iter().map(|one| (one.repository, one.certain)).collect()
    };
    let leaked = found("dataset:leaked");
    for (name, certain) in [
        ("base", true),
        ("on-v1", true),
        ("on-v2", true),
        ("leaf", true),
        ("on-v3", false),
        ("on-latest", false),
        ("on-any", false),
    ] {
        assert!(leaked.contains(&(name.to_owned(), certain)), "{name}: {leaked:?}");
    }
    let of_first = LineageQuestion {
        repository: "base".to_owned(),
        digest: digest("base:v1"),
        up: false,
        down: true,
        full: false,
        depth: 1,
        nodes: 200,
        visible: None,
        trust: String::new(),
    };
    let lineage = catalog.lineage(&of_first).unwrap();
    let known = |name: &str| {
        let from = |edge: &&LineageEdge| lineage.nodes[edge.from].name == name;
        lineage.edges.iter().find(from).map(|edge| edge.known)
    };
    assert_eq!(known("on-v1"), Some(Known::Declared));
    assert_eq!(known("on-v3"), Some(Known::Inferred), "it names another version");
    let clean = found("dataset:clean");
    let sure: Vec<&str> =
        clean.iter().filter(|(_, certain)| *certain).map(|(name, _)| name.as_str()).collect();
    assert_eq!(sure, ["base", "on-v3"]);
}

#[test]
fn of_what_is_not_certain_the_shortest_way_is_told() {
    let catalog = Catalog::in_memory().unwrap();
    catalog.serve_as(&["hub.example.com".to_owned()], 0).unwrap();
    let base = |name: &str| thing(Kind::BaseModel, &format!("hub.example.com/{name}"));
    tagged(&catalog, "a", "v1", 1, vec![thing(Kind::ExternalDataset, "leaked")]);
    tagged(&catalog, "b", "v1", 2, vec![base("a:v1")]);
    tagged(&catalog, "c", "v1", 3, vec![base("b:v1")]);
    // It may contain the data itself.
    let mut guess = entry("guess", "guess:v1", 4, vec![thing(Kind::ExternalDataset, "leaked")]);
    guess.ties.iter_mut().for_each(|tie| tie.known = Known::Inferred);
    catalog.put(&guess).unwrap();
    catalog.set_tag("guess", "v1", &guess.digest).unwrap();
    // Three steps from the data by another version of `c`, one step by the guess: neither is certain.
    tagged(&catalog, "heir", "v1", 5, vec![base("c:v9"), base("guess:v1")]);
    let found = asked(&catalog, "dataset:leaked", &[Visible::Below("heir".to_owned())]);
    assert_eq!(found.affected, [], "what leads there may not be seen");
    let question = "dataset:leaked".parse().unwrap();
    let found = catalog.impact(&question, ImpactLimits::default(), None).unwrap().affected;
    let heir = found.iter().find(|one| one.repository == "heir").unwrap();
    assert_eq!((heir.certain, heir.distance), (false, 1), "{heir:?}");
}

#[test]
fn a_name_that_may_be_seen_shows_and_counts_nothing_below_it() {
    let mut entries = Vec::new();
    for (at, name) in ["team", "team/secret", "team-x"].into_iter().enumerate() {
        let mut entry = entry(name, name, at as i64 + 1, vec![]);
        entry.facets.push((Facet::Licence, format!("licence of {name}")));
        entries.push(entry);
    }
    let catalog = catalog(&entries);
    let seen = |visible: Visible| {
        let search = Search { visible: Some(vec![visible]), ..Search::default() };
        let found = catalog.search(&search).unwrap();
        let hits: Vec<String> = found.hits.into_iter().map(|hit| hit.repository).collect();
        let licences = found.facets.into_iter().filter(|count| count.facet == "licence");
        (hits, licences.map(|count| (count.value, count.count)).collect::<Vec<_>>())
    };
    let of = |name: &str| (format!("licence of {name}"), 1);
    let only = seen(Visible::Only("team".to_owned()));
    assert_eq!(only, (vec!["team".to_owned()], vec![of("team")]));
    let below = seen(Visible::Below("team".to_owned()));
    assert_eq!(below.0, ["team/secret", "team"]);
    assert_eq!(below.1, [of("team"), of("team/secret")]);
}

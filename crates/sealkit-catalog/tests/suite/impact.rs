//! Which kits something concerns, and by what path.

use crate::common::{affected, catalog, content, digest, entry, thing, tie};
use sealkit_aibom::{Kind, RelationKind};
use sealkit_api::{Note, Signer};
use sealkit_catalog::{Catalog, Entry, ImpactLimits, Thing, Visible};
use sealkit_report::{Known, Severity};

fn names(of: &[(&str, u32)]) -> Vec<(String, u32)> {
    of.iter().map(|(name, distance)| ((*name).to_owned(), *distance)).collect()
}

/// `data` holds a dataset; `base` was trained on it; `tuned` on `base`, `quant` on `tuned`; `other` has
/// nothing to do with them.
fn family() -> Vec<Entry> {
    let base_model = |name: &str, manifest: &str| Thing {
        digests: vec![digest(manifest).to_string()],
        ..thing(Kind::BaseModel, name)
    };
    let config = || content(Kind::File, "config.json", "{}");
    vec![
        entry("team/data", "m-data", 1, vec![content(Kind::Dataset, "reviews", "rows")]),
        entry(
            "team/base",
            "m-base",
            2,
            vec![
                content(Kind::Model, "base", "weights"),
                thing(Kind::ExternalDataset, "reviews"),
                config(),
            ],
        ),
        entry("team/tuned", "m-tuned", 3, vec![base_model("base:v1", "m-base"), config()]),
        entry(
            "x/quant",
            "m-quant",
            4,
            vec![thing(Kind::BaseModel, "hub.example.com/team/tuned:v1")],
        ),
        entry("team/other", "m-other", 5, vec![config()]),
    ]
}

#[test]
fn what_contains_it_and_what_descends_from_that_is_affected() {
    let catalog = catalog(&family());
    let all = [("team/base", 0), ("team/data", 0), ("team/tuned", 1), ("x/quant", 2)];
    assert_eq!(affected(&catalog, "dataset:reviews"), names(&all));
    let kit = [("team/base", 0), ("team/tuned", 1), ("x/quant", 2)];
    assert_eq!(affected(&catalog, "kit:team/base"), names(&kit));
    assert_eq!(affected(&catalog, "kit:team/base:v1"), names(&kit));
    assert_eq!(affected(&catalog, &digest("m-base").to_string())[0], ("team/base".to_owned(), 0));
    assert_eq!(affected(&catalog, "kit:team/base:v2"), names(&[]));
    assert_eq!(affected(&catalog, &digest("rows").to_string()), names(&[("team/data", 0)]));
}

#[test]
fn the_path_leads_from_the_kit_to_what_was_asked() {
    let catalog = catalog(&family());
    let question = "dataset:reviews".parse().unwrap();
    let impact = catalog.impact(&question, ImpactLimits::default(), None).unwrap();
    let quant = impact.affected.iter().find(|one| one.repository == "x/quant").unwrap();
    assert!(quant.certain);
    assert_eq!(quant.tags, ["v1"]);
    let steps: Vec<String> = quant
        .path
        .iter()
        .map(|step| {
            let short = |text: &str| text.split('@').next().unwrap().to_owned();
            format!("{} {} {}", short(&step.from), step.relation, short(&step.to))
        })
        .collect();
    assert_eq!(
        steps,
        [
            "x/quant contains base-model hub.example.com/team/tuned:v1",
            "base-model hub.example.com/team/tuned:v1 is team/tuned",
            "team/tuned contains base-model base:v1",
            "base-model base:v1 same-bytes-as team/base",
            "team/base contains external-dataset reviews",
        ]
    );
    let by_name = &quant.path[1];
    assert_eq!((by_name.known, by_name.source.is_empty()), (Known::Declared, false));
    // The chain is whole: each step begins where the one before ended.
    for pair in quant.path.windows(2) {
        assert_eq!(pair[0].to, pair[1].from);
    }
}

#[test]
fn the_same_bytes_under_another_name_are_found() {
    let mut entries = family();
    entries.push(entry("y/copy", "m-copy", 6, vec![content(Kind::Dataset, "renamed", "rows")]));
    entries.push(entry(
        "y/repack",
        "m-re",
        7,
        vec![content(Kind::File, "w.safetensors", "weights")],
    ));
    let catalog = catalog(&entries);
    let found = affected(&catalog, "dataset:reviews");
    assert!(found.contains(&("y/copy".to_owned(), 0)), "{found:?}");
    assert!(found.contains(&("y/repack".to_owned(), 1)), "{found:?}");
    // A config file in common makes nobody an heir.
    assert!(!found.iter().any(|(name, _)| name == "team/other"), "{found:?}");
}

#[test]
fn versions_and_kinds_are_told_apart() {
    let torch = |version: Option<&str>| Thing {
        version: version.map(str::to_owned),
        purl: Some(version.map_or("pkg:pypi/torch".to_owned(), |v| format!("pkg:pypi/torch@{v}"))),
        ..thing(Kind::Library, "torch")
    };
    let catalog = catalog(&[
        entry("a", "m-a", 1, vec![torch(Some("2.1.0"))]),
        entry("b", "m-b", 2, vec![torch(Some("2.2.0"))]),
        entry("c", "m-c", 3, vec![torch(None)]),
        entry("d", "m-d", 4, vec![thing(Kind::Dataset, "torch")]),
    ]);
    assert_eq!(affected(&catalog, "package:torch"), names(&[("a", 0), ("b", 0), ("c", 0)]));
    assert_eq!(affected(&catalog, "torch"), names(&[("a", 0), ("b", 0), ("c", 0), ("d", 0)]));
    // One that does not say its version may be of the one that is meant: it is told, as uncertain.
    for question in ["pkg:pypi/torch@2.1.0", "package:torch@v2.1.0"] {
        assert_eq!(affected(&catalog, question), names(&[("a", 0), ("c", 0)]), "{question}");
        let asked = question.parse().unwrap();
        let impact = catalog.impact(&asked, ImpactLimits::default(), None).unwrap();
        let certain: Vec<bool> = impact.affected.iter().map(|one| one.certain).collect();
        assert_eq!(certain, [true, false]);
    }
}

#[test]
fn signers_findings_and_licences_can_be_asked_for() {
    let mut signed = entry("a", "m-a", 1, vec![]);
    let statement = "https://example.com/x".to_owned();
    signed.signers = vec![Signer { name: "ci".to_owned(), statement, verified: true }];
    signed.notes = vec![Note {
        severity: Severity::Critical,
        rule: "pickle-import".to_owned(),
        file: "m.pkl".to_owned(),
        place: String::new(),
        message: "imports `os.system`".to_owned(),
    }];
    signed.things[0].licences = vec!["MIT".to_owned()];
    let catalog = catalog(&[signed, entry("b", "m-b", 2, vec![])]);
    for question in ["signer:ci", "finding:pickle-import", "licence:mit"] {
        assert_eq!(affected(&catalog, question), names(&[("a", 0)]), "{question}");
    }
    assert_eq!(affected(&catalog, "signer:nobody"), names(&[]));
}

#[test]
fn what_may_not_be_seen_is_not_told_and_leads_nowhere() {
    let catalog = catalog(&family());
    let ask = |visible: &[&str]| {
        let visible: Vec<Visible> =
            visible.iter().map(|name| Visible::Below((*name).to_owned())).collect();
        let question = "dataset:reviews".parse().unwrap();
        let impact = catalog.impact(&question, ImpactLimits::default(), Some(&visible)).unwrap();
        serde_json::to_string(&impact).unwrap()
    };
    let seen = ask(&["x"]);
    assert!(seen.contains("\"searched\":1"), "{seen}");
    assert!(!seen.contains("team/base") && !seen.contains("x/quant"), "{seen}");
    assert!(ask(&["team"]).contains("team/tuned"));
}

#[test]
fn a_circle_ends_and_bounds_are_told() {
    let after =
        |name: &str, base: &str, at: i64| entry(name, name, at, vec![thing(Kind::BaseModel, base)]);
    let catalog = catalog(&[after("a", "c", 1), after("b", "a", 2), after("c", "b", 3)]);
    assert_eq!(affected(&catalog, "kit:a"), names(&[("a", 0), ("b", 1), ("c", 2)]));
    let ask = |limits| catalog.impact(&"kit:a".parse().unwrap(), limits, None).unwrap();
    let shallow = ask(ImpactLimits { depth: 1, ..ImpactLimits::default() });
    assert_eq!((shallow.affected.len(), shallow.more), (2, true));
    let few = ask(ImpactLimits { versions: 1, ..ImpactLimits::default() });
    assert_eq!((few.affected.len(), few.more), (1, true));
    assert!(!ask(ImpactLimits::default()).more);
}

#[test]
fn a_thing_deep_inside_is_reached_by_its_ties() {
    let mut deep = entry(
        "a",
        "m-a",
        1,
        vec![
            content(Kind::Model, "m", "w"),
            thing(Kind::Library, "numpy"),
            thing(Kind::Other, "odd"),
        ],
    );
    deep.ties = vec![
        tie(0, 1, RelationKind::Contains),
        tie(1, 2, RelationKind::DependsOn),
        // Nothing ties the third one; a circle hides no path.
        tie(2, 1, RelationKind::DependsOn),
    ];
    let catalog = catalog(&[deep]);
    let path = |question: &str| {
        let question = question.parse().unwrap();
        let impact = catalog.impact(&question, ImpactLimits::default(), None).unwrap();
        let steps = impact.affected[0].path.iter();
        steps.map(|step| format!("{} {}", step.relation, step.to)).collect::<Vec<_>>()
    };
    assert_eq!(path("numpy"), ["contains model m", "depends-on library numpy"]);
    assert_eq!(path("odd"), ["lists other odd"]);
}

#[test]
fn a_hostile_entry_stays_cheap() {
    // Everything is tied to everything.
    let count = 400;
    let things = (0..count).map(|at| thing(Kind::Library, &format!("p{at}"))).collect();
    let mut entry = entry("a", "m-a", 1, things);
    entry.ties = (1..=count)
        .flat_map(|from| (1..=count).map(move |to| tie(from, to, RelationKind::DependsOn)))
        .collect();
    let catalog = Catalog::in_memory().unwrap();
    catalog.put(&entry).unwrap();
    let begun = std::time::Instant::now();
    assert_eq!(affected(&catalog, "p7"), names(&[("a", 0)]));
    assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[test]
fn a_repository_of_the_same_name_at_another_registry_is_something_else() {
    let mut entries = family();
    for (at, base) in [
        "other.example/team/tuned:v1",
        "other.example:5000/team/tuned",
        "hub.example.com.evil.example/team/tuned",
        "hub.example.com:444/team/tuned",
    ]
    .into_iter()
    .enumerate()
    {
        let (name, manifest) = (format!("z/foreign{at}"), format!("m-foreign{at}"));
        let base = thing(Kind::BaseModel, base);
        entries.push(entry(&name, &manifest, 10 + at as i64, vec![base]));
    }
    entries.push(entry(
        "z/own",
        "m-own",
        20,
        vec![thing(Kind::BaseModel, "localhost:5000/team/tuned")],
    ));
    let catalog = catalog(&entries);
    let expected = [("team/tuned", 0), ("x/quant", 1), ("z/own", 1)];
    assert_eq!(affected(&catalog, "kit:team/tuned"), names(&expected));
    assert_eq!(affected(&catalog, "model:other.example/team/tuned")[0].0, "z/foreign0");
}

#[test]
fn under_another_name_the_hub_looks_at_its_kits_again() {
    let catalog = catalog(&family());
    let hosts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert!(!catalog.serve_as(&hosts(&["HUB.example.com", "hub.example.com"]), 7).unwrap());
    assert!(catalog.next_job(i64::MAX).unwrap().is_none());
    assert!(catalog.serve_as(&hosts(&["new.example"]), 7).unwrap());
    assert!(catalog.next_job(6).unwrap().is_none());
    let mut again = 0;
    while let Some(job) = catalog.next_job(7).unwrap() {
        let entry = family().into_iter().find(|one| one.digest == job.digest).unwrap();
        catalog.put(&entry).unwrap();
        catalog.finish(&job).unwrap();
        again += 1;
    }
    assert_eq!(again, family().len());
    assert_eq!(affected(&catalog, "kit:team/tuned"), names(&[("team/tuned", 0)]));
}

#[test]
fn a_kit_is_asked_for_with_or_without_the_address_of_the_hub() {
    let catalog = catalog(&family());
    let expected = names(&[("team/base", 0), ("team/tuned", 1), ("x/quant", 2)]);
    for host in ["", "hub.example.com/", "localhost:5000/", "127.0.0.1/"] {
        assert_eq!(affected(&catalog, &format!("kit:{host}team/base:v1")), expected, "{host}");
    }
    assert_eq!(affected(&catalog, "kit:other.example/team/base:v1"), names(&[]));
    // One that is not here, in the version that is meant.
    let outside = |name: &str, base: &str| entry(name, name, 1, vec![thing(Kind::BaseModel, base)]);
    let catalog = crate::common::catalog(&[
        outside("one", "other.example/m:v1"),
        outside("two", "other.example/m:v2"),
        outside("any", "other.example/m"),
    ]);
    let question = "kit:other.example/m:v1".parse().unwrap();
    let impact = catalog.impact(&question, ImpactLimits::default(), None).unwrap();
    let told: Vec<(&str, bool)> =
        impact.affected.iter().map(|one| (one.repository.as_str(), one.certain)).collect();
    assert_eq!(told, [("any", false), ("one", true)]);
}

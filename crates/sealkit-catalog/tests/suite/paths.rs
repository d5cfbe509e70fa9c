//! By which path a version is told, and whether it is certain.

use crate::common::{catalog, content, entry, thing, tie};
use sealkit_aibom::{Kind, RelationKind};
use sealkit_api::Affected;
use sealkit_catalog::{Entry, ImpactLimits, Tie};
use sealkit_report::Known;

/// The one version that a question concerns.
fn told(entry: Entry, question: &str) -> Affected {
    let question = question.parse().unwrap();
    let impact = catalog(&[entry]).impact(&question, ImpactLimits::default(), None).unwrap();
    assert_eq!(impact.affected.len(), 1, "{impact:?}");
    impact.affected.into_iter().next().unwrap()
}

/// Each step as `relation to`.
fn steps(told: &Affected) -> Vec<String> {
    told.path.iter().map(|step| format!("{} {}", step.relation, step.to)).collect()
}

fn guessed(tie: Tie) -> Tie {
    Tie { known: Known::Inferred, ..tie }
}

#[test]
fn what_is_declared_goes_before_a_guess() {
    // Code that imports it and a list that pins it, in either order.
    for (code, list) in [(1, 2), (2, 1)] {
        let mut parts = vec![content(Kind::Code, "a.py", "a"), content(Kind::Code, "list", "b")];
        if code == 2 {
            parts.reverse();
        }
        parts.push(thing(Kind::Library, "poisoned"));
        let mut entry = entry("a", "m-a", 1, parts);
        entry.ties.truncate(2);
        entry.ties.push(guessed(tie(code, 3, RelationKind::DependsOn)));
        entry.ties.push(tie(list, 3, RelationKind::DependsOn));
        let told = told(entry, "package:poisoned");
        assert!(told.certain);
        assert_eq!(steps(&told), ["contains code list", "depends-on library poisoned"]);
    }
}

#[test]
fn a_longer_way_that_is_known_goes_before_a_short_guess() {
    let things = vec![
        thing(Kind::Library, "deep"),
        thing(Kind::Library, "middle"),
        content(Kind::Code, "list", "b"),
    ];
    let mut entry = entry("a", "m-a", 1, things);
    entry.ties = vec![
        guessed(tie(0, 1, RelationKind::DependsOn)),
        tie(0, 3, RelationKind::Contains),
        tie(3, 2, RelationKind::DependsOn),
        tie(2, 1, RelationKind::DependsOn),
    ];
    let told = told(entry, "package:deep");
    assert!(told.certain);
    let path = ["contains code list", "depends-on library middle", "depends-on library deep"];
    assert_eq!(steps(&told), path);
}

#[test]
fn what_a_layer_holds_is_no_guess_though_what_it_is_be_one() {
    let things =
        vec![content(Kind::Code, "requirements.txt", "a"), thing(Kind::Library, "poisoned")];
    let mut entry = entry("a", "m-a", 1, things);
    entry.ties =
        vec![guessed(tie(0, 1, RelationKind::Contains)), tie(1, 2, RelationKind::DependsOn)];
    let found = told(entry.clone(), "package:poisoned");
    assert!(found.certain);
    assert_eq!(found.path[0].known, Known::Measured);
    // That it is code is one, and so is that something is needed where only an import says so.
    entry.things[1].kind = Kind::Dataset;
    assert!(!told(entry.clone(), "dataset:requirements.txt").certain);
    entry.ties[1].known = Known::Inferred;
    assert!(!told(entry, "package:poisoned").certain);
}

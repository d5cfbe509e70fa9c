//! What can not be told is said, and by which versions.

use crate::common::{catalog, content, digest, entry, thing};
use sealkit_aibom::Kind;
use sealkit_api::Impact;
use sealkit_catalog::{Catalog, Entry, ImpactLimits, Visible};

fn asked(catalog: &Catalog, question: &str, visible: Option<&[Visible]>) -> Impact {
    catalog.impact(&question.parse().unwrap(), ImpactLimits::default(), visible).unwrap()
}

fn partly(name: &str, problem: &str) -> Entry {
    Entry {
        problem: Some(problem.to_owned()),
        ..entry(name, &format!("m-{name}"), 1, vec![content(Kind::Dataset, name, name)])
    }
}

fn open(impact: &Impact) -> Vec<(&str, &str)> {
    impact.open.iter().map(|one| (one.repository.as_str(), one.reason.as_str())).collect()
}

#[test]
fn versions_that_were_not_read_wholly_leave_every_question_open() {
    let all = [
        partly("a/x", "a layer is torn"),
        partly("b/y", "a file is cut"),
        entry("c", "m", 1, vec![]),
    ];
    let catalog = catalog(&all);
    let questions = [
        "package:torch".to_owned(),
        "finding:pickle-import".to_owned(),
        "licence:MIT".to_owned(),
        digest("nothing").to_string(),
    ];
    for question in questions {
        let impact = asked(&catalog, &question, None);
        assert_eq!((impact.unread, impact.affected.len()), (2, 0), "{question}");
        assert_eq!(open(&impact), [("a/x", "a layer is torn"), ("b/y", "a file is cut")]);
    }
    let impact = asked(&catalog, &format!("tensor:blake3:{}", "0".repeat(64)), None);
    assert_eq!((impact.unread, impact.waiting), (2, 3));
    assert!(impact.open.iter().all(|one| one.reason == "its tensors are not hashed yet"));
    // One that is affected is told as such.
    let impact = asked(&catalog, "dataset:a/x", None);
    assert_eq!((impact.affected[0].repository.as_str(), impact.unread), ("a/x", 1));
    assert_eq!(open(&impact), [("b/y", "a file is cut")]);
}

#[test]
fn nobody_learns_of_versions_that_they_may_not_see() {
    let catalog = catalog(&[partly("a/x", "a layer is torn"), partly("b/y", "a file is cut")]);
    let waits = [("b/z".to_owned(), digest("z"), 1), ("a/w".to_owned(), digest("w"), 1)];
    catalog.enqueue(&waits, 1).unwrap();
    let impact = asked(&catalog, "package:torch", Some(&[Visible::Below("a".to_owned())]));
    assert_eq!((impact.waiting, impact.unread), (1, 1));
    assert_eq!(open(&impact), [("a/w", "it is not looked at yet"), ("a/x", "a layer is torn")]);
}

#[test]
fn one_that_waits_is_told_once_with_why_it_failed_so_far() {
    let catalog = catalog(&[partly("a/x", "a layer is torn")]);
    catalog.enqueue(&[("a/x".to_owned(), digest("m-a/x"), 1)], 1).unwrap();
    let job = catalog.next_job(1).unwrap().unwrap();
    catalog.postpone(&job, 60, "the disk is full").unwrap();
    for question in ["package:torch".to_owned(), format!("blake3:{}", "0".repeat(64))] {
        let impact = asked(&catalog, &question, None);
        assert_eq!((impact.waiting, impact.unread), (1, 1), "{question}");
        let reason = "it could not be looked at so far: the disk is full";
        assert_eq!(open(&impact), [("a/x", reason)]);
    }
}

#[test]
fn so_many_are_named_and_all_are_counted() {
    let all: Vec<Entry> = (0..150).map(|at| partly(&format!("k{at}"), "torn")).collect();
    let impact = asked(&catalog(&all), "package:torch", None);
    assert_eq!((impact.unread, impact.open.len()), (150, 100));
    assert!(!impact.more, "no bound of what is affected was met");
    let whole = entry("k", "m-k", 1, vec![thing(Kind::Library, "torch")]);
    assert_eq!(asked(&catalog(&[whole]), "package:torch", None).unread, 0);
}

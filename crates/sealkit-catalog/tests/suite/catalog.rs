//! Entries come back as they went in; searches find them; damage costs nothing but time.

use crate::common::{catalog, content, digest, entry, thing, tie};
use proptest::prelude::*;
use sealkit_aibom::{Kind, RelationKind};
use sealkit_api::{CodeFact, CodeFactKind, Note, Signer};
use sealkit_catalog::{Catalog, Facet, Search, Thing, Tie, Visible};
use sealkit_report::{Known, Severity};

fn found(catalog: &Catalog, search: &Search) -> Vec<String> {
    let result = catalog.search(search).unwrap();
    result.hits.into_iter().map(|hit| hit.repository).collect()
}

fn text(text: &str) -> Search {
    Search { text: text.to_owned(), ..Search::default() }
}

fn with(facets: &[(Facet, &str)]) -> Search {
    let facets = facets.iter().map(|(facet, value)| (*facet, (*value).to_owned())).collect();
    Search { facets, ..Search::default() }
}

#[test]
fn words_and_facets_narrow_down() {
    let mut entries = Vec::new();
    for (at, (name, licence, format)) in [
        ("vision/resnet-50", "Apache-2.0", "safetensors"),
        ("nlp/bert", "Apache-2.0", "onnx"),
        ("nlp/llama", "llama3", "safetensors"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut entry = entry(name, name, at as i64 + 1, vec![]);
        entry.facets.push((Facet::Licence, licence.to_owned()));
        entry.facets.push((Facet::Format, format.to_owned()));
        entry.text = format!("{name}\nA model that reads résumés");
        entries.push(entry);
    }
    let catalog = catalog(&entries);
    assert_eq!(found(&catalog, &Search::default()), ["nlp/llama", "nlp/bert", "vision/resnet-50"]);
    assert_eq!(found(&catalog, &text("resn")), ["vision/resnet-50"]);
    assert_eq!(found(&catalog, &text("RESUMES bert")), ["nlp/bert"]);
    assert_eq!(found(&catalog, &text("nothing")), [""; 0]);
    let apache = with(&[(Facet::Licence, "apache-2.0")]);
    assert_eq!(found(&catalog, &apache), ["nlp/bert", "vision/resnet-50"]);
    let both = with(&[(Facet::Licence, "Apache-2.0"), (Facet::Format, "onnx")]);
    assert_eq!(found(&catalog, &both), ["nlp/bert"]);
    let either = with(&[(Facet::Licence, "llama3"), (Facet::Licence, "Apache-2.0")]);
    assert_eq!(found(&catalog, &either).len(), 3);
    let below = Search { below: Some("nlp".to_owned()), ..Search::default() };
    assert_eq!(found(&catalog, &below).len(), 2);
    let visible = Some(vec![Visible::Below("nlp/bert".to_owned())]);
    assert_eq!(found(&catalog, &Search { visible, ..Search::default() }), ["nlp/bert"]);
    assert_eq!(found(&catalog, &Search { visible: Some(vec![]), ..Search::default() }), [""; 0]);
    let result = catalog.search(&with(&[(Facet::Format, "safetensors")])).unwrap();
    let licences: Vec<_> = result.facets.iter().filter(|count| count.facet == "licence").collect();
    assert_eq!(licences.len(), 2);
    assert_eq!((result.total, result.more, result.next), (2, false, None));
    // Counts of everything are those of a search that everything fits.
    let open = catalog.search(&Search::default()).unwrap();
    let all = catalog.search(&with(&[(Facet::Kind, "modelkit")])).unwrap();
    assert_eq!((open.facets, open.total), (all.facets, all.total));
}

#[test]
fn the_newest_tagged_version_stands_for_its_repository() {
    let catalog = catalog(&[]);
    for (version, at) in [("one", 1), ("two", 2), ("three", 3)] {
        catalog.put(&entry("a", version, at, vec![])).unwrap();
    }
    let digests = |search: &Search| {
        let result = catalog.search(search).unwrap();
        result.hits.into_iter().map(|hit| hit.digest).collect::<Vec<_>>()
    };
    let all = Search { all_versions: true, ..Search::default() };
    assert_eq!(digests(&Search::default()), []);
    catalog.set_tag("a", "v1", &digest("one")).unwrap();
    catalog.set_tag("a", "v2", &digest("two")).unwrap();
    assert_eq!(digests(&Search::default()), [digest("two")]);
    assert_eq!(digests(&text("a")), [digest("two")]);
    assert_eq!(digests(&all), [digest("two"), digest("one")]);
    catalog.remove_tag("a", "v2").unwrap();
    assert_eq!(digests(&text("a")), [digest("one")]);
    catalog.set_tag("a", "v1", &digest("three")).unwrap();
    assert_eq!(digests(&text("a")), [digest("three")]);
    catalog.remove("a", &digest("three")).unwrap();
    assert_eq!(digests(&text("a")), []);
    assert_eq!(catalog.tags("a").unwrap(), []);
    assert_eq!(catalog.versions().unwrap().len(), 2);
}

#[test]
fn versions_of_one_second_have_an_order_of_their_own() {
    let orders: [[&str; 3]; 2] = [["one", "nine", "ten"], ["ten", "nine", "one"]];
    for order in orders {
        let catalog = catalog(&[]);
        for (version, tag) in [("one", "v1"), ("nine", "v9"), ("ten", "v10")] {
            catalog.set_tag("a", tag, &digest(version)).unwrap();
        }
        for version in order {
            catalog.put(&entry("a", version, 7, vec![])).unwrap();
        }
        let newest = |catalog: &Catalog| catalog.search(&text("a")).unwrap().hits[0].digest.clone();
        assert_eq!(newest(&catalog), digest("ten"), "{order:?}");
        catalog.remove_tag("a", "v10").unwrap();
        assert_eq!(newest(&catalog), digest("nine"), "{order:?}");
        catalog.put(&entry("a", "later", 8, vec![])).unwrap();
        catalog.set_tag("a", "v0", &digest("later")).unwrap();
        assert_eq!(newest(&catalog), digest("later"), "the second comes first");
    }
}

#[test]
fn a_brief_search_is_a_page_and_nothing_that_is_counted() {
    let catalog = catalog(&[]);
    for (at, name) in ["a", "b", "c"].into_iter().enumerate() {
        let mut one = entry(name, name, i64::try_from(at).unwrap(), vec![]);
        one.facets.push((Facet::Signer, if name == "b" { "ana" } else { "nobody" }.to_owned()));
        catalog.put(&one).unwrap();
        catalog.set_tag(name, "v1", &digest(name)).unwrap();
    }
    let brief = |search: Search| catalog.search(&Search { brief: true, ..search }).unwrap();
    let names = |found: &sealkit_api::SearchResult| {
        found.hits.iter().map(|hit| hit.repository.clone()).collect::<Vec<_>>()
    };
    let all = brief(Search::default());
    assert_eq!(
        (names(&all), all.total, all.more, all.next),
        (vec!["c".into(), "b".into(), "a".into()], 3, false, None)
    );
    assert_eq!(all.facets, []);
    let one = brief(Search { limit: 1, ..with(&[(Facet::Signer, "nobody")]) });
    assert_eq!((names(&one), one.total, one.more, one.next), (vec!["c".into()], 1, true, Some(1)));
    let rest = brief(Search { limit: 1, offset: 1, ..with(&[(Facet::Signer, "nobody")]) });
    assert_eq!((names(&rest), rest.more), (vec!["a".into()], false));
    let visible =
        Search { visible: Some(vec![Visible::Below("b".to_owned())]), ..Search::default() };
    assert_eq!(names(&brief(visible)), ["b"]);
    assert_eq!(brief(Search { offset: usize::MAX, ..Search::default() }).hits, []);
}

#[test]
fn two_versions_differ_in_what_is_inside() {
    use sealkit_api::Change::{Added, Changed, Removed};
    let versioned = |kind, name: &str, version: &str| Thing {
        version: Some(version.to_owned()),
        ..thing(kind, name)
    };
    let mut one = entry(
        "a",
        "one",
        1,
        vec![
            versioned(Kind::Library, "torch", "2.1.0"),
            thing(Kind::ExternalDataset, "squad"),
            content(Kind::Dataset, "train", "rows"),
            content(Kind::File, "train.csv", "rows"),
        ],
    );
    one.facets.push((Facet::Licence, "MIT".to_owned()));
    let mut two = entry(
        "a",
        "two",
        2,
        vec![
            versioned(Kind::Library, "torch", "2.2.0"),
            content(Kind::Dataset, "train", "other rows"),
            content(Kind::File, "train.csv", "other rows"),
        ],
    );
    two.notes = vec![Note {
        severity: Severity::High,
        rule: "pickle-import".to_owned(),
        file: "m.pkl".to_owned(),
        place: String::new(),
        message: "m".to_owned(),
    }];
    let fact = |what, name: &str| CodeFact {
        file: "m.pkl".to_owned(),
        what,
        name: name.to_owned(),
        place: "offset 2".to_owned(),
        known: Known::Measured,
    };
    one.code = vec![fact(CodeFactKind::Runs, "pickle")];
    two.code = vec![fact(CodeFactKind::Runs, "pickle"), fact(CodeFactKind::Calls, "posix.system")];
    let changes = one.changes_to(&two);
    let told: Vec<_> =
        changes.iter().map(|c| (c.kind.as_str(), c.name.as_str(), c.change)).collect();
    assert_eq!(
        told,
        [
            ("code", "calls posix.system", Added),
            ("dataset", "train", Changed),
            ("external-dataset", "squad", Removed),
            ("finding", "pickle-import", Added),
            ("library", "torch", Changed),
            ("licence", "MIT", Removed),
        ]
    );
    assert_eq!((changes[4].a.as_deref(), changes[4].b.as_deref()), (Some("2.1.0"), Some("2.2.0")));
    assert_eq!(changes[3].b.as_deref(), Some("m.pkl"));
    assert_eq!(one.changes_to(&one), []);
}

#[test]
fn jobs_wait_are_tried_again_and_survive() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("catalog.db");
    let (first, second) = (digest("one"), digest("two"));
    {
        let (catalog, new) = Catalog::open(&path).unwrap();
        assert!(new);
        let jobs = [("a".to_owned(), first.clone(), 5), ("b".to_owned(), second.clone(), 4)];
        catalog.enqueue(&jobs, 10).unwrap();
        catalog.enqueue(&jobs[..1], 10).unwrap();
        assert_eq!(catalog.next_job(9).unwrap(), None);
        let job = catalog.next_job(10).unwrap().unwrap();
        assert_eq!((job.repository.as_str(), job.pushed), ("b", 4));
        catalog.postpone(&job, 60, "its layer is gone").unwrap();
    }
    let (catalog, new) = Catalog::open(&path).unwrap();
    assert!(!new);
    let job = catalog.next_job(10).unwrap().unwrap();
    assert_eq!(job.digest, first);
    // Asked for again while it is done: what was done does not answer that.
    catalog.enqueue(&[("a".to_owned(), first.clone(), 5)], 10).unwrap();
    catalog.finish(&job).unwrap();
    catalog.postpone(&job, i64::MAX, "late").unwrap();
    let job = catalog.next_job(10).unwrap().unwrap();
    assert_eq!((&job.digest, job.attempts), (&first, 0));
    catalog.finish(&job).unwrap();
    assert_eq!(catalog.next_job(59).unwrap(), None);
    let job = catalog.next_job(60).unwrap().unwrap();
    assert_eq!((job.attempts, job.problem.as_deref()), (1, Some("its layer is gone")));
    assert_eq!(catalog.jobs(10).unwrap(), (vec![job], 1));
}

#[test]
fn those_that_rest_are_passed_over_while_others_are_due() {
    let catalog = Catalog::in_memory().unwrap();
    let job = |name: &str, at: i64| (name.to_owned(), digest(name), at);
    let jobs = [job("hog/a", 1), job("hog", 2), job("hog-other/a", 3), job("team/x", 4)];
    catalog.enqueue(&jobs, 10).unwrap();
    let next = |resting: &[&str]| {
        let resting: Vec<String> = resting.iter().map(|one| (*one).to_owned()).collect();
        catalog.next_job_but(10, &resting).unwrap().map(|job| job.repository)
    };
    assert_eq!(next(&[]).as_deref(), Some("hog/a"));
    assert_eq!(next(&["hog"]).as_deref(), Some("hog-other/a"));
    assert_eq!(next(&["hog", "hog-other"]).as_deref(), Some("team/x"));
    assert_eq!(next(&["hog", "hog-other", "team"]).as_deref(), Some("hog/a"), "nobody else waits");
    assert_eq!(catalog.next_job_but(9, &["hog".to_owned()]).unwrap(), None);
}

#[test]
fn a_catalogue_that_cannot_be_read_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("catalog.db");
    let make = |version: i64| {
        let (catalog, _) = Catalog::open(&path).unwrap();
        catalog.put(&entry("a", "one", 1, vec![])).unwrap();
        drop(catalog);
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection.pragma_update(None, "user_version", version).unwrap();
    };
    make(99);
    let (catalog, new) = Catalog::open(&path).unwrap();
    assert!(new && catalog.versions().unwrap().is_empty());
    drop(catalog);
    for damage in [b"no database at all".as_slice(), b""] {
        std::fs::write(&path, damage).unwrap();
        let (catalog, new) = Catalog::open(&path).unwrap();
        assert!(new && catalog.versions().unwrap().is_empty());
        catalog.put(&entry("a", "one", 1, vec![])).unwrap();
    }
    let nowhere = dir.path().join("missing").join("catalog.db");
    let error = Catalog::open(&nowhere).err().unwrap().to_string();
    assert!(error.contains("could not make the catalogue") && error.contains("missing"), "{error}");
}

#[test]
fn readers_see_whole_entries_while_others_are_put() {
    let dir = tempfile::tempdir().unwrap();
    let (catalog, _) = Catalog::open(&dir.path().join("catalog.db")).unwrap();
    let made = |round: i64| {
        let things = (0..20).map(|at| thing(Kind::Library, &format!("p{round}-{at}"))).collect();
        entry("a", "one", 1, things)
    };
    catalog.put(&made(0)).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| (1..50).for_each(|round| catalog.put(&made(round)).unwrap()));
        for _ in 0..200 {
            let read = catalog.entry("a", &digest("one")).unwrap().unwrap();
            let round = read.things[1].name.split('-').next().unwrap().to_owned();
            assert_eq!(read.things.len(), 21);
            assert!(read.things[1..].iter().all(|thing| thing.name.starts_with(&round)));
        }
    });
}

fn things() -> impl Strategy<Value = Vec<Thing>> {
    let kind = prop::sample::select(Kind::ALL.to_vec());
    let made = (kind, "[a-zA-Z0-9/._ -]{1,20}", prop::option::of("[0-9.]{1,5}"), any::<bool>());
    let made = made.prop_map(|(kind, name, version, with_bytes)| {
        let base = if with_bytes { content(kind, &name, &name) } else { thing(kind, &name) };
        Thing { version, licences: vec!["MIT".to_owned(), "weird \"text\"".to_owned()], ..base }
    });
    prop::collection::vec(made, 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_entry_comes_back_as_it_went_in(
        things in things(),
        ends in prop::collection::vec((0usize..12, 0usize..12), 0..12),
        description in ".{0,40}",
        pushed in 0i64..4_000_000_000,
    ) {
        let mut made = entry("team/a", "one", pushed, things);
        let count = made.things.len();
        let relation = |(from, to): (usize, usize)| Tie {
            role: Some("adapter".to_owned()),
            known: Known::Inferred,
            ..tie(from % count, to % count, RelationKind::DerivedFrom)
        };
        made.ties = ends.into_iter().map(relation).collect();
        made.description = Some(description);
        made.parameters = Some(u64::from(u32::MAX) * 2);
        made.notes = vec![Note {
            severity: Severity::High,
            rule: "r".to_owned(),
            file: "f".to_owned(),
            place: String::new(),
            message: "m".to_owned(),
        }];
        made.signers =
            vec![Signer { name: "n".to_owned(), statement: "s".to_owned(), verified: false }];
        let catalog = Catalog::in_memory().unwrap();
        // Over another one of the same name, which leaves nothing behind.
        let others = vec![thing(Kind::Library, "old")];
        catalog.put(&entry("team/a", "one", pushed, others)).unwrap();
        catalog.put(&made).unwrap();
        prop_assert_eq!(catalog.entry("team/a", &digest("one")).unwrap(), Some(made));
        prop_assert_eq!(crate::common::affected(&catalog, "package:old"), vec![]);
    }

    #[test]
    fn facets_of_everything_are_counted_rightly_whatever_happens(
        acts in prop::collection::vec((0u8..4, 0usize..3, 0usize..3, 0usize..3), 0..40),
    ) {
        let catalog = Catalog::in_memory().unwrap();
        for (act, repository, version, licence) in acts {
            let name = format!("kit-{repository}");
            let content = format!("{repository}-{version}");
            match act {
                0 => {
                    let mut made = entry(&name, &content, version as i64, vec![]);
                    made.facets.push((Facet::Licence, format!("l{licence}")));
                    catalog.put(&made).unwrap();
                }
                1 => catalog.set_tag(&name, &format!("v{licence}"), &digest(&content)).unwrap(),
                2 => catalog.remove_tag(&name, &format!("v{licence}")).unwrap(),
                _ => catalog.remove(&name, &digest(&content)).unwrap(),
            }
        }
        let open = catalog.search(&Search::default()).unwrap();
        let all = catalog.search(&with(&[(Facet::Kind, "modelkit")])).unwrap();
        prop_assert_eq!((open.total, open.facets), (all.total, all.facets));
    }

    #[test]
    fn no_text_breaks_a_search(typed in ".{0,60}") {
        let catalog = catalog(&[entry("a", "one", 1, vec![])]);
        prop_assert!(catalog.search(&text(&typed)).is_ok());
        if let Ok(question) = typed.parse() {
            prop_assert!(catalog.impact(&question, sealkit_catalog::ImpactLimits::default(), None).is_ok());
        }
    }
}

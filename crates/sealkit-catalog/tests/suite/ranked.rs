//! In which order a search tells what it found, and in which pages.

use crate::common::{catalog, entry};
use sealkit_catalog::{Catalog, Entry, Facet, Search};

fn found(catalog: &Catalog, search: &Search) -> Vec<String> {
    let result = catalog.search(search).unwrap();
    result.hits.into_iter().map(|hit| hit.repository).collect()
}

fn text(text: &str) -> Search {
    Search { text: text.to_owned(), ..Search::default() }
}

#[test]
fn hits_are_counted_and_paged() {
    let entries: Vec<Entry> =
        (0..45).map(|at| entry(&format!("kit-{at:02}"), &format!("m{at}"), at, vec![])).collect();
    let catalog = catalog(&entries);
    for search in [Search::default(), text("kit")] {
        let (mut names, mut offset) = (Vec::new(), Some(0));
        while let Some(at) = offset {
            let page = Search { offset: usize::try_from(at).unwrap(), ..search.clone() };
            let result = catalog.search(&page).unwrap();
            assert_eq!(result.total, 45);
            names.extend(result.hits.into_iter().map(|hit| hit.repository));
            offset = result.next;
        }
        assert_eq!((names.len(), names[0].as_str()), (45, "kit-44"));
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 45);
    }
    let far = Search { offset: usize::MAX, ..Search::default() };
    assert_eq!(found(&catalog, &far), [""; 0]);
}

#[test]
fn what_is_called_so_comes_first_and_of_equals_the_newest() {
    let mut entries = Vec::new();
    for (at, (name, facet)) in [
        ("nlp/bert", None),
        ("nlp/bert-large", None),
        ("nlp/letters", Some((Facet::Base, "google/bert"))),
        ("nlp/one", None),
        ("nlp/other", None),
    ]
    .into_iter()
    .enumerate()
    {
        let mut entry = entry(name, name, at as i64, vec![]);
        entry.facets.extend(facet.map(|(facet, value)| (facet, value.to_owned())));
        entry.text = format!("{name} bert bert bert");
        entries.push(entry);
    }
    entries[3].text = "bert".to_owned();
    let catalog = catalog(&entries);
    let best = ["nlp/bert", "nlp/bert-large", "nlp/letters", "nlp/other", "nlp/one"];
    assert_eq!(found(&catalog, &text("bert")), best);
    let brief = Search { brief: true, ..text("bert") };
    assert_eq!(found(&catalog, &brief)[0], "nlp/other", "what is brief is not ranked");
}

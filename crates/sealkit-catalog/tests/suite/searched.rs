//! What a search finds, whatever is asked for, is what a filter that looks at every version finds.

use std::collections::BTreeSet;

use crate::common::{catalog, digest, entry};
use proptest::prelude::*;
use sealkit_catalog::{Catalog, Entry, Facet, Search, Visible};

const REPOSITORIES: [&str; 6] = ["a", "a/b", "a/b/c", "ab", "b", "b/a"];
const WORDS: [&str; 5] = ["whale", "what", "resnet", "net", "résumé"];
const LICENCES: [&str; 3] = ["MIT", "Apache-2.0", "none such"];
const FORMATS: [&str; 2] = ["onnx", "gguf"];

/// A version with its tag, where it has one.
#[derive(Clone, Debug)]
struct Known {
    entry: Entry,
    tag: Option<String>,
    words: Vec<usize>,
}

prop_compose! {
    fn version(at: usize)(
        repository in 0..REPOSITORIES.len(),
        pushed in 0..4_i64,
        tagged in any::<bool>(),
        words in prop::collection::vec(0..WORDS.len(), 0..3),
        licences in prop::collection::btree_set(0..LICENCES.len(), 0..3),
        format in 0..FORMATS.len(),
    ) -> Known {
        let name = REPOSITORIES[repository];
        let mut made = entry(name, &format!("version {at}"), pushed, vec![]);
        made.text = words.iter().map(|word| WORDS[*word]).collect::<Vec<_>>().join("\n");
        made.facets.extend(licences.iter().map(|one| (Facet::Licence, LICENCES[*one].to_owned())));
        made.facets.push((Facet::Format, FORMATS[format].to_owned()));
        Known { entry: made, tag: tagged.then(|| format!("v{at:02}")), words }
    }
}

fn versions() -> impl Strategy<Value = Vec<Known>> {
    (1..14_usize).prop_flat_map(|count| (0..count).map(version).collect::<Vec<_>>())
}

prop_compose! {
    fn search()(
        words in prop::collection::vec(0..WORDS.len(), 0..3),
        cut in 1..4_usize,
        facets in prop::collection::vec((any::<bool>(), 0..3_usize), 0..3),
        below in prop::option::of(0..REPOSITORIES.len()),
        all_versions in any::<bool>(),
        visible in prop::option::of(prop::collection::vec((any::<bool>(), 0..REPOSITORIES.len()), 0..3)),
    ) -> Search {
        let mut text: Vec<String> = words.iter().map(|word| WORDS[*word].to_uppercase()).collect();
        // People look while they type.
        if let Some(last) = text.last_mut() {
            *last = last.chars().take(cut + 1).collect();
        }
        let facet = |(licence, at): &(bool, usize)| match licence {
            true => (Facet::Licence, LICENCES[at % 3].to_owned()),
            false => (Facet::Format, FORMATS[at % 2].to_owned()),
        };
        let seen = |(below, at): &(bool, usize)| match below {
            true => Visible::Below(REPOSITORIES[*at].to_owned()),
            false => Visible::Only(REPOSITORIES[*at].to_owned()),
        };
        Search {
            text: text.join(" "),
            facets: facets.iter().map(facet).collect(),
            below: below.map(|at| REPOSITORIES[at].to_owned()),
            all_versions,
            visible: visible.map(|all| all.iter().map(seen).collect()),
            ..Search::default()
        }
    }
}

fn lies_below(name: &str, prefix: &str) -> bool {
    name == prefix || name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'))
}

/// Lower case without accents, as the words of this test have them.
fn folded(word: &str) -> String {
    word.to_lowercase().replace('é', "e")
}

fn fits(search: &Search, one: &Known, all: &[Known]) -> bool {
    let name = &one.entry.repository;
    let order = |known: &Known| (known.entry.pushed, known.tag.clone());
    let newest = || {
        let same = all.iter().filter(|other| other.entry.repository == *name);
        same.filter(|other| other.tag.is_some()).all(|other| order(other) <= order(one))
    };
    let asked: Vec<String> =
        search.text.split(' ').filter(|word| !word.is_empty()).map(folded).collect();
    let has = |at: usize, asked: &String| {
        let is_last = at + 1 == asked_len(search);
        one.words
            .iter()
            .map(|word| folded(WORDS[*word]))
            .any(|word| if is_last { word.starts_with(asked.as_str()) } else { word == *asked })
    };
    let of = |facet: Facet| search.facets.iter().filter(move |(asked, _)| *asked == facet);
    let holds = |facet: Facet| {
        of(facet).next().is_none() || of(facet).any(|pair| one.entry.facets.contains(pair))
    };
    let may = |visible: &Visible| match visible {
        Visible::Only(only) => only == name,
        Visible::Below(below) => lies_below(name, below),
    };
    one.tag.is_some()
        && (search.all_versions || newest())
        && asked.iter().enumerate().all(|(at, word)| has(at, word))
        && holds(Facet::Licence)
        && holds(Facet::Format)
        && search.below.as_ref().is_none_or(|below| lies_below(name, below))
        && search.visible.as_ref().is_none_or(|all| all.iter().any(may))
}

fn asked_len(search: &Search) -> usize {
    search.text.split(' ').filter(|word| !word.is_empty()).count()
}

type Found = Vec<(String, String)>;

/// Every page, put together.
fn by_offset(catalog: &Catalog, search: &Search, brief: bool) -> Found {
    let (mut all, mut offset) = (Vec::new(), Some(0));
    while let Some(at) = offset {
        let offset_now = usize::try_from(at).unwrap();
        let page = Search { offset: offset_now, limit: 3, brief, ..search.clone() };
        let found = catalog.search(&page).unwrap();
        all.extend(found.hits.into_iter().map(|hit| (hit.repository, hit.digest.to_string())));
        offset = found.next;
    }
    all
}

fn by_walking(catalog: &Catalog, search: &Search) -> Found {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let step = catalog.walk(&Search { limit: 3, ..search.clone() }, after).unwrap();
        let Some((last, _)) = step.last() else { return all };
        after = Some(*last);
        all.extend(step.into_iter().map(|(_, hit)| (hit.repository, hit.digest.to_string())));
    }
}

#[test]
fn a_walk_meets_each_version_once_whatever_comes_and_goes_meanwhile() {
    let names: Vec<String> = (0..9).map(|at| format!("kit-{at}")).collect();
    let entries: Vec<Entry> =
        names.iter().zip(0..).map(|(name, at)| entry(name, name, at, vec![])).collect();
    let catalog = catalog(&entries);
    let search = Search { limit: 2, ..Search::default() };
    let (mut met, mut after) = (Vec::new(), None);
    loop {
        let step = catalog.walk(&search, after).unwrap();
        let Some((last, _)) = step.last() else { break };
        // As text it is the same place.
        after = Some(last.to_string().parse().unwrap());
        met.extend(step.into_iter().map(|(_, hit)| hit.repository));
        let new = format!("new-{}", met.len());
        catalog.put(&entry(&new, &new, 100, vec![])).unwrap();
        catalog.set_tag(&new, "v1", &digest(&new)).unwrap();
        catalog.remove(&met[0], &digest(&met[0])).unwrap();
    }
    met.reverse();
    assert_eq!(met, names);
    let none = Search { visible: Some(vec![]), limit: 2, ..Search::default() };
    assert_eq!(catalog.walk(&none, None).unwrap(), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn a_search_is_a_filter(all in versions(), search in search(), late in any::<bool>()) {
        let catalog = Catalog::in_memory().unwrap();
        // Tags may come before what they point at is looked at, or after it.
        for known in &all {
            let tag = |known: &Known| {
                if let Some(tag) = &known.tag {
                    catalog.set_tag(&known.entry.repository, tag, &known.entry.digest).unwrap();
                }
            };
            if !late { tag(known); }
            catalog.put(&known.entry).unwrap();
            if late { tag(known); }
        }
        let name = |known: &Known| (known.entry.repository.clone(), known.entry.digest.to_string());
        let expected: BTreeSet<_> = all.iter().filter(|one| fits(&search, one, &all)).map(name).collect();
        let found = by_offset(&catalog, &search, false);
        prop_assert_eq!(found.len(), expected.len(), "nothing twice: {:?}", found);
        prop_assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected.clone());
        let newest_first = by_offset(&catalog, &search, true);
        prop_assert_eq!(newest_first.iter().cloned().collect::<BTreeSet<_>>(), expected);
        prop_assert_eq!(by_walking(&catalog, &search), newest_first.clone());
        let pushed = |(_, of): &(String, String)| {
            all.iter().find(|known| known.entry.digest.to_string() == *of).unwrap().entry.pushed
        };
        prop_assert!(newest_first.iter().map(pushed).is_sorted_by(|a, b| a >= b));
        prop_assert_eq!(digest("version 0"), all[0].entry.digest.clone());
    }
}

//! What is inside of one version and not of another.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_aibom::Kind;
use sealkit_api::{Change, CodeFactKind, ContentChange};

use crate::{Entry, Facet};

/// Most differences that are told.
const MAX_CHANGES: usize = 10_000;

/// Kind and name of something, with all that tells its versions apart.
type Contents = BTreeMap<(String, String), BTreeSet<String>>;

impl Entry {
    /// What `other` has and this has not, or has in another version, sorted by kind and name. Files are left
    /// out: they are compared by path.
    pub fn changes_to(&self, other: &Self) -> Vec<ContentChange> {
        let (a, b) = (contents(self), contents(other));
        let names: BTreeSet<&(String, String)> = a.keys().chain(b.keys()).collect();
        let change = |key: &(String, String)| {
            let (left, right) = (a.get(key), b.get(key));
            let change = match (left, right) {
                (left, right) if left == right => return None,
                (None, _) => Change::Added,
                (_, None) => Change::Removed,
                _ => Change::Changed,
            };
            let text = |versions: &BTreeSet<String>| {
                let texts: Vec<&str> = versions.iter().map(String::as_str).collect();
                Some(texts.join(", ")).filter(|text| !text.is_empty())
            };
            let (kind, name) = key.clone();
            let (a, b) = (left.and_then(text), right.and_then(text));
            Some(ContentChange { kind, name, change, a, b })
        };
        names.into_iter().filter_map(change).take(MAX_CHANGES).collect()
    }
}

fn contents(entry: &Entry) -> Contents {
    let mut all = Contents::new();
    let mut add = |kind: &str, name: &str, version: Option<&str>| {
        let versions = all.entry((kind.to_owned(), name.to_owned())).or_default();
        versions.extend(version.map(str::to_owned));
    };
    for thing in &entry.things {
        if matches!(thing.kind, Kind::Kit | Kind::File) {
            continue;
        }
        let digest = thing.digests.first().map(String::as_str).filter(|_| thing.kind.is_inside());
        add(thing.kind.name(), &thing.name, thing.version.as_deref().or(digest));
    }
    for (facet, value) in &entry.facets {
        if *facet == Facet::Licence {
            add("licence", value, None);
        }
    }
    for note in &entry.notes {
        add("finding", &note.rule, Some(&note.file));
    }
    for fact in entry.code.iter().filter(|fact| fact.what != CodeFactKind::Unread) {
        add("code", &[fact.what.name(), &fact.name].join(" "), Some(&fact.file));
    }
    for name in entry.signed_by() {
        add("signer", name, None);
    }
    all
}

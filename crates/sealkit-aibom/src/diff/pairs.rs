//! Which components of two AIBOMs are the same thing.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::identity::{Identity, identity};
use super::told::values;
use crate::{Bom, Component, Hash};

/// One thing in the first AIBOM, in the second, or in both.
pub(super) type Pair<'a> = (Identity, Option<&'a Component>, Option<&'a Component>);

type Group<'a> = (Vec<&'a Component>, Vec<&'a Component>);

/// Everything of both AIBOMs. The same thing may stand several times, in two layers: then those that are
/// alike are the same, whatever names a document has for them.
pub(super) fn pairs<'a>(before: &'a Bom, after: &'a Bom) -> Vec<Pair<'a>> {
    let mut groups: BTreeMap<Identity, Group<'a>> = BTreeMap::new();
    for component in before.all() {
        groups.entry(identity(component)).or_default().0.push(component);
    }
    for component in after.all() {
        groups.entry(identity(component)).or_default().1.push(component);
    }
    let mut all = Vec::new();
    for (key, (mut old, mut new)) in groups {
        if old.len() > 1 || new.len() > 1 {
            // In an order that no name has a part in.
            old.sort_by_cached_key(|component| content(component));
            new.sort_by_cached_key(|component| content(component));
            alike(&key, (&mut old, &mut new), |component| Some(content(component)), &mut all);
            alike(&key, (&mut old, &mut new), digests, &mut all);
        }
        let mut new = new.into_iter();
        for component in old {
            all.push((key.clone(), Some(component), new.next()));
        }
        all.extend(new.map(|component| (key.clone(), None, Some(component))));
    }
    all
}

/// Takes out those that are alike. What is left stays in its order.
fn alike<'a>(
    key: &Identity,
    (old, new): (&mut Vec<&'a Component>, &mut Vec<&'a Component>),
    by: impl Fn(&Component) -> Option<String>,
    all: &mut Vec<Pair<'a>>,
) {
    let mut known: BTreeMap<String, VecDeque<usize>> = BTreeMap::new();
    for (at, component) in new.iter().enumerate() {
        if let Some(text) = by(component) {
            known.entry(text).or_default().push_back(at);
        }
    }
    let mut taken = BTreeSet::new();
    old.retain(|component| {
        let at = by(component).and_then(|text| known.get_mut(&text)?.pop_front());
        let same = at.and_then(|at| new.get(at).copied());
        taken.extend(at);
        if let Some(same) = same {
            all.push((key.clone(), Some(component), Some(same)));
        }
        same.is_none()
    });
    let mut at = 0..;
    new.retain(|_| at.next().is_none_or(|at| !taken.contains(&at)));
}

/// All that is compared of a component, as a text.
fn content(component: &Component) -> String {
    let Component { hashes, size, media_type, purl, name, properties, .. } = component;
    let hashes: Vec<String> = hashes.iter().map(Hash::to_string).collect();
    format!("{:?}", (hashes, size, media_type, purl, name, values(properties)))
}

/// The digests of a component.
fn digests(component: &Component) -> Option<String> {
    let all: Vec<String> = component.hashes.iter().map(Hash::to_string).collect();
    (!all.is_empty()).then(|| all.join(" "))
}

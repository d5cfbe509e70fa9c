//! Which claims a document shows at native places, and which it also needs as properties.
//!
//! A claim stands at its native place alone where reading the place gives it back. Where a place
//! cannot hold a claim without loss (another type of value, a second description, `apache-2.0` for
//! `Apache-2.0`), the claim stands in full as a property, and the native place repeats what it can.
//! To tell the two apart when reading, a native element that repeats a property is passed over; so
//! no element may stand for itself while a property would be written like it.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_report::Evidence;
use serde_json::Value as Json;

use super::Context;
use super::own::Own;
use super::place::Place;
use crate::Property;

/// One claim at one place.
struct Candidate<'a> {
    place: usize,
    at: usize,
    key: String,
    element: Json,
    /// Whether it is written there: a place holds one of each, or one at all.
    shown: bool,
    /// The claim that reading gives, where that is this one but for its evidence.
    read: Option<Property>,
    claim: &'a Property,
}

/// An element of a native place.
pub(super) struct Shown<'a> {
    pub(super) place: &'static Place,
    pub(super) element: Json,
    pub(super) evidence: Option<&'a Evidence>,
}

/// Claims divided into native places and properties.
pub(super) struct Split<'a> {
    /// What stands at native places.
    pub(super) shown: Vec<Shown<'a>>,
    /// Evidence of what stands there alone: name, number among its name, evidence.
    pub(super) evidence: Vec<(&'a str, usize, &'a Evidence)>,
    /// What stands in full as properties, in order.
    pub(super) full: Vec<&'a Property>,
}

/// Divides the claims of one component, run or document.
pub(super) fn split<'a>(
    places: impl Iterator<Item = &'static Place>,
    context: &Context<'a>,
) -> Split<'a> {
    let claims = context.claims;
    if claims.is_empty() {
        // Of most files of most kits no more is known than bytes and name.
        return Split { shown: Vec::new(), evidence: Vec::new(), full: Vec::new() };
    }
    let places: Vec<&'static Place> = places.collect();
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, claim) in claims.iter().enumerate() {
        by_name.entry(&claim.name).or_default().push(at);
    }
    let candidates = candidates(&places, context, &by_name);
    let mut alone = alone(&candidates, &by_name, claims.len());
    demote(&candidates, &by_name, &mut alone);
    let read = candidates.iter().filter_map(|c| Some((c.at, c.read.as_ref()?)));
    let read: BTreeMap<usize, &Property> = read.collect();
    let mut evidence = Vec::new();
    for (name, all) in &by_name {
        let of_name = all.iter().filter(|at| alone.get(**at) == Some(&true));
        for (of, at) in of_name.enumerate() {
            let implied = read.get(at).and_then(|read| read.evidence.as_ref());
            let own = claims.get(*at).and_then(|claim| claim.evidence.as_ref());
            if let Some(own) = own.filter(|own| Some(*own) != implied) {
                evidence.push((*name, of, own));
            }
        }
    }
    let full = claims.iter().zip(&alone).filter(|(_, alone)| !**alone).map(|(c, _)| c).collect();
    let shown = candidates.into_iter().filter(|c| c.shown);
    let shown = shown.filter_map(|c| {
        let (place, evidence) = (*places.get(c.place)?, c.claim.evidence.as_ref());
        Some(Shown { place, element: c.element, evidence })
    });
    Split { shown: shown.collect(), evidence, full }
}

fn candidates<'a>(
    places: &[&'static Place],
    context: &Context<'a>,
    by_name: &BTreeMap<&str, Vec<usize>>,
) -> Vec<Candidate<'a>> {
    let mut all = Vec::new();
    for (number, place) in places.iter().enumerate() {
        let mut seen = BTreeSet::new();
        let named = place.names.iter().filter_map(|name| by_name.get(name)).flatten();
        for at in named {
            let Some(claim) = context.claims.get(*at) else { continue };
            let Some(element) = (place.write)(claim, context) else { continue };
            let key = place.key(&element);
            let shown = if place.many { !seen.contains(&key) } else { seen.is_empty() };
            seen.insert(key.clone());
            let read = (place.read)(&element).filter(|read| {
                shown
                    && read.name == claim.name
                    && read.subject == claim.subject
                    && read.value == claim.value
                    && (read.evidence.is_none() || claim.evidence.is_some())
            });
            all.push(Candidate { place: number, at: *at, key, element, shown, read, claim });
        }
    }
    all
}

/// Which claims may stand at their native place alone: the first ones of a name, if all of the name
/// that could are among them, and in the order in which they are read.
fn alone(
    candidates: &[Candidate<'_>],
    by_name: &BTreeMap<&str, Vec<usize>>,
    count: usize,
) -> Vec<bool> {
    let mut place = vec![None; count];
    for candidate in candidates.iter().filter(|c| c.read.is_some()).rev() {
        if let Some(place) = place.get_mut(candidate.at) {
            *place = Some(candidate.place);
        }
    }
    let mut alone = vec![false; count];
    for all in by_name.values() {
        let places: Vec<Option<usize>> =
            all.iter().map(|at| place.get(*at).copied().flatten()).collect();
        let first = places.iter().take_while(|place| place.is_some()).count();
        let (head, tail) = places.split_at(first);
        if tail.iter().all(Option::is_none) && head.is_sorted() {
            for at in all.iter().take(first) {
                if let Some(alone) = alone.get_mut(*at) {
                    *alone = true;
                }
            }
        }
    }
    alone
}

/// Takes back the names of which an element would be passed over as the repetition of a property.
fn demote(candidates: &[Candidate<'_>], by_name: &BTreeMap<&str, Vec<usize>>, alone: &mut [bool]) {
    loop {
        let is_alone = |c: &&Candidate<'_>| alone.get(c.at) == Some(&true);
        let repeated: BTreeSet<(usize, &str)> =
            candidates.iter().filter(|c| !is_alone(c)).map(|c| (c.place, &*c.key)).collect();
        let hidden = candidates
            .iter()
            .filter(is_alone)
            .find(|c| c.read.is_some() && repeated.contains(&(c.place, &*c.key)));
        let Some(hidden) = hidden.map(|c| c.claim.name.as_str()) else { return };
        for at in by_name.get(hidden).into_iter().flatten() {
            if let Some(alone) = alone.get_mut(*at) {
                *alone = false;
            }
        }
    }
}

/// The claims of a component, a run or a document that was read: native ones first.
pub(super) fn join(
    own: &Own,
    places: impl Iterator<Item = &'static Place>,
    object: &Json,
    context: &Context<'_>,
) -> Vec<Property> {
    let mut all = Vec::new();
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    for place in places {
        let Some(there) = object.pointer(place.path) else { continue };
        let elements = match there {
            Json::Array(list) if place.many => list.iter().collect(),
            _ if place.many => Vec::new(),
            one => vec![one],
        };
        let repeated: BTreeSet<String> = own
            .claims
            .iter()
            .filter(|claim| place.names.contains(&claim.name.as_str()))
            .filter_map(|claim| Some(place.key(&(place.write)(claim, context)?)))
            .collect();
        for element in elements {
            if repeated.contains(&place.key(element)) {
                continue;
            }
            let Some(mut claim) = (place.read)(element) else { continue };
            let number = numbers.entry(claim.name.clone()).or_default();
            if let Some(evidence) = own.evidence.get(&(claim.name.clone(), *number)) {
                claim.evidence = Some(evidence.clone());
            }
            *number += 1;
            all.push(claim);
        }
    }
    all.extend(own.claims.iter().cloned());
    all
}

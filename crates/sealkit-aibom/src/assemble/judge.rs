//! Where sources contradict each other.
//!
//! Everything that is said stays; a contradiction is said beside it. Only what two sources say *of
//! the same thing* can contradict:
//! - licences: two declared ones, or a declared one and the text of another;
//! - names: two declared ones, neither of which holds the other, whatever case and punctuation;
//! - authors: two files that each name authors, none of whom both name. Who committed, signed or
//!   packed need not be an author, so that these never contradict one.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_inspect::{Value, property};
use sealkit_report::{Evidence, Known};

use super::claims::{Claims, conflict, texts};
use super::evidence::inferred;
use super::limits;
use crate::licence::{folded, same_licence};
use crate::{Component, Property};

/// Adds what of the claims, in the order in which they count, contradicts another to the component.
pub(super) fn contradictions(claims: &Claims, component: &mut Component) {
    let mut found = Vec::new();
    licences(claims, &mut found);
    names(claims, &mut found);
    authors(claims, &mut found);
    found.truncate(limits::CONFLICTS);
    component.properties.extend(found);
}

fn licences(claims: &Claims, found: &mut Vec<Property>) {
    let all: Vec<(String, &Property)> = whole(claims, property::LICENCE);
    let Some((first, by)) = all.first() else { return };
    for (other, from) in all.iter().skip(1) {
        if !same_licence(first, other) {
            let how = |p: &Property| match p.known() {
                Known::Inferred | Known::Measured => "the text is of",
                Known::Attested => "attested",
                Known::Declared => "declared",
            };
            let what = format!("{} `{first}`, {} `{other}`", how(by), how(from));
            push(found, property::LICENCE, what, from.evidence.as_ref());
        }
    }
}

fn names(claims: &Claims, found: &mut Vec<Property>) {
    let mut all = whole(claims, property::NAME);
    all.retain(|(_, property)| property.known() != Known::Inferred);
    let Some((first, _)) = all.first() else { return };
    let shape = folded(first);
    for (other, from) in all.iter().skip(1) {
        let other_shape = folded(other);
        if !shape.contains(&other_shape) && !other_shape.contains(&shape) {
            let what = format!("called `{first}`, also `{other}`");
            push(found, property::NAME, what, from.evidence.as_ref());
        }
    }
}

/// Files that name authors, each with the names in one spelling.
type Authors<'c> = BTreeMap<&'c str, (BTreeSet<String>, Vec<String>, &'c Evidence)>;

fn authors(claims: &Claims, found: &mut Vec<Property>) {
    let mut files: Authors<'_> = BTreeMap::new();
    let mut order = Vec::new();
    for claim in claims.of(property::AUTHOR).chain(claims.of(property::PARTY)) {
        let Some(evidence) = claim.evidence.as_ref().filter(|_| is_author(claim)) else { continue };
        let slot = files.entry(&evidence.file).or_insert_with(|| {
            order.push(evidence.file.as_str());
            (BTreeSet::new(), Vec::new(), evidence)
        });
        for name in texts(&claim.value) {
            slot.0.extend(people(&name));
            slot.1.push(name);
        }
    }
    let Some(first) = order.first().and_then(|file| files.get(file)) else { return };
    for file in order.iter().skip(1) {
        let Some(other) = files.get(file) else { continue };
        let both = |a: &String, b: &String| a.contains(b.as_str()) || b.contains(a.as_str());
        let agree = first.0.iter().any(|a| other.0.iter().any(|b| both(a, b)));
        if !agree && !first.0.is_empty() && !other.0.is_empty() {
            let what = format!("by {}, also by {}", first.1.join(", "), other.1.join(", "));
            push(found, property::AUTHOR, what, Some(other.2));
        }
    }
}

fn is_author(claim: &Property) -> bool {
    let declared = claim.known() == Known::Declared;
    let role = match &claim.value {
        Value::Party(party) => party.role.as_deref(),
        _ => Some("author"),
    };
    declared && matches!(role, Some("author" | "creator"))
}

/// The people that a text names, each in one spelling.
fn people(text: &str) -> impl Iterator<Item = String> {
    let names = text.split([',', ';', '&']).flat_map(|part| part.split(" and "));
    let plain = names.map(|name| folded(name.split('<').next().unwrap_or_default()));
    plain.filter(|name| !name.is_empty()).take(limits::CONFLICTS).collect::<Vec<_>>().into_iter()
}

fn whole<'c>(claims: &'c Claims, name: &'c str) -> Vec<(String, &'c Property)> {
    let of = claims.of(name).filter(|property| property.subject.is_empty());
    of.flat_map(|property| texts(&property.value).into_iter().map(move |text| (text, property)))
        .collect()
}

fn push(found: &mut Vec<Property>, property: &str, what: String, evidence: Option<&Evidence>) {
    let is_new = !found.iter().any(|old| old.as_text() == Some(&what));
    if is_new && found.len() < limits::CONFLICTS {
        let (file, place) = evidence.map_or(("", ""), |e| (e.file.as_str(), e.place.as_str()));
        found.push(conflict(property, what, inferred(file, place)));
    }
}

#[cfg(test)]
mod tests {
    use super::{people, same_licence};

    #[test]
    fn licences_agree_where_both_can_be_meant() {
        for (a, b) in [
            ("apache-2.0", "Apache-2.0"),
            ("GPL-3.0-only", "GPL-3.0-or-later"),
            ("Apache-2.0 OR MIT", "mit"),
            ("llama3.2", "Llama 3.2"),
            ("", "MIT"),
        ] {
            assert!(same_licence(a, b), "{a} {b}");
        }
        for (a, b) in [("MIT", "Apache-2.0"), ("llama3.2", "llama3.1"), ("GPL-2.0", "GPL-3.0")] {
            assert!(!same_licence(a, b), "{a} {b}");
        }
    }

    #[test]
    fn people_have_one_spelling() {
        let all: Vec<_> = people("A. Writer <a@b.example>, B. Other and C & D").collect();
        assert_eq!(all, ["awriter", "bother", "c", "d"]);
    }
}

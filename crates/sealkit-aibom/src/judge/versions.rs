//! Data versions: one name of a version means one content.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_inspect::property;
use sealkit_report::{Known, Report};

use super::Case;
use super::check::{Check, shown};
use super::side::{Side, label, subject};
use crate::{Component, HashAlgorithm, Kind, name};

/// Checks the datasets of the document among themselves, and each against the artifact.
pub(super) fn check(case: &Case<'_>, report: &mut Report) {
    let mut check = Check::new("data-versions", "a version of data means one content");
    alone(&case.stated, &mut check);
    for (at, stated) in case.stated.all.iter().enumerate().filter(|(_, c)| c.kind.is_data()) {
        let Some(made) = case.pairs.made(at).and_then(|at| case.made.get(at)) else { continue };
        let Some(version) = version(stated).filter(|is| version_of(made, is)) else { continue };
        // Layers and trees have digests of their own; the data version is of the content.
        let (said, is) = (contents(stated, !case.same_shape), contents(made, !case.same_shape));
        if said.is_empty() && is.is_empty() {
            // It is only named, by both: there is no second content to contradict the first.
            continue;
        }
        if said.is_empty() || is.is_empty() {
            let text = format!("the content of {} cannot be compared", label(stated));
            check.unknown(subject(stated), text);
        } else {
            compare(&mut check, stated, (&version, &said), &is);
        }
    }
    check.report(report, "version", "no version is declared of data whose content is known");
}

/// Two datasets of one name and one version in one document.
fn alone(side: &Side<'_>, check: &mut Check) {
    let mut seen: BTreeMap<(String, String), (&Component, BTreeSet<Content>)> = BTreeMap::new();
    for component in side.all.iter().copied().filter(|c| c.kind.is_data()) {
        let Some(version) = version(component) else { continue };
        let digests = contents(component, false);
        let key = (named(component), version.clone());
        match seen.get(&key) {
            Some((_, known)) => compare(check, component, (&version, &digests), known),
            None => drop(seen.insert(key, (component, digests))),
        }
    }
}

/// One digest of the content.
type Content = (Option<HashAlgorithm>, String);

fn compare(
    check: &mut Check,
    component: &Component,
    (version, said): (&str, &BTreeSet<Content>),
    is: &BTreeSet<Content>,
) {
    let shared = |all: &BTreeSet<Content>, other: &BTreeSet<Content>| -> BTreeSet<Content> {
        let known: BTreeSet<_> = other.iter().map(|content| content.0).collect();
        all.iter().filter(|content| known.contains(&content.0)).cloned().collect()
    };
    let (one, other) = (shared(said, is), shared(is, said));
    if one.is_empty() {
        return;
    }
    if one.is_disjoint(&other) {
        let first = |set: &BTreeSet<Content>| set.first().map(|c| c.1.clone()).unwrap_or_default();
        let text = format!(
            "version `{}` of {} has two contents, `{}` and `{}`",
            shown(version),
            label(component),
            first(&one),
            first(&other)
        );
        check.fail(subject(component), text);
    } else {
        check.pass();
    }
}

/// The version that somebody declares; one that follows from the content cannot contradict it.
fn version(component: &Component) -> Option<String> {
    let mut all = component.of(property::VERSION).filter(|p| p.subject.is_empty());
    let said = all.find(|property| property.known() != Known::Inferred)?;
    Some(said.value.to_string()).filter(|text| !text.is_empty())
}

fn version_of(component: &Component, version: &str) -> bool {
    component.of(property::VERSION).any(|property| property.value.to_string() == *version)
}

/// The digests of the content. The data version is one, whatever it was computed of.
fn contents(component: &Component, only_version: bool) -> BTreeSet<Content> {
    let version = component.text(name::DATA_VERSION).map(|text| (None, text.to_owned()));
    let hashes = component.hashes.iter().filter(|_| !only_version);
    let hashes = hashes.map(|hash| (Some(hash.algorithm()), hash.to_string()));
    version.into_iter().chain(hashes).collect()
}

fn named(component: &Component) -> String {
    match component.kind {
        Kind::Dataset => component.name.to_lowercase(),
        _ => component.text(name::HUB_ID).unwrap_or(&component.name).to_lowercase(),
    }
}

//! What is revoked beats everything.

use sealkit_attest::ResourceDescriptor;
use sealkit_oci::Digest;
use sealkit_report::{Step, counted};

use super::STEP_REVOKED;
use super::answer::{Answer, listed, quoted};
use super::view::View;
use crate::facts::Claim;
use crate::model::{Mode, Who};

/// The step about what is revoked.
pub(super) fn step(view: &View<'_>) -> Step {
    let title = "nothing of it is revoked".to_owned();
    answer(view).with_note(view.revoked_note()).into_step(STEP_REVOKED, title)
}

fn answer(view: &View<'_>) -> Answer {
    let lists = view.revoked;
    let (digests, datasets) = (&lists.digests, &lists.datasets);
    let mut found = Vec::new();
    for (what, digest) in named(view) {
        if let Some(entry) = digests.iter().find(|entry| entry.digest == digest) {
            found.push(format!("{what} {digest} ({})", quoted(entry.reason.as_str())));
        }
    }
    for (name, version) in data(view) {
        let hit = datasets.iter().find(|entry| {
            entry.name.as_str().eq_ignore_ascii_case(&name)
                && match (&entry.version, &version) {
                    (Some(revoked), Some(used)) => revoked.as_str() == used,
                    // Which version was used is not known: it may be the one.
                    _ => true,
                }
        });
        if let Some(entry) = hit {
            found.push(format!("dataset {} ({})", quoted(&name), quoted(entry.reason.as_str())));
        }
    }
    found.sort();
    found.dedup();
    if !found.is_empty() {
        return Answer::fails("revoked", listed(&found)).about(found);
    }
    let lacking = lacking(view);
    if !lacking.is_empty() {
        return Answer::missing(format!("not known: {}", listed(&lacking)));
    }
    let count = digests.len() + datasets.len() + lists.keys.len();
    let count = count + lists.identities.len() + lists.certificates.len();
    Answer::holds(counted(count, "entry"))
}

/// What would have to be known to tell, and is not.
fn lacking(view: &View<'_>) -> Vec<String> {
    let (lists, facts) = (view.revoked, view.facts);
    let mut lacking = Vec::new();
    if !lists.digests.is_empty() {
        if facts.manifest.is_none() {
            lacking.push("its layers".to_owned());
        }
        if facts.files.is_none() {
            lacking.push("its files".to_owned());
        }
    }
    let asks_above = !lists.digests.is_empty() || !lists.datasets.is_empty();
    if asks_above && lists.unknown_ancestry == Mode::Enforce {
        if super::bom::signed(view, &Who::default()).is_err() {
            lacking.push("what a signed AIBOM says it depends on".to_owned());
        }
        if facts.lineage.is_none() {
            lacking.push("its ancestors".to_owned());
        }
    }
    lacking
}

/// Every digest that the kit is, holds or descends from.
fn named(view: &View<'_>) -> Vec<(&'static str, Digest)> {
    let facts = view.facts;
    let mut all = vec![("manifest", facts.subject.digest.clone())];
    let layers = facts.manifest.iter().flat_map(|manifest| &manifest.layers);
    all.extend(layers.map(|digest| ("layer", digest.clone())));
    let files = facts.files.iter().flatten().filter_map(|file| file.digest.clone());
    all.extend(files.map(|digest| ("file", digest)));
    let parts = facts.bom.iter().flat_map(|bom| &bom.parts);
    all.extend(parts.filter_map(|part| part.digest.clone()).map(|digest| ("part", digest)));
    let above = facts.lineage.iter().flat_map(|lineage| &lineage.ancestors);
    all.extend(above.filter_map(|one| one.digest.clone()).map(|digest| ("ancestor", digest)));
    for said in view.all() {
        match &said.claim {
            Claim::Provenance(made) => {
                let parts = &made.build_definition.resolved_dependencies;
                all.extend(
                    parts.iter().filter_map(ResourceDescriptor::sha256).map(|d| ("dependency", d)),
                );
            }
            Claim::Dataset(version) => {
                let splits = version.splits.values().filter_map(|split| split.digest.sha256());
                all.extend(splits.map(|digest| ("dataset", digest)));
            }
            _ => {}
        }
    }
    all
}

/// Every dataset that is named, with its version where that is known.
fn data(view: &View<'_>) -> Vec<(String, Option<String>)> {
    use crate::facts::PartKind::Dataset;
    let facts = view.facts;
    let parts = facts.bom.iter().flat_map(|bom| &bom.parts).filter(|part| part.kind == Dataset);
    let mut all: Vec<_> = parts.map(|part| (part.name.clone(), part.version.clone())).collect();
    let above = facts.lineage.iter().flat_map(|lineage| &lineage.ancestors);
    all.extend(above.filter(|one| one.kind == Dataset).map(|one| (one.name.clone(), None)));
    for said in view.all() {
        match &said.claim {
            Claim::Dataset(version) => {
                all.push((version.id.clone(), Some(version.version.clone())));
            }
            Claim::Provenance(made) => {
                let parts = &made.build_definition.resolved_dependencies;
                let named = parts.iter().filter_map(|part| {
                    Some((part.title()?.to_owned(), part.version().map(str::to_owned)))
                });
                all.extend(named);
            }
            _ => {}
        }
    }
    all
}

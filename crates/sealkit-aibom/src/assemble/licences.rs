//! The licence of files and parts that say nothing of it themselves: that of the nearest card or
//! licence text in their folder or above it. It is a conclusion, and its evidence is that text.

use std::collections::BTreeMap;

use sealkit_inspect::{Class, Value, property};
use sealkit_report::Evidence;

use super::draft::Draft;
use super::evidence::inferred;
use super::world::{World, upwards};
use crate::Property;
use crate::licence::same_licence;

/// What a folder is licensed under; none where its texts contradict each other.
type Scopes<'w> = BTreeMap<&'w str, Option<(Value, Evidence)>>;

/// Puts the licence of their folder on files and parts without one.
pub(super) fn spread(draft: &mut Draft, world: &World<'_>) {
    let scopes = scopes(world);
    if scopes.is_empty() {
        return;
    }
    let open: Vec<_> = draft
        .components()
        .filter(|component| component.kind.is_inside())
        .filter(|component| component.of(property::LICENCE).next().is_none())
        .filter_map(|component| Some((component.id.clone(), component.path.clone()?)))
        .collect();
    for (id, path) in open {
        let found = upwards(&path).find_map(|folder| scopes.get(folder));
        let Some(Some((licence, evidence))) = found else { continue };
        if let Some(component) = draft.get_mut(&id) {
            let claim = Property::new(property::LICENCE, licence.clone(), Some(evidence.clone()));
            component.properties.push(claim);
        }
    }
}

fn scopes<'w>(world: &World<'w>) -> Scopes<'w> {
    let mut scopes = Scopes::new();
    for file in &world.files {
        if !matches!(file.format, "model-card" | "dataset-card") && file.class != Class::Licence {
            continue;
        }
        for fact in file.all(property::LICENCE).filter(|fact| fact.subject.is_empty()) {
            let evidence = world.proved(&inferred(&fact.evidence.file, &fact.evidence.place));
            let here = (fact.value.clone(), evidence);
            let slot = scopes.entry(file.folder()).or_insert_with(|| Some(here.clone()));
            let agrees = |(known, _): &(Value, Evidence)| {
                same_licence(&known.to_string(), &fact.value.to_string())
            };
            if !slot.as_ref().is_some_and(agrees) {
                *slot = None;
            }
        }
    }
    scopes
}

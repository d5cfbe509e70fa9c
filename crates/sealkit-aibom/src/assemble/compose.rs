//! What is complete, what is known to lack something, and what cannot be known.

use sealkit_inspect::property;

use super::draft::Draft;
use super::parts::Ids;
use super::units::Units;
use super::world::World;
use crate::{Completeness, Kind};

/// Says it of parts and files, and of where models and data come from.
pub(super) fn add(draft: &mut Draft, world: &World<'_>, units: &Units, ids: &Ids) {
    let mut all_listed = true;
    for (view, id) in world.parts.iter().zip(&ids.parts) {
        all_listed &= view.is_listed();
        let is_told = view.is_listed() && !view.files.is_empty();
        let how = if is_told { Completeness::Complete } else { Completeness::Incomplete };
        draft.contents(how, id);
    }
    let subject = draft.subject.id.clone();
    let how = if all_listed { Completeness::Complete } else { Completeness::Incomplete };
    draft.contents(how, &subject);
    // What files say of origins is never all there is; only who watched the making knows it.
    let watched = world.input.attested.iter().any(|statement| {
        let of = |name| statement.of(name).next().is_some();
        of(property::TRAINED_ON) || of(property::BASE_MODEL)
    });
    let main = units.main.and_then(|at| ids.units.get(at));
    let made: Vec<_> = draft
        .components()
        .filter(|component| matches!(component.kind, Kind::Model | Kind::Dataset))
        .map(|component| component.id.clone())
        .collect();
    for id in made {
        let is_watched = watched && Some(&id) == main;
        let how = if is_watched { Completeness::Complete } else { Completeness::Unknown };
        draft.origins(how, &id);
    }
}

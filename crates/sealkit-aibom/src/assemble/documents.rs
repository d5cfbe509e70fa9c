//! Cards and papers, tied to what they describe.

use sealkit_inspect::Class;

use super::draft::Draft;
use super::evidence::inferred;
use super::owners::{Owner, Owners, describes_data};
use super::parts::Ids;
use super::world::World;
use crate::{ComponentId, Kind, RelationKind};

/// Ties each card to its model or dataset.
pub(super) fn add(draft: &mut Draft, world: &World<'_>, owners: &Owners, ids: &Ids) {
    let mut cards: Vec<(&str, ComponentId)> = Vec::new();
    for component in draft.components().filter(|component| component.kind == Kind::File) {
        let path = component.path.as_deref().unwrap_or_default();
        let at = world.files.partition_point(|file| file.path < path);
        let Some(file) = world.files.get(at).filter(|file| file.path == path) else { continue };
        let is_card = file.class == Class::Docs && file.facts.is_some_and(|f| f.facts.len() > 1);
        if is_card || describes_data(file) {
            cards.push((file.path, component.id.clone()));
        }
    }
    for (path, card) in cards {
        let at = world.files.partition_point(|file| file.path < path);
        for owner in owners.of(at) {
            let of = match owner {
                Owner::Model(at) => ids.units.get(*at),
                Owner::Data(at) => ids.data.get(*at),
                Owner::Part(_) | Owner::Kit => None,
            };
            if let Some(of) = of {
                draft.tie((&card, RelationKind::Documents, of), None, inferred(path, ""));
            }
        }
    }
}

//! Cards and papers, tied to what they describe.

use std::collections::BTreeSet;

use sealkit_inspect::{Class, LinkInfo, Value, property};

use super::draft::Draft;
use super::evidence::inferred;
use super::owners::{Owner, Owners, describes_data};
use super::parts::Ids;
use super::world::{File, World};
use crate::identity::escape;
use crate::{ComponentId, Kind, Property, RelationKind};

/// Ties each card to its model or dataset.
pub(super) fn add(draft: &mut Draft, world: &World<'_>, owners: &Owners, ids: &Ids) {
    let paths = card_paths(world);
    let mut cards: Vec<(&str, ComponentId)> = Vec::new();
    for component in draft.components().filter(|component| component.kind == Kind::File) {
        let path = component.path.as_deref().unwrap_or_default();
        if let Some(path) = paths.get(path) {
            cards.push((path, component.id.clone()));
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
                if let Some(component) = draft.get_mut(of) {
                    component.properties.push(link(world.files.get(at), path));
                }
            }
        }
    }
}

/// The paths of the files that describe a model or a dataset.
fn card_paths<'a>(world: &World<'a>) -> BTreeSet<&'a str> {
    let is_card = |file: &File<'_>| {
        let says = file.class == Class::Docs && file.facts.is_some_and(|f| f.facts.len() > 1);
        says || describes_data(file)
    };
    // Of several parts that have a path the first one counts.
    let firsts = world.files.chunk_by(|a, b| a.path == b.path).filter_map(<[_]>::first);
    firsts.filter(|file| is_card(file)).map(|file| file.path).collect()
}

/// A link to the card inside the kit, as an address relative to its top.
fn link(card: Option<&File<'_>>, path: &str) -> Property {
    let is_model_card = card.is_some_and(|card| card.format == "model-card");
    let kind = if is_model_card { "model-card" } else { "documentation" };
    let url = path.split('/').map(escape).collect::<Vec<_>>().join("/");
    let link = LinkInfo { kind: kind.to_owned(), url };
    Property::new(property::LINK, Value::Link(link), Some(inferred(path, "")))
}

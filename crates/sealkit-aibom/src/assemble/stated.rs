//! Digests that descriptions of data state of files of the kit, held against the files.

use sealkit_inspect::{Value, property};

use super::claims::conflict;
use super::draft::Draft;
use super::limits;
use super::world::{World, beside};
use crate::{ComponentId, Kind, Property};

/// Formats that name files by a path from where they lie themselves.
const DESCRIPTIONS: &[&str] = &["croissant", "datapackage", "dvc"];

/// Says on each file of which somebody states another digest that they do.
pub(super) fn contradictions(draft: &mut Draft, world: &World<'_>) {
    let mut found: Vec<(&str, Property)> = Vec::new();
    for file in world.files.iter().filter(|file| DESCRIPTIONS.contains(&file.format)) {
        for fact in file.all(property::FILE_REFERENCE) {
            let Value::File(said) = &fact.value else { continue };
            let path = beside(file.folder(), &said.path);
            let named = world.find(&path).and_then(|at| world.files.get(at));
            let Some((named, is)) =
                named.and_then(|named| Some((named, named.digest?.to_string())))
            else {
                continue;
            };
            // Digests of other algorithms are not known of the file.
            let algorithm = is.split(':').next().unwrap_or_default();
            let mut same =
                said.digests.iter().filter(|text| text.split(':').next() == Some(algorithm));
            if let Some(other) = same.find(|text| **text != is)
                && found.len() < limits::CONFLICTS
            {
                let what = format!("`{}` states `{other}`, and it is `{is}`", file.path);
                found.push((named.path, conflict("hash", what, world.proved(&fact.evidence))));
            }
        }
    }
    for (path, property) in found {
        let id: Option<ComponentId> = draft
            .components()
            .find(|component| {
                component.kind == Kind::File && component.path.as_deref() == Some(path)
            })
            .map(|component| component.id.clone());
        if let Some(component) = id.and_then(|id| draft.get_mut(&id)) {
            component.properties.push(property);
        }
    }
}

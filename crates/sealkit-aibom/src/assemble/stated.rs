//! Digests that descriptions of data state of files of the kit, held against the files.

use std::collections::BTreeMap;

use sealkit_inspect::{Fact, FileInfo, Value, property};

use super::claims::{conflict, left_out};
use super::draft::Draft;
use super::limits;
use super::world::{File, World, beside};
use crate::{Component, ComponentId, Kind, Property, name};

/// Formats that name files by a path from where they lie themselves.
const DESCRIPTIONS: &[&str] = &["croissant", "datapackage", "dvc"];

/// What contradicts one file.
#[derive(Default)]
struct Found {
    listed: Vec<Property>,
    /// How many more there are.
    left: u64,
}

/// Says on each file of which somebody states another digest that they do.
pub(super) fn contradictions(draft: &mut Draft, world: &World<'_>) {
    let mut found: BTreeMap<ComponentId, Found> = BTreeMap::new();
    let mut statements = statements(world).peekable();
    if statements.peek().is_none() {
        return;
    }
    let files = by_path(draft);
    for (file, fact, said) in statements {
        let path = beside(file.folder(), &said.path);
        for named in files.get(path.as_str()).into_iter().flatten() {
            let Some((is, other)) = differs(named, said) else { continue };
            let of = found.entry(named.id.clone()).or_default();
            if of.listed.len() < limits::CONFLICTS {
                let what = format!("`{}` states `{other}`, and it is `{is}`", file.path);
                of.listed.push(conflict("hash", what, world.proved(&fact.evidence)));
            } else {
                of.left += 1;
            }
        }
    }
    for (id, of) in found {
        let Some(component) = draft.get_mut(&id) else { continue };
        let evidence = of.listed.last().and_then(|last| last.evidence.clone());
        component.properties.extend(of.listed);
        if of.left > 0 {
            component.properties.push(left_out(name::CONFLICT, of.left, evidence));
        }
    }
}

/// What descriptions say of files.
fn statements<'w>(
    world: &'w World<'w>,
) -> impl Iterator<Item = (&'w File<'w>, &'w Fact, &'w FileInfo)> {
    let describing = world.files.iter().filter(|file| DESCRIPTIONS.contains(&file.format));
    describing.flat_map(|file| {
        file.all(property::FILE_REFERENCE).filter_map(move |fact| match &fact.value {
            Value::File(said) => Some((file, fact, said)),
            _ => None,
        })
    })
}

/// The files by path: one path may stand in several parts, and be another file in each.
fn by_path(draft: &Draft) -> BTreeMap<&str, Vec<&Component>> {
    let mut all: BTreeMap<&str, Vec<&Component>> = BTreeMap::new();
    for file in draft.components().filter(|component| component.kind == Kind::File) {
        all.entry(file.path.as_deref().unwrap_or_default()).or_default().push(file);
    }
    all
}

/// The digest that a file has and the other that is stated of it. Digests of other algorithms are not
/// known of the file.
fn differs<'s>(file: &Component, said: &'s FileInfo) -> Option<(String, &'s str)> {
    let measured = file.hashes.iter().find(|hash| hash.evidence.is_none())?.to_string();
    let algorithm = measured.split(':').next();
    let mut same = said.digests.iter().filter(|text| text.split(':').next() == algorithm);
    let other = same.find(|text| **text != measured)?;
    Some((measured, other))
}

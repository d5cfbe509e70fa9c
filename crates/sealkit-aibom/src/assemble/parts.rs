//! Every part and every file of the kit, and who holds whom.

use std::collections::BTreeSet;

use sealkit_oci::LayerRole;

use super::claims::{Claims, left_out, unknown};
use super::draft::Draft;
use super::evidence::{inferred, measured};
use super::kitfile::Elements;
use super::owners::Owners;
use super::units::{Unit, Units, root};
use super::world::{File, PartView, World, upwards};
use super::{evidence, files, tree};
use crate::identity::component_id;
use crate::{Completeness, Component, ComponentId, Hash, Kind, Property, name};

/// Why nothing tells the content of a part from that of another.
pub(super) const NO_FILE: &str = "it holds no file";
/// Why nothing is known of the content of a part of a kit that the Kitfile alone names.
pub(super) const NO_LAYER: &str = "no layer holds it";

/// Ids of what the kit holds, by the places in the lists that they come from.
pub(super) struct Ids {
    /// By place in [`World::parts`].
    pub(super) parts: Vec<ComponentId>,
    /// By place in [`Units::all`].
    pub(super) units: Vec<ComponentId>,
    /// By place in [`Owners::data`].
    pub(super) data: Vec<ComponentId>,
}

/// Adds the parts, the models and datasets inside them, and the files. Those that are models come
/// first, the main one before all others.
pub(super) fn add(draft: &mut Draft, world: &World<'_>, units: &Units, owners: &Owners) -> Ids {
    let elements = Elements::new(world.input);
    let mut ids = Ids { parts: Vec::new(), units: Vec::new(), data: Vec::new() };
    let mut components = Vec::new();
    let models: BTreeSet<usize> =
        units.all.iter().filter(|unit| unit.is_part).map(|unit| unit.part).collect();
    for (at, view) in world.parts.iter().enumerate() {
        let is_model = models.contains(&at);
        let component = part(world, &elements, (at, view), is_model);
        ids.parts.push(component.id.clone());
        components.push(Some(component));
    }
    let subject = draft.subject.id.clone();
    let at_part = |view: &PartView<'_>| match view.element() {
        Some(element) => elements.evidence(element),
        None => measured("", "manifest"),
    };
    let mut inner = Vec::new();
    for (at, unit) in units.all.iter().enumerate() {
        if unit.is_part {
            ids.units.push(ids.parts.get(unit.part).cloned().unwrap_or_else(|| subject.clone()));
        } else {
            let model = model(world, unit);
            ids.units.push(model.id.clone());
            inner.push((at, model));
        }
    }
    let mut order: Vec<usize> = units.main.into_iter().collect();
    order.extend((0..units.all.len()).filter(|at| Some(*at) != units.main));
    for unit in order.iter().filter_map(|at| units.all.get(*at)).filter(|unit| unit.is_part) {
        let taken = components.get_mut(unit.part).and_then(Option::take);
        if let (Some(component), Some(view)) = (taken, world.parts.get(unit.part)) {
            draft.hold(&subject, component, at_part(view));
        }
    }
    for (component, view) in components.into_iter().zip(&world.parts) {
        if let Some(component) = component {
            draft.hold(&subject, component, at_part(view));
        }
    }
    for (at, component) in inner {
        let part = units.all.get(at).and_then(|unit| ids.parts.get(unit.part));
        let home = component.path.clone().unwrap_or_default();
        draft.hold(part.unwrap_or(&subject), component, inferred(&home, ""));
    }
    ids.data = datasets(draft, world, owners, &ids.parts);
    hold_files(draft, world, units, owners, &ids);
    ids
}

fn part(
    world: &World<'_>,
    elements: &Elements<'_>,
    (at, view): (usize, &PartView<'_>),
    is_model: bool,
) -> Component {
    let kind = match view.role() {
        Some(LayerRole::Model) => Kind::Model,
        Some(LayerRole::ModelPart) if is_model => Kind::Model,
        Some(LayerRole::ModelPart) => Kind::ModelPart,
        Some(LayerRole::Dataset) => Kind::Dataset,
        Some(LayerRole::Docs) => Kind::Docs,
        Some(LayerRole::Mcpb) => Kind::McpServer,
        Some(LayerRole::Code) if view.input.is_prompt => Kind::Prompt,
        Some(LayerRole::Code) => Kind::Code,
        None => Kind::Other,
    };
    let element = view.element();
    let path = element.map(|part| part.path.clone()).filter(|path| !path.is_empty());
    let digest = view.layer().map(|layer| layer.digest.to_string()).unwrap_or_default();
    let short = view.layer().map_or("part", |layer| layer.digest.short());
    let named = element.map(|part| part.name.as_str()).filter(|name| !name.is_empty());
    let shown = named.or(path.as_deref()).unwrap_or(short).to_owned();
    let content = content(world, at);
    let made_of = if digest.is_empty() {
        content.as_ref().map(ToString::to_string).unwrap_or_default()
    } else {
        digest
    };
    let id = component_id(kind, &[&made_of, path.as_deref().unwrap_or_default(), &shown]);
    let mut component = Component::new(id, kind, shown);
    component.path = path;
    if view.is_listed() && view.files.is_empty() {
        // The bytes of a layer without files are those of every other such layer.
        component.properties.push(unknown("hash", NO_FILE, inferred(view.path, "")));
    } else if let Some(layer) = view.layer() {
        component.hashes = vec![Hash::from(&layer.digest)];
        component.size = Some(layer.size);
        component.media_type = Some(layer.media_type.clone()).filter(|text| !text.is_empty());
    } else if view.is_listed() {
        component.hashes = content.into_iter().collect();
        let sizes = world.files_of(at).map(|(_, file)| file.size);
        component.size = Some(sizes.fold(0, u64::saturating_add));
    } else {
        component.properties.push(unknown("hash", NO_LAYER, inferred(view.path, "")));
    }
    if let Some(element) = element.filter(|_| !kind.is_model() && !kind.is_data()) {
        let mut claims = Claims::default();
        elements.claim(element, &mut claims);
        claims.settle(&mut component);
    }
    component
}

/// The digest of what a part holds, for a part that is no layer: of its one file, else of the tree.
fn content(world: &World<'_>, part: usize) -> Option<Hash> {
    let files: Vec<&File<'_>> = world.files_of(part).map(|(_, file)| file).collect();
    hash(root(world, part)?, &files)
}

fn hash(root: &str, files: &[&File<'_>]) -> Option<Hash> {
    let (digest, file, place) = tree::content(root, files)?;
    let evidence = (!place.is_empty()).then(|| measured(&file, &place));
    Some(evidence::hash(&digest, evidence))
}

/// The digest that tells one model from every other: what the component states, except for a model whose
/// tensors lie in several parts, of which the component is only one.
pub(super) fn of_model(world: &World<'_>, unit: &Unit, component: &Component) -> Option<Hash> {
    let files = unit.content(world);
    if unit.is_part && files.iter().any(|file| file.part != unit.part) {
        return hash(&unit.home, &files);
    }
    component.hashes.first().cloned()
}

/// A model inside a part that is not the part itself.
fn model(world: &World<'_>, unit: &Unit) -> Component {
    let hash = hash(&unit.home, &unit.content(world));
    let files: Vec<&File<'_>> = world.pick(unit.weights()).collect();
    let first = files.first().map_or("", |file| file.path);
    let stem = unit.group.as_ref().map_or("", |group| group.stem.as_str());
    let made_of = hash.as_ref().map(ToString::to_string).unwrap_or_default();
    let id = component_id(Kind::Model, &["model", first, stem, &made_of]);
    let mut component = Component::new(id, Kind::Model, stem);
    let path = if files.len() == 1 { first } else { unit.home.as_str() };
    component.path = Some(if path.is_empty() { "." } else { path }.to_owned());
    component.hashes = hash.into_iter().collect();
    component.size = unit.group.as_ref().map(|group| group.size);
    component
}

/// Adds the folders of data that are no part of their own.
fn datasets(
    draft: &mut Draft,
    world: &World<'_>,
    owners: &Owners,
    parts: &[ComponentId],
) -> Vec<ComponentId> {
    let mut ids = Vec::new();
    for data in &owners.data {
        let part = parts.get(data.part).cloned().unwrap_or_else(|| draft.subject.id.clone());
        if data.is_part {
            ids.push(part);
            continue;
        }
        let files: Vec<&File<'_>> = world.pick(&data.files).collect();
        let hash = hash(&data.path, &files);
        let made_of = hash.as_ref().map(ToString::to_string).unwrap_or_default();
        let id = component_id(Kind::Dataset, &["data", &part.0, &data.path, &made_of]);
        let shown = data.path.rsplit('/').next().unwrap_or_default();
        let mut component = Component::new(id.clone(), Kind::Dataset, shown);
        component.path = Some(data.path.clone());
        component.hashes = hash.into_iter().collect();
        component.size = Some(files.iter().map(|file| file.size).fold(0, u64::saturating_add));
        draft.hold(&part, component, inferred(&data.path, ""));
        ids.push(id);
    }
    ids
}

/// Says of each variant which model it is another format of. Needs the names of the models.
pub(super) fn variants(draft: &mut Draft, units: &Units, ids: &Ids) {
    for (unit, id) in units.all.iter().zip(&ids.units) {
        let Some(of) = unit.variant_of.and_then(|at| ids.units.get(at)) else { continue };
        let named = draft.get(of).map(|component| component.name.clone()).unwrap_or_default();
        let property = Property::text(name::VARIANT_OF, named, Some(inferred(&unit.home, "")));
        if let Some(component) = draft.get_mut(id) {
            component.properties.push(property.about(&*of.0));
        }
    }
}

/// Adds every file under the innermost thing that it belongs to.
fn hold_files(draft: &mut Draft, world: &World<'_>, units: &Units, owners: &Owners, ids: &Ids) {
    draft.reserve(world.files.len());
    let mut data = std::collections::BTreeMap::new();
    for (at, set) in owners.data.iter().enumerate().filter(|(_, set)| !set.is_part) {
        data.extend(set.files.iter().map(|file| (*file, at)));
    }
    let subject = draft.subject.id.clone();
    // Files of one folder mostly follow each other.
    let mut near: Option<(&str, Option<usize>)> = None;
    for (at, file) in world.files.iter().enumerate() {
        let folder = file.folder();
        let beside = match near {
            Some((known, beside)) if known == folder => beside,
            _ => upwards(folder).find_map(|folder| units.at_home(folder)),
        };
        near = Some((folder, beside));
        let unit = units.holding(at).or_else(|| {
            let beside = beside?;
            units.all.get(beside).filter(|unit| unit.part == file.part).map(|_| beside)
        });
        let inside = unit.filter(|at| {
            units.all.get(*at).is_some_and(|unit| !unit.is_part && unit.part == file.part)
        });
        let holder = data.get(&at).and_then(|at| ids.data.get(*at));
        let holder = holder.or_else(|| ids.units.get(inside?)).or_else(|| ids.parts.get(file.part));
        let holder = holder.unwrap_or(&subject);
        let component = files::component(holder, file);
        if !file.is_read() {
            draft.contents(Completeness::Incomplete, &component.id);
        }
        draft.hold(holder, component, measured(file.path, ""));
    }
    for (part, count) in &units.left {
        let id = ids.parts.get(*part).unwrap_or(&subject);
        if let Some(component) = draft.get_mut(id) {
            component.properties.push(left_out("model", *count, None));
        }
    }
}

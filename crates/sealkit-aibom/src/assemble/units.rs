//! Models of the kit: groups of weights, each with what it is to the part that holds it.
//!
//! In one folder the group that counts most is the model; the others are *variants* of it, except
//! for adapters, which are models of their own. Where a part holds one model, the part is that
//! model; where it holds several and one lies at its root, it is that one; else the part is a model
//! made of those in it, with what the Kitfile and the cards at its root say.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_oci::LayerRole;

use super::limits;
use super::weights::{Group, groups};
use super::world::{File, World, folder, upwards};

/// One model of the kit.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    /// The weights; none for a part whose weights are not recognised or lie in models below it.
    pub(super) group: Option<Group>,
    /// The folder whose cards and settings speak for it.
    pub(super) home: String,
    /// The part that holds it.
    pub(super) part: usize,
    /// Whether the part itself is this model.
    pub(super) is_part: bool,
    /// The model that it is another format of.
    pub(super) variant_of: Option<usize>,
}

impl Unit {
    pub(super) fn is_adapter(&self) -> bool {
        self.group.as_ref().is_some_and(|group| group.is_adapter)
    }

    /// Indices of the files with its weights.
    pub(super) fn weights(&self) -> &[usize] {
        self.group.as_ref().map(|group| group.files.as_slice()).unwrap_or_default()
    }

    /// The files that its tensors lie in.
    pub(super) fn content<'w>(&self, world: &'w World<'_>) -> Vec<&'w File<'w>> {
        let beside = self.group.as_ref().map(|group| group.beside.as_slice()).unwrap_or_default();
        let all = self.weights().iter().chain(beside);
        all.filter_map(|at| world.files.get(*at)).collect()
    }
}

/// All models of the kit.
#[derive(Debug, Default)]
pub(super) struct Units {
    pub(super) all: Vec<Unit>,
    /// The model that counts most.
    pub(super) main: Option<usize>,
    /// Weights that belong to no model of the list, for it is at its limit: by part.
    pub(super) left: BTreeMap<usize, u64>,
    /// Of each folder the model and the adapter that cards in it speak for.
    homes: BTreeMap<String, (Option<usize>, Option<usize>)>,
    /// The model whose weights a file has, by file.
    holders: BTreeMap<usize, usize>,
    /// These folders and all above them.
    above: BTreeSet<String>,
}

impl Units {
    pub(super) fn new(world: &World<'_>) -> Self {
        let mut units = Self::default();
        for group in groups(world) {
            let part = group.files.iter().filter_map(|&at| world.files.get(at)).map(|f| f.part);
            let Some(part) = part.min() else { continue };
            if units.all.len() >= limits::MODELS {
                *units.left.entry(part).or_default() += group.files.len() as u64;
                continue;
            }
            let home = group.home.clone();
            let slot = units.homes.entry(home.clone()).or_default();
            let slot = if group.is_adapter { &mut slot.1 } else { &mut slot.0 };
            let variant_of = *slot;
            slot.get_or_insert(units.all.len());
            units.holders.extend(group.files.iter().map(|file| (*file, units.all.len())));
            let group = Some(group);
            units.all.push(Unit { group, home, part, is_part: false, variant_of });
        }
        let by_part = units.by_part(world);
        for part in 0..world.parts.len() {
            units.settle(world, part, by_part.get(&part).map(Vec::as_slice).unwrap_or_default());
        }
        units.main = units.find_main(world);
        let homes = units.homes.keys().flat_map(|home| upwards(home));
        units.above = homes.map(str::to_owned).collect();
        units
    }

    /// The model that what lies in this folder speaks for.
    pub(super) fn speaking_for(&self, folder: &str, of_adapter: bool) -> Option<usize> {
        let pick = |(model, adapter): &(Option<usize>, Option<usize>)| {
            if of_adapter { adapter.or(*model) } else { model.or(*adapter) }
        };
        upwards(folder).find_map(|at| self.homes.get(at)).and_then(pick).or(self.main)
    }

    /// The model whose weights the file at this place of [`World::files`] has.
    pub(super) fn holding(&self, file: usize) -> Option<usize> {
        self.holders.get(&file).copied()
    }

    /// The model, else the adapter, whose folder this is.
    pub(super) fn at_home(&self, folder: &str) -> Option<usize> {
        self.homes.get(folder).and_then(|(model, adapter)| model.or(*adapter))
    }

    /// Whether models live in this folder or below it.
    pub(super) fn is_above(&self, folder: &str) -> bool {
        self.above.contains(folder)
    }

    /// Finds which model the part is. `here` are the models with weights in it.
    fn settle(&mut self, world: &World<'_>, part: usize, here: &[(usize, bool)]) {
        let Some(view) = world.parts.get(part) else { return };
        let found = match view.role() {
            Some(LayerRole::Model) => {
                let here: Vec<usize> = here.iter().map(|(at, _)| *at).collect();
                self.model_of(&here, root(world, part).unwrap_or_default())
            }
            Some(LayerRole::ModelPart) => match here {
                [(one, true)] => Some(*one),
                _ => return,
            },
            _ => return,
        };
        if let Some(unit) = found.and_then(|at| self.all.get_mut(at)).filter(|u| !u.is_part) {
            (unit.part, unit.is_part) = (part, true);
            return;
        }
        if view.role() == Some(LayerRole::Model) {
            let home = root(world, part).unwrap_or_default().to_owned();
            let at = self.all.len();
            self.homes.entry(home.clone()).or_default().0.get_or_insert(at);
            self.all.push(Unit { group: None, home, part, is_part: true, variant_of: None });
        }
    }

    /// Of each part the models with weights in it, and whether all of them lie there.
    fn by_part(&self, world: &World<'_>) -> BTreeMap<usize, Vec<(usize, bool)>> {
        let mut found: BTreeMap<usize, Vec<(usize, bool)>> = BTreeMap::new();
        for (at, unit) in self.all.iter().enumerate() {
            let parts: BTreeSet<usize> = world.pick(unit.weights()).map(|file| file.part).collect();
            for part in &parts {
                found.entry(*part).or_default().push((at, parts.len() == 1));
            }
        }
        found
    }

    /// The one model among these, or the one at the root.
    fn model_of(&self, here: &[usize], root: &str) -> Option<usize> {
        let of = |is_adapter: bool| -> Vec<usize> {
            let fits = |unit: &Unit| unit.is_adapter() == is_adapter && unit.variant_of.is_none();
            here.iter().copied().filter(|&at| self.all.get(at).is_some_and(fits)).collect()
        };
        let at_root = |at: &&usize| self.all.get(**at).is_some_and(|unit| unit.home == root);
        match of(false).as_slice() {
            [one] => Some(*one),
            [] => match (of(true).as_slice(), here) {
                ([one], _) | ([], [one]) => Some(*one),
                _ => None,
            },
            many => many.iter().find(at_root).copied(),
        }
    }

    fn find_main(&self, world: &World<'_>) -> Option<usize> {
        let role = |unit: &Unit| world.role(unit.part);
        let named = |unit: &Unit| unit.is_part && role(unit) == Some(LayerRole::Model);
        let first = |fits: &dyn Fn(&Unit) -> bool| self.all.iter().position(fits);
        first(&named)
            .or_else(|| first(&|unit| !unit.is_adapter() && unit.variant_of.is_none()))
            .or_else(|| first(&|_| true))
    }
}

/// The folder that a part is, or that its one file lies in.
pub(super) fn root<'a>(world: &World<'a>, part: usize) -> Option<&'a str> {
    let view = world.parts.get(part)?;
    let is_file = world.files_of(part).any(|(_, file)| file.path == view.path);
    Some(if is_file { folder(view.path) } else { view.path })
}

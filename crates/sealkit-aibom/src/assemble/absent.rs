//! Weights that are named and not there, and weights that lie beside the file that names them.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_inspect::{Value, property, shard_of};

use super::world::{File, World, beside};

/// What the whole kit says of files with weights, found once.
pub(super) struct Named {
    /// The indexes of sharded models.
    indexes: Vec<Index>,
    /// Whether every part is listed: only then what is not found is not there.
    is_whole: bool,
}

/// What one index of shards names.
struct Index {
    paths: BTreeSet<String>,
    /// How many of them are not there.
    absent: usize,
}

impl Named {
    pub(super) fn new(world: &World<'_>) -> Self {
        let indexes = world.files.iter().filter(|file| file.format == "shard-index");
        let index = |file| {
            let paths: BTreeSet<String> = references(file, property::FILE_REFERENCE).collect();
            let absent = paths.iter().filter(|path| !world.has(path)).count();
            Index { paths, absent }
        };
        let indexes = indexes.map(index).collect();
        Self { indexes, is_whole: world.parts.iter().all(super::world::PartView::is_listed) }
    }

    /// How many shards of a model are not there, by what the shards are called and by what an index that
    /// names one of them says.
    pub(super) fn shards(&self, world: &World<'_>, weights: &[usize]) -> usize {
        if !self.is_whole {
            return 0;
        }
        // The folders of a pipeline have shards of their own.
        let mut sets: BTreeMap<(&str, u64), BTreeSet<u64>> = BTreeMap::new();
        for file in world.pick(weights) {
            if let Some((_, number, count, _)) = shard_of(file.name()) {
                sets.entry((file.folder(), count)).or_default().insert(number);
            }
        }
        let missing = |((_, count), there): (&(&str, u64), &BTreeSet<u64>)| {
            usize::try_from(*count).unwrap_or(usize::MAX).saturating_sub(there.len())
        };
        let by_name = sets.iter().map(missing).fold(0, usize::saturating_add);
        let is_of_it =
            |index: &&Index| world.pick(weights).any(|file| index.paths.contains(file.path));
        let by_index = self.indexes.iter().filter(is_of_it).map(|index| index.absent);
        by_name.max(by_index.max().unwrap_or(0))
    }

    /// The files with tensors that a file of weights names, and that are not there.
    pub(super) fn outside(&self, world: &World<'_>, file: &File<'_>) -> BTreeSet<String> {
        if !self.is_whole {
            return BTreeSet::new();
        }
        references(file, property::EXTERNAL_DATA).filter(|path| !world.has(path)).collect()
    }
}

/// The files that hold tensors of this one: those that it names, and the variables of a SavedModel.
pub(super) fn holders<'w>(
    world: &'w World<'_>,
    file: &File<'_>,
) -> impl Iterator<Item = usize> + use<'w> {
    let mut named: BTreeSet<String> = references(file, property::EXTERNAL_DATA).collect();
    if file.format == "openvino" {
        named.extend(references(file, property::FILE_REFERENCE));
    }
    let variables = (file.format == "tensorflow-saved-model")
        .then(|| format!("{}/", beside(file.folder(), "variables")));
    let found: BTreeSet<usize> = named.iter().filter_map(|path| world.find(path)).collect();
    let below = variables.into_iter().flat_map(|folder| world.below(folder));
    found.into_iter().chain(below)
}

/// The paths, seen from the top, that a file names as a whole and not for one tensor.
fn references<'f>(file: &File<'f>, name: &'f str) -> impl Iterator<Item = String> + use<'f> {
    let folder = file.folder();
    let facts = file.all(name).filter(|fact| fact.subject.is_empty());
    facts.filter_map(move |fact| match &fact.value {
        Value::Text(path) => Some(beside(folder, path)),
        Value::File(file) => Some(beside(folder, &file.path)),
        _ => None,
    })
}

//! What each file speaks for: a model, a dataset, code, or the kit as a whole.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_inspect::{Class, property};
use sealkit_oci::LayerRole;

use super::units::{Units, root};
use super::world::{File, World, upwards};

/// What a file speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owner {
    /// A model, by its place in [`Units::all`].
    Model(usize),
    /// A dataset, by its place in [`Owners::data`].
    Data(usize),
    /// A part, by its place in [`World::parts`].
    Part(usize),
    /// The kit.
    Kit,
}

/// One dataset of the kit: a dataset part, or a folder of data inside another part.
#[derive(Clone, Debug)]
pub(super) struct Data {
    pub(super) part: usize,
    /// Path of the folder or file.
    pub(super) path: String,
    /// Whether the part itself is this dataset.
    pub(super) is_part: bool,
    /// Indices of its files.
    pub(super) files: Vec<usize>,
}

/// What every file of the kit speaks for.
pub(super) struct Owners {
    pub(super) data: Vec<Data>,
    /// By file; several where a card lies beside several datasets.
    of: Vec<Vec<Owner>>,
}

/// Lock files and manifests: what they say of names and authors is about the project.
const PROJECT: &[&str] = &[
    "cargo-manifest",
    "compose",
    "conda-environment",
    "dockerfile",
    "go-mod",
    "npm-manifest",
    "pip-requirements",
    "pipfile",
    "pyproject",
    "python-env",
    "setup-cfg",
];
/// Formats of data that make a folder a dataset, where no card does.
const TABLES: &[&str] = &["parquet", "arrow", "webdataset", "tfrecord"];
/// The same where no model lies: beside a model such files are logs and results.
const LISTS: &[&str] = &[
    "csv",
    "tsv",
    "jsonl",
    "json-records",
    "compressed-csv",
    "compressed-tsv",
    "compressed-jsonl",
    "zstd-csv",
    "zstd-tsv",
    "zstd-jsonl",
];

impl Owners {
    pub(super) fn new(world: &World<'_>, units: &Units) -> Self {
        let mut owners = Self { data: datasets(world, units), of: Vec::new() };
        let mut holder: BTreeMap<usize, usize> = BTreeMap::new();
        let mut roots: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, data) in owners.data.iter().enumerate() {
            holder.extend(data.files.iter().map(|file| (*file, at)));
            let folder = if data.is_part { root(world, data.part) } else { Some(&*data.path) };
            roots.entry(folder.unwrap_or_default().to_owned()).or_default().push(at);
        }
        let find = Find { world, units, holder: &holder, roots: &roots, data: &owners.data };
        owners.of =
            world.files.iter().enumerate().map(|(at, file)| find.owners(at, file)).collect();
        owners
    }

    /// What the file at this place of [`World::files`] speaks for.
    pub(super) fn of(&self, file: usize) -> &[Owner] {
        self.of.get(file).map(Vec::as_slice).unwrap_or_default()
    }

    /// The files that speak for this, with their places.
    pub(super) fn by_owner(&self) -> BTreeMap<Owner, Vec<usize>> {
        let mut all: BTreeMap<Owner, Vec<usize>> = BTreeMap::new();
        for (at, owners) in self.of.iter().enumerate() {
            for owner in owners {
                all.entry(*owner).or_default().push(at);
            }
        }
        all
    }
}

/// Whether the file describes a dataset rather than a model.
pub(super) fn describes_data(file: &File<'_>) -> bool {
    ["dataset", "croissant", "datapackage"].iter().any(|word| file.format.contains(word))
}

/// Whether the file lists packages that a project needs.
pub(super) fn is_project(file: &File<'_>) -> bool {
    PROJECT.contains(&file.format) || is_lock(file)
}

/// Whether the file lists all packages that a project needs, those that others bring included.
pub(super) fn is_lock(file: &File<'_>) -> bool {
    file.format.ends_with("-lock") || matches!(file.format, "pylock" | "go-sum")
}

struct Find<'w, 'a> {
    world: &'w World<'a>,
    units: &'w Units,
    /// Dataset of a file.
    holder: &'w BTreeMap<usize, usize>,
    /// Datasets by the folder that they are or lie in.
    roots: &'w BTreeMap<String, Vec<usize>>,
    data: &'w [Data],
}

impl Find<'_, '_> {
    fn owners(&self, at: usize, file: &File<'_>) -> Vec<Owner> {
        if let Some(data) = self.holder.get(&at) {
            return vec![Owner::Data(*data)];
        }
        if describes_data(file) {
            let found = upwards(file.folder()).find_map(|folder| self.roots.get(folder));
            if let Some(found) = found {
                return found.iter().map(|data| Owner::Data(*data)).collect();
            }
            // A repository of datasets has its card and its descriptions at the top.
            let is_about_them = self.units.all.is_empty() && file.folder().is_empty();
            if is_about_them && !self.data.is_empty() {
                return (0..self.data.len()).map(Owner::Data).collect();
            }
        }
        match file.class {
            Class::Licence => self.licence(file),
            _ if is_project(file) => self.project(at, file),
            Class::Code | Class::Prompt | Class::Mcpb | Class::Dataset => {
                vec![Owner::Part(file.part)]
            }
            _ if file.format.starts_with("security") => vec![Owner::Kit],
            _ => vec![self.model(at, file)],
        }
    }

    fn model(&self, at: usize, file: &File<'_>) -> Owner {
        let of_adapter = file.facts.is_some_and(|f| f.of(property::ADAPTER_TYPE).next().is_some())
            || file.name().starts_with("adapter_");
        let holds = self.units.holding(at);
        let found = holds.or_else(|| self.units.speaking_for(file.folder(), of_adapter));
        found.map_or(Owner::Kit, Owner::Model)
    }

    /// A licence goes with what lies in its folder; at the top it is the kit's, and that of the
    /// only model or of one whose weights lie there too.
    fn licence(&self, file: &File<'_>) -> Vec<Owner> {
        if let Some(found) = self.roots.get(file.folder()).filter(|_| !file.folder().is_empty()) {
            return found.iter().map(|data| Owner::Data(*data)).collect();
        }
        let role = self.world.role(file.part);
        let here = self.units.at_home(file.folder());
        if role == Some(LayerRole::Code) && !file.folder().is_empty() && here.is_none() {
            return vec![Owner::Part(file.part)];
        }
        if file.folder().is_empty() {
            let only = self.units.main.filter(|_| self.units.all.len() == 1);
            let model = self.units.at_home("").or(only).map(Owner::Model);
            return std::iter::once(Owner::Kit).chain(model).collect();
        }
        self.units.speaking_for(file.folder(), false).map(Owner::Model).into_iter().collect()
    }

    /// Packages listed beside a model are what it needs; at the top they are the project's.
    fn project(&self, at: usize, file: &File<'_>) -> Vec<Owner> {
        let role = self.world.role(file.part);
        match role {
            Some(LayerRole::Model | LayerRole::ModelPart) if !file.folder().is_empty() => {
                vec![self.model(at, file)]
            }
            Some(LayerRole::Code) => vec![Owner::Part(file.part)],
            _ => vec![Owner::Kit],
        }
    }
}

/// The dataset parts, and the folders of data in parts that are none.
fn datasets(world: &World<'_>, units: &Units) -> Vec<Data> {
    let mut all = Vec::new();
    let mut roots = BTreeSet::new();
    for (part, view) in world.parts.iter().enumerate() {
        if view.role() == Some(LayerRole::Dataset) {
            roots.extend(root(world, part));
            let (path, files) = (view.path.to_owned(), view.files.clone());
            all.push(Data { part, path, is_part: true, files });
        }
    }
    let mut folders: BTreeMap<(usize, &str), Vec<usize>> = BTreeMap::new();
    for (at, file) in world.files.iter().enumerate() {
        let role = world.role(file.part);
        let is_model = matches!(role, Some(LayerRole::Model | LayerRole::ModelPart));
        let is_data = TABLES.contains(&file.format)
            || (!is_model && LISTS.contains(&file.format))
            || describes_data(file);
        let is_free = role != Some(LayerRole::Dataset) && !units.is_above(file.folder());
        // A card beside a dataset part is no dataset of its own.
        let is_beside = || upwards(file.folder()).any(|at| !at.is_empty() && roots.contains(at));
        if is_data && is_free && !file.folder().is_empty() && !is_beside() {
            folders.entry((file.part, file.folder())).or_default().push(at);
        }
    }
    // A folder inside another one that is a dataset belongs to it.
    let mut merged: BTreeMap<(usize, &str), Vec<usize>> = BTreeMap::new();
    for (&(part, folder), files) in &folders {
        let top = upwards(folder).filter(|at| folders.contains_key(&(part, *at))).last();
        merged.entry((part, top.unwrap_or(folder))).or_default().extend(files);
    }
    for ((part, folder), files) in merged {
        all.push(Data { part, path: folder.to_owned(), is_part: false, files });
    }
    all
}

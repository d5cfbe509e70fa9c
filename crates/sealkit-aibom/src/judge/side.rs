//! The components of both sides, and which of them are the same thing.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_inspect::Value;

use crate::diff::without_version;
use crate::{Bom, Component, ComponentId, HashAlgorithm, Kind, name};

/// One AIBOM with an index.
pub(super) struct Side<'a> {
    pub(super) bom: &'a Bom,
    /// The subject first.
    pub(super) all: Vec<&'a Component>,
    pub(super) by_id: BTreeMap<&'a ComponentId, usize>,
    /// Places of the files by path.
    pub(super) files: BTreeMap<&'a str, Vec<usize>>,
    by_hash: BTreeMap<(HashAlgorithm, &'a str), Vec<usize>>,
}

impl<'a> Side<'a> {
    pub(super) fn new(bom: &'a Bom) -> Self {
        let all: Vec<&Component> = bom.all().collect();
        let mut by_id = BTreeMap::new();
        let mut files: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut by_hash: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (at, component) in all.iter().copied().enumerate() {
            by_id.entry(&component.id).or_insert(at);
            if component.kind == Kind::File {
                files.entry(path(component)).or_default().push(at);
            }
            for hash in &component.hashes {
                by_hash.entry((hash.algorithm(), hash.hex())).or_default().push(at);
            }
        }
        Self { bom, all, by_id, files, by_hash }
    }

    pub(super) fn get(&self, at: usize) -> Option<&'a Component> {
        self.all.get(at).copied()
    }

    /// Places of the components that have one of these bytes.
    pub(super) fn with_bytes_of(&self, component: &Component) -> BTreeSet<usize> {
        let keys = component.hashes.iter().map(|hash| (hash.algorithm(), hash.hex()));
        keys.filter_map(|key| self.by_hash.get(&key)).flatten().copied().collect()
    }
}

/// Where a component lies; what a stranger calls a file by name, it calls by path.
pub(super) fn path(component: &Component) -> &str {
    component.path.as_deref().unwrap_or(&component.name)
}

/// A component in a reason.
pub(super) fn label(component: &Component) -> String {
    match &component.path {
        Some(path) if !path.is_empty() => format!("`{}`", super::check::shown(path)),
        _ => format!("{} `{}`", component.kind.name(), super::check::shown(&component.name)),
    }
}

/// A component as the subject of a step: its path, else its kind and name.
pub(super) fn subject(component: &Component) -> String {
    match &component.path {
        Some(path) if !path.is_empty() => path.clone(),
        _ => label(component),
    }
}

/// Kinds that a stranger may take for each other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    Model,
    Data,
    Package,
    Inside,
}

fn likeness(kind: Kind) -> Likeness {
    match kind {
        Kind::Model | Kind::BaseModel | Kind::ExternalModel => Likeness::Model,
        Kind::Dataset | Kind::ExternalDataset => Likeness::Data,
        Kind::Library | Kind::Container | Kind::Device | Kind::Other => Likeness::Package,
        _ => Likeness::Inside,
    }
}

/// Names that a model, a dataset or a package goes by, in one spelling.
fn names(component: &Component) -> BTreeSet<String> {
    let mut names = BTreeSet::from([component.name.to_lowercase()]);
    for property in component.of(name::HUB_ID) {
        match &property.value {
            Value::Text(text) => names.insert(text.to_lowercase()),
            Value::Origin(origin) => names.insert(origin.name.to_lowercase()),
            _ => false,
        };
    }
    if let Some(purl) = component.purl.as_deref().map(without_version) {
        let bare = purl.split(['?', '#']).next().unwrap_or_default();
        names.insert(bare.to_lowercase());
        names.extend(bare.strip_prefix("pkg:huggingface/").map(str::to_lowercase));
    }
    names.retain(|name| !name.is_empty());
    names
}

/// Which component of the document under test is which of the artifact.
pub(super) struct Pairs {
    to_made: Vec<Option<usize>>,
    to_stated: Vec<Option<usize>>,
}

impl Pairs {
    pub(super) fn new(stated: &Side<'_>, made: &Side<'_>, own: bool) -> Self {
        let mut pairs =
            Self { to_made: vec![None; stated.all.len()], to_stated: vec![None; made.all.len()] };
        if own || !stated.bom.subject.kind.is_model() {
            pairs.tie(0, 0);
        }
        let kind = |c: &Component| Some(c.kind.name().to_owned());
        // The surest likeness first, so that a weaker one takes only what is left.
        pairs.by(stated, made, |c| {
            let hash = c.hashes.first()?;
            Some(BTreeSet::from([format!("{}\0{}\0{hash}", kind(c)?, c.path.as_deref()?)]))
        });
        pairs.by(stated, made, |c| {
            let at = c.path.as_deref().filter(|_| c.kind.is_inside() && c.kind != Kind::File);
            let at = at.or((c.kind == Kind::File).then(|| path(c)))?;
            Some(BTreeSet::from([format!("{}\0{at}", kind(c)?)]))
        });
        pairs.by(stated, made, |c| {
            Some(BTreeSet::from([format!("{}\0{}", kind(c)?, c.purl.as_deref()?)]))
        });
        pairs.by(stated, made, |c| {
            let hashes = c.hashes.iter();
            Some(hashes.map(|hash| format!("{}\0{hash}", c.kind.name())).collect())
        });
        pairs.by(stated, made, |c| (!is_file(c)).then(|| within(c.kind.name(), names(c))));
        if !own {
            pairs.foreign(stated, made);
        }
        pairs
    }

    /// What strangers call otherwise: files by their last steps, models by their bytes, the one
    /// model by any name.
    fn foreign(&mut self, stated: &Side<'_>, made: &Side<'_>) {
        self.by(stated, made, |c| {
            let tail = path(c).trim_start_matches("./").trim_start_matches('/');
            Some(BTreeSet::from([tail.to_owned()])).filter(|_| c.kind.is_inside())
        });
        self.by(stated, made, |c| Some(c.hashes.iter().map(ToString::to_string).collect()));
        self.by(stated, made, |c| {
            let word = match likeness(c.kind) {
                Likeness::Model => "model",
                Likeness::Data => "data",
                Likeness::Package => "package",
                Likeness::Inside => return None,
            };
            Some(within(word, names(c)))
        });
        let single = |side: &Side<'_>| {
            let is_model = |at: &usize| side.get(*at).is_some_and(|c| c.kind == Kind::Model);
            let mut models = (0..side.all.len()).filter(is_model);
            models.next().filter(|_| models.next().is_none())
        };
        if let (Some(one), Some(other)) = (single(stated), single(made)) {
            self.tie(one, other);
        }
    }

    fn tie(&mut self, stated: usize, made: usize) {
        let (Some(to), Some(from)) = (self.to_made.get_mut(stated), self.to_stated.get_mut(made))
        else {
            return;
        };
        if to.is_none() && from.is_none() {
            (*to, *from) = (Some(made), Some(stated));
        }
    }

    /// Pairs what is free on both sides and shares a key, in the order of both.
    fn by(
        &mut self,
        stated: &Side<'_>,
        made: &Side<'_>,
        keys: impl Fn(&Component) -> Option<BTreeSet<String>>,
    ) {
        let mut known: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, component) in made.all.iter().enumerate().skip(1).rev() {
            if self.to_stated.get(at).is_some_and(Option::is_none) {
                for key in keys(component).into_iter().flatten() {
                    known.entry(key).or_default().push(at);
                }
            }
        }
        for (at, component) in stated.all.iter().enumerate() {
            if !self.to_made.get(at).is_some_and(Option::is_none) {
                continue;
            }
            for key in keys(component).into_iter().flatten() {
                let Some(list) = known.get_mut(&key) else { continue };
                while list.last().is_some_and(|at| self.stated(*at).is_some()) {
                    list.pop();
                }
                if let Some(made) = list.pop() {
                    self.tie(at, made);
                    break;
                }
            }
        }
    }

    /// The component of the artifact that a stated one is.
    pub(super) fn made(&self, stated: usize) -> Option<usize> {
        self.to_made.get(stated).copied().flatten()
    }

    /// The stated component that one of the artifact is.
    pub(super) fn stated(&self, made: usize) -> Option<usize> {
        self.to_stated.get(made).copied().flatten()
    }
}

fn is_file(component: &Component) -> bool {
    component.kind == Kind::File
}

fn within(word: &str, names: BTreeSet<String>) -> BTreeSet<String> {
    names.into_iter().map(|name| format!("{word}\0{name}")).collect()
}

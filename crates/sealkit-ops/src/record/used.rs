//! What a run is said to have used, held against the files of a kit.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_attest::{DependencyRole, ResourceDescriptor, Statement, Subject};
use sealkit_oci::{Digest, Sha256};
use serde_json::Value as Json;

/// Most files of a kit with the same bytes of which each may tell where an output stands.
const MAX_COPIES: usize = 8;

/// Digest of each file of a kit, by path.
pub(crate) type Files = BTreeMap<String, Digest>;

/// One thing that a run used, as far as it names bytes.
pub(crate) enum Used {
    /// A file by its path.
    File(String, Digest),
    /// A folder by its path, whose files are not named: only the digest over all of them.
    Folder(String, String),
}

impl Used {
    /// Digest of the file; none of a folder.
    pub(crate) fn digest(&self) -> Option<&Digest> {
        match self {
            Self::File(_, digest) => Some(digest),
            Self::Folder(..) => None,
        }
    }
}

/// What came of looking for one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The kit does not hold it.
    Elsewhere,
    /// The kit holds it as it was.
    Same,
    /// The file at this path has these bytes instead.
    Other(String, Digest),
    /// The kit has files at this path, and they are not all of it or not as they were.
    Unclear(String),
}

/// What a dependency says of files: of a folder each file that it names, else the whole.
pub(crate) fn used(by: &ResourceDescriptor) -> Vec<Used> {
    // Packages and containers are named, and are no files of the kit.
    if by.role() == Some(DependencyRole::Environment) {
        return Vec::new();
    }
    let path = by.annotations.get("path").and_then(Json::as_str).or(by.name.as_deref());
    let Some(path) = path.map(plain) else { return Vec::new() };
    if let Some(Json::Object(files)) = by.annotations.get("files") {
        let each = files.iter().filter_map(|(name, digest)| {
            let digest = digest.as_str()?.parse().ok()?;
            Some(Used::File(join(&path, name), digest))
        });
        return each.collect();
    }
    let folder = || by.digest.as_ref()?.get("dirHash1").map(ToOwned::to_owned);
    match (by.sha256(), folder()) {
        (Some(digest), _) => vec![Used::File(path, digest)],
        (None, Some(hex)) => vec![Used::Folder(path, hex)],
        (None, None) => Vec::new(),
    }
}

/// A kit's files, and where the files of a run stand among them: a kit need not be sealed from the folder
/// that the command ran in. It follows from the outputs that are the same in both.
pub(crate) struct Places<'a> {
    files: &'a Files,
    moves: BTreeSet<(String, String)>,
    outputs: BTreeSet<String>,
}

impl<'a> Places<'a> {
    /// Where the files of the run stand that `record` is about.
    pub(crate) fn of(files: &'a Files, record: &Statement) -> Self {
        let (mut moves, mut outputs) = (BTreeSet::new(), BTreeSet::new());
        let mut by_digest: BTreeMap<&Digest, Vec<&str>> = BTreeMap::new();
        for (path, digest) in files {
            by_digest.entry(digest).or_default().push(path);
        }
        // An empty file is equal to every other, and so is one that is there many times: they tie nothing.
        by_digest.retain(|_, paths| paths.len() <= MAX_COPIES);
        by_digest.remove(&Digest::of(b""));
        for (name, digest) in named(record) {
            let same = by_digest.get(&digest).into_iter().flatten();
            moves.extend(same.filter_map(|path| moved(name, path)));
            outputs.insert(plain(name));
        }
        Self { files, moves, outputs }
    }

    /// Looks for what a run used.
    pub(crate) fn look(&self, used: &Used) -> Found {
        match used {
            Used::File(name, digest) => self.file(name, digest),
            Used::Folder(name, hex) => self.folder(name, hex),
        }
    }

    fn file(&self, name: &str, digest: &Digest) -> Found {
        let here = |path: &String| self.files.get_key_value(path);
        let own = here(&plain(name));
        let there = || self.elsewhere(name).filter_map(|path| here(&path)).collect::<Vec<_>>();
        let held = own.map_or_else(there, |own| vec![own]);
        match held.first() {
            None => Found::Elsewhere,
            // Two folders of a kit may look alike: one that fits is enough.
            Some(_) if held.iter().any(|(_, is)| *is == digest) => Found::Same,
            Some((path, is)) => Found::Other((*path).clone(), (*is).clone()),
        }
    }

    fn folder(&self, name: &str, hex: &str) -> Found {
        let places = std::iter::once(plain(name)).chain(self.elsewhere(name));
        let held = places.map(|place| (self.below(name, &place), place));
        let held: Vec<_> = held.filter(|(files, _)| !files.is_empty()).collect();
        match held.first() {
            None => Found::Elsewhere,
            Some(_) if held.iter().any(|(files, _)| whole(files) == hex) => Found::Same,
            Some((_, place)) => Found::Unclear(place.clone()),
        }
    }

    /// Where else a path of the run may stand in the kit.
    fn elsewhere(&self, name: &str) -> impl Iterator<Item = String> {
        let name = plain(name);
        self.moves.iter().filter_map(move |(from, to)| Some(join(to, below(&name, from)?)))
    }

    /// The files below a folder of the kit, which stands for the run's folder `name`. What the run itself
    /// made there is none of what it used.
    fn below(&self, name: &str, place: &str) -> BTreeMap<&str, &Digest> {
        let each =
            self.files.iter().filter_map(|(path, digest)| Some((below(path, place)?, digest)));
        each.filter(|(path, _)| !self.outputs.contains(&join(&plain(name), path))).collect()
    }
}

/// What a statement is about, with names.
pub(super) fn named(record: &Statement) -> impl Iterator<Item = (&str, Digest)> {
    let each = record.subjects().iter();
    each.filter_map(|subject: &Subject| Some((subject.name.as_deref()?, subject.sha256()?)))
}

/// The digest of a folder, as it is recorded.
fn whole(files: &BTreeMap<&str, &Digest>) -> String {
    let mut hasher = Sha256::default();
    for (path, digest) in files {
        hasher.update(format!("{}  {path}\n", digest.hex()).as_bytes());
    }
    hasher.finish().hex().to_owned()
}

/// What is left of two paths without their equal ends; none where not even their last names are equal.
pub(super) fn moved(name: &str, path: &str) -> Option<(String, String)> {
    let (a, b): (Vec<&str>, Vec<&str>) = (name.split('/').collect(), path.split('/').collect());
    let equal = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let head =
        |all: &[&str]| all.get(..all.len().saturating_sub(equal)).unwrap_or_default().join("/");
    (equal > 0).then(|| (head(&a), head(&b)))
}

/// A path of a run without `./`; the folder itself is empty.
fn plain(path: &str) -> String {
    let path = path.trim_start_matches("./").trim_end_matches('/');
    if path == "." { String::new() } else { path.to_owned() }
}

pub(super) fn below<'a>(name: &'a str, folder: &str) -> Option<&'a str> {
    if folder.is_empty() { Some(name) } else { name.strip_prefix(folder)?.strip_prefix('/') }
}

pub(super) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

#[cfg(test)]
#[path = "used_tests.rs"]
mod tests;

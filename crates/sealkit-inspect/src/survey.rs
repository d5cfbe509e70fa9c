//! What the listing of a kit says by itself: folders of pictures or sound, and sharded datasets.
//! No file is opened.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_report::{Known, Severity};

use crate::formats::media_kind::{Media, of_extension};
use crate::{Facts, Value, property};

/// Most file types, splits and classes of one folder that are told.
const MAX_NAMES: usize = 1000;
/// Most folders around a file that it counts for.
const MAX_DEPTH: usize = 64;
/// Names of folders that are splits: what the `datasets` library takes for them.
const SPLITS: &[&str] =
    &["train", "training", "test", "testing", "validation", "valid", "val", "dev", "eval"];

/// What is known of one folder.
#[derive(Clone, Debug, PartialEq)]
pub struct Folder {
    /// Path, without a slash at its end; empty for the kit itself.
    pub path: String,
    /// The facts; their evidence names the folder.
    pub facts: Facts,
}

/// Looks for folders that are datasets of media files, and for shards that are missing. `listing`
/// holds path and size of every file; its order does not matter.
pub fn survey<P: AsRef<str>>(listing: &[(P, u64)]) -> Vec<Folder> {
    let mut folders: BTreeMap<&str, Counts<'_>> = BTreeMap::new();
    for (path, size) in listing {
        let path = path.as_ref();
        for folder in ancestors(path).take(MAX_DEPTH) {
            folders.entry(folder).or_default().add(folder, path, *size);
        }
    }
    let is_media = |path: &str| folders.get(path).is_some_and(Counts::are_media);
    let mut found: BTreeMap<String, Facts> = BTreeMap::new();
    for (path, counts) in &folders {
        // Of folders inside each other the outermost is the dataset.
        if is_media(path) && !ancestors(path).any(is_media) {
            counts.say(path, found.entry((*path).to_owned()).or_default());
        }
    }
    for (folder, sets) in shards(listing) {
        for set in sets {
            set.say(folder, found.entry(folder.to_owned()).or_default());
        }
    }
    found.retain(|_, facts| !facts.facts.is_empty() || !facts.findings.is_empty());
    found.into_iter().map(|(path, facts)| Folder { path, facts }).collect()
}

/// The folders that a path lies in, the innermost first; the kit itself is the empty path.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    let mut next = (!path.is_empty()).then_some(path);
    std::iter::from_fn(move || {
        let parent = next?.rsplit_once('/').map_or("", |(parent, _)| parent);
        next = (!parent.is_empty()).then_some(parent);
        Some(parent)
    })
}

/// What lies in one folder and below it.
#[derive(Default)]
struct Counts<'a> {
    files: u64,
    bytes: u64,
    media: BTreeMap<Media, u64>,
    types: BTreeMap<String, u64>,
    splits: BTreeMap<&'a str, u64>,
    /// Names of the folders that hold the media files.
    holders: BTreeSet<&'a str>,
}

impl<'a> Counts<'a> {
    fn add(&mut self, folder: &str, path: &'a str, size: u64) {
        self.files += 1;
        let inside = path.get(folder.len()..).unwrap_or(path).trim_start_matches('/');
        let (parents, name) = inside.rsplit_once('/').unwrap_or(("", inside));
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
        let Some(media) = of_extension(&ending) else { return };
        self.bytes = self.bytes.saturating_add(size);
        *self.media.entry(media).or_default() += 1;
        if self.types.contains_key(&ending) || self.types.len() < MAX_NAMES {
            *self.types.entry(ending).or_default() += 1;
        }
        let first = parents.split('/').next().unwrap_or_default();
        if SPLITS.contains(&first) {
            *self.splits.entry(first).or_default() += 1;
        }
        let holder = parents.rsplit('/').next().unwrap_or_default();
        let is_class = !holder.is_empty() && !SPLITS.contains(&holder);
        if is_class && self.holders.len() < MAX_NAMES {
            self.holders.insert(holder);
        }
    }

    /// Whether this is a dataset of media: several files of them, and most of what there is.
    fn are_media(&self) -> bool {
        let media: u64 = self.media.values().sum();
        media >= 4 && media > self.files / 2
    }

    fn say(&self, path: &str, facts: &mut Facts) {
        let place = "listing";
        for media in self.media.keys() {
            let modality = Value::Text(media.modality().to_owned());
            facts.inferred(path, place, property::MODALITY, modality);
        }
        for (ending, count) in &self.types {
            let fact = (property::FILES_OF_TYPE, Value::Uint(*count));
            facts.about(ending, Known::Measured, (path, place), fact);
        }
        // One file is one sample: a rule, and not always so.
        facts.inferred(path, place, property::ROWS, Value::Uint(self.media.values().sum()));
        facts.measured(path, place, property::DATASET_SIZE, Value::Uint(self.bytes));
        for (split, count) in &self.splits {
            let fact = (property::ROWS_OF_SPLIT, Value::Uint(*count));
            facts.about(split, Known::Inferred, (path, place), fact);
        }
        if self.holders.len() > 1 {
            let names = self.holders.iter().map(|name| (*name).to_owned()).collect();
            facts.inferred(path, place, property::LABEL, Value::List(names));
            let layout = Value::Text("folders".to_owned());
            facts.inferred(path, place, property::LAYOUT, layout);
        }
    }
}

/// Files that are parts of one: `train-00000-of-00003.parquet`.
struct Shards<'a> {
    name: (&'a str, &'a str),
    count: u64,
    there: BTreeSet<u64>,
}

/// The sharded files of each folder.
fn shards<P: AsRef<str>>(listing: &[(P, u64)]) -> BTreeMap<&str, Vec<Shards<'_>>> {
    let mut sets: BTreeMap<(&str, &str, &str, u64), BTreeSet<u64>> = BTreeMap::new();
    for (path, _) in listing {
        let path = path.as_ref();
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if let Some((stem, index, count, ending)) = shard_of(name) {
            sets.entry((folder, stem, ending, count)).or_default().insert(index);
        }
    }
    let mut folders: BTreeMap<&str, Vec<Shards<'_>>> = BTreeMap::new();
    for ((folder, stem, ending, count), there) in sets {
        folders.entry(folder).or_default().push(Shards { name: (stem, ending), count, there });
    }
    folders
}

/// Stem, index, count and ending of the name of a shard: `STEM-00000-of-00003ENDING`. None for any other
/// name.
pub fn shard_of(name: &str) -> Option<(&str, u64, u64, &str)> {
    let (front, back) = name.rsplit_once("-of-")?;
    let (stem, index) = front.rsplit_once('-')?;
    let digits = back.bytes().take_while(u8::is_ascii_digit).count();
    let (count, ending) = back.split_at_checked(digits)?;
    // Fewer digits are a name like any other.
    let number = |text: &str| (text.len() == 5).then(|| text.parse().ok()).flatten();
    Some((stem, number(index)?, number(count)?, ending))
}

impl Shards<'_> {
    fn say(&self, folder: &str, facts: &mut Facts) {
        let (stem, ending) = self.name;
        let subject = format!("{stem}{ending}");
        let fact = (property::SHARDS, Value::Uint(self.count));
        facts.about(&subject, Known::Inferred, (folder, "listing"), fact);
        // Some count from 1, so only the number tells.
        let missing = self.count.saturating_sub(self.there.len() as u64);
        if missing > 0 {
            let message = format!("{missing} of {} shards of `{subject}` are missing", self.count);
            facts.find("shards-missing", Severity::Medium, (folder, "listing"), message);
        }
    }
}

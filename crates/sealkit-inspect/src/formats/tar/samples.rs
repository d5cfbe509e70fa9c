//! Samples of a WebDataset: files that follow one another and share the name up to the first dot.
//!
//! Source: the WebDataset format document; `webdataset` 1.0, `tariterators.py` (`group_by_keys`).

use std::collections::BTreeMap;

use crate::formats::media_kind::{Media, of_extension};

/// Endings that samples have beside media: what `webdataset` decodes.
const PARTS: &[&str] = &[
    "json",
    "jsn",
    "txt",
    "text",
    "transcript",
    "cls",
    "cls2",
    "class",
    "count",
    "index",
    "inx",
    "id",
    "npy",
    "npz",
    "pth",
    "pt",
    "pyd",
    "pickle",
    "pkl",
    "msg",
    "mp",
    "cbor",
    "ten",
    "tb",
    "srt",
    "vtt",
    "csv",
    "tsv",
    "xml",
];
/// Most file types that are told apart.
const MAX_TYPES: usize = 200;
/// Longest file ending that is told, in bytes; longer ones are names with dots in them.
const MAX_ENDING: usize = 32;

/// Counts samples and files by type.
#[derive(Debug, Default)]
pub(super) struct Samples {
    pub(super) types: BTreeMap<String, u64>,
    pub(super) media: BTreeMap<Media, u64>,
    pub(super) files: u64,
    pub(super) count: u64,
    /// Files that can be part of a sample.
    parts: u64,
    /// Samples of more than one file.
    pairs: u64,
    /// The name that the last files share, and how many they are.
    key: Option<(String, u64)>,
}

impl Samples {
    pub(super) fn add(&mut self, path: &str) {
        self.files += 1;
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let (stem, ending) = name.split_once('.').unwrap_or((name, ""));
        let ending = ending.to_ascii_lowercase();
        let last = ending.rsplit('.').next().unwrap_or(&ending);
        let media = of_extension(last);
        if let Some(media) = media {
            *self.media.entry(media).or_default() += 1;
        }
        if !stem.is_empty() && (media.is_some() || PARTS.contains(&last)) {
            self.parts += 1;
        }
        let is_told = ending.len() <= MAX_ENDING
            && (self.types.contains_key(&ending) || self.types.len() < MAX_TYPES);
        let kind = if is_told { ending.clone() } else { "(other)".to_owned() };
        *self.types.entry(kind).or_default() += 1;
        let key = format!("{folder}/{stem}");
        match &mut self.key {
            Some((last, files)) if *last == key => {
                *files += 1;
                self.pairs += u64::from(*files == 2);
            }
            _ => {
                self.key = Some((key, 1));
                self.count += 1;
            }
        }
    }

    /// Whether this is how a dataset of samples looks: every file can be part of one, and either
    /// most samples have several, or all files are media.
    pub(super) fn are_samples(&self) -> bool {
        let media: u64 = self.media.values().sum();
        let all_parts = self.files > 0 && self.parts == self.files;
        all_parts && (self.pairs > self.count / 2 || media == self.files)
    }
}

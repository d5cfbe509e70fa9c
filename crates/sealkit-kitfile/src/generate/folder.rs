//! A listing as a tree of folders, as deep as it is looked at.

use std::collections::{BTreeMap, BTreeSet};

use super::Listed;
use crate::path;

/// One folder with what stands directly in it, sorted by name.
#[derive(Debug, Default)]
pub(super) struct Folder<'a> {
    pub(super) name: &'a str,
    /// `.` for the root.
    pub(super) path: &'a str,
    pub(super) files: Vec<&'a Listed>,
    pub(super) folders: Vec<Folder<'a>>,
}

type Level<'a> = BTreeMap<&'a str, (BTreeMap<&'a str, &'a Listed>, BTreeSet<&'a str>)>;

impl<'a> Folder<'a> {
    /// Builds `levels` levels of the tree, and lists what is hidden: each file that is hidden or
    /// lies in a hidden folder.
    pub(super) fn of(
        listing: &'a [Listed],
        levels: usize,
        include_hidden: bool,
    ) -> (Self, Vec<String>) {
        let mut all: Level<'a> = BTreeMap::new();
        let mut hidden = BTreeSet::new();
        for entry in listing {
            let path = trimmed(&entry.path);
            if path.is_empty() || path.split('/').any(|name| name == "..") {
                continue;
            }
            if !include_hidden && path.split('/').any(|name| name.starts_with('.')) {
                if !is_kit_file(path) {
                    hidden.insert(path::clean(path));
                }
                continue;
            }
            let mut folder = "";
            for (at, _) in path.match_indices('/').take(levels) {
                let (below, _) = path.split_at(at);
                all.entry(folder).or_default().1.insert(below);
                folder = below;
            }
            if path.matches('/').count() >= levels {
                continue;
            }
            let level = all.entry(folder).or_default();
            if entry.is_dir {
                level.1.insert(path);
            } else {
                level.0.insert(path, entry);
            }
        }
        (Self::build(&all, "", levels), hidden.into_iter().collect())
    }

    fn build(all: &Level<'a>, path: &'a str, levels: usize) -> Self {
        let name = base(path);
        let shown = if path.is_empty() { "." } else { path };
        let Some((files, folders)) = all.get(path).filter(|_| levels > 0) else {
            return Self { name, path: shown, ..Self::default() };
        };
        let files = files.values().copied().collect();
        let mut folders: Vec<_> =
            folders.iter().map(|below| Self::build(all, below, levels - 1)).collect();
        folders.sort_by_key(|folder| folder.name);
        Self { name, path: shown, files, folders }
    }
}

/// The path without `./` before it and `/` after it.
pub(super) fn trimmed(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    let path = path.strip_prefix("./").unwrap_or(path);
    if path == "." { "" } else { path }
}

/// The last name of a path.
pub(super) fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Files that are about packing and never packed: nothing is lost with them.
fn is_kit_file(path: &str) -> bool {
    matches!(path, ".kitfile" | ".kitignore")
}

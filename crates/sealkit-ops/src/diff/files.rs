//! Files inside layers: which were added, removed, changed or moved.

use std::collections::BTreeMap;

use sealkit_oci::{Digest, FileKind};

use super::side::Side;
use crate::OpsError;

/// What is known of a file on one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileState {
    /// Size in bytes.
    pub size: u64,
    /// Permission bits.
    pub mode: u32,
    /// SHA-256.
    pub digest: Option<Digest>,
}

/// A file that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// Its path in the first, or in both.
    pub path: String,
    /// Its path in the second, where it was moved.
    pub moved_to: Option<String>,
    /// In the first; none where it was added.
    pub old: Option<FileState>,
    /// In the second; none where it was removed.
    pub new: Option<FileState>,
}

/// Files that differ, each list sorted by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileChanges {
    /// In the second only.
    pub added: Vec<FileChange>,
    /// In the first only.
    pub removed: Vec<FileChange>,
    /// In both, with other bytes or another mode.
    pub changed: Vec<FileChange>,
    /// The same bytes at another path.
    pub moved: Vec<FileChange>,
}

impl FileChanges {
    /// Whether no file differs.
    pub fn is_empty(&self) -> bool {
        [&self.added, &self.removed, &self.changed, &self.moved].iter().all(|list| list.is_empty())
    }
}

/// Reads the tables of the layers that are not on both sides; true where unproven ones had to do.
pub(super) async fn load(a: &mut Side, b: &mut Side) -> Result<bool, OpsError> {
    let (of_a, of_b) = (a.keys(), b.keys());
    if a.compared.digest.is_some() && a.compared.digest == b.compared.digest {
        return Ok(false);
    }
    let unproven = a.load(&|key| !of_b.contains(key)).await?;
    Ok(b.load(&|key| !of_a.contains(key)).await? || unproven)
}

/// Compares the files of the layers that only one side has.
pub(super) fn compare(a: &Side, b: &Side) -> FileChanges {
    let (mut old, mut new) = (states(a, b), states(b, a));
    let mut changes = FileChanges::default();
    let both: Vec<String> = old.keys().filter(|path| new.contains_key(*path)).cloned().collect();
    for path in both {
        let (before, after) = (old.remove(&path), new.remove(&path));
        if before != after {
            changes.changed.push(FileChange { path, moved_to: None, old: before, new: after });
        }
    }
    let mut by_digest: BTreeMap<Digest, Vec<String>> = BTreeMap::new();
    for (path, state) in new.iter().rev().filter(|(_, state)| state.size > 0) {
        if let Some(digest) = &state.digest {
            by_digest.entry(digest.clone()).or_default().push(path.clone());
        }
    }
    for (path, before) in old {
        let digest = before.digest.as_ref().filter(|_| before.size > 0);
        let moved = digest.and_then(|digest| by_digest.get_mut(digest)).and_then(Vec::pop);
        let after = moved.as_ref().and_then(|path| new.remove(path));
        let list = if moved.is_some() { &mut changes.moved } else { &mut changes.removed };
        list.push(FileChange { path, moved_to: moved, old: Some(before), new: after });
    }
    let added = |(path, state)| FileChange { path, moved_to: None, old: None, new: Some(state) };
    changes.added = new.into_iter().map(added).collect();
    changes
}

/// The files of the layers of `side` that `other` does not have.
fn states(side: &Side, other: &Side) -> BTreeMap<String, FileState> {
    let shared = other.keys();
    let own = side.layers.iter().filter(|layer| !shared.contains(&layer.key()));
    let entries = own.filter_map(|layer| layer.table.as_ref()).flat_map(|table| &table.files);
    entries
        .filter(|entry| entry.kind == FileKind::File)
        .map(|entry| {
            let (size, mode, digest) = (entry.size, entry.mode, entry.digest.clone());
            (entry.path.clone(), FileState { size, mode, digest })
        })
        .collect()
}

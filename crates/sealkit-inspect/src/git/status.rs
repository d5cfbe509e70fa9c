//! Whether the files of a working copy are those of its commit.

use std::collections::BTreeMap;

use sealkit_report::{Budget, Known};

use super::object::{self, Kind};
use super::{Index, ObjectId, Repository};
use crate::{Facts, InspectError, Value, property};

/// Type bits of a mode.
const TYPE: u32 = 0o170_000;
const FOLDER: u32 = 0o040_000;
const SUBMODULE: u32 = 0o160_000;

/// What the file system says of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// Size in bytes.
    pub size: u64,
    /// When it was changed: seconds and nanoseconds, each as 32 bits hold it.
    pub mtime: (u32, u32),
    /// Whether its owner may execute it; none where the system does not know.
    pub executable: Option<bool>,
}

/// A file of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeEntry {
    /// Type and permissions.
    pub mode: u32,
    /// The content.
    pub id: ObjectId,
}

/// How a working copy differs from its commit. Files that git does not track are no difference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Files whose content or mode is not that of the index.
    pub changed: Vec<String>,
    /// Files of the index that are not there.
    pub missing: Vec<String>,
    /// Files of the index that are not as in the commit, or in one of the two alone.
    pub staged: Vec<String>,
    /// Files that could not be compared.
    pub unknown: Vec<String>,
}

impl Status {
    /// Whether there is a difference; none where nothing differs and something is unknown.
    pub fn is_dirty(&self) -> Option<bool> {
        let lists = [&self.changed, &self.missing, &self.staged];
        if lists.iter().any(|list| !list.is_empty()) {
            return Some(true);
        }
        self.unknown.is_empty().then_some(false)
    }

    /// The same as facts: whether it is so, and which files differ.
    pub fn facts(&self) -> Facts {
        let mut facts = Facts { incomplete: !self.unknown.is_empty(), ..Facts::default() };
        let at = ".git/index";
        if let Some(dirty) = self.is_dirty() {
            facts.measured(at, "", property::DIRTY, Value::Bool(dirty));
        } else {
            let why = Value::Text("files that could not be compared".to_owned());
            let fact = (property::NOT_MEASURED, why);
            facts.about(property::DIRTY, Known::Measured, (at, ""), fact);
        }
        facts
    }
}

/// Compares the working copy with the index, and the index with the files of the commit, where
/// they are known.
///
/// `stat` looks at a file; none where there is none. `content` names what git would store for it:
/// for a link its target, and behind a filter such as LFS what the filter writes; none where that
/// cannot be told. `index_mtime` is when the index was written: a file that was changed at that
/// moment or later is compared by content, whatever its size and time say.
pub fn status(
    index: &Index,
    commit: Option<&BTreeMap<String, TreeEntry>>,
    index_mtime: Option<(u32, u32)>,
    mut stat: impl FnMut(&str) -> Option<Stat>,
    mut content: impl FnMut(&str) -> Option<ObjectId>,
) -> Status {
    let mut status = Status::default();
    if index.is_split {
        status.unknown.push("index".to_owned());
    }
    for entry in &index.entries {
        let path = || entry.path.clone();
        if entry.stage != 0 {
            // A merge that is not done; each side has an entry.
            if status.changed.last() != Some(&entry.path) {
                status.changed.push(path());
            }
            continue;
        }
        if entry.skip_worktree || entry.mode & TYPE == SUBMODULE {
            continue;
        }
        let Some(now) = stat(&entry.path) else {
            status.missing.push(path());
            continue;
        };
        let is_file = entry.mode & TYPE == 0o100_000;
        let may_run = entry.mode & 0o100 != 0;
        if is_file && now.executable.is_some_and(|executable| executable != may_run) {
            status.changed.push(path());
            continue;
        }
        let is_old = index_mtime.is_some_and(|index| now.mtime < index);
        if is_old && now.mtime == entry.mtime && now.size as u32 == entry.size {
            continue;
        }
        match content(&entry.path) {
            Some(id) if id == entry.id => {}
            Some(_) => status.changed.push(path()),
            None => status.unknown.push(path()),
        }
    }
    if let Some(commit) = commit {
        compare(index, commit, &mut status);
    }
    status
}

fn compare(index: &Index, commit: &BTreeMap<String, TreeEntry>, status: &mut Status) {
    let merged = index.entries.iter().filter(|entry| entry.stage == 0);
    let ours: BTreeMap<&str, _> = merged.map(|entry| (entry.path.as_str(), entry)).collect();
    for (path, entry) in &ours {
        let is_same = commit
            .get(*path)
            .is_some_and(|theirs| theirs.id == entry.id && theirs.mode == entry.mode);
        if !is_same {
            status.staged.push((*path).to_owned());
        }
    }
    let gone = commit.keys().filter(|path| !ours.contains_key(path.as_str()));
    status.staged.extend(gone.cloned());
    status.staged.sort_unstable();
}

/// The files of a tree with those of the folders below it; none where a part is not in the
/// repository.
pub fn tree(
    repository: &Repository<'_>,
    root: &ObjectId,
    budget: &mut Budget,
) -> Result<Option<BTreeMap<String, TreeEntry>>, InspectError> {
    let mut files = BTreeMap::new();
    let mut open = vec![(String::new(), root.clone(), 0)];
    while let Some((prefix, id, depth)) = open.pop() {
        budget.depth(depth)?;
        let found = object::read(repository, &id, budget)?;
        let Some(object) = found.filter(|object| object.kind == Kind::Tree) else {
            return Ok(None);
        };
        let malformed = || InspectError::malformed("git tree", "an entry that is none", 0);
        let mut rest = object.content.as_slice();
        while !rest.is_empty() {
            budget.entries(1)?;
            let (mode, name, id, after) =
                split(rest, repository.hash().bytes()).ok_or_else(malformed)?;
            let path = format!("{prefix}{name}");
            if mode & TYPE == FOLDER {
                open.push((format!("{path}/"), id, depth + 1));
            } else {
                files.insert(path, TreeEntry { mode, id });
            }
            rest = after;
        }
    }
    Ok(Some(files))
}

/// `MODE NAME\0ID`, and what follows.
fn split(rest: &[u8], id_len: usize) -> Option<(u32, String, ObjectId, &[u8])> {
    let end = rest.iter().position(|byte| *byte == 0)?;
    let head = String::from_utf8_lossy(rest.get(..end)?).into_owned();
    let (mode, name) = head.split_once(' ')?;
    let (id, after) = rest.get(end + 1..)?.split_at_checked(id_len)?;
    Some((u32::from_str_radix(mode, 8).ok()?, name.to_owned(), ObjectId::new(id)?, after))
}

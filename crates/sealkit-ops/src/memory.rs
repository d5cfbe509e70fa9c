//! What was seen before and may not be undone: which release of each repository was accepted last, what
//! transparency logs said of themselves, and when imported trust was issued. A file of the home
//! folder.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sealkit_attest::LogTree;
use sealkit_policy::Seen;
use serde::{Deserialize, Serialize};

use crate::trust::file::{self, Readers};
use crate::{Home, OpsError};

/// Largest memory that is read, in bytes.
const MAX_MEMORY: u64 = 16 << 20;
const SCHEMA_VERSION: u32 = 1;
/// Most trees of one log that are remembered; the largest stay.
const MAX_TREES: usize = 256;
/// Most logs that are remembered.
const MAX_LOGS: usize = 1_000;

#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Memory {
    schema_version: u32,
    repositories: BTreeMap<String, Seen>,
    /// Of each log by its origin: the root of each size.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    logs: BTreeMap<String, BTreeMap<u64, String>>,
    /// When the newest trust that was imported from a signer was issued, unix seconds, by the id of
    /// the signer's key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    imports: BTreeMap<String, i64>,
    /// The key of the log of each hub, by the hub's host.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    hubs: BTreeMap<String, String>,
    /// Of each log that is monitored by its origin: size and root up to which it was read.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    monitored: BTreeMap<String, (u64, String)>,
}

fn path(home: &Home) -> PathBuf {
    home.dir().join("seen.json")
}

fn load(home: &Home) -> Result<Memory, OpsError> {
    let path = path(home);
    let empty = Memory { schema_version: SCHEMA_VERSION, ..Memory::default() };
    let Some(bytes) = file::read(&path, MAX_MEMORY)? else { return Ok(empty) };
    // A memory that can not be read must not be taken for "nothing was seen".
    let broken = |reason: String| {
        let message = format!("`{}` can not be read: {reason}", path.display());
        OpsError::usage("memory-invalid", message)
            .with_hint("restore the file; removing it forgets what was seen and accepted")
    };
    let memory: Memory =
        serde_json::from_slice(&bytes).map_err(|error| broken(error.to_string()))?;
    if memory.schema_version != SCHEMA_VERSION {
        return Err(broken(format!("`schemaVersion` is {}, not 1", memory.schema_version)));
    }
    Ok(memory)
}

/// Changes the memory under its lock: another process may have changed it meanwhile.
fn change(home: &Home, work: impl FnOnce(&mut Memory)) -> Result<(), OpsError> {
    let path = path(home);
    let _lock = file::lock(&path)?;
    let old = load(home)?;
    let mut memory = old.clone();
    work(&mut memory);
    if memory == old {
        return Ok(());
    }
    let bytes = serde_json::to_vec_pretty(&memory).map_err(std::io::Error::other);
    let mut bytes = bytes.map_err(|source| OpsError::io("write", &path, source))?;
    bytes.push(b'\n');
    file::replace(&path, &bytes, Readers::Owner)
}

/// What was accepted before of `repository`; the empty one where nothing was.
pub(crate) fn release(home: &Home, repository: &str) -> Result<Seen, OpsError> {
    Ok(load(home)?.repositories.remove(repository).unwrap_or_default())
}

/// Remembers what was accepted. A newer one that is there already stays.
pub(crate) fn remember_release(home: &Home, repository: &str, seen: &Seen) -> Result<(), OpsError> {
    change(home, |memory| {
        let old = memory.repositories.get(repository);
        if old.is_none_or(|old| !seen.is_older_than(old)) {
            memory.repositories.insert(repository.to_owned(), seen.clone());
        }
    })
}

/// When the newest trust that was imported from the signer with this key was issued, unix seconds.
pub(crate) fn import(home: &Home, key: &str) -> Result<Option<i64>, OpsError> {
    Ok(load(home)?.imports.remove(key))
}

/// Remembers an import. A newer one that is there already stays.
pub(crate) fn remember_import(home: &Home, key: &str, issued_at: i64) -> Result<(), OpsError> {
    change(home, |memory| {
        let newest = memory.imports.entry(key.to_owned()).or_insert(issued_at);
        *newest = issued_at.max(*newest);
    })
}

/// The first of `trees` that is at odds with what its log said before, or with another of them; with
/// the other root.
pub(crate) fn fork<'a>(
    home: &Home,
    trees: &[&'a LogTree],
) -> Result<Option<(&'a LogTree, String)>, OpsError> {
    let mut known = load(home)?.logs;
    for tree in trees {
        let roots = known.entry(tree.origin.clone()).or_default();
        let root = roots.entry(tree.size).or_insert_with(|| tree.root.clone());
        if *root != tree.root {
            return Ok(Some((tree, root.clone())));
        }
    }
    Ok(None)
}

/// Remembers what logs said of themselves: to be called where [`fork`] found none.
pub(crate) fn remember_trees(home: &Home, trees: &[&LogTree]) -> Result<(), OpsError> {
    change(home, |memory| {
        for tree in trees {
            if memory.logs.len() >= MAX_LOGS && !memory.logs.contains_key(&tree.origin) {
                continue;
            }
            let roots = memory.logs.entry(tree.origin.clone()).or_default();
            roots.entry(tree.size).or_insert_with(|| tree.root.clone());
            while roots.len() > MAX_TREES {
                roots.pop_first();
            }
        }
    })
}

/// The largest tree of a log that is remembered.
pub(crate) fn newest_tree(home: &Home, origin: &str) -> Result<Option<LogTree>, OpsError> {
    let roots = load(home)?.logs.remove(origin).unwrap_or_default();
    let tree = |(size, root)| LogTree { origin: origin.to_owned(), size, root };
    Ok(roots.into_iter().next_back().map(tree))
}

/// The key that was pinned for the log of a hub.
pub(crate) fn hub_key(home: &Home, hub: &str) -> Result<Option<String>, OpsError> {
    Ok(load(home)?.hubs.remove(hub))
}

/// Pins the key of a hub's log, in place of another: to be called where the new one is to count.
pub(crate) fn remember_hub(home: &Home, hub: &str, key: &str) -> Result<(), OpsError> {
    change(home, |memory| {
        memory.hubs.insert(hub.to_owned(), key.to_owned());
    })
}

/// Up to where a log was read.
pub(crate) fn monitored(home: &Home, origin: &str) -> Result<Option<LogTree>, OpsError> {
    let read = load(home)?.monitored.remove(origin);
    Ok(read.map(|(size, root)| LogTree { origin: origin.to_owned(), size, root }))
}

/// Remembers up to where a log was read. What is further on already stays.
pub(crate) fn remember_monitored(home: &Home, tree: &LogTree) -> Result<(), OpsError> {
    change(home, |memory| {
        let read = memory.monitored.entry(tree.origin.clone()).or_default();
        if read.0 <= tree.size {
            *read = (tree.size, tree.root.clone());
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> (tempfile::TempDir, Home) {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::new(dir.path());
        (dir, home)
    }

    fn tree(size: u64, root: &str) -> LogTree {
        LogTree { origin: "log.example".to_owned(), size, root: root.to_owned() }
    }

    #[test]
    fn what_was_seen_is_there_again_and_never_goes_back() {
        let (_dir, home) = home();
        assert_eq!(release(&home, "a").unwrap(), Seen::default());
        let at = |sequence| Seen { sequence: Some(sequence), ..Seen::default() };
        remember_release(&home, "a", &at(7)).unwrap();
        remember_release(&home, "b", &at(1)).unwrap();
        remember_release(&home, "a", &at(3)).unwrap();
        assert_eq!(release(&home, "a").unwrap(), at(7));
        assert_eq!(release(&home, "b").unwrap(), at(1));
        // Two that judge at the same time: the later word of the slower one does not undo the other's.
        let named = |version: &str| Seen { version: Some(version.to_owned()), ..at(7) };
        for version in ["1.9.0", "1.10.0", "1.2.0"] {
            remember_release(&home, "a", &named(version)).unwrap();
        }
        assert_eq!(release(&home, "a").unwrap(), named("1.10.0"));
        remember_import(&home, "key", 20).unwrap();
        remember_import(&home, "key", 10).unwrap();
        assert_eq!(import(&home, "key").unwrap(), Some(20));
        assert_eq!(import(&home, "other").unwrap(), None);
    }

    #[test]
    fn a_memory_that_can_not_be_read_is_not_an_empty_one() {
        let (_dir, home) = home();
        for text in ["", "{}", r#"{"schemaVersion":2,"repositories":{}}"#, "{\"x\":1}"] {
            std::fs::write(path(&home), text).unwrap();
            assert!(release(&home, "a").is_err(), "{text}");
            assert!(remember_release(&home, "a", &Seen::default()).is_err(), "{text}");
            assert!(fork(&home, &[]).is_err(), "{text}");
        }
    }

    #[test]
    fn two_roots_of_one_size_are_a_fork_now_and_later() {
        let (_dir, home) = home();
        let (a, b, later) = (tree(3, "aa"), tree(3, "bb"), tree(4, "cc"));
        let other = LogTree { origin: "other.example".to_owned(), ..b.clone() };
        assert_eq!(fork(&home, &[&a, &b]).unwrap(), Some((&b, "aa".to_owned())));
        assert_eq!(fork(&home, &[&a, &later, &other, &a]).unwrap(), None);
        remember_trees(&home, &[&a, &later]).unwrap();
        assert_eq!(fork(&home, &[&later, &b]).unwrap(), Some((&b, "aa".to_owned())));
        // What was remembered first stays, whoever writes later.
        remember_trees(&home, &[&b]).unwrap();
        assert_eq!(fork(&home, &[&a]).unwrap(), None);
    }

    #[test]
    fn the_largest_trees_stay() {
        let (_dir, home) = home();
        let trees: Vec<LogTree> = (0..300).map(|size| tree(size, "aa")).collect();
        remember_trees(&home, &trees.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!(fork(&home, &[&tree(10, "bb")]).unwrap(), None);
        assert!(fork(&home, &[&tree(299, "bb")]).unwrap().is_some());
    }

    #[test]
    fn hubs_and_what_was_read_of_them_are_there_again() {
        let (_dir, home) = home();
        assert_eq!(hub_key(&home, "hub:1").unwrap(), None);
        assert_eq!(newest_tree(&home, "log.example").unwrap(), None);
        assert_eq!(monitored(&home, "log.example").unwrap(), None);
        remember_hub(&home, "hub:1", "a").unwrap();
        remember_hub(&home, "hub:1", "b").unwrap();
        remember_hub(&home, "hub:2", "c").unwrap();
        assert_eq!(hub_key(&home, "hub:1").unwrap().as_deref(), Some("b"));
        let (small, large) = (tree(3, "aa"), tree(4, "cc"));
        remember_trees(&home, &[&large, &small]).unwrap();
        assert_eq!(newest_tree(&home, "log.example").unwrap(), Some(large.clone()));
        remember_monitored(&home, &large).unwrap();
        remember_monitored(&home, &small).unwrap();
        assert_eq!(monitored(&home, "log.example").unwrap(), Some(large));
    }
}

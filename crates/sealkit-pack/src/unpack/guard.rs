//! What all layers of one unpack share: which names were seen, and the limits.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use sealkit_oci::FileKind;
use sealkit_report::Exceeded;

use super::Limits;
use crate::error::EntryProblem;
use crate::path;

/// A name by its hash: a kit may have millions. A collision of hashes can only refuse.
type Key = [u8; 16];

/// Names seen so far and what they are.
pub(super) struct Guard {
    pub(super) limits: Limits,
    bytes: AtomicU64,
    seen: Mutex<HashMap<Key, Seen>>,
}

#[derive(Clone, Copy)]
struct Seen {
    exact: Key,
    kind: FileKind,
}

/// Why an entry is not admitted.
pub(super) enum Refusal {
    Problem(EntryProblem),
    Limit(Exceeded),
}

impl Guard {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, bytes: AtomicU64::new(0), seen: Mutex::new(HashMap::new()) }
    }

    /// Counts uncompressed bytes of any layer.
    pub(super) fn count_bytes(&self, count: u64) -> Result<(), Exceeded> {
        let before = self.bytes.fetch_add(count, Ordering::Relaxed);
        if before.saturating_add(count) > self.limits.bytes {
            return Err(Exceeded { what: "byte", limit: self.limits.bytes });
        }
        Ok(())
    }

    /// Admits the entry at the clean `path`, and the folders above it.
    pub(super) fn admit(&self, path: &str, kind: FileKind) -> Result<(), Refusal> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut at = Some(path);
        let mut kind_here = kind;
        while let Some(name) = at {
            let now = Seen { exact: key(name), kind: kind_here };
            match seen.get(&key(&path::fold(name))).copied() {
                None => {
                    if seen.len() as u64 >= self.limits.entries {
                        let limit = self.limits.entries;
                        return Err(Refusal::Limit(Exceeded { what: "entry", limit }));
                    }
                    seen.insert(key(&path::fold(name)), now);
                }
                Some(before) => {
                    check(before, now).map_err(Refusal::Problem)?;
                    if name.len() < path.len() {
                        // What is above it was admitted together with it.
                        return Ok(());
                    }
                }
            }
            at = path::parent(name);
            kind_here = FileKind::Dir;
        }
        Ok(())
    }
}

fn check(before: Seen, now: Seen) -> Result<(), EntryProblem> {
    if before.exact != now.exact {
        return Err(EntryProblem::Collision);
    }
    match (before.kind, now.kind) {
        (FileKind::Dir, FileKind::Dir) => Ok(()),
        (FileKind::File, FileKind::File) => Err(EntryProblem::Duplicate),
        _ => Err(EntryProblem::FileAndFolder),
    }
}

fn key(name: &str) -> Key {
    let hash = blake3::hash(name.as_bytes());
    hash.as_bytes().first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admit(guard: &Guard, path: &str, kind: FileKind) -> Option<EntryProblem> {
        match guard.admit(path, kind) {
            Ok(()) => None,
            Err(Refusal::Problem(problem)) => Some(problem),
            Err(Refusal::Limit(_)) => panic!("limit"),
        }
    }

    #[test]
    fn names_that_are_one_file_somewhere_are_refused() {
        let (file, dir) = (FileKind::File, FileKind::Dir);
        let guard = Guard::new(Limits::default());
        assert_eq!(admit(&guard, "a/b", file), None);
        assert_eq!(admit(&guard, "a", dir), None);
        assert_eq!(admit(&guard, "a", dir), None);
        assert_eq!(admit(&guard, "a/b", file), Some(EntryProblem::Duplicate));
        assert_eq!(admit(&guard, "a/b", dir), Some(EntryProblem::FileAndFolder));
        assert_eq!(admit(&guard, "a/b/c", file), Some(EntryProblem::FileAndFolder));
        assert_eq!(admit(&guard, "a", file), Some(EntryProblem::FileAndFolder));
        assert_eq!(admit(&guard, "A/c", file), Some(EntryProblem::Collision));
        assert_eq!(admit(&guard, "a/B", file), Some(EntryProblem::Collision));
        assert_eq!(admit(&guard, "caf\u{e9}", file), None);
        assert_eq!(admit(&guard, "cafe\u{301}", file), Some(EntryProblem::Collision));
    }

    #[test]
    fn limits_hold_over_all_layers() {
        let guard = Guard::new(Limits { entries: 2, bytes: 10, ratio: 1 });
        assert!(guard.admit("a/b", FileKind::File).is_ok());
        assert!(matches!(guard.admit("c", FileKind::File), Err(Refusal::Limit(_))));
        assert!(guard.count_bytes(10).is_ok());
        assert_eq!(guard.count_bytes(1).unwrap_err().to_string(), "byte limit of 10 was exceeded");
    }
}

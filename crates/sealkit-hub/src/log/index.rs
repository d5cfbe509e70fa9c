//! Where the entries about a digest or a tag are. Only numbers are kept in memory: a key is 8 bytes
//! of its hash, so that whoever looks something up reads the entry and sees whether it is meant.

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, RandomState};

use sealkit_attest::log::LogAct;
use sealkit_oci::Digest;

use super::entry::Entry;

/// Numbers of entries by what they are about.
#[derive(Debug, Default)]
pub(super) struct Index {
    numbers: BTreeSet<(u64, u64)>,
    /// Of this process alone: nobody can find names that meet.
    hasher: RandomState,
}

/// What one can look for.
#[derive(Clone, Copy, Debug, Hash)]
pub(super) enum Key<'a> {
    /// Everything that names a digest.
    Digest(&'a Digest),
    /// A tag of a repository.
    Tag(&'a str, &'a str),
    /// The coming and going of a manifest in a repository.
    Manifest(&'a str, &'a Digest),
    /// What became of the versions of a repository.
    Repository(&'a str),
    /// Every answer of a policy.
    Verdicts,
}

impl Key<'_> {
    /// Whether an entry is about this.
    pub(super) fn is_of(self, entry: &Entry) -> bool {
        let Entry::Act(leaf) = entry else {
            let Entry::Signature(digest) = entry else { return false };
            return matches!(self, Self::Digest(wanted) if wanted == digest);
        };
        match self {
            Self::Digest(digest) => leaf.act.digests().any(|found| found == digest),
            Self::Tag(repository, tag) => {
                leaf.repository == repository && leaf.act.tag() == Some(tag)
            }
            Self::Manifest(repository, digest) => {
                leaf.repository == repository && manifest(&leaf.act) == Some(digest)
            }
            Self::Repository(repository) => leaf.repository == repository && is_history(&leaf.act),
            Self::Verdicts => matches!(leaf.act, LogAct::Verdict { .. }),
        }
    }
}

/// The manifest that came or went.
fn manifest(act: &LogAct) -> Option<&Digest> {
    match act {
        LogAct::Push { digest, .. }
        | LogAct::Attest { digest, .. }
        | LogAct::Advisory { digest, .. }
        | LogAct::Delete { digest } => Some(digest),
        _ => None,
    }
}

/// Whether an act is of the history of a repository: all but manifests that came, which its tags tell of, and
/// signatures, of which each version has many.
fn is_history(act: &LogAct) -> bool {
    !matches!(act, LogAct::Push { .. } | LogAct::Attest { .. })
}

impl Index {
    /// Adds entry `number`.
    pub(super) fn add(&mut self, number: u64, entry: &Entry) {
        let mut add = |key: Key<'_>| {
            self.numbers.insert((self.hasher.hash_one(key), number));
        };
        match entry {
            Entry::Act(leaf) => {
                for digest in leaf.act.digests() {
                    add(Key::Digest(digest));
                }
                if let Some(tag) = leaf.act.tag() {
                    add(Key::Tag(&leaf.repository, tag));
                }
                if let Some(digest) = manifest(&leaf.act) {
                    add(Key::Manifest(&leaf.repository, digest));
                }
                if is_history(&leaf.act) {
                    add(Key::Repository(&leaf.repository));
                }
                if matches!(leaf.act, LogAct::Verdict { .. }) {
                    add(Key::Verdicts);
                }
            }
            Entry::Signature(digest) => add(Key::Digest(digest)),
            Entry::Other => {}
        }
    }

    /// Numbers of the entries before `before` that may be about `key`, the newest first.
    pub(super) fn find(&self, key: Key<'_>, before: u64) -> impl Iterator<Item = u64> {
        let hash = self.hasher.hash_one(key);
        self.numbers.range((hash, 0)..(hash, before)).rev().map(|(_, number)| *number)
    }
}

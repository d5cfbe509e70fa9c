//! Which entries a batch adds: only what the log does not say already, and each entry about a tag with
//! the number of the one before.

use std::sync::PoisonError;

use sealkit_attest::log::{LogAct, LogLeaf};
use sealkit_oci::Digest;

use super::LogError;
use super::entry::Entry;
use super::index::Key;
use super::writer::{Draft, Shared};

/// Entries that are about to be added.
pub(super) struct Batch<'a> {
    shared: &'a Shared,
    /// Number of the first.
    first: u64,
    entries: Vec<Vec<u8>>,
    read: Vec<Entry>,
}

impl<'a> Batch<'a> {
    /// A batch behind the first `first` entries.
    pub(super) fn new(shared: &'a Shared, first: u64) -> Self {
        Self { shared, first, entries: Vec::new(), read: Vec::new() }
    }

    /// The bytes of the entries.
    pub(super) fn into_entries(self) -> Vec<Vec<u8>> {
        self.entries
    }

    /// Finds the entry that says this, or adds one; the number of it.
    pub(super) fn place(&mut self, draft: &Draft) -> Result<u64, LogError> {
        let leaf = match draft {
            Draft::Act(leaf) => leaf,
            Draft::Signature(rekord) => {
                let bytes = rekord.encode()?;
                let same = self.shared.same(rekord.digest(), &bytes)?;
                let here = self.entries.iter().position(|entry| *entry == bytes);
                let here = here.map(|at| self.first + at as u64);
                let entry = Entry::Signature(rekord.digest().clone());
                return Ok(same.or(here).unwrap_or_else(|| self.add(bytes, entry)));
            }
        };
        let mut leaf = leaf.clone();
        if let Some(number) = self.settle(&mut leaf)? {
            return Ok(number);
        }
        let bytes = leaf.encode()?;
        Ok(self.add(bytes, Entry::Act(Box::new(leaf))))
    }

    fn add(&mut self, bytes: Vec<u8>, entry: Entry) -> u64 {
        let number = self.first + self.entries.len() as u64;
        self.entries.push(bytes);
        self.read.push(entry);
        number
    }

    /// Completes an act by what the log says; the number of the entry that says it already.
    fn settle(&self, leaf: &mut LogLeaf) -> Result<Option<u64>, LogError> {
        let repository = &leaf.repository;
        match &mut leaf.act {
            LogAct::Push { digest, .. }
            | LogAct::Attest { digest, .. }
            | LogAct::Advisory { digest, .. } => {
                let last = self.last(Key::Manifest(repository, digest))?;
                let is_here = |act: &LogAct| !matches!(act, LogAct::Delete { .. });
                Ok(last.filter(|(_, last)| is_here(&last.act)).map(|(number, _)| number))
            }
            LogAct::Delete { digest } => {
                let last = self.last(Key::Manifest(repository, digest))?;
                let is_gone = |act: &LogAct| matches!(act, LogAct::Delete { .. });
                Ok(last.filter(|(_, last)| is_gone(&last.act)).map(|(number, _)| number))
            }
            LogAct::Tag { tag, digest, old, previous } => {
                let Some((number, last)) = self.last(Key::Tag(repository, tag))? else {
                    return Ok(None);
                };
                let before = last.act.digest();
                if before == Some(digest) {
                    return Ok(Some(number));
                }
                (*old, *previous) = (before.cloned(), Some(number));
                Ok(None)
            }
            LogAct::Untag { tag, previous, .. } => {
                let last = self.last(Key::Tag(repository, tag))?;
                *previous = last.as_ref().map(|(number, _)| *number);
                let is_gone = |act: &LogAct| matches!(act, LogAct::Untag { .. });
                Ok(last.filter(|(_, last)| is_gone(&last.act)).map(|(number, _)| number))
            }
            _ => Ok(None),
        }
    }

    /// The newest act about `key`.
    fn last(&self, key: Key<'_>) -> Result<Option<(u64, LogLeaf)>, LogError> {
        let here = self.read.iter().enumerate().rev().find(|(_, entry)| key.is_of(entry));
        if let Some((at, Entry::Act(leaf))) = here {
            return Ok(Some((self.first + at as u64, LogLeaf::clone(leaf))));
        }
        self.shared.last(key)
    }
}

impl Shared {
    /// The newest act about `key` that is in the log.
    fn last(&self, key: Key<'_>) -> Result<Option<(u64, LogLeaf)>, LogError> {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        for number in index.find(key, u64::MAX) {
            let entry = self.entry(number)?.map(|bytes| Entry::read(&bytes));
            if let Some(Entry::Act(leaf)) = entry.filter(|entry| key.is_of(entry)) {
                return Ok(Some((number, *leaf)));
            }
        }
        Ok(None)
    }

    /// The entry about `digest` that has these bytes.
    fn same(&self, digest: &Digest, bytes: &[u8]) -> Result<Option<u64>, LogError> {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        for number in index.find(Key::Digest(digest), u64::MAX) {
            if self.entry(number)?.as_deref() == Some(bytes) {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }

    /// The bytes of an entry.
    pub(super) fn entry(&self, number: u64) -> Result<Option<Vec<u8>>, LogError> {
        Ok(self.store.entries(number..number + 1)?.pop())
    }
}

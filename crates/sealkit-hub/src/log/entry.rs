//! What the entries of a log say.

use std::thread;

use sealkit_attest::log::{HashedRekord, LogLeaf, MerkleHash, leaf_hash};
use sealkit_oci::Digest;

/// Fewest entries that are worth a thread.
const LEAST: usize = 128;

/// What an entry is.
#[derive(Clone, Debug)]
pub(super) enum Entry {
    /// An act.
    Act(Box<LogLeaf>),
    /// A signature over what has this digest.
    Signature(Digest),
    /// Of another kind, e.g. of a later version.
    Other,
}

impl Entry {
    /// Reads an entry.
    pub(super) fn read(bytes: &[u8]) -> Self {
        if let Ok(leaf) = LogLeaf::parse(bytes) {
            return Self::Act(Box::new(leaf));
        }
        HashedRekord::logged_digest(bytes).map_or(Self::Other, Self::Signature)
    }
}

/// Reads entries, each with its hash, on all processors: a log is read whole at each start.
pub(super) fn read_all(entries: &[Vec<u8>]) -> Vec<(Entry, MerkleHash)> {
    let read = |part: &[Vec<u8>]| -> Vec<_> {
        part.iter().map(|bytes| (Entry::read(bytes), leaf_hash(bytes))).collect()
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let size = entries.len().div_ceil(threads).max(LEAST);
    if entries.len() <= size {
        return read(entries);
    }
    thread::scope(|scope| {
        let parts: Vec<_> =
            entries.chunks(size).map(|part| (part, scope.spawn(move || read(part)))).collect();
        // What panicked there panics here, where whoever opened the log sees it.
        parts
            .into_iter()
            .flat_map(|(part, thread)| thread.join().unwrap_or_else(|_| read(part)))
            .collect()
    })
}

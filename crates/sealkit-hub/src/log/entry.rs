//! What the entries of a log say.

use sealkit_attest::log::{HashedRekord, LogLeaf, MerkleHash, leaf_hash};
use sealkit_oci::Digest;
use sealkit_ops::{parallel, processors};

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
    let threads = processors().min(entries.len() / LEAST);
    parallel(entries, threads, |bytes| (Entry::read(bytes), leaf_hash(bytes)))
}

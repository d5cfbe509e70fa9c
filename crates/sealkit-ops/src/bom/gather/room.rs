//! Memory for what the files of one kit say. It is kept until all of them are read, so all share it: a push of many
//! small files that say a million things each takes no more than one.

use std::sync::atomic::{AtomicU64, Ordering};

use sealkit_inspect::Facts;

use super::file::Looked;

/// Bytes for all files together.
const ROOM: u64 = 128 << 20;
/// Bytes that each file has for itself: what an ordinary one says. They are few for the bytes that it takes in a kit.
const OWN: u64 = 4 << 10;

/// What is left for the files of one kit. Who gets it is told by their order alone, and not by which of several threads
/// was first: the same kit has the same facts.
pub(super) struct Room {
    /// What was seen on all threads.
    held: AtomicU64,
    /// What is left for the next in order.
    left: AtomicU64,
    /// For all files together.
    whole: u64,
}

impl Default for Room {
    fn default() -> Self {
        Self::of(ROOM)
    }
}

impl Room {
    /// Room of so many bytes.
    pub(super) fn of(room: u64) -> Self {
        Self { held: AtomicU64::new(0), left: AtomicU64::new(room), whole: room }
    }

    /// What was seen of a file before its turn. Where the files seen so far say too much, its facts are let go: they are
    /// read again when it is its turn.
    pub(super) fn hold(&self, looked: Looked) -> Looked {
        if self.fits(&looked.facts) {
            return looked;
        }
        Looked { facts: Facts::default(), later: true, ..looked }
    }

    /// Whether the facts of a file can be kept until its turn.
    pub(super) fn fits(&self, facts: &Facts) -> bool {
        let size = facts.size().saturating_sub(OWN);
        let add = |held: u64| held.checked_add(size).filter(|sum| *sum <= self.whole);
        self.held.fetch_update(Ordering::AcqRel, Ordering::Acquire, add).is_ok()
    }

    /// What is kept of the next file in order; `again` looks at it once more.
    pub(super) fn take(
        &self,
        path: &str,
        mut looked: Looked,
        again: impl FnOnce() -> Facts,
    ) -> Looked {
        if looked.later {
            looked.facts = again();
            looked.later = false;
        }
        let size = looked.facts.size().saturating_sub(OWN);
        let take = |left: u64| left.checked_sub(size);
        if self.left.fetch_update(Ordering::AcqRel, Ordering::Acquire, take).is_err() {
            looked.facts.cut(path, OWN);
            looked.facts.facts.shrink_to_fit();
        }
        looked
    }
}

//! Bytes that stand for those of a file. The HTTP library knows bytes and no files: it is lent some that nobody reads,
//! and where it has them written, the file is sent.

use std::collections::VecDeque;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use sealkit_registry::FileSender;

use super::part::Part;

/// Most bytes that one part is of which bytes are lent.
pub(super) const PIECE: usize = 512 * 1024;
/// So many are told apart. The library holds fewer; and all of them are 64 MiB, for which allocators ask the system,
/// which gives no memory before it is touched (of glibc's own heap comes what is up to 32 MiB).
const PIECES: usize = 128;

/// What is lent. It is never read or written, so that the system gives no memory for it.
static STAND_INS: LazyLock<&'static [u8]> =
    LazyLock::new(|| Box::leak(vec![0; PIECES * PIECE].into_boxed_slice()));

/// Where bytes begin among those that are lent, which is their mark; none where they are bytes like others.
pub(super) fn mark_of(bytes: &[u8]) -> Option<usize> {
    let mark = bytes.as_ptr().addr().checked_sub(STAND_INS.as_ptr().addr())?;
    (mark < STAND_INS.len()).then_some(mark)
}

/// A part of a file that is to be sent.
#[derive(Clone)]
pub(super) struct Due {
    pub(super) part: Part,
    /// Whether it was read for being sent.
    pub(super) is_fetched: bool,
    /// The mark of the bytes that stand for it.
    mark: usize,
}

/// What one connection was lent and has not written yet, in the order of writing. Whatever it lends has to be written
/// into that connection, as it is and in its turn; else the connection fails.
#[derive(Clone, Default)]
pub(crate) struct Lent(Arc<Mutex<Loans>>);

#[derive(Default)]
struct Loans {
    waiting: VecDeque<Due>,
    /// How many there were.
    count: usize,
}

impl Lent {
    /// What sends files into the connection; none where the system can not.
    #[expect(clippy::unnecessary_wraps, reason = "not every system can")]
    pub(crate) fn sender(&self) -> Option<Arc<dyn FileSender>> {
        Some(Arc::new(self.clone()))
    }

    /// Bytes for a part of a file, of [`PIECE`] at most.
    pub(super) fn lend(&self, mut part: Part) -> Bytes {
        let mut loans = self.loans();
        let mark = loans.count % PIECES * PIECE;
        let lent = STAND_INS.get(mark..mark + part.size.min(PIECE)).unwrap_or_default();
        part.size = lent.len();
        loans.count = loans.count.wrapping_add(1);
        loans.waiting.push_back(Due { part, is_fetched: false, mark });
        Bytes::from_static(lent)
    }

    /// What is sent next, where it is what bytes with this mark stand for. None where it is not: then the library
    /// has left out some, or put them in another order.
    pub(super) fn due(&self, mark: usize) -> Option<Due> {
        self.loans().waiting.front().filter(|due| due.mark == mark).cloned()
    }

    /// Notes that what is sent next was read.
    pub(super) fn fetched(&self) {
        if let Some(due) = self.loans().waiting.front_mut() {
            due.is_fetched = true;
        }
    }

    /// Notes that so many bytes of what is sent next were.
    pub(super) fn sent(&self, count: usize) {
        let mut loans = self.loans();
        let Some(Due { part, mark, .. }) = loans.waiting.front_mut() else { return };
        part.at += count as u64;
        part.size = part.size.saturating_sub(count);
        *mark += count;
        if part.size == 0 {
            loans.waiting.pop_front();
        }
    }

    fn loans(&self) -> MutexGuard<'_, Loans> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(at: u64, size: usize) -> Part {
        Part { file: Arc::new(tempfile::tempfile().unwrap()), at, size }
    }

    fn due(lent: &Lent, mark: usize) -> Option<(u64, usize)> {
        lent.due(mark).map(|due| (due.part.at, due.part.size))
    }

    #[test]
    fn what_is_lent_is_told_from_bytes_like_others() {
        let lent = Lent::default();
        let bytes = lent.lend(part(0, 3));
        assert_eq!(mark_of(&bytes), Some(0));
        assert_eq!(mark_of(&bytes.slice(2..)), Some(2));
        for other in [&vec![0; PIECE][..], b"abc", &[]] {
            assert_eq!(mark_of(other), None);
        }
        assert_eq!(mark_of(&STAND_INS[PIECES * PIECE - 1..]), Some(PIECES * PIECE - 1));
        assert_eq!(mark_of(&STAND_INS[PIECES * PIECE..]), None);
    }

    #[test]
    fn parts_come_in_their_turn_and_nothing_else_does() {
        let lent = Lent::default();
        let (first, second) = (lent.lend(part(100, 10)), lent.lend(part(7, PIECE + 1)));
        assert_eq!(second.len(), PIECE, "no more than there is");
        let [first, second] = [first, second].map(|one| mark_of(&one).unwrap());
        assert_eq!(due(&lent, second), None);
        assert_eq!(due(&lent, first), Some((100, 10)));
        lent.sent(4);
        assert_eq!(due(&lent, first), None);
        assert_eq!(due(&lent, first + 4), Some((104, 6)));
        lent.fetched();
        assert!(lent.due(first + 4).unwrap().is_fetched);
        lent.sent(6);
        assert_eq!(due(&lent, second), Some((7, PIECE)));
        assert!(!lent.due(second).unwrap().is_fetched);
        lent.sent(PIECE);
        assert_eq!(due(&lent, second), None);
        lent.sent(1);
    }

    #[test]
    fn a_connection_that_lends_for_long_begins_again_and_no_two_overlap() {
        let (lent, part) = (Lent::default(), part(0, PIECE));
        for turn in 0..2 * PIECES + 2 {
            let bytes = lent.lend(part.clone());
            assert_eq!((bytes.len(), mark_of(&bytes)), (PIECE, Some(turn % PIECES * PIECE)));
            lent.sent(PIECE);
        }
    }
}

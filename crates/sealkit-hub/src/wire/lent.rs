//! Bytes that stand for those of a file. The HTTP library knows bytes and no files: it is lent some that nobody reads,
//! and where it has them written, the file is sent.

use std::collections::VecDeque;
use std::fs::File;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use hyper::http::Extensions;
use sealkit_registry::FileSender;

/// Most bytes that one piece stands for.
pub(super) const PIECE: usize = 512 * 1024;
/// Where a piece may begin: the place tells pieces of one connection apart.
const PLACES: usize = 64 * 1024;

/// What is lent. It is never read or written, so that the system gives no memory for it.
static STAND_INS: LazyLock<&'static [u8]> =
    LazyLock::new(|| Box::leak(vec![0; PLACES + PIECE].into_boxed_slice()));

/// Where bytes are among those that are lent; none where they are bytes like others.
pub(super) fn place_of(bytes: &[u8]) -> Option<usize> {
    let place = bytes.as_ptr().addr().checked_sub(STAND_INS.as_ptr().addr())?;
    (place < STAND_INS.len()).then_some(place)
}

/// A part of a file that is to be sent.
#[derive(Clone)]
pub(super) struct Piece {
    pub(super) file: Arc<File>,
    /// Where it goes on.
    pub(super) at: u64,
    pub(super) left: usize,
    /// Where the bytes go on that stand for it.
    place: usize,
}

/// What one connection was lent and has not written yet, in the order of writing. Whatever it lends has to be written
/// into that connection, as it is and in its turn; else the connection fails.
#[derive(Clone, Default)]
pub(crate) struct Lent(Arc<Mutex<Pieces>>);

#[derive(Default)]
struct Pieces {
    waiting: VecDeque<Piece>,
    /// How many there were.
    count: usize,
}

impl Lent {
    /// Notes in a request of the connection that files can be sent into it.
    pub(crate) fn offer(&self, extensions: &mut Extensions) {
        extensions.insert::<Arc<dyn FileSender>>(Arc::new(self.clone()));
    }

    /// Bytes for `size` bytes of `file` from `at` on, [`PIECE`] at most.
    pub(super) fn lend(&self, file: Arc<File>, at: u64, size: usize) -> Bytes {
        let mut pieces = self.pieces();
        let place = pieces.count % PLACES;
        let lent = STAND_INS.get(place..place + size.min(PIECE)).unwrap_or_default();
        pieces.count = pieces.count.wrapping_add(1);
        pieces.waiting.push_back(Piece { file, at, left: lent.len(), place });
        Bytes::from_static(lent)
    }

    /// What is written next, where bytes that begin at `place` stand for it. None where they do not: then the
    /// library has left out some, or put them in another order.
    pub(super) fn due(&self, place: usize) -> Option<Piece> {
        self.pieces().waiting.front().filter(|piece| piece.place == place).cloned()
    }

    /// Notes that so many bytes of what is written next were.
    pub(super) fn sent(&self, count: usize) {
        let mut pieces = self.pieces();
        let Some(piece) = pieces.waiting.front_mut() else { return };
        piece.at += count as u64;
        piece.place += count;
        piece.left = piece.left.saturating_sub(count);
        if piece.left == 0 {
            pieces.waiting.pop_front();
        }
    }

    fn pieces(&self) -> MutexGuard<'_, Pieces> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Arc<File> {
        Arc::new(tempfile::tempfile().unwrap())
    }

    #[test]
    fn what_is_lent_is_told_from_bytes_like_others() {
        let lent = Lent::default();
        let piece = lent.lend(file(), 0, 3);
        assert_eq!(place_of(&piece), Some(0));
        assert_eq!(place_of(&piece.slice(2..)), Some(2));
        assert_eq!(place_of(&vec![0; PIECE]), None);
        assert_eq!(place_of(b"abc"), None);
        assert_eq!(place_of(&[]), None);
        let end = STAND_INS.as_ptr_range().end.addr();
        assert_eq!(place_of(&STAND_INS[PLACES + PIECE - 1..]).unwrap() + 1, STAND_INS.len());
        assert_eq!(end - STAND_INS.as_ptr().addr(), STAND_INS.len());
    }

    #[test]
    fn pieces_come_in_their_turn_and_nothing_else_does() {
        let lent = Lent::default();
        let (first, second) = (lent.lend(file(), 100, 10), lent.lend(file(), 7, PIECE + 1));
        assert_eq!(second.len(), PIECE, "no more than there is");
        let [first, second] = [first, second].map(|one| place_of(&one).unwrap());
        assert!(lent.due(second).is_none());
        assert_eq!(lent.due(first).map(|piece| (piece.at, piece.left)), Some((100, 10)));
        lent.sent(4);
        assert!(lent.due(first).is_none());
        assert_eq!(lent.due(first + 4).map(|piece| (piece.at, piece.left)), Some((104, 6)));
        lent.sent(6);
        assert_eq!(lent.due(second).map(|piece| (piece.at, piece.left)), Some((7, PIECE)));
        lent.sent(PIECE);
        assert!(lent.due(second).is_none());
        lent.sent(1);
    }

    #[test]
    fn a_connection_that_lends_for_long_begins_again_and_stays_within_what_there_is() {
        let (lent, file) = (Lent::default(), file());
        for turn in 0..2 * PLACES + 2 {
            let piece = lent.lend(Arc::clone(&file), 0, PIECE);
            assert_eq!((piece.len(), place_of(&piece)), (PIECE, Some(turn % PLACES)));
            lent.sent(PIECE);
        }
    }
}

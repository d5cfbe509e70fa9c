//! When each token was used last, to the minute: often enough to find those that nobody uses, and seldom
//! enough that no pull waits for it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// A use is written no more often than this for each token, in seconds.
const EVERY: i64 = 60;
/// Most tokens that are told apart; where there are more, some are written more often.
const MOST: usize = 16_384;

/// When the use of each token was written last.
#[derive(Debug, Default)]
pub(super) struct Uses(Mutex<HashMap<i64, i64>>);

impl Uses {
    /// Whether the use of a token has to be written now.
    pub(super) fn are_due(&self, id: i64, now: i64) -> bool {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that went back is no reason to write nothing for as long.
        if written.get(&id).is_some_and(|last| now.abs_diff(*last) < EVERY as u64) {
            return false;
        }
        if written.len() >= MOST && !written.contains_key(&id) {
            written.clear();
        }
        written.insert(id, now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_written_once_a_minute() {
        let uses = Uses::default();
        assert!(uses.are_due(1, 1_000));
        let due: Vec<i64> = (1_000..1_200).filter(|now| uses.are_due(1, *now)).collect();
        assert_eq!(due, [1_060, 1_120, 1_180]);
        assert!(uses.are_due(2, 1_001), "another token");
        assert!(uses.are_due(1, 100), "the clock went back");
        assert!(!uses.are_due(1, 159));
    }

    #[test]
    fn any_number_of_tokens_takes_bounded_room() {
        let uses = Uses::default();
        for id in 0..2 * MOST as i64 + 5 {
            assert!(uses.are_due(id, 0));
            assert!(!uses.are_due(id, 1));
        }
        assert!(uses.0.lock().unwrap().len() <= MOST);
    }
}

//! What was looked up last, good for as long as nothing has changed.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Answers under a stamp such as [`State::stamp`](crate::State::stamp). Whoever asks has read the stamp
/// just before: an answer under the same stamp is what a new look would give, also where another process
/// changes things. Whoever adds an answer has read the stamp *before* they looked.
#[derive(Debug)]
pub struct Seen<V>(Mutex<Content<V>>, usize);

#[derive(Debug)]
struct Content<V> {
    stamp: u64,
    /// What the answers cost in bytes.
    cost: usize,
    answers: HashMap<String, V>,
}

/// What an answer costs beside its own bytes.
const EACH: usize = 512;

impl<V: Clone> Seen<V> {
    /// Room for about so many bytes. Where more comes, everything is forgotten.
    pub fn new(most: usize) -> Self {
        Self(Mutex::new(Content { stamp: 0, cost: 0, answers: HashMap::new() }), most)
    }

    fn content(&self, stamp: u64) -> MutexGuard<'_, Content<V>> {
        let mut content = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if content.stamp != stamp {
            *content = Content { stamp, cost: 0, answers: HashMap::new() };
        }
        content
    }

    /// The answer, where it is known under this stamp; without a stamp nothing is.
    pub fn get(&self, stamp: Option<u64>, asked: &str) -> Option<V> {
        self.content(stamp?).answers.get(asked).cloned()
    }

    /// Adds an answer of `size` bytes.
    pub fn put(&self, stamp: Option<u64>, asked: String, answer: V, size: usize) {
        let Some(stamp) = stamp else { return };
        let mut content = self.content(stamp);
        let cost = size.saturating_add(asked.len()).saturating_add(EACH);
        if content.cost.saturating_add(cost) > self.1 {
            content.answers.clear();
            content.cost = 0;
        }
        if cost <= self.1 {
            content.cost += cost;
            content.answers.insert(asked, answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Seen;

    #[test]
    fn an_answer_holds_under_its_stamp_alone() {
        let seen = Seen::new(10_000);
        seen.put(Some(1), "a".to_owned(), 7, 1);
        assert_eq!(seen.get(Some(1), "a"), Some(7));
        assert_eq!((seen.get(Some(1), "b"), seen.get(None, "a")), (None, None));
        assert_eq!(seen.get(Some(2), "a"), None);
        assert_eq!(seen.get(Some(1), "a"), None, "it was forgotten for good");
        seen.put(None, "a".to_owned(), 7, 1);
        assert_eq!(seen.get(Some(1), "a"), None);
    }

    #[test]
    fn it_never_takes_more_than_its_room() {
        let seen = Seen::new(2_000);
        for at in 0..100 {
            seen.put(Some(1), at.to_string(), at, 100);
            assert_eq!(seen.get(Some(1), &at.to_string()), Some(at));
            let known = (0..100).filter(|one| seen.get(Some(1), &one.to_string()).is_some());
            assert!(known.count() <= 3);
        }
        seen.put(Some(1), "large".to_owned(), 0, 2_000);
        assert_eq!(seen.get(Some(1), "large"), None);
    }
}

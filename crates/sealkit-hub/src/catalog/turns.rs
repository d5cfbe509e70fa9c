//! Whose versions are looked at next: who has large ones does not keep the worker from everybody else.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// What takes less is nobody's burden.
const SHORT: Duration = Duration::from_millis(50);
/// Longest time that others go first.
const LONGEST: Duration = Duration::from_hours(1);

/// Who had the worker for long just now. Nothing is lost with it when the process ends.
#[derive(Debug, Default)]
pub(super) struct Turns(HashMap<String, Instant>);

impl Turns {
    /// Those after whom others go first, at `now`.
    pub(super) fn resting(&mut self, now: Instant) -> Vec<String> {
        self.0.retain(|_, until| *until > now);
        self.0.keys().cloned().collect()
    }

    /// Notes that a version of `owner` took the worker from `begun` to `ended`: others go first for as long.
    pub(super) fn took(&mut self, owner: String, begun: Instant, ended: Instant) {
        let taken = ended.saturating_duration_since(begun);
        if taken >= SHORT {
            self.0.insert(owner, ended + taken.min(LONGEST));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_go_first_for_as_long_as_somebody_took() {
        let (mut turns, begun) = (Turns::default(), Instant::now());
        let ended = begun + Duration::from_mins(5);
        turns.took("team".to_owned(), begun, ended);
        turns.took("quick".to_owned(), begun, begun + Duration::from_millis(40));
        assert_eq!(turns.resting(ended), ["team"]);
        assert_eq!(turns.resting(ended + Duration::from_secs(299)), ["team"]);
        assert!(turns.resting(ended + Duration::from_mins(5)).is_empty());
        turns.took("slow".to_owned(), begun, begun + Duration::from_hours(9));
        assert!(turns.resting(begun + Duration::from_hours(10)).is_empty());
    }
}

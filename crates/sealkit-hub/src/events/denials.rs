//! What is refused again and again is counted: a client that tries for ever must not fill the disk.

use std::collections::HashMap;
use std::net::IpAddr;

use super::NewEvent;

/// What is refused again within so many seconds is counted to the first time.
const WINDOW: i64 = 60;
/// Most clients and acts that are told apart at a time; the others are counted together.
const MOST: usize = 1_024;

/// A request that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Refused {
    /// Who; empty for nobody known.
    pub(crate) actor: String,
    /// From where.
    pub(crate) address: Option<IpAddr>,
    /// What kind of request.
    pub(crate) method: String,
    /// Where.
    pub(crate) repository: Option<String>,
    /// With which status.
    pub(crate) status: u16,
}

impl Refused {
    /// All that there is no more room for.
    fn others() -> Self {
        let (actor, method) = (String::new(), "*".to_owned());
        Self { actor, address: None, method, repository: None, status: 403 }
    }

    fn event(&self) -> NewEvent {
        let actor = super::named(&self.actor);
        let from = self.address.map(|address| format!(" from {address}")).unwrap_or_default();
        let detail = format!("{} {}{from}", self.method, self.status);
        let repository = self.repository.clone();
        NewEvent { repository, ..NewEvent::new(actor, "access.deny").saying(detail) }
    }
}

/// Since when, and how often again after the first time.
#[derive(Default)]
pub(super) struct Denials(HashMap<Refused, (i64, u64)>);

impl Denials {
    /// Counts one; gives the event to write where it is the first of its kind.
    pub(super) fn add(&mut self, refused: Refused, now: i64) -> Option<NewEvent> {
        let is_full = self.0.len() >= MOST && !self.0.contains_key(&refused);
        let refused = if is_full { Refused::others() } else { refused };
        if let Some((_, again)) = self.0.get_mut(&refused) {
            *again += 1;
            return None;
        }
        let event = refused.event();
        self.0.insert(refused, (now, 0));
        Some(event)
    }

    /// Whether something is counted.
    pub(super) fn waits(&self) -> bool {
        !self.0.is_empty()
    }

    /// Ends what began a while ago; gives what happened again meanwhile, and how often.
    pub(super) fn take(&mut self, now: i64, all: bool) -> Vec<(NewEvent, u64)> {
        let mut taken = Vec::new();
        self.0.retain(|refused, (since, again)| {
            // A clock that went back ends it as well.
            let goes_on = !all && (0..WINDOW).contains(&now.saturating_sub(*since));
            if !goes_on && *again > 0 {
                taken.push((refused.event(), *again));
            }
            goes_on
        });
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(actor: &str) -> Refused {
        let (actor, method) = (actor.to_owned(), "GET".to_owned());
        Refused { actor, address: None, method, repository: None, status: 403 }
    }

    #[test]
    fn the_first_is_told_and_the_rest_is_counted() {
        let mut denials = Denials::default();
        let event = denials.add(refused("a"), 100).unwrap();
        assert_eq!((event.actor.as_str(), event.action), ("a", "access.deny"));
        assert_eq!(event.detail.as_deref(), Some("GET 403"));
        assert!(denials.add(refused("b"), 100).is_some(), "another client");
        for now in 101..110 {
            assert_eq!(denials.add(refused("a"), now), None);
        }
        assert_eq!(denials.take(159, false), []);
        assert_eq!(denials.take(160, false), [(event, 9)], "nothing of `b`, which was told");
        assert!(!denials.waits());
        assert!(denials.add(refused("a"), 161).is_some(), "a new minute");
    }

    #[test]
    fn any_number_of_clients_take_bounded_room() {
        let mut denials = Denials::default();
        let mut told = 0;
        for number in 0..5_000 {
            told += usize::from(denials.add(refused(&number.to_string()), 100).is_some());
        }
        assert_eq!((told, denials.0.len()), (MOST + 1, MOST + 1));
        let taken = denials.take(100, true);
        assert_eq!(taken.len(), 1);
        assert_eq!(taken[0].1, 5_000 - MOST as u64 - 1);
        assert_eq!(taken[0].0.actor, super::super::ANYONE);
    }

    #[test]
    fn a_clock_that_goes_back_ends_the_minute() {
        let mut denials = Denials::default();
        denials.add(refused("a"), 1_000);
        denials.add(refused("a"), 1_000);
        assert_eq!(denials.take(10, false).len(), 1);
    }
}

//! How often a client may ask: a token bucket for each token and each address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Most clients that are told apart. Where more come, all begin anew.
const MOST: usize = 65_536;
/// A client may save up so many seconds' worth of requests.
const BURST: f64 = 4.0;

/// Who is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Client {
    Token(i64),
    /// A whole network of IPv6 (/64) is one client: who has one address of it has all.
    Address(IpAddr),
}

/// What each client may do. It holds for this process.
#[derive(Debug)]
pub struct RateLimits {
    /// Requests a second.
    rate: f64,
    buckets: Mutex<HashMap<Client, Bucket>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// Requests that may be made at once.
    left: f64,
    at: Instant,
}

impl RateLimits {
    /// So many requests a second, at least one, for each token and for each address; four seconds' worth of
    /// them at once.
    pub fn new(per_second: u32) -> Self {
        Self { rate: f64::from(per_second.max(1)), buckets: Mutex::default() }
    }

    /// Counts a request of a token; how long to wait where it is one too many.
    pub(super) fn of_token(&self, id: i64) -> Result<(), Duration> {
        self.take(Client::Token(id), Instant::now())
    }

    /// The same of an address. The machine itself is not counted: all clients of a proxy come from there.
    pub(super) fn of_address(&self, address: IpAddr) -> Result<(), Duration> {
        if address.to_canonical().is_loopback() {
            return Ok(());
        }
        self.take(Client::Address(network(address)), Instant::now())
    }

    fn take(&self, client: Client, now: Instant) -> Result<(), Duration> {
        let most = self.rate * BURST;
        let refilled = |bucket: &Bucket| {
            let since = now.saturating_duration_since(bucket.at).as_secs_f64();
            (bucket.left + since * self.rate).min(most)
        };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST && !buckets.contains_key(&client) {
            // Who has a full bucket is as one who never came.
            buckets.retain(|_, bucket| refilled(bucket) < most);
            if buckets.len() >= MOST {
                buckets.clear();
            }
        }
        let bucket = buckets.entry(client).or_insert(Bucket { left: most, at: now });
        let left = refilled(bucket);
        *bucket = Bucket { left, at: now };
        if left < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - left) / self.rate));
        }
        bucket.left = left - 1.0;
        Ok(())
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            std::net::Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(limits: &RateLimits, client: Client, now: Instant) -> usize {
        (0..1_000).take_while(|_| limits.take(client, now).is_ok()).count()
    }

    #[test]
    fn a_client_saves_up_and_waits_for_more() {
        let (limits, now) = (RateLimits::new(10), Instant::now());
        let (one, two) = (Client::Token(1), Client::Token(2));
        assert_eq!(count(&limits, one, now), 40);
        let wait = limits.take(one, now).unwrap_err();
        assert!(wait <= Duration::from_millis(100) && wait > Duration::from_millis(90), "{wait:?}");
        assert_eq!(count(&limits, two, now), 40, "another one");
        assert_eq!(count(&limits, one, now + Duration::from_secs(1)), 10);
        assert_eq!(count(&limits, one, now + Duration::from_hours(1)), 40, "and no more");
        assert_eq!(count(&limits, one, now), 0, "a clock that goes back gives nothing");
    }

    #[test]
    fn any_number_of_clients_take_bounded_room() {
        let (limits, now) = (RateLimits::new(1), Instant::now());
        for id in 0..MOST as i64 + 10 {
            assert!(limits.take(Client::Token(id), now).is_ok());
        }
        assert!(limits.buckets.lock().unwrap().len() <= MOST);
    }

    #[test]
    fn a_network_is_one_client_and_the_machine_itself_is_none() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        let limits = RateLimits::new(1);
        for local in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert!((0..100).all(|_| limits.of_address(local.parse().unwrap()).is_ok()));
        }
        assert!((0..100).any(|_| limits.of_address("192.0.2.1".parse().unwrap()).is_err()));
    }
}

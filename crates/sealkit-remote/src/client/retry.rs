//! When a request is tried again, and after how long.

use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::options::Retry;

/// Whether a status says that the same request may succeed later: 408, 429 and 5xx but 501.
pub(crate) fn is_temporary(status: StatusCode) -> bool {
    let busy = matches!(status.as_u16(), 408 | 429);
    busy || (status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED)
}

/// What the `Retry-After` header asks for: seconds, or a date (RFC 9110 §10.2.3). A date that has
/// passed asks for no wait.
pub(crate) fn asked_wait(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

impl Retry {
    /// The wait before retry number `attempt` (from 0), or none when it is time to give up: too
    /// many attempts, or a registry that asks for too long a wait.
    pub(crate) fn wait(&self, attempt: u32, asked: Option<Duration>) -> Option<Duration> {
        if attempt >= self.retries {
            return None;
        }
        let own = self.backoff(attempt);
        match asked {
            Some(asked) if asked > self.retry_after_cap => None,
            Some(asked) => Some(asked.max(own)),
            None => Some(own),
        }
    }

    /// Doubles with each attempt up to the cap; the upper half of it is spread at random, so that
    /// clients that failed together do not come back together.
    fn backoff(&self, attempt: u32) -> Duration {
        let factor = 2_u32.checked_pow(attempt).unwrap_or(u32::MAX);
        let full = self.base.saturating_mul(factor).min(self.cap);
        full.mul_f64(0.5 + 0.5 * (self.jitter)().clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn retry(jitter: f64) -> Retry {
        Retry {
            retries: 4,
            base: Duration::from_millis(100),
            cap: Duration::from_millis(300),
            retry_after_cap: Duration::from_secs(10),
            jitter: Arc::new(move || jitter),
        }
    }

    fn header(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())])
    }

    #[test]
    fn waits_double_up_to_the_cap_and_end() {
        let waits: Vec<_> = (0..6).map(|n| retry(1.0).wait(n, None)).collect();
        let ms = |n| Some(Duration::from_millis(n));
        assert_eq!(waits, [ms(100), ms(200), ms(300), ms(300), None, None]);
        assert_eq!(retry(0.0).wait(0, None), ms(50));
        assert_eq!(retry(f64::INFINITY).wait(0, None), ms(100));
    }

    #[test]
    fn the_registry_may_ask_for_more_but_not_for_ever() {
        let seconds = Duration::from_secs;
        assert_eq!(retry(1.0).wait(0, Some(seconds(7))), Some(seconds(7)));
        assert_eq!(retry(1.0).wait(0, Some(seconds(0))), Some(Duration::from_millis(100)));
        assert_eq!(retry(1.0).wait(0, Some(seconds(11))), None);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let asked = |text: &str| asked_wait(&header(text), now);
        assert_eq!(asked("120"), Some(Duration::from_mins(2)));
        assert_eq!(asked("Sun, 06 Nov 1994 08:50:37 GMT"), Some(Duration::from_mins(1)));
        assert_eq!(asked("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(asked("soon"), None);
        assert_eq!(asked("-1"), None);
    }

    #[test]
    fn only_busy_and_broken_servers_are_temporary() {
        for (status, expected) in [
            (408, true),
            (429, true),
            (500, true),
            (503, true),
            (501, false),
            (404, false),
            (401, false),
            (200, false),
        ] {
            assert_eq!(is_temporary(StatusCode::from_u16(status).unwrap()), expected, "{status}");
        }
    }
}

//! Tags that are being set: of two that set one tag to different digests at once, the first wins.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sealkit_oci::Digest;

/// A tag that was not set after so long never will be: the manifest is written right after it is judged.
const HOLD: Duration = Duration::from_mins(1);
/// Most tags that are set at one time.
const MOST: usize = 10_000;

/// Who claims what, by repository and tag.
#[derive(Default)]
pub(super) struct Claims(Mutex<HashMap<(String, String), (Digest, Instant)>>);

impl Claims {
    /// Claims a tag for a digest; false where another digest has it, or too many are claimed.
    pub(super) fn claim(&self, repository: &str, tag: &str, digest: &Digest) -> bool {
        let mut claims = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if claims.len() >= MOST {
            claims.retain(|_, (_, at)| at.elapsed() < HOLD);
        }
        let key = (repository.to_owned(), tag.to_owned());
        let held = claims.get(&key).filter(|(_, at)| at.elapsed() < HOLD);
        if held.is_some_and(|(held, _)| held != digest) || claims.len() >= MOST {
            return false;
        }
        claims.insert(key, (digest.clone(), Instant::now()));
        true
    }

    /// Gives a tag back that was set, or will not be.
    pub(super) fn release(&self, repository: &str, tag: &str) {
        let key = (repository.to_owned(), tag.to_owned());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_digest_has_the_tag_until_it_is_given_back() {
        let claims = Claims::default();
        let (a, b) = (Digest::of(b"a"), Digest::of(b"b"));
        assert!(claims.claim("r", "v1", &a) && claims.claim("r", "v1", &a));
        assert!(!claims.claim("r", "v1", &b));
        assert!(claims.claim("r", "v2", &b) && claims.claim("s", "v1", &b));
        claims.release("r", "v1");
        assert!(claims.claim("r", "v1", &b) && !claims.claim("r", "v1", &a));
        for number in 0..MOST {
            claims.claim("many", &number.to_string(), &a);
        }
        assert!(!claims.claim("one", "more", &a), "bounded");
    }
}

//! Pulls that are counted and not written yet.

use std::collections::HashMap;

use sealkit_oci::Digest;

/// Most manifests whose pulls wait to be written. Past that, what is pulled is not counted until they are.
const MOST: usize = 10_000;

/// How often, and when last, by repository and manifest.
pub(super) type Counted = HashMap<(String, Digest), (u64, i64)>;

#[derive(Default)]
pub(super) struct Pulls(Counted);

impl Pulls {
    pub(super) fn add(&mut self, repository: &str, digest: &Digest, now: i64) {
        self.put((repository.to_owned(), digest.clone()), (1, now));
    }

    fn put(&mut self, key: (String, Digest), (count, last): (u64, i64)) {
        if self.0.len() >= MOST && !self.0.contains_key(&key) {
            return;
        }
        let entry = self.0.entry(key).or_default();
        *entry = (entry.0 + count, entry.1.max(last));
    }

    pub(super) fn take(&mut self) -> Counted {
        std::mem::take(&mut self.0)
    }

    pub(super) fn put_back(&mut self, counted: Counted) {
        for (key, value) in counted {
            self.put(key, value);
        }
    }
}

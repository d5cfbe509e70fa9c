//! Verdicts about pulls, kept for a while: a kit is read whole to be judged.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sealkit_oci::Digest;

use super::judge::Verdict;

/// Most verdicts that are kept.
const MOST: usize = 4096;
/// How long one is used: rules may ask for the time.
const FRESH: Duration = Duration::from_mins(5);

/// Verdicts by everything that they depend on but time.
#[derive(Default)]
pub(super) struct Kept(Mutex<HashMap<Digest, (Instant, Verdict)>>);

impl Kept {
    pub(super) fn get(&self, key: &Digest) -> Option<Verdict> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(key).filter(|(at, _)| at.elapsed() < FRESH).map(|(_, verdict)| verdict.clone())
    }

    pub(super) fn put(&self, key: Digest, verdict: Verdict) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.retain(|_, (at, _)| at.elapsed() < FRESH);
        }
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(key, (Instant::now(), verdict));
    }
}

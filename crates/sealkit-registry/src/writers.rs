//! Repositories that are being pushed to.
//!
//! A store protects what was written through a handle from its garbage collection while the handle
//! lives. A push is many requests, so its handle must live from the first blob to the manifest.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sealkit_store::{Namespace, Repository, StoreError};

/// So long after it was made, a handle is not given out any more.
const FRESH: Duration = Duration::from_mins(30);
/// So long after it was made, a handle is dropped: an hour after its last use at least.
const KEPT: Duration = Duration::from_mins(90);
/// Most handles; more pushes at once lose the oldest.
const MOST: usize = 1024;

struct Writer {
    name: String,
    repository: Arc<dyn Repository>,
    made: Instant,
}

/// Handles of the last pushes, oldest first.
#[derive(Default)]
pub(crate) struct Writers(Mutex<Vec<Writer>>);

impl Writers {
    /// The handle for writing to `name`.
    pub(crate) fn get(
        &self,
        namespace: &dyn Namespace,
        name: &str,
    ) -> Result<Arc<dyn Repository>, StoreError> {
        let mut writers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        writers.retain(|writer| writer.made.elapsed() < KEPT);
        let fresh = |writer: &&Writer| writer.name == name && writer.made.elapsed() < FRESH;
        if let Some(writer) = writers.iter().find(fresh) {
            return Ok(Arc::clone(&writer.repository));
        }
        let repository = namespace.repository(name)?;
        if writers.len() >= MOST {
            writers.remove(0);
        }
        let (name, made) = (name.to_owned(), Instant::now());
        writers.push(Writer { name, repository: Arc::clone(&repository), made });
        Ok(repository)
    }
}

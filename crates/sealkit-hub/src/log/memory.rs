//! A log that ends with its process, for tests and trials.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;

use super::{LogError, LogStore};

/// A log in memory.
#[derive(Debug, Default)]
pub struct MemoryLog(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    entries: Vec<Vec<u8>>,
    objects: BTreeMap<String, Vec<u8>>,
}

impl MemoryLog {
    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        // Each change is one step, so that a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl LogStore for MemoryLog {
    fn len(&self) -> Result<u64, LogError> {
        Ok(self.kept().entries.len() as u64)
    }

    fn entries(&self, range: Range<u64>) -> Result<Vec<Vec<u8>>, LogError> {
        let kept = self.kept();
        let found = kept.entries.get(range.start as usize..range.end as usize);
        let missing = || LogError::Damaged("an entry is missing".to_owned());
        found.map(<[_]>::to_vec).ok_or_else(missing)
    }

    fn append(&self, entries: &[Vec<u8>]) -> Result<(), LogError> {
        self.kept().entries.extend_from_slice(entries);
        Ok(())
    }

    fn object(&self, name: &str) -> Result<Option<Vec<u8>>, LogError> {
        Ok(self.kept().objects.get(name).cloned())
    }

    fn put_object(&self, name: &str, bytes: &[u8]) -> Result<(), LogError> {
        self.kept().objects.insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }
}

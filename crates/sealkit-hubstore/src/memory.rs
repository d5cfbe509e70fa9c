//! Objects in memory: for tests, and for what need not outlive the process.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{Cursor, Read, Write};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sealkit_store::StoreError;

use crate::objects::is_key;
use crate::storage::now;
use crate::{ObjectWriter, Objects, StoredObject};

type Content = HashMap<String, (Vec<u8>, i64)>;

/// Objects in memory. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct MemoryObjects(Arc<Mutex<Content>>);

impl MemoryObjects {
    /// A place without objects.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn absent(key: &str) -> StoreError {
        StoreError::io("read", key, std::io::ErrorKind::NotFound.into())
    }
}

impl Objects for MemoryObjects {
    fn create(&self, key: &str) -> Result<(), StoreError> {
        let refused = |kind: std::io::ErrorKind| StoreError::io("create", key, kind.into());
        if !is_key(key) {
            return Err(refused(std::io::ErrorKind::InvalidInput));
        }
        match self.lock().entry(key.to_owned()) {
            Entry::Occupied(_) => Err(refused(std::io::ErrorKind::AlreadyExists)),
            Entry::Vacant(place) => {
                place.insert((Vec::new(), now()));
                Ok(())
            }
        }
    }

    fn append(&self, key: &str, place: u64) -> Result<Box<dyn ObjectWriter>, StoreError> {
        let mut all = self.lock();
        let (bytes, _) = all.get_mut(key).ok_or_else(|| Self::absent(key))?;
        let place = usize::try_from(place).ok().filter(|place| *place <= bytes.len());
        let cut = || StoreError::io("write", key, std::io::ErrorKind::UnexpectedEof.into());
        bytes.truncate(place.ok_or_else(cut)?);
        Ok(Box::new(Writing { objects: self.clone(), key: key.to_owned() }))
    }

    fn read(&self, key: &str, range: Range<u64>) -> Result<Box<dyn Read + Send>, StoreError> {
        let all = self.lock();
        let (bytes, _) = all.get(key).ok_or_else(|| Self::absent(key))?;
        let cut = || StoreError::io("read", key, std::io::ErrorKind::UnexpectedEof.into());
        let (start, end) = (usize::try_from(range.start), usize::try_from(range.end));
        let wanted = start.ok().zip(end.ok()).and_then(|(start, end)| bytes.get(start..end));
        Ok(Box::new(Cursor::new(wanted.ok_or_else(cut)?.to_vec())))
    }

    fn size(&self, key: &str) -> Result<Option<u64>, StoreError> {
        Ok(self.lock().get(key).map(|(bytes, _)| bytes.len() as u64))
    }

    fn remove(&self, key: &str) -> Result<(), StoreError> {
        self.lock().remove(key);
        Ok(())
    }

    fn list(&self) -> Result<Vec<StoredObject>, StoreError> {
        let all = self.lock();
        let one = |(key, (_, modified)): (&String, &(Vec<u8>, i64))| StoredObject {
            key: key.clone(),
            modified: *modified,
        };
        Ok(all.iter().map(one).collect())
    }

    fn copy_to(&self, _key: &str, _folder: &std::path::Path) -> Result<bool, StoreError> {
        Ok(false)
    }
}

struct Writing {
    objects: MemoryObjects,
    key: String,
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut all = self.objects.lock();
        let gone = || std::io::Error::from(std::io::ErrorKind::NotFound);
        let (own, modified) = all.get_mut(&self.key).ok_or_else(gone)?;
        own.extend_from_slice(bytes);
        *modified = now();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl ObjectWriter for Writing {
    fn sync(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
}

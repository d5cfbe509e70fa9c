//! Objects on a disk with faults.

use std::io::{Read, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use sealkit_hubstore::{MemoryObjects, ObjectWriter, Objects, StoredObject};
use sealkit_store::StoreError;

/// Objects in memory, with the faults that are switched on. Clones share both.
#[derive(Clone, Default)]
pub(crate) struct Faulty {
    pub(crate) objects: MemoryObjects,
    /// So many of the next objects that are opened for reading can not be read.
    pub(crate) unreadable: Arc<AtomicU32>,
    /// Nothing can be written.
    pub(crate) full: Arc<AtomicBool>,
}

struct Writer {
    inner: Box<dyn ObjectWriter>,
    full: Arc<AtomicBool>,
}

impl Writer {
    fn room(&self) -> std::io::Result<()> {
        if self.full.load(Ordering::SeqCst) {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.room()?;
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

impl ObjectWriter for Writer {
    fn sync(&mut self) -> Result<(), StoreError> {
        self.room().map_err(|source| StoreError::io("sync", "object", source))?;
        self.inner.sync()
    }
}

/// A sector that the disk does not give.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::Error::other("input/output error"))
    }
}

impl Objects for Faulty {
    fn create(&self, key: &str) -> Result<(), StoreError> {
        self.objects.create(key)
    }

    fn append(&self, key: &str, place: u64) -> Result<Box<dyn ObjectWriter>, StoreError> {
        let inner = self.objects.append(key, place)?;
        Ok(Box::new(Writer { inner, full: Arc::clone(&self.full) }))
    }

    fn read(&self, key: &str, range: Range<u64>) -> Result<Box<dyn Read + Send>, StoreError> {
        let lower = |left: u32| left.checked_sub(1);
        if self.unreadable.fetch_update(Ordering::SeqCst, Ordering::SeqCst, lower).is_ok() {
            return Ok(Box::new(Broken));
        }
        self.objects.read(key, range)
    }

    fn size(&self, key: &str) -> Result<Option<u64>, StoreError> {
        self.objects.size(key)
    }

    fn remove(&self, key: &str) -> Result<(), StoreError> {
        self.objects.remove(key)
    }

    fn list(&self) -> Result<Vec<StoredObject>, StoreError> {
        self.objects.list()
    }

    fn copy_to(&self, key: &str, folder: &Path) -> Result<bool, StoreError> {
        self.objects.copy_to(key, folder)
    }
}

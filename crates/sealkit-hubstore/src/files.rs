//! Objects as files of one folder.

use std::fs::File;
use std::io::{IoSlice, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use sealkit_store::StoreError;

use crate::objects::is_key;
use crate::{ObjectWriter, Objects, StoredObject};

/// Objects as files: `ab/abcdef…` for the key `abcdef…`.
#[derive(Clone, Debug)]
pub struct Files {
    root: PathBuf,
}

impl Files {
    /// Objects below `root`, which is made where it is missing.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(root).map_err(|source| StoreError::io("create", root, source))?;
        Ok(Self { root: root.to_owned() })
    }

    /// Where the object of this key is; only keys that were made here have a place.
    fn path(&self, key: &str) -> Result<PathBuf, StoreError> {
        match key.get(..2) {
            Some(folder) if is_key(key) => Ok(self.root.join(folder).join(key)),
            _ => {
                let reason = "it has an object under a key that was not made here".to_owned();
                Err(StoreError::Corrupt { path: self.root.clone(), reason })
            }
        }
    }
}

impl Objects for Files {
    fn create(&self, key: &str) -> Result<(), StoreError> {
        let path = self.path(key)?;
        let folder = path.parent().unwrap_or(&self.root);
        let failed = |source| StoreError::io("create", &path, source);
        if !folder.is_dir() {
            std::fs::create_dir_all(folder).map_err(failed)?;
            sync_folder(&self.root)?;
        }
        File::create_new(&path).map(drop).map_err(failed)
    }

    fn append(&self, key: &str, place: u64) -> Result<Box<dyn ObjectWriter>, StoreError> {
        let path = self.path(key)?;
        let failed = |source| StoreError::io("write", &path, source);
        let mut file = File::options().write(true).open(&path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        if size < place {
            let cut = std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
            return Err(failed(cut));
        }
        if size > place {
            file.set_len(place).map_err(failed)?;
        }
        file.seek(SeekFrom::Start(place)).map_err(failed)?;
        Ok(Box::new(Writing { file, path }))
    }

    fn read(&self, key: &str, range: Range<u64>) -> Result<Box<dyn Read + Send>, StoreError> {
        let path = self.path(key)?;
        let failed = |source| StoreError::io("read", &path, source);
        let mut file = File::open(&path).map_err(failed)?;
        if range.start > 0 {
            file.seek(SeekFrom::Start(range.start)).map_err(failed)?;
        }
        let left = range.end.saturating_sub(range.start);
        Ok(Box::new(Exactly { file, left }))
    }

    fn file(&self, key: &str) -> Result<Option<File>, StoreError> {
        let path = self.path(key)?;
        File::open(&path).map(Some).map_err(|source| StoreError::io("read", &path, source))
    }

    fn size(&self, key: &str) -> Result<Option<u64>, StoreError> {
        let path = self.path(key)?;
        match std::fs::metadata(&path) {
            Ok(found) => Ok(Some(found.len())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::io("read", path, source)),
        }
    }

    fn remove(&self, key: &str) -> Result<(), StoreError> {
        let path = self.path(key)?;
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(StoreError::io("remove", path, error))
            }
            _ => Ok(()),
        }
    }

    fn list(&self) -> Result<Vec<StoredObject>, StoreError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| StoreError::io("read", path, source)
        };
        let mut found = Vec::new();
        for folder in std::fs::read_dir(&self.root).map_err(failed(&self.root))? {
            let folder = folder.map_err(failed(&self.root))?.path();
            if !folder.is_dir() {
                continue;
            }
            for entry in std::fs::read_dir(&folder).map_err(failed(&folder))? {
                let entry = entry.map_err(failed(&folder))?;
                let key = entry.file_name().to_string_lossy().into_owned();
                // Somebody else's file is not ours to sweep.
                if self.path(&key).is_ok_and(|path| path == entry.path()) {
                    let modified = entry.metadata().and_then(|data| data.modified());
                    let Ok(modified) = modified else { continue };
                    let since = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
                    found.push(StoredObject { key, modified: since.as_secs() as i64 });
                }
            }
        }
        Ok(found)
    }

    fn copy_to(&self, key: &str, folder: &Path) -> Result<bool, StoreError> {
        let (from, other) = (self.path(key)?, Self::open(folder)?);
        let to = other.path(key)?;
        let failed = |source| StoreError::io("write", &to, source);
        if let Some(parent) = to.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        // An object that is in a row never changes: both folders may have the same file.
        if std::fs::hard_link(&from, &to).is_err() {
            std::fs::copy(&from, &to).map_err(failed)?;
            File::open(&to).and_then(|file| file.sync_all()).map_err(failed)?;
        }
        if let Some(parent) = to.parent() {
            sync_folder(parent)?;
        }
        Ok(true)
    }
}

fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    let synced = File::open(folder).and_then(|file| file.sync_all());
    synced.map_err(|source| StoreError::io("sync", folder, source))
}

struct Writing {
    file: File,
    path: PathBuf,
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> std::io::Result<usize> {
        self.file.write_vectored(pieces)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl ObjectWriter for Writing {
    fn sync(&mut self) -> Result<(), StoreError> {
        self.file.sync_all().map_err(|source| StoreError::io("sync", &self.path, source))?;
        // The name of the file has to be there too.
        self.path.parent().map_or(Ok(()), sync_folder)
    }
}

/// So many bytes of a file: fewer are an error, and never taken for the end.
struct Exactly {
    file: File,
    left: u64,
}

impl Read for Exactly {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let Some(buffer) = buffer.get_mut(..most).filter(|buffer| !buffer.is_empty()) else {
            return Ok(0);
        };
        let count = self.file.read(buffer)?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= count as u64;
        Ok(count)
    }
}

//! Locks between processes. They belong to an open file, so that they end with the process that
//! holds them, however it ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use crate::StoreError;

/// Name of the file that guards a store.
pub(crate) const LOCK_FILE: &str = "sealkit.lock";
/// How the names of session markers begin.
pub(crate) const SESSION_PREFIX: &str = "session-";

/// A held lock, released when dropped.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits until nobody else holds the store's lock.
    pub(crate) fn exclusive(root: &Path) -> Result<Self, StoreError> {
        Self::take(root, File::lock)
    }

    /// Waits until nobody holds the store's lock exclusively.
    pub(crate) fn shared(root: &Path) -> Result<Self, StoreError> {
        Self::take(root, File::lock_shared)
    }

    fn take(root: &Path, lock: impl Fn(&File) -> io::Result<()>) -> Result<Self, StoreError> {
        let path = root.join(LOCK_FILE);
        let file = open_rw(&path)?;
        retry(|| lock(&file)).map_err(|e| StoreError::io("lock", path, e))?;
        Ok(Self { _file: file })
    }
}

fn retry(mut lock: impl FnMut() -> io::Result<()>) -> io::Result<()> {
    loop {
        match lock() {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// Opens `path` for reading and writing, making it where it is absent.
pub(crate) fn open_rw(path: &Path) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    options.open(path).map_err(|e| StoreError::io("create", path, e))
}

/// Locks `file` if nobody else holds it and `path` still names it: another process may have
/// renamed or removed it between opening and locking.
pub(crate) fn try_own(file: &File, path: &Path) -> Result<bool, StoreError> {
    match file.try_lock() {
        Ok(()) => Ok(names(path, file)),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(e)) => Err(StoreError::io("lock", path, e)),
    }
}

#[cfg(unix)]
fn names(path: &Path, file: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (fs::symlink_metadata(path), file.metadata()) {
        (Ok(named), Ok(open)) => (named.dev(), named.ino()) == (open.dev(), open.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn names(path: &Path, _file: &File) -> bool {
    // An open file can not be renamed or removed here.
    path.exists()
}

/// A marker that says: blobs are being written that no manifest names yet. While it is held, `gc`
/// touches nothing that is younger than it.
#[derive(Debug)]
pub(crate) struct Session {
    path: PathBuf,
    _file: File,
}

impl Session {
    /// Places a marker in `ingest`.
    pub(crate) fn begin(ingest: &Path) -> Result<Self, StoreError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        fs::create_dir_all(ingest).map_err(|e| StoreError::io("create", ingest, e))?;
        loop {
            let serial = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = ingest.join(format!("{SESSION_PREFIX}{}-{serial}", std::process::id()));
            let file = open_rw(&path)?;
            if try_own(&file, &path)? {
                // A marker of a dead process with our id is as old as that process: make it ours.
                file.set_modified(SystemTime::now())
                    .map_err(|e| StoreError::io("write", &path, e))?;
                return Ok(Self { path, _file: file });
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // One that stays is removed by the next `gc`, which finds it unlocked.
        let _ = fs::remove_file(&self.path);
    }
}

/// When the oldest session that is still held began. Markers of dead processes are removed.
pub(crate) fn oldest_session(ingest: &Path) -> Result<Option<SystemTime>, StoreError> {
    let mut oldest = None;
    for (path, meta) in super::blobs::regular_files(ingest)? {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if !name.starts_with(SESSION_PREFIX) {
            continue;
        }
        let Ok(file) = File::open(&path) else { continue };
        if try_own(&file, &path)? {
            let _ = fs::remove_file(&path);
        } else if let Ok(began) = meta.modified() {
            oldest = Some(oldest.map_or(began, |other: SystemTime| other.min(began)));
        }
    }
    Ok(oldest)
}

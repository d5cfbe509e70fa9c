//! Writing so that a crash at any moment leaves the old content or the new, never a mixture.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::StoreError;

/// Called before every write, sync and rename with the action and the file, so that a test can
/// make the disk fail where it wants.
pub type FaultHook = Arc<dyn Fn(&'static str, &Path) -> io::Result<()> + Send + Sync>;

/// Takes a lock whether or not a thread died while it held it: the guarded values here are valid
/// after every statement.
pub(crate) fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Durable file operations of one store.
#[derive(Default)]
pub(crate) struct Disk {
    pub(crate) fault: Option<FaultHook>,
    groups: Mutex<HashMap<PathBuf, Arc<Group>>>,
}

impl Disk {
    /// A disk that fails in the same places and has nothing under way.
    pub(crate) fn fresh(&self) -> Self {
        Self { fault: self.fault.clone(), groups: Mutex::default() }
    }

    fn check(&self, action: &'static str, path: &Path) -> Result<(), StoreError> {
        match &self.fault {
            Some(fault) => fault(action, path).map_err(|e| StoreError::io(action, path, e)),
            None => Ok(()),
        }
    }

    /// Writes all of `bytes` to `file`, which is known as `path`.
    pub(crate) fn write(
        &self,
        mut file: &File,
        path: &Path,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        self.check("write", path)?;
        file.write_all(bytes).map_err(|e| StoreError::io("write", path, e))
    }

    /// Makes the content of `file` durable.
    pub(crate) fn sync(&self, file: &File, path: &Path) -> Result<(), StoreError> {
        self.check("sync", path)?;
        file.sync_data().map_err(|e| StoreError::io("sync", path, e))
    }

    /// Gives the file `from` the name `to`, durably. Threads that rename into one directory at the
    /// same time share its `fsync`.
    pub(crate) fn rename(&self, from: &Path, to: &Path) -> Result<(), StoreError> {
        self.check("rename", to)?;
        fs::rename(from, to).map_err(|e| StoreError::io("rename", to, e))?;
        match to.parent() {
            Some(directory) => self.sync_dir(directory),
            None => Ok(()),
        }
    }

    /// Makes the names in `directory` durable.
    pub(crate) fn sync_dir(&self, directory: &Path) -> Result<(), StoreError> {
        self.check("sync", directory)?;
        let group = {
            let mut groups = guard(&self.groups);
            Arc::clone(groups.entry(directory.to_owned()).or_default())
        };
        group.sync(directory).map_err(|e| StoreError::io("sync", directory, e))
    }

    /// Replaces the whole content of `target` by way of a temporary file in `temporary`.
    pub(crate) fn replace(
        &self,
        temporary: &Path,
        target: &Path,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        let file = temp_file(temporary)?;
        self.write(file.as_file(), target, bytes)?;
        self.sync(file.as_file(), target)?;
        self.rename(file.path(), target)?;
        keep(file);
        Ok(())
    }
}

/// A new temporary file that vanishes when dropped.
pub(crate) fn temp_file(directory: &Path) -> Result<tempfile::NamedTempFile, StoreError> {
    let make = |builder: &mut tempfile::Builder<'_, '_>| builder.tempfile_in(directory);
    let mut builder = tempfile::Builder::new();
    builder.prefix("tmp-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The umask applies; other users' tools may read a store that they can reach.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    match make(&mut builder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(directory).map_err(|e| StoreError::io("create", directory, e))?;
            make(&mut builder)
        }
        made => made,
    }
    .map_err(|e| StoreError::io("create", directory, e))
}

/// Forgets a temporary file whose name has become another one.
pub(crate) fn keep(file: tempfile::NamedTempFile) {
    let (_, path) = file.into_parts();
    // The file was renamed: there is nothing left to remove under the temporary name.
    let _ = path.keep();
}

/// Threads that wait for the same directory to be synced.
#[derive(Default)]
struct Group {
    state: Mutex<Progress>,
    changed: Condvar,
}

#[derive(Default)]
struct Progress {
    requested: u64,
    synced: u64,
    running: bool,
}

impl Group {
    fn sync(&self, directory: &Path) -> io::Result<()> {
        let mut state = guard(&self.state);
        state.requested += 1;
        let mine = state.requested;
        while state.synced < mine {
            if state.running {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            state.running = true;
            let covered = state.requested;
            drop(state);
            let result = File::open(directory).and_then(|file| file.sync_all());
            state = guard(&self.state);
            state.running = false;
            if result.is_ok() {
                state.synced = state.synced.max(covered);
            }
            self.changed.notify_all();
            result?;
        }
        Ok(())
    }
}

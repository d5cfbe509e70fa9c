//! Where an import lies until it is whole: partial files are kept, so that it goes on.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::{HubRepository, RepositoryKind};
use crate::OpsError;

/// The folder of one commit of one repository.
#[derive(Debug)]
pub(super) struct Stage {
    dir: PathBuf,
    lock: File,
}

impl Stage {
    /// Opens the folder below `root`; one process at a time.
    pub(super) fn open(
        root: &Path,
        repository: &HubRepository,
        commit: &str,
    ) -> Result<Self, OpsError> {
        let kind = if repository.kind == RepositoryKind::Dataset { "datasets" } else { "models" };
        let name = repository.id.replace('/', "--");
        let repository_dir = root.join(kind).join(name);
        let dir = repository_dir.join(commit);
        for part in ["files", "partial"] {
            let part = dir.join(part);
            fs::create_dir_all(&part).map_err(|error| OpsError::io("create", &part, error))?;
        }
        let place = repository_dir.join(format!("{commit}.lock"));
        let failed = |error| OpsError::io("lock", &place, error);
        let lock = File::options().create(true).truncate(false).write(true).open(&place);
        let lock = lock.map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { dir, lock }),
            Err(TryLockError::WouldBlock) => {
                let message = format!("`{}` is being imported by another process", repository.id);
                Err(OpsError::usage("import-running", message).with_hint("wait for it to end"))
            }
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// The folder of this commit.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where whole, verified files are.
    pub(super) fn files(&self) -> PathBuf {
        self.dir.join("files")
    }

    /// Removes whatever an earlier run, or anyone else, left among the files that is not one of
    /// `wanted`: it was not verified and must not be packed. Links are removed, not followed.
    pub(super) fn sweep(&self, wanted: &BTreeSet<&str>) -> Result<(), OpsError> {
        let root = self.files();
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            let place = root.join(&folder);
            let failed = |error| OpsError::io("list", &place, error);
            for entry in fs::read_dir(&place).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                let kind = entry.file_type().map_err(failed)?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                if kind.is_dir() {
                    folders.push(path);
                } else if !kind.is_file() || !wanted.contains(path.as_str()) {
                    let place = entry.path();
                    fs::remove_file(&place)
                        .map_err(|error| OpsError::io("remove", place, error))?;
                }
            }
        }
        Ok(())
    }

    /// Where a file grows; `key` names its content.
    pub(super) fn partial(&self, key: &str) -> PathBuf {
        self.dir.join("partial").join(key)
    }

    /// The lock alone.
    pub(super) fn into_lock(self) -> File {
        self.lock
    }
}

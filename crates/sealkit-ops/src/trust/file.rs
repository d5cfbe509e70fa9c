//! Small files of the user's own: replaced whole or not at all, by one process at a time.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

pub(crate) use sealkit_store::Readers;
use sealkit_store::{create_file, create_private_dir, folder_of, replace_file};

use crate::OpsError;

/// Reads a small file; none where there is none.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, OpsError> {
    let failed = |source| OpsError::io("read", path, source);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limit {
        let message = format!("`{}` is larger than {limit} bytes", path.display());
        return Err(OpsError::usage("file-too-large", message));
    }
    Ok(Some(bytes))
}

/// Reads a small file that has to be there.
pub(crate) fn require(path: &Path, limit: u64) -> Result<Vec<u8>, OpsError> {
    read(path, limit)?.ok_or_else(|| OpsError::io("read", path, ErrorKind::NotFound.into()))
}

/// Writes `path` whole, in place of what is there; the folder is made where it is missing.
pub(crate) fn replace(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), OpsError> {
    make_parent(path)?;
    replace_file(path, bytes, readers).map_err(|source| OpsError::io("write", path, source))
}

/// Writes `path` whole; false where something is there already, which is then kept.
pub(crate) fn create(path: &Path, bytes: &[u8], readers: Readers) -> Result<bool, OpsError> {
    make_parent(path)?;
    create_file(path, bytes, readers).map_err(|source| OpsError::io("write", path, source))
}

/// Holds the lock that belongs to `path` until the file is dropped.
pub(crate) fn lock(path: &Path) -> Result<File, OpsError> {
    make_parent(path)?;
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    let failed = |source| OpsError::io("lock", &name, source);
    let file = File::options().create(true).append(true).open(&name).map_err(failed)?;
    file.lock().map_err(failed)?;
    Ok(file)
}

/// Makes a folder that only the user can read, with those above it.
pub(crate) fn private_dir(dir: &Path) -> Result<(), OpsError> {
    create_private_dir(dir).map_err(|source| OpsError::io("create", dir, source))
}

fn make_parent(path: &Path) -> Result<(), OpsError> {
    let parent = folder_of(path);
    fs::create_dir_all(parent).map_err(|source: io::Error| OpsError::io("create", parent, source))
}

//! Small files of the user's own: replaced whole or not at all, by one process at a time.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::OpsError;

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    /// The user alone.
    Owner,
    /// Everybody.
    All,
}

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

/// Writes `path` whole, in place of what is there.
pub(crate) fn replace(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), OpsError> {
    let file = staged(path, bytes, readers)?;
    file.persist(path).map_err(|error| OpsError::io("write", path, error.error))?;
    sync_parent(path);
    Ok(())
}

/// Writes `path` whole; false where something is there already, which is then kept.
pub(crate) fn create(path: &Path, bytes: &[u8], readers: Readers) -> Result<bool, OpsError> {
    let file = staged(path, bytes, readers)?;
    match file.persist_noclobber(path) {
        Ok(_) => {
            sync_parent(path);
            Ok(true)
        }
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(OpsError::io("write", path, error.error)),
    }
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
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|source| OpsError::io("create", dir, source))
}

fn make_parent(path: &Path) -> Result<&Path, OpsError> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(parent).map_err(|source| OpsError::io("create", parent, source))?;
    Ok(parent)
}

fn staged(path: &Path, bytes: &[u8], readers: Readers) -> Result<NamedTempFile, OpsError> {
    let failed = |source| OpsError::io("write", path, source);
    let parent = make_parent(path)?;
    let mut file = NamedTempFile::new_in(parent).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    #[cfg(unix)]
    if readers == Readers::All {
        use std::os::unix::fs::PermissionsExt as _;
        file.as_file().set_permissions(fs::Permissions::from_mode(0o644)).map_err(failed)?;
    }
    file.as_file().sync_all().map_err(failed)?;
    Ok(file)
}

/// Makes a rename durable. A file system that can not sync folders has done what it can.
fn sync_parent(path: &Path) {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Ok(dir) = File::open(parent.unwrap_or_else(|| Path::new("."))) {
        let _ = dir.sync_all();
    }
}

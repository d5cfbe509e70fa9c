//! A Kitfile that appears whole or not at all.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::InitOutcome;
use crate::OpsError;
use crate::pack::{IGNORE_FILE, find_kitfile};

/// Where a Kitfile goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum KitfileOutput {
    /// `Kitfile` in the folder itself.
    #[default]
    Folder,
    /// This file.
    File(PathBuf),
    /// Nowhere: the caller prints it.
    Caller,
}

impl KitfileOutput {
    /// Fails where something is in the way.
    pub fn check(&self, dir: &Path, force: bool) -> Result<(), OpsError> {
        let existing = match self {
            _ if force => None,
            Self::Folder => find_kitfile(dir)?,
            Self::File(path) => fs::symlink_metadata(path).is_ok().then(|| path.clone()),
            Self::Caller => None,
        };
        existing.map_or(Ok(()), |path| Err(in_the_way(&path)))
    }

    /// Writes a text file whole, in place of one that is there.
    pub fn replace(path: &Path, text: &str) -> Result<(), OpsError> {
        appear(path, text.as_bytes(), true)
    }

    /// Writes the Kitfile, and gives what was written.
    pub fn write(
        &self,
        dir: &Path,
        outcome: &InitOutcome,
        force: bool,
    ) -> Result<Vec<PathBuf>, OpsError> {
        let path = match self {
            Self::Folder => dir.join("Kitfile"),
            Self::File(path) => path.clone(),
            Self::Caller => return Ok(Vec::new()),
        };
        let mut written = Vec::new();
        // First what keeps files out: a Kitfile without it would pack them.
        if let (Self::Folder, Some(ignore)) = (self, &outcome.ignore) {
            let place = dir.join(IGNORE_FILE);
            appear(&place, ignore.as_bytes(), false)?;
            written.push(place);
        }
        appear(&path, outcome.yaml.as_bytes(), force)?;
        written.push(path);
        Ok(written)
    }
}

/// Writes a file beside its place and moves it there when it is whole.
fn appear(path: &Path, bytes: &[u8], replace: bool) -> Result<(), OpsError> {
    let failed = |source| OpsError::io("write", path, source);
    let parent = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    builder.prefix(".sealkit-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(parent.unwrap_or(Path::new("."))).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    if path.is_dir() {
        return Err(failed(ErrorKind::IsADirectory.into()));
    }
    let moved = if replace { file.persist(path) } else { file.persist_noclobber(path) };
    match moved {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Err(in_the_way(path)),
        Err(error) => Err(failed(error.error)),
    }
}

fn in_the_way(path: &Path) -> OpsError {
    OpsError::usage("file-exists", format!("`{}` exists already", path.display()))
        .with_hint("add `--force` to replace it")
}

//! A Kitfile that appears whole or not at all.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use sealkit_store::{Readers, create_file, replace_file};

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

/// Writes a file whole, or leaves what is there. A link there is replaced and not followed: a
/// folder that somebody else made must not choose what is overwritten.
fn appear(path: &Path, bytes: &[u8], replace: bool) -> Result<(), OpsError> {
    let failed = |source| OpsError::io("write", path, source);
    if path.is_dir() {
        return Err(failed(ErrorKind::IsADirectory.into()));
    }
    if replace {
        return replace_file(path, bytes, Readers::All).map_err(failed);
    }
    let made = create_file(path, bytes, Readers::All).map_err(failed)?;
    if made { Ok(()) } else { Err(in_the_way(path)) }
}

fn in_the_way(path: &Path) -> OpsError {
    OpsError::usage("file-exists", format!("`{}` exists already", path.display()))
        .with_hint("add `--force` to replace it")
}

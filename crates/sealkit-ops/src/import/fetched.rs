//! What a source gave: a folder, the commit it is of, and what its files must be.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::OpsError;
use crate::scratch::Scratch;

/// Files that are about git and not part of a kit, as `kit` has it.
pub(super) const GIT_FILES: [&str; 2] = [".gitattributes", ".gitignore"];

/// What a source gave.
#[derive(Debug)]
pub(super) struct Fetched {
    /// The folder to pack.
    pub(super) dir: PathBuf,
    /// Address of the source, without user and password; none for a folder.
    pub(super) uri: Option<String>,
    /// The commit.
    pub(super) commit: Option<String>,
    /// SHA-256 that files must have, `sha256:…`, by their paths: what large file storage says.
    pub(super) expected: BTreeMap<String, String>,
    /// What is removed when the kit is in the store; none for a folder of the person's own.
    pub(super) staging: Option<PathBuf>,
    /// Holds off another import of the same commit for as long as this lives.
    pub(super) lock: Option<fs::File>,
    /// A temporary folder, gone when this is.
    pub(super) temporary: Option<Scratch>,
    /// What the person should know.
    pub(super) warnings: Vec<String>,
}

impl Fetched {
    /// A folder of the person's own.
    pub(super) fn folder(dir: PathBuf) -> Self {
        Self {
            dir,
            uri: None,
            commit: None,
            expected: BTreeMap::new(),
            staging: None,
            lock: None,
            temporary: None,
            warnings: Vec::new(),
        }
    }

    /// Checks that what was packed is what was verified: a file may have changed in between.
    pub(super) fn check(&self, packed: &BTreeMap<String, String>) -> Result<(), OpsError> {
        for (path, expected) in &self.expected {
            match packed.get(path) {
                Some(actual) if actual != expected => {
                    return Err(wrong_content(path, expected, actual));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Removes what is needed no more. What can not be removed does no harm.
    pub(super) fn clean(self) {
        if let Some(staging) = &self.staging {
            let _ = fs::remove_dir_all(staging);
        }
        drop((self.lock, self.temporary));
    }
}

/// A file whose bytes are not those that the repository names.
pub(super) fn wrong_content(path: &str, expected: &str, actual: &str) -> OpsError {
    let message = format!(
        "file `{path}` is not what the repository says: it has digest {actual}, not {expected}"
    );
    OpsError::usage("import-digest-mismatch", message)
        .with_hint("run the command again; if it stays, do not trust this mirror or connection")
}

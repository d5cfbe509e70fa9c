//! Folders by path, where there are no descriptors of folders.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::{Entry, EntryFault, MAX_ENTRIES};

pub(super) struct Root(PathBuf);

impl Root {
    pub(super) fn open(dir: &Path) -> io::Result<Self> {
        fs::canonicalize(dir).map(Self)
    }

    pub(super) fn list(&self, path: &str) -> io::Result<Vec<(OsString, io::Result<Entry>)>> {
        let mut found = Vec::new();
        // One more than is allowed is enough to be refused.
        for entry in fs::read_dir(self.0.join(path))?.take(MAX_ENTRIES + 1) {
            let entry = entry?;
            // Metadata of an entry does not follow a link.
            let kind = entry.metadata().map(|meta| match meta.file_type() {
                kind if kind.is_dir() => Entry::Folder,
                kind if kind.is_file() => Entry::File(meta.len()),
                kind if kind.is_symlink() => Entry::Other("is a symbolic link"),
                _ => Entry::Other("is not a regular file"),
            });
            found.push((entry.file_name(), kind));
        }
        Ok(found)
    }

    pub(super) fn open_file(&self, path: &str) -> Result<File, EntryFault> {
        let unreadable = |error: io::Error| EntryFault::Unreadable(error.to_string());
        let mut here = self.0.clone();
        for part in path.split('/') {
            here.push(part);
            if fs::symlink_metadata(&here).map_err(unreadable)?.is_symlink() {
                return Err(EntryFault::Kind("is a symbolic link"));
            }
        }
        File::open(here).map_err(unreadable)
    }
}

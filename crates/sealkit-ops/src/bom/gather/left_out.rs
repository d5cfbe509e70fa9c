//! What a folder holds that can not be read as a file: it is named, and the rest is read.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use sealkit_pack::{Ignore, Links, PackError, Symlinks};

/// Leaves out what the folder's own rules leave out, and what `pack` would stop at: pipes and devices,
/// links that lead nowhere or out of the folder, folders that can not be listed.
pub(super) struct LeftOut<'a> {
    root: &'a Path,
    rules: &'a dyn Ignore,
    links: Links,
    found: Mutex<BTreeMap<String, String>>,
}

impl<'a> LeftOut<'a> {
    /// For the folder `root`, which must be canonical.
    pub(super) fn new(root: &'a Path, rules: &'a dyn Ignore) -> Self {
        let links = Links::new(root, Symlinks::Follow);
        Self { root, rules, links, found: Mutex::default() }
    }

    /// The paths that were left out, and why.
    pub(super) fn into_found(self) -> BTreeMap<String, String> {
        self.found.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn reason(&self, path: &str) -> Option<String> {
        if let Err(problem) = sealkit_pack::path::clean(path) {
            let path = path.escape_debug().to_string();
            return Some(PackError::BadPath { path, problem }.to_string());
        }
        let place = self.root.join(path);
        let meta = match fs::symlink_metadata(&place) {
            Ok(meta) => meta,
            Err(error) => return Some(error.to_string()),
        };
        if meta.is_dir() {
            return fs::read_dir(&place).err().map(|error| error.to_string());
        }
        if meta.is_symlink() {
            let problem = self.links.resolve(&place).err()?;
            return Some(PackError::Link { path: path.to_owned(), problem }.to_string());
        }
        (!meta.is_file()).then(|| "neither a file nor a folder".to_owned())
    }
}

impl Ignore for LeftOut<'_> {
    fn ignores(&self, path: &str) -> bool {
        if self.rules.ignores(path) {
            return true;
        }
        let Some(reason) = self.reason(path) else { return false };
        self.found.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), reason);
        true
    }

    fn prunes(&self, dir: &str) -> bool {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.contains_key(dir) || self.rules.prunes(dir)
    }
}

#[cfg(test)]
mod tests {
    use sealkit_pack::KeepAll;

    use super::*;

    #[test]
    fn only_what_can_not_be_read_is_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap();
        fs::create_dir(root.join("sub")).unwrap();
        fs::write(root.join("sub/a"), "x").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::symlink;
            symlink("sub/a", root.join("good")).unwrap();
            symlink("loop", root.join("loop")).unwrap();
            symlink("/etc", root.join("out")).unwrap();
            symlink("gone", root.join("dangling")).unwrap();
        }
        let left_out = LeftOut::new(&root, &KeepAll);
        for path in ["sub", "sub/a", "good"].iter().filter(|path| root.join(path).exists()) {
            assert!(!left_out.ignores(path), "{path}");
        }
        for path in ["loop", "out", "dangling", "not-there"] {
            assert!(left_out.ignores(path), "{path}");
            assert!(left_out.prunes(path), "{path}");
        }
        assert!(!left_out.prunes("sub"));
        assert_eq!(left_out.into_found().len(), 4);
    }
}

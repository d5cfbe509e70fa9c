//! What a folder holds that can not be read as a file: it is named, and the rest is read.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use sealkit_pack::{Ignore, Links, PackError, Symlinks};

/// Leaves out what the folder's own rules leave out, and what `pack` would stop at: pipes and devices,
/// links that lead nowhere or out of the folder, folders that can not be listed.
pub(super) struct LeftOut<'a> {
    root: &'a Path,
    rules: &'a dyn Ignore,
    links: Links,
    files: &'a dyn Files,
    found: Mutex<BTreeMap<String, String>>,
}

/// Who looks at the files that stay in.
pub(super) trait Files: Sync {
    /// What is known already of a file at this path.
    fn known(&self, path: &str) -> Option<Metadata>;

    /// Told of every file that stays in, with its length.
    fn plan(&self, path: &str, len: u64);
}

impl<'a> LeftOut<'a> {
    /// For the folder `root`, which must be canonical. `files` are told of as the walk meets them.
    pub(super) fn new(root: &'a Path, rules: &'a dyn Ignore, files: &'a dyn Files) -> Self {
        let links = Links::new(root, Symlinks::Follow);
        Self { root, rules, links, files, found: Mutex::default() }
    }

    /// The paths that were left out, and why.
    pub(super) fn into_found(self) -> BTreeMap<String, String> {
        self.found.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes why a path is left out, and tells whether it is.
    fn note(&self, path: &str, reason: Option<String>) -> bool {
        let Some(reason) = reason else { return false };
        self.found.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), reason);
        true
    }

    /// Why this entry is left out, by what is there.
    fn reason(&self, path: &str, meta: &Metadata) -> Option<String> {
        if meta.is_dir() {
            return fs::read_dir(self.root.join(path)).err().map(|error| error.to_string());
        }
        if meta.is_symlink() {
            let problem = self.links.resolve(&self.root.join(path)).err()?;
            return Some(PackError::Link { path: path.to_owned(), problem }.to_string());
        }
        (!meta.is_file()).then(|| "neither a file nor a folder".to_owned())
    }
}

impl Ignore for LeftOut<'_> {
    fn ignores(&self, path: &str) -> bool {
        let reason = || match fs::symlink_metadata(self.root.join(path)) {
            Ok(meta) => self.reason(path, &meta),
            Err(error) => Some(error.to_string()),
        };
        self.rules.ignores(path) || self.note(path, bad_path(path).or_else(reason))
    }

    fn ignores_entry(&self, path: &str, meta: &Metadata) -> bool {
        let reason = || self.reason(path, meta);
        let ignores = self.rules.ignores(path) || self.note(path, bad_path(path).or_else(reason));
        if !ignores && meta.is_file() {
            self.files.plan(path, meta.len());
        }
        ignores
    }

    fn prunes(&self, dir: &str) -> bool {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.contains_key(dir) || self.rules.prunes(dir)
    }

    fn known(&self, path: &str) -> Option<Metadata> {
        self.files.known(path)
    }
}

/// Why a path can not be in a kit, whatever lies there.
fn bad_path(path: &str) -> Option<String> {
    let problem = sealkit_pack::path::clean(path).err()?;
    Some(PackError::BadPath { path: path.escape_debug().to_string(), problem }.to_string())
}

#[cfg(test)]
mod tests {
    use sealkit_pack::KeepAll;

    use super::*;

    /// Knows nothing before, and notes what it is told.
    struct Noted(Mutex<Vec<(String, u64)>>);

    impl Files for Noted {
        fn known(&self, _: &str) -> Option<Metadata> {
            None
        }

        fn plan(&self, path: &str, len: u64) {
            self.0.lock().unwrap().push((path.to_owned(), len));
        }
    }

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
        let meet = Noted(Mutex::default());
        let left_out = LeftOut::new(&root, &KeepAll, &meet);
        for path in ["sub", "sub/a", "good"].iter().filter(|path| root.join(path).exists()) {
            assert!(!left_out.ignores(path), "{path}");
            let meta = fs::symlink_metadata(root.join(path)).unwrap();
            assert!(!left_out.ignores_entry(path, &meta), "{path}");
        }
        for path in ["loop", "out", "dangling", "not-there"] {
            assert!(left_out.ignores(path), "{path}");
            assert!(left_out.prunes(path), "{path}");
        }
        assert!(!left_out.prunes("sub"));
        let by_path = left_out.into_found();
        assert_eq!(by_path.len(), 4);
        // A link is read by what it leads to, when all of it is known.
        assert_eq!(*meet.0.lock().unwrap(), [("sub/a".to_owned(), 1)]);
        // Told what is there, it says the same.
        let left_out = LeftOut::new(&root, &KeepAll, &meet);
        for path in ["loop", "out", "dangling"] {
            let meta = fs::symlink_metadata(root.join(path)).unwrap();
            assert!(left_out.ignores_entry(path, &meta), "{path}");
        }
        for (path, reason) in left_out.into_found() {
            assert_eq!(by_path.get(&path), Some(&reason));
        }
    }
}

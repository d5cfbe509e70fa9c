//! Folders for what is only needed while a verb runs. What a killed process left of its own goes away when the
//! next one is made: nothing else would ever remove it, and an unpacked layer can be as large as the disk.

use std::fs::{self, File};
use std::path::Path;

use tempfile::TempDir;

use crate::{Home, OpsError};

/// Says in each folder that somebody uses it, by being locked.
const LOCK: &str = ".lock";

/// A folder that is gone when this is dropped.
#[derive(Debug)]
pub(crate) struct Scratch {
    // Let go of first: where files that are open can not be removed, this one could not be.
    _lock: File,
    dir: TempDir,
}

impl Scratch {
    /// A new folder in the home folder.
    pub(crate) fn new(home: &Home) -> Result<Self, OpsError> {
        let root = home.dir().join("tmp");
        let failed = |error| OpsError::io("create", &root, error);
        fs::create_dir_all(&root).map_err(failed)?;
        // Held until the new folder is locked, so that nobody takes it for one that was left.
        let _turn = locked(&root).map_err(failed)?;
        sweep(&root);
        let dir = tempfile::tempdir_in(&root).map_err(failed)?;
        let lock = locked(dir.path()).map_err(failed)?;
        Ok(Self { _lock: lock, dir })
    }

    /// Where it is. It holds one file, whose name begins with a dot.
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }
}

/// The locked lock of a folder.
fn locked(folder: &Path) -> std::io::Result<File> {
    let lock = open(folder)?;
    lock.lock()?;
    Ok(lock)
}

fn open(folder: &Path) -> std::io::Result<File> {
    File::options().create(true).truncate(false).write(true).open(folder.join(LOCK))
}

/// Removes the folders that nobody uses any more. What can not be removed now is tried again with the next one.
fn sweep(root: &Path) {
    let folders = fs::read_dir(root).into_iter().flatten().filter_map(Result::ok);
    for folder in folders.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
        let is_left = open(&folder.path()).is_ok_and(|lock| lock.try_lock().is_ok());
        if is_left {
            let _ = fs::remove_dir_all(folder.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_goes_and_what_is_used_stays() {
        let place = tempfile::tempdir().unwrap();
        let home = Home::new(place.path());
        let used = Scratch::new(&home).unwrap();
        fs::write(used.path().join("a"), "x").unwrap();
        let root = used.path().parent().unwrap().to_owned();
        // As a process leaves them that is killed: before and after its lock is there.
        for (left, file) in [("left", "files/a"), ("early", "")] {
            fs::create_dir_all(root.join(left).join("files")).unwrap();
            if !file.is_empty() {
                fs::write(root.join(left).join(file), "y").unwrap();
                open(&root.join(left)).unwrap();
            }
        }
        let next = Scratch::new(&home).unwrap();
        assert!(!root.join("left").exists() && !root.join("early").exists());
        assert_eq!(fs::read(used.path().join("a")).unwrap(), b"x");
        let paths = [used.path().to_owned(), next.path().to_owned()];
        drop((used, next));
        assert!(paths.iter().all(|path| !path.exists()));
    }
}

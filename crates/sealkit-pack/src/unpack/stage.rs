//! The staging folder beside the target, and the move of what is in it to the target.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{Existing, OnStep, in_the_way, journal, look};
use crate::path::{STAGING, parent};
use crate::{PackError, sys};

const LOCK: &str = "lock";
const TREE: &str = "tree";
/// How often a lock is tried that another process removed while it was waited for.
const TRIES: usize = 16;

/// A staging folder that this process holds. Dropped before its journal is promised, it vanishes.
pub(super) struct Stage {
    dir: PathBuf,
    target: PathBuf,
    target_exists: bool,
    /// Folders above a new target that were made for it, the deepest first.
    made: Vec<PathBuf>,
    keep: bool,
    pub(super) finished_earlier: bool,
    _lock: File,
}

impl Stage {
    /// Takes the staging folder of `target`, and finishes what an interrupted unpack promised.
    pub(super) fn open(target: &Path, step: OnStep<'_>) -> Result<Self, PackError> {
        let target_exists = match fs::metadata(target) {
            Ok(meta) if meta.is_dir() => true,
            Ok(meta) => return Err(in_the_way(target.to_owned(), &meta)),
            Err(error) if error.kind() == ErrorKind::NotFound => match look(target)? {
                Some(dangling) => return Err(in_the_way(target.to_owned(), &dangling)),
                None => false,
            },
            Err(error) => return Err(PackError::io("open", target, error)),
        };
        let (target, made) = resolve(target, target_exists)?;
        let (dir, lock) = match take_any(&target, target_exists) {
            Ok(taken) => taken,
            Err(error) => {
                remove_made(&made);
                return Err(error);
            }
        };
        let mut stage = Self {
            dir,
            target,
            target_exists,
            made,
            keep: false,
            finished_earlier: false,
            _lock: lock,
        };
        stage.recover(step)?;
        let tree = stage.tree();
        let created = sys::create_dir(&tree, 0o777);
        created.map_err(|error| PackError::io("create", tree, error))?;
        Ok(stage)
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where files are written before they are verified.
    pub(super) fn tree(&self) -> PathBuf {
        self.dir.join(TREE)
    }

    /// The target, where it was there before.
    pub(super) fn existing_target(&self) -> Option<PathBuf> {
        self.target_exists.then(|| self.target.clone())
    }

    fn recover(&mut self, step: OnStep<'_>) -> Result<(), PackError> {
        let promised = journal::promised(&self.dir);
        if look(&promised)?.is_some() {
            self.keep = true;
            if !self.target_exists {
                let path = promised;
                return Err(PackError::Leftover { path, reason: "its target is gone" });
            }
            self.apply(step)?;
            self.finished_earlier = true;
            self.keep = false;
        }
        let draft = journal::drafted(&self.dir);
        for stale in [self.tree(), draft] {
            let removed = match look(&stale)? {
                Some(meta) if meta.is_dir() => fs::remove_dir_all(&stale),
                Some(_) => fs::remove_file(&stale),
                None => Ok(()),
            };
            removed.map_err(|error| PackError::io("remove", stale, error))?;
        }
        Ok(())
    }

    /// Moves the staged tree to the target. What is in it is verified and durable.
    pub(super) fn commit(mut self, existing: Existing, step: OnStep<'_>) -> Result<(), PackError> {
        if !self.target_exists {
            return self.rename_whole(step);
        }
        // Somebody may have put a file there meanwhile.
        for line in journal::read(&journal::drafted(&self.dir))? {
            let line = line?;
            match line.mode {
                Some(_) => check_dir(&self.target, &line.path)?,
                // A file that is kept was never staged: this one came later.
                None if existing == Existing::Keep => {
                    check_file(&self.target, &line.path, Existing::Refuse)?;
                }
                None => {
                    check_file(&self.target, &line.path, existing)?;
                }
            }
        }
        step("promise")?;
        self.keep = true;
        journal::promise(&self.dir)?;
        self.apply(step)?;
        self.keep = false;
        Ok(())
    }

    fn rename_whole(&mut self, step: OnStep<'_>) -> Result<(), PackError> {
        step("rename")?;
        let moved = fs::rename(self.tree(), &self.target);
        moved.map_err(|error| match error.kind() {
            ErrorKind::DirectoryNotEmpty | ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
                PackError::Exists { path: self.target.clone() }
            }
            _ => PackError::io("create", &self.target, error),
        })?;
        self.made.clear();
        restrict_dirs(&self.target, &journal::drafted(&self.dir))?;
        let above = self.target.parent().unwrap_or(&self.target);
        sys::sync_dir(above).map_err(|error| PackError::io("sync", above, error))
    }

    /// Does what the promised journal says and is not done yet.
    fn apply(&self, step: OnStep<'_>) -> Result<(), PackError> {
        let promised = journal::promised(&self.dir);
        for line in journal::read(&promised)? {
            let line = line?;
            step("entry")?;
            match line.mode {
                Some(mode) => make_dir(&self.target, &line.path, mode)?,
                None => self.move_file(&line.path)?,
            }
        }
        step("modes")?;
        restrict_dirs(&self.target, &promised)?;
        sys::sync_tree(&self.target).map_err(|error| PackError::io("sync", &self.target, error))?;
        step("close")?;
        journal::close(&self.dir)
    }

    fn move_file(&self, path: &str) -> Result<(), PackError> {
        let staged = self.tree().join(path);
        // A folder that came with a repository or an archive may have links where we make none.
        check_dir(&self.dir, TREE)?;
        if let Some(dir) = parent(path) {
            check_dir(&self.tree(), dir)?;
        }
        match look(&staged)? {
            Some(meta) if meta.is_file() => {}
            Some(meta) => return Err(in_the_way(staged, &meta)),
            // Moved before the interruption.
            None => return Ok(()),
        }
        if let Some(dir) = parent(path) {
            make_dir(&self.target, dir, 0o755)?;
        }
        check_file(&self.target, path, Existing::Overwrite)?;
        let place = self.target.join(path);
        fs::rename(&staged, &place).map_err(|error| PackError::io("move", place, error))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if !self.keep {
            // What can not be removed now, the next unpack removes.
            let _ = fs::remove_dir_all(&self.dir);
            remove_made(&self.made);
        }
    }
}

/// The target with links above it resolved, and the folders that were made above a new one.
fn resolve(target: &Path, exists: bool) -> Result<(PathBuf, Vec<PathBuf>), PackError> {
    let real =
        |path: &Path| fs::canonicalize(path).map_err(|error| PackError::io("open", path, error));
    if exists {
        return Ok((real(target)?, Vec::new()));
    }
    let Some(name) = target.file_name() else {
        return Err(PackError::io("create", target, ErrorKind::InvalidInput.into()));
    };
    let above = target.parent().filter(|above| !above.as_os_str().is_empty());
    let above = above.unwrap_or(Path::new("."));
    let missing = |dir: &&Path| !dir.as_os_str().is_empty() && !dir.exists();
    let made: Vec<PathBuf> = above.ancestors().take_while(missing).map(Path::to_owned).collect();
    if let Err(error) = fs::create_dir_all(above) {
        remove_made(&made);
        return Err(PackError::io("create", above, error));
    }
    Ok((real(above)?.join(name), made))
}

fn remove_made(made: &[PathBuf]) {
    // One that is not empty is somebody's by now.
    made.iter().take_while(|dir| fs::remove_dir(dir).is_ok()).for_each(drop);
}

/// The staging folder beside the target; inside it where the target's parent is another file system
/// or can not be written.
fn take_any(target: &Path, exists: bool) -> Result<(PathBuf, File), PackError> {
    let inside = || take(&target.join(STAGING), target);
    let (Some(above), Some(name)) = (target.parent(), target.file_name()) else {
        return inside();
    };
    let device = |path: &Path| fs::metadata(path).map(|meta| sys::device(&meta)).ok();
    if exists && device(above) != device(target) {
        return inside();
    }
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(STAGING);
    match take(&above.join(hidden), target) {
        Err(PackError::Io { action: "create", source, .. })
            if exists
                && matches!(
                    source.kind(),
                    ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
                ) =>
        {
            inside()
        }
        taken => taken,
    }
}

/// Makes or takes over the folder, and locks it.
fn take(dir: &Path, target: &Path) -> Result<(PathBuf, File), PackError> {
    let place = dir.join(LOCK);
    let failed = |error| PackError::io("lock", &place, error);
    for _ in 0..TRIES {
        match sys::create_dir(dir, 0o700) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(PackError::io("create", dir, error));
            }
            _ => {}
        }
        let leftover = |reason| PackError::Leftover { path: dir.to_owned(), reason };
        match look(dir)? {
            None => continue,
            Some(meta) if !meta.is_dir() => return Err(leftover("it is not a folder")),
            Some(meta) if !sys::is_private(&meta) => {
                return Err(leftover("others than you can write there"));
            }
            Some(_) => {}
        }
        let mut options = File::options();
        let lock = match options.write(true).create(true).truncate(false).open(&place) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            lock => lock.map_err(failed)?,
        };
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(PackError::Busy { target: target.to_owned() });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        // The holder before may have removed the folder between our opening and locking.
        let ours = sys::inode(&lock.metadata().map_err(failed)?);
        if look(&place)?.is_some_and(|meta| sys::inode(&meta) == ours) {
            return Ok((dir.to_owned(), lock));
        }
    }
    Err(PackError::Busy { target: target.to_owned() })
}

/// Checks that the folder can be at the target: nothing above it or at it is anything else.
pub(super) fn check_dir(target: &Path, path: &str) -> Result<(), PackError> {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    for dir in ends.filter_map(|end| path.get(..end)) {
        let place = target.join(dir);
        match look(&place)? {
            Some(meta) if meta.is_dir() => {}
            Some(meta) => return Err(in_the_way(place, &meta)),
            None => return Ok(()),
        }
    }
    Ok(())
}

/// Checks that the file can be at the target, and says whether one is there that may stay or be
/// replaced.
pub(super) fn check_file(target: &Path, path: &str, existing: Existing) -> Result<bool, PackError> {
    if let Some(dir) = parent(path) {
        check_dir(target, dir)?;
    }
    let place = target.join(path);
    match look(&place)? {
        None => Ok(false),
        Some(meta) if !meta.is_file() => Err(in_the_way(place, &meta)),
        Some(_) if existing == Existing::Refuse => Err(PackError::Exists { path: place }),
        Some(_) => Ok(true),
    }
}

fn make_dir(target: &Path, path: &str, mode: u32) -> Result<(), PackError> {
    check_dir(target, path)?;
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    for dir in ends.filter_map(|end| path.get(..end)) {
        let place = target.join(dir);
        let mode = if dir == path { mode } else { 0o755 };
        match sys::create_dir(&place, mode | 0o700) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(PackError::io("create", place, error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Takes from the folders of the journal the rights that were only needed to fill them, and gives
/// them their special bits.
fn restrict_dirs(target: &Path, journal: &Path) -> Result<(), PackError> {
    for line in journal::read(journal)? {
        let line = line?;
        let Some(mode) = line.mode.filter(|mode| mode & 0o700 != 0o700 || mode & 0o7000 != 0)
        else {
            continue;
        };
        let place = target.join(&line.path);
        let Some(meta) = look(&place)?.filter(fs::Metadata::is_dir) else { continue };
        let wanted = sys::mode(&meta) & mode | mode & 0o7000;
        sys::set_mode(&place, wanted).map_err(|error| PackError::io("change", place, error))?;
    }
    Ok(())
}

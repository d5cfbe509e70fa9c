//! The staged tree: files are written below the staging folder, where nothing can be in the way.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use sealkit_oci::{Digest, FileKind};

use super::guard::{Guard, Refusal};
use super::journal::{Draft, Line};
use super::layer::Sink;
use super::stage::{self, Stage};
use super::{Existing, ExtraFile, Select, UnpackOptions, Unpacked, look};
use crate::error::EntryProblem;
use crate::{PackError, path, sys};

/// Files up to this number are made durable one by one, more of them by one call for the whole file
/// system, which also waits for what others have written there.
const FEW: u64 = 64;
/// A file of this size is made durable by itself, while other layers go on.
const LARGE: u64 = 8 << 20;

/// The tree that all layers write into.
pub(super) struct Tree<'a> {
    root: PathBuf,
    /// The target, where it is there already.
    target: Option<PathBuf>,
    options: &'a UnpackOptions,
    select: Select<'a>,
    draft: Draft,
    dirs: Mutex<HashSet<String>>,
    files: AtomicU64,
    bytes: AtomicU64,
    kept: AtomicU64,
    /// Files that nobody made durable yet.
    unsynced: AtomicU64,
}

impl<'a> Tree<'a> {
    pub(super) fn new(
        stage: &Stage,
        options: &'a UnpackOptions,
        select: Select<'a>,
    ) -> Result<Self, PackError> {
        Ok(Self {
            root: stage.tree(),
            target: stage.existing_target(),
            options,
            select,
            draft: Draft::new(stage.dir())?,
            dirs: Mutex::default(),
            files: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            kept: AtomicU64::new(0),
            unsynced: AtomicU64::new(0),
        })
    }

    /// A sink for one layer.
    pub(super) fn writer(&self) -> Writer<'_> {
        Writer { tree: self, open: None }
    }

    pub(super) fn add_extra(&self, file: &ExtraFile, guard: &Guard) -> Result<(), PackError> {
        let layer = || Digest::of(&file.bytes);
        let refuse =
            |problem| PackError::Entry { layer: layer(), path: file.path.clone(), problem };
        let clean = path::clean(&file.path).map_err(|problem| refuse(problem.into()))?;
        guard.admit(&clean, FileKind::File).map_err(|refusal| match refusal {
            Refusal::Problem(problem) => refuse(problem),
            Refusal::Limit(source) => PackError::Limit { layer: layer(), source },
        })?;
        if clean == "." {
            return Err(refuse(EntryProblem::FileAndFolder));
        }
        if self.has_same(&clean, &file.bytes)? {
            self.kept.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
        if let Some(target) = &self.target {
            // Other bytes than these are never kept in their place.
            let replace = self.options.existing == Existing::Overwrite;
            let existing = if replace { Existing::Overwrite } else { Existing::Refuse };
            stage::check_file(target, &clean, existing)?;
        }
        let mut writer = self.writer();
        writer.start(&clean, 0o644)?;
        writer.write(&file.bytes)?;
        writer.close()
    }

    fn has_same(&self, path: &str, bytes: &[u8]) -> Result<bool, PackError> {
        let Some(place) = self.target.as_ref().map(|target| target.join(path)) else {
            return Ok(false);
        };
        let size = bytes.len() as u64;
        match look(&place)? {
            Some(meta) if meta.is_file() && meta.len() == size => {
                let there = fs::read(&place);
                Ok(there.map_err(|error| PackError::io("read", place, error))? == bytes)
            }
            _ => Ok(false),
        }
    }

    /// Makes everything durable, the journal's draft last, and says what was written.
    pub(super) fn finish(self) -> Result<Unpacked, PackError> {
        let dirs = self.dirs.into_inner().unwrap_or_else(PoisonError::into_inner);
        if self.unsynced.into_inner() > 0 || (sys::SYNCS_TREES && dirs.len() as u64 > FEW) {
            let synced = sys::sync_tree(&self.root);
            synced.map_err(|error| PackError::io("sync", &self.root, error))?;
        } else {
            for dir in dirs.iter().map(|dir| self.root.join(dir)).chain([self.root.clone()]) {
                sys::sync_dir(&dir).map_err(|error| PackError::io("sync", dir, error))?;
            }
        }
        self.draft.finish()?;
        Ok(Unpacked {
            files: self.files.into_inner(),
            bytes: self.bytes.into_inner(),
            kept: self.kept.into_inner(),
            ..Unpacked::default()
        })
    }

    /// Makes the folder and those above it in the staged tree. Each needs its owner's rights until
    /// everything is in it.
    fn make_dir(&self, path: &str, mode: u32) -> Result<(), PackError> {
        let mut dirs = self.dirs.lock().unwrap_or_else(PoisonError::into_inner);
        if dirs.contains(path) {
            return Ok(());
        }
        let above = path.match_indices('/').filter_map(|(at, _)| path.get(..at));
        for (dir, mode) in above.map(|dir| (dir, 0o755)).chain([(path, mode)]) {
            if dirs.contains(dir) {
                continue;
            }
            let place = self.root.join(dir);
            let made = sys::create_dir(&place, mode | 0o700);
            made.map_err(|error| PackError::io("create", place, error))?;
            self.draft.add(&Line { path: dir.to_owned(), mode: Some(mode) })?;
            dirs.insert(dir.to_owned());
        }
        Ok(())
    }

    fn made_dir(&self, path: &str) -> bool {
        self.dirs.lock().unwrap_or_else(PoisonError::into_inner).contains(path)
    }
}

/// Writes the files of one layer.
pub(super) struct Writer<'a> {
    tree: &'a Tree<'a>,
    open: Option<Open>,
}

struct Open {
    file: File,
    place: PathBuf,
    path: String,
    bytes: u64,
    special: u32,
}

impl Sink for Writer<'_> {
    fn dir(&mut self, path: &str, mode: u32) -> Result<(), PackError> {
        if !(self.tree.select)(path) {
            return Ok(());
        }
        if let Some(target) = &self.tree.target {
            stage::check_dir(target, path)?;
            if look(&target.join(path))?.is_some() {
                // A folder that is there keeps its mode.
                return self.tree.make_dir(path, 0o755);
            }
        }
        let special = if self.tree.options.special_bits { mode & 0o7000 } else { 0 };
        self.tree.make_dir(path, mode & 0o777 | special)
    }

    fn file(&mut self, path: &str, mode: u32) -> Result<(), PackError> {
        if !(self.tree.select)(path) {
            return Ok(());
        }
        if let Some(target) = &self.tree.target {
            let is_there = stage::check_file(target, path, self.tree.options.existing)?;
            if is_there && self.tree.options.existing == Existing::Keep {
                self.tree.kept.fetch_add(1, Ordering::Relaxed);
                return Ok(());
            }
        }
        self.start(path, mode)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), PackError> {
        let Some(open) = &mut self.open else { return Ok(()) };
        open.bytes += bytes.len() as u64;
        open.file.write_all(bytes).map_err(|error| PackError::io("write", &open.place, error))
    }

    fn close(&mut self) -> Result<(), PackError> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let failed = |error| PackError::io("write", &open.place, error);
        if open.special != 0 {
            restore_special(&open.file, &open.place, open.special).map_err(failed)?;
        }
        let tree = self.tree;
        let few = tree.files.fetch_add(1, Ordering::Relaxed) < FEW;
        tree.bytes.fetch_add(open.bytes, Ordering::Relaxed);
        if few || open.bytes >= LARGE || !sys::SYNCS_TREES {
            open.file.sync_all().map_err(failed)?;
        } else {
            tree.unsynced.fetch_add(1, Ordering::Relaxed);
        }
        tree.draft.add(&Line { path: open.path, mode: None })
    }
}

impl Writer<'_> {
    fn start(&mut self, path: &str, mode: u32) -> Result<(), PackError> {
        if let Some(dir) = path::parent(path).filter(|dir| !self.tree.made_dir(dir)) {
            self.tree.make_dir(dir, 0o755)?;
        }
        let place = self.tree.root.join(path);
        let created = sys::create(&place, mode);
        let file = created.map_err(|error| PackError::io("create", &place, error))?;
        let special = if self.tree.options.special_bits { mode & 0o7000 } else { 0 };
        self.open = Some(Open { file, place, path: path.to_owned(), bytes: 0, special });
        Ok(())
    }
}

fn restore_special(file: &File, place: &Path, special: u32) -> io::Result<()> {
    sys::set_mode(place, sys::mode(&file.metadata()?) | special)
}

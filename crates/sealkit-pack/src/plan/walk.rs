//! The walk: names in byte order, a folder before what is in it, with a stack of its own so that
//! depth costs no call stack.

use std::collections::{HashMap, HashSet};
use std::fs::{self, DirEntry, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use sealkit_kitfile::Part;
use sealkit_oci::FileKind;

use super::link::Links;
use super::{Ignore, PlanOptions, PlannedEntry, PlannedLayer, Warning};
use crate::PackError;
use crate::path::{PathProblem, clean, fold, is_within, join};
use crate::sys::{self, Stamp};

/// What the walk found.
pub(super) struct Walked {
    pub(super) layers: Vec<PlannedLayer>,
    pub(super) collisions: Vec<Warning>,
}

/// Most folders inside each other that are kept open, so that what lies in them is asked of them: the way
/// there is long for each of many files. What lies deeper is asked by its path.
const MAX_OPEN: usize = 32;
/// Longest way to a folder that is kept open, in bytes: what no path reaches is not asked for another way.
const MAX_WAY: usize = 2048;

/// A name in a folder, with the open folder where that is kept.
struct Name {
    text: String,
    item: Option<DirEntry>,
}

impl Name {
    /// What lies under the name; a link is not followed.
    fn metadata(&self, place: &Path) -> io::Result<Metadata> {
        match &self.item {
            Some(item) => item.metadata(),
            None => fs::symlink_metadata(place),
        }
    }
}

/// A folder on the stack: names that are left, last first, and the layers that may take them.
struct Frame {
    dir: String,
    names: Vec<Name>,
    candidates: Vec<usize>,
}

struct Walker<'a> {
    root: &'a Path,
    ignore: &'a dyn Ignore,
    links: Links,
    /// Every path that belongs to some element of the Kitfile.
    owned: HashSet<String>,
    layers: Vec<PlannedLayer>,
    collisions: Vec<Warning>,
}

pub(super) fn walk(
    root: &Path,
    parts: &[Part],
    ignore: &dyn Ignore,
    options: &PlanOptions,
) -> Result<Walked, PackError> {
    let cleaned = |path: &str| clean(path).map_or_else(|_| path.to_owned(), Into::into);
    let layer = |part: &Part| {
        let part = Part { path: cleaned(&part.path), ..part.clone() };
        PlannedLayer { part, entries: Vec::new() }
    };
    let layers: Vec<PlannedLayer> = parts.iter().map(layer).collect();
    let own = layers.iter().map(|layer| layer.part.path.clone());
    let owned = own.chain(options.other_paths.iter().map(|path| cleaned(path))).collect();
    let links = Links::new(root, options.symlinks);
    let mut walker = Walker { root, ignore, links, owned, layers, collisions: Vec::new() };
    walker.run()?;
    Ok(Walked { layers: walker.layers, collisions: walker.collisions })
}

impl Walker<'_> {
    fn run(&mut self) -> Result<(), PackError> {
        let everyone = (0..self.layers.len()).collect();
        let mut stack = vec![self.enter(".".to_owned(), everyone, true)?];
        while let Some(frame) = stack.last_mut() {
            let Some(name) = frame.names.pop() else {
                stack.pop();
                continue;
            };
            let path = join(&frame.dir, &name.text);
            let candidates = self.candidates(&frame.candidates, &path);
            if candidates.is_empty() {
                continue;
            }
            if let Some((path, candidates)) = self.visit(path, &name, candidates)? {
                let keep = stack.len() < MAX_OPEN;
                stack.push(self.enter(path, candidates, keep)?);
            }
        }
        Ok(())
    }

    /// The layers of `above` that may take `path`: related to it, and not shut out by another
    /// element that owns it.
    fn candidates(&self, above: &[usize], path: &str) -> Vec<usize> {
        let is_owned = self.owned.contains(path);
        let takes = |index: &&usize| {
            self.layers.get(**index).is_some_and(|layer| {
                let own = layer.part.path.as_str();
                let related = is_within(path, own) || is_within(own, path);
                related && (!is_owned || is_within(own, path))
            })
        };
        above.iter().filter(takes).copied().collect()
    }

    /// Puts an entry into its layers, and gives it back where it is a folder to be entered.
    fn visit(
        &mut self,
        path: String,
        name: &Name,
        candidates: Vec<usize>,
    ) -> Result<Option<(String, Vec<usize>)>, PackError> {
        let place = self.root.join(&path);
        let meta = self.ignore.known(&path).map_or_else(|| name.metadata(&place), Ok);
        let meta = meta.map_err(|error| PackError::io("open", &place, error))?;
        let ignored = self.ignore.ignores_entry(&path, &meta);
        if !ignored {
            check_name(&path)?;
        }
        if meta.is_dir() {
            if !ignored {
                self.add(&candidates, entry(path.clone(), &meta, None));
            } else if self.ignore.prunes(&path) {
                return Ok(None);
            }
            return Ok(Some((path, candidates)));
        }
        if ignored {
            return Ok(None);
        }
        if meta.is_file() {
            self.add(&candidates, entry(path, &meta, None));
        } else if meta.is_symlink() {
            let resolved = self.links.resolve(&place);
            let (target, meta) =
                resolved.map_err(|problem| PackError::Link { path: path.clone(), problem })?;
            self.add(&candidates, entry(path, &meta, Some(target)));
        } else {
            return Err(PackError::SpecialFile { path, kind: sys::kind_name(&meta) });
        }
        Ok(None)
    }

    fn add(&mut self, candidates: &[usize], entry: PlannedEntry) {
        for index in candidates {
            if let Some(layer) = self.layers.get_mut(*index) {
                layer.entries.push(entry.clone());
            }
        }
    }

    /// Reads the names of a folder that may matter to some layer, and keeps it open where told.
    fn enter(
        &mut self,
        dir: String,
        candidates: Vec<usize>,
        keep: bool,
    ) -> Result<Frame, PackError> {
        let place = self.root.join(&dir);
        // Elsewhere a folder may tell of a file what no longer holds.
        let keep = keep && cfg!(unix) && place.as_os_str().len() <= MAX_WAY;
        let read = |error| PackError::io("list", &place, error);
        let mut names = Vec::new();
        for item in fs::read_dir(&place).map_err(read)? {
            let item = item.map_err(read)?;
            match item.file_name().into_string() {
                Ok(text) => names.push(Name { text, item: keep.then_some(item) }),
                Err(name) => self.refuse_unreadable_name(&dir, &name, &candidates)?,
            }
        }
        names.sort_unstable_by(|a, b| b.text.as_bytes().cmp(a.text.as_bytes()));
        self.note_collisions(&dir, &names, &candidates);
        Ok(Frame { dir, names, candidates })
    }

    /// A name that is not UTF-8 matters only where a layer takes the whole folder.
    fn refuse_unreadable_name(
        &self,
        dir: &str,
        name: &std::ffi::OsStr,
        candidates: &[usize],
    ) -> Result<(), PackError> {
        let lossy = join(dir, &name.to_string_lossy());
        if self.candidates(candidates, &lossy).is_empty() || self.ignore.ignores(&lossy) {
            return Ok(());
        }
        let path = join(dir, &name.as_encoded_bytes().escape_ascii().to_string());
        Err(PackError::BadPath { path, problem: PathProblem::NotUtf8 })
    }

    fn note_collisions(&mut self, dir: &str, names: &[Name], candidates: &[usize]) {
        let mut seen = HashMap::new();
        for name in names.iter().rev().map(|name| &name.text) {
            let Some(first) = seen.insert(fold(name), name) else { continue };
            let (first, second) = (join(dir, first), join(dir, name));
            let packed = |path: &str| {
                !self.candidates(candidates, path).is_empty() && !self.ignore.ignores(path)
            };
            if packed(&first) && packed(&second) {
                self.collisions.push(Warning::Collision { first, second });
            }
        }
    }
}

fn check_name(path: &str) -> Result<(), PackError> {
    match clean(path) {
        Ok(_) => Ok(()),
        Err(problem) => Err(PackError::BadPath { path: path.escape_debug().to_string(), problem }),
    }
}

fn entry(path: String, meta: &Metadata, target: Option<PathBuf>) -> PlannedEntry {
    let kind = if meta.is_dir() { FileKind::Dir } else { FileKind::File };
    PlannedEntry {
        path,
        kind,
        mode: sys::mode(meta),
        size: if meta.is_file() { meta.len() } else { 0 },
        target,
        stamp: Stamp::of(meta),
        mtime: sys::mtime(meta),
    }
}

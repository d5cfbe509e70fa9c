//! What will be packed: one walk over the folder sorts every file into its layer.

mod link;
mod missing;
mod walk;

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use sealkit_kitfile::{IgnoreRules, Part};
use sealkit_oci::FileKind;

pub use self::link::Links;
use crate::PackError;
use crate::sys::Stamp;

/// Which paths stay out of every layer. Paths are relative to the folder, `/`-separated.
pub trait Ignore: Sync {
    /// Whether this file or folder is left out.
    fn ignores(&self, path: &str) -> bool;

    /// The same of an entry that is there, by what is known of it; a link is not followed. Whoever needs to
    /// look at entries has it here without asking the system once more.
    fn ignores_entry(&self, path: &str, meta: &Metadata) -> bool {
        let _ = meta;
        self.ignores(path)
    }

    /// Whether nothing below this folder can be in, so that it need not be read.
    fn prunes(&self, dir: &str) -> bool;

    /// What lies at this path, a link not followed, where whoever plans has just asked the system for it. Asked
    /// once for each path.
    fn known(&self, path: &str) -> Option<Metadata> {
        let _ = path;
        None
    }
}

/// Ignores nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeepAll;

impl Ignore for KeepAll {
    fn ignores(&self, _: &str) -> bool {
        false
    }

    fn prunes(&self, _: &str) -> bool {
        false
    }
}

impl Ignore for IgnoreRules {
    fn ignores(&self, path: &str) -> bool {
        self.matches(path)
    }

    fn prunes(&self, dir: &str) -> bool {
        self.may_skip_dir(dir)
    }
}

/// What happens to symbolic links. None is ever dropped silently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Symlinks {
    /// A link to a regular file inside the folder, or from a Hugging Face cache snapshot to its
    /// blob, is packed as the file it means. Any other is an error.
    #[default]
    Follow,
    /// Every link is an error.
    Refuse,
}

/// How to look at the folder.
#[derive(Clone, Debug, Default)]
pub struct PlanOptions {
    /// What happens to symbolic links.
    pub symlinks: Symlinks,
    /// Paths that belong to other elements of the Kitfile without being layers of their own, e.g.
    /// remote datasets: no layer above them takes what lies there.
    pub other_paths: Vec<String>,
}

/// What will be packed.
#[derive(Debug)]
pub struct Plan {
    /// The folder, with links resolved.
    pub root: PathBuf,
    /// One for each part, in order.
    pub layers: Vec<PlannedLayer>,
    /// What the user should know.
    pub warnings: Vec<Warning>,
}

/// One layer to be.
#[derive(Debug)]
pub struct PlannedLayer {
    /// The Kitfile's element.
    pub part: Part,
    /// Entries in the order in which the layer will hold them.
    pub entries: Vec<PlannedEntry>,
}

/// One file or folder to be packed.
#[derive(Clone, Debug)]
pub struct PlannedEntry {
    /// Path inside the kit.
    pub path: String,
    /// File or folder; a link is the file it means.
    pub kind: FileKind,
    /// The twelve mode bits of the file.
    pub mode: u32,
    /// Size in bytes; 0 for a folder.
    pub size: u64,
    /// Where the bytes are, where that is not at [`PlannedEntry::path`]: behind a link.
    pub(crate) target: Option<PathBuf>,
    pub(crate) stamp: Stamp,
    pub(crate) mtime: (i64, u32),
}

/// Something that is no error, but that the user should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// The part's own path is ignored: its layer is empty.
    PartIgnored {
        /// The part's path.
        path: String,
    },
    /// No file is in this layer.
    NoFiles {
        /// The part's path.
        path: String,
    },
    /// Two names are one on systems that ignore case or Unicode form; such a kit is refused there.
    Collision {
        /// The earlier path.
        first: String,
        /// The later path.
        second: String,
    },
}

impl PlannedLayer {
    /// Number of content bytes.
    pub fn size(&self) -> u64 {
        self.entries.iter().map(|entry| entry.size).sum()
    }
}

impl Plan {
    /// Number of content bytes of all layers.
    pub fn size(&self) -> u64 {
        self.layers.iter().map(PlannedLayer::size).sum()
    }

    /// When the youngest file was written, in seconds since 1970; none without files.
    pub fn newest(&self) -> Option<i64> {
        let entries = self.layers.iter().flat_map(|layer| &layer.entries);
        let files = entries.filter(|entry| entry.kind == FileKind::File);
        files.map(|entry| entry.mtime.0).max()
    }

    /// Number of files of all layers.
    pub fn files(&self) -> u64 {
        let files = |layer: &PlannedLayer| {
            layer.entries.iter().filter(|entry| entry.kind == FileKind::File).count() as u64
        };
        self.layers.iter().map(files).sum()
    }
}

impl PlannedEntry {
    /// Where the file's bytes are read from.
    pub fn source(&self, root: &Path) -> PathBuf {
        self.target.clone().unwrap_or_else(|| root.join(&self.path))
    }
}

/// Walks `root` once and sorts what is there into the layers of `parts`. Nothing is read but
/// names and metadata.
///
/// An entry is in a layer where it is the layer's path, above it or below it, and not ignored. What
/// lies under another part's path is left to that part, unless that path is above this layer's.
pub fn plan(
    root: &Path,
    parts: &[Part],
    ignore: &dyn Ignore,
    options: &PlanOptions,
) -> Result<Plan, PackError> {
    let root = std::fs::canonicalize(root).map_err(|error| PackError::io("open", root, error))?;
    missing::check_parts(&root, parts)?;
    let mut walked = walk::walk(&root, parts, ignore, options)?;
    let mut warnings = Vec::new();
    for layer in &walked.layers {
        let path = layer.part.path.clone();
        let has_files = layer.entries.iter().any(|entry| entry.kind == FileKind::File);
        if path != "." && ignore.ignores(&path) {
            warnings.push(Warning::PartIgnored { path });
        } else if !has_files {
            warnings.push(Warning::NoFiles { path });
        }
    }
    warnings.append(&mut walked.collisions);
    Ok(Plan { root, layers: walked.layers, warnings })
}

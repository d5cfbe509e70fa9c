//! What a symbolic link means: the regular file behind it, if that may be packed.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use crate::error::LinkProblem;
use crate::plan::Symlinks;

/// Follows the symbolic links of one folder, only as far as `plan` does.
#[derive(Debug)]
pub struct Links {
    root: PathBuf,
    blobs: Option<PathBuf>,
    policy: Symlinks,
}

impl Links {
    /// Links of the folder `root`, which must be canonical.
    pub fn new(root: &Path, policy: Symlinks) -> Self {
        Self { root: root.to_owned(), blobs: hugging_face_blobs(root), policy }
    }

    /// The regular file that `link` means, with its canonical path.
    pub fn resolve(&self, link: &Path) -> Result<(PathBuf, Metadata), LinkProblem> {
        if self.policy == Symlinks::Refuse {
            return Err(LinkProblem::Refused);
        }
        let shown = || fs::read_link(link).unwrap_or_default().display().to_string();
        let target = fs::canonicalize(link).map_err(|_| {
            if leads_to_itself(link) { LinkProblem::Loop } else { LinkProblem::Dangling(shown()) }
        })?;
        let is_blob = |blobs: &PathBuf| target.parent() == Some(blobs.as_path());
        if !target.starts_with(&self.root) && !self.blobs.as_ref().is_some_and(is_blob) {
            return Err(LinkProblem::Escapes(shown()));
        }
        let meta = fs::symlink_metadata(&target).map_err(|_| LinkProblem::Dangling(shown()))?;
        if meta.is_dir() {
            return Err(LinkProblem::Folder(shown()));
        }
        if !meta.is_file() {
            return Err(LinkProblem::Special(shown()));
        }
        Ok((target, meta))
    }
}

/// Whether following the chain of links does not end.
fn leads_to_itself(link: &Path) -> bool {
    let mut at = link.to_owned();
    for _ in 0..64 {
        let Ok(next) = fs::read_link(&at) else { return false };
        at = at.parent().unwrap_or(Path::new("/")).join(next);
        if at == link {
            return true;
        }
    }
    true
}

/// The blobs of a Hugging Face cache that has `root` inside a snapshot:
/// `REPO/snapshots/REVISION[/…]` has its files in `REPO/blobs`.
fn hugging_face_blobs(root: &Path) -> Option<PathBuf> {
    let snapshots = root.ancestors().skip(1).find(|dir| dir.ends_with("snapshots"))?;
    let blobs = snapshots.parent()?.join("blobs");
    fs::canonicalize(&blobs).ok().filter(|real| *real == blobs && real.is_dir())
}

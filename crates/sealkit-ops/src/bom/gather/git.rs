//! The git repository that a folder is: commit, remote, and whether files differ from the commit. Its
//! files are read as data: no program, hook or filter of it runs.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use sealkit_inspect::git::{
    BlobHasher, GitFiles, ObjectHash, ObjectId, Repository, Stat, gitdir, status, tree,
};
use sealkit_inspect::{Facts, InspectError, ReadAt, lfs_pointer};
use sealkit_oci::Sha256;
use sealkit_report::{Budget, Severity};

use super::file::Local;

/// Longest `.git` file of a linked working copy, in bytes.
const MAX_LINK: u64 = 4096;
/// Bytes of one read.
const PIECE: usize = 256 << 10;

/// What git knows of the folder `dir`; nothing where it is no working copy.
pub(crate) fn of_dir(dir: &Path) -> Facts {
    let Some(root) = git_folder(dir) else { return Facts::default() };
    let mut budget = Budget::new(512 << 20, 2_000_000, 200_000_000, 128);
    match read(dir, &DotGit { root }, &mut budget) {
        Ok(facts) => facts,
        Err(error) => {
            let mut facts = Facts { incomplete: true, ..Facts::default() };
            let at = (".git", "");
            facts.find("git-unread", Severity::Info, at, error.to_string());
            facts
        }
    }
}

fn read(dir: &Path, files: &DotGit, budget: &mut Budget) -> Result<Facts, InspectError> {
    let repository = Repository::open(files, budget)?;
    let mut facts = repository.facts(budget)?;
    let Some(index) = repository.index(budget)? else { return Ok(facts) };
    let commit = match repository.head(budget)? {
        Some((_, commit)) => tree(&repository, &commit.tree, budget)?,
        None => None,
    };
    let written = fs::metadata(files.root.join("index")).ok().and_then(|meta| mtime(&meta));
    let hash = repository.hash();
    let ids: BTreeMap<&str, &ObjectId> =
        index.entries.iter().map(|entry| (entry.path.as_str(), &entry.id)).collect();
    let found = status(
        &index,
        commit.as_ref(),
        written,
        |path| stat(&dir.join(path)),
        |path| content(&dir.join(path), hash, ids.get(path).copied()),
    );
    facts.extend(found.facts());
    Ok(facts)
}

/// The folder itself, or the one that a `.git` file names.
fn git_folder(dir: &Path) -> Option<PathBuf> {
    let place = dir.join(".git");
    let meta = fs::symlink_metadata(&place).ok()?;
    if meta.is_dir() {
        return Some(place);
    }
    if !meta.is_file() {
        return None;
    }
    let mut text = String::new();
    File::open(&place).ok()?.take(MAX_LINK).read_to_string(&mut text).ok()?;
    let named = dir.join(gitdir(&text)?);
    named.is_dir().then_some(named)
}

struct DotGit {
    root: PathBuf,
}

impl GitFiles for DotGit {
    fn open(&self, path: &str) -> Option<Box<dyn ReadAt + '_>> {
        let place = self.root.join(path);
        let is_file = fs::metadata(&place).ok()?.is_file();
        let file = File::open(place).ok().filter(|_| is_file)?;
        Some(Box::new(Local::whole(file)))
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.root.join(folder)) else { return Vec::new() };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names.collect()
    }
}

fn stat(place: &Path) -> Option<Stat> {
    let meta = fs::symlink_metadata(place).ok().filter(|meta| !meta.is_dir())?;
    Some(Stat { size: meta.len(), mtime: mtime(&meta)?, executable: executable(&meta) })
}

fn mtime(meta: &fs::Metadata) -> Option<(u32, u32)> {
    let since = meta.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some((since.as_secs() as u32, since.subsec_nanos()))
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it is not known")]
fn executable(meta: &fs::Metadata) -> Option<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(meta.permissions().mode() & 0o100 != 0)
}

#[cfg(not(unix))]
fn executable(_: &fs::Metadata) -> Option<bool> {
    None
}

/// What git would store for a file: its content, or behind the LFS filter a pointer. Which of the two
/// shows in what the index has.
fn content(place: &Path, hash: ObjectHash, in_index: Option<&ObjectId>) -> Option<ObjectId> {
    let meta = fs::symlink_metadata(place).ok()?;
    if meta.is_symlink() {
        let target = fs::read_link(place).ok()?;
        return Some(BlobHasher::of(hash, target.to_str()?.as_bytes()));
    }
    let mut file = File::open(place).ok()?;
    let (mut hasher, mut sha256) = (BlobHasher::new(hash, meta.len()), Sha256::default());
    let mut buffer = vec![0; PIECE];
    loop {
        let count = file.read(&mut buffer).ok()?;
        let piece = buffer.get(..count).filter(|piece| !piece.is_empty());
        let Some(piece) = piece else { break };
        hasher.update(piece);
        sha256.update(piece);
    }
    let plain = hasher.finish();
    let pointer = BlobHasher::of(hash, lfs_pointer(sha256.finish().hex(), meta.len()).as_bytes());
    Some(if in_index == Some(&pointer) { pointer } else { plain })
}

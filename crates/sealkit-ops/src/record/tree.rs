//! Digests of the files and folders that a run reads and writes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sealkit_oci::{Digest, Sha256};

use super::redact::slashed;
use crate::parallel::{parallel, processors};
use crate::{OpsError, Progress};

/// Most files below one path.
pub const MAX_FILES: usize = 1_000_000;
/// Deepest folder.
const MAX_DEPTH: usize = 128;
/// Bytes of one read.
const PIECE: usize = 256 << 10;

/// One file as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileState {
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// Size in bytes.
    pub size: u64,
    /// When it was written last, where the system knows it.
    pub written: Option<SystemTime>,
}

/// A file or a folder as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// Where it is, absolute.
    pub root: PathBuf,
    /// Whether it is a folder.
    pub folder: bool,
    /// Every file, by its path below the root with `/`; a file alone stands under the empty path.
    pub files: BTreeMap<String, FileState>,
}

impl Tree {
    /// The digest of the whole. Of a file the SHA-256 of its bytes; of a folder in-toto's `dirHash1`
    /// (Go's `h1`): SHA-256 over one line `HEX  PATH` for each file, sorted by path.
    pub fn digest(&self) -> Digest {
        if let (false, Some(file)) = (self.folder, self.files.get("")) {
            return file.digest.clone();
        }
        let mut hasher = Sha256::default();
        for (path, file) in &self.files {
            hasher.update(format!("{}  {path}\n", file.digest.hex()).as_bytes());
        }
        hasher.finish()
    }

    /// Size of all files in bytes.
    pub fn size(&self) -> u64 {
        self.files.values().map(|file| file.size).sum()
    }

    /// The first file that is not as it was in `before`, and how it differs.
    pub(super) fn difference(&self, before: &Self) -> Option<(String, &'static str)> {
        for (path, file) in &before.files {
            match self.files.get(path) {
                None => return Some((path.clone(), "was removed")),
                Some(now) if now.digest != file.digest => {
                    return Some((path.clone(), "was changed"));
                }
                Some(_) => {}
            }
        }
        let added = self.files.keys().find(|path| !before.files.contains_key(*path));
        added.map(|path| (path.clone(), "was added"))
    }
}

/// Reads every file at or below `root` (absolute); nothing at or below a path of `but`.
pub(super) fn read(
    root: &Path,
    but: &BTreeSet<PathBuf>,
    progress: &dyn Progress,
) -> Result<Tree, OpsError> {
    let meta = fs::metadata(root).map_err(|source| OpsError::io("read", root, source))?;
    let folder = meta.is_dir();
    let mut found = Vec::new();
    if folder {
        walk(root, root, 0, but, &mut found)?;
    } else if meta.is_file() {
        found.push((String::new(), root.to_owned()));
    } else {
        return Err(unusual(root));
    }
    let states = parallel(&found, processors(), |(_, path)| state(path, progress));
    let mut files = BTreeMap::new();
    for ((name, _), state) in found.into_iter().zip(states) {
        files.insert(name, state?);
    }
    Ok(Tree { root: root.to_owned(), folder, files })
}

fn walk(
    root: &Path,
    dir: &Path,
    depth: usize,
    but: &BTreeSet<PathBuf>,
    found: &mut Vec<(String, PathBuf)>,
) -> Result<(), OpsError> {
    let failed = |source| OpsError::io("read", dir, source);
    if depth > MAX_DEPTH {
        let message = format!("`{}` is deeper than {MAX_DEPTH} folders", dir.display());
        return Err(OpsError::usage("record-too-deep", message));
    }
    for item in fs::read_dir(dir).map_err(failed)? {
        let path = item.map_err(failed)?.path();
        if but.contains(&path) || is_derived(&path) {
            continue;
        }
        // A link is read as what it points at, as the command sees it; not a folder, which could
        // lead round in a circle.
        let link = fs::symlink_metadata(&path).map_err(failed)?.is_symlink();
        let meta = fs::metadata(&path).map_err(|source| OpsError::io("read", &path, source))?;
        if meta.is_dir() && link {
            let message = format!("`{}` is a link to a folder", path.display());
            return Err(OpsError::usage("record-linked-folder", message)
                .with_hint("name the folder that it points at as an input or output of its own"));
        } else if meta.is_dir() {
            walk(root, &path, depth + 1, but, found)?;
        } else if meta.is_file() {
            found.push((name_below(root, &path)?, path));
        } else {
            return Err(unusual(&path));
        }
        if found.len() > MAX_FILES {
            let message = format!("`{}` holds more than {MAX_FILES} files", root.display());
            return Err(OpsError::usage("record-too-many-files", message)
                .with_hint("record an archive of them, or name folders inside it"));
        }
    }
    Ok(())
}

/// What git and Python keep for themselves: it changes while a command only reads, and follows from
/// the commit and the sources.
fn is_derived(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == ".git" || name == "__pycache__")
}

/// A name that the line format of `dirHash1` can hold.
fn name_below(root: &Path, path: &Path) -> Result<String, OpsError> {
    let below = path.strip_prefix(root).unwrap_or(path);
    let plain = below.to_str().is_some_and(|name| !name.contains(char::is_control));
    if plain {
        return Ok(slashed(below));
    }
    let message = format!("the name of `{}` is not plain text", path.display());
    Err(OpsError::usage("record-name", message).with_hint("rename the file"))
}

fn unusual(path: &Path) -> OpsError {
    let message = format!("`{}` is neither a file nor a folder", path.display());
    OpsError::usage("record-not-a-file", message)
}

fn state(path: &Path, progress: &dyn Progress) -> Result<FileState, OpsError> {
    let failed = |source| OpsError::io("read", path, source);
    let mut file = File::open(path).map_err(failed)?;
    let mut hasher = Sha256::default();
    let mut buffer = vec![0; PIECE];
    let mut size = 0;
    loop {
        let count = file.read(&mut buffer).map_err(failed)?;
        let piece = buffer.get(..count).unwrap_or_default();
        if piece.is_empty() {
            break;
        }
        hasher.update(piece);
        size += count as u64;
        progress.advance(count as u64);
    }
    let written = file.metadata().ok().and_then(|meta| meta.modified().ok());
    Ok(FileState { digest: hasher.finish(), size, written })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::NoProgress;

    fn tree(root: &Path) -> Tree {
        read(root, &BTreeSet::new(), &NoProgress).unwrap()
    }

    #[test]
    fn the_digest_of_a_folder_is_that_of_the_lines_of_sha256sum() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("b")).unwrap();
        fs::write(dir.path().join("b/two"), "2").unwrap();
        fs::write(dir.path().join("a one"), "1").unwrap();
        let made = tree(dir.path()).digest();
        let lines =
            format!("{}  a one\n{}  b/two\n", Digest::of(b"1").hex(), Digest::of(b"2").hex());
        assert_eq!(made, Digest::of(lines.as_bytes()));
        let script = "find . -type f | sed 's:^./::' | LC_ALL=C sort | tr '\\n' '\\0' | xargs -0 sha256sum | sha256sum";
        let ran =
            Command::new("sh").arg("-c").arg(script).current_dir(dir.path()).output().unwrap();
        let text = String::from_utf8(ran.stdout).unwrap();
        assert_eq!(text.split(' ').next().unwrap(), made.hex());
    }

    #[test]
    fn what_changes_is_named() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a", "b"] {
            fs::write(dir.path().join(name), name).unwrap();
        }
        let before = tree(dir.path());
        assert_eq!(tree(dir.path()).difference(&before), None);
        fs::write(dir.path().join("b"), "x").unwrap();
        assert_eq!(tree(dir.path()).difference(&before), Some(("b".into(), "was changed")));
        fs::remove_file(dir.path().join("b")).unwrap();
        assert_eq!(tree(dir.path()).difference(&before), Some(("b".into(), "was removed")));
        fs::write(dir.path().join("b"), "b").unwrap();
        fs::write(dir.path().join("c"), "c").unwrap();
        assert_eq!(tree(dir.path()).difference(&before), Some(("c".into(), "was added")));
    }

    #[cfg(unix)]
    #[test]
    fn odd_things_are_refused_by_name() {
        use sealkit_report::Hint as _;
        let dir = tempfile::tempdir().unwrap();
        let code = |path: &Path| read(path, &BTreeSet::new(), &NoProgress).unwrap_err().code();
        std::os::unix::fs::symlink("..", dir.path().join("up")).unwrap();
        assert_eq!(code(dir.path()), "record-linked-folder");
        fs::remove_file(dir.path().join("up")).unwrap();
        fs::write(dir.path().join("new\nline"), "").unwrap();
        assert_eq!(code(dir.path()), "record-name");
        assert_eq!(code(&dir.path().join("absent")), "io");
        assert_eq!(code(Path::new("/dev/null")), "record-not-a-file");
    }

    #[test]
    fn what_is_told_apart_is_left_out() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("out")).unwrap();
        fs::create_dir_all(dir.path().join(".git")).unwrap();
        for name in ["in", "out/x", ".git/index"] {
            fs::write(dir.path().join(name), name).unwrap();
        }
        let but = BTreeSet::from([dir.path().join("out")]);
        let tree = read(dir.path(), &but, &NoProgress).unwrap();
        assert_eq!(tree.files.keys().collect::<Vec<_>>(), ["in"]);
    }
}

//! The digest of a folder: one digest for what is in it.

use sealkit_oci::{Digest, Sha256};

use super::world::File;

/// The tree digest: SHA-256 over one line `HEX  PATH\n` for each file, sorted by path as bytes,
/// where `HEX` is the file's SHA-256 and `PATH` its path below `root`. In that folder,
/// `find . -type f -printf '%P\\0' | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum` prints it.
/// None where there is no file, or one without a SHA-256.
pub(super) fn digest<'a>(root: &str, files: impl Iterator<Item = &'a File<'a>>) -> Option<Digest> {
    let mut rows = Vec::new();
    for file in files {
        let digest = file.digest.filter(|digest| digest.algorithm().name() == "sha256")?;
        let below = file.path.strip_prefix(root).and_then(|rest| rest.strip_prefix('/'));
        rows.push((below.unwrap_or(file.path), digest.hex()));
    }
    rows.sort_unstable();
    rows.dedup();
    let mut hasher = Sha256::default();
    for (path, hex) in &rows {
        for piece in [hex, "  ", path, "\n"] {
            hasher.update(piece.as_bytes());
        }
    }
    (!rows.is_empty()).then(|| hasher.finish())
}

/// The digest of the content: of the one file, else of the tree; with where it comes from.
pub(super) fn content<'a>(root: &str, files: &[&'a File<'a>]) -> Option<(Digest, String, String)> {
    if let [file] = files {
        return Some((file.digest?.clone(), file.path.to_owned(), String::new()));
    }
    let digest = digest(root, files.iter().copied())?;
    Some((digest, root.to_owned(), format!("tree of {} files", files.len())))
}

//! Git's large file storage: pointers become the files that they name, or the import ends.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use super::fetched::wrong_content;
use super::git::Git;
use super::hf::hash_file;
use crate::OpsError;

/// First line of a pointer (git-lfs specification, version 1).
const FIRST: &str = "version https://git-lfs.github.com/spec/v1\n";
/// A pointer is shorter than this, in bytes.
const MAX_POINTER: u64 = 1024;
/// What `git lfs install` would write into the user's configuration.
const FILTERS: [&str; 3] = [
    "filter.lfs.clean=git-lfs clean -- %f",
    "filter.lfs.smudge=git-lfs smudge -- %f",
    "filter.lfs.required=true",
];
/// Names that an error lists.
const MAX_NAMED: usize = 5;

/// Replaces pointers by their files, and gives the SHA-256 of each.
pub(super) fn pull(git: &Git<'_>) -> Result<BTreeMap<String, String>, OpsError> {
    let pointers = pointers(git.dir())?;
    if pointers.is_empty() {
        return Ok(pointers);
    }
    if !git.output(&["lfs", "version"])?.status.success() {
        return Err(missing(&pointers));
    }
    git.run("name the source of", &["config", "remote.origin.url", git.url()])?;
    let pull = FILTERS.iter().flat_map(|filter| ["-c", *filter]).chain(["lfs", "pull", "origin"]);
    git.run("fetch large files of", &pull.collect::<Vec<_>>())?;
    for (path, expected) in &pointers {
        let actual = format!("sha256:{}", hash_file(&git.dir().join(path))?);
        if actual != *expected {
            return Err(wrong_content(path, expected, &actual));
        }
    }
    Ok(pointers)
}

fn missing(pointers: &BTreeMap<String, String>) -> OpsError {
    let named: Vec<&str> = pointers.keys().take(MAX_NAMED).map(String::as_str).collect();
    let more = match pointers.len().saturating_sub(MAX_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!(
        "the repository keeps `{}`{more} in large file storage, and `git-lfs` is not installed",
        named.join("`, `")
    );
    OpsError::usage("git-lfs-missing", message)
        .with_hint("install git-lfs; a Hugging Face repository needs none with `--tool hf`")
}

/// Every pointer below a folder: path and `sha256:…`. Links are not followed.
fn pointers(root: &Path) -> Result<BTreeMap<String, String>, OpsError> {
    let mut found = BTreeMap::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let place = root.join(&folder);
        let failed = |error| OpsError::io("list", &place, error);
        for entry in fs::read_dir(&place).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            // `pack` refuses other names by name.
            let Ok(name) = entry.file_name().into_string() else { continue };
            if folder.is_empty() && name == ".git" {
                continue;
            }
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            let meta = entry.metadata().map_err(failed)?;
            if meta.is_dir() {
                folders.push(path);
            } else if meta.is_file() && meta.len() < MAX_POINTER {
                let mut text = String::new();
                let file = fs::File::open(entry.path()).map_err(failed)?;
                let is_text = file.take(MAX_POINTER).read_to_string(&mut text).is_ok();
                if let Some(digest) = is_text.then(|| digest_in(&text)).flatten() {
                    found.insert(path, digest);
                }
            }
        }
    }
    Ok(found)
}

/// The digest that a pointer names; none for any other text.
fn digest_in(text: &str) -> Option<String> {
    let rest = text.strip_prefix(FIRST)?;
    let hex = rest.lines().find_map(|line| line.strip_prefix("oid sha256:"))?;
    let is_hex = hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit());
    is_hex.then(|| format!("sha256:{}", hex.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_names_a_digest_and_nothing_else_does() {
        let hex = "a".repeat(64);
        let text = format!("{FIRST}oid sha256:{hex}\nsize 12\n");
        assert_eq!(digest_in(&text), Some(format!("sha256:{hex}")));
        assert_eq!(digest_in(&text.replace("aaa", "ggg")), None);
        assert_eq!(digest_in(FIRST), None);
        assert_eq!(digest_in("oid sha256:"), None);
    }
}

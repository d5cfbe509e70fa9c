//! No source file grows past what one can hold in mind. Functions are clippy's part.

use std::path::{Path, PathBuf};

use crate::run::{Outcome, root};

/// Most lines in one Rust file.
const LIMIT: usize = 400;

/// Looks at every Rust file of the workspace. Returns what is too long and how many files.
pub(crate) fn check_workspace() -> Outcome<(Vec<String>, usize)> {
    let mut problems = Vec::new();
    let mut files = 0;
    for folder in ["crates", "xtask", "fuzz"] {
        for path in rust_files(&root().join(folder))? {
            files += 1;
            let lines = std::fs::read_to_string(&path)?.lines().count();
            let shown = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
            problems.extend(objection(&shown, lines));
        }
    }
    Ok((problems, files))
}

/// The Rust files below a folder, in order; none where there is no such folder.
pub(crate) fn rust_files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        if !folder.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() && path.file_name().is_none_or(|name| name != "target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn objection(shown: &str, lines: usize) -> Option<String> {
    (lines > LIMIT).then(|| format!("{shown}: {lines} lines, the limit is {LIMIT}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_allowed_and_one_more_is_not() {
        assert_eq!(objection("a.rs", LIMIT), None);
        assert!(objection("a.rs", LIMIT + 1).is_some());
    }

    #[test]
    fn this_file_is_among_those_looked_at() {
        let files = rust_files(&root().join("xtask")).unwrap();
        assert!(files.iter().any(|path| path.ends_with("check/sizes.rs")));
    }
}

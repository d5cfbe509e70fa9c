//! The source files that the checks read.

use std::path::{Path, PathBuf};

use crate::run::{Outcome, root};

/// A source file: its path from the workspace's root, and its text.
pub(super) struct Source {
    /// The path as it is shown.
    pub(super) shown: String,
    /// The text.
    pub(super) text: String,
}

/// The files of the crates that ship, test files left out.
pub(super) fn shipped() -> Outcome<Vec<Source>> {
    let mut files = below("crates")?;
    files.retain(|file| file.shown.contains("/src/") && !is_test_file(Path::new(&file.shown)));
    Ok(files)
}

/// The Rust files below a folder of the workspace, in order; none where there is no such folder.
pub(super) fn below(folder: &str) -> Outcome<Vec<Source>> {
    let root = root();
    let read = |path: &PathBuf| -> Outcome<Source> {
        let shown = path.strip_prefix(&root)?.display().to_string();
        Ok(Source { shown, text: std::fs::read_to_string(path)? })
    };
    rust_files(&root.join(folder))?.iter().map(read).collect()
}

/// The number of the line in which `at` lies.
pub(super) fn line_of(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

/// Whether a file holds nothing but tests: by its name, or by that of a folder.
fn is_test_file(path: &Path) -> bool {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    stem == "tests"
        || stem.ends_with("_tests")
        || path.components().any(|part| part.as_os_str() == "tests")
}

fn rust_files(folder: &Path) -> Outcome<Vec<PathBuf>> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_files_are_left_out() {
        for path in ["src/reference/tests.rs", "src/tests/golden.rs", "src/tar/read_tests.rs"] {
            assert!(is_test_file(Path::new(path)), "{path}");
        }
        assert!(!is_test_file(Path::new("src/reference.rs")));
    }

    #[test]
    fn this_file_is_among_those_looked_at() {
        let files = below("xtask").unwrap();
        assert!(files.iter().any(|file| file.shown == "xtask/src/check/sources.rs"));
        assert!(below("no-such-folder").unwrap().is_empty());
    }
}

//! No source file grows past what one can hold in mind. Functions are clippy's part.

use super::sources::below;
use crate::run::Outcome;

/// Most lines in one Rust file.
const LIMIT: usize = 400;

/// Looks at every Rust file of the workspace. Returns what is too long and how many files.
pub(super) fn check_workspace() -> Outcome<(Vec<String>, usize)> {
    let mut problems = Vec::new();
    let mut files = 0;
    for folder in ["crates", "xtask", "fuzz"] {
        for file in below(folder)? {
            files += 1;
            problems.extend(objection(&file.shown, file.text.lines().count()));
        }
    }
    Ok((problems, files))
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
}

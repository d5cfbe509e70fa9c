//! Which files of a folder are not signed: those of git at its root, and what the signer recorded.

use super::name;
use super::wire::invalid;
use crate::AttestError;

/// What git keeps at the root of a folder, which no signer of models signs unless told to. Only at
/// the root: `d/.git` is a folder like any other.
pub const GIT_PATHS: [&str; 4] = [".git", ".gitattributes", ".github", ".gitignore"];

/// Most recorded paths.
const MAX_PATHS: usize = 10_000;

/// What to do with the files of git at the root.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GitPaths {
    /// Pass them over, as every verifier of OpenSSF Model Signing does.
    #[default]
    Ignore,
    /// Treat them as any other file: strict, for the recorded ones too.
    Check,
}

/// Paths that are passed over, each with everything below it. No globs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ignores(Vec<String>);

impl Ignores {
    /// Takes paths as a person or a signed manifest gives them. `.`, the empty path, `..`, absolute
    /// paths and globs are refused: each would hide more than it says.
    pub fn new(paths: impl IntoIterator<Item = String>) -> Result<Self, AttestError> {
        let mut all = Vec::new();
        for path in paths {
            let trimmed = path.strip_suffix('/').unwrap_or(&path);
            let shown = || AttestError::quote(&path);
            if let Err(error) = name::check(trimmed) {
                return Err(invalid(format!("ignored path `{}`: {error}", shown())));
            }
            if trimmed.contains(['*', '?', '[']) {
                let reason = "is a pattern, and patterns are not supported";
                return Err(invalid(format!("ignored path `{}` {reason}", shown())));
            }
            if all.len() >= MAX_PATHS {
                return Err(invalid(format!("more than {MAX_PATHS} ignored paths")));
            }
            all.push(trimmed.to_owned());
        }
        all.sort();
        all.dedup();
        Ok(Self(all))
    }

    /// The paths, in the order of their bytes.
    pub fn paths(&self) -> &[String] {
        &self.0
    }

    /// Whether `path` is one of them or lies below one.
    pub fn covers(&self, path: &str) -> bool {
        let is_one = |path: &str| self.0.binary_search_by(|one| one.as_str().cmp(path)).is_ok();
        is_one(path) || path.match_indices('/').any(|(at, _)| path.get(..at).is_some_and(is_one))
    }

    /// These and more.
    pub(super) fn join<'a>(&self, more: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all = self.0.clone();
        all.extend(more.into_iter().map(str::to_owned));
        all.sort();
        all.dedup();
        Self(all)
    }

    /// These without those for which `drop` holds.
    pub(super) fn without(&self, drop: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|path| !drop(path)).cloned().collect())
    }

    /// Refuses to ignore what is signed: it would seem checked and not be.
    pub(super) fn check_against<'a>(
        &self,
        signed: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), AttestError> {
        let Some(name) = signed.into_iter().find(|name| self.covers(name)) else { return Ok(()) };
        Err(invalid(format!(
            "an ignored path covers the signed file `{}`",
            AttestError::quote(name)
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_covers_itself_and_what_is_below() {
        let ignores = Ignores::new(["a/b".to_owned(), ".git/".to_owned()]).unwrap();
        for covered in ["a/b", "a/b/c", ".git", ".git/x/y"] {
            assert!(ignores.covers(covered), "{covered}");
        }
        for other in ["a", "a/bc", "a/c", "x/a/b", "d/.git/x", ".gitignore"] {
            assert!(!ignores.covers(other), "{other}");
        }
    }

    #[test]
    fn paths_that_hide_more_than_they_say_are_refused() {
        for bad in [".", "", "/", "..", "../x", "/x", "*", "a/*.bin", "a?", "[a]", "./a", "a//b"] {
            let error = Ignores::new([bad.to_owned()]).unwrap_err();
            assert!(matches!(error, AttestError::ManifestInvalid { .. }), "{bad}");
        }
    }
}

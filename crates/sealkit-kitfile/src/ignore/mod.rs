//! `.kitignore`: what of a folder never becomes part of a kit. The semantics are those of Docker's
//! ignore files: comments, `!` negation, `**`, and a match on any folder above excludes.

mod pattern;

use pattern::Pattern;

use crate::path;

/// Always excluded, after the rules of the file, so that no negation brings them back.
const ALWAYS: [&str; 4] = ["Kitfile", "kitfile", ".kitfile", ".kitignore"];

/// What operating systems leave behind, wherever it stands, in any case.
const OS_JUNK: [&str; 9] = [
    ".DS_Store",
    ".AppleDouble",
    ".LSOverride",
    ".Spotlight-V100",
    ".Trashes",
    "Thumbs.db",
    "desktop.ini",
    "ehthumbs.db",
    "$RECYCLE.BIN",
];

/// Largest `.kitignore` that is read, in bytes.
const MAX_BYTES: usize = 1 << 20;
/// Most rules that are read.
const MAX_RULES: usize = 10_000;

/// The rules of a `.kitignore`, ready to be asked.
#[derive(Clone, Debug)]
pub struct IgnoreRules {
    patterns: Vec<Pattern>,
    has_negation: bool,
    without_os_junk: bool,
}

/// Why a `.kitignore` can not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IgnoreError {
    /// A line is no pattern.
    #[error("`.kitignore` line {line}: `{pattern}` is not a valid pattern")]
    Pattern {
        /// Line, from one.
        line: usize,
        /// The pattern.
        pattern: String,
    },
    /// The file is larger than is read.
    #[error("`.kitignore` is too large: at most 1 MiB and 10000 rules are read")]
    TooLarge,
}

impl Default for IgnoreRules {
    /// The rules of a folder without `.kitignore`.
    fn default() -> Self {
        let patterns = ALWAYS.iter().filter_map(|name| Pattern::new(name)).collect();
        Self { patterns, has_negation: false, without_os_junk: false }
    }
}

impl IgnoreRules {
    /// Reads the text of a `.kitignore`. Windows line ends and a byte order mark are accepted.
    ///
    /// # Errors
    /// [`IgnoreError`] for a malformed pattern or a file that is too large.
    pub fn parse(text: &str) -> Result<Self, IgnoreError> {
        if text.len() > MAX_BYTES {
            return Err(IgnoreError::TooLarge);
        }
        let mut patterns = Vec::new();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (at, line) in text.lines().enumerate() {
            let Some(rule) = rule_of(line) else { continue };
            let bad = || IgnoreError::Pattern { line: at + 1, pattern: line.trim().to_owned() };
            patterns.push(Pattern::new(&rule).ok_or_else(bad)?);
            if patterns.len() > MAX_RULES {
                return Err(IgnoreError::TooLarge);
            }
        }
        let has_negation = patterns.iter().any(Pattern::is_negation);
        patterns.extend(Self::default().patterns);
        Ok(Self { patterns, has_negation, without_os_junk: false })
    }

    /// The same rules, and what operating systems leave behind (`.DS_Store`, `Thumbs.db` …) is
    /// ignored too, at any depth and in any case. `kit` 1.15 does not, later versions do.
    #[must_use]
    pub fn without_os_junk(mut self) -> Self {
        self.without_os_junk = true;
        self
    }

    /// Whether the file or folder at `path` (relative to the kit's folder) is ignored.
    pub fn matches(&self, path: &str) -> bool {
        let path = path::clean(path.trim());
        if self.without_os_junk && path.split('/').any(is_os_junk) {
            return true;
        }
        let parents: Vec<&str> = path.match_indices('/').map(|(at, _)| &path[..at]).collect();
        let mut ignored = false;
        for pattern in &self.patterns {
            if pattern.is_negation() != ignored {
                continue;
            }
            if pattern.matches(&path) || parents.iter().any(|parent| pattern.matches(parent)) {
                ignored = !pattern.is_negation();
            }
        }
        ignored
    }

    /// Whether nothing below the folder at `path` can be part of the kit, so that it needs no
    /// walk: it is ignored, and no negation can bring something back.
    pub fn may_skip_dir(&self, path: &str) -> bool {
        !self.has_negation && self.matches(path)
    }
}

fn is_os_junk(name: &str) -> bool {
    OS_JUNK.iter().any(|junk| junk.eq_ignore_ascii_case(name))
}

/// The pattern of a line, cleaned, its leading `!` kept; none for a comment or an empty line.
fn rule_of(line: &str) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let line = line.trim();
    if line.is_empty() {
        return None;
    }
    let (negation, rest) = match line.strip_prefix('!') {
        Some(rest) => ("!", rest.trim()),
        None => ("", line),
    };
    if rest.is_empty() {
        return Some(negation.to_owned());
    }
    let cleaned = path::clean(rest);
    let relative = cleaned.strip_prefix('/').filter(|rest| !rest.is_empty()).unwrap_or(&cleaned);
    // Cleaning can bare white space at the end, and it is removed once more.
    let rule = format!("{negation}{relative}");
    let rule = rule.trim();
    (!rule.is_empty()).then(|| path::clean(rule))
}

//! What is wrong with a Kitfile, and where.

use std::fmt;

use sealkit_report::{Code, Exceeded, Hint};

use crate::Violation;

/// Why a Kitfile can not be used.
#[derive(Debug, thiserror::Error)]
pub enum KitfileError {
    /// The text is not YAML.
    #[error("{place}: {problem}\n{}", place.excerpt())]
    Syntax {
        /// Where reading stopped.
        place: Place,
        /// What the YAML parser says.
        problem: String,
    },
    /// The text has nothing in it.
    #[error("{origin}: the Kitfile is empty")]
    Empty {
        /// The file.
        origin: String,
    },
    /// The text costs more than a Kitfile may.
    #[error("{origin}: {source}")]
    Limit {
        /// The file.
        origin: String,
        /// The limit.
        source: Exceeded,
    },
    /// The YAML is not a Kitfile: every problem, in the order of the text.
    #[error("{}", lines(problems))]
    Content {
        /// What is wrong, never empty.
        problems: Vec<Problem>,
    },
    /// The Kitfile breaks rules of the format: every one, sorted by its line.
    #[error("errors while validating Kitfile: \n{}", bullets(violations))]
    Invalid {
        /// The broken rules, never empty.
        violations: Vec<Violation>,
    },
    /// The config of a kit is not the JSON of a Kitfile.
    #[error("the config is not a Kitfile: {source}")]
    Json {
        /// What is wrong with the JSON, with line and column.
        #[from]
        source: serde_json::Error,
    },
}

/// A place in the text of a Kitfile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as the user named it.
    pub origin: String,
    /// Line, from one.
    pub line: usize,
    /// Column in characters, from one.
    pub column: usize,
    /// Length in characters of what is wrong, at least one, on this line alone.
    pub width: usize,
    /// The whole line.
    pub text: String,
}

/// Longest part of a line that is shown, in characters.
const MAX_SHOWN: usize = 120;

impl Place {
    /// The line with a row of carets under what is wrong.
    pub fn excerpt(&self) -> String {
        let number = self.line.to_string();
        let blank = " ".repeat(number.len());
        let shown: String = self.text.chars().take(MAX_SHOWN).map(visible).collect();
        let room = MAX_SHOWN.saturating_sub(self.column - 1).max(1);
        let indent = " ".repeat((self.column - 1).min(MAX_SHOWN));
        let carets = "^".repeat(self.width.clamp(1, room));
        format!("  {number} | {shown}\n  {blank} | {indent}{carets}")
    }
}

/// Tabs and control characters would move the carets or the terminal.
fn visible(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.origin, self.line, self.column)
    }
}

/// One thing that is wrong with the content of a Kitfile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {kind}\n{}", place.excerpt())]
pub struct Problem {
    /// Where it is.
    pub place: Place,
    /// What it is.
    pub kind: ProblemKind,
}

/// What can be wrong with the content of a Kitfile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProblemKind {
    /// The key means nothing here.
    #[error("unknown key `{key}` in {section}{}", nearest.map(|key| format!("; did you mean `{key}`?")).unwrap_or_default())]
    UnknownKey {
        /// The key.
        key: String,
        /// What it stands in: `the Kitfile`, `package`, `model.parts[0]` …
        section: String,
        /// The nearest key that would be valid.
        nearest: Option<&'static str>,
    },
    /// The key stands twice in one mapping.
    #[error("key `{key}` is already set on line {first_line}")]
    DuplicateKey {
        /// The key.
        key: String,
        /// Where it stands first.
        first_line: usize,
    },
    /// The value is of another kind.
    #[error("`{field}` must be {expected}, but is {found}")]
    Type {
        /// The field.
        field: String,
        /// What it must be: `a string`, `a list`, `a mapping`.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// The number has no JSON form.
    #[error(
        "`{value}` in `{field}` can not be stored: the config is JSON, which has no such number"
    )]
    Number {
        /// The field.
        field: String,
        /// The value as it is written.
        value: String,
    },
    /// The key of a mapping under `parameters` is no string.
    #[error("a key in `{field}` must be a string, but is {found}")]
    Key {
        /// The field.
        field: String,
        /// What it is.
        found: &'static str,
    },
    /// The value does not fit its explicit tag.
    #[error("`{value}` is not a valid `{tag}`")]
    Tag {
        /// The value.
        value: String,
        /// The tag.
        tag: String,
    },
    /// `<<` has no mapping as its value.
    #[error("`<<` needs a mapping or a list of mappings")]
    Merge,
    /// The alias names an anchor inside of which it stands.
    #[error("the alias stands inside its own anchor")]
    Cycle,
}

impl KitfileError {
    fn nearest(&self) -> Option<(&str, &'static str)> {
        let Self::Content { problems } = self else { return None };
        problems.iter().find_map(|problem| match &problem.kind {
            ProblemKind::UnknownKey { key, nearest, .. } => Some((key.as_str(), (*nearest)?)),
            _ => None,
        })
    }
}

impl Hint for KitfileError {
    fn code(&self) -> Code {
        match self {
            Self::Syntax { .. } => "kitfile-syntax",
            Self::Empty { .. } => "kitfile-empty",
            Self::Limit { .. } => "kitfile-limit",
            Self::Content { .. } => "kitfile-content",
            Self::Invalid { .. } => "kitfile-invalid",
            Self::Json { .. } => "config-invalid",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Syntax { .. } => Some("check the indentation and the quotes of this line".into()),
            Self::Empty { .. } => Some("run `sealkit init` to generate a Kitfile".into()),
            Self::Limit { .. } => Some("move large data out of `parameters` into a file".into()),
            Self::Content { .. } => {
                self.nearest().map(|(key, nearest)| format!("replace `{key}` by `{nearest}`"))
            }
            Self::Invalid { .. } => Some("change these entries of the Kitfile".into()),
            Self::Json { .. } => None,
        }
    }
}

fn lines(problems: &[Problem]) -> String {
    let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
    all.join("\n")
}

fn bullets(violations: &[Violation]) -> String {
    let all: Vec<String> = violations.iter().map(|one| format!("  * {one}")).collect();
    all.join("\n")
}

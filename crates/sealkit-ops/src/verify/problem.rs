//! What is wrong with a document: its name, a stable code for scripts, and words for people.

use sealkit_report::{Code, Hint, Step};

/// One document and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// The document, as people know it.
    pub(super) name: String,
    /// Stable name of the cause.
    pub(super) code: Code,
    /// What is wrong, for people.
    pub(super) reason: String,
}

impl Problem {
    /// A problem of a kind that has no error of its own.
    pub(super) fn new(name: impl Into<String>, code: Code, reason: impl Into<String>) -> Self {
        Self { name: name.into(), code, reason: reason.into() }
    }

    /// The problem that an error tells.
    pub(super) fn of(name: impl Into<String>, error: &impl Hint) -> Self {
        Self::new(name, error.code(), error.to_string())
    }
}

/// A step made by `make` (that it failed, or is not known) about all of `problems`.
pub(super) fn step(problems: &[Problem], make: impl FnOnce(String) -> Step) -> Step {
    let texts: Vec<String> =
        problems.iter().map(|one| format!("{}: {}", one.name, one.reason)).collect();
    make(texts.join("; "))
        .coded(problems.iter().map(|one| one.code))
        .about(problems.iter().map(|one| one.name.clone()))
}

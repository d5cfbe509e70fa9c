//! Errors, rendered once: what, why, and what to do next.

use std::error::Error;
use std::fmt::Write as _;

use sealkit_report::{Code, Hint};

use super::escape;
use crate::app::Exit;

/// Something that could not be done, ready to be shown.
#[derive(Debug)]
pub(crate) struct Failure {
    what: String,
    causes: Vec<String>,
    hint: Option<String>,
    code: Code,
    exit: Option<Exit>,
}

impl Failure {
    /// A failure in the binary itself: bad arguments, a file that can not be written.
    pub(crate) fn new(code: Code, what: impl Into<String>) -> Self {
        Self { what: what.into(), causes: Vec::new(), hint: None, code, exit: None }
    }

    /// The same failure with the next command to run.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same failure with its cause.
    #[must_use]
    pub(crate) fn caused_by(mut self, cause: &dyn Error) -> Self {
        self.causes = chain_behind(&self.what, cause);
        self
    }

    /// The same failure with an exit code of its own, where the command's usual one would mislead.
    #[must_use]
    pub(crate) fn exits(mut self, exit: Exit) -> Self {
        self.exit = Some(exit);
        self
    }

    /// Stable name of the cause.
    pub(super) fn code(&self) -> Code {
        self.code
    }

    /// The exit code of its own, where it has one.
    pub(crate) fn exit(&self) -> Option<Exit> {
        self.exit
    }

    /// `error: …`, each cause on its own line, a blank line, `hint: …`.
    pub(super) fn render(&self, error: &str, hint: &str) -> String {
        let mut text = format!("{error} {}", escape_lines(&self.what));
        for cause in &self.causes {
            let _ = write!(text, "\n  caused by: {}", escape_lines(cause));
        }
        if let Some(next) = &self.hint {
            let _ = write!(text, "\n\n{hint} {}", escape_lines(next));
        }
        text
    }

    /// One line with `kit`'s prefix and capital letter; the causes follow after colons.
    pub(super) fn render_as_kit(&self) -> String {
        let mut line = capitalised(&self.what);
        for cause in &self.causes {
            let _ = write!(line, ": {cause}");
        }
        format!("[ERROR] {}", escape_lines(&line))
    }
}

impl<E: Hint + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        let what = error.to_string();
        let causes = error.source().map(|source| chain_behind(&what, source)).unwrap_or_default();
        Self { what, causes, hint: error.hint(), code: error.code(), exit: None }
    }
}

/// The messages of an error and its sources, behind what was said; one that says nothing new is left out.
fn chain_behind(said: &str, error: &dyn Error) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let message = error.to_string();
        if !messages.last().map_or(said, String::as_str).ends_with(&message) {
            messages.push(message);
        }
        next = error.source();
    }
    messages
}

/// Messages may have several lines (a Kitfile's source line with its caret); each is made harmless.
fn escape_lines(text: &str) -> String {
    text.split('\n').map(escape).collect::<Vec<_>>().join("\n")
}

/// With a capital letter where the text begins with a word; a path or a host stays as it is written.
fn capitalised(text: &str) -> String {
    let first = text.split(' ').next().unwrap_or_default();
    if !first.bytes().all(|c| c.is_ascii_lowercase()) {
        return text.to_owned();
    }
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure() -> Failure {
        let cause = std::io::Error::other("disk is gone");
        Failure::new("io", "could not read `a\u{1b}b`").caused_by(&cause).hint("run `sealkit fsck`")
    }

    #[test]
    fn a_failure_says_what_why_and_what_next() {
        let text = failure().render("error:", "hint:");
        let expected = "error: could not read `a\\u{1b}b`\n  caused by: disk is gone\n\nhint: run `sealkit fsck`";
        assert_eq!(text, expected);
    }

    #[test]
    fn as_kit_a_path_or_a_host_keeps_its_letters() {
        for text in ["data/Kitfile: it is empty", "localhost:5000 does not answer", "`a` is odd"] {
            assert_eq!(Failure::new("x", text).render_as_kit(), format!("[ERROR] {text}"));
        }
    }

    #[test]
    fn a_cause_that_the_error_repeats_already_is_not_said_again() {
        let cause = std::io::Error::other("disk is gone");
        let failure = Failure::new("io", "could not read `a`: disk is gone").caused_by(&cause);
        assert_eq!(failure.render("error:", "hint:"), "error: could not read `a`: disk is gone");
    }

    #[test]
    fn as_kit_it_is_one_line() {
        let expected = "[ERROR] Could not read `a\\u{1b}b`: disk is gone";
        assert_eq!(failure().render_as_kit(), expected);
    }
}

//! What came of one check.

use sealkit_oci::Digest;
use sealkit_report::{Outcome, Step};

/// Most things that a step names.
const MAX_NAMED: usize = 100;
/// Most things that a reason repeats.
const SHOWN: usize = 5;

/// What came of one check, before it has a rule's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    outcome: Outcome,
    /// The stable name of the cause; none where it holds.
    code: Option<String>,
    reason: String,
    evidence: Option<Digest>,
    subjects: Vec<String>,
}

impl Answer {
    /// It holds.
    pub(super) fn holds(reason: impl Into<String>) -> Self {
        Self::new(Outcome::Pass, None, reason.into())
    }

    /// It does not hold; `code` is stable.
    pub(super) fn fails(code: &str, reason: impl std::fmt::Display) -> Self {
        Self::new(Outcome::Fail, Some(code), format!("{code}: {reason}"))
    }

    /// The evidence is missing.
    pub(super) fn missing(reason: impl std::fmt::Display) -> Self {
        let code = "missing-evidence";
        Self::new(Outcome::Unknown, Some(code), format!("{code}: {reason}"))
    }

    /// Whether it holds.
    pub(super) fn is_pass(&self) -> bool {
        self.outcome == Outcome::Pass
    }

    /// The same with what proves it.
    #[must_use]
    pub(super) fn by(mut self, evidence: &Digest) -> Self {
        self.evidence = Some(evidence.clone());
        self
    }

    /// The same about these things.
    #[must_use]
    pub(super) fn about(mut self, subjects: impl IntoIterator<Item = String>) -> Self {
        self.subjects = subjects.into_iter().take(MAX_NAMED).collect();
        self
    }

    /// The same with more of a reason, where there is more to say.
    #[must_use]
    pub(super) fn with_note(mut self, note: Option<String>) -> Self {
        if let Some(note) = note {
            self.reason = format!("{}; {note}", self.reason);
        }
        self
    }

    pub(super) fn into_step(self, id: &str, title: String) -> Step {
        let Self { outcome, code, reason, evidence, subjects } = self;
        let step = match outcome {
            Outcome::Pass => Step::pass(id, title).because(reason),
            Outcome::Fail => Step::fail(id, title, reason),
            Outcome::Unknown => Step::unknown(id, title, reason),
            Outcome::Skip => Step::skip(id, title, reason),
        };
        let step = step.coded(code).about(subjects);
        match evidence {
            Some(evidence) => step.proven_by(evidence),
            None => step,
        }
    }

    fn new(outcome: Outcome, code: Option<&str>, reason: String) -> Self {
        let code = code.map(str::to_owned);
        Self { outcome, code, reason, evidence: None, subjects: Vec::new() }
    }
}

/// The first of several things in a sentence, and how many more there are.
pub(super) fn listed(all: &[String]) -> String {
    let shown: Vec<&str> = all.iter().take(SHOWN).map(String::as_str).collect();
    let more = all.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

/// Text of a stranger as a reason repeats it.
pub(super) fn quoted(text: &str) -> String {
    format!("`{}`", crate::yaml::shown(text))
}

//! Verification as data: every step with its outcome and reason, never just the first failure.

use schemars::JsonSchema;
use sealkit_oci::Digest;
use serde::{Deserialize, Serialize};

/// What came of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was checked and is as it should be.
    Pass,
    /// It was checked and is not as it should be.
    Fail,
    /// It could not be checked: the evidence is missing, unreadable or not trusted.
    Unknown,
    /// It does not apply here, so nothing depends on it.
    Skip,
}

/// One thing that was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Stable name for scripts: lower-case words joined by `-`, e.g. `blob-digests`.
    pub id: String,
    /// What was checked, for people.
    pub title: String,
    /// What came of it.
    pub outcome: Outcome,
    /// Why: never empty unless the step passed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Stable names of the causes, each once, e.g. `digest-mismatch`; for scripts, beside `reason`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<String>,
    /// Digest of the thing that proves it: a statement, a blob, a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Digest>,
    /// The files, layers or statements that the reason speaks of, one each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<String>,
}

impl Step {
    /// A step that passed.
    pub fn pass(id: &str, title: impl Into<String>) -> Self {
        Self::new(id, title, Outcome::Pass, String::new())
    }

    /// A step that failed, and why.
    pub fn fail(id: &str, title: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::new(id, title, Outcome::Fail, reason.into())
    }

    /// A step that could not be checked, and why.
    pub fn unknown(id: &str, title: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::new(id, title, Outcome::Unknown, reason.into())
    }

    /// A step that does not apply, and why.
    pub fn skip(id: &str, title: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::new(id, title, Outcome::Skip, reason.into())
    }

    /// The same step with the reason given.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = reason.into();
        self
    }

    /// The same step with the stable names of its causes; each is kept once.
    #[must_use]
    pub fn coded<C: AsRef<str>>(mut self, codes: impl IntoIterator<Item = C>) -> Self {
        for code in codes {
            let code = code.as_ref();
            if !code.is_empty() && self.codes.iter().all(|known| known != code) {
                self.codes.push(code.to_owned());
            }
        }
        self
    }

    /// The same step with the digest of what proves it.
    #[must_use]
    pub fn proven_by(mut self, evidence: Digest) -> Self {
        self.evidence = Some(evidence);
        self
    }

    /// The same step about these files, layers or statements.
    #[must_use]
    pub fn about(mut self, subjects: impl IntoIterator<Item = String>) -> Self {
        self.subjects = subjects.into_iter().collect();
        self
    }

    fn new(id: &str, title: impl Into<String>, outcome: Outcome, reason: String) -> Self {
        let (id, title) = (id.to_owned(), title.into());
        let (codes, subjects) = (Vec::new(), Vec::new());
        Self { id, title, outcome, reason, codes, evidence: None, subjects }
    }
}

/// The answer that steps add up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Everything that applies was checked and passed.
    Yes,
    /// Something failed.
    No,
    /// Nothing failed, but something could not be checked.
    Unknown,
}

/// Steps in the order in which they were taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The steps.
    pub steps: Vec<Step>,
}

impl Report {
    /// Adds a step.
    pub fn push(&mut self, step: Step) {
        self.steps.push(step);
    }

    /// The answer. A report without a passed step answers [`Verdict::Unknown`]: missing evidence
    /// can only deny.
    pub fn verdict(&self) -> Verdict {
        let any = |outcome| self.steps.iter().any(|step| step.outcome == outcome);
        if any(Outcome::Fail) {
            Verdict::No
        } else if any(Outcome::Unknown) || !any(Outcome::Pass) {
            Verdict::Unknown
        } else {
            Verdict::Yes
        }
    }

    /// The steps that failed.
    pub fn failures(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.outcome == Outcome::Fail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(steps: &[Step]) -> Verdict {
        Report { steps: steps.to_vec() }.verdict()
    }

    #[test]
    fn a_verdict_is_never_better_than_its_worst_step() {
        let pass = Step::pass("a", "a");
        let fail = Step::fail("b", "b", "broken");
        let unknown = Step::unknown("c", "c", "missing");
        let skip = Step::skip("d", "d", "does not apply");
        assert_eq!(verdict(&[pass.clone(), skip.clone()]), Verdict::Yes);
        assert_eq!(verdict(&[pass.clone(), unknown.clone()]), Verdict::Unknown);
        assert_eq!(verdict(&[unknown, fail, pass]), Verdict::No);
    }

    #[test]
    fn nothing_checked_is_no_yes() {
        assert_eq!(verdict(&[]), Verdict::Unknown);
        assert_eq!(verdict(&[Step::skip("a", "a", "why")]), Verdict::Unknown);
    }

    #[test]
    fn a_code_is_named_once_and_an_empty_one_never() {
        let step = Step::fail("a", "a", "b").coded(["x", "", "y"]).coded(["x"]);
        assert_eq!(step.codes, ["x", "y"]);
        let json = serde_json::to_value(&step).unwrap();
        assert_eq!(json["codes"], serde_json::json!(["x", "y"]));
        let plain = serde_json::to_value(Step::pass("a", "a")).unwrap();
        assert!(plain.get("codes").is_none(), "{plain}");
    }

    #[test]
    fn a_step_reads_back_from_json() {
        let step = Step::fail("blob-digests", "blobs", "one byte differs")
            .proven_by(Digest::of(b""))
            .coded(["digest-mismatch"])
            .about(["a/b.bin".to_owned()]);
        let json = serde_json::to_string(&step).unwrap();
        assert_eq!(serde_json::from_str::<Step>(&json).unwrap(), step);
    }
}

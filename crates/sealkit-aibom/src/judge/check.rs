//! One thing that is checked, with everything that was found about it.

use sealkit_report::{Report, Step, counted};

/// Most remarks of one outcome that a step names; the others are counted.
const MAX_REMARKS: usize = 100;
/// Longest text of a document that a reason repeats, in characters.
const MAX_SHOWN: usize = 120;

/// Remarks of one outcome.
#[derive(Default)]
struct Remarks {
    all: Vec<(String, String)>,
    more: u64,
}

impl Remarks {
    fn push(&mut self, subject: String, text: String) {
        if self.all.len() < MAX_REMARKS {
            // `; ` parts the remarks of a reason, and nothing inside one.
            self.all.push((subject, text.replace("; ", ", ")));
        } else {
            self.more += 1;
        }
    }

    fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    fn reason(&self) -> String {
        let mut texts: Vec<String> = self.all.iter().map(|remark| remark.1.clone()).collect();
        if self.more > 0 {
            texts.push(format!("and {} more", self.more));
        }
        texts.join("; ")
    }

    fn subjects(self) -> impl Iterator<Item = String> {
        self.all.into_iter().map(|remark| remark.0)
    }
}

/// One thing that is checked. It becomes one step for each outcome that it has, all of one id:
/// what failed and what could not be told stay apart.
pub(super) struct Check {
    id: &'static str,
    title: &'static str,
    held: u64,
    fails: Remarks,
    unknowns: Remarks,
    skips: Remarks,
}

impl Check {
    pub(super) fn new(id: &'static str, title: &'static str) -> Self {
        let none = Remarks::default;
        Self { id, title, held: 0, fails: none(), unknowns: none(), skips: none() }
    }

    /// Something is as it should be.
    pub(super) fn pass(&mut self) {
        self.held += 1;
    }

    /// Something is not as it should be.
    pub(super) fn fail(&mut self, subject: impl Into<String>, text: impl Into<String>) {
        self.fails.push(subject.into(), text.into());
    }

    /// Something cannot be told.
    pub(super) fn unknown(&mut self, subject: impl Into<String>, text: impl Into<String>) {
        self.unknowns.push(subject.into(), text.into());
    }

    /// Something that nothing depends on.
    pub(super) fn skip(&mut self, subject: impl Into<String>, text: impl Into<String>) {
        self.skips.push(subject.into(), text.into());
    }

    /// Fails, or cannot be told where that is all that may be said of a stranger's document.
    pub(super) fn deny(&mut self, is_fail: bool, subject: String, text: String) {
        if is_fail {
            self.fails.push(subject, text);
        } else {
            self.unknowns.push(subject, text);
        }
    }

    /// Adds the steps to a report: what failed, what is open, what held, what does not apply. `one` is the word for
    /// one of what was held.
    pub(super) fn report(self, report: &mut Report, one: &str, nothing: &str) {
        let Self { id, title, held, fails, unknowns, skips } = self;
        let is_clean = fails.is_empty() && unknowns.is_empty();
        let is_silent = is_clean && held == 0 && skips.is_empty();
        if !fails.is_empty() {
            report.push(Step::fail(id, title, fails.reason()).about(fails.subjects()));
        }
        if !unknowns.is_empty() {
            report.push(Step::unknown(id, title, unknowns.reason()).about(unknowns.subjects()));
        }
        if is_clean && held > 0 {
            report.push(Step::pass(id, title).because(counted(held, one)));
        }
        if is_silent {
            report.push(Step::skip(id, title, nothing));
        } else if !skips.is_empty() {
            report.push(Step::skip(id, title, skips.reason()).about(skips.subjects()));
        }
    }
}

/// A text of a document as a reason repeats it: one line, not too long.
pub(super) fn shown(text: &str) -> String {
    let flat = |c: char| if c.is_control() { ' ' } else { c };
    let mut out: String = text.chars().take(MAX_SHOWN).map(flat).collect();
    if text.chars().nth(MAX_SHOWN).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use sealkit_report::Outcome;

    use super::*;

    fn steps(fill: impl FnOnce(&mut Check)) -> Vec<Step> {
        let mut check = Check::new("c", "things");
        fill(&mut check);
        let mut report = Report::default();
        check.report(&mut report, "thing", "there are none");
        report.steps
    }

    #[test]
    fn outcomes_stay_apart() {
        let steps = steps(|check| {
            check.pass();
            check.fail("a", "`a` is wrong");
            check.unknown("b", "`b` is open");
        });
        let outcomes: Vec<_> = steps.iter().map(|step| step.outcome).collect();
        assert_eq!(outcomes, [Outcome::Fail, Outcome::Unknown]);
        assert_eq!((steps[0].reason.as_str(), steps[0].subjects.len()), ("`a` is wrong", 1));
    }

    #[test]
    fn nothing_checked_does_not_pass() {
        assert_eq!(steps(|_| ())[0].outcome, Outcome::Skip);
        assert_eq!(steps(Check::pass)[0].reason, "1 thing");
    }

    #[test]
    fn many_remarks_are_counted_and_stay_apart() {
        let steps = steps(|check| {
            for at in 0..250 {
                check.fail(format!("f{at}"), "a; b");
            }
        });
        assert_eq!(steps[0].subjects.len(), 100);
        let pieces: Vec<_> = steps[0].reason.split("; ").collect();
        assert_eq!((pieces.len(), pieces[0], pieces[100]), (101, "a, b", "and 150 more"));
    }

    #[test]
    fn long_texts_are_cut_at_a_character() {
        assert_eq!(shown("a\nb"), "a b");
        assert_eq!(shown(&"é".repeat(500)).chars().count(), 121);
    }
}

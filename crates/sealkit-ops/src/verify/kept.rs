//! Every statement that was verified, kept for whoever judges further, within a bound.

use sealkit_attest::VerifiedStatement;
use sealkit_report::{Report, Step};

/// Most bytes of statements that are kept.
const MAX_BYTES: usize = 64 << 20;

const TITLE: &str = "every verified statement is at hand";

/// Verified statements; how many were not kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    all: Vec<VerifiedStatement>,
    bytes: usize,
    dropped: usize,
}

impl Kept {
    /// Keeps a statement, where there is room.
    pub(super) fn push(&mut self, verified: &VerifiedStatement) {
        let size = verified.value().payload().len();
        match self.bytes.checked_add(size).filter(|sum| *sum <= MAX_BYTES) {
            Some(sum) => {
                self.bytes = sum;
                self.all.push(verified.clone());
            }
            None => self.dropped += 1,
        }
    }

    /// The statements. What was not kept might have spoken against the kit: that is said.
    pub(super) fn take(&mut self, report: &mut Report) -> Vec<VerifiedStatement> {
        if self.dropped > 0 {
            let reason = format!("{} are more than {MAX_BYTES} bytes together", self.dropped);
            report.push(Step::unknown("statements-kept", TITLE, reason).coded(["limit-exceeded"]));
        }
        std::mem::take(&mut self.all)
    }
}

//! Whether verified statements, the AIBOM and the files of a kit say the same: one version name has
//! one content, what a run is said to have used and made is what the kit holds, and times run forward.
//! A contradiction fails; what one document names and another does not is told, and left to policy.

mod agree;
mod contents;
mod gaps;
mod things;
mod times;

#[cfg(test)]
mod tests;

use sealkit_aibom::Bom;
use sealkit_attest::VerifiedStatement;
use sealkit_oci::FileTable;
use sealkit_report::Step;

/// Contradictions that a reason repeats.
const SHOWN: usize = 5;

/// What is held against each other.
pub(super) struct Said<'a> {
    /// Verified statements about the kit.
    pub(super) statements: &'a [VerifiedStatement],
    /// The AIBOM that was accepted.
    pub(super) bom: Option<&'a Bom>,
    /// The file table, where a trusted seal names it.
    pub(super) table: Option<&'a FileTable>,
    /// The time, in unix seconds.
    pub(super) now: i64,
}

/// The steps: nothing but skipped ones where there is nothing to compare.
pub(super) fn steps(said: &Said<'_>) -> Vec<Step> {
    let things = things::of(said);
    vec![agree::step(&things), contents::step(said), times::step(said), gaps::step(said, &things)]
}

/// A step from the contradictions that were found among `compared` comparisons.
fn judged(
    (id, code): (&str, &str),
    title: &str,
    compared: usize,
    found: Vec<Contradiction>,
) -> Step {
    if found.is_empty() {
        return if compared == 0 {
            Step::skip(id, title, "nothing to compare")
        } else {
            Step::pass(id, title).because(format!("{compared} compared"))
        };
    }
    let mut reasons: Vec<&str> = found.iter().take(SHOWN).map(|one| one.reason.as_str()).collect();
    let more = format!("and {} more", found.len().saturating_sub(SHOWN));
    if found.len() > SHOWN {
        reasons.push(&more);
    }
    let step = Step::fail(id, title, reasons.join("; ")).coded([code]);
    let evidence = found.first().map(|one| one.evidence.clone());
    let step = step.about(found.into_iter().map(|one| one.about));
    match evidence {
        Some(evidence) => step.proven_by(evidence),
        None => step,
    }
}

/// Two documents that can not both be true.
struct Contradiction {
    /// What it is about: a file, a dataset, a statement.
    about: String,
    reason: String,
    /// Digest of the bundle of one of them.
    evidence: sealkit_oci::Digest,
}

//! Whether somebody who may do so said that the kit must not be used.

use sealkit_attest::{Advisory, AdvisoryState, AttestError, Bundle, Role, VerifiedStatement};
use sealkit_attest::{Predicate as _, Verified};
use sealkit_report::Step;

const ID: &str = "not-revoked";
const TITLE: &str = "nobody who may has revoked it";

/// Whether signers of this role may revoke: one's own key, signers of kits, and those who are trusted for
/// just this. A key of a build or test job can not stop others from using a kit.
pub(crate) fn may_revoke(role: &Role) -> bool {
    matches!(role, Role::Own | Role::Signer) || role.name() == Role::REVOKER
}

/// The step about advisories; none where there is no advisory at all. `strange` counts those that nobody
/// trusted has signed: they change nothing, and are named.
pub(super) fn step(statements: &[VerifiedStatement], strange: usize) -> Option<Step> {
    let all = advisories(statements);
    if all.is_empty() && strange == 0 {
        return None;
    }
    let (counted, others): (Vec<_>, Vec<_>) =
        all.iter().partition(|one| may_revoke(one.signer().role()));
    let holding = holding(&counted);
    if let Some(first) = holding.first() {
        let reasons: Vec<String> = holding.iter().map(|one| sentence(one)).collect();
        let step = Step::fail(ID, TITLE, reasons.join("; ")).coded(["revoked"]);
        return Some(step.proven_by(first.evidence().clone()));
    }
    let mut reasons = Vec::new();
    if !counted.is_empty() {
        reasons.push("what was said is withdrawn".to_owned());
    }
    for one in others {
        let (name, role) = (AttestError::quote(one.signer().name()), one.signer().role());
        reasons.push(format!(
            "an advisory by `{name}`, whose role `{role}` may not revoke, does not count"
        ));
    }
    if strange > 0 {
        reasons.push(format!("{strange} by nobody you trust, which do not count"));
    }
    Some(Step::skip(ID, TITLE, reasons.join("; ")))
}

/// Why nobody may use what `statements` are about: the advisories that hold, as sentences.
pub(crate) fn reasons(statements: &[VerifiedStatement]) -> Vec<String> {
    let all = advisories(statements);
    let counted: Vec<_> = all.iter().filter(|one| may_revoke(one.signer().role())).collect();
    holding(&counted).into_iter().map(sentence).collect()
}

/// Those among the advisories of signers who may revoke that were not taken back.
fn holding<'a>(counted: &[&'a Verified<Advisory>]) -> Vec<&'a Verified<Advisory>> {
    counted.iter().copied().filter(|one| holds(one, counted)).collect()
}

/// Every verified advisory.
pub(crate) fn advisories(statements: &[VerifiedStatement]) -> Vec<Verified<Advisory>> {
    let is_one = |said: &&VerifiedStatement| Advisory::matches(said.value().predicate_type());
    // One that can not be read was reported as wrong when it was verified.
    statements.iter().filter(is_one).filter_map(|said| said.predicate().ok()).collect()
}

/// Whether it says that the kit is affected, and its signer did not take that back later.
pub(crate) fn holds(one: &Verified<Advisory>, all: &[&Verified<Advisory>]) -> bool {
    let said = one.value();
    let takes_back = |other: &&&Verified<Advisory>| {
        let later = other.value();
        later.state == AdvisoryState::Withdrawn
            && later.id == said.id
            && other.signer().id() == one.signer().id()
            && later.issued_on.is_after(&said.issued_on)
    };
    said.state == AdvisoryState::Affected && !all.iter().any(|other| takes_back(&other))
}

fn sentence(one: &Verified<Advisory>) -> String {
    let said = one.value();
    let severity = said.severity.map(|severity| format!(", {}", severity.name()));
    format!(
        "revoked by `{}` on {}{}: {}",
        AttestError::quote(one.signer().name()),
        said.issued_on.as_str(),
        severity.unwrap_or_default(),
        AttestError::quote(&said.reason)
    )
}

/// Whether a bundle claims to hold an advisory, whoever signed it.
pub(super) fn is_advisory(bytes: &[u8]) -> bool {
    let statement = Bundle::parse(bytes.to_vec()).and_then(|bundle| bundle.statement());
    statement.is_ok_and(|statement| Advisory::matches(statement.predicate_type()))
}

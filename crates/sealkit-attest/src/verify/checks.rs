//! The checks of one bundle, each with its outcome.

use sealkit_oci::Digest;
use sealkit_report::{Code, Hint as _, Outcome, Report, Step};

use super::{Verified, VerifiedStatement, Verifier, VouchedIdentity, logged, signed_by, step};
use crate::{AttestError, Bundle, Content, Envelope, IN_TOTO_PAYLOAD, Statement};

/// One check: the step to show, and the typed cause where it did not pass.
#[derive(Debug)]
pub struct Check {
    /// The step.
    pub step: Step,
    /// Why it did not pass; none where it passed or did not apply.
    pub error: Option<AttestError>,
}

impl Check {
    /// The stable name of the cause.
    pub fn code(&self) -> Option<Code> {
        self.error.as_ref().map(sealkit_report::Hint::code)
    }
}

/// Every check of one bundle.
#[derive(Debug)]
pub struct Verification {
    /// The checks, in the order of [`step`].
    pub checks: Vec<Check>,
    pub(super) verified: Option<VerifiedStatement>,
    pub(super) identity: Option<VouchedIdentity>,
}

impl Verification {
    /// The checks as a report.
    pub fn report(&self) -> Report {
        Report { steps: self.checks.iter().map(|check| check.step.clone()).collect() }
    }

    /// The verified statement: there is one only where every check that applies has passed.
    pub fn verified(&self) -> Option<&VerifiedStatement> {
        self.verified.as_ref()
    }

    /// Whom a trusted Sigstore instance vouched for, whether they are trusted or not: so that an
    /// untrusted signer can be named.
    pub fn identity(&self) -> Option<&VouchedIdentity> {
        self.identity.as_ref()
    }

    /// The check of step `id`.
    pub fn find(&self, id: &str) -> Option<&Check> {
        self.checks.iter().find(|check| check.step.id == id)
    }

    /// The verified statement, or the first failure, or the first thing that was not checked.
    pub fn into_result(mut self) -> Result<VerifiedStatement, AttestError> {
        if let Some(verified) = self.verified {
            return Ok(verified);
        }
        let at = |outcome| self.checks.iter().position(|check| check.step.outcome == outcome);
        let first = at(Outcome::Fail).or_else(|| at(Outcome::Unknown));
        let error = first.and_then(|at| self.checks.swap_remove(at).error);
        Err(error.unwrap_or(AttestError::NotChecked { needs: "a bundle" }))
    }
}

/// The checks that were made so far.
pub(super) struct Run {
    checks: Vec<Check>,
    evidence: Digest,
}

impl Run {
    /// Records the outcome of a check and gives its value where it passed.
    pub(super) fn record<T>(
        &mut self,
        id: &str,
        title: &str,
        result: Result<T, AttestError>,
    ) -> Option<T> {
        let (check, value) = judged(id, title, &self.evidence, result);
        self.checks.push(check);
        value
    }

    /// Says more of the check that was recorded last.
    pub(super) fn explain(&mut self, reason: String) {
        if let Some(check) = self.checks.last_mut() {
            check.step.reason = reason;
        }
    }

    /// Says more of the check of step `id`.
    pub(super) fn explain_step(&mut self, id: &str, reason: String) {
        if let Some(check) = self.checks.iter_mut().find(|check| check.step.id == id) {
            check.step.reason = reason;
        }
    }

    pub(super) fn skip(&mut self, id: &str, title: &str, reason: &str) {
        self.checks.push(Check { step: Step::skip(id, title, reason), error: None });
    }

    fn passed(&self) -> bool {
        let good = |check: &Check| matches!(check.step.outcome, Outcome::Pass | Outcome::Skip);
        self.checks.iter().all(good)
    }
}

/// The check `id` with its outcome, and its value where it passed.
pub(super) fn judged<T>(
    id: &str,
    title: &str,
    evidence: &Digest,
    result: Result<T, AttestError>,
) -> (Check, Option<T>) {
    let (step, error, value) = match result {
        Ok(value) => (Step::pass(id, title), None, Some(value)),
        Err(error) => {
            let reason = match error.hint() {
                Some(hint) => format!("{}; {hint}", error.full_message()),
                None => error.full_message(),
            };
            let step = if error.is_unknown() {
                Step::unknown(id, title, reason)
            } else {
                Step::fail(id, title, reason)
            };
            (step.coded([error.code()]), Some(error), None)
        }
    };
    (Check { step: step.proven_by(evidence.clone()), error }, value)
}

pub(super) fn needs<T>(value: Option<T>, needs: &'static str) -> Result<T, AttestError> {
    value.ok_or(AttestError::NotChecked { needs })
}

/// Makes every check. `about` says whether a statement is about what it has to be about; it is asked
/// where there is a valid one.
pub(super) fn run(
    verifier: &Verifier<'_>,
    bytes: &[u8],
    about: impl FnOnce(&Statement) -> Result<(), AttestError>,
) -> Verification {
    let mut run = Run { checks: Vec::new(), evidence: Digest::of(bytes) };
    let bundle = read(&mut run, bytes);
    let bundle = bundle.as_ref();
    let envelope = bundle.and_then(|bundle| match bundle.content() {
        Content::Dsse(envelope) => Some(envelope),
        Content::Message { .. } => None,
    });
    let found = signed_by::check(&mut run, verifier, bundle, envelope);
    let statement = check_statement(&mut run, verifier, bundle, envelope, about);
    let witnesses = logged::check(&mut run, bundle, found.evidence);
    let verified = match (found.signer, statement) {
        (Some(signer), Some(statement)) if run.passed() => {
            Some(Verified::new(statement, signer, witnesses, run.evidence.clone()))
        }
        _ => None,
    };
    Verification { checks: run.checks, verified, identity: found.identity }
}

fn read(run: &mut Run, bytes: &[u8]) -> Option<Bundle> {
    let one =
        |run: &mut Run, result| run.record(step::ONE_SIGNATURE, "exactly one signature", result);
    match Bundle::parse(bytes.to_vec()) {
        Err(error @ AttestError::SignatureCount { .. }) => {
            run.record(step::BUNDLE, "bundle is readable", Ok(()));
            one(run, Err(error));
            None
        }
        result => {
            let bundle = run.record(step::BUNDLE, "bundle is readable", result);
            one(run, needs(bundle.as_ref(), "the bundle is not readable").map(drop));
            bundle
        }
    }
}

fn check_statement(
    run: &mut Run,
    verifier: &Verifier<'_>,
    bundle: Option<&Bundle>,
    envelope: Option<&Envelope>,
    about: impl FnOnce(&Statement) -> Result<(), AttestError>,
) -> Option<Statement> {
    let payload_type = match (bundle, envelope) {
        (None, _) => Err(AttestError::NotChecked { needs: "there is no bundle" }),
        (Some(_), None) => Err(AttestError::NoStatement),
        (_, Some(envelope)) if envelope.payload_type == IN_TOTO_PAYLOAD => Ok(envelope),
        (_, Some(envelope)) => {
            Err(AttestError::PayloadType { found: AttestError::quote(&envelope.payload_type) })
        }
    };
    let envelope =
        run.record(step::PAYLOAD_TYPE, "payload is a statement by its type", payload_type);
    let read = if verifier.v01 { Statement::parse_allowing_v01 } else { Statement::parse };
    let statement = needs(envelope, "there is no payload of the right type")
        .and_then(|envelope| read(envelope.payload.clone()));
    let statement = run.record(step::STATEMENT, "statement is valid", statement);
    let missing = "there is no valid statement";
    let bound = needs(statement.as_ref(), missing).and_then(about);
    run.record(step::SUBJECT, "statement is about this digest", bound);
    let title = "predicate is of the type that was asked for";
    match verifier.expected {
        None => run.skip(step::PREDICATE, title, "any type was asked for"),
        Some(check) => {
            let kind = needs(statement.as_ref(), missing).and_then(check);
            run.record(step::PREDICATE, title, kind);
        }
    }
    statement
}

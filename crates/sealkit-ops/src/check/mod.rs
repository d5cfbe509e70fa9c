//! `check`: the one answer to "may I use this?": verification, then the policy.

mod attest;
mod bom;
mod facts;
mod files;
mod lineage;
mod referenced;

use std::path::{Path, PathBuf};

use sealkit_oci::Target;
use sealkit_policy::model::Name;
use sealkit_policy::{Evaluation, Facts, Policy, default_policy};
use sealkit_report::{Report, Step, Verdict};

pub use attest::{AttestedVerdict, VERIFIER, attest};
pub(crate) use bom::facts as bom_facts;

use crate::verify::{Verification, VerifyRequest, verify_folder, verify_kit};
use crate::{Context, OpsError, Place, memory, policy};

/// How to check.
#[derive(Clone, Debug, Default)]
pub struct CheckRequest {
    /// How to verify.
    pub verify: VerifyRequest,
    /// File of the policy; the built-in one where none is given.
    pub policy: Option<PathBuf>,
    /// Where the kit will be used, for rules that ask.
    pub environment: Option<Name>,
}

/// What a check found.
#[derive(Debug)]
pub struct Checked {
    /// What verification found.
    pub verification: Verification,
    /// What the policy was judged on; none where not even the manifest could be read.
    pub facts: Option<Facts>,
    /// What the policy says; none where there was nothing to judge.
    pub evaluation: Option<Evaluation>,
    /// Every step: those of verification, then those of the policy.
    pub report: Report,
    /// The policy.
    pub policy: Policy,
    /// Whether it is the built-in one.
    pub is_default: bool,
    /// Where the kit is, with its digest.
    pub place: Option<Place>,
    /// Whether it was asked for by a name that can be moved to another kit.
    pub mutable: bool,
}

impl Checked {
    /// The answer: yes only where verification and policy both say yes.
    pub fn verdict(&self) -> Verdict {
        match &self.evaluation {
            Some(evaluation) if !evaluation.is_allowed() => {
                // A policy that does not allow is never a yes, whatever the steps add up to.
                match self.report.verdict() {
                    Verdict::Yes => Verdict::No,
                    other => other,
                }
            }
            Some(_) => self.report.verdict(),
            None if self.report.verdict() == Verdict::No => Verdict::No,
            None => Verdict::Unknown,
        }
    }
}

/// Checks a kit.
pub async fn check_kit(
    context: &Context,
    place: &Place,
    request: &CheckRequest,
) -> Result<Checked, OpsError> {
    let judge = read_policy(request)?;
    Box::pin(check_under(context, place, request, judge)).await
}

/// Checks a kit under a policy that was read already; that of the request is not looked at.
pub async fn check_kit_under(
    context: &Context,
    place: &Place,
    request: &CheckRequest,
    policy: Policy,
) -> Result<Checked, OpsError> {
    Box::pin(check_under(context, place, request, (policy, false))).await
}

async fn check_under(
    context: &Context,
    place: &Place,
    request: &CheckRequest,
    judge: (Policy, bool),
) -> Result<Checked, OpsError> {
    known_environment(&judge.0, request)?;
    let found = verify_kit(context, place, &request.verify).await?;
    let pinned = is_pinned(place);
    conclude(context, place, pinned, found, request, judge).await
}

/// Checks a folder against the kit that was last sealed from it, and that kit.
pub async fn check_folder(
    context: &Context,
    dir: &Path,
    request: &CheckRequest,
) -> Result<Checked, OpsError> {
    let judge = read_policy(request)?;
    known_environment(&judge.0, request)?;
    let found = verify_folder(context, dir, &request.verify).await?;
    let place = Place::Local(found.reference.parse()?);
    // The digest is the one that was remembered when the folder was sealed.
    conclude(context, &place, true, found, request, judge).await
}

/// Reads the policy before anything else: one that can not be read denies at once.
fn read_policy(request: &CheckRequest) -> Result<(Policy, bool), OpsError> {
    match &request.policy {
        Some(path) => Ok((policy::read(path)?, false)),
        None => Ok((default_policy()?, true)),
    }
}

/// Refuses an environment of which the policy knows nothing, where it has rules for others: a slip in the
/// name would take those rules away without a word.
fn known_environment(policy: &Policy, request: &CheckRequest) -> Result<(), OpsError> {
    let (known, Some(asked)) = (policy.environments(), &request.environment) else {
        return Ok(());
    };
    if known.is_empty() || known.contains(asked) {
        return Ok(());
    }
    let all: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    let (name, all) = (policy.name(), all.join(", "));
    let message = format!("no rule of `{name}` is for the environment `{asked}`, only for {all}");
    let hint = format!("name one of these, or write `{asked}` into the scope of a rule");
    Err(OpsError::usage("environment-unknown", message).with_hint(hint))
}

async fn conclude(
    context: &Context,
    place: &Place,
    pinned: bool,
    verification: Verification,
    request: &CheckRequest,
    (policy, is_default): (Policy, bool),
) -> Result<Checked, OpsError> {
    let mut checked = Checked {
        report: verification.report.clone(),
        facts: None,
        evaluation: None,
        policy,
        is_default,
        place: None,
        mutable: !pinned,
        verification,
    };
    let Some(digest) = checked.verification.digest.clone() else {
        return Ok(unjudged(checked, "nothing can be judged without the manifest"));
    };
    let Some(at) = place.at_digest(&digest) else {
        return Ok(unjudged(checked, "the place can not be asked by digest"));
    };
    let facts = match facts::collect(context, (place, &at), pinned, &checked, request).await {
        Ok(facts) => facts,
        // What verification found damaged may not be readable a second time either.
        Err(error) if checked.report.verdict() != Verdict::Yes => {
            return Ok(unjudged(checked, &format!("the kit could not be read: {error}")));
        }
        Err(error) => return Err(error),
    };
    let evaluation = checked.policy.evaluate(&facts, (context.clock)());
    checked.report.steps.extend(evaluation.report().steps.iter().cloned());
    checked.place = Some(at);
    checked.facts = Some(facts);
    checked.evaluation = Some(evaluation);
    if checked.verdict() == Verdict::Yes {
        remember(context, &checked)?;
    }
    Ok(checked)
}

fn unjudged(mut checked: Checked, reason: &str) -> Checked {
    checked.report.push(Step::unknown("policy", "the policy allows it", reason));
    checked
}

/// Remembers which release was accepted, so that an older one is not accepted later.
fn remember(context: &Context, checked: &Checked) -> Result<(), OpsError> {
    let seen = checked.evaluation.as_ref().and_then(Evaluation::remember);
    let name = checked.facts.as_ref().and_then(|facts| facts.subject().repository.clone());
    match (name, seen) {
        (Some(name), Some(seen)) => memory::remember_release(&context.home, &name, seen),
        _ => Ok(()),
    }
}

fn is_pinned(place: &Place) -> bool {
    match place {
        Place::Local(reference) | Place::Remote(reference) | Place::Served(reference) => {
            reference.digest().is_some()
        }
        Place::Layout { target, .. } => matches!(target, Some(Target::Digest(_))),
        Place::Archive(_) | Place::Folder(_) => false,
    }
}

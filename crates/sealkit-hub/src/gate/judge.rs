//! One kit and the policies for its repository become a verdict.

use std::sync::Arc;

use sealkit_attest::AttestError;
use sealkit_attest::log::LogOutcome;
use sealkit_oci::Digest;
use sealkit_ops::check::{CheckRequest, Checked, check_kit_under};
use sealkit_ops::{Context, OpsError, Place};
use sealkit_policy::model::Mode;
use sealkit_policy::{Evaluation, Policy};
use sealkit_report::{Outcome, Step, Verdict as Answer};
use sealkit_store::{Namespace, StoredManifest};

use super::Gate;
use super::proposed::Proposed;

/// What came of judging a kit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Why it is not let through; none where it is.
    pub(crate) denied: Option<String>,
    /// What would deny, of policies that only warn.
    pub(crate) warnings: Vec<String>,
    /// What each policy answered: the digest of its bytes.
    pub(crate) answers: Vec<(Digest, LogOutcome)>,
}

impl Verdict {
    pub(crate) fn denied(reason: String) -> Self {
        Self { denied: Some(reason), warnings: Vec::new(), answers: Vec::new() }
    }
}

impl Gate {
    /// Judges the kit `manifest` of `name` under all of `policies`, on a thread that may block. What takes
    /// too long, fails or panics is denied.
    pub(super) async fn judge(
        &self,
        name: &str,
        manifest: StoredManifest,
        policies: Vec<Policy>,
    ) -> Verdict {
        let limit = self.inner.options.timeout;
        let late = || {
            let seconds = limit.as_secs();
            Verdict::denied(format!("the kit could not be judged within {seconds} seconds"))
        };
        let digest = manifest.descriptor.digest.clone();
        let names = Arc::clone(&self.inner.names);
        let served: Arc<dyn Namespace> =
            Arc::new(Proposed { names, name: name.to_owned(), manifest });
        let context = Context { served: Some(served), ..self.inner.context.clone() };
        let (place, runtime) = (Place::served(name, &digest), tokio::runtime::Handle::current());
        let places = Arc::clone(&self.inner.places);
        let work = async move {
            let Ok(turn) = places.acquire_owned().await else { return None };
            let judged = tokio::task::spawn_blocking(move || {
                // Held to the end, also where nobody waits for it any more.
                let _turn = turn;
                let place = place?;
                runtime.block_on(async {
                    let judged = tokio::time::timeout(
                        limit,
                        Box::pin(judge_all(&context, &place, policies)),
                    )
                    .await;
                    judged.map(Some).or(Ok(None))
                })
            });
            match judged.await {
                Ok(Ok(judged)) => judged,
                Ok(Err(error)) => Some(unanswered(&error)),
                Err(_) => Some(Verdict::denied("the kit could not be judged".to_owned())),
            }
        };
        tokio::time::timeout(limit, work).await.ok().flatten().unwrap_or_else(late)
    }
}

/// Judges what is at `place` under all of `policies`; each has to allow.
pub(crate) async fn judge_all(context: &Context, place: &Place, policies: Vec<Policy>) -> Verdict {
    let mut whole = Verdict { denied: None, warnings: Vec::new(), answers: Vec::new() };
    for policy in policies {
        let digest = policy.digest().clone();
        let one =
            Box::pin(one(context, place, policy)).await.unwrap_or_else(|error| unanswered(&error));
        let outcome = one.answers.first().map_or(LogOutcome::Unknown, |(_, outcome)| *outcome);
        whole.answers.push((digest, outcome));
        whole.warnings.extend(one.warnings);
        whole.denied = whole.denied.or(one.denied);
    }
    whole
}

async fn one(context: &Context, place: &Place, policy: Policy) -> Result<Verdict, OpsError> {
    let (mode, digest) = (policy.mode(), policy.digest().clone());
    let request = CheckRequest::default();
    let checked = check_kit_under(context, place, &request, policy).await?;
    let evaluation = checked.evaluation.as_ref();
    let warned = evaluation.map(Evaluation::warnings).unwrap_or_default();
    let name = checked.policy.name();
    let mut warnings: Vec<String> = warned.iter().map(|step| said(name, step)).collect();
    let outcome = match checked.verdict() {
        Answer::Yes => LogOutcome::Allow,
        Answer::No => LogOutcome::Deny,
        Answer::Unknown => LogOutcome::Unknown,
    };
    // A policy that only warns denies what its enforced rules, or what is revoked, deny.
    let only_warns = mode == Mode::Warn && evaluation.is_some_and(Evaluation::is_allowed);
    let denied = (outcome != LogOutcome::Allow).then(|| reason(&checked));
    let denied = match denied {
        Some(reason) if only_warns => {
            warnings.push(reason);
            None
        }
        other => other,
    };
    Ok(Verdict { denied, warnings, answers: vec![(digest, outcome)] })
}

/// The first step that does not allow: one of the policy where there is one.
fn reason(checked: &Checked) -> String {
    let of = |outcome| checked.report.steps.iter().rev().find(move |step| step.outcome == outcome);
    let name = checked.policy.name();
    match of(Outcome::Fail).or_else(|| of(Outcome::Unknown)) {
        Some(step) => said(name, step),
        None => format!("policy `{name}` does not allow it"),
    }
}

fn said(policy: &str, step: &Step) -> String {
    let (rule, reason) = (AttestError::quote(&step.title), AttestError::quote(&step.reason));
    format!("policy `{policy}`: {rule}: {reason}")
}

/// Its message may name files of the server.
fn unanswered(error: &OpsError) -> Verdict {
    use sealkit_report::Hint as _;
    Verdict::denied(format!("the kit could not be judged ({})", error.code()))
}

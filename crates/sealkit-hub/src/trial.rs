//! What a policy would answer about what is stored, before it is in force: nothing is set, and nothing is logged.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::routing::post;
use axum::{Json, Router};
use sealkit_api::{Hit, PolicyTrial, PolicyTrialRequest, SCHEMA_VERSION, TriedVersion};
use sealkit_oci::Target;
use sealkit_ops::Place;
use sealkit_ops::catalog::index::{Search, Walked};
use sealkit_policy::Policy;

use crate::HubError;
use crate::access::Caller;
use crate::aside::aside;
use crate::catalog::known;
use crate::gate::{Verdict, judge_all};
use crate::hub::Shared;

/// Versions of one page where nothing is said, and most of them: every layer of each is read.
const PAGE: u64 = 10;
const MAX_PAGE: u64 = 50;
/// How long one page may take: what is not judged by then is on the next one.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long one version may take.
const LONGEST: Duration = Duration::from_mins(2);

/// `POST /api/v1/policy/trial`.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/api/v1/policy/trial", post(ask))
}

/// `POST /api/v1/policy/trial`: over the versions that the caller may read.
async fn ask(
    state: State<Arc<Shared>>,
    caller: Caller,
    body: Result<Json<PolicyTrialRequest>, JsonRejection>,
) -> Result<Json<PolicyTrial>, HubError> {
    let Json(asked) = body.map_err(|error| HubError::Body(error.body_text()))?;
    tried(&state, &caller, asked).await.map(Json)
}

/// The same for a page.
pub(crate) async fn tried(
    shared: &Arc<Shared>,
    caller: &Caller,
    asked: PolicyTrialRequest,
) -> Result<PolicyTrial, HubError> {
    let policy = Policy::parse(asked.policy.as_bytes())?;
    let after = asked.after.map(|after| after.parse::<Walked>()).transpose();
    let after = after.map_err(|_| HubError::Body("`after` is no `next` of a page".to_owned()))?;
    let inner = known(shared)?;
    // One at a time, so that nobody who tries keeps others from pushing.
    let _turn = shared.trials.acquire().await.map_err(|_| HubError::Stopped)?;
    let visible = caller.visible();
    let behind = inner.behind() as u64;
    let limit = asked.limit.unwrap_or(PAGE).clamp(1, MAX_PAGE);
    let search = Search {
        below: asked.below.filter(|below| !below.is_empty()),
        all_versions: asked.all,
        limit: usize::try_from(limit).unwrap_or(1),
        visible: visible.clone(),
        ..Search::default()
    };
    // One more than the page has tells whether another one comes.
    let more = Search { limit: search.limit.saturating_add(1), ..search.clone() };
    let found = inner.ask(move |catalog| {
        Ok((catalog.walk(&more, after)?, catalog.counts(visible.as_deref())?.1))
    });
    let (found, waiting) = found.await?;
    let begun = Instant::now();
    let (mut versions, mut last, mut next) = (Vec::new(), None, None);
    for (at, hit) in found {
        // At least one, so that each page leads on.
        if versions.len() == search.limit || last.is_some() && begun.elapsed() > PATIENCE {
            next = last;
            break;
        }
        versions.push(version(shared, hit, &policy).await?);
        last = Some(at.to_string());
    }
    Ok(PolicyTrial {
        schema_version: SCHEMA_VERSION,
        name: policy.name().to_owned(),
        policy: policy.digest().clone(),
        versions,
        waiting: waiting + behind,
        next,
    })
}

/// One version under the policy, and under those that are in force.
async fn version(
    shared: &Arc<Shared>,
    hit: Hit,
    policy: &Policy,
) -> Result<TriedVersion, HubError> {
    let Hit { repository, digest, tags, .. } = hit;
    let target = Target::Digest(digest.clone());
    let now = match &shared.gate {
        Some(gate) => gate.of_now(&repository, &target).await?,
        None => None,
    };
    let place = Place::served(&repository, &digest)?;
    let (context, policies) = (known(shared)?.context.clone(), vec![policy.clone()]);
    let work = async move { Ok::<_, HubError>(judge_all(&context, &place, policies).await) };
    let Verdict { denied, warnings, .. } = match aside(&digest, LONGEST, work).await {
        Ok(verdict) => verdict,
        Err(HubError::TooSlow(_)) => Verdict::denied(format!(
            "the kit could not be judged within {} seconds",
            LONGEST.as_secs()
        )),
        Err(error) => return Err(error),
    };
    Ok(TriedVersion {
        repository,
        digest,
        tags,
        allowed: denied.is_none(),
        allowed_now: now.is_none_or(|verdict| verdict.denied.is_none()),
        reason: denied,
        warnings,
    })
}

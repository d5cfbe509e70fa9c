//! The policies of the gate in words, and what they answered.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use sealkit_api::{
    HubAnswer, HubJudgement, HubPolicies, HubPolicy, HubPolicyException, HubPolicyRule, HubVerdict,
    HubVerdicts, SCHEMA_VERSION,
};
use sealkit_attest::log::{LogAct, LogLeaf, LogOutcome};
use sealkit_oci::{Digest, Target};
use sealkit_ops::catalog::index::Visible;
use sealkit_policy::Policy;
use sealkit_policy::model::Mode;
use serde::Deserialize;

use crate::HubError;
use crate::access::Caller;
use crate::clock::now;
use crate::gate::Verdict;
use crate::history::{PAGE, outcome_name, reading};
use crate::hub::Shared;
use crate::names::is_within;
use crate::{Gate, api};

/// Pages of the log that one request looks through: most verdicts may be about repositories that the caller
/// does not see.
const MOST_PAGES: usize = 20;

/// Which verdicts.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    /// Before this entry of the log.
    pub(crate) before: Option<u64>,
    /// So many at most.
    pub(crate) limit: Option<usize>,
}

/// `GET /api/v1/policy` and `/api/v1/policy/verdicts`.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/policy", get(show))
        .route("/api/v1/policy/verdicts", get(verdicts))
        .route("/api/v1/kits/{name}/versions/{reference}/verdict", post(judge))
}

/// `GET /api/v1/policy`: those that concern repositories which the caller may read. What may name other
/// repositories, people or kits is for who may read everything.
pub(crate) async fn show(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
) -> Result<Json<HubPolicies>, HubError> {
    let Some(gate) = &shared.gate else { return Ok(Json(HubPolicies::new(false, Vec::new()))) };
    let policies = gate.policies();
    let shown = policies
        .iter()
        .filter(|(prefix, _)| concerns(&caller, prefix.as_deref()))
        .map(|(prefix, policy)| words(prefix.clone(), policy, caller.sees_all()))
        .collect();
    Ok(Json(HubPolicies::new(gate.judges_pulls(), shown)))
}

/// Whether a policy may concern what the caller reads: one for everything, for a repository of theirs, or for
/// what is above one.
fn concerns(caller: &Caller, prefix: Option<&str>) -> bool {
    let Some(prefix) = prefix else { return true };
    let is_above = |own: &Visible| is_within(own.name(), prefix);
    caller.sees(prefix) || caller.visible().is_some_and(|names| names.iter().any(is_above))
}

fn words(prefix: Option<String>, policy: &Policy, all: bool) -> HubPolicy {
    let rules = policy.explain().into_iter().map(|rule| HubPolicyRule {
        id: rule.rule,
        description: rule.description.filter(|_| all),
        mode: mode(rule.mode).to_owned(),
        asks: rule.asks.to_owned(),
        evidence: rule.evidence.to_owned(),
        satisfy: rule.satisfy.to_owned(),
        repositories: if all { texts(&rule.scope.repositories) } else { Vec::new() },
        settings: Some(rule.settings).filter(|_| all),
    });
    let now = now();
    let holds = policy.exceptions().iter().filter(|one| all && one.until.seconds() >= now);
    let exceptions = holds.map(|one| HubPolicyException {
        rule: one.rule.to_string(),
        reason: one.reason.to_string(),
        until: one.until.seconds(),
        digest: one.digest.clone(),
    });
    HubPolicy {
        prefix,
        name: policy.name().to_owned(),
        description: policy.description().filter(|_| all).map(str::to_owned),
        mode: mode(policy.mode()).to_owned(),
        digest: policy.digest().clone(),
        rules: rules.collect(),
        exceptions: exceptions.collect(),
    }
}

fn texts(all: &[impl ToString]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

pub(crate) fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Enforce => "enforce",
        Mode::Warn => "warn",
    }
}

/// `POST /api/v1/kits/{name}/versions/{reference}/verdict`: judges a version as if a tag were set to it now, and
/// sets none. It takes a right to push: every layer is read.
pub(crate) async fn judge(
    State(shared): State<Arc<Shared>>,
    Path((name, reference)): Path<(String, String)>,
) -> Result<Json<HubJudgement>, HubError> {
    let digest = api::open_any(&shared, &name, &reference).await?.digest;
    let verdict = match &shared.gate {
        Some(gate) => gate.of_now(&name, &Target::Digest(digest.clone())).await?,
        None => None,
    };
    let judged = verdict.is_some();
    let Verdict { denied, warnings, answers } = verdict.unwrap_or_default();
    let known = shared.gate.as_ref().map(Gate::policies).unwrap_or_default();
    let answer = |(policy, outcome): (Digest, LogOutcome)| {
        let own = known.iter().find(|(_, known)| *known.digest() == policy);
        let name = own.map(|(_, known)| known.name().to_owned()).unwrap_or_default();
        HubAnswer { name, policy, outcome: outcome_name(outcome).to_owned() }
    };
    Ok(Json(HubJudgement {
        schema_version: SCHEMA_VERSION,
        name,
        digest,
        judged,
        allowed: denied.is_none(),
        reason: denied,
        warnings,
        answers: answers.into_iter().map(answer).collect(),
    }))
}

/// `GET /api/v1/policy/verdicts?before=&limit=`: about repositories that the caller may read.
pub(crate) async fn verdicts(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<HubVerdicts>, HubError> {
    let Query(asked) = asked.map_err(|_| HubError::Query("before` or `limit"))?;
    let Some(log) = shared.log.clone() else { return Ok(Json(HubVerdicts::new(Vec::new(), None))) };
    let before = asked.before.unwrap_or(u64::MAX);
    let found = reading(log, move |log| {
        let (mut found, mut before) = (Vec::new(), before);
        for _ in 0..MOST_PAGES {
            let page = log.verdicts(before)?;
            let last = page.last().map(|(index, _)| *index).filter(|_| page.len() == PAGE);
            found.extend(page.into_iter().filter(|(_, leaf)| caller.sees(&leaf.repository)));
            match last {
                Some(last) if found.len() < PAGE => before = last,
                last => return Ok((found, last)),
            }
        }
        Ok((found, Some(before)))
    });
    let (mut found, mut next) = found.await?;
    let limit = asked.limit.unwrap_or(PAGE).clamp(1, PAGE);
    if found.len() > limit {
        found.truncate(limit);
        next = found.last().map(|(index, _)| *index);
    }
    Ok(Json(HubVerdicts::new(found.into_iter().filter_map(verdict).collect(), next)))
}

fn verdict((index, leaf): (u64, LogLeaf)) -> Option<HubVerdict> {
    let LogAct::Verdict { digest, policy, outcome } = leaf.act else { return None };
    let (time, actor, repository) = (leaf.time, leaf.actor, leaf.repository);
    let outcome = outcome_name(outcome).to_owned();
    Some(HubVerdict { index, time, actor, repository, digest, policy, outcome })
}

//! What became of the versions of a repository, out of the transparency log: which digest a tag had when, who
//! set it, what policies answered, what was put under quarantine.

mod feed;

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::routing::get;
use axum::{Json, Router};
use sealkit_api::{KitAct, KitHistory};
use sealkit_attest::log::{LogAct, LogLeaf, LogOutcome};
use serde::Deserialize;

use crate::HubError;
use crate::hub::Shared;
use crate::log::Log;
use crate::references::is_name;
use crate::rules::ImmutableTags;

/// Acts of one page.
pub(crate) const PAGE: usize = 100;

/// Which acts.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    /// On this tag alone.
    pub(crate) tag: Option<String>,
    /// Before this entry of the log.
    pub(crate) before: Option<u64>,
    /// So many at most.
    pub(crate) limit: Option<usize>,
}

/// The paths of the API.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/kits/{name}/history", get(show))
        .route("/api/v1/kits/{name}/history.atom", get(feed::feed))
}

/// `GET /api/v1/kits/{name}/history?tag=&before=&limit=`.
pub(crate) async fn show(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<KitHistory>, HubError> {
    let Query(asked) = asked.map_err(|_| HubError::Query("before` or `limit"))?;
    if !is_name(&name) {
        return Err(HubError::UnknownKit(name));
    }
    let log = shared.log.clone().ok_or(HubError::NotLogged)?;
    let before = asked.before.unwrap_or(u64::MAX);
    let (of, tag) = (name.clone(), asked.tag.filter(|tag| !tag.is_empty()));
    let found = reading(log, move |log| Ok(log.acts_of(&of, tag.as_deref(), before)?));
    let (mut found, limit) = (found.await?, asked.limit.unwrap_or(PAGE).clamp(1, PAGE));
    found.truncate(limit);
    if found.is_empty() && asked.before.is_none() {
        return Err(HubError::NotLogged);
    }
    let fixed = match &shared.rules {
        Some(rules) => rules.fixed_tags(&name).await?,
        None => ImmutableTags::None,
    };
    let next = found.last().map(|(index, _)| *index).filter(|_| found.len() == limit);
    let acts = found.into_iter().map(|(index, leaf)| act(index, leaf, fixed)).collect();
    Ok(Json(KitHistory::new(name, acts, next)))
}

fn act(index: u64, leaf: LogLeaf, fixed: ImmutableTags) -> KitAct {
    let tag = leaf.act.tag().map(str::to_owned);
    let immutable = tag.as_deref().is_some_and(|tag| fixed.holds(tag));
    let (old, outcome) = match &leaf.act {
        LogAct::Tag { old, .. } => (old.clone(), None),
        LogAct::Untag { old, .. } => (Some(old.clone()), None),
        LogAct::Verdict { outcome, .. } => (None, Some(outcome_name(*outcome).to_owned())),
        _ => (None, None),
    };
    // An advisory is attached to what it is about.
    let digest = match &leaf.act {
        LogAct::Advisory { subject, .. } => Some(subject.clone()),
        act => act.digest().cloned(),
    };
    let act = leaf.act.name().to_owned();
    KitAct { index, time: leaf.time, actor: leaf.actor, act, tag, digest, old, outcome, immutable }
}

/// The answer of a policy, as the API has it.
pub(crate) fn outcome_name(outcome: LogOutcome) -> &'static str {
    match outcome {
        LogOutcome::Allow => "allow",
        LogOutcome::Deny => "deny",
        LogOutcome::Unknown => "unknown",
    }
}

/// Reads the log where it may block.
pub(crate) async fn reading<T: Send + 'static>(
    log: Arc<Log>,
    work: impl FnOnce(&Log) -> Result<T, HubError> + Send + 'static,
) -> Result<T, HubError> {
    tokio::task::spawn_blocking(move || work(&log)).await.map_err(|_| HubError::Stopped)?
}

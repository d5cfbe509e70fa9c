//! Quarantine over the API.

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use sealkit_api::{
    KeptVersion, QuarantineAnswer, QuarantineEntry, QuarantineList, QuarantineRequest,
};
use sealkit_attest::Timestamp;
use sealkit_oci::{Digest, Target};

use super::{Quarantine, Quarantined};
use crate::HubError;
use crate::access::Caller;
use crate::api::Paging;
use crate::names::is_repository;
use crate::references::parse_target;

type App = State<Quarantine>;
type Body = Result<Json<QuarantineRequest>, JsonRejection>;

/// Everything about quarantine.
pub(crate) fn router(quarantine: Quarantine) -> Router {
    Router::new()
        .route("/api/v1/quarantine", get(list))
        .route(
            "/api/v1/quarantine/{digest}",
            get(show_everywhere).put(place_everywhere).delete(lift_everywhere),
        )
        .route("/api/v1/quarantine/{name}/{reference}", get(show).put(place).delete(lift))
        .with_state(quarantine)
}

/// The answer of the API.
pub(crate) fn entry(one: &Quarantined) -> QuarantineEntry {
    QuarantineEntry {
        repository: one.repository.clone(),
        digest: one.digest.clone(),
        reason: one.reason.clone(),
        by: one.by.clone(),
        since: Timestamp::shown(one.since),
    }
}

fn answer(one: &Quarantined) -> Json<QuarantineAnswer> {
    Json(QuarantineAnswer::new(entry(one)))
}

/// The same of a digest in every repository, with the versions here that have it.
async fn everywhere(
    quarantine: &Quarantine,
    one: &Quarantined,
) -> Result<Json<QuarantineAnswer>, HubError> {
    let kept = quarantine.keeps_back(&one.digest).await?.into_iter();
    let kept = kept.map(|(repository, digest)| KeptVersion { repository, digest });
    Ok(Json(QuarantineAnswer::new(entry(one)).keeping_back(kept.collect())))
}

/// `GET /api/v1/quarantine`: of repositories that the caller may read. A page may hold less than asked for.
pub(crate) async fn list(
    State(quarantine): App,
    caller: Caller,
    paging: Result<Query<Paging>, QueryRejection>,
) -> Result<Json<QuarantineList>, HubError> {
    let (page, limit) = paging.map_err(|_| HubError::Query("limit"))?.0.page();
    let mut found = quarantine.list(&page).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|(number, _)| number.to_string());
    let mut entries = Vec::new();
    for (_, one) in &found {
        if sees(&quarantine, &caller, one).await? {
            entries.push(entry(one));
        }
    }
    Ok(Json(QuarantineList::new(entries, next)))
}

/// Whether the caller learns of it. One that holds in every repository is for who may read all, and for who may read
/// a version that it keeps back: a pull of that tells the reason too.
async fn sees(
    quarantine: &Quarantine,
    caller: &Caller,
    one: &Quarantined,
) -> Result<bool, HubError> {
    if let Some(name) = &one.repository {
        return Ok(caller.sees(name));
    }
    if caller.sees_all() {
        return Ok(true);
    }
    let kept = quarantine.keeps_back(&one.digest).await?;
    Ok(kept.iter().any(|(name, _)| caller.sees(name)))
}

/// `GET /api/v1/quarantine/{name}/{reference}`.
async fn show(
    State(quarantine): App,
    Path((name, reference)): Path<(String, String)>,
) -> Result<Json<QuarantineAnswer>, HubError> {
    let target = target(&name, &reference)?;
    let found = quarantine.of_target(&name, &target).await?;
    let found = found.ok_or(HubError::NotQuarantined)?;
    Ok(answer(&found))
}

/// `PUT /api/v1/quarantine/{name}/{reference}`.
pub(crate) async fn place(
    State(quarantine): App,
    caller: Caller,
    Path((name, reference)): Path<(String, String)>,
    body: Body,
) -> Result<Json<QuarantineAnswer>, HubError> {
    let (target, reason) = (target(&name, &reference)?, reason(body)?);
    let placed = quarantine.place(&name, &target, (&reason, caller.name())).await?;
    Ok(answer(&placed))
}

/// `DELETE /api/v1/quarantine/{name}/{reference}`.
pub(crate) async fn lift(
    State(quarantine): App,
    caller: Caller,
    Path((name, reference)): Path<(String, String)>,
) -> Result<StatusCode, HubError> {
    let target = target(&name, &reference)?;
    gone(quarantine.lift(&name, &target, caller.name()).await?)
}

/// `GET /api/v1/quarantine/{digest}`: what holds in every repository.
async fn show_everywhere(
    State(quarantine): App,
    Path(digest): Path<String>,
) -> Result<Json<QuarantineAnswer>, HubError> {
    let found = quarantine.exactly(None, &parsed(&digest)?).await?;
    everywhere(&quarantine, &found.ok_or(HubError::NotQuarantined)?).await
}

/// `PUT /api/v1/quarantine/{digest}`.
async fn place_everywhere(
    State(quarantine): App,
    caller: Caller,
    Path(digest): Path<String>,
    body: Body,
) -> Result<Json<QuarantineAnswer>, HubError> {
    let (digest, reason) = (parsed(&digest)?, reason(body)?);
    let placed = quarantine.place_everywhere(digest, (&reason, caller.name())).await?;
    everywhere(&quarantine, &placed).await
}

/// `DELETE /api/v1/quarantine/{digest}`.
async fn lift_everywhere(
    State(quarantine): App,
    caller: Caller,
    Path(digest): Path<String>,
) -> Result<StatusCode, HubError> {
    gone(quarantine.lift_everywhere(parsed(&digest)?, caller.name()).await?)
}

fn gone(lifted: bool) -> Result<StatusCode, HubError> {
    if lifted { Ok(StatusCode::NO_CONTENT) } else { Err(HubError::NotQuarantined) }
}

fn reason(body: Body) -> Result<String, HubError> {
    let Json(body) = body.map_err(|error| HubError::Body(error.body_text()))?;
    Ok(body.reason)
}

fn parsed(digest: &str) -> Result<Digest, HubError> {
    digest.parse().map_err(|_| HubError::Reference(digest.to_owned()))
}

fn target(name: &str, reference: &str) -> Result<Target, HubError> {
    let malformed = || HubError::Reference(format!("{name}:{reference}"));
    if !is_repository(name) {
        return Err(malformed());
    }
    parse_target(reference).ok_or_else(malformed)
}

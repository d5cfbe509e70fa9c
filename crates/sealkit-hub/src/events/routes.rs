//! Events and counts over HTTP.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::Uri;
use axum::routing::get;
use axum::{Json, Router};
use sealkit_api::{HubEvents, PullCounts};
use serde::Deserialize;

use super::{EventFilter, Events};
use crate::HubError;
use crate::names::is_repository;

/// Which events.
#[derive(Debug, Deserialize)]
struct Asked {
    repository: Option<String>,
    actor: Option<String>,
    action: Option<String>,
    since: Option<i64>,
    before: Option<i64>,
    limit: Option<usize>,
}

/// Everything about events.
pub(crate) fn router(events: Events) -> Router {
    Router::new()
        .route("/api/v1/events", get(list))
        .route("/api/v1/kits/{name}/pulls", get(pulls))
        .with_state(events)
}

/// The repository whose events are asked for, read as the handler does; none where it is all of them.
pub(crate) fn events_repository(uri: &Uri) -> Option<String> {
    let Query(asked) = Query::<Asked>::try_from_uri(uri).ok()?;
    asked.repository.filter(|name| is_repository(name))
}

/// `GET /api/v1/events?repository=&actor=&action=&since=&before=&limit=`.
async fn list(
    State(events): State<Events>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<HubEvents>, HubError> {
    let Query(asked) = asked.map_err(|_| HubError::Query("since`, `before` or `limit"))?;
    let Asked { repository, actor, action, since, before, limit } = asked;
    let filter = EventFilter { repository, actor, action, since, before, limit };
    let page = filter.page();
    let found = events.list(filter).await?;
    let next = found.last().map(|last| last.number).filter(|_| found.len() == page);
    Ok(Json(HubEvents::new(found, next)))
}

/// `GET /api/v1/kits/{name}/pulls`.
async fn pulls(
    State(events): State<Events>,
    Path(name): Path<String>,
) -> Result<Json<PullCounts>, HubError> {
    let pulls = events.pulls(&name).await?;
    Ok(Json(PullCounts::new(name, pulls)))
}

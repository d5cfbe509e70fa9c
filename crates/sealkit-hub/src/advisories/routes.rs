//! Advisories over HTTP.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use sealkit_api::HubAdvisories;
use serde::Deserialize;

use super::{Advisories, Place, atom};
use crate::HubError;
use crate::access::Caller;

/// Most advisories of one page, and of the feed.
const MAX_PAGE: usize = 100;

/// Which page.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    after: Option<String>,
    limit: Option<usize>,
}

/// Everything about advisories.
pub(crate) fn router(advisories: Advisories) -> Router {
    Router::new()
        .route("/api/v1/advisories", get(list))
        .route("/advisories.atom", get(feed))
        .with_state(advisories)
}

/// `GET /api/v1/advisories?after=&limit=`: of repositories that the caller may read.
pub(crate) async fn list(
    State(advisories): State<Advisories>,
    caller: Caller,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<HubAdvisories>, HubError> {
    let Query(asked) = asked.map_err(|_| HubError::Query("limit"))?;
    let after = match asked.after.as_deref() {
        Some(text) => Some(Place::parse(text).ok_or(HubError::Query("after"))?),
        None => None,
    };
    let limit = asked.limit.unwrap_or(MAX_PAGE).clamp(1, MAX_PAGE);
    let (found, next) = advisories.page(&caller, after, limit).await?;
    Ok(Json(HubAdvisories::new(found, next.map(|next| next.text()))))
}

/// `GET /advisories.atom`.
async fn feed(
    State(advisories): State<Advisories>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, HubError> {
    let (found, _) = advisories.page(&caller, None, MAX_PAGE).await?;
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("hub");
    let kind = (header::CONTENT_TYPE, "application/atom+xml; charset=utf-8");
    let cache = (header::CACHE_CONTROL, "private, no-cache");
    Ok(([kind, cache], atom::feed(host, &found)).into_response())
}

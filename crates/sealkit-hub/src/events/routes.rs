//! Events and counts over HTTP.

use std::str::FromStr;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::Uri;
use axum::routing::get;
use axum::{Json, Router};
use sealkit_api::{HubEvents, Kind, PullCounts};
use sealkit_ops::time::parse_time;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use super::{EventFilter, Events};
use crate::HubError;
use crate::names::is_repository;

/// Which events. A field that is empty, as a form sends it, asks for nothing.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default, deserialize_with = "text")]
    pub(crate) repository: Option<String>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) actor: Option<String>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) action: Option<String>,
    #[serde(default, deserialize_with = "time")]
    pub(crate) since: Option<i64>,
    #[serde(default, deserialize_with = "number")]
    pub(crate) before: Option<i64>,
    #[serde(default, deserialize_with = "number")]
    pub(crate) limit: Option<usize>,
}

fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Some(String::deserialize(from)?).filter(|text| !text.is_empty()))
}

fn number<'de, T: FromStr, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    let malformed = |_| D::Error::custom("not a number");
    text(from)?.map(|text| text.parse().map_err(malformed)).transpose()
}

/// Seconds since 1970, an RFC 3339 time, or a day, which begins at midnight UTC.
fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    let read = |text: String| {
        if let Ok(seconds) = text.parse() {
            return Ok(seconds);
        }
        let time = if text.len() == "2026-11-25".len() {
            format!("{text}T00:00:00Z")
        } else {
            text.clone()
        };
        parse_time(&time).or_else(|_| parse_time(&text)).map_err(D::Error::custom)
    };
    text(from)?.map(read).transpose()
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
pub(crate) async fn list(
    State(events): State<Events>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<HubEvents>, HubError> {
    // The API found numbers that are none before: there it is the time.
    let Query(asked) = asked.map_err(|_| HubError::Parameter {
        name: "since",
        form: format!("{}, or `before` or `limit` is no whole number", Kind::Time.form()),
    })?;
    let Asked { repository, actor, action, since, before, limit } = asked;
    let filter = EventFilter { repository, actor, action, since, before, limit };
    let page = filter.page();
    let found = events.list(filter).await?;
    let next = found.last().map(|last| last.number).filter(|_| found.len() == page);
    Ok(Json(HubEvents::new(found, next)))
}

/// `GET /api/v1/kits/{name}/pulls`.
pub(crate) async fn pulls(
    State(events): State<Events>,
    Path(name): Path<String>,
) -> Result<Json<PullCounts>, HubError> {
    let pulls = events.pulls(&name).await?;
    Ok(Json(PullCounts::new(name, pulls)))
}

//! Advisories over HTTP.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use sealkit_api::HubAdvisories;
use sealkit_ops::Context;
use sealkit_ops::advisory::{csv, cyclonedx_vex, openvex};
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::{Advisories, Place, atom, export};
use crate::HubError;
use crate::access::Caller;
use crate::atom::{answer, host};
use crate::clock::now;
use crate::tables;

/// Most advisories of one page, and of the feed.
const MAX_PAGE: usize = 100;
/// Pages whose signatures are verified at the same time: whoever may read may ask for one.
const TURNS: usize = 2;

/// Which page, and how it is written.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    after: Option<String>,
    limit: Option<usize>,
    #[serde(default)]
    format: Format,
}

/// How a page is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Json,
    Csv,
    Vex,
    CycloneDx,
}

impl Asked {
    fn page(&self) -> Result<(Option<Place>, usize), HubError> {
        let after = match self.after.as_deref() {
            Some(text) => Some(Place::parse(text).ok_or(HubError::Query("after"))?),
            None => None,
        };
        Ok((after, self.limit.unwrap_or(MAX_PAGE).clamp(1, MAX_PAGE)))
    }
}

/// What the routes share.
#[derive(Clone)]
struct Served {
    advisories: Advisories,
    /// With what signatures are verified; none where the hub looks into no kit.
    context: Option<Context>,
    /// Pages whose signatures are verified at the same time.
    turns: Arc<Semaphore>,
}

/// Everything about advisories. Signatures are verified with `context`, by the signers that its home trusts.
pub(crate) fn router(advisories: Advisories, context: Option<Context>) -> Router {
    Router::new()
        .route("/api/v1/advisories", get(list_as))
        .route("/advisories.atom", get(feed))
        .with_state(Served { advisories, context, turns: Arc::new(Semaphore::new(TURNS)) })
}

/// A page of the advisories that `caller` may see, as the API tells it.
pub(crate) async fn list(
    advisories: &Advisories,
    caller: &Caller,
    asked: &Asked,
) -> Result<HubAdvisories, HubError> {
    let (after, limit) = asked.page()?;
    let (found, next) = advisories.page(caller, after, limit).await?;
    Ok(HubAdvisories::new(found, next.map(|next| next.text())))
}

/// `GET /api/v1/advisories?after=&limit=&format=`: of repositories that the caller may read. As a table or as VEX each
/// says who signed it; in VEX is only what the hub's trust store lets count.
async fn list_as(
    State(Served { advisories, context, turns }): State<Served>,
    caller: Caller,
    uri: Uri,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, HubError> {
    let Query(asked) = asked.map_err(|_| HubError::Query("limit` or `format"))?;
    if asked.format == Format::Json {
        return Ok(Json(list(&advisories, &caller, &asked).await?).into_response());
    }
    let _turn = turns.acquire().await.map_err(|_| HubError::Stopped)?;
    let (after, limit) = asked.page()?;
    let (page, next) = advisories.listed(&caller, after, limit).await?;
    let host = host(&headers);
    let found = export::verified(context.as_ref(), host, page).await?;
    let next = tables::next(&uri, "after", next.map(|next| next.text()));
    Ok(match asked.format {
        Format::Vex => {
            let text = format!("{:#}\n", openvex(&found, host, now()));
            tables::file("application/vnd.openvex+json", "advisories.openvex.json", text, next)
        }
        Format::CycloneDx => {
            let text = format!("{:#}\n", cyclonedx_vex(&found, now()));
            let kind = "application/vnd.cyclonedx+json; version=1.6";
            tables::file(kind, "advisories.cdx.json", text, next)
        }
        Format::Csv | Format::Json => tables::csv("advisories.csv", csv(&found), next),
    })
}

/// `GET /advisories.atom`.
async fn feed(
    State(Served { advisories, .. }): State<Served>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, HubError> {
    let (found, _) = advisories.page(&caller, None, MAX_PAGE).await?;
    Ok(answer(atom::feed(host(&headers), &found)))
}

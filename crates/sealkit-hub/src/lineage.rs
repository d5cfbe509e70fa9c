//! What a version came from and what came from it, of the kits that whoever asks may read.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::routing::get;
use axum::{Json, Router};
use sealkit_api::KitLineage;
use sealkit_ops::attest::trust_used;
use sealkit_ops::catalog::index::LineageQuestion;
use serde::Deserialize;

use crate::HubError;
use crate::access::Caller;
use crate::api;
use crate::hub::Shared;
use crate::provenance::{failed, trusted};

/// Ties that are followed where nobody says how many, and most of them.
pub(crate) const DEPTH: u64 = 3;
pub(crate) const MAX_DEPTH: u64 = 16;
/// Things that are told where nobody says how many, and most of them.
const NODES: u64 = 200;
const MAX_NODES: u64 = 1_000;

/// Which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Direction {
    /// What it came from.
    Up,
    /// What came from it.
    Down,
    /// Both.
    #[default]
    Both,
}

/// How much of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Detail {
    /// What it was made from and trained on.
    #[default]
    Compact,
    /// What it was evaluated on and what it loads as well.
    Full,
}

/// Which lineage is wanted.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(crate) struct LineageQuery {
    #[serde(default)]
    pub(crate) direction: Direction,
    pub(crate) depth: Option<u64>,
    #[serde(default)]
    pub(crate) view: Detail,
    pub(crate) limit: Option<u64>,
}

/// The paths of the API.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    let version = "/api/v1/kits/{name}/versions/{reference}";
    Router::new().route(&format!("{version}/lineage"), get(show))
}

/// `GET /api/v1/kits/{name}/versions/{reference}/lineage?direction=&depth=&view=&limit=`.
pub(crate) async fn show(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path((name, reference)): Path<(String, String)>,
    query: Result<Query<LineageQuery>, QueryRejection>,
) -> Result<Json<KitLineage>, HubError> {
    let Query(query) =
        query.map_err(|_| HubError::Query("direction`, `depth`, `view` or `limit"))?;
    let _reader = shared.readers.acquire().await.map_err(|_| HubError::Stopped)?;
    let catalog = shared.catalog.as_ref().ok_or(HubError::NoCatalog)?;
    let kit = api::open_any(&shared, &name, &reference).await?;
    let trust = trust_used(&trusted(&catalog.context).await?).map_err(failed)?;
    let question = LineageQuestion {
        repository: kit.name.clone(),
        digest: kit.digest.clone(),
        up: query.direction != Direction::Down,
        down: query.direction != Direction::Up,
        full: query.view == Detail::Full,
        depth: u32::try_from(query.depth.unwrap_or(DEPTH).min(MAX_DEPTH)).unwrap_or(0),
        nodes: usize::try_from(query.limit.unwrap_or(NODES).clamp(1, MAX_NODES)).unwrap_or(1),
        visible: caller.visible(),
        trust: trust.digest.map(|digest| digest.to_string()).unwrap_or_default(),
    };
    // Counted before: what is taken in meanwhile is then told twice and never left out.
    let behind = catalog.behind() as u64;
    let mut found = catalog.ask(move |catalog| catalog.lineage(&question)).await?;
    found.waiting += behind;
    Ok(Json(found))
}

//! What can be seen of a hub from outside: numbers, health, and one line of the log for each request.
//!
//! Nothing that a client chose is a label of a number, so that nobody makes them grow; and nothing that may hold
//! a secret (headers, queries, bodies, addresses that are not understood) is in a line.

mod body;
mod health;
mod kind;
mod numbers;
mod request;

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use tokio::net::TcpListener;

pub use health::Data;
pub(crate) use numbers::Numbers;
pub(crate) use request::observe;

use crate::HubError;
use health::Health;

/// What is seen of one hub. Clones share it.
#[derive(Clone)]
pub struct Observed {
    pub(crate) numbers: Arc<Numbers>,
    pub(crate) health: Arc<Health>,
}

impl Observed {
    pub(crate) fn new(data: Option<Data>) -> Self {
        Self { numbers: Arc::new(Numbers::new()), health: Arc::new(Health::new(data)) }
    }

    /// `/healthz`, `/readyz` and `/metrics`.
    pub(crate) fn router(&self) -> Router {
        Router::new()
            .route("/healthz", get(|| async { "ok" }))
            .route("/readyz", get(ready))
            .route("/metrics", get(metrics))
            .with_state(self.clone())
    }

    /// Shows them on an address of their own, to whoever reaches it, until the process ends.
    pub async fn serve(self, listener: TcpListener) -> Result<(), HubError> {
        axum::serve(listener, self.router()).await.map_err(HubError::Listen)
    }
}

/// `GET /readyz`: 200 where the hub does its work, or 503 and what keeps it from that.
async fn ready(State(seen): State<Observed>) -> Response {
    let report = seen.health.report().await;
    let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(report)).into_response()
}

/// `GET /metrics`, in the text format of OpenMetrics.
async fn metrics(State(seen): State<Observed>) -> Response {
    let stored = seen.health.stored().await;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], seen.numbers.text(stored.as_ref())).into_response()
}

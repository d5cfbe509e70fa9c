//! `POST /api/v1/oidc/token`.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use sealkit_api::{ApiCode, WorkloadRequest, WorkloadToken};

use super::{Issuers, MAX_TOKEN};
use crate::access::Access;
use crate::answers::as_error;

/// Largest request in bytes, and how long a client may take to send it.
const MAX_BODY: usize = 2 * MAX_TOKEN;
const BODY_TIME: Duration = Duration::from_secs(10);

/// The exchange of tokens.
pub(crate) fn router(access: Arc<Access>, issuers: Issuers) -> Router {
    Router::new().route("/api/v1/oidc/token", post(exchange)).with_state((access, issuers))
}

async fn exchange(
    State((access, issuers)): State<(Arc<Access>, Issuers)>,
    request: Request,
) -> Response {
    let body = axum::body::to_bytes(request.into_body(), MAX_BODY);
    let body = tokio::time::timeout(BODY_TIME, body).await;
    let shown = body.ok().and_then(Result::ok);
    let Some(WorkloadRequest { token }) =
        shown.and_then(|bytes| serde_json::from_slice(&bytes).ok())
    else {
        return as_error(ApiCode::BadRequest, "the body has to be `{\"token\": \"…\"}`".to_owned());
    };
    match issuers.exchange(&access.tokens, &token).await {
        Ok(Ok(given)) => {
            let answer = WorkloadToken::new(given.user, given.token, given.expires_in);
            ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
        }
        Ok(Err(refusal)) => as_error(ApiCode::Unauthorized, refusal.to_string()),
        Err(_) => as_error(ApiCode::Busy, "tokens can not be given out at the moment".to_owned()),
    }
}

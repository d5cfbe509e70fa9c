//! `POST /api/v1/oidc/token`.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use sealkit_api::{ApiCode, ApiErrorBody, WorkloadToken};
use serde::Deserialize;

use super::{Issuers, MAX_TOKEN};
use crate::access::Access;

/// Largest request in bytes, and how long a client may take to send it.
const MAX_BODY: usize = 2 * MAX_TOKEN;
const BODY_TIME: Duration = Duration::from_secs(10);

/// A token of an issuer.
#[derive(Deserialize)]
struct Shown {
    token: String,
}

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
    let Some(Shown { token }) = shown.and_then(|bytes| serde_json::from_slice(&bytes).ok()) else {
        return refuse(ApiCode::BadRequest, "the body has to be `{\"token\": \"…\"}`".to_owned());
    };
    match issuers.exchange(&access.tokens, &token).await {
        Ok(Ok(given)) => {
            let answer = WorkloadToken::new(given.user, given.token, given.expires_in);
            ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
        }
        Ok(Err(refusal)) => refuse(ApiCode::Unauthorized, refusal.to_string()),
        Err(_) => refuse(ApiCode::Busy, "tokens can not be given out at the moment".to_owned()),
    }
}

fn refuse(code: ApiCode, text: String) -> Response {
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::BAD_REQUEST);
    (status, Json(ApiErrorBody::new(code, text))).into_response()
}

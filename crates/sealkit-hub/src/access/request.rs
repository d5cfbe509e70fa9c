//! Judges one request.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sealkit_api::{ApiCode, ApiErrorBody};
use sealkit_oci::{ErrorBody, ErrorCode};

use super::level::Level;
use super::needs::{Needs, needs, without_mount};
use super::tokens::AccessError;
use super::{Access, Caller};

/// What `docker login`, skopeo, oras, cosign and `kit` answer with user and token.
const CHALLENGE: &str = "Basic realm=\"sealkit hub\", charset=\"UTF-8\"";

/// Lets a request pass or refuses it.
pub(crate) async fn judge(
    State(access): State<Arc<Access>>,
    mut request: Request,
    next: Next,
) -> Response {
    let needs = needs(request.method(), request.uri());
    if needs == Needs::Nothing {
        return next.run(request).await;
    }
    let is_registry = request.uri().path().starts_with("/v2");
    let caller = match caller(&access, request.headers()).await {
        Ok(Some(caller)) => caller,
        Ok(None) => return refuse(is_registry, Refusal::Unknown),
        Err(_) => return refuse(is_registry, Refusal::Failed),
    };
    if !may(&caller, &needs) {
        let refusal = if caller.is_known() { Refusal::Denied } else { Refusal::Unknown };
        return refuse(is_registry, refusal);
    }
    if let Some(plain) = without_mount(request.uri(), |name| caller.may(Level::Read, name)) {
        *request.uri_mut() = plain;
    }
    request.extensions_mut().insert(caller);
    next.run(request).await
}

fn may(caller: &Caller, needs: &Needs) -> bool {
    match needs {
        Needs::Nothing => true,
        Needs::Visitor => caller.is_known() || caller.sees_all(),
        Needs::Everywhere(level) => caller.may_everywhere(*level),
        Needs::Level(level, names) => names.iter().all(|name| caller.may(*level, name)),
    }
}

/// Who asks; none where a credential was sent that is not good, which is never taken for none.
async fn caller(access: &Access, headers: &HeaderMap) -> Result<Option<Caller>, AccessError> {
    let anonymous_read = access.anonymous_read;
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = sent.next() else { return Ok(Some(Caller::anonymous(anonymous_read))) };
    let Some((user, token)) = credential(value).filter(|_| sent.next().is_none()) else {
        return Ok(None);
    };
    let found = access.tokens.find(&token, user.as_deref()).await?;
    Ok(found.map(|token| Caller::with_token(token, anonymous_read)))
}

/// The user, where one is named, and the token: `Basic` as in RFC 7617, `Bearer` as in RFC 6750.
fn credential(value: &HeaderValue) -> Option<(Option<String>, String)> {
    let (scheme, rest) = value.to_str().ok()?.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some((None, rest.trim().to_owned()));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
    let (user, token) = pair.split_once(':')?;
    Some((Some(user.to_owned()), token.to_owned()))
}

enum Refusal {
    Unknown,
    Denied,
    Failed,
}

fn refuse(is_registry: bool, refusal: Refusal) -> Response {
    let (status, code, api, text) = match refusal {
        Refusal::Unknown => (
            StatusCode::UNAUTHORIZED,
            ErrorCode::Unauthorized,
            ApiCode::Unauthorized,
            "a good token is needed: log in with user and token",
        ),
        Refusal::Denied => (
            StatusCode::FORBIDDEN,
            ErrorCode::Denied,
            ApiCode::Denied,
            "the token has no scope for this",
        ),
        Refusal::Failed => {
            let text = "tokens could not be looked up";
            (StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Denied, ApiCode::Busy, text)
        }
    };
    let mut response = if is_registry {
        (status, Json(ErrorBody::one(code, text))).into_response()
    } else {
        (status, Json(ApiErrorBody::new(api, text))).into_response()
    };
    if status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static(CHALLENGE);
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

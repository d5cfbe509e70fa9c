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

use super::Access;
use super::asker::Asker;
use super::level::Level;
use super::needs::{Needs, needs, without_mount};
use super::tokens::{AccessError, Token};

/// What `docker login`, skopeo, oras, cosign and `kit` answer with user and token.
const CHALLENGE: &str = "Basic realm=\"sealkit hub\", charset=\"UTF-8\"";

/// Who asks.
pub(super) enum Visitor {
    Anonymous,
    Known(Token),
}

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
    let visitor = match visitor(&access, request.headers()).await {
        Ok(Some(visitor)) => visitor,
        Ok(None) => return refuse(is_registry, Refusal::Unknown),
        Err(_) => return refuse(is_registry, Refusal::Failed),
    };
    if !may(&access, &visitor, &needs) {
        let refusal = match visitor {
            Visitor::Anonymous => Refusal::Unknown,
            Visitor::Known(_) => Refusal::Denied,
        };
        return refuse(is_registry, refusal);
    }
    request.extensions_mut().insert(Asker::of(&visitor));
    let may_read = |name: &str| reads(&access, &visitor, name);
    if let Some(plain) = without_mount(request.uri(), may_read) {
        *request.uri_mut() = plain;
    }
    next.run(request).await
}

fn may(access: &Access, visitor: &Visitor, needs: &Needs) -> bool {
    match (needs, visitor) {
        (Needs::Nothing, _) | (Needs::Visitor, Visitor::Known(_)) => true,
        (Needs::Visitor | Needs::Everywhere(Level::Read), Visitor::Anonymous) => {
            access.anonymous_read
        }
        (Needs::Everywhere(Level::Read), Visitor::Known(_)) if access.anonymous_read => true,
        (Needs::Everywhere(level), Visitor::Known(token)) => token.allows_everywhere(*level),
        (Needs::Level(Level::Read, names), _) => {
            names.iter().all(|name| reads(access, visitor, name))
        }
        (Needs::Level(..) | Needs::Everywhere(_), Visitor::Anonymous) => false,
        (Needs::Level(level, names), Visitor::Known(token)) => {
            names.iter().all(|name| token.allows(*level, name))
        }
    }
}

fn reads(access: &Access, visitor: &Visitor, name: &str) -> bool {
    let by_token = matches!(visitor, Visitor::Known(token) if token.allows(Level::Read, name));
    access.anonymous_read || by_token
}

/// Who asks; none where a credential was sent that is not good, which is never taken for none.
async fn visitor(access: &Access, headers: &HeaderMap) -> Result<Option<Visitor>, AccessError> {
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = sent.next() else { return Ok(Some(Visitor::Anonymous)) };
    let Some((user, token)) = credential(value).filter(|_| sent.next().is_none()) else {
        return Ok(None);
    };
    Ok(access.tokens.find(&token, user.as_deref()).await?.map(Visitor::Known))
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

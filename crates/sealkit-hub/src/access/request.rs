//! Judges one request.

use std::time::Duration;

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sealkit_api::{ApiCode, ApiErrorBody};
use sealkit_oci::{ErrorBody, ErrorCode};
use sealkit_registry::mark_version;

use super::challenge::{Problem, challenges};
use super::level::Level;
use super::needs::{Needs, needs, without_mount};
use super::refusals::Asked;
use super::tokens::AccessError;
use super::{Access, Caller, text};
use crate::serve::Peer;
use crate::web;

/// What `docker login`, skopeo, oras, cosign and `kit` answer with user and token.
pub(super) const BASIC: &str = "Basic realm=\"sealkit hub\", charset=\"UTF-8\"";

/// What who asks too often is told.
pub(super) const TOO_MANY: &str = "too many requests: try again after the time in `Retry-After`";

/// The header that says how long to wait, in whole seconds.
pub(super) fn retry_after(wait: Duration) -> [(HeaderName, HeaderValue); 1] {
    [(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().saturating_add(1)))]
}

/// Lets a request pass or refuses it.
pub(crate) async fn judge<F: Future<Output = Response>>(
    access: &Access,
    mut request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let needs = needs(request.method(), request.uri());
    let address = request.extensions().get::<Peer>().map(|peer| peer.address);
    let limits = access.limits.as_deref().filter(|_| request.uri().path() != "/healthz");
    if let Some(Err(wait)) = limits.zip(address).map(|(limits, from)| limits.of_address(from)) {
        return refuse(access, &request, &needs, Refusal::TooMany(wait));
    }
    if needs == Needs::Nothing {
        return next(request).await;
    }
    let caller = match caller(access, request.headers()).await {
        Ok(Some(caller)) => caller,
        Ok(None) => return refuse(access, &request, &needs, Refusal::Unknown(Problem::Invalid)),
        Err(_) => return refuse(access, &request, &needs, Refusal::Failed),
    };
    if let Some(wait) = access.too_many(&caller) {
        let mut response = refuse(access, &request, &needs, Refusal::TooMany(wait));
        response.extensions_mut().insert(Asked(caller));
        return response;
    }
    if !may(&caller, &needs) {
        let mut response = refuse(access, &request, &needs, refusal(&caller, &needs));
        response.extensions_mut().insert(Asked(caller));
        return response;
    }
    if let Some(plain) = without_mount(request.uri(), |name| caller.may(Level::Read, name)) {
        *request.uri_mut() = plain;
    }
    request.extensions_mut().insert(caller.clone());
    let mut response = next(request).await;
    response.extensions_mut().insert(Asked(caller));
    response
}

fn may(caller: &Caller, needs: &Needs) -> bool {
    match needs {
        Needs::Nothing => true,
        Needs::Visitor => caller.is_known() || caller.sees_all(),
        Needs::Known => caller.is_known(),
        Needs::Shown => caller.is_known() || caller.is_bound(),
        Needs::Everywhere(level) => caller.may_everywhere(*level),
        Needs::Level(level, names) => names.iter().all(|name| caller.may(*level, name)),
    }
}

/// Why `caller` may not. One whose token is bound to less than they may have is told to fetch another.
fn refusal(caller: &Caller, needs: &Needs) -> Refusal {
    if caller.is_bound() && may(&caller.unbound(), needs) {
        Refusal::Unknown(Problem::Scope)
    } else if caller.is_known() {
        Refusal::Denied
    } else {
        Refusal::Unknown(Problem::Missing)
    }
}

/// Who asks; none where a credential was sent that is not good, which is never taken for none.
pub(super) async fn caller(
    access: &Access,
    headers: &HeaderMap,
) -> Result<Option<Caller>, AccessError> {
    let anonymous_read = access.anonymous_read;
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = sent.next() else { return Ok(Some(Caller::anonymous(anonymous_read))) };
    let Some((user, token)) = credential(value).filter(|_| sent.next().is_none()) else {
        return Ok(None);
    };
    if user.is_none() && !token.starts_with(text::PREFIX) {
        return short_lived(access, &token).await;
    }
    let found = access.tokens.find(&token, user.as_deref()).await?;
    Ok(found.map(|token| Caller::with_token(token, anonymous_read)))
}

/// Who shows a token that this hub signed. It holds no longer than the one that it was given for.
async fn short_lived(access: &Access, token: &str) -> Result<Option<Caller>, AccessError> {
    let Some(claims) = access.keys.verify(token) else { return Ok(None) };
    let caller = match claims.token {
        Some(id) => match access.tokens.by_id(id).await? {
            Some(token) => Caller::with_token(token, access.anonymous_read),
            None => return Ok(None),
        },
        None => Caller::anonymous(access.anonymous_read),
    };
    Ok(Some(caller.bound_to(claims.access)))
}

/// The user, where one is named, and the token: `Basic` as in RFC 7617, `Bearer` as in RFC 6750.
pub(super) fn credential(value: &HeaderValue) -> Option<(Option<String>, String)> {
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
    Unknown(Problem),
    Denied,
    TooMany(Duration),
    Failed,
}

fn refuse(access: &Access, request: &Request, needs: &Needs, refusal: Refusal) -> Response {
    let (status, code, api, text) = match refusal {
        Refusal::Unknown(Problem::Scope) => (
            StatusCode::UNAUTHORIZED,
            ErrorCode::Unauthorized,
            ApiCode::Unauthorized,
            "the token is bound to something else: fetch one with the scope that is named",
        ),
        Refusal::Unknown(_) => (
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
        Refusal::TooMany(_) => (
            StatusCode::TOO_MANY_REQUESTS,
            ErrorCode::TooManyRequests,
            ApiCode::TooManyRequests,
            TOO_MANY,
        ),
        Refusal::Failed => {
            let text = "tokens could not be looked up";
            (StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Denied, ApiCode::Busy, text)
        }
    };
    let is_registry = request.uri().path().starts_with("/v2");
    let mut response = if is_registry {
        let mut response = (status, Json(ErrorBody::one(code, text))).into_response();
        mark_version(response.headers_mut());
        response
    } else if web::wants_page(request.uri(), request.headers()) {
        web::refused(status, text)
    } else {
        (status, Json(ApiErrorBody::new(api, text))).into_response()
    };
    if let Refusal::TooMany(wait) = refusal {
        response.headers_mut().extend(retry_after(wait));
    }
    if let Refusal::Unknown(problem) = refusal {
        for value in challenges(access, request, is_registry, needs, problem) {
            response.headers_mut().append(header::WWW_AUTHENTICATE, value);
        }
    }
    response
}

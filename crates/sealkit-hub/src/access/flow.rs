//! `/token`: short-lived tokens, bound to what they are for (distribution token specification: GET, and
//! the OAuth2 form).

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use sealkit_oci::{ErrorBody, ErrorCode};
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::grant::{Grant, MAX_SCOPES};
use super::keys::{Claims, SERVICE};
use super::request::{BASIC, TOO_MANY, caller, credential, retry_after};
use super::{Access, AccessError, Caller};

/// Life of a token in seconds. Clients fetch another one by themselves.
const LIFE: i64 = 300;
/// Largest form in bytes, and how long a client may take to send it.
const MAX_FORM: usize = 64 << 10;
const FORM_TIME: Duration = Duration::from_secs(10);

/// What a client asks for.
#[derive(Default)]
struct Wanted {
    scopes: Vec<String>,
    service: Option<String>,
    /// Whether it wants a credential to keep.
    offline: bool,
    /// Where the form has them.
    grant_type: String,
    username: String,
    password: String,
    refresh_token: String,
}

impl Wanted {
    fn read(encoded: &[u8]) -> Self {
        let mut wanted = Self::default();
        for (key, value) in url::form_urlencoded::parse(encoded) {
            match key.as_ref() {
                // Repeated in a query, set apart by spaces in a form.
                "scope" => {
                    let scopes = value.split_ascii_whitespace().map(str::to_owned);
                    wanted.scopes.extend(scopes.take(MAX_SCOPES + 1));
                }
                "service" => wanted.service = Some(value.into_owned()),
                "offline_token" => wanted.offline = value == "true",
                "access_type" => wanted.offline = value == "offline",
                "grant_type" => wanted.grant_type = value.into_owned(),
                "username" => wanted.username = value.into_owned(),
                "password" => wanted.password = value.into_owned(),
                "refresh_token" => wanted.refresh_token = value.into_owned(),
                _ => {}
            }
        }
        wanted
    }

    /// Why nothing can be given for it.
    fn problem(&self) -> Option<&'static str> {
        if self.scopes.len() > MAX_SCOPES {
            return Some("the request has more than 64 scopes");
        }
        let is_ours = self.service.as_deref().is_none_or(|service| service == SERVICE);
        (!is_ours).then_some("this hub is no such service")
    }
}

/// The answer. It has no debug form: all of it is secret.
#[derive(Serialize)]
struct Given {
    token: String,
    access_token: String,
    scope: String,
    expires_in: i64,
    issued_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

/// `GET /token?service=&scope=&account=&offline_token=`, with the credential in `Authorization`; without
/// one for whoever may read anyway.
pub(crate) async fn get(
    State(access): State<Arc<Access>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let wanted = Wanted::read(uri.query().unwrap_or_default().as_bytes());
    if let Some(problem) = wanted.problem() {
        let body = ErrorBody::one(ErrorCode::Unsupported, problem);
        return (StatusCode::BAD_REQUEST, Json(body)).into_response();
    }
    let Ok(found) = caller(&access, &headers).await else { return unavailable() };
    // What is bound to an act can not be made into more.
    let known = |caller: &Caller| !caller.is_bound() && (caller.is_known() || caller.sees_all());
    let Some(caller) = found.filter(known) else {
        let body = ErrorBody::one(ErrorCode::Unauthorized, "user and token are needed");
        let challenge = [(header::WWW_AUTHENTICATE, BASIC)];
        return (StatusCode::UNAUTHORIZED, challenge, Json(body)).into_response();
    };
    if let Some(wait) = access.too_many(&caller) {
        let body = ErrorBody::one(ErrorCode::TooManyRequests, TOO_MANY);
        return (StatusCode::TOO_MANY_REQUESTS, retry_after(wait), Json(body)).into_response();
    }
    let sent = headers.get(header::AUTHORIZATION).and_then(credential).map(|(_, token)| token);
    let refresh = sent.filter(|_| wanted.offline);
    answer(give(&access, &caller, &wanted, refresh))
}

/// `POST /token`: OAuth2 with `grant_type` `password` or `refresh_token`. A token that the hub's owner made is
/// its own refresh token: it ends when that one does.
pub(crate) async fn post(State(access): State<Arc<Access>>, request: Request) -> Response {
    let body = axum::body::to_bytes(request.into_body(), MAX_FORM);
    let Ok(Ok(form)) = tokio::time::timeout(FORM_TIME, body).await else {
        return oauth(StatusCode::BAD_REQUEST, "invalid_request", "the form can not be read");
    };
    let wanted = Wanted::read(&form);
    if let Some(problem) = wanted.problem() {
        return oauth(StatusCode::BAD_REQUEST, "invalid_request", problem);
    }
    let (token, user) = match wanted.grant_type.as_str() {
        "password" => (&wanted.password, Some(wanted.username.as_str())),
        "refresh_token" => (&wanted.refresh_token, None),
        _ => {
            let text = "`grant_type` is neither `password` nor `refresh_token`";
            return oauth(StatusCode::BAD_REQUEST, "unsupported_grant_type", text);
        }
    };
    let Ok(found) = access.tokens.find(token, user).await else { return unavailable() };
    let Some(found) = found else {
        let text = "user and token do not hold";
        return oauth(StatusCode::UNAUTHORIZED, "invalid_grant", text);
    };
    let refresh = (wanted.offline || user.is_none()).then(|| token.clone());
    let caller = Caller::with_token(found, access.anonymous_read);
    if let Some(wait) = access.too_many(&caller) {
        let refused = oauth(StatusCode::TOO_MANY_REQUESTS, "slow_down", TOO_MANY);
        return (retry_after(wait), refused).into_response();
    }
    answer(give(&access, &caller, &wanted, refresh))
}

/// A token for what of it `caller` may have.
fn give(
    access: &Access,
    caller: &Caller,
    wanted: &Wanted,
    refresh_token: Option<String>,
) -> Result<Given, AccessError> {
    let grant = |scope: &String| Grant::of(scope, |level, name| caller.may(level, name));
    let grants: Vec<Grant> = wanted.scopes.iter().filter_map(grant).collect();
    let scopes: Vec<String> = grants.iter().map(ToString::to_string).collect();
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|_| AccessError::Random)?;
    let now = access.keys.now();
    let end = now.saturating_add(LIFE);
    let end = caller.token().and_then(|token| token.expires).map_or(end, |until| until.min(end));
    let claims = Claims {
        iss: SERVICE.to_owned(),
        sub: caller.actor().to_owned(),
        aud: SERVICE.to_owned(),
        exp: end,
        nbf: now,
        iat: now,
        jti: format!("{:032x}", u128::from_be_bytes(id)),
        access: grants,
        token: caller.token().map(|token| token.id),
    };
    let token = access.keys.sign(&claims)?;
    let issued_at = OffsetDateTime::from_unix_timestamp(now).ok();
    let issued_at = issued_at.and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_default();
    Ok(Given {
        access_token: token.clone(),
        token,
        scope: scopes.join(" "),
        expires_in: end.saturating_sub(now),
        issued_at,
        refresh_token,
    })
}

fn answer(given: Result<Given, AccessError>) -> Response {
    let Ok(given) = given else { return unavailable() };
    ([(header::CACHE_CONTROL, "no-store")], Json(given)).into_response()
}

fn unavailable() -> Response {
    let body = ErrorBody::one(ErrorCode::Denied, "tokens can not be given out at the moment");
    (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
}

/// An error of RFC 6749 §5.2.
fn oauth(status: StatusCode, error: &str, text: &str) -> Response {
    let body = json!({ "error": error, "error_description": text });
    (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

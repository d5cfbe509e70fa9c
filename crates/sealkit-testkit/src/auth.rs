//! Basic authentication and the distribution token flow, as a registry does them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sealkit_oci::{Digest, ErrorBody, ErrorCode};
use serde_json::json;

use crate::faults::Auth;
use crate::misbehave::Stage;

/// Tokens that were given out, with the scopes they reach.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens(Arc<Mutex<HashMap<String, Token>>>);

#[derive(Debug)]
struct Token {
    scopes: Vec<String>,
    uses: Option<u32>,
}

impl Tokens {
    /// The answer of the token endpoint.
    pub(crate) fn issue(&self, auth: &Auth, query: &str, headers: &HeaderMap) -> Response {
        let Auth::Token { login, uses } = auth else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let refused =
            login.as_ref().is_some_and(|(user, password)| !basic(headers, user, password));
        if refused {
            return refuse("Basic realm=\"token\"".to_owned());
        }
        let scopes: Vec<String> = query
            .split('&')
            .filter_map(|pair| pair.strip_prefix("scope="))
            .map(|scope| scope.replace("%3A", ":").replace("%2F", "/").replace("%2C", ","))
            .flat_map(|scope| scope.split(['+', ' ']).map(str::to_owned).collect::<Vec<_>>())
            .collect();
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seed = format!("{}{scopes:?}", tokens.len());
        let token = format!("test-token-{}", Digest::of(seed.as_bytes()).short());
        tokens.insert(token.clone(), Token { scopes, uses: *uses });
        Json(json!({ "token": token, "expires_in": 300 })).into_response()
    }

    fn admits(&self, headers: &HeaderMap, needed: Option<&(String, &str)>) -> bool {
        let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(token) = token.and_then(|text| text.strip_prefix("Bearer ")) else { return false };
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = tokens.get_mut(token) else { return false };
        let reaches = needed.is_none_or(|(name, action)| {
            known.scopes.iter().any(|scope| {
                let actions = scope.strip_prefix(&format!("repository:{name}:"));
                actions.is_some_and(|actions| actions.split(',').any(|known| known == *action))
            })
        });
        if !reaches || known.uses == Some(0) {
            return false;
        }
        known.uses = known.uses.map(|uses| uses - 1);
        true
    }
}

/// None where the request may pass, else the answer that asks for credentials.
pub(crate) fn check(
    auth: &Auth,
    stage: &Stage,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
) -> Option<Response> {
    match auth {
        Auth::Open => None,
        Auth::Basic { user, password } if basic(headers, user, password) => None,
        Auth::Basic { .. } => Some(refuse("Basic realm=\"test\"".to_owned())),
        Auth::Token { .. } => {
            let needed = needed(method, path);
            if stage.tokens.admits(headers, needed.as_ref()) {
                return None;
            }
            let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
            let host = host.unwrap_or("localhost");
            let scope = needed.map_or_else(String::new, |(name, action)| {
                let actions = if action == "push" { "pull,push" } else { action };
                format!(",scope=\"repository:{name}:{actions}\"")
            });
            let scheme = if stage.is_tls { "https" } else { "http" };
            Some(refuse(format!(
                "Bearer realm=\"{scheme}://{host}/token\",service=\"test\"{scope}"
            )))
        }
    }
}

fn needed(method: &Method, path: &str) -> Option<(String, &'static str)> {
    let rest = path.strip_prefix("/v2/")?;
    let at = ["/blobs/", "/manifests/", "/tags/", "/referrers/"].iter();
    let at = at.filter_map(|part| rest.rfind(part)).min()?;
    let action = match *method {
        Method::GET | Method::HEAD => "pull",
        Method::DELETE => "delete",
        _ => "push",
    };
    Some((rest.get(..at)?.to_owned(), action))
}

fn basic(headers: &HeaderMap, user: &str, password: &str) -> bool {
    let expected = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
    headers.get(header::AUTHORIZATION).is_some_and(|value| value.as_bytes() == expected.as_bytes())
}

fn refuse(challenge: String) -> Response {
    let body = ErrorBody::one(ErrorCode::Unauthorized, "authentication required");
    let mut response = (StatusCode::UNAUTHORIZED, Json(body)).into_response();
    let challenge = HeaderValue::try_from(challenge).expect("challenges are plain text");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

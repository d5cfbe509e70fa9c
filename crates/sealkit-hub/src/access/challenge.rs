//! What a client that has to show who it is, or to show more, is told.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};

use super::Access;
use super::grant::scope_for;
use super::keys::SERVICE;
use super::level::Level;
use super::needs::Needs;
use super::request::BASIC;
use crate::serve::Peer;

/// Why a token does not do (RFC 6750 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// None was sent.
    Missing,
    /// It does not hold.
    Invalid,
    /// It is bound to something else.
    Scope,
}

/// The values of `WWW-Authenticate`. Clients of the registry are offered the token flow first (distribution token
/// specification), which some take for all they get; browsers know user and password alone.
pub(super) fn challenges(
    access: &Access,
    request: &Request,
    is_registry: bool,
    needs: &Needs,
    problem: Problem,
) -> Vec<HeaderValue> {
    let bearer = if is_registry { bearer(access, request, needs, problem) } else { None };
    bearer.into_iter().chain([HeaderValue::from_static(BASIC)]).collect()
}

fn bearer(
    access: &Access,
    request: &Request,
    needs: &Needs,
    problem: Problem,
) -> Option<HeaderValue> {
    let base = if let Some(address) = &access.address {
        address.trim_end_matches('/').to_owned()
    } else {
        // Where the connection is encrypted, the token is not fetched over one that is not.
        let is_encrypted = request.extensions().get::<Peer>().is_some_and(|peer| peer.is_encrypted);
        let scheme = if is_encrypted { "https" } else { "http" };
        format!("{scheme}://{}", host(request.headers())?)
    };
    let mut text = format!("Bearer realm=\"{base}/token\",service=\"{SERVICE}\"");
    let scope = match needs {
        Needs::Level(level, names) => scope_for(*level, names),
        Needs::Everywhere(Level::Read) => "registry:catalog:*".to_owned(),
        _ => String::new(),
    };
    if !scope.is_empty() {
        text += &[",scope=\"", &scope, "\""].concat();
    }
    match problem {
        Problem::Missing => {}
        Problem::Invalid => text += ",error=\"invalid_token\"",
        Problem::Scope => text += ",error=\"insufficient_scope\"",
    }
    HeaderValue::try_from(text).ok()
}

/// The host as the client named it. What is no host name is not repeated.
fn host(headers: &HeaderMap) -> Option<&str> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b".:-[]".contains(&byte);
    (!host.is_empty() && host.bytes().all(is_good)).then_some(host)
}

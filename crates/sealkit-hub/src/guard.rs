//! What holds for every request and every answer.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::answers::Asked;

/// Headers of every answer: content is what its type says, nothing in it is active, and no page
/// may frame it or read it across origins.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// What the hub's own pages may do: load its style and script, and send its forms to itself.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
     img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// Marks an answer as a page that the hub wrote itself. What a kit brought never carries it,
/// whatever its media type says.
#[derive(Clone, Copy)]
pub(crate) struct OwnPage;

/// Adds [`HEADERS`], and what holds for answers of the API; the hub's own pages get a policy of their own.
pub(crate) async fn headers(request: Request, next: Next) -> Response {
    let asked = Asked::of(&request);
    let response = match asked.as_ref().and_then(Asked::malformed) {
        Some(error) => error.into_response(),
        None => next.run(request).await,
    };
    let mut response = match asked {
        Some(asked) => asked.finish(response).await,
        None => response,
    };
    let is_page = response.extensions().get::<OwnPage>().is_some();
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    if is_page {
        let policy = HeaderValue::from_static(PAGE_POLICY);
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        let cache = HeaderValue::from_static("no-cache");
        response.headers_mut().insert(header::CACHE_CONTROL, cache);
    }
    response
}

/// Refuses what a foreign web page could make a browser send to a hub on loopback: requests from
/// another site, and requests under a name that was made to point at this machine.
pub(crate) async fn visitors(
    State(anywhere): State<bool>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    if is_cross_site(headers) {
        return (StatusCode::FORBIDDEN, "requests from another site are refused").into_response();
    }
    if !anywhere && !is_local_host(headers) {
        let text = "the hub answers on loopback names only";
        return (StatusCode::MISDIRECTED_REQUEST, text).into_response();
    }
    next.run(request).await
}

fn is_cross_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site" || site == "same-site")
}

fn is_local_host(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else {
        return false;
    };
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((v6, _)) => v6,
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    let is_loopback = name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    is_loopback || name.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_are_local() {
        let host = |host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_str(host).unwrap());
            is_local_host(&headers)
        };
        for local in ["localhost", "LocalHost:80", "127.0.0.1:5000", "[::1]:5000", "127.9.9.9"] {
            assert!(host(local), "{local}");
        }
        for foreign in ["evil.example", "localhost.evil.example:80", "10.0.0.1", "[::2]:80", ""] {
            assert!(!host(foreign), "{foreign}");
        }
        assert!(!is_local_host(&HeaderMap::new()));
    }
}

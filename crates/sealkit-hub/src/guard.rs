//! What holds for every request and every answer.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::HubError;
use crate::answers::Asked;
use crate::badges::is_badge;

/// Where a browser says that a request comes from (W3C Fetch Metadata).
const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

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

/// Marks an answer that a page of another site may show.
#[derive(Clone, Copy)]
struct Elsewhere;

/// Adds [`HEADERS`], and what holds for answers of the API; the hub's own pages get a policy of their own.
pub(crate) async fn headers<F: Future<Output = Response>>(
    mut request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let asked = Asked::of(&request);
    // An answer of the API is no page, also where a page was made of its failure first.
    let is_api = asked.is_some();
    let malformed = asked.as_ref().and_then(Asked::malformed);
    if let Some(asked) = asked {
        request.extensions_mut().insert(asked);
    }
    let mut response = match malformed {
        Some(error) => error.into_response(),
        None => next(request).await,
    };
    if is_api {
        response = Asked::finish(response).await;
    }
    let is_page = !is_api && response.extensions().get::<OwnPage>().is_some();
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    if response.extensions().get::<Elsewhere>().is_some() {
        let name = HeaderName::from_static("cross-origin-resource-policy");
        response.headers_mut().insert(name, HeaderValue::from_static("cross-origin"));
    }
    if is_page {
        let policy = HeaderValue::from_static(PAGE_POLICY);
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        // So that a browser names the origin of a form of the hub's own, and nothing to anyone else.
        let referrer = HeaderValue::from_static("same-origin");
        response.headers_mut().insert(header::REFERRER_POLICY, referrer);
        let cache = HeaderValue::from_static("no-cache");
        response.headers_mut().insert(header::CACHE_CONTROL, cache);
    }
    response
}

/// Refuses what a foreign web page could make a browser send to a hub on loopback: requests from
/// another site, and requests under a name that was made to point at this machine. Badges alone are shown elsewhere.
pub(crate) async fn visitors<F: Future<Output = Response>>(
    anywhere: bool,
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let headers = request.headers();
    let is_elsewhere = is_cross_site(headers) && is_badge(request.method(), request.uri().path());
    if !is_elsewhere && (is_cross_site(headers) || is_foreign_act(request.method(), headers)) {
        return (StatusCode::FORBIDDEN, "requests from another site are refused").into_response();
    }
    let Ok(host) = host(&request) else {
        let text = "a request names one host: send one header `Host`";
        return (StatusCode::BAD_REQUEST, text).into_response();
    };
    if !anywhere && !host.map_or_else(|| is_plain_check(&request), is_local_host) {
        let text = "the hub answers on loopback names only";
        return (StatusCode::MISDIRECTED_REQUEST, text).into_response();
    }
    if is_elsewhere { shown_elsewhere(request, next).await } else { next(request).await }
}

/// Answers what a page of another site shows as what anyone gets. With the token that the browser knows of its
/// visitor that page could find out what they may read, by how large the picture is.
async fn shown_elsewhere<F: Future<Output = Response>>(
    mut request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    request.headers_mut().remove(header::AUTHORIZATION);
    let mut response = next(request).await;
    // Nobody is asked for a token by a page of another site.
    response.headers_mut().remove(header::WWW_AUTHENTICATE);
    response.extensions_mut().insert(Elsewhere);
    response
}

fn is_cross_site(headers: &HeaderMap) -> bool {
    headers.get(SITE).is_some_and(|site| site == "cross-site" || site == "same-site")
}

/// Whether a page of another origin makes a browser change something here, which would send along what the
/// browser knows of the visitor. Programs that are no browser send neither header.
fn is_foreign_act(method: &Method, headers: &HeaderMap) -> bool {
    let is_act = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    let is_same = headers.get(SITE).is_some_and(|site| site == "same-origin");
    is_act && !is_same && headers.contains_key(header::ORIGIN) && !is_own_origin(headers)
}

/// Whether the origin that a browser names is this hub, as the browser reaches it.
fn is_own_origin(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let (Some(origin), Some(host)) = (text(header::ORIGIN), text(header::HOST)) else {
        return false;
    };
    let rest = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && rest.eq_ignore_ascii_case(host))
}

/// Lets a form act only where a page of this hub sent it. A browser sends what it knows of the visitor with
/// forms of other sites too, so that who asks says nothing about who meant it: a browser says where the form
/// was, by `Sec-Fetch-Site` (Fetch Metadata) or, on connections that are not encrypted, by `Origin`. What says
/// neither is refused; programs use the API.
pub(crate) async fn own_forms(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let is_own = match headers.get(SITE) {
        Some(site) => site == "same-origin",
        None => is_own_origin(headers),
    };
    if matches!(*request.method(), Method::GET | Method::HEAD) || is_own {
        return next.run(request).await;
    }
    crate::web::failure(HubError::ForeignForm)
}

/// More than one host, or none where there has to be one (RFC 9112 §3.2).
struct BadHost;

/// The host that a request is for: the one in its target, before the one in its header (RFC 9112 §3.2.2). One that is
/// no text is empty, which is nobody's name.
fn host(request: &Request) -> Result<Option<&str>, BadHost> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let named = hosts.next().map(|host| host.to_str().unwrap_or_default());
    if hosts.next().is_some() || (named.is_none() && request.version() == Version::HTTP_11) {
        return Err(BadHost);
    }
    Ok(request.uri().authority().map(axum::http::uri::Authority::host).or(named))
}

/// Whether it asks for the health alone, as programs do that know HTTP/1.0 and name no host. Every browser names one,
/// so that no page can ask so.
fn is_plain_check(request: &Request) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD)
        && matches!(request.uri().path(), "/healthz" | "/readyz")
}

fn is_local_host(host: &str) -> bool {
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
    fn an_origin_is_own_where_host_and_port_are() {
        let own = |origin: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("hub.example:5000"));
            headers.insert(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
            is_own_origin(&headers)
        };
        assert!(own("http://hub.example:5000") && own("https://HUB.example:5000"));
        for foreign in [
            "null",
            "",
            "http://",
            "http://hub.example",
            "http://hub.example:5001",
            "http://hub.example:5000.evil.example",
            "http://evil.example/hub.example:5000",
            "ftp://hub.example:5000",
            "hub.example:5000",
        ] {
            assert!(!own(foreign), "{foreign}");
        }
        assert!(!is_own_origin(&HeaderMap::new()));
    }

    #[test]
    fn only_loopback_names_are_local() {
        for local in ["localhost", "LocalHost:80", "127.0.0.1:5000", "[::1]:5000", "127.9.9.9"] {
            assert!(is_local_host(local), "{local}");
        }
        for foreign in ["evil.example", "localhost.evil.example:80", "10.0.0.1", "[::2]:80", ""] {
            assert!(!is_local_host(foreign), "{foreign}");
        }
    }
}

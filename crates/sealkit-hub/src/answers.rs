//! What holds for every answer of the API: parameters have the form that is described, failures are JSON with a code, what was read has a strong tag and
//! is not sent again where it is known, and a page leads to the next one.
//!
//! Nothing may be kept without asking again, not even what is named by digest: a version can be put under
//! quarantine, and the file table of an old one can be attached later (docs/decisions/0132).

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Json, body::HttpBody as _};
use bytes::Bytes;
use sealkit_api::{ApiCode, ApiErrorBody, Operation, Parameter, operation};
use sealkit_oci::Digest;
use serde::Deserialize;

use crate::HubError;
use crate::content::names;

/// Where the API is.
const API: &str = "/api/v1";
/// Largest answer that is tagged, in bytes. Lists come in pages, which are far smaller.
const MAX_TAGGED: u64 = 64 << 20;
/// From how many bytes on hashing would keep other requests waiting.
const LONG: u64 = 1 << 20;
/// Longest text of a failure that is passed on, in bytes.
const MAX_TEXT: usize = 4 << 10;

/// What the API was asked, as far as the answer depends on it. It is read once, before everything else, and goes with
/// the request.
#[derive(Clone)]
pub(crate) struct Asked {
    uri: Uri,
    is_read: bool,
    known: axum::http::HeaderMap,
    next: Option<&'static str>,
    malformed: Option<Parameter>,
}

impl Asked {
    /// What is asked; none where it is not the API that is asked.
    pub(crate) fn of(request: &Request) -> Option<Self> {
        let path = request.uri().path();
        path.strip_prefix(API).filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        let mut known = axum::http::HeaderMap::new();
        for value in request.headers().get_all(header::IF_NONE_MATCH) {
            known.append(header::IF_NONE_MATCH, value.clone());
        }
        let method = if is_read { "GET" } else { request.method().as_str() };
        let described = operation(method, path);
        let malformed = described.and_then(|described| malformed(described, request.uri()));
        let next = described.and_then(|described| described.next);
        Some(Self { uri: request.uri().clone(), is_read, known, next, malformed })
    }

    /// The parameter that is not what the description says, before anybody looks anything up.
    pub(crate) fn malformed(&self) -> Option<HubError> {
        let Parameter { name, kind, .. } = self.malformed?;
        Some(HubError::Parameter { name, form: kind.form() })
    }

    /// The answer as it is sent, also where something before the handlers gave it.
    pub(crate) async fn finish(response: Response) -> Response {
        let mut response = in_json(response).await;
        let headers = response.headers_mut();
        headers.append(header::VARY, HeaderValue::from_static("authorization"));
        let cache = HeaderValue::from_static("private, no-cache");
        headers.entry(header::CACHE_CONTROL).or_insert(cache);
        response
    }

    /// With a tag, or that it is known already. What a handler tagged itself keeps its tag.
    async fn tagged(&self, response: Response) -> Response {
        if response.status() != StatusCode::OK {
            return response;
        }
        if response.headers().contains_key(header::ETAG) {
            return self.unless_known(response);
        }
        let size = response.body().size_hint().exact().filter(|size| *size <= MAX_TAGGED);
        let Some(size) = size else { return response };
        let (mut head, body) = response.into_parts();
        let Ok(bytes) = to_bytes(body, MAX_TAGGED as usize).await else {
            return as_error(ApiCode::Internal, "the answer could not be put together".to_owned());
        };
        let Some(tag) = tag(&bytes, size).await else {
            return as_error(ApiCode::Busy, "the server is stopping".to_owned());
        };
        head.headers.insert(header::ETAG, tag);
        if let Some(link) = self.next.and_then(|parameter| next_link(&self.uri, parameter, &bytes))
        {
            head.headers.insert(header::LINK, link);
        }
        self.unless_known(Response::from_parts(head, Body::from(bytes)))
    }

    /// The answer, or that the client has it (RFC 9110 §13.1.2).
    fn unless_known(&self, mut response: Response) -> Response {
        let tag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok());
        if !tag.is_some_and(|tag| names(&self.known, header::IF_NONE_MATCH, tag)) {
            return response;
        }
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_DISPOSITION] {
            response.headers_mut().remove(name);
        }
        response
    }
}

/// The first parameter whose value does not have its form.
fn malformed(operation: &Operation, uri: &Uri) -> Option<Parameter> {
    let query = uri.query()?;
    let mut given = url::form_urlencoded::parse(query.as_bytes());
    given.find_map(|(name, value)| {
        let known = operation.parameters().find(|known| known.name == name)?;
        (!known.admits(&value)).then_some(known)
    })
}

/// A strong entity tag (RFC 9110 §8.8.3): what the bytes are.
async fn tag(bytes: &Bytes, size: u64) -> Option<HeaderValue> {
    let digest = if size < LONG {
        Digest::of(bytes)
    } else {
        let bytes = bytes.clone();
        tokio::task::spawn_blocking(move || Digest::of(&bytes)).await.ok()?
    };
    HeaderValue::from_str(&format!("\"{}\"", digest.hex())).ok()
}

/// What every list in pages has.
#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    next: Option<Place>,
}

/// Where the next page begins.
#[derive(Deserialize)]
#[serde(untagged)]
enum Place {
    Number(i64),
    Text(String),
}

/// `Link` to the next page (RFC 8288): the same address with another place; none on the last page.
fn next_link(uri: &Uri, parameter: &str, bytes: &[u8]) -> Option<HeaderValue> {
    let place = match serde_json::from_slice::<Listed>(bytes).ok()?.next? {
        Place::Number(number) => number.to_string(),
        Place::Text(text) => text,
    };
    link_to(uri, parameter, &place)
}

/// `Link` to the page of the same address that begins at `place`.
pub(crate) fn link_to(uri: &Uri, parameter: &str, place: &str) -> Option<HeaderValue> {
    let query = uri.query().unwrap_or_default();
    let kept = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != parameter);
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .append_pair(parameter, place)
        .finish();
    HeaderValue::try_from(format!("<{}?{query}>; rel=\"next\"", uri.path())).ok()
}

/// Around the handlers themselves: the content of an answer to `HEAD` is there no more further out.
pub(crate) async fn tags(mut request: Request, next: Next) -> Response {
    let Some(asked) = request.extensions_mut().remove::<Asked>() else {
        return next.run(request).await;
    };
    let response = next.run(request).await;
    if !response.status().is_success() {
        return in_json(response).await;
    }
    if asked.is_read { asked.tagged(response).await } else { response }
}

/// A failure as JSON with a code, where something before the handlers answered in plain text.
async fn in_json(response: Response) -> Response {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_json = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if is_json || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let text = to_bytes(body, MAX_TEXT).await.unwrap_or_default();
    let text = std::str::from_utf8(&text).unwrap_or_default();
    let reason = || status.canonical_reason().unwrap_or("failed").to_lowercase();
    let text = if text.is_empty() { reason() } else { text.to_owned() };
    let body = Json(ApiErrorBody::new(code(status), text)).into_response();
    head.headers.remove(header::CONTENT_LENGTH);
    if let Some(kind) = body.headers().get(header::CONTENT_TYPE) {
        head.headers.insert(header::CONTENT_TYPE, kind.clone());
    }
    Response::from_parts(head, body.into_body())
}

fn code(status: StatusCode) -> ApiCode {
    match status {
        StatusCode::UNAUTHORIZED => ApiCode::Unauthorized,
        StatusCode::FORBIDDEN => ApiCode::Denied,
        StatusCode::NOT_FOUND => ApiCode::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => ApiCode::MethodNotAllowed,
        StatusCode::MISDIRECTED_REQUEST => ApiCode::Misdirected,
        StatusCode::TOO_MANY_REQUESTS => ApiCode::TooManyRequests,
        StatusCode::SERVICE_UNAVAILABLE => ApiCode::Busy,
        status if status.is_client_error() => ApiCode::BadRequest,
        _ => ApiCode::Internal,
    }
}

/// A failure with a code.
pub(crate) fn as_error(code: ApiCode, text: String) -> Response {
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(ApiErrorBody::new(code, text))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(uri: &str, parameter: &str, body: &str) -> Option<String> {
        let value = next_link(&uri.parse().unwrap(), parameter, body.as_bytes())?;
        Some(value.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_link_is_the_same_question_from_another_place() {
        let found = link("/api/v1/kits?after=a&limit=2", "after", r#"{"next":"b/c&d"}"#);
        let wanted = "</api/v1/kits?limit=2&after=b%2Fc%26d>; rel=\"next\"";
        assert_eq!(found.as_deref(), Some(wanted));
        let found = link("/api/v1/search?base=x&base=y", "offset", r#"{"hits":[],"next":20}"#);
        let wanted = "</api/v1/search?base=x&base=y&offset=20>; rel=\"next\"";
        assert_eq!(found.as_deref(), Some(wanted));
        let path = "/api/v1/kits/a%2Fb/versions";
        let found = link(path, "after", r#"{"next":"v1"}"#);
        assert_eq!(found.unwrap(), format!("<{path}?after=v1>; rel=\"next\""));
    }

    #[test]
    fn the_last_page_leads_nowhere() {
        for body in [r#"{"next":null}"#, "{}", "[]", "", r#"{"next":{}}"#, "{\"next\":\"\n"] {
            assert_eq!(link("/api/v1/kits", "after", body), None, "{body}");
        }
        let found = link("/api/v1/kits", "after", r#"{"next":"\r\nX: y>"}"#).unwrap();
        assert_eq!(found, "</api/v1/kits?after=%0D%0AX%3A+y%3E>; rel=\"next\"");
    }

    #[test]
    fn each_status_has_a_code_of_its_status() {
        for status in [400, 401, 403, 404, 405, 421, 429, 500, 503] {
            let code = code(StatusCode::from_u16(status).unwrap());
            assert_eq!(code.status(), status);
        }
        assert_eq!(code(StatusCode::PAYLOAD_TOO_LARGE), ApiCode::BadRequest);
    }
}

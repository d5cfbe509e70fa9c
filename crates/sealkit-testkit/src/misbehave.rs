//! The layer around the registry that does what the faults say.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sealkit_oci::{Digest, ErrorBody, ErrorCode};

use crate::auth::{self, Tokens};
use crate::faults::{FaultSet, Faults, Instead};
use crate::record::{Entry, RequestLog};
use crate::shape::{Shape, receive, shape};

#[derive(Clone, Debug, Default)]
pub(crate) struct Stage {
    pub(crate) faults: Faults,
    pub(crate) log: RequestLog,
    pub(crate) tokens: Tokens,
    pub(crate) is_tls: bool,
}

pub(crate) async fn play(State(stage): State<Stage>, request: Request, next: Next) -> Response {
    let faults = stage.faults.get();
    let headers = request.headers().clone();
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let entry = stage.log.add(method.clone(), uri.clone(), headers.clone());
    if uri.path() == "/token" {
        let answer = stage.tokens.issue(&faults.auth, uri.query().unwrap_or_default(), &headers);
        return close(answer, Shape::default(), &entry);
    }
    let refused = auth::check(&faults.auth, &stage, &method, uri.path(), &headers);
    let early = refused.or_else(|| stage.refuse(&faults, &method, &uri, &headers));
    if let Some(answer) = early {
        return close(answer, Shape::default(), &entry);
    }
    let request = change_request(request, &faults, &entry);
    let answer = change_answer(next.run(request).await, &faults, &method, &uri);
    let shape = stage.blob_shape(&faults, &method, &uri);
    close(answer, shape, &entry)
}

fn close(answer: Response, how: Shape, entry: &Arc<Entry>) -> Response {
    entry.status.store(answer.status().as_u16(), Ordering::Release);
    let (parts, body) = answer.into_parts();
    Response::from_parts(parts, shape(body, how, Arc::clone(entry)))
}

impl Stage {
    /// The answers that are given without asking the registry.
    fn refuse(
        &self,
        faults: &FaultSet,
        method: &Method,
        uri: &Uri,
        headers: &axum::http::HeaderMap,
    ) -> Option<Response> {
        let path = uri.path();
        if self.faults.spend(|faults| &mut faults.too_many_requests) {
            let mut answer = error(StatusCode::TOO_MANY_REQUESTS, ErrorCode::TooManyRequests);
            if let Some(seconds) = faults.retry_after {
                answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            return Some(answer);
        }
        if self.faults.spend(|faults| &mut faults.server_errors) {
            return Some(StatusCode::SERVICE_UNAVAILABLE.into_response());
        }
        if let Some(instead) = faults.instead.iter().find(|one| path.ends_with(&one.path_end)) {
            return Some(answer(instead));
        }
        if faults.no_referrers && path.contains("/referrers/") {
            return Some(StatusCode::NOT_FOUND.into_response());
        }
        let redirect = faults.redirect_blobs.as_ref().filter(|_| *method == Method::GET);
        if let Some(to) = redirect.filter(|_| is_blob(path)) {
            let location = HeaderValue::try_from(format!("{to}{path}")).expect("paths are plain");
            return Some(
                (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location)]).into_response(),
            );
        }
        if *method != Method::PATCH {
            return None;
        }
        if self.faults.spend(|faults| &mut faults.forget_uploads) {
            return Some(error(StatusCode::NOT_FOUND, ErrorCode::BlobUploadUnknown));
        }
        let length = headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse::<u64>().ok()?;
        let too_small = faults.min_chunk.is_some_and(|least| length < least);
        too_small.then(|| error(StatusCode::BAD_REQUEST, ErrorCode::SizeInvalid))
    }

    fn blob_shape(&self, faults: &FaultSet, method: &Method, uri: &Uri) -> Shape {
        if *method != Method::GET || !is_blob(uri.path()) {
            return Shape::default();
        }
        let mut cut_after = faults.drop_after;
        if cut_after.is_some() && faults.drops.is_some() {
            let spent = self.faults.spend(|faults| faults.drops.get_or_insert(0));
            cut_after = cut_after.filter(|_| spent);
        }
        Shape {
            flip_first: faults.wrong_bytes,
            end_after: faults.short_body,
            cut_after,
            bytes_per_second: faults.bytes_per_second,
        }
    }
}

fn answer(instead: &Instead) -> Response {
    let mut answer = Response::new(Body::from(instead.body.clone()));
    *answer.status_mut() = StatusCode::from_u16(instead.status).expect("the test names a status");
    answer.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(instead.body.len()));
    for (name, value) in &instead.headers {
        let value = HeaderValue::try_from(value).expect("the test names a header value");
        answer.headers_mut().insert(*name, value);
    }
    answer
}

fn error(status: StatusCode, code: ErrorCode) -> Response {
    (status, Json(ErrorBody::one(code, "as the test wants"))).into_response()
}

fn is_blob(path: &str) -> bool {
    path.contains("/blobs/") && !path.contains("/blobs/uploads")
}

fn change_request(request: Request, faults: &FaultSet, entry: &Arc<Entry>) -> Request {
    let (mut parts, body) = request.into_parts();
    if faults.no_range {
        parts.headers.remove(header::RANGE);
    }
    if faults.no_mounts && parts.uri.query().is_some_and(|query| query.contains("mount=")) {
        parts.uri = parts.uri.path().parse().expect("a path alone is a URI");
    }
    if let Some((tag, digest)) = faults.moved_tag.as_ref().filter(|_| parts.method == Method::GET) {
        let path = parts.uri.path();
        if let Some(name) = path.strip_suffix(&format!("/manifests/{tag}")) {
            let moved = format!("{name}/manifests/{digest}");
            parts.uri = moved.parse().expect("a digest is plain text");
        }
    }
    let most = faults.short_accept.filter(|_| parts.method == Method::PATCH);
    if most.is_some() {
        // The chunk that the registry sees is shorter than the one that was sent.
        parts.headers.remove(header::CONTENT_LENGTH);
        parts.headers.remove(header::CONTENT_RANGE);
    }
    Request::from_parts(parts, receive(body, most, Arc::clone(entry)))
}

fn change_answer(answer: Response, faults: &FaultSet, method: &Method, uri: &Uri) -> Response {
    let (mut parts, body) = answer.into_parts();
    let path = uri.path();
    let is_content = parts.status.is_success() && (is_blob(path) || path.contains("/manifests/"));
    if faults.wrong_digest && parts.headers.contains_key("docker-content-digest") {
        let wrong = HeaderValue::try_from(Digest::of(b"").to_string()).expect("plain text");
        parts.headers.insert("docker-content-digest", wrong);
    }
    if faults.no_referrers {
        parts.headers.remove("oci-subject");
    }
    if let Some(least) = faults.min_chunk.filter(|_| *method == Method::POST) {
        parts.headers.insert("oci-chunk-min-length", HeaderValue::from(least));
    }
    if faults.no_range && is_blob(path) {
        parts.headers.remove(header::ACCEPT_RANGES);
    }
    if is_content && matches!(*method, Method::GET | Method::HEAD) {
        if let Some(length) = faults.wrong_length {
            parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        let whole = content_length(&parts.headers);
        if let (Some(end), Some(whole), true) = (faults.short_body, whole, is_blob(path)) {
            parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(end.min(whole)));
        }
    }
    if faults.endless_pages && (path.ends_with("/tags/list") || path.contains("/referrers/")) {
        let next = format!("<{path}?n=1&last=page>; rel=\"next\"");
        parts.headers.insert(header::LINK, HeaderValue::try_from(next).expect("plain text"));
    }
    Response::from_parts(parts, Body::new(body))
}

fn content_length(headers: &axum::http::HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

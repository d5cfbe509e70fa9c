//! One request and its answer.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use reqwest::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Response, StatusCode};
use sealkit_oci::ErrorBody;
use url::Url;

use crate::auth::Scopes;
use crate::error::Broken;
use crate::{RemoteError, redact};

/// Largest error body that is read.
const MAX_ERROR_BODY: usize = 64 * 1024;

/// The body of a request. It can be sent any number of times.
#[derive(Clone, Default)]
pub(crate) struct Payload(Vec<Bytes>);

impl Payload {
    pub(crate) fn new(pieces: Vec<Bytes>) -> Self {
        Self(pieces)
    }

    pub(crate) fn len(&self) -> u64 {
        self.0.iter().map(|piece| piece.len() as u64).sum()
    }
}

impl From<Bytes> for Payload {
    fn from(bytes: Bytes) -> Self {
        Self(vec![bytes])
    }
}

/// One request.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Payload,
    /// What a token must allow.
    pub(crate) scopes: Scopes,
    /// What it is for, e.g. ``fetch manifest `v1` ``: for offline mode and errors.
    pub(crate) what: String,
    /// How long to wait for the head of the answer.
    pub(crate) timeout: Duration,
    /// Whether temporary failures are retried here. Where not, the caller finds out what arrived.
    pub(crate) retry: bool,
    /// Whether redirects are refused: for bodies that hold a secret.
    pub(crate) stay: bool,
}

impl Call {
    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        // A value that is no header text can not come from a parsed digest, tag or number; a media
        // type that is none is left out, and the registry says so.
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Payload>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    pub(crate) fn stay(mut self) -> Self {
        self.stay = true;
        self
    }

    pub(crate) fn once(mut self) -> Self {
        self.retry = false;
        self
    }

    /// The body for reqwest, and its length where there must be one.
    pub(crate) fn attach(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        if matches!(self.method, Method::GET | Method::HEAD | Method::DELETE) {
            return request;
        }
        let request = request.header(CONTENT_LENGTH, self.body.len());
        if self.body.len() == 0 {
            return request;
        }
        let pieces = self.body.0.clone().into_iter().map(Ok::<_, std::io::Error>);
        request.body(reqwest::Body::wrap_stream(stream::iter(pieces)))
    }
}

/// The head of an answer; the body comes through [`Reply::chunk`].
pub(crate) struct Reply {
    pub(crate) response: Response,
    /// The URL that answered, after redirects.
    pub(crate) url: Url,
    /// Whether a redirect led to another host.
    pub(crate) left_home: bool,
    pub(crate) idle: Duration,
    pub(crate) what: String,
}

impl Reply {
    pub(crate) fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// A header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// The next bytes of the body, none at its end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, RemoteError> {
        match tokio::time::timeout(self.idle, self.response.chunk()).await {
            Ok(Ok(chunk)) => Ok(chunk),
            Ok(Err(error)) => Err(super::broken::connection(&self.what, error)),
            Err(elapsed) => Err(RemoteError::Connection {
                what: self.what.clone(),
                broken: Broken::Timeout,
                source: Box::new(elapsed),
            }),
        }
    }

    /// The whole body, none where it is larger than `limit`.
    pub(crate) async fn bytes(&mut self, limit: usize) -> Result<Option<Bytes>, RemoteError> {
        let mut all = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            if all.len() + chunk.len() > limit {
                return Ok(None);
            }
            all.extend_from_slice(&chunk);
        }
        Ok(Some(all.into()))
    }

    /// What the registry says in its error body, or the status in words.
    pub(crate) async fn words(&mut self) -> String {
        let body = self.error_body().await;
        self.said(&body)
    }

    /// The answer as an error.
    pub(crate) async fn refusal(mut self) -> RemoteError {
        let status = self.status().as_u16();
        let body = self.error_body().await;
        let is_about_https = || {
            let text = String::from_utf8_lossy(&body).to_ascii_lowercase();
            text.contains("http") && text.contains("https")
        };
        let wants_https = status == 400 && self.url.scheme() == "http" && is_about_https();
        RemoteError::Status { status, reply: self.said(&body), wants_https }
    }

    async fn error_body(&mut self) -> Bytes {
        self.bytes(MAX_ERROR_BODY).await.ok().flatten().unwrap_or_default()
    }

    fn said(&self, body: &[u8]) -> String {
        let parsed: Option<ErrorBody> = serde_json::from_slice(body).ok();
        if let Some(first) = parsed.as_ref().and_then(|parsed| parsed.errors.first()) {
            let mut text = first.code.clone();
            if !first.message.is_empty() {
                text = format!("{text}: {}", first.message);
            }
            return redact::foreign(&text);
        }
        // What a hub's API says of a failure.
        let parsed: Option<serde_json::Value> = serde_json::from_slice(body).ok();
        let message = parsed.as_ref().and_then(|parsed| parsed.get("message")?.as_str());
        if let Some(message) = message.filter(|message| !message.is_empty()) {
            return redact::foreign(message);
        }
        // Pages of proxies are not for people who read terminals.
        let is_text = self.header("content-type").is_none_or(|kind| kind.starts_with("text/plain"));
        let text = String::from_utf8_lossy(body);
        if is_text && !text.trim().is_empty() {
            return redact::foreign(&text);
        }
        self.status().canonical_reason().unwrap_or("an unknown status").to_lowercase()
    }
}

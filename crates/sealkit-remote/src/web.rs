//! Plain HTTP for services that are not registries (Hugging Face, S3), with the same connections,
//! limits, retries and redirect rules: credentials go to the host of the first URL alone.

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName};
use url::Url;

use crate::auth::Scopes;
use crate::client::{Call, Payload, Reply};
use crate::{Client, RemoteError, Secret, redact};

/// One request without a body.
#[derive(Clone, Debug)]
pub struct WebCall {
    /// Where to.
    pub url: Url,
    /// Whether only the head of the answer is wanted.
    pub head: bool,
    /// Headers beside those that the client sets itself.
    pub headers: Vec<(&'static str, String)>,
    /// The `Authorization` header; it never follows a redirect to another host.
    pub authorization: Option<Secret>,
    /// What it is for, e.g. ``list `org/model` ``: for offline mode and errors.
    pub what: String,
}

impl WebCall {
    /// A GET.
    pub fn get(url: Url, what: impl Into<String>) -> Self {
        Self { url, head: false, headers: Vec::new(), authorization: None, what: what.into() }
    }

    /// The same call with a header more.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// The head of an answer of any status; the body comes through [`WebReply::chunk`].
pub struct WebReply(Reply);

impl std::fmt::Debug for WebReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("WebReply").field(&self.status()).finish()
    }
}

impl WebReply {
    /// HTTP status.
    pub fn status(&self) -> u16 {
        self.0.status().as_u16()
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0.header(name)
    }

    /// The next bytes of the body, none at its end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, RemoteError> {
        self.0.chunk().await
    }

    /// The whole body, none where it has more than `limit` bytes.
    pub async fn bytes(&mut self, limit: usize) -> Result<Option<Bytes>, RemoteError> {
        self.0.bytes(limit).await
    }
}

impl Client {
    /// Sends a request to any service. Busy answers and broken connections are tried again; any
    /// other status comes back as it is.
    pub async fn web(&self, call: &WebCall) -> Result<WebReply, RemoteError> {
        let inner = Call {
            method: if call.head { Method::HEAD } else { Method::GET },
            url: call.url.clone(),
            headers: HeaderMap::new(),
            body: Payload::default(),
            scopes: Scopes::none(),
            what: call.what.clone(),
            timeout: self.options().timeouts.idle,
            retry: true,
            stay: false,
        };
        let add = |inner: Call, (name, value): &(&'static str, String)| {
            inner.header(HeaderName::from_static(name), value)
        };
        let inner = call.headers.iter().fold(inner, add);
        Ok(WebReply(self.send_bare(&inner, call.authorization.as_ref()).await?))
    }
}

/// Whether two URLs have the same scheme, host and port.
pub fn same_origin(one: &Url, other: &Url) -> bool {
    redact::same_origin(one, other)
}

/// A text of the other side as it may be shown: one line, no control characters, shortened.
pub fn shown(text: &str) -> String {
    redact::foreign(text)
}

/// What a person gave for an address, be it one or not, as it may be shown: one line, without user,
/// password, query and fragment.
pub fn shown_address(text: &str) -> String {
    redact::address(text)
}

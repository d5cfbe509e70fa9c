//! Small documents that a registry serves beside its repositories, e.g. those of a hub's log.

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use sealkit_store::StoreError;

use crate::auth::Scopes;
use crate::client::{Call, Payload};
use crate::{Client, RemoteError};

impl Client {
    /// The document at `path` of `registry` (`host` or `host:port`), with the credentials that are
    /// stored for it; none where the registry has none. One that is larger than `limit` bytes, and
    /// every other answer, is an error.
    pub async fn document(
        &self,
        registry: &str,
        path: &str,
        limit: usize,
    ) -> Result<Option<Bytes>, StoreError> {
        let what = format!("fetch `{path}` from {registry}");
        self.exchange(registry, (Method::GET, path, None), what, limit).await
    }

    /// Puts a JSON document at `path` of `registry`; gives the answer of at most `limit` bytes, none where
    /// there is no such place.
    pub async fn put_document(
        &self,
        registry: &str,
        path: &str,
        json: Bytes,
        limit: usize,
    ) -> Result<Option<Bytes>, StoreError> {
        let what = format!("put `{path}` to {registry}");
        self.exchange(registry, (Method::PUT, path, Some(json)), what, limit).await
    }

    /// Asks with a JSON document at `path` of `registry`, which changes nothing there, so that it may be sent again;
    /// gives the answer of at most `limit` bytes, none where there is no such place.
    pub async fn ask_with_document(
        &self,
        registry: &str,
        path: &str,
        json: Bytes,
        limit: usize,
    ) -> Result<Option<Bytes>, StoreError> {
        let what = format!("ask `{path}` of {registry}");
        self.exchange(registry, (Method::POST, path, Some(json)), what, limit).await
    }

    /// Removes the document at `path` of `registry`; false where there is none.
    pub async fn delete_document(&self, registry: &str, path: &str) -> Result<bool, StoreError> {
        let what = format!("delete `{path}` from {registry}");
        let gone = self.exchange(registry, (Method::DELETE, path, None), what, 0).await?;
        Ok(gone.is_some())
    }

    async fn exchange(
        &self,
        registry: &str,
        (method, path, json): (Method, &str, Option<Bytes>),
        what: String,
        limit: usize,
    ) -> Result<Option<Bytes>, StoreError> {
        let failed = |error: RemoteError| error.at(registry);
        let endpoint = self.endpoint(registry).map_err(failed)?;
        let url = endpoint.base.join(path);
        let url = url.map_err(|_| failed(RemoteError::Protocol("a path that is no URL".into())))?;
        let mut headers = HeaderMap::new();
        if json.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        // What is to be worked out is waited for as long as what is to be put together.
        let timeouts = &self.options().timeouts;
        let timeout = if method == Method::POST { timeouts.commit } else { timeouts.idle };
        let call = Call {
            stay: method != Method::GET,
            method,
            url,
            headers,
            body: json.map(Payload::from).unwrap_or_default(),
            scopes: Scopes::none(),
            what,
            timeout,
            retry: true,
        };
        let mut reply = self.send(&endpoint, &call).await.map_err(failed)?;
        match reply.status().as_u16() {
            200 | 201 | 204 => {
                let bytes = reply.bytes(limit).await.map_err(failed)?;
                let long =
                    || RemoteError::Protocol(format!("`{path}` with more than {limit} bytes"));
                bytes.map(Some).ok_or_else(|| failed(long()))
            }
            404 => Ok(None),
            _ => Err(failed(reply.refusal().await)),
        }
    }
}

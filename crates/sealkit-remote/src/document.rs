//! Small documents that a registry serves beside its repositories, e.g. those of a hub's log.

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::HeaderMap;
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
        let failed = |error: RemoteError| error.at(registry);
        let endpoint = self.endpoint(registry).map_err(failed)?;
        let url = endpoint.base.join(path);
        let url = url.map_err(|_| failed(RemoteError::Protocol("a path that is no URL".into())))?;
        let call = Call {
            method: Method::GET,
            url,
            headers: HeaderMap::new(),
            body: Payload::default(),
            scopes: Scopes::none(),
            what: format!("fetch `{path}` from {registry}"),
            timeout: self.options().timeouts.idle,
            retry: true,
            stay: false,
        };
        let mut reply = self.send(&endpoint, &call).await.map_err(failed)?;
        match reply.status().as_u16() {
            200 => {
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

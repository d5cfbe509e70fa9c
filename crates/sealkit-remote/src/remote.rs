//! One repository of one registry.

use std::sync::Arc;

use reqwest::Method;
use reqwest::header::HeaderMap;
use sealkit_oci::{Reference, Target};
use sealkit_store::{Repository, StoreError};
use url::Url;

use crate::auth::Scopes;
use crate::client::{Call, Client, Endpoint, Payload, Reply};
use crate::{RemoteError, redact};

/// A registry name under which any repository name can be checked.
const ANY_REGISTRY: &str = "registry.invalid";

/// One repository of one registry, as a store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Remote {
    pub(crate) client: Arc<Client>,
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) repository: String,
    /// Only its repository counts: it checks tags.
    shape: Reference,
}

impl Remote {
    /// The repository of this name in `registry` (`host` or `host:port`). Nothing is sent yet.
    pub fn new(registry: &str, repository: &str, client: Arc<Client>) -> Result<Self, StoreError> {
        let shape = Reference::new(ANY_REGISTRY, repository)?;
        let endpoint = client.endpoint(registry).map_err(|error| error.at(registry))?;
        Ok(Self { client, endpoint, repository: repository.to_owned(), shape })
    }

    /// The client it was made with.
    pub fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// `registry/repository`.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.endpoint.name, self.repository)
    }

    /// An error with this place in it.
    pub(crate) fn failed(&self, error: RemoteError) -> StoreError {
        error.at(self.name())
    }

    /// A protocol error with this place in it.
    pub(crate) fn broken(&self, reason: impl Into<String>) -> StoreError {
        self.failed(RemoteError::Protocol(reason.into()))
    }

    pub(crate) fn absent(&self, what: &'static str, name: impl ToString) -> StoreError {
        StoreError::NotFound { what, name: name.to_string(), place: self.name() }
    }

    /// The URL of `path` inside this repository.
    pub(crate) fn url(&self, path: &str) -> Result<Url, StoreError> {
        let full = format!("v2/{}/{path}", self.repository);
        self.endpoint.base.join(&full).map_err(|_| self.broken("a path that is no URL"))
    }

    /// The URL of a manifest; a tag that breaks the naming rule is refused before it is sent.
    pub(crate) fn manifest_url(&self, target: &Target) -> Result<Url, StoreError> {
        if let Target::Tag(tag) = target {
            self.shape.with_tag(tag)?;
        }
        self.url(&format!("manifests/{target}"))
    }

    /// A request to this repository. `what` completes "would have to …".
    pub(crate) fn call(&self, method: Method, url: Url, what: impl Into<String>) -> Call {
        let scopes = match method {
            Method::GET | Method::HEAD => Scopes::pull(&self.repository),
            Method::DELETE => Scopes::delete(&self.repository),
            _ => Scopes::push(&self.repository),
        };
        Call {
            method,
            url,
            headers: HeaderMap::new(),
            body: Payload::default(),
            scopes,
            what: format!("{} in {}", what.into(), self.name()),
            timeout: self.client.options().timeouts.idle,
            retry: true,
            stay: false,
        }
    }

    pub(crate) async fn send(&self, call: &Call) -> Result<Reply, StoreError> {
        let sent = self.client.send(&self.endpoint, call).await;
        sent.map_err(|error| self.failed(error))
    }

    /// An answer that is not what was hoped for, as an error.
    pub(crate) async fn refused(&self, reply: Reply) -> StoreError {
        self.failed(reply.refusal().await)
    }

    /// Whether a URL belongs to the registry itself.
    pub(crate) fn is_home(&self, url: &Url) -> bool {
        redact::same_origin(url, &self.endpoint.base)
    }
}

impl Repository for Remote {
    fn place(&self) -> String {
        self.name()
    }
}

//! One client for all registries: sends requests with authentication, retries and redirects.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use tokio::sync::Semaphore;
use url::Url;

use crate::auth::{Keyring, Scopes};
use crate::options::{ClientOptions, Proxy};
use crate::upload::Sessions;
use crate::{RemoteError, Secret, redact};

mod broken;
mod call;
mod follow;
mod retry;
mod stream;
mod tls;

pub(crate) use call::{Call, Payload, Reply};
pub(crate) use follow::check_next;
pub(crate) use retry::{asked_wait, is_temporary};
pub(crate) use stream::Streamed;
pub(crate) use tls::config as tls_config;

/// Docker Hub, as references call it and where its API is.
pub(crate) const DOCKER_HUB: &str = "docker.io";
const DOCKER_HUB_API: &str = "registry-1.docker.io";

/// A client for any number of registries. It keeps connections, tokens and upload positions; make
/// one and share it.
#[derive(Debug)]
pub struct Client {
    options: ClientOptions,
    http: OnceLock<reqwest::Client>,
    endpoints: Mutex<HashMap<String, Arc<Endpoint>>>,
    sessions: Sessions,
    waiting: Semaphore,
}

/// One registry: its address and what it was shown.
#[derive(Debug)]
pub(crate) struct Endpoint {
    /// As people write it: `host` or `host:port`.
    pub(crate) name: String,
    /// `scheme://host:port/`.
    pub(crate) base: Url,
    pub(crate) keyring: Keyring,
}

impl Client {
    /// A client with these options. No connection is made and no file is read yet.
    pub fn new(options: ClientOptions) -> Self {
        let waiting = Semaphore::new(options.concurrency.clamp(1, 1024));
        let sessions = Sessions::new(options.session_dir.clone());
        Self { options, http: OnceLock::new(), endpoints: Mutex::default(), sessions, waiting }
    }

    /// The options.
    pub fn options(&self) -> &ClientOptions {
        &self.options
    }

    /// Asks the base of the API (distribution-spec end-1), and gives whether the registry wanted to
    /// know who asks.
    pub async fn ping(&self, registry: &str) -> Result<bool, RemoteError> {
        let endpoint = self.endpoint(registry)?;
        let call = Call {
            method: Method::GET,
            url: endpoint.base.join("v2/").unwrap_or_else(|_| endpoint.base.clone()),
            headers: HeaderMap::new(),
            body: Payload::default(),
            scopes: Scopes::none(),
            what: format!("ask {registry} whether it is a registry"),
            timeout: self.options.timeouts.idle,
            retry: true,
            stay: false,
        };
        let reply = self.send(&endpoint, &call).await?;
        match reply.status() {
            StatusCode::OK => Ok(endpoint.keyring.was_asked().await),
            _ => Err(reply.refusal().await),
        }
    }

    /// Uploads that can be gone on with.
    pub(crate) fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// The registry of this name (`host` or `host:port`).
    pub(crate) fn endpoint(&self, registry: &str) -> Result<Arc<Endpoint>, RemoteError> {
        let mut endpoints = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = endpoints.get(registry) {
            return Ok(Arc::clone(known));
        }
        let scheme = if self.options.plain_http { "http" } else { "https" };
        let host = if registry == DOCKER_HUB { DOCKER_HUB_API } else { registry };
        let base = Url::parse(&format!("{scheme}://{host}/"))
            .ok()
            .filter(|url| url.path() == "/" && url.username().is_empty() && url.query().is_none());
        let base = base.ok_or_else(|| RemoteError::Option {
            option: "registry",
            reason: format!("`{}` is not a host or host:port", redact::foreign(registry)),
        })?;
        let name = registry.to_owned();
        let endpoint = Arc::new(Endpoint { name, base, keyring: Keyring::default() });
        endpoints.insert(registry.to_owned(), Arc::clone(&endpoint));
        Ok(endpoint)
    }

    /// Sends a request to a registry, or to where the registry sent us: with authentication,
    /// redirects, and retries where the call allows them. Any status but 401 comes back as it is.
    pub(crate) async fn send(
        &self,
        endpoint: &Endpoint,
        call: &Call,
    ) -> Result<Reply, RemoteError> {
        self.wall(call)?;
        let mut count = 0;
        loop {
            let result = self.authorized(endpoint, call).await;
            let Some(wait) = self.again(call, count, &result) else { return result };
            drop(result);
            tokio::time::sleep(wait).await;
            count += 1;
        }
    }

    /// Sends a request that carries its own authorization, if any: for token services.
    pub(crate) async fn send_bare(
        &self,
        call: &Call,
        authorization: Option<&Secret>,
    ) -> Result<Reply, RemoteError> {
        self.wall(call)?;
        let mut count = 0;
        loop {
            let result = self.follow(call, authorization, &call.url).await;
            let Some(wait) = self.again(call, count, &result) else { return result };
            drop(result);
            tokio::time::sleep(wait).await;
            count += 1;
        }
    }

    /// How long to wait before the same is tried again, none where it is not.
    fn again(
        &self,
        call: &Call,
        count: u32,
        result: &Result<Reply, RemoteError>,
    ) -> Option<Duration> {
        let asked = match result {
            Ok(reply) if retry::is_temporary(reply.status()) => {
                retry::asked_wait(reply.response.headers(), SystemTime::now())
            }
            Err(error) if error.is_temporary() => None,
            _ => return None,
        };
        self.options.retry.wait(count, asked).filter(|_| call.retry)
    }

    fn wall(&self, call: &Call) -> Result<(), RemoteError> {
        if self.options.offline {
            return Err(RemoteError::Offline { what: call.what.clone() });
        }
        Ok(())
    }

    /// Waits as before retry `count` of a failed transfer, longer where the registry asked for it;
    /// false when it is time to give up.
    pub async fn pause(&self, count: u32, asked: Option<Duration>) -> bool {
        let Some(wait) = self.options.retry.wait(count, asked) else { return false };
        tokio::time::sleep(wait).await;
        true
    }

    async fn authorized(&self, endpoint: &Endpoint, call: &Call) -> Result<Reply, RemoteError> {
        // Only the registry itself is shown what was stored for it.
        if !redact::same_origin(&call.url, &endpoint.base) {
            return self.follow(call, None, &call.url).await;
        }
        let shown = endpoint.keyring.ready(self, endpoint, &call.scopes).await?;
        let mut reply = self.follow(call, shown.as_ref(), &endpoint.base).await?;
        if reply.status() != StatusCode::UNAUTHORIZED {
            return Ok(reply);
        }
        if reply.left_home {
            return Err(reply.refusal().await);
        }
        let challenges = reply.challenges();
        let again =
            endpoint.keyring.renew(self, endpoint, &call.scopes, &challenges, shown).await?;
        if let Some(again) = again {
            reply = self.follow(call, Some(&again), &endpoint.base).await?;
            if reply.status() != StatusCode::UNAUTHORIZED {
                return Ok(reply);
            }
        }
        let words = reply.words().await;
        Err(endpoint.keyring.unauthorized(endpoint, words).await)
    }

    fn http(&self) -> Result<&reqwest::Client, RemoteError> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        let built = self.build()?;
        Ok(self.http.get_or_init(|| built))
    }

    /// HTTP/1.1 only: blobs travel on connections of their own instead of sharing one window.
    fn build(&self) -> Result<reqwest::Client, RemoteError> {
        let options = &self.options;
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::config(options)?)
            .redirect(reqwest::redirect::Policy::none())
            .http1_only()
            .referer(false)
            .user_agent(&options.user_agent)
            .connect_timeout(options.timeouts.connect)
            .pool_max_idle_per_host(options.concurrency.clamp(1, 64))
            .tcp_nodelay(true);
        builder = match &options.proxy {
            Proxy::System => builder,
            Proxy::Direct => builder.no_proxy(),
            Proxy::Url(url) => {
                let proxy = reqwest::Proxy::all(url).map_err(|_| RemoteError::Option {
                    option: "--proxy",
                    reason: "it is not a URL of a proxy".to_owned(),
                })?;
                builder.no_proxy().proxy(proxy)
            }
        };
        builder.build().map_err(|error| RemoteError::Option {
            option: "client",
            reason: error.without_url().to_string(),
        })
    }
}

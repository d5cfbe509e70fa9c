//! Authentication against one registry (distribution-spec §Authentication, token specification):
//! anonymous, Basic, or Bearer with a token service.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::Mutex;
use url::Url;

use crate::client::{Client, Endpoint};
use crate::credentials::{Credential, Found};
use crate::{RemoteError, Secret, redact};

pub(crate) mod challenge;
mod scopes;
mod token;

use challenge::Challenge;
pub(crate) use scopes::Scopes;

/// What one registry asked for and what it gave.
#[derive(Debug, Default)]
pub(crate) struct Keyring(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    scheme: Option<Scheme>,
    tokens: HashMap<Scopes, Token>,
    lookup: Lookup,
}

/// Credentials are looked up once, when the registry asks for them.
#[derive(Debug, Default)]
enum Lookup {
    #[default]
    NotYet,
    Done(Option<Found>),
}

impl Lookup {
    fn found(&self) -> Option<&Found> {
        match self {
            Self::NotYet | Self::Done(None) => None,
            Self::Done(Some(found)) => Some(found),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Scheme {
    Basic,
    Bearer(Service),
}

/// A token service.
#[derive(Clone, Debug, PartialEq)]
struct Service {
    realm: Url,
    service: Option<String>,
}

#[derive(Debug)]
struct Token {
    header: Secret,
    expires: Instant,
}

impl Keyring {
    /// The `Authorization` for a request before the registry was asked: only what it has asked for
    /// earlier. A token that is about to expire is renewed here.
    pub(crate) async fn ready(
        &self,
        client: &Client,
        endpoint: &Endpoint,
        scopes: &Scopes,
    ) -> Result<Option<Secret>, RemoteError> {
        let mut state = self.0.lock().await;
        match state.scheme.clone() {
            None => Ok(None),
            Some(Scheme::Basic) => state.basic(client, endpoint).await,
            Some(Scheme::Bearer(service)) => {
                let fresh = state.tokens.get(scopes).filter(|t| t.expires > Instant::now());
                if let Some(token) = fresh {
                    return Ok(Some(token.header.clone()));
                }
                let token = state.fetch(client, endpoint, &service, scopes).await?;
                Ok(Some(state.keep(scopes, token)))
            }
        }
    }

    /// The `Authorization` to answer a 401 with, none where there is nothing else to show than what
    /// was `refused`.
    pub(crate) async fn renew(
        &self,
        client: &Client,
        endpoint: &Endpoint,
        scopes: &Scopes,
        challenges: &[Challenge],
        refused: Option<Secret>,
    ) -> Result<Option<Secret>, RemoteError> {
        let mut state = self.0.lock().await;
        let Some((scheme, asked)) = choose(endpoint, challenges)? else { return Ok(None) };
        state.scheme = Some(scheme.clone());
        let shown = match scheme {
            Scheme::Basic => state.basic(client, endpoint).await?,
            Scheme::Bearer(service) => {
                // Another request may have renewed the token while this one waited.
                if let Some(token) = state.tokens.get(scopes)
                    && Some(&token.header) != refused.as_ref()
                    && token.expires > Instant::now()
                {
                    return Ok(Some(token.header.clone()));
                }
                let wanted = scopes.with(asked.as_deref());
                let token = state.fetch(client, endpoint, &service, &wanted).await?;
                Some(state.keep(scopes, token))
            }
        };
        Ok(shown.filter(|shown| Some(shown) != refused.as_ref()))
    }

    /// Whether the registry has asked for any authentication.
    pub(crate) async fn was_asked(&self) -> bool {
        self.0.lock().await.scheme.is_some()
    }

    /// The error of a request that was refused for good.
    pub(crate) async fn unauthorized(&self, endpoint: &Endpoint, reply: String) -> RemoteError {
        self.0.lock().await.unauthorized(endpoint, reply)
    }
}

impl State {
    fn unauthorized(&self, endpoint: &Endpoint, reply: String) -> RemoteError {
        let origin = self.lookup.found().map(|found| found.origin.to_string());
        RemoteError::Unauthorized { registry: endpoint.name.clone(), reply, origin }
    }

    async fn credential(
        &mut self,
        client: &Client,
        endpoint: &Endpoint,
    ) -> Result<Option<Credential>, RemoteError> {
        if matches!(self.lookup, Lookup::NotYet) {
            self.lookup = Lookup::Done(client.options().credentials.find(&endpoint.name).await?);
        }
        Ok(self.lookup.found().map(|found| found.credential.clone()))
    }

    async fn basic(
        &mut self,
        client: &Client,
        endpoint: &Endpoint,
    ) -> Result<Option<Secret>, RemoteError> {
        Ok(match self.credential(client, endpoint).await? {
            Some(Credential::Basic { user, password }) => Some(basic_header(&user, &password)),
            // A token is no password: it is not shown to who did not ask for one.
            Some(Credential::Identity(_) | Credential::Token(_)) | None => None,
        })
    }

    fn keep(&mut self, scopes: &Scopes, token: Token) -> Secret {
        let header = token.header.clone();
        self.tokens.insert(scopes.clone(), token);
        header
    }

    /// A refresh token that the service replaced.
    fn rotate(&mut self, fresh: Secret) {
        if let Lookup::Done(Some(found)) = &mut self.lookup {
            found.credential = Credential::Identity(fresh);
        }
    }
}

fn basic_header(user: &str, password: &Secret) -> Secret {
    let plain = Secret::new(format!("{user}:{}", password.expose()));
    Secret::new(format!("Basic {}", STANDARD.encode(plain.expose())))
}

fn bearer_header(token: &Secret) -> Secret {
    Secret::new(format!("Bearer {}", token.expose()))
}

/// Bearer before Basic. None where the registry names no scheme that is known.
fn choose(
    endpoint: &Endpoint,
    challenges: &[Challenge],
) -> Result<Option<(Scheme, Option<String>)>, RemoteError> {
    if let Some(bearer) = challenges.iter().find(|c| c.scheme == "bearer") {
        let realm = bearer.param("realm").unwrap_or_default();
        let realm = check_realm(endpoint, realm)?;
        let service = bearer.param("service").map(str::to_owned);
        let scheme = Scheme::Bearer(Service { realm, service });
        return Ok(Some((scheme, bearer.param("scope").map(str::to_owned))));
    }
    let has_basic = challenges.iter().any(|c| c.scheme == "basic");
    Ok(has_basic.then_some((Scheme::Basic, None)))
}

/// The token service may be on another host: that is how registries work, and it is shown the
/// credential. So it must be encrypted, unless the registry itself is reached in plain HTTP, which
/// the user has to ask for.
fn check_realm(endpoint: &Endpoint, realm: &str) -> Result<Url, RemoteError> {
    let url = Url::parse(realm)
        .map_err(|_| RemoteError::Protocol("a challenge without a usable `realm`".to_owned()))?;
    let is_plain = endpoint.base.scheme() == "http";
    let is_safe = url.scheme() == "https" || (is_plain && url.scheme() == "http");
    if !is_safe
        || url.host_str().is_none()
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return Err(RemoteError::Redirect(format!(
            "token service `{}` is not an HTTPS address",
            redact::url(&url)
        )));
    }
    Ok(url)
}

/// When to stop using a token that lives for `seconds`: a little early, so that it does not expire
/// on the way.
fn expiry(now: Instant, seconds: u64) -> Instant {
    let life = Duration::from_secs(seconds.min(7 * 24 * 3600));
    let margin = (life / 4).min(Duration::from_secs(15));
    now + life.saturating_sub(margin)
}

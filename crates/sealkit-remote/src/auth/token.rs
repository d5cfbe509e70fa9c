//! Fetching tokens: GET with Basic or without anything, POST with a refresh token.

use std::time::Instant;

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde::Deserialize;
use url::Url;
use url::form_urlencoded::Serializer;

use super::{Scopes, Service, State, Token, basic_header, bearer_header, expiry};
use crate::client::{Call, Client, Endpoint, Payload, Reply};
use crate::credentials::Credential;
use crate::{RemoteError, Secret};

/// How this client names itself to token services.
const CLIENT_ID: &str = "sealkit";
/// Largest answer of a token service.
const MAX_ANSWER: usize = 1024 * 1024;
/// Life of a token whose answer does not say (token specification, `expires_in`).
const DEFAULT_LIFE: u64 = 60;

/// The answer of a token service. It has no debug form: all of it is secret.
#[derive(Deserialize)]
struct Answer {
    token: Option<String>,
    access_token: Option<String>,
    refresh_token: Option<String>,
    expires_in: Option<u64>,
}

impl State {
    /// A token for `scopes`. It may allow less than asked for: the registry decides.
    pub(super) async fn fetch(
        &mut self,
        client: &Client,
        endpoint: &Endpoint,
        service: &Service,
        scopes: &Scopes,
    ) -> Result<Token, RemoteError> {
        let credential = self.credential(client, endpoint).await?;
        let now = Instant::now();
        let mut reply = match &credential {
            Some(Credential::Token(token)) => {
                let expires = expiry(now, u64::MAX);
                return Ok(Token { header: bearer_header(token), expires });
            }
            Some(Credential::Identity(refresh)) => {
                let call = post(client, service, scopes, refresh);
                client.send_bare(&call, None).await?
            }
            Some(Credential::Basic { user, password }) => {
                let call = get(client, service, scopes, Some(user));
                client.send_bare(&call, Some(&basic_header(user, password))).await?
            }
            None => client.send_bare(&get(client, service, scopes, None), None).await?,
        };
        match reply.status().as_u16() {
            200 => {}
            400 | 401 | 403 => {
                let words = reply.words().await;
                return Err(self.unauthorized(endpoint, words));
            }
            _ => return Err(reply.refusal().await),
        }
        let answer = read(&mut reply).await?;
        let is_identity = matches!(credential, Some(Credential::Identity(_)));
        if let Some(fresh) = answer.refresh_token.filter(|_| is_identity) {
            self.rotate(Secret::new(fresh));
        }
        let token = answer.token.or(answer.access_token).filter(|token| !token.is_empty());
        let token = token.map(Secret::new).ok_or_else(malformed)?;
        let expires = expiry(now, answer.expires_in.unwrap_or(DEFAULT_LIFE));
        Ok(Token { header: bearer_header(&token), expires })
    }
}

fn get(client: &Client, service: &Service, scopes: &Scopes, user: Option<&str>) -> Call {
    let mut url = service.realm.clone();
    {
        let mut query = url.query_pairs_mut();
        query.append_pair("client_id", CLIENT_ID);
        query.extend_pairs(service.service.iter().map(|service| ("service", service)));
        query.extend_pairs(scopes.iter().map(|scope| ("scope", scope)));
        query.extend_pairs(user.iter().map(|user| ("account", user)));
    }
    call(client, Method::GET, url)
}

fn post(client: &Client, service: &Service, scopes: &Scopes, refresh: &Secret) -> Call {
    let scope: Vec<&str> = scopes.iter().collect();
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", "refresh_token")
        .append_pair("client_id", CLIENT_ID)
        .append_pair("scope", &scope.join(" "))
        .append_pair("refresh_token", refresh.expose());
    if let Some(service) = &service.service {
        form.append_pair("service", service);
    }
    call(client, Method::POST, service.realm.clone())
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(bytes::Bytes::from(form.finish()))
        .stay()
}

fn call(client: &Client, method: Method, url: Url) -> Call {
    let what = format!("fetch a token from `{}`", url.host_str().unwrap_or_default());
    let timeout = client.options().timeouts.idle;
    let (headers, body, scopes) = (HeaderMap::new(), Payload::default(), Scopes::none());
    Call { method, url, headers, body, scopes, what, timeout, retry: true, stay: false }
}

async fn read(reply: &mut Reply) -> Result<Answer, RemoteError> {
    let bytes = reply.bytes(MAX_ANSWER).await?.ok_or_else(malformed)?;
    // The cause is not kept: it could quote the token.
    serde_json::from_slice(&bytes).map_err(|_| malformed())
}

fn malformed() -> RemoteError {
    RemoteError::Protocol("a token service answered without a token".to_owned())
}

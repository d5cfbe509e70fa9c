//! Redirects, followed by hand: what is meant for one host is never sent to another.

use std::time::Duration;

use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, HeaderValue, LOCATION, WWW_AUTHENTICATE};
use reqwest::{Method, StatusCode};
use url::Url;

use super::{Call, Client, Reply, broken};
use crate::auth::challenge::{self, Challenge};
use crate::error::Broken;
use crate::{RemoteError, Secret, redact};

/// Most redirects of one request.
const MAX_REDIRECTS: usize = 10;

impl Client {
    /// Sends a request and follows redirects. `authorization` goes to the origin of `home` alone,
    /// and no more once a redirect has left it.
    pub(super) async fn follow(
        &self,
        call: &Call,
        authorization: Option<&Secret>,
        home: &Url,
    ) -> Result<Reply, RemoteError> {
        let mut url = call.url.clone();
        let mut left_home = !redact::same_origin(&url, home);
        for _ in 0..=MAX_REDIRECTS {
            let shown = authorization.filter(|_| !left_home);
            let response = self.once(call, &url, shown).await?;
            let status = response.status();
            let location = response.headers().get(LOCATION).filter(|_| is_redirect(status, call));
            // S3 storage replies 301 without saying where to: whoever asked knows what that means.
            let Some(location) = location else {
                let (idle, what) = (self.options.timeouts.idle, call.what.clone());
                return Ok(Reply { response, url, left_home, idle, what });
            };
            if call.stay {
                let host = url.host_str().unwrap_or_default();
                return Err(RemoteError::Redirect(format!("`{host}` redirects a token")));
            }
            let location = location
                .to_str()
                .map_err(|_| RemoteError::Protocol("a `Location` that is no text".to_owned()))?;
            url = check_next(&url, location)?;
            left_home |= !redact::same_origin(&url, home);
        }
        Err(RemoteError::Redirect(format!("more than {MAX_REDIRECTS} redirects")))
    }

    async fn once(
        &self,
        call: &Call,
        url: &Url,
        authorization: Option<&Secret>,
    ) -> Result<reqwest::Response, RemoteError> {
        // Closed never happens: the semaphore lives as long as the client.
        let _waiting = self.waiting.acquire().await.ok();
        let mut request = self.http()?.request(call.method.clone(), url.clone());
        request = request.headers(call.headers.clone()).header(ACCEPT_ENCODING, "identity");
        if let Some(secret) = authorization {
            let value = HeaderValue::from_str(secret.expose()).ok();
            let mut value = value.ok_or_else(|| {
                RemoteError::Protocol("a token holds characters that no header can".to_owned())
            })?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        let limit = call.timeout.saturating_add(sending_time(call.body.len()));
        match tokio::time::timeout(limit, call.attach(request).send()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(broken::connection(&call.what, error)),
            Err(elapsed) => Err(RemoteError::Connection {
                what: call.what.clone(),
                broken: Broken::Timeout,
                source: Box::new(elapsed),
            }),
        }
    }
}

/// How long sending may take on a slow line: 32 KiB per second.
fn sending_time(bytes: u64) -> Duration {
    Duration::from_secs(bytes / (32 * 1024))
}

/// 301, 302 and 303 would turn an upload into a GET, so only 307 and 308 count for those.
fn is_redirect(status: StatusCode, call: &Call) -> bool {
    match status.as_u16() {
        307 | 308 => true,
        301..=303 => matches!(call.method, Method::GET | Method::HEAD),
        _ => false,
    }
}

/// The URL that the other side names, seen from `from`: HTTP or HTTPS, never from HTTPS down to
/// HTTP, never with user and password in it.
pub(crate) fn check_next(from: &Url, location: &str) -> Result<Url, RemoteError> {
    let next = from
        .join(location)
        .map_err(|_| RemoteError::Protocol("a `Location` that is no URL".to_owned()))?;
    let shown = redact::url(&next);
    match (from.scheme(), next.scheme()) {
        ("https", "http") => {
            Err(RemoteError::Redirect(format!("`{shown}` is not encrypted, the way to it was")))
        }
        (_, "http" | "https") if next.host_str().is_none() => {
            Err(RemoteError::Redirect(format!("`{shown}` names no host")))
        }
        (_, "http" | "https") if !next.username().is_empty() || next.password().is_some() => {
            Err(RemoteError::Redirect(format!("`{shown}` carries a user")))
        }
        (_, "http" | "https") => Ok(next),
        _ => Err(RemoteError::Redirect(format!("`{shown}` is neither HTTP nor HTTPS"))),
    }
}

impl Reply {
    /// The challenges of a 401.
    pub(super) fn challenges(&self) -> Vec<Challenge> {
        let headers = self.response.headers().get_all(WWW_AUTHENTICATE);
        headers.iter().filter_map(|value| value.to_str().ok()).flat_map(challenge::parse).collect()
    }
}

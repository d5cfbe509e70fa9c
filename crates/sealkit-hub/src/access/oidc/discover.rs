//! Where an issuer says what its keys are (OpenID Connect Discovery 1.0), and when it is asked again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sealkit_remote::Fetcher;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

use super::keys::{self, MAX_SET};
use super::{AccessError, Issuers, TrustedIssuer, table};

/// Largest document of an issuer in bytes.
const MAX_DOCUMENT: usize = 64 << 10;
/// Keys are fetched anew after so many seconds: one that the issuer withdrew does not hold for ever.
const FRESH: i64 = 60 * 60;
/// Where the issuer can not be reached, its keys hold for so many seconds since they were fetched.
const STALE: i64 = 24 * 60 * 60;
/// An issuer is asked no more often than this, in seconds, whatever tokens are shown.
const PAUSE: i64 = 60;

/// Where the keys of an issuer come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeySource {
    /// They were given when it was trusted, and are never fetched.
    Given,
    /// The issuer is asked, on the public internet and with TLS.
    Fetched,
    /// The issuer is asked wherever it is: on this machine, in private networks, unencrypted too.
    FetchedAnywhere,
}

impl KeySource {
    /// As it stands in a row.
    pub(super) fn number(self) -> i64 {
        match self {
            Self::Given => 0,
            Self::Fetched => 1,
            Self::FetchedAnywhere => 2,
        }
    }

    /// What a row says; what is not known fetches nothing.
    pub(super) fn of(number: i64) -> Self {
        match number {
            1 => Self::Fetched,
            2 => Self::FetchedAnywhere,
            _ => Self::Given,
        }
    }
}

/// What an issuer says of itself, as far as it is asked.
#[derive(Deserialize)]
struct Document {
    issuer: String,
    jwks_uri: String,
}

/// The keys of `issuer`, from where it says that they are.
pub(super) async fn fetch(
    fetcher: &Fetcher,
    issuer: &str,
    source: KeySource,
) -> Result<String, String> {
    let anywhere = source == KeySource::FetchedAnywhere;
    let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let address: Url = address.parse().map_err(|_| "it is no address".to_owned())?;
    let told = fetcher.get(&address, anywhere, MAX_DOCUMENT).await?;
    let told: Document = serde_json::from_slice(&told)
        .map_err(|_| "what it says of itself names no `issuer` and `jwks_uri`".to_owned())?;
    // Section 4.3: else one issuer could speak for another.
    if told.issuer != issuer {
        return Err("it says that it is another issuer".to_owned());
    }
    let address: Url =
        told.jwks_uri.parse().map_err(|_| "its `jwks_uri` is no address".to_owned())?;
    let set = fetcher.get(&address, anywhere, MAX_SET).await?;
    let set = String::from_utf8(set).map_err(|_| "its keys are no text".to_owned())?;
    keys::check(&set).map_err(|error| error.to_string())?;
    Ok(set)
}

/// When issuers were asked last, and who is asking.
#[derive(Default)]
pub(super) struct Asked(Mutex<HashMap<i64, Arc<tokio::sync::Mutex<Option<i64>>>>>);

impl Asked {
    /// When an issuer was asked last. Whoever holds it asks; others wait for what comes of that.
    pub(super) fn of(&self, id: i64) -> Arc<tokio::sync::Mutex<Option<i64>>> {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(asked.entry(id).or_default())
    }
}

/// Whether an issuer that was asked at `last` may be asked again. A clock that went back is no reason not to.
pub(super) fn may_ask(last: Option<i64>, now: i64) -> bool {
    last.is_none_or(|last| now.abs_diff(last) >= PAUSE as u64)
}

impl Issuers {
    /// What a token says, where a key that the issuer has signed it. Keys that are old are fetched anew, and so
    /// they are where a token names one that is not known.
    pub(super) async fn verified(
        &self,
        issuer: &TrustedIssuer,
        token: &str,
    ) -> Result<Option<Map<String, Value>>, AccessError> {
        let now = (self.clock)();
        let kept = keys::verified(&issuer.keys, token).filter(|_| !issuer.is_stale(now));
        if kept.is_some() && !issuer.is_old(now) {
            return Ok(kept);
        }
        let is_needed = issuer.is_old(now) || keys::lacks(&issuer.keys, token);
        let fresh = if is_needed { self.refreshed(issuer).await? } else { None };
        Ok(match fresh {
            Some(keys) => keys::verified(&keys, token),
            None => kept,
        })
    }

    /// The keys that the issuer has now; none where it is not asked, or does not say.
    async fn refreshed(&self, issuer: &TrustedIssuer) -> Result<Option<String>, AccessError> {
        if issuer.source == KeySource::Given {
            return Ok(None);
        }
        let last = self.asked.of(issuer.id);
        let mut last = last.lock().await;
        let now = (self.clock)();
        // Somebody else may have asked while this one waited.
        let id = issuer.id;
        let here = self.database.read(table::list).await?.into_iter().find(|one| one.id == id);
        if let Some(here) = here.filter(|here| here.fetched != issuer.fetched && !here.is_old(now))
        {
            return Ok(Some(here.keys));
        }
        if !may_ask(*last, now) {
            return Ok(None);
        }
        *last = Some(now);
        let Ok(keys) = self.fetch(&issuer.issuer, issuer.source).await else { return Ok(None) };
        let kept = keys.clone();
        self.database.write(move |sql| table::refresh(sql, id, &kept, now)).await?;
        Ok(Some(keys))
    }

    pub(super) async fn fetch(&self, issuer: &str, source: KeySource) -> Result<String, String> {
        let Some(fetcher) = &self.fetcher else {
            return Err("nothing is fetched here".to_owned());
        };
        fetch(fetcher, issuer, source).await
    }
}

impl TrustedIssuer {
    /// Whether its keys are fetched and were not for a while.
    pub(super) fn is_old(&self, now: i64) -> bool {
        self.source != KeySource::Given && now.abs_diff(self.fetched) >= FRESH as u64
    }

    /// Whether its keys hold no more: nobody knows whether it still has them.
    pub(super) fn is_stale(&self, now: i64) -> bool {
        self.source != KeySource::Given && now.abs_diff(self.fetched) >= STALE as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_asked_once_a_minute() {
        assert!(may_ask(None, 100));
        assert!(!may_ask(Some(100), 159));
        assert!(may_ask(Some(100), 160));
        assert!(may_ask(Some(1_000), 100), "the clock went back");
    }

    #[test]
    fn a_source_is_read_as_it_is_written() {
        for source in [KeySource::Given, KeySource::Fetched, KeySource::FetchedAnywhere] {
            assert_eq!(KeySource::of(source.number()), source);
        }
        assert_eq!(KeySource::of(9), KeySource::Given);
    }
}

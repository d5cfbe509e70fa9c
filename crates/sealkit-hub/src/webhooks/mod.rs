//! Webhooks: events that are sent to whoever subscribed, signed.
//!
//! The events of the hub are the queue: each webhook knows the number of the last event that it is done with,
//! so that nothing is lost when the hub ends, and nothing is kept twice. What is not taken is tried again,
//! later and later, and given up after days. Format and signature are those of Standard Webhooks 1.0.

mod deliver;
mod sign;
mod table;

use sealkit_hubstore::Storage;
use sealkit_report::{Code, Hint};
use sealkit_store::StoreError;
use serde::Serialize;
use url::Url;

use crate::events;

/// Whose table it is in the database.
const OWNER: &str = "webhooks";
/// Most webhooks of one hub.
const MOST: usize = 32;
/// Longest address, in bytes.
const MAX_URL: usize = 2048;

/// Why a webhook could not be made or listed.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The address is none that can be posted to.
    #[error("`{0}` is no address of a webhook")]
    Url(String),
    /// Nothing that happens on a hub is called so.
    #[error("no event is called `{0}`")]
    Event(String),
    /// There are as many as a hub may have.
    #[error("the hub has {MOST} webhooks already")]
    TooMany,
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Random,
}

impl Hint for WebhookError {
    fn code(&self) -> Code {
        match self {
            Self::Store(source) => source.code(),
            Self::Url(_) => "url-malformed",
            Self::Event(_) => "event-malformed",
            Self::TooMany => "too-many-webhooks",
            Self::Random => "no-random",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Store(source) => source.hint(),
            Self::Url(_) => Some("give an `https` address without user and password".to_owned()),
            Self::Event(_) => Some(format!(
                "events are {}, and the part before the point is all of that kind",
                events::ACTIONS.join(", ")
            )),
            Self::TooMany => Some("remove one with `sealkit hub webhook remove`".to_owned()),
            Self::Random => None,
        }
    }
}

/// A webhook, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    /// Its number.
    pub id: i64,
    /// Where events are posted to.
    pub url: String,
    /// Which events: names, or scopes of names.
    pub events: Vec<String>,
    /// Number of the last event that it is done with.
    pub after: i64,
    /// How often the next one was tried.
    pub attempts: i64,
    /// When the next one is tried, in seconds since 1970; 0 is at once.
    pub next_try: i64,
    /// Why the last try failed; none where it did not.
    pub failure: Option<String>,
    /// Whether nothing is sent any more: the other side said that it is gone (410).
    pub disabled: bool,
}

/// The webhooks of one hub. Clones share them; other processes may change them.
#[derive(Clone)]
pub struct Webhooks {
    storage: Storage,
    clock: fn() -> i64,
}

impl Webhooks {
    /// The webhooks beside what `storage` holds.
    pub async fn of(storage: &Storage) -> Result<Self, WebhookError> {
        events::own_tables(storage.database()).await?;
        storage.database().own_tables(OWNER, table::STEPS).await?;
        Ok(Self { storage: storage.clone(), clock: crate::access::now })
    }

    /// Makes one for the events from now on; gives its number, and its secret, which nobody is told again.
    pub async fn add(&self, url: &str, events: &[String]) -> Result<(i64, String), WebhookError> {
        let malformed = || WebhookError::Url(url.to_owned());
        let parsed: Url = url.parse().map_err(|_| malformed())?;
        let is_bare = parsed.username().is_empty() && parsed.password().is_none();
        let is_web = matches!(parsed.scheme(), "https" | "http") && parsed.host().is_some();
        if !is_bare || !is_web || url.len() > MAX_URL {
            return Err(malformed());
        }
        if let Some(bad) = events.iter().find(|event| !events::is_known(event)) {
            return Err(WebhookError::Event(bad.clone()));
        }
        let secret = sign::secret().ok_or(WebhookError::Random)?;
        let (given, url, events) = (secret.clone(), parsed.to_string(), events.join(" "));
        let act = move |sql: &rusqlite::Connection| table::add(sql, &url, &events, &given, MOST);
        let id = self.storage.database().write(act).await?;
        Ok((id.ok_or(WebhookError::TooMany)?, secret))
    }

    /// All of them.
    pub async fn list(&self) -> Result<Vec<Webhook>, WebhookError> {
        Ok(self.storage.database().read(table::list).await?)
    }

    /// Removes one; false where there is none.
    pub async fn remove(&self, id: i64) -> Result<bool, WebhookError> {
        Ok(self.storage.database().write(move |sql| table::remove(sql, id)).await?)
    }
}

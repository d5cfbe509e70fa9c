//! Workload identity: a CI job shows a token that its system signed for it (OpenID Connect) and gets one of
//! this hub, for a short time, so that no secret has to be kept in the CI system.
//!
//! The keys of an issuer were given when it was trusted; or the hub asks the issuer for them, keeps them, and
//! asks again when they are old or a token names another one, though seldom.

mod discover;
mod keys;
mod routes;
mod table;

use std::sync::Arc;

use sealkit_hubstore::{Database, Storage};
use sealkit_remote::Fetcher;
use sealkit_store::StoreError;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::level::Scope;
use super::{AccessError, NewToken, Tokens};
use crate::events::{self, NewEvent, OPERATOR};
use discover::Asked;

pub use discover::KeySource;
pub use keys::KeysError;
pub(crate) use routes::router;

/// Longest token that is looked at, in bytes.
const MAX_TOKEN: usize = 16 << 10;
/// How far the clocks of issuer and hub may be apart, in seconds.
const SKEW: i64 = 60;
/// Longest life of a token that is given out, in seconds.
pub const MAX_TTL: u32 = 3_600;

/// An issuer to trust, and for what.
#[derive(Clone, Debug)]
pub struct NewIssuer {
    /// Its name: the claim `iss`, exactly.
    pub issuer: String,
    /// What tokens must be for: the claim `aud`.
    pub audience: String,
    /// What else they must claim, exactly. At least one: an issuer signs for all of its customers.
    pub claims: Vec<(String, String)>,
    /// What is given for them.
    pub scopes: Vec<Scope>,
    /// For how long, in seconds, at most [`MAX_TTL`].
    pub ttl: u32,
    /// Its keys: a JSON Web Key Set (RFC 7517). Empty where they are fetched.
    pub keys: String,
    /// Where they come from.
    pub source: KeySource,
    /// The user that acts.
    pub user: String,
}

/// An issuer that is trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrustedIssuer {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub issuer: String,
    /// What tokens must be for.
    pub audience: String,
    /// What else they must claim.
    pub claims: Vec<Claim>,
    /// What is given for them.
    pub scopes: Vec<String>,
    /// For how long, in seconds.
    pub ttl: u32,
    /// The user that acts.
    pub user: String,
    #[serde(skip)]
    keys: String,
    /// Where its keys come from.
    pub source: KeySource,
    /// When the keys were fetched, in seconds since 1970.
    #[serde(skip)]
    fetched: i64,
}

/// Something that a token must claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Its name.
    pub name: String,
    /// Its value, exactly.
    pub value: String,
}

/// Why an issuer can not be trusted.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its keys can not be used.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// Its keys can not be fetched.
    #[error("could not fetch the keys of `{issuer}`: {reason}")]
    Fetch {
        /// The issuer.
        issuer: String,
        /// Why.
        reason: String,
    },
    /// What it would be trusted for is malformed.
    #[error("{0}")]
    Malformed(&'static str),
}

impl sealkit_report::Hint for IssuerError {
    fn code(&self) -> sealkit_report::Code {
        match self {
            Self::Store(source) => source.code(),
            Self::Keys(_) | Self::Fetch { .. } => "issuer-keys",
            Self::Malformed(_) => "issuer-malformed",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Store(source) => source.hint(),
            Self::Keys(_) => {
                Some("give the issuer's JSON Web Key Set, e.g. of its `jwks_uri`".to_owned())
            }
            Self::Fetch { .. } => Some(
                "pass its JSON Web Key Set with `--jwks FILE`; for an issuer in a private network \
                 `--insecure-issuer-anywhere`"
                    .to_owned(),
            ),
            Self::Malformed(_) => None,
        }
    }
}

/// Why a token is not taken. Nothing of it is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// It is no token, or of an issuer that is not trusted.
    #[error("no trusted issuer made this token")]
    Unknown,
    /// None of the issuer's keys signed it.
    #[error(
        "no key of the issuer that is known here signed the token; where its keys were given as a file and it has new ones, trust them with `sealkit hub trust-issuer add`"
    )]
    Signature,
    /// It does not hold now, or not for this hub, or claims something else.
    #[error("the token has expired, is for something else, or does not claim what it must")]
    Claims,
}

/// What was given for a token.
pub(crate) struct Exchanged {
    pub(crate) user: String,
    pub(crate) token: String,
    pub(crate) expires_in: u32,
}

/// The issuers that one hub trusts. Clones share them; other processes may change them.
#[derive(Clone)]
pub struct Issuers {
    database: Database,
    clock: fn() -> i64,
    /// Asks issuers for their keys; none keeps those that are there.
    fetcher: Option<Fetcher>,
    asked: Arc<Asked>,
}

impl Issuers {
    /// The issuers beside what `storage` holds.
    pub async fn of(storage: &Storage) -> Result<Self, IssuerError> {
        Self::with_clock(storage.database().clone(), super::now).await
    }

    /// The issuers in `database`, with a clock in seconds since 1970.
    pub async fn with_clock(database: Database, clock: fn() -> i64) -> Result<Self, IssuerError> {
        database.own_tables(table::OWNER, table::STEPS).await?;
        events::own_tables(&database).await?;
        Ok(Self { database, clock, fetcher: None, asked: Arc::default() })
    }

    /// The same that ask for keys with `fetcher`.
    #[must_use]
    pub fn fetching(self, fetcher: Fetcher) -> Self {
        Self { fetcher: Some(fetcher), ..self }
    }

    /// Trusts an issuer. Keys that are not given are fetched first.
    pub async fn add(&self, mut new: NewIssuer) -> Result<TrustedIssuer, IssuerError> {
        check(&new)?;
        if new.source != KeySource::Given {
            new.keys = self
                .fetch(&new.issuer, new.source)
                .await
                .map_err(|reason| IssuerError::Fetch { issuer: new.issuer.clone(), reason })?;
        }
        keys::check(&new.keys)?;
        let now = (self.clock)();
        let act = move |sql: &rusqlite::Connection| {
            let added = table::add(sql, &new, now)?;
            let event = NewEvent::new(OPERATOR, "issuer.add").about(added.id);
            events::insert(sql, &event.saying(added.issuer.clone()), now, 1)?;
            Ok(added)
        };
        Ok(self.database.write(act).await?)
    }

    /// Those that are trusted, oldest first.
    pub async fn list(&self) -> Result<Vec<TrustedIssuer>, IssuerError> {
        Ok(self.database.read(table::list).await?)
    }

    /// Trusts one no more; false where there is none with this number. What was given out holds until it ends.
    pub async fn remove(&self, id: i64) -> Result<bool, IssuerError> {
        let now = (self.clock)();
        let act = move |sql: &rusqlite::Connection| {
            let is_removed = table::remove(sql, id, now)?;
            if is_removed {
                let event = NewEvent::new(OPERATOR, "issuer.remove").about(id);
                events::insert(sql, &event, now, 1)?;
            }
            Ok(is_removed)
        };
        Ok(self.database.write(act).await?)
    }

    /// A token of this hub for one of a trusted issuer. Where several rules fit, the first one counts.
    pub(crate) async fn exchange(
        &self,
        tokens: &Tokens,
        token: &str,
    ) -> Result<Result<Exchanged, Refusal>, AccessError> {
        if token.len() > MAX_TOKEN {
            return Ok(Err(Refusal::Unknown));
        }
        // Only to choose whose keys to ask; nothing of it is believed yet.
        let said = jsonwebtoken::dangerous::insecure_decode_claims::<Map<String, Value>>(token);
        let Ok(said) = said else {
            return Ok(Err(Refusal::Unknown));
        };
        let named = said.get("iss").and_then(Value::as_str).unwrap_or_default().to_owned();
        let issuers = self.database.read(table::list).await?;
        let mut refusal = Refusal::Unknown;
        for issuer in issuers.into_iter().filter(|issuer| issuer.issuer == named) {
            let Some(claims) = self.verified(&issuer, token).await? else {
                refusal = Refusal::Signature;
                continue;
            };
            if !holds(&issuer, &claims, (self.clock)()) {
                refusal = Refusal::Claims;
                continue;
            }
            return self.give(tokens, issuer, &claims).await.map(Ok);
        }
        Ok(Err(refusal))
    }

    async fn give(
        &self,
        tokens: &Tokens,
        issuer: TrustedIssuer,
        claims: &Map<String, Value>,
    ) -> Result<Exchanged, AccessError> {
        let scopes = issuer.scopes.iter().filter_map(|scope| scope.parse().ok()).collect();
        let subject = claims.get("sub").and_then(Value::as_str).unwrap_or("workload");
        let fine = |c: char| if c.is_ascii_alphanumeric() || "-_.@".contains(c) { c } else { '-' };
        let expires = (self.clock)().saturating_add(i64::from(issuer.ttl));
        let new = NewToken {
            user: issuer.user.clone(),
            name: subject.chars().take(64).map(fine).collect(),
            scopes,
            expires: Some(expires),
        };
        let (token, _) = tokens.add_for(&issuer.user, new).await?;
        Ok(Exchanged { user: issuer.user, token, expires_in: issuer.ttl })
    }
}

fn check(new: &NewIssuer) -> Result<(), IssuerError> {
    let is_text = |text: &str| !text.is_empty() && text.len() <= 1_024;
    let wrong = |text| Err(IssuerError::Malformed(text));
    if !is_text(&new.issuer) || !new.issuer.contains("://") {
        return wrong(
            "the issuer is no address, e.g. `https://token.actions.githubusercontent.com`",
        );
    }
    if !is_text(&new.audience) {
        return wrong("an audience is needed: what tokens must be for");
    }
    if new.claims.is_empty()
        || !new.claims.iter().all(|(name, value)| is_text(name) && is_text(value))
    {
        return wrong(
            "a claim is needed, e.g. `repository=org/app`: an issuer signs for everybody",
        );
    }
    if new.scopes.is_empty() {
        return wrong("the token would have no scope");
    }
    if new.ttl == 0 || new.ttl > MAX_TTL {
        return wrong("a token lives at least a second and at most an hour");
    }
    if !super::tokens::is_name(&new.user) {
        return wrong("the user has other characters than letters, digits, `-`, `_`, `.` and `@`");
    }
    Ok(())
}

/// The whole seconds before and behind a time, which may have parts of seconds (RFC 7519 §2, NumericDate): what is
/// between two is held to the stricter one.
fn seconds(time: &Value) -> Option<(i64, i64)> {
    if let Some(whole) = time.as_i64() {
        return Some((whole, whole));
    }
    let Value::Number(time) = time else { return None };
    let text = time.to_string();
    let (whole, part) = text.split_once('.')?;
    let whole = whole.parse::<i64>().ok().filter(|whole| *whole >= 0)?;
    if !part.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let is_whole = part.bytes().all(|c| c == b'0');
    Some((whole, whole.saturating_add(i64::from(!is_whole))))
}

/// Whether verified claims are what the issuer is trusted for, and hold now.
fn holds(issuer: &TrustedIssuer, claims: &Map<String, Value>, now: i64) -> bool {
    let time = |name: &str| claims.get(name).and_then(seconds);
    let (Some((exp, _)), Some((_, iat))) = (time("exp"), time("iat")) else { return false };
    let begins = match claims.get("nbf") {
        None => iat,
        Some(_) => time("nbf").map_or(i64::MAX, |(_, nbf)| nbf),
    };
    let latest = now.saturating_add(SKEW);
    let audience = match claims.get("aud") {
        Some(Value::String(one)) => *one == issuer.audience,
        Some(Value::Array(all)) => all.iter().any(|one| one.as_str() == Some(&*issuer.audience)),
        _ => false,
    };
    let says = |claim: &Claim| match claims.get(&claim.name) {
        Some(Value::String(text)) => *text == claim.value,
        Some(Value::Bool(value)) => value.to_string() == claim.value,
        Some(Value::Number(number)) => number.to_string() == claim.value,
        _ => false,
    };
    let is_theirs = claims.get("iss").and_then(Value::as_str) == Some(&*issuer.issuer);
    is_theirs
        && audience
        && now < exp
        && begins <= latest
        && iat <= latest
        && !issuer.claims.is_empty()
        && issuer.claims.iter().all(says)
}

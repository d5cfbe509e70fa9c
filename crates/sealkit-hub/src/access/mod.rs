//! Who may do what on a hub.
//!
//! Every request is judged before anything is looked up, so that an answer says nothing about what is
//! there: without a credential 401, with one that does not reach 403, whether the repository exists or
//! not. What is not understood asks for a right on everything.

mod caller;
mod challenge;
pub(crate) mod flow;
mod grant;
mod keys;
mod level;
mod lists;
mod needs;
pub(crate) mod oidc;
mod rate;
mod refusals;
mod request;
mod text;
mod tokens;
mod uses;

use std::sync::Arc;
use std::time::Duration;

pub use caller::Caller;
pub use keys::TokenKeys;
pub use level::{Level, Scope, ScopeError};
pub use oidc::{
    Claim, IssuerError, Issuers, KeySource, KeysError, MAX_TTL, NewIssuer, TrustedIssuer,
};
pub use rate::RateLimits;
pub use tokens::{AccessError, NewToken, Token, Tokens};

pub(crate) use caller::CallerGuard;
pub(crate) use lists::visible;
pub(crate) use needs::repository_segment;
pub(crate) use refusals::{asked, note_refusal};
pub(crate) use request::judge;

/// The rules of one hub.
#[derive(Clone)]
pub struct Access {
    /// The tokens that it knows.
    pub tokens: Tokens,
    /// The keys of the short-lived tokens that it gives out.
    pub keys: Arc<TokenKeys>,
    /// Whether anyone may read every repository without a token.
    pub anonymous_read: bool,
    /// Where clients reach it, e.g. `https://hub.example.com` behind a proxy; as they named it where none is
    /// given.
    pub address: Option<String>,
    /// How often clients may ask; none counts nothing.
    pub limits: Option<Arc<RateLimits>>,
    /// Whose tokens are exchanged for tokens of this hub; none takes nobody's.
    pub issuers: Option<Issuers>,
}

impl Access {
    /// Counts a request as one of the caller's token; how long to wait where it is one too many.
    fn too_many(&self, caller: &Caller) -> Option<Duration> {
        let (limits, token) = self.limits.as_deref().zip(caller.token())?;
        limits.of_token(token.id).err()
    }
}

/// A clock before 1970 or past all numbers ends every token.
pub(crate) fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.ok().and_then(|since| i64::try_from(since.as_secs()).ok()).unwrap_or(i64::MAX)
}

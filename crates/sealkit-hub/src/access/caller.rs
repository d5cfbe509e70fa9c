//! Who asks, for whoever has to decide what they get to see.

use std::convert::Infallible;
use std::sync::Arc;

use async_trait::async_trait;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use sealkit_ops::catalog::index::Visible;
use sealkit_registry::{Ask, Denial, Guard, Leave};

use super::grant::Grant;
use super::level::{Level, Scope};
use super::tokens::Token;
use crate::events::named;

/// Who sent a request, as the layer before all routes found. Handlers take it as an argument.
#[derive(Clone, Debug)]
pub struct Caller {
    reach: Reach,
    anonymous_read: bool,
    /// What a short-lived token is bound to; none where one's own was shown.
    bound: Option<Arc<[Grant]>>,
}

#[derive(Clone, Debug)]
enum Reach {
    /// There is no access control: everyone who reaches the hub may do everything.
    Everything,
    Token(Arc<Token>),
    Nothing,
}

impl Caller {
    /// Anyone at a hub without access control.
    pub(crate) fn anyone() -> Self {
        Self { reach: Reach::Everything, anonymous_read: true, bound: None }
    }

    /// Somebody without a token.
    pub(super) fn anonymous(anonymous_read: bool) -> Self {
        Self { reach: Reach::Nothing, anonymous_read, bound: None }
    }

    /// Whoever holds `token`.
    pub(super) fn with_token(token: Arc<Token>, anonymous_read: bool) -> Self {
        Self { reach: Reach::Token(token), anonymous_read, bound: None }
    }

    /// The same, as far as these grants go.
    pub(super) fn bound_to(self, grants: Vec<Grant>) -> Self {
        Self { bound: Some(grants.into()), ..self }
    }

    /// Whether there is more that they could get a token for.
    pub(super) fn is_bound(&self) -> bool {
        self.bound.is_some()
    }

    /// Whoever it is, as far as their own token goes.
    pub(crate) fn unbound(&self) -> Self {
        Self { bound: None, ..self.clone() }
    }

    /// The token that they hold, or that theirs was given for.
    pub(super) fn token(&self) -> Option<&Token> {
        match &self.reach {
            Reach::Token(token) => Some(token),
            Reach::Everything | Reach::Nothing => None,
        }
    }

    /// The user; empty for nobody known.
    pub fn actor(&self) -> &str {
        self.token().map_or("", |token| &token.user)
    }

    /// The user, or `anonymous` for nobody known: for what is written down.
    pub(crate) fn name(&self) -> &str {
        named(self.actor())
    }

    /// The number of the token that they hold, or that theirs was given for.
    pub(crate) fn token_id(&self) -> Option<i64> {
        self.token().map(|token| token.id)
    }

    /// Whether they showed who they are.
    pub(super) fn is_known(&self) -> bool {
        !matches!(self.reach, Reach::Nothing)
    }

    /// Whether they may do this in `repository`.
    pub fn may(&self, level: Level, repository: &str) -> bool {
        let by_token = match &self.reach {
            Reach::Everything => true,
            Reach::Token(token) => token.allows(level, repository),
            Reach::Nothing => false,
        };
        let grants = self.bound.as_deref();
        let is_granted =
            grants.is_none_or(|grants| grants.iter().any(|grant| grant.allows(level, repository)));
        (by_token && is_granted) || (self.anonymous_read && level <= Level::Read)
    }

    /// Whether they may do this in every repository.
    pub fn may_everywhere(&self, level: Level) -> bool {
        let by_token = match &self.reach {
            Reach::Everything => true,
            Reach::Token(token) => token.allows_everywhere(level),
            Reach::Nothing => false,
        };
        (by_token && self.bound.is_none()) || (self.anonymous_read && level <= Level::Read)
    }

    /// Whether lists show them `repository`.
    pub fn sees(&self, repository: &str) -> bool {
        self.may(Level::Read, repository)
            || (self.lists() && self.unbound().may(Level::Read, repository))
    }

    /// Whether lists show them every repository.
    pub fn sees_all(&self) -> bool {
        self.may_everywhere(Level::Read)
            || (self.lists() && self.unbound().may_everywhere(Level::Read))
    }

    /// The repositories that lists show them; none where that is all.
    pub(crate) fn visible(&self) -> Option<Vec<Visible>> {
        self.reaching(Level::Read)
    }

    /// The repositories whose AIBOMs they may read; none where that is all.
    pub(crate) fn inventoried(&self) -> Option<Vec<Visible>> {
        self.reaching(Level::Aibom)
    }

    fn reaching(&self, level: Level) -> Option<Vec<Visible>> {
        if self.sees_all() || self.may_everywhere(level) {
            return None;
        }
        // A token that is bound reaches as far as their own where it is bound to lists, and these are for readers.
        let own_level = match (self.is_bound(), self.lists()) {
            (false, _) => Some(level),
            (true, true) => Some(level.max(Level::Read)),
            (true, false) => None,
        };
        let scopes = self.token().map(|token| token.scopes.as_slice()).unwrap_or_default();
        let own = scopes.iter().filter_map(|scope| scope.parse::<Scope>().ok());
        let own = own.filter_map(|scope| {
            let prefix = scope.prefix()?;
            let reaches = own_level.is_some_and(|level| scope.allows(level, prefix));
            reaches.then(|| Visible::Below(prefix.to_owned()))
        });
        // What it is bound to is a name each, and their own token may have been cut since.
        let granted = self.bound.iter().flat_map(|grants| grants.iter()).map(Grant::name);
        let granted = granted.filter(|name| self.may(level, name));
        let granted = granted.map(|name| Visible::Only(name.to_owned()));
        Some(own.chain(granted).collect())
    }

    /// Whether their token is bound to lists, among others.
    fn lists(&self) -> bool {
        self.bound.as_deref().is_some_and(|grants| grants.iter().any(Grant::is_catalog))
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    /// Where no layer said who asks, nobody does.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or_else(|| Self::anonymous(false)))
    }
}

/// Tells the registry who acts, and which repositories its catalogue shows them. Whether a request may be
/// at all was judged before the registry saw it.
pub(crate) struct CallerGuard;

#[async_trait]
impl Guard for CallerGuard {
    async fn ask(&self, ask: &Ask<'_>) -> Result<Leave, Denial> {
        let actor = ask.extensions.get().map(Caller::actor).unwrap_or_default();
        Ok(Leave { actor: actor.to_owned(), warnings: Vec::new() })
    }

    async fn shows(&self, ask: &Ask<'_>, repository: &str) -> bool {
        ask.extensions.get().is_some_and(|caller: &Caller| caller.sees(repository))
    }
}

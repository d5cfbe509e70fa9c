//! Who asks, for whoever handles a request that was let pass.

use super::level::Level;
use super::request::Visitor;
use super::tokens::Token;

/// Who asks. It is there for every request to a hub with tokens.
#[derive(Clone, Debug)]
pub(crate) struct Asker(Option<Token>);

impl Asker {
    pub(super) fn of(visitor: &Visitor) -> Self {
        match visitor {
            Visitor::Anonymous => Self(None),
            Visitor::Known(token) => Self(Some(token.clone())),
        }
    }

    /// The user's name.
    pub(crate) fn name(&self) -> &str {
        self.0.as_ref().map_or("anonymous", |token| &token.user)
    }

    /// Whether the token itself allows `level` on `repository`.
    pub(crate) fn allows(&self, level: Level, repository: &str) -> bool {
        self.0.as_ref().is_some_and(|token| token.allows(level, repository))
    }
}

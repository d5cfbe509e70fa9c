//! Who may do what on a hub.
//!
//! Every request is judged before anything is looked up, so that an answer says nothing about what is
//! there: without a credential 401, with one that does not reach 403, whether the repository exists or
//! not. What is not understood asks for a right on everything.

mod caller;
mod level;
mod lists;
mod needs;
mod request;
mod text;
mod tokens;

pub use caller::Caller;
pub use level::{Level, Scope, ScopeError};
pub use tokens::{AccessError, NewToken, Token, Tokens};

pub(crate) use caller::CallerGuard;
pub(crate) use lists::visible;
pub(crate) use request::judge;

/// The rules of one hub.
#[derive(Clone)]
pub struct Access {
    /// The tokens that it knows.
    pub tokens: Tokens,
    /// Whether anyone may read every repository without a token.
    pub anonymous_read: bool,
}

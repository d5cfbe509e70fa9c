//! Where credentials come from, in the order in which they win: given explicitly, environment,
//! SealKit's own file, Docker's configuration and helpers, Podman's file, anonymous.

use std::fmt;
use std::path::PathBuf;

use async_trait::async_trait;

use crate::Secret;

mod chain;
mod config_file;
mod env;
mod error;
mod helper;
mod login;
mod names;

pub use chain::Credentials;
pub use env::Env;
pub use error::CredentialError;
pub use login::{Login, login};

/// What a registry is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// User and password, or user and access key.
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A refresh token (Docker's `identitytoken`), exchanged for access tokens.
    Identity(Secret),
    /// An access token (Docker's `registrytoken`), sent as it is.
    Token(Secret),
}

/// The place a credential was found in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Given by the caller, e.g. on the command line.
    Explicit,
    /// Environment variables with these names.
    Environment(String),
    /// A file of Docker's format.
    File(PathBuf),
    /// A credential helper, and the file that names it.
    Helper {
        /// What follows `docker-credential-`.
        name: String,
        /// The file that names it.
        config: PathBuf,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Explicit => f.write_str("the command line"),
            Self::Environment(names) => write!(f, "environment variable {names}"),
            Self::File(path) => write!(f, "file `{}`", path.display()),
            Self::Helper { name, config } => {
                write!(f, "helper `docker-credential-{name}` named in `{}`", config.display())
            }
        }
    }
}

/// A credential and where it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The credential.
    pub credential: Credential,
    /// Where it was found.
    pub origin: Origin,
}

/// Something that knows credentials.
#[async_trait]
pub trait CredentialSource: Send + Sync {
    /// The credential for `registry` (`host` or `host:port`), none where it knows none.
    async fn find(&self, registry: &str) -> Result<Option<Found>, CredentialError>;
}

/// Knows no credential.
#[derive(Clone, Copy, Debug)]
pub struct Anonymous;

#[async_trait]
impl CredentialSource for Anonymous {
    async fn find(&self, _registry: &str) -> Result<Option<Found>, CredentialError> {
        Ok(None)
    }
}

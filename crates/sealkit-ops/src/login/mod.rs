//! `login` and `logout`: credentials are checked before they are stored, and removed from where they
//! are found.

use sealkit_remote::credentials::{CredentialError, login as check_and_store};
use sealkit_remote::{ClientOptions, RemoteError};

pub use sealkit_remote::Secret;
pub use sealkit_remote::credentials::{Credential, Credentials, Env, Login, Origin};

use crate::{Context, OpsError};

/// What `kit` logs in to where no registry is named.
pub const DEFAULT_LOGIN: &str = "docker.io";

/// The registry that a person means: a URL's host, without user, password and path.
pub fn registry_of(text: &str) -> &str {
    let text =
        text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
    let authority = text.split(['/', '?', '#']).next().unwrap_or(text);
    authority.rsplit('@').next().unwrap_or(authority)
}

/// Shows user and password to the registry and stores them where it accepts them.
pub async fn login(
    context: &Context,
    credentials: &Credentials,
    registry: &str,
    credential: Credential,
) -> Result<Login, OpsError> {
    let options: ClientOptions = context.client.options().clone();
    let done = check_and_store(credentials, registry, credential, &options).await;
    done.map_err(|error| OpsError::Store(error.at(registry)))
}

/// Removes the credentials for a registry from where they are found, and says where that was; none where
/// none are stored.
pub async fn logout(credentials: &Credentials, registry: &str) -> Result<Option<Origin>, OpsError> {
    match credentials.logout(registry).await {
        Ok(origin) => Ok(Some(origin)),
        Err(CredentialError::NotStored(_)) => Ok(None),
        Err(error) => Err(OpsError::Store(RemoteError::Credentials(error).at(registry))),
    }
}

#[cfg(test)]
mod tests {
    use super::registry_of;

    #[test]
    fn a_registry_may_be_written_as_a_url() {
        for (text, registry) in [
            ("r.example", "r.example"),
            ("https://r.example:5000/v2/", "r.example:5000"),
            ("http://localhost:5000", "localhost:5000"),
            ("r.example/org", "r.example"),
            ("https://r.example?token=canary", "r.example"),
            ("r.example#canary", "r.example"),
            ("https://me:canary@r.example:5000/v2/", "r.example:5000"),
            ("me:canary@r.example", "r.example"),
        ] {
            assert_eq!(registry_of(text), registry);
        }
    }
}

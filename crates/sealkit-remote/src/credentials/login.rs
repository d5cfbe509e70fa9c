//! Checking a credential before it is stored.

use std::sync::Arc;

use super::{Credential, Credentials, Origin};
use crate::{Client, ClientOptions, RemoteError};

/// A login that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Where the credential is stored.
    pub stored: Origin,
    /// Whether the registry asked for it. An open registry asks nobody, so that nothing is known
    /// about the credential.
    pub checked: bool,
}

/// Shows the credential to the registry and stores it where the registry accepts it. `options` say
/// how to reach the registry; their credentials are not used.
pub async fn login(
    credentials: &Credentials,
    registry: &str,
    credential: Credential,
    options: &ClientOptions,
) -> Result<Login, RemoteError> {
    let shown = credentials.clone().with_explicit(Some(registry), credential.clone());
    let client = Client::new(ClientOptions { credentials: Arc::new(shown), ..options.clone() });
    let checked = client.ping(registry).await?;
    let stored = credentials.store(registry, &credential).await?;
    Ok(Login { stored, checked })
}

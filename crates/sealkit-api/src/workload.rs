//! What a CI job gets for the token of its own system.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::SCHEMA_VERSION;

/// The token that a CI job shows. It has no debug form: it is a secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkloadRequest {
    /// The token that the issuer gave to the job: a JWT (RFC 7519).
    pub token: String,
}

/// A token of the hub. It has no debug form: it is a secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadToken {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The user name that goes with it.
    pub user: String,
    /// The token: a password of the user, or a bearer token.
    pub token: String,
    /// For how long it holds, in seconds.
    pub expires_in: u32,
}

impl WorkloadToken {
    /// A token in the current version.
    pub fn new(user: String, token: String, expires_in: u32) -> Self {
        Self { schema_version: SCHEMA_VERSION, user, token, expires_in }
    }
}

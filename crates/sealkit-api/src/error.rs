//! Errors of the API.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::SCHEMA_VERSION;

/// What kind of failure it is. Scripts may rely on these names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ApiCode {
    /// There is no such kit, version or path.
    NotFound,
    /// The request is malformed.
    BadRequest,
    /// What was found is no kit that can be read.
    NotAKit,
    /// The policy that was sent is none.
    InvalidPolicy,
    /// Reading it would take more than one request may cost.
    LimitExceeded,
    /// There is no good token with the request.
    Unauthorized,
    /// The token does not allow it.
    Denied,
    /// The part of a file that was asked for lies outside of it.
    RangeNotSatisfiable,
    /// There is no such method at this path.
    MethodNotAllowed,
    /// The hub is not known under the name that was asked for.
    Misdirected,
    /// The client asks too often.
    TooManyRequests,
    /// The server is busy.
    Busy,
    /// The server failed.
    Internal,
}

impl ApiCode {
    /// The HTTP status that goes with the code.
    pub fn status(self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::BadRequest => 400,
            Self::NotAKit | Self::InvalidPolicy | Self::LimitExceeded => 422,
            Self::Unauthorized => 401,
            Self::Denied => 403,
            Self::RangeNotSatisfiable => 416,
            Self::MethodNotAllowed => 405,
            Self::Misdirected => 421,
            Self::TooManyRequests => 429,
            Self::Busy => 503,
            Self::Internal => 500,
        }
    }
}

/// The body of a failed request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiErrorBody {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// What kind of failure it is.
    pub code: ApiCode,
    /// A sentence for people.
    pub message: String,
}

impl ApiErrorBody {
    /// A body in the current version.
    pub fn new(code: ApiCode, message: impl Into<String>) -> Self {
        Self { schema_version: SCHEMA_VERSION, code, message: message.into() }
    }
}

//! Why a request was refused, and how that is told to the client.

use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sealkit_oci::{Digest, DigestError, ErrorBody, ErrorCode};
use sealkit_report::{Code, Hint};
use sealkit_store::{SessionError, StoreError};

use crate::Denial;
use crate::names::RouteError;

/// Why the registry refused a request.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The path names nothing that the protocol knows, or names it wrongly.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// The path exists, the method does not.
    #[error("method {method} is not supported here")]
    Method {
        /// The method.
        method: String,
        /// The methods that are, as in the header `Allow`.
        allow: &'static str,
    },
    /// A digest in the query is malformed.
    #[error(transparent)]
    Digest(#[from] DigestError),
    /// A required query parameter is missing or malformed.
    #[error("query parameter `{name}` is missing or malformed")]
    Query {
        /// The parameter.
        name: &'static str,
    },
    /// A header is missing or malformed.
    #[error("header `{name}` is missing or malformed")]
    Header {
        /// The header.
        name: &'static str,
    },
    /// There is no such repository.
    #[error("repository `{0}` is not known")]
    NameUnknown(String),
    /// There is no such blob.
    #[error("blob {0} is not known")]
    BlobUnknown(Digest),
    /// There is no such manifest.
    #[error("manifest `{0}` is not known")]
    ManifestUnknown(String),
    /// The manifest is not what its media type says.
    #[error("manifest is not valid: {0}")]
    ManifestInvalid(String),
    /// The manifest names content that is not there.
    #[error("manifest names {0}, which is not in this repository")]
    ManifestBlobUnknown(Digest),
    /// Manifests are found by SHA-256 only; blobs may have other digests.
    #[error("manifests are stored under `sha256` digests, not under `{0}`")]
    ManifestAlgorithm(&'static str),
    /// The request sets more tags than one may.
    #[error("a request sets at most {limit} tags")]
    TooManyTags {
        /// The limit.
        limit: usize,
    },
    /// The body is larger than what is accepted.
    #[error("body is larger than the limit of {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The bytes do not hash to the digest that the client gave.
    #[error("content does not hash to {expected}")]
    DigestInvalid {
        /// The digest that the client gave.
        expected: Digest,
    },
    /// Fewer or more bytes came than announced.
    #[error("{actual} bytes came where {expected} were announced")]
    SizeInvalid {
        /// Announced size in bytes.
        expected: u64,
        /// Size that came in bytes.
        actual: u64,
    },
    /// The requested range lies outside of the blob.
    #[error("range lies outside of the blob of {size} bytes")]
    RangeUnsatisfiable {
        /// Size of the blob in bytes.
        size: u64,
    },
    /// A chunk does not begin where the upload stands.
    #[error("chunk does not begin at offset {offset}, where the upload stands")]
    OutOfOrder {
        /// Where the upload stands: the number of bytes that it has.
        offset: u64,
        /// Path of the upload.
        location: String,
    },
    /// The upload session is unknown, busy or full.
    #[error(transparent)]
    Session(SessionError),
    /// The client went away or broke its framing.
    #[error("request body could not be read")]
    Body {
        /// The cause.
        source: axum::Error,
    },
    /// The body came too slowly.
    #[error("request body came too slowly; what has arrived of an upload stays")]
    Slow,
    /// The guard refused.
    #[error(transparent)]
    Refused(#[from] Denial),
    /// The operation is switched off.
    #[error("{0} is switched off on this registry")]
    Disabled(&'static str),
    /// The store failed or refused. Its own message may name files of the server and is not sent to the
    /// client.
    #[error("{}", told(source))]
    Store {
        /// The cause.
        source: StoreError,
    },
}

impl From<SessionError> for RegistryError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Store(source) => source.into(),
            other => Self::Session(other),
        }
    }
}

impl From<StoreError> for RegistryError {
    fn from(source: StoreError) -> Self {
        match source {
            StoreError::DigestMismatch { expected, .. } => Self::DigestInvalid { expected },
            StoreError::SizeMismatch { expected, actual, .. } => {
                Self::SizeInvalid { expected, actual }
            }
            StoreError::Dangling { digest, .. } => Self::ManifestBlobUnknown(digest),
            // A store checks documents too, with rules of its own.
            StoreError::Document { source, .. } => Self::ManifestInvalid(source.to_string()),
            source => Self::Store { source },
        }
    }
}

impl RegistryError {
    /// Whether the registry failed, not the client.
    pub(crate) fn is_ours(&self) -> bool {
        self.protocol().1.is_server_error()
    }

    /// The code and status of the protocol for this error.
    fn protocol(&self) -> (ErrorCode, StatusCode) {
        let code = match self {
            Self::Route(RouteError::Unknown) => return (ErrorCode::NameUnknown, NOT_FOUND),
            Self::Route(RouteError::Name(_)) => ErrorCode::NameInvalid,
            Self::Route(RouteError::Reference { .. }) => ErrorCode::ManifestInvalid,
            Self::Route(RouteError::Digest { .. }) | Self::Digest(_) => ErrorCode::DigestInvalid,
            Self::Method { .. } | Self::Disabled(_) => ErrorCode::Unsupported,
            Self::Query { name: "tag" } => ErrorCode::ManifestInvalid,
            // The protocol has no code for a page that is none.
            Self::Query { name: "n" } => return (ErrorCode::Unsupported, StatusCode::BAD_REQUEST),
            Self::Header { name: "Content-Type" } => ErrorCode::ManifestInvalid,
            Self::Query { .. } | Self::Header { .. } => ErrorCode::BlobUploadInvalid,
            Self::NameUnknown(_) => ErrorCode::NameUnknown,
            Self::BlobUnknown(_) => ErrorCode::BlobUnknown,
            Self::ManifestUnknown(_) => ErrorCode::ManifestUnknown,
            Self::ManifestInvalid(_) => ErrorCode::ManifestInvalid,
            Self::ManifestBlobUnknown(_) => ErrorCode::ManifestBlobUnknown,
            Self::ManifestAlgorithm(_) => return (ErrorCode::Unsupported, StatusCode::BAD_REQUEST),
            Self::TooLarge { .. } => {
                return (ErrorCode::SizeInvalid, StatusCode::PAYLOAD_TOO_LARGE);
            }
            Self::TooManyTags { .. } => {
                return (ErrorCode::ManifestInvalid, StatusCode::URI_TOO_LONG);
            }
            Self::DigestInvalid { .. } => ErrorCode::DigestInvalid,
            Self::SizeInvalid { .. } => ErrorCode::SizeInvalid,
            Self::RangeUnsatisfiable { .. } => {
                return (ErrorCode::SizeInvalid, StatusCode::RANGE_NOT_SATISFIABLE);
            }
            Self::OutOfOrder { .. } => {
                return (ErrorCode::BlobUploadInvalid, StatusCode::RANGE_NOT_SATISFIABLE);
            }
            Self::Session(error) => return session_protocol(error),
            Self::Body { .. } => ErrorCode::BlobUploadInvalid,
            Self::Slow => return (ErrorCode::BlobUploadInvalid, StatusCode::REQUEST_TIMEOUT),
            Self::Refused(denial) => return denial_protocol(denial),
            Self::Store { source } => return store_protocol(source),
        };
        (code, StatusCode::from_u16(code.status()).unwrap_or(StatusCode::BAD_REQUEST))
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let mut set = |name: HeaderName, text: String| {
            if let Ok(value) = HeaderValue::try_from(text) {
                headers.insert(name, value);
            }
        };
        match self {
            Self::Method { allow, .. } => set(header::ALLOW, (*allow).to_owned()),
            Self::RangeUnsatisfiable { size } => {
                set(header::CONTENT_RANGE, format!("bytes */{size}"));
            }
            Self::OutOfOrder { offset, location } => {
                set(header::LOCATION, location.clone());
                set(header::RANGE, crate::ranges::progress(*offset));
            }
            Self::Refused(Denial::Unauthorized { challenge, .. }) => {
                set(header::WWW_AUTHENTICATE, challenge.clone());
            }
            Self::Refused(Denial::TooMany { retry_after, .. }) => {
                set(header::RETRY_AFTER, retry_after.as_secs().max(1).to_string());
            }
            Self::Session(SessionError::Full) => set(header::RETRY_AFTER, "5".to_owned()),
            _ => {}
        }
        headers
    }
}

const NOT_FOUND: StatusCode = StatusCode::NOT_FOUND;

fn denial_protocol(denial: &Denial) -> (ErrorCode, StatusCode) {
    match denial {
        Denial::Unauthorized { .. } => (ErrorCode::Unauthorized, StatusCode::UNAUTHORIZED),
        Denial::Denied { .. } => (ErrorCode::Denied, StatusCode::FORBIDDEN),
        Denial::Hidden => (ErrorCode::NameUnknown, NOT_FOUND),
        Denial::TooMany { .. } => (ErrorCode::TooManyRequests, StatusCode::TOO_MANY_REQUESTS),
    }
}

fn session_protocol(error: &SessionError) -> (ErrorCode, StatusCode) {
    match error {
        SessionError::Unknown => (ErrorCode::BlobUploadUnknown, NOT_FOUND),
        SessionError::Busy => (ErrorCode::BlobUploadInvalid, StatusCode::CONFLICT),
        SessionError::Full => (ErrorCode::TooManyRequests, StatusCode::TOO_MANY_REQUESTS),
        SessionError::TooLarge { .. } => (ErrorCode::SizeInvalid, StatusCode::PAYLOAD_TOO_LARGE),
        SessionError::Io { source } if is_full(source) => FULL,
        SessionError::Store(StoreError::Io { source, .. }) if is_full(source) => FULL,
        SessionError::Random | SessionError::Io { .. } | SessionError::Store(_) => {
            (ErrorCode::Unsupported, StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// What a client is told where the disk is full.
const FULL: (ErrorCode, StatusCode) = (ErrorCode::Denied, StatusCode::INSUFFICIENT_STORAGE);

fn is_full(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::StorageFull
}

/// What a client is told where the store failed or refused: nothing of the server's own.
fn told(error: &StoreError) -> String {
    match error {
        StoreError::Unsupported { what, .. } => format!("this registry does not allow {what}"),
        StoreError::NotFound { what, .. } => format!("there is no such {what} here"),
        StoreError::Conflict { tag } => format!("tag `{tag}` was moved by somebody else meanwhile"),
        StoreError::Io { source, .. } if is_full(source) => "no space is left on it".to_owned(),
        _ => "the store failed".to_owned(),
    }
}

fn store_protocol(error: &StoreError) -> (ErrorCode, StatusCode) {
    match error {
        StoreError::NotFound { what: "blob", .. } => (ErrorCode::BlobUnknown, NOT_FOUND),
        StoreError::NotFound { what: "repository", .. } => (ErrorCode::NameUnknown, NOT_FOUND),
        StoreError::NotFound { .. } => (ErrorCode::ManifestUnknown, NOT_FOUND),
        StoreError::Reference(_) => (ErrorCode::NameInvalid, StatusCode::BAD_REQUEST),
        StoreError::Digest(_) => (ErrorCode::DigestInvalid, StatusCode::BAD_REQUEST),
        StoreError::Unsupported { .. } => (ErrorCode::Unsupported, StatusCode::METHOD_NOT_ALLOWED),
        StoreError::Conflict { .. } => (ErrorCode::Denied, StatusCode::CONFLICT),
        StoreError::Io { source, .. } if is_full(source) => FULL,
        _ => (ErrorCode::Unsupported, StatusCode::INTERNAL_SERVER_ERROR),
    }
}

impl IntoResponse for RegistryError {
    fn into_response(self) -> Response {
        let (code, status) = self.protocol();
        let body = ErrorBody::one(code, self.to_string());
        (status, self.headers(), Json(body)).into_response()
    }
}

impl Hint for RegistryError {
    fn code(&self) -> Code {
        match self {
            Self::Store { source } => source.code(),
            other => match other.protocol().1 {
                StatusCode::NOT_FOUND => "not-found",
                StatusCode::PAYLOAD_TOO_LARGE | StatusCode::URI_TOO_LONG => "limit-exceeded",
                _ => "request-invalid",
            },
        }
    }
}

//! Why the hub did not answer or did not start.

use std::net::SocketAddr;

use crate::QuarantineError;
use crate::log::LogError;
use crate::ranges::Bound;
use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use sealkit_api::{ApiCode, ApiErrorBody};
use sealkit_oci::{Digest, Target};
use sealkit_report::{Code, Hint};
use sealkit_store::StoreError;

/// Why the hub did not answer or did not start.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// The address can be reached from other machines, and tokens could be read on the way.
    #[error("`{addr}` can be reached from other machines, and connections are not encrypted{}", open(*is_open))]
    NotLoopback {
        /// The address.
        addr: SocketAddr,
        /// Whether nobody is asked for a token either.
        is_open: bool,
    },
    /// The address can be reached from other machines, and no token is asked for.
    #[error(
        "`{0}` can be reached from other machines, and whoever reaches it may read and write everything"
    )]
    OpenToAll(SocketAddr),
    /// The listener failed.
    #[error("could not listen")]
    Listen(#[source] std::io::Error),
    /// There is no such version.
    #[error("kit `{name}` has no version `{target}`")]
    Unknown {
        /// Kit.
        name: String,
        /// Tag or digest.
        target: Target,
    },
    /// There is no such kit.
    #[error("kit `{0}` is not known")]
    UnknownKit(String),
    /// Nothing that the caller may read is below this prefix of names.
    #[error("nothing is known below `{0}`")]
    UnknownOwner(String),
    /// There is no such file among those that could be listed.
    #[error("{digest} has no file `{path}`{}", unlisted(*complete))]
    UnknownFile {
        /// The manifest.
        digest: Digest,
        /// Path inside the kit.
        path: String,
        /// Whether the files of every layer could be listed.
        complete: bool,
    },
    /// The file is not given out as a picture.
    #[error("`{path}` is not given out as a picture: {reason}")]
    NoPicture {
        /// Path inside the kit.
        path: String,
        /// Why.
        reason: String,
    },
    /// The file is in a layer of a type that is not read.
    #[error("`{path}` is in layer {layer}, which is of no type that is read")]
    NoRange {
        /// Path inside the kit.
        path: String,
        /// The layer.
        layer: Digest,
    },
    /// The file is in a compressed layer that is not unpacked so far.
    #[error(
        "`{path}` is in compressed layer {layer}: {reason}; `sealkit files --remote --output=FILE HOST/NAME@DIGEST -- PATH` gets it alone"
    )]
    NotUnpacked {
        /// Path inside the kit.
        path: String,
        /// The layer.
        layer: Digest,
        /// The bound that was met, or what is wrong with the layer.
        reason: String,
        /// Whether it was a bound.
        bound: bool,
    },
    /// The part that was asked for lies outside of the file.
    #[error("the range lies outside of the file of {size} bytes")]
    Range {
        /// Size of the file in bytes.
        size: u64,
    },
    /// The path is none of the API's.
    #[error("there is nothing at this path")]
    NoRoute,
    /// A reference in the request is malformed.
    #[error("`{0}` is no reference of the form `name:tag` or `name@digest`")]
    Reference(String),
    /// A query parameter is missing or malformed.
    #[error("query parameter `{0}` is missing or malformed")]
    Query(&'static str),
    /// A query parameter does not have its form.
    #[error("query parameter `{name}` is not {form}")]
    Parameter {
        /// Its name.
        name: &'static str,
        /// What it looks like.
        form: String,
    },
    /// The body of a request is malformed.
    #[error("the request can not be read: {0}")]
    Body(String),
    /// The policy that is to be tried is none.
    #[error("the policy can not be tried: {0}")]
    Policy(#[from] sealkit_policy::PolicyError),
    /// The transparency log has no such entry.
    #[error("the transparency log has no such entry")]
    NotLogged,
    /// The transparency log failed. Its message may name files of the server and is not sent to the
    /// client.
    #[error("the transparency log failed")]
    Log(#[from] LogError),
    /// What was found is no manifest of a kit.
    #[error("{digest} is no kit: {reason}")]
    NotAKit {
        /// The manifest.
        digest: Digest,
        /// Why.
        reason: String,
    },
    /// Reading it would take more than one request may cost.
    #[error("{what} of {digest} is more than one request may read")]
    TooMuch {
        /// What is too much.
        what: &'static str,
        /// Where.
        digest: Digest,
    },
    /// Bytes of a kit could not be read. Its message may name files of the server and is not sent to the
    /// client.
    #[error("bytes of a kit could not be read: {0}")]
    NotRead(String),
    /// It is under quarantine; the text says why and since when.
    #[error("{0}")]
    Quarantined(String),
    /// A policy denies it to those who may not push; the text names the rule.
    #[error("{0}")]
    Refused(String),
    /// There is no such quarantine.
    #[error("it is not under quarantine")]
    NotQuarantined,
    /// A quarantine could not be placed, lifted or looked up.
    #[error(transparent)]
    Quarantine(#[from] QuarantineError),
    /// No such AIBOM is stored beside it.
    #[error("no {what}AIBOM of {digest} is stored here")]
    NoAibom {
        /// The manifest.
        digest: Digest,
        /// Which, with a space behind it; empty for any.
        what: &'static str,
    },
    /// What was asked for is no kit: an image, an attachment.
    #[error(transparent)]
    NoKit(sealkit_ops::OpsError),
    /// An AIBOM could not be read. Its message may name files of the server and is not sent to the client.
    #[error("the AIBOM could not be read")]
    Aibom(#[source] sealkit_ops::OpsError),
    /// There is no token of this number that holds.
    #[error("there is no token {0}, or it was revoked before")]
    NoToken(i64),
    /// The catalogue waits for no such version.
    #[error("{0} does not wait to be looked at")]
    NoJob(Digest),
    /// A tag points elsewhere than where the page said, so that nothing was done.
    #[error(
        "`{target}` of kit `{name}` was moved meanwhile: nothing was deleted, open the page again"
    )]
    Moved {
        /// Kit.
        name: String,
        /// The tag.
        target: Target,
    },
    /// A form came from another page than one of this hub.
    #[error("the form was not sent by a page of this hub: open the page here and send it again")]
    ForeignForm,
    /// Tokens could not be read or changed. Its message may name files of the server and is not sent to the
    /// client.
    #[error("the tokens could not be read or changed")]
    Access(#[from] crate::AccessError),
    /// This hub keeps no catalogue.
    #[error("this hub keeps no catalogue")]
    NoCatalog,
    /// What was asked about asks nothing.
    #[error(transparent)]
    Question(#[from] sealkit_ops::catalog::index::QuestionError),
    /// The catalogue failed. Its message may name files of the server and is not sent to the client.
    #[error("the catalogue failed")]
    Catalog(#[from] sealkit_ops::catalog::index::CatalogError),
    /// Statements could not be verified. Its message may name files of the server and is not sent to the
    /// client.
    #[error("what is attached could not be verified")]
    Unverified(#[source] Box<sealkit_ops::OpsError>),
    /// Verifying took longer than one request may.
    #[error("what is attached to {0} takes longer to verify than one request may")]
    TooSlow(Digest),
    /// The store failed. Its message may name files of the server and is not sent to the client.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// Work on another thread was cut off.
    #[error("the server is stopping")]
    Stopped,
}

/// What else follows from listening where no token is asked for.
fn open(is_open: bool) -> &'static str {
    if is_open { "; whoever reaches it may read and write everything" } else { "" }
}

/// What an incomplete list leaves open.
fn unlisted(complete: bool) -> &'static str {
    if complete { "" } else { " in the layers that could be listed" }
}

impl From<sealkit_ops::OpsError> for HubError {
    fn from(error: sealkit_ops::OpsError) -> Self {
        Self::reading(error, Self::Aibom)
    }
}

impl HubError {
    /// Why a version could not be read: because it is no kit, or what `other` makes of it.
    pub(crate) fn reading(
        error: sealkit_ops::OpsError,
        other: impl FnOnce(sealkit_ops::OpsError) -> Self,
    ) -> Self {
        let is_no_kit = matches!(error, sealkit_ops::OpsError::NotAKit { .. });
        if is_no_kit { Self::NoKit(error) } else { other(error) }
    }

    /// Why a file of a compressed layer is not given out.
    pub(crate) fn not_unpacked(path: String, layer: Digest, error: &std::io::Error) -> Self {
        let (reason, bound) = (error.to_string(), Bound::is(error));
        Self::NotUnpacked { path, layer, reason, bound }
    }

    fn api_code(&self) -> ApiCode {
        match self {
            Self::Unknown { .. }
            | Self::UnknownKit(_)
            | Self::UnknownOwner(_)
            | Self::UnknownFile { .. }
            | Self::NoPicture { .. }
            | Self::NoRoute
            | Self::NoCatalog
            | Self::NoAibom { .. }
            | Self::NotLogged
            | Self::NotQuarantined
            | Self::NoToken(_)
            | Self::NoJob(_)
            | Self::Quarantine(QuarantineError::Unknown { .. }) => ApiCode::NotFound,
            Self::Quarantined(_) | Self::Refused(_) | Self::ForeignForm => ApiCode::Denied,
            Self::Quarantine(QuarantineError::Reason) | Self::Moved { .. } => ApiCode::BadRequest,
            Self::Store(StoreError::NotFound { .. }) => ApiCode::NotFound,
            Self::Reference(_)
            | Self::Query(_)
            | Self::Parameter { .. }
            | Self::Body(_)
            | Self::Question(_) => ApiCode::BadRequest,
            Self::Policy(_) => ApiCode::InvalidPolicy,
            Self::NotAKit { .. } | Self::NoKit(_) | Self::NotUnpacked { bound: false, .. } => {
                ApiCode::NotAKit
            }
            Self::TooMuch { .. }
            | Self::TooSlow(_)
            | Self::NoRange { .. }
            | Self::NotUnpacked { bound: true, .. } => ApiCode::LimitExceeded,
            Self::Range { .. } => ApiCode::RangeNotSatisfiable,
            Self::Stopped => ApiCode::Busy,
            Self::NotLoopback { .. } | Self::OpenToAll(_) | Self::Catalog(_) => ApiCode::Internal,
            Self::NotRead(_)
            | Self::Aibom(_)
            | Self::Store(_)
            | Self::Unverified(_)
            | Self::Log(_)
            | Self::Access(_)
            | Self::Quarantine(_)
            | Self::Listen(_) => ApiCode::Internal,
        }
    }
}

impl Hint for HubError {
    fn code(&self) -> Code {
        match self {
            Self::NotLoopback { .. } => "not-loopback",
            Self::OpenToAll(_) => "open-to-all",
            Self::Listen(_) => "listen-failed",
            Self::Unknown { .. }
            | Self::UnknownKit(_)
            | Self::UnknownOwner(_)
            | Self::UnknownFile { .. }
            | Self::NoPicture { .. }
            | Self::NoRoute
            | Self::NoCatalog
            | Self::NoAibom { .. }
            | Self::NotLogged
            | Self::NoToken(_)
            | Self::NoJob(_)
            | Self::NotQuarantined => "not-found",
            Self::Moved { .. } => "tag-moved",
            Self::ForeignForm => "foreign-form",
            Self::Access(source) => source.code(),
            Self::Quarantined(_) => "quarantined",
            Self::Refused(_) => "policy-denied",
            Self::Quarantine(source) => source.code(),
            Self::NoRange { .. } | Self::NotUnpacked { bound: true, .. } => "limit-exceeded",
            Self::Range { .. } => "range-not-satisfiable",
            Self::Reference(_) => "reference-malformed",
            Self::Query(_) | Self::Parameter { .. } | Self::Body(_) => "request-invalid",
            Self::Policy(source) => source.code(),
            Self::Question(source) => source.code(),
            Self::Catalog(source) => source.code(),
            Self::Aibom(source) | Self::NoKit(source) => source.code(),
            Self::Log(source) => source.code(),
            Self::NotAKit { .. } | Self::NotUnpacked { bound: false, .. } => "not-a-kit",
            Self::NotRead(_) => "not-read",
            Self::TooMuch { .. } | Self::TooSlow(_) => "limit-exceeded",
            Self::Unverified(source) => source.code(),
            Self::Store(source) => source.code(),
            Self::Stopped => "stopped",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NotLoopback { .. } => Some(
                "listen on `127.0.0.1`, give a certificate with `--tls-cert` and `--tls-key`, or pass \
                 `--insecure-listen-anywhere` on a network that you trust"
                    .to_owned(),
            ),
            Self::OpenToAll(_) => Some(
                "serve a folder with `--data`, which asks for tokens, or pass `--insecure-no-tokens`"
                    .to_owned(),
            ),
            Self::NoRange { .. } => Some("pull the layer, or the kit".to_owned()),
            Self::TooSlow(_) => Some("run `sealkit verify`".to_owned()),
            Self::Unverified(source) => source.hint(),
            Self::Store(source) => source.hint(),
            Self::Log(source) => source.hint(),
            Self::Access(source) => source.hint(),
            Self::Question(source) => source.hint(),
            Self::Policy(source) => source.hint(),
            Self::Catalog(source) => source.hint(),
            Self::Aibom(source) | Self::NoKit(source) => source.hint(),
            Self::Quarantine(source) => source.hint(),
            _ => None,
        }
    }
}

impl HubError {
    /// The status and the sentence that a visitor gets.
    pub(crate) fn public(&self) -> (StatusCode, String) {
        let status = StatusCode::from_u16(self.api_code().status());
        let text = match self {
            // The message may name files of the server.
            Self::Quarantine(QuarantineError::Store(_) | QuarantineError::Log(_)) => {
                "the quarantine could not be read or changed".to_owned()
            }
            Self::NotRead(_) => "bytes of a kit could not be read".to_owned(),
            other => other.to_string(),
        };
        (status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), text)
    }
}

impl IntoResponse for HubError {
    fn into_response(self) -> Response {
        let (status, message) = self.public();
        let body = Json(ApiErrorBody::new(self.api_code(), message));
        let Self::Range { size } = self else { return (status, body).into_response() };
        (status, [(header::CONTENT_RANGE, format!("bytes */{size}"))], body).into_response()
    }
}

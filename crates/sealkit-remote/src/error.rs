//! Why a registry did not do what was asked, and how that becomes a [`StoreError`].

use sealkit_report::{Code, Hint};
use sealkit_store::StoreError;

use crate::credentials::CredentialError;

/// What kept a connection from being made or kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// The name of the host is not known.
    Dns,
    /// Nobody listens, or the way there is closed.
    Connect,
    /// The server's certificate is not signed by a trusted authority, or not valid.
    Certificate,
    /// The server's own certificate says that it is an authority.
    Authority,
    /// The server speaks plain HTTP where TLS was expected.
    PlainServer,
    /// TLS failed in another way.
    Tls,
    /// No answer in time.
    Timeout,
    /// The connection broke in the middle.
    Interrupted,
}

/// Why a registry did not do what was asked. Texts are redacted: no credential, no query of a URL.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// Offline mode keeps the request from being sent.
    #[error("offline: would have to {what}")]
    Offline {
        /// What the request would have done.
        what: String,
    },
    /// An option can not be used.
    #[error("option {option} can not be used: {reason}")]
    Option {
        /// Which one.
        option: &'static str,
        /// Why.
        reason: String,
    },
    /// No answer came.
    #[error("could not {what}: {}", describe(*.broken))]
    Connection {
        /// What the request was to do.
        what: String,
        /// What broke.
        broken: Broken,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The registry refused.
    #[error("registry replied: {reply} (HTTP {status})")]
    Status {
        /// HTTP status.
        status: u16,
        /// Code and message of the error body, or the status in words.
        reply: String,
        /// Whether the registry complains about HTTP spoken to its HTTPS port.
        wants_https: bool,
    },
    /// The registry wants credentials, or other ones.
    #[error("registry replied: {reply}; {}", shown(.origin.as_deref()))]
    Unauthorized {
        /// The registry.
        registry: String,
        /// Code and message of the error body, or the status in words.
        reply: String,
        /// Where the refused credentials were found; none where there were none.
        origin: Option<String>,
    },
    /// The answer breaks the protocol.
    #[error("registry broke the protocol: {0}")]
    Protocol(String),
    /// A document is sent as one type and calls itself another.
    #[error("registry broke the protocol: {0}")]
    MediaType(String),
    /// A redirect or another address given by the registry is not safe to follow.
    #[error("registry sent the client to a place it does not go: {0}")]
    Redirect(String),
    /// Credentials could not be read.
    #[error("could not read credentials")]
    Credentials(#[from] CredentialError),
    /// An upload was lost on the other side.
    #[error("registry lost the upload after {offset} bytes")]
    UploadLost {
        /// Bytes that had been sent.
        offset: u64,
    },
}

fn describe(broken: Broken) -> &'static str {
    match broken {
        Broken::Dns => "the name of the host is not known",
        Broken::Connect => "the connection was not accepted",
        Broken::Certificate => "the server's certificate is not trusted",
        Broken::Authority => "the server's certificate is that of an authority and not of a server",
        Broken::PlainServer => "the server answered in plain HTTP to an HTTPS client",
        Broken::Tls => "no secure connection could be agreed on",
        Broken::Timeout => "no answer came in time",
        Broken::Interrupted => "the connection broke",
    }
}

fn shown(origin: Option<&str>) -> String {
    match origin {
        None => "no credentials were found for it".to_owned(),
        Some(origin) => format!("the credentials from {origin} were not accepted"),
    }
}

impl RemoteError {
    /// Whether the same request may succeed a little later.
    pub fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::Connection {
                broken: Broken::Connect | Broken::Timeout | Broken::Interrupted,
                ..
            }
        )
    }

    /// As the error of a store.
    pub fn at(self, place: impl Into<String>) -> StoreError {
        let (code, hint, message) = (self.code(), self.hint(), self.to_string());
        let source = match self {
            Self::Connection { source, .. } => Some(source),
            Self::Credentials(source) => Some(Box::new(source) as Box<_>),
            _ => None,
        };
        StoreError::Remote { place: place.into(), code, message, hint, source }
    }
}

impl Hint for RemoteError {
    fn code(&self) -> Code {
        match self {
            Self::Offline { .. } => "offline",
            Self::Option { .. } => "remote-option",
            Self::Connection { broken, .. } => match broken {
                Broken::Dns => "dns",
                Broken::Connect => "connect",
                Broken::Certificate => "tls-certificate",
                Broken::Authority => "tls-authority",
                Broken::PlainServer => "tls-plain-server",
                Broken::Tls => "tls",
                Broken::Timeout => "timeout",
                Broken::Interrupted => "interrupted",
            },
            Self::Status { status: 403, .. } => "registry-denied",
            Self::Status { status: 429, .. } => "registry-busy",
            Self::Status { .. } => "registry-refused",
            Self::Unauthorized { .. } => "unauthorized",
            Self::Protocol(_) => "registry-protocol",
            Self::MediaType(_) => "media-type-mismatch",
            Self::Redirect(_) => "registry-redirect",
            Self::Credentials(error) => error.code(),
            Self::UploadLost { .. } => "upload-lost",
        }
    }

    fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Offline { .. } => "run the command again without `--offline`",
            Self::Connection { broken, .. } => match broken {
                Broken::Dns => "check the registry's name and the network",
                Broken::Connect => "check that the registry runs and that its port is right",
                Broken::Certificate => {
                    "for a private authority pass its certificate with `--tls-cert FILE`"
                }
                Broken::Authority => {
                    "give the server a certificate with `basicConstraints=CA:FALSE`, and pass it with \
                     `--tls-cert FILE` where it signed itself"
                }
                Broken::PlainServer => "if this is meant, pass `--plain-http`",
                Broken::Tls => "check that the port is the one for HTTPS",
                Broken::Timeout | Broken::Interrupted => {
                    "run the command again: it goes on where it stopped"
                }
            },
            Self::Status { wants_https: true, .. } => "run the command without `--plain-http`",
            Self::Status { status: 429, .. } => "wait, then run the command again",
            Self::Status { status: 403, .. } => {
                "where the registry gives no other reason, check what the account may do in this repository"
            }
            Self::Unauthorized { registry, .. } => {
                return Some(format!("run `sealkit login {registry}`"));
            }
            Self::UploadLost { .. } => "run the command again",
            Self::Credentials(error) => return error.hint(),
            _ => return None,
        };
        Some(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(broken: Broken) -> RemoteError {
        RemoteError::Connection { what: "fetch it".to_owned(), broken, source: "x".into() }
    }

    #[test]
    fn every_broken_connection_has_its_code_and_a_hint() {
        let all = [
            Broken::Dns,
            Broken::Connect,
            Broken::Certificate,
            Broken::Authority,
            Broken::PlainServer,
            Broken::Tls,
            Broken::Timeout,
            Broken::Interrupted,
        ];
        let codes: std::collections::HashSet<_> =
            all.iter().map(|broken| connection(*broken).code()).collect();
        assert_eq!(codes.len(), all.len());
        assert!(all.iter().all(|broken| connection(*broken).hint().is_some()));
    }

    #[test]
    fn only_what_may_pass_by_itself_is_temporary() {
        assert!(connection(Broken::Connect).is_temporary());
        assert!(connection(Broken::Timeout).is_temporary());
        for lasting in [Broken::Dns, Broken::Certificate, Broken::PlainServer, Broken::Tls] {
            assert!(!connection(lasting).is_temporary(), "{lasting:?}");
        }
        assert!(!RemoteError::Protocol("x".to_owned()).is_temporary());
    }

    #[test]
    fn a_store_error_keeps_code_hint_and_cause() {
        let error = connection(Broken::Dns).at("r.example/x");
        assert_eq!(error.code(), "dns");
        assert!(error.hint().is_some());
        assert!(std::error::Error::source(&error).is_some());
        let text = "r.example/x: could not fetch it: the name of the host is not known";
        assert_eq!(error.to_string(), text);
    }
}

//! What a failed connection was about.

use std::error::Error;
use std::io;

use crate::RemoteError;
use crate::error::Broken;

/// The error for a request whose connection failed.
pub(crate) fn connection(what: &str, error: reqwest::Error) -> RemoteError {
    // The URL may carry a signature in its query.
    let error = error.without_url();
    let broken = classify(&error);
    RemoteError::Connection { what: what.to_owned(), broken, source: Box::new(error) }
}

fn classify(error: &reqwest::Error) -> Broken {
    if let Some(tls) = tls_error(error) {
        return match tls {
            rustls::Error::InvalidCertificate(why) if is_authority(why) => Broken::Authority,
            rustls::Error::InvalidCertificate(_) => Broken::Certificate,
            rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType) => {
                Broken::PlainServer
            }
            _ => Broken::Tls,
        };
    }
    if error.is_dns() {
        Broken::Dns
    } else if error.is_timeout() {
        Broken::Timeout
    } else if error.is_connect() {
        Broken::Connect
    } else {
        Broken::Interrupted
    }
}

/// Whether a server shows the certificate of an authority as its own, as one that `openssl req -x509` made with its
/// defaults. Its error is one of another crate and known here by its name.
fn is_authority(why: &rustls::CertificateError) -> bool {
    matches!(why, rustls::CertificateError::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity"))
}

/// The TLS error at the bottom; it travels inside of I/O errors, which `source` passes over.
fn tls_error(error: &reqwest::Error) -> Option<&rustls::Error> {
    let mut next: Option<&(dyn Error + 'static)> = error.source();
    while let Some(current) = next {
        if let Some(tls) = current.downcast_ref::<rustls::Error>() {
            return Some(tls);
        }
        next = match current.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => current.source(),
        };
    }
    None
}

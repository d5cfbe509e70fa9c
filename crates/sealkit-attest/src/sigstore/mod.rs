//! Sigstore without Sigstore's services: certificates of Fulcio, entries of Rekor v1 and v2,
//! RFC 3161 timestamps and certificate transparency, under a `trusted_root.json`. Pure: the time is
//! an argument, and nothing outside of the trusted root vouches for anything.

mod body;
mod certificate;
mod chain;
pub(crate) mod crypto;
mod entry;
mod evidence;
mod proof;
mod root;
mod root_json;
mod sct;
mod timestamp;
mod token;

pub(crate) use certificate::SignerCertificate;
pub use certificate::check_authority_pem;
pub(crate) use evidence::{KeyEvidence, LogSource, key_evidence, vouch};
pub use root::{ROOT_LIMITS, SigstoreRoot};

use std::fmt::Write as _;

use crate::AttestError;

/// A signature and what it is about: what a log entry and a timestamp have to fit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signed<'a> {
    /// The signature's bytes.
    pub(crate) signature: &'a [u8],
    /// Who verifies it.
    pub(crate) by: SignedBy<'a>,
    /// SHA-256 of the signed bytes.
    pub(crate) sha256: &'a [u8],
    /// The envelope, where the signed bytes are one.
    pub(crate) envelope: Option<&'a crate::Envelope>,
}

/// What verifies a signature, DER.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SignedBy<'a> {
    /// A certificate.
    Certificate(&'a [u8]),
    /// A `SubjectPublicKeyInfo`.
    Key(&'a [u8]),
}

fn bad_certificate<T>(reason: impl Into<String>) -> Result<T, AttestError> {
    Err(AttestError::ChainInvalid { reason: reason.into() })
}

fn bad_proof<T>(reason: impl Into<String>) -> Result<T, AttestError> {
    Err(AttestError::LogProofInvalid { reason: reason.into() })
}

fn bad_time<T>(reason: impl Into<String>) -> Result<T, AttestError> {
    Err(AttestError::TimestampInvalid { reason: reason.into() })
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

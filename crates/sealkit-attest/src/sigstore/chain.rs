//! Certificate chains at a proven time (RFC 5280 §6, by `rustls-webpki`).

use std::time::Duration;

use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use super::certificate::{is_valid_at, parse, path_length};
use super::crypto::CHAIN_ALGORITHMS;
use super::{bad_certificate, root::Authority};
use crate::AttestError;

/// `id-kp-codeSigning`, content bytes.
pub(super) const CODE_SIGNING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 3];
/// `id-kp-timeStamping`, content bytes.
pub(super) const TIME_STAMPING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];

/// Verifies that `leaf` leads to the root of `authority` at `time` (unix seconds) and may be used
/// for `usage`; gives the SPKI of its issuer, DER.
///
/// Only the last certificate of the authority is an anchor: an intermediate that has expired must
/// not vouch for anything (CVE-2026-24122).
pub(super) fn verify(
    leaf: &[u8],
    others: &[Vec<u8>],
    authority: &Authority,
    time: i64,
    usage: &'static [u8],
) -> Result<Vec<u8>, AttestError> {
    if !authority.validity.contains(time) {
        return bad_certificate("its authority is not trusted for the time of signing");
    }
    let Some((root, intermediates)) = authority.chain.split_last() else {
        return bad_certificate("its authority has no certificate");
    };
    let limits = parse(root)?;
    if !is_valid_at(&limits, time) {
        return bad_certificate("the root certificate is not valid at the time of signing");
    }
    let seconds = u64::try_from(time).or_else(|_| bad_certificate("the time is before 1970"))?;
    let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let root = CertificateDer::from(root.as_slice());
    let anchor = [anchor_from_trusted_cert(&root).map_err(failed)?];
    let below: Vec<CertificateDer<'_>> = intermediates
        .iter()
        .chain(others)
        .map(|der| CertificateDer::from(der.as_slice()))
        .collect();
    let leaf = CertificateDer::from(leaf);
    let leaf = EndEntityCert::try_from(&leaf).map_err(failed)?;
    let usage = KeyUsage::required(usage);
    let path = leaf
        .verify_for_usage(CHAIN_ALGORITHMS, &anchor, &below, time, usage, None, None)
        .map_err(failed)?;
    // An anchor is a name and a key to the library, so that a limit in it has to be kept here.
    let between = path.intermediate_certificates().count();
    if path_length(&limits).is_some_and(|limit| between > usize::from(limit)) {
        return bad_certificate("one above it may not stand so high");
    }
    Ok(path.issuer_spki().as_ref().to_vec())
}

fn failed(error: webpki::Error) -> AttestError {
    use webpki::Error;
    let reason = match error {
        Error::CertExpired { .. } => "it, or one above it, had expired at the time of signing",
        Error::CertNotValidYet { .. } => {
            "it, or one above it, was not valid yet at the time of signing"
        }
        Error::UnknownIssuer => "it does not lead to a trusted root",
        Error::CaUsedAsEndEntity => "it is an authority's and not a signer's",
        Error::EndEntityUsedAsCa => "one above it may not issue certificates",
        Error::PathLenConstraintViolated => "one above it may not stand so high",
        Error::NameConstraintViolation => "one above it may not vouch for that name",
        Error::UnsupportedCriticalExtension => "it has a critical extension that is not known",
        Error::RequiredEkuNotFoundContext(_) => "it, or one above it, is not for that use",
        Error::InvalidSignatureForPublicKey => "it is not signed by its issuer",
        other => {
            let reason = AttestError::quote(&other.to_string());
            return AttestError::ChainInvalid { reason };
        }
    };
    AttestError::ChainInvalid { reason: reason.to_owned() }
}

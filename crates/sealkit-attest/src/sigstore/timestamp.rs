//! RFC 3161 timestamps under the timestamp authorities of a trusted root.

use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::ext::pkix::ExtendedKeyUsage;

use super::bad_time;
use super::certificate::{extension, is_authority, is_valid_at, parse};
use super::chain::{self, TIME_STAMPING};
use super::crypto::VerifyKey;
use super::root::Authority;
use super::token::Token;
use crate::AttestError;

const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
const ID_TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");

/// The time that `response` proves `signature` to be no younger than, unix seconds; none where its
/// signer is of none of the authorities, so that it says nothing.
pub(super) fn verify<'a>(
    response: &[u8],
    signature: &[u8],
    authorities: impl Iterator<Item = &'a Authority>,
    now: i64,
) -> Result<Option<i64>, AttestError> {
    let token = Token::parse(response)?;
    let (hash, imprint) = &token.imprint;
    if hash.of(signature) != *imprint {
        return bad_time("it is about another signature");
    }
    if token.time > now {
        return bad_time("it lies in the future");
    }
    let mut refused = None;
    for authority in authorities {
        match by(&token, authority) {
            Ok(true) => return Ok(Some(token.time)),
            Ok(false) => {}
            Err(error) => refused = Some(error),
        }
    }
    refused.map_or(Ok(None), Err)
}

/// Whether an authority made the token; false where its signer is none of the authority's.
fn by(token: &Token, authority: &Authority) -> Result<bool, AttestError> {
    // Where the root names the authority's own certificate, no other may sign for it.
    let first = authority.chain.first().map_or(&[][..], Vec::as_slice);
    let pinned = !is_authority(&parse(first)?);
    let brought = if pinned { &[][..] } else { token.certificates.as_slice() };
    let candidates = authority.chain.iter().chain(brought);
    for der in candidates {
        let certificate = parse(der)?;
        if !token.is_by(&certificate, der) {
            continue;
        }
        let spki = certificate.tbs_certificate.subject_public_key_info.to_der();
        let key = VerifyKey::from_spki(&spki.unwrap_or_default())?;
        if !key.verify_with(token.hash, &token.signed, &token.signature) {
            return bad_time("its signature is not valid");
        }
        check_time(token, authority, der)?;
        return Ok(true);
    }
    Ok(false)
}

fn check_time(token: &Token, authority: &Authority, der: &[u8]) -> Result<(), AttestError> {
    let time = token.time;
    if !authority.validity.contains(time) {
        return bad_time("its authority is not trusted for that time");
    }
    let certificate = parse(der)?;
    if !is_valid_at(&certificate, time) {
        return bad_time("its authority's certificate is not valid at that time");
    }
    let usage = extension(&certificate, EXTENDED_KEY_USAGE)?;
    let usage = usage.and_then(|usage| ExtendedKeyUsage::from_der(usage).ok());
    if usage.is_none_or(|usage| usage.0 != [ID_TIME_STAMPING]) {
        return bad_time("its signer's certificate is not for timestamps alone");
    }
    // A certificate that is the anchor itself has nothing to lead to.
    if authority.chain.last().is_some_and(|root| root == der) {
        return Ok(());
    }
    let led = chain::verify(der, &token.certificates, authority, time, TIME_STAMPING);
    led.map(drop).or_else(|error| bad_time(format!("its authority's {error}")))
}

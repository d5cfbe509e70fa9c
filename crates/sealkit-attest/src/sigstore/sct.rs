//! Certificate transparency: the signed certificate timestamps inside a certificate (RFC 6962 §3.2
//! and §3.3).

use sealkit_oci::Digest;
use x509_cert::Certificate;
use x509_cert::der::asn1::OctetStringRef;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{Decode as _, Encode as _};

use super::certificate::{SignerCertificate, extension};
use super::{bad_certificate, root::RootLog};
use crate::AttestError;

const SCT_LIST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11129.2.4.2");
/// Most timestamps of one certificate.
const MAX_SCTS: usize = 16;
/// `signed_certificate_timestamp`, `certificate_timestamp`: version and type.
const HEAD: [u8; 2] = [0, 0];
/// Entry type `precert_entry`.
const PRECERT: [u8; 2] = [0, 1];

/// Verifies that a trusted log promised to show the certificate. Promises of unknown logs count for
/// nothing; a bad one of a known log is an error.
pub(super) fn verify(
    certificate: &SignerCertificate,
    issuer_spki: &[u8],
    logs: &[RootLog],
) -> Result<(), AttestError> {
    let Some(list) = list_of(&certificate.parsed)? else {
        return bad_certificate("it has no certificate timestamp");
    };
    let issuer = Digest::of(issuer_spki).raw();
    let bare = without_list(certificate)?;
    let mut good = 0usize;
    for sct in &list {
        let Some(log) = logs.iter().find(|log| log.id == sct.log) else { continue };
        let time = i64::try_from(sct.time / 1000).unwrap_or(i64::MAX);
        if !log.validity.contains(time) {
            return bad_certificate("a certificate timestamp is of a time of no trust in its log");
        }
        let size = u32::try_from(bare.len()).unwrap_or(u32::MAX).to_be_bytes();
        let signed = [
            HEAD.as_slice(),
            &sct.time.to_be_bytes(),
            &PRECERT,
            &issuer,
            size.get(1..).unwrap_or_default(),
            &bare,
            sct.extensions,
        ]
        .concat();
        if !log.key.as_ref().is_some_and(|key| key.verify(&signed, sct.signature)) {
            return bad_certificate("the signature of a certificate timestamp is not valid");
        }
        good += 1;
    }
    if good == 0 { bad_certificate("no trusted log has promised to show it") } else { Ok(()) }
}

/// Refuses a certificate whose timestamps can not be read, whether they are asked for or not.
pub(super) fn check_readable(certificate: &Certificate) -> Result<(), AttestError> {
    list_of(certificate).map(drop)
}

fn list_of(certificate: &Certificate) -> Result<Option<Vec<Sct<'_>>>, AttestError> {
    let Some(list) = extension(certificate, SCT_LIST)? else { return Ok(None) };
    match OctetStringRef::from_der(list).ok().and_then(|list| read_list(list.as_bytes())) {
        Some(list) => Ok(Some(list)),
        None => bad_certificate("its certificate timestamps can not be read"),
    }
}

/// The signed part of the certificate as the log saw it: without the list itself.
fn without_list(certificate: &SignerCertificate) -> Result<Vec<u8>, AttestError> {
    let mut bare = certificate.parsed.tbs_certificate.clone();
    if let Some(extensions) = bare.extensions.as_mut() {
        extensions.retain(|extension| extension.extn_id != SCT_LIST);
    }
    bare.to_der().or_else(|_| bad_certificate("it can not be written"))
}

struct Sct<'a> {
    log: &'a [u8],
    /// Milliseconds.
    time: u64,
    /// With the length before them, as they are signed.
    extensions: &'a [u8],
    signature: &'a [u8],
}

fn read_list(list: &[u8]) -> Option<Vec<Sct<'_>>> {
    let (mut rest, after) = sized(list)?;
    let mut scts = Vec::new();
    while !rest.is_empty() {
        let (one, next) = sized(rest)?;
        scts.push(read(one)?);
        rest = next;
    }
    (after.is_empty() && scts.len() <= MAX_SCTS).then_some(scts)
}

fn read(sct: &[u8]) -> Option<Sct<'_>> {
    let (version, rest) = sct.split_first()?;
    let (log, rest) = rest.split_at_checked(32)?;
    let (time, rest) = rest.split_first_chunk::<8>()?;
    let (inner, after) = sized(rest)?;
    let extensions = rest.get(..2 + inner.len())?;
    // Hash and signature algorithm: the log's key says which they are.
    let (_, rest) = after.split_at_checked(2)?;
    let (signature, end) = sized(rest)?;
    let time = u64::from_be_bytes(*time);
    (*version == 0 && end.is_empty()).then_some(Sct { log, time, extensions, signature })
}

/// A vector with a length of two bytes, and what is after it.
fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

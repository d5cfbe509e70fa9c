//! Reading RFC 3161 time stamp responses: the CMS around them and the one signer that they may have
//! (RFC 5652, RFC 5816).

use cms::cert::CertificateChoices;
use cms::signed_data::{SignedData, SignerIdentifier, SignerInfo};
use x509_cert::Certificate;
use x509_cert::der::asn1::OctetString;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{AnyRef, Decode as _, Encode as _, SliceReader};
use x509_cert::der::{Reader as _, Tag, Tagged as _};
use x509_cert::ext::pkix::SubjectKeyIdentifier;
use x509_tsp::{TimeStampResp, TstInfo};

use super::bad_time;
use super::certificate::extension;
use super::crypto::Hash;
use crate::AttestError;

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
const SIGNING_CERTIFICATE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
const SUBJECT_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");

const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const ECDSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4");

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const RSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const RSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");

/// Largest response that is read, in bytes.
const MAX_RESPONSE: usize = 64 << 10;
/// Most certificates in one response.
const MAX_CERTIFICATES: usize = 16;

/// A response as it was read; its digests fit, its signature is not verified yet.
pub(super) struct Token {
    /// What the time is about.
    pub(super) imprint: (Hash, Vec<u8>),
    /// The time, unix seconds.
    pub(super) time: i64,
    /// The certificates that came with it, DER.
    pub(super) certificates: Vec<Vec<u8>>,
    /// The signed attributes, as they are signed.
    pub(super) signed: Vec<u8>,
    /// Hash of the signature.
    pub(super) hash: Hash,
    /// The signature.
    pub(super) signature: Vec<u8>,
    signer: SignerIdentifier,
    /// Hash of the signer's certificate, where it is in the signed attributes.
    certificate_hash: Option<(Hash, Vec<u8>)>,
}

impl Token {
    /// Reads a response: granted, with exactly one signer, and digests that fit.
    pub(super) fn parse(response: &[u8]) -> Result<Self, AttestError> {
        if response.len() > MAX_RESPONSE {
            let (document, what) = ("timestamp", "byte");
            return Err(AttestError::Limit { document, what, limit: MAX_RESPONSE });
        }
        let parsed =
            TimeStampResp::from_der(response).or_else(|_| bad_time("it is no response"))?;
        if !matches!(parsed.status.status as u8, 0 | 1) {
            return bad_time("the authority did not grant it");
        }
        let Some(content) = parsed.time_stamp_token.filter(|t| t.content_type == SIGNED_DATA)
        else {
            return bad_time("it has no token");
        };
        let data: SignedData =
            content.content.decode_as().or_else(|_| bad_time("its token can not be read"))?;
        let inner = data.encap_content_info;
        if inner.econtent_type != TST_INFO {
            return bad_time("its token is of another kind");
        }
        let content = inner.econtent.and_then(|any| any.decode_as::<OctetString>().ok());
        let Some(content) = content else { return bad_time("its token is empty") };
        let [signer] = data.signer_infos.0.as_slice() else {
            return bad_time("it has not exactly one signer");
        };
        let info = TstInfo::from_der(content.as_bytes())
            .or_else(|_| bad_time("its content can not be read"))?;
        let imprint = hash(info.message_imprint.hash_algorithm.oid)?;
        let certificate_hash = check_attributes(signer, content.as_bytes())?;
        Ok(Self {
            imprint: (imprint, info.message_imprint.hashed_message.into_bytes()),
            time: i64::try_from(info.gen_time.to_unix_duration().as_secs()).unwrap_or(i64::MAX),
            certificates: certificates(data.certificates)?,
            signed: signed_attributes(signer)?,
            hash: signature_hash(signer)?,
            signature: signer.signature.as_bytes().to_vec(),
            signer: signer.sid.clone(),
            certificate_hash,
        })
    }

    /// Whether `certificate` is the one that is said to have signed: its name and number, and its
    /// hash too, which names alone would let another take the place of (CVE-2026-39984).
    pub(super) fn is_by(&self, certificate: &Certificate, der: &[u8]) -> bool {
        let named = match &self.signer {
            SignerIdentifier::IssuerAndSerialNumber(id) => {
                let tbs = &certificate.tbs_certificate;
                id.issuer == tbs.issuer && id.serial_number == tbs.serial_number
            }
            SignerIdentifier::SubjectKeyIdentifier(id) => {
                extension(certificate, SUBJECT_KEY_ID).ok().flatten().is_some_and(|found| {
                    SubjectKeyIdentifier::from_der(found).is_ok_and(|found| found == *id)
                })
            }
        };
        named && self.certificate_hash.as_ref().is_none_or(|(hash, value)| hash.of(der) == *value)
    }
}

fn hash(oid: ObjectIdentifier) -> Result<Hash, AttestError> {
    match oid {
        SHA256 => Ok(Hash::Sha256),
        SHA384 => Ok(Hash::Sha384),
        SHA512 => Ok(Hash::Sha512),
        other => bad_time(format!("the hash algorithm {other} is not supported")),
    }
}

fn signature_hash(signer: &SignerInfo) -> Result<Hash, AttestError> {
    match signer.signature_algorithm.oid {
        ECDSA_SHA256 | RSA_SHA256 => Ok(Hash::Sha256),
        ECDSA_SHA384 | RSA_SHA384 => Ok(Hash::Sha384),
        ECDSA_SHA512 | RSA_SHA512 => Ok(Hash::Sha512),
        RSA => hash(signer.digest_alg.oid),
        other => bad_time(format!("the signature algorithm {other} is not supported")),
    }
}

/// Content type, digest of the content, and the signer's certificate.
fn check_attributes(
    signer: &SignerInfo,
    content: &[u8],
) -> Result<Option<(Hash, Vec<u8>)>, AttestError> {
    let kind = value(signer, CONTENT_TYPE)?;
    let kind = kind.and_then(|der| ObjectIdentifier::from_der(&der).ok());
    if kind != Some(TST_INFO) {
        return bad_time("it is not signed as a time stamp");
    }
    let digest = value(signer, MESSAGE_DIGEST)?;
    let digest = digest.and_then(|der| OctetString::from_der(&der).ok());
    let found = hash(signer.digest_alg.oid)?.of(content);
    if digest.is_none_or(|digest| digest.as_bytes() != found) {
        return bad_time("its signature is of another content");
    }
    match value(signer, SIGNING_CERTIFICATE_V2)? {
        Some(der) => match certificate_hash(&der) {
            Some(hash) => Ok(Some(hash)),
            None => bad_time("its signer's certificate hash can not be read"),
        },
        // The older form hashes with SHA-1: name and number of the signer are left.
        None if value(signer, SIGNING_CERTIFICATE)?.is_some() => Ok(None),
        None => bad_time("it does not sign which certificate its signer has"),
    }
}

/// The one value of a signed attribute, DER.
fn value(signer: &SignerInfo, oid: ObjectIdentifier) -> Result<Option<Vec<u8>>, AttestError> {
    let mut all = signer.signed_attrs.iter().flat_map(|attrs| attrs.iter());
    let mut found = all.by_ref().filter(|attribute| attribute.oid == oid);
    let (first, second) = (found.next(), found.next());
    let Some(attribute) = first else { return Ok(None) };
    match (attribute.values.as_slice(), second) {
        ([one], None) => one.to_der().map(Some).or_else(|_| bad_time("an attribute is broken")),
        _ => bad_time("an attribute has not exactly one value"),
    }
}

/// Hash of the first certificate of a `SigningCertificateV2` (RFC 5035 §3).
fn certificate_hash(der: &[u8]) -> Option<(Hash, Vec<u8>)> {
    let mut outer = SliceReader::new(der).ok()?;
    let (mut algorithm, mut value) = (Hash::Sha256, None);
    outer
        .sequence(|list| {
            list.sequence(|ids| {
                ids.sequence(|id| {
                    let mut next = id.decode::<AnyRef<'_>>()?;
                    if next.tag() == Tag::Sequence {
                        let oid = next.sequence(|inner| {
                            let oid = inner.decode::<ObjectIdentifier>()?;
                            while !inner.is_finished() {
                                inner.decode::<AnyRef<'_>>()?;
                            }
                            Ok(oid)
                        })?;
                        algorithm = hash(oid).map_err(|_| Tag::Sequence.value_error())?;
                        next = id.decode::<AnyRef<'_>>()?;
                    }
                    value = Some(next.decode_as::<OctetString>()?.into_bytes());
                    while !id.is_finished() {
                        id.decode::<AnyRef<'_>>()?;
                    }
                    Ok(())
                })?;
                while !ids.is_finished() {
                    ids.decode::<AnyRef<'_>>()?;
                }
                Ok(())
            })?;
            while !list.is_finished() {
                list.decode::<AnyRef<'_>>()?;
            }
            Ok(())
        })
        .ok()?;
    Some((algorithm, value?))
}

fn signed_attributes(signer: &SignerInfo) -> Result<Vec<u8>, AttestError> {
    let attributes = signer.signed_attrs.as_ref().and_then(|attrs| attrs.to_der().ok());
    attributes.map_or_else(|| bad_time("it has no signed attributes"), Ok)
}

fn certificates(
    set: Option<cms::signed_data::CertificateSet>,
) -> Result<Vec<Vec<u8>>, AttestError> {
    let set = set.map(|set| set.0.into_vec()).unwrap_or_default();
    if set.len() > MAX_CERTIFICATES {
        let (document, what) = ("timestamp", "certificate");
        return Err(AttestError::Limit { document, what, limit: MAX_CERTIFICATES });
    }
    let one = |choice| match choice {
        CertificateChoices::Certificate(certificate) => certificate.to_der().ok(),
        CertificateChoices::Other(_) => None,
    };
    let all: Option<Vec<_>> = set.into_iter().map(one).collect();
    all.map_or_else(|| bad_time("a certificate of it can not be read"), Ok)
}

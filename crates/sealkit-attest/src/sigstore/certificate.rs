//! What a signer's certificate says (Fulcio's profile, RFC 5280).

use sealkit_oci::Digest;
use x509_cert::Certificate;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage, SubjectAltName};
use x509_cert::time::Time;

use super::bad_certificate;
use super::crypto::VerifyKey;
use crate::{AttestError, CertifiedSubject, PublicKey, SigningCertificate, SubjectKind};

/// Fulcio's issuer, as raw text; the older form.
const ISSUER_V1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.1");
/// Fulcio's issuer, a `UTF8String`.
const ISSUER_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.8");
/// Fulcio's kind of other names.
const OTHER_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.7");
const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");

/// Largest certificate that is read, in bytes.
const MAX_CERTIFICATE: usize = 64 << 10;

/// Reads a certificate, DER, whole.
pub(super) fn parse(der: &[u8]) -> Result<Certificate, AttestError> {
    if der.len() > MAX_CERTIFICATE {
        let (document, what) = ("certificate", "byte");
        return Err(AttestError::Limit { document, what, limit: MAX_CERTIFICATE });
    }
    Certificate::from_der(der)
        .or_else(|error| bad_certificate(format!("it can not be read: {error}")))
}

/// Refuses a text that is not one `CERTIFICATE` PEM block of a certificate that may issue others, and
/// that the verifier of chains reads: what it would not read vouches for nobody.
pub fn check_authority_pem(text: &str) -> Result<(), AttestError> {
    let pem = crate::pem::parse(text)?;
    if pem.label != "CERTIFICATE" {
        let found = AttestError::quote(&pem.label);
        return Err(AttestError::PemLabel { found, expected: "`CERTIFICATE`" });
    }
    crate::Certificate::from_der(&pem.content)?;
    let certificate = parse(&pem.content)?;
    if is_authority(&certificate) { Ok(()) } else { bad_certificate("it may issue no others") }
}

/// Whether a certificate may issue others.
pub(super) fn is_authority(certificate: &Certificate) -> bool {
    constraints(certificate).is_some_and(|basic| basic.ca)
}

/// How many intermediates may stand below an authority, if that is limited.
pub(super) fn path_length(certificate: &Certificate) -> Option<u8> {
    constraints(certificate)?.path_len_constraint
}

fn constraints(certificate: &Certificate) -> Option<BasicConstraints> {
    let found = extension(certificate, BASIC_CONSTRAINTS).ok().flatten()?;
    BasicConstraints::from_der(found).ok()
}

/// The content of the extension `oid`; one that is there twice is an error.
pub(super) fn extension(
    certificate: &Certificate,
    oid: ObjectIdentifier,
) -> Result<Option<&[u8]>, AttestError> {
    let all = certificate.tbs_certificate.extensions.iter().flatten();
    let mut found = all.filter(|extension| extension.extn_id == oid);
    let (first, second) = (found.next(), found.next());
    if second.is_some() {
        return bad_certificate(format!("it has the extension {oid} twice"));
    }
    Ok(first.map(|extension| extension.extn_value.as_bytes()))
}

/// A time of a certificate, unix seconds.
pub(super) fn seconds(time: &Time) -> i64 {
    i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
}

/// Whether `time` lies in the certificate's own window; both ends belong to it.
pub(super) fn is_valid_at(certificate: &Certificate, time: i64) -> bool {
    let validity = &certificate.tbs_certificate.validity;
    (seconds(&validity.not_before)..=seconds(&validity.not_after)).contains(&time)
}

/// The leaf of a keyless signature. Its claims are unverified until its chain is.
#[derive(Clone, Debug)]
pub(crate) struct SignerCertificate {
    pub(super) der: Vec<u8>,
    pub(super) parsed: Certificate,
    pub(super) intermediates: Vec<Vec<u8>>,
    /// Whom it names.
    pub(crate) subject: CertifiedSubject,
    /// The identity provider that knew them.
    pub(crate) issuer: String,
    /// Its key.
    pub(crate) key: VerifyKey,
    /// The id of its key, as [`PublicKey::id`] makes it; of kinds that no signer here has, of its bytes.
    key_id: String,
}

impl SignerCertificate {
    /// The leaf, DER.
    pub(crate) fn leaf(&self) -> &[u8] {
        &self.der
    }

    /// What a signer's certificate is remembered by.
    pub(crate) fn signed_with(&self) -> SigningCertificate {
        let others = self.intermediates.iter().map(Vec::as_slice);
        let all = std::iter::once(self.leaf()).chain(others);
        SigningCertificate::new(self.key_id.clone(), all)
    }

    /// Whether this is a certificate of Fulcio's profile, rather than one of another authority.
    pub(crate) fn is_fulcio(der: &[u8]) -> bool {
        parse(der).is_ok_and(|certificate| {
            let all = certificate.tbs_certificate.extensions.iter().flatten();
            all.into_iter().any(|one| one.extn_id == ISSUER_V1 || one.extn_id == ISSUER_V2)
        })
    }

    /// Reads the leaf and the intermediates that came with it. A root among those is refused: it
    /// could only be meant to be trusted.
    pub(crate) fn parse(leaf: &[u8], others: &[Vec<u8>]) -> Result<Self, AttestError> {
        let parsed = parse(leaf)?;
        for other in others {
            let other = parse(other)?.tbs_certificate;
            if other.issuer == other.subject {
                return bad_certificate("the bundle brings a root certificate of its own");
            }
        }
        if let Some(usage) = extension(&parsed, KEY_USAGE)? {
            let usage = KeyUsage::from_der(usage);
            if !usage.is_ok_and(|usage| usage.digital_signature()) {
                return bad_certificate("its key is not for signatures");
            }
        }
        super::sct::check_readable(&parsed)?;
        let spki = parsed.tbs_certificate.subject_public_key_info.to_der();
        let spki = spki.or_else(|_| bad_certificate("its key can not be read"))?;
        Ok(Self {
            subject: subject(&parsed)?,
            issuer: issuer(&parsed)?,
            key: VerifyKey::from_spki(&spki)?,
            key_id: PublicKey::from_der(&spki)
                .map_or_else(|_| Digest::of(&spki).hex().to_owned(), |key| key.id()),
            der: leaf.to_vec(),
            intermediates: others.to_vec(),
            parsed,
        })
    }
}

/// The one name that the certificate gives.
fn subject(certificate: &Certificate) -> Result<CertifiedSubject, AttestError> {
    let names = extension(certificate, SUBJECT_ALT_NAME)?;
    let names = names.map(SubjectAltName::from_der).transpose();
    let names = names.or_else(|_| bad_certificate("its names can not be read"))?;
    let names = names.map(|names| names.0).unwrap_or_default();
    let [name] = names.as_slice() else {
        return bad_certificate(format!("it has {} names: one is expected", names.len()));
    };
    let (kind, value) = match name {
        GeneralName::Rfc822Name(name) => (SubjectKind::Email, name.as_str().to_owned()),
        GeneralName::UniformResourceIdentifier(name) => {
            (SubjectKind::Uri, name.as_str().to_owned())
        }
        GeneralName::DnsName(name) => (SubjectKind::Dns, name.as_str().to_owned()),
        GeneralName::OtherName(other) if other.type_id == OTHER_NAME => {
            match other.value.decode_as::<String>() {
                Ok(name) => (SubjectKind::Other, name),
                Err(_) => return bad_certificate("its other name is no text"),
            }
        }
        _ => return bad_certificate("its name is of an unknown kind"),
    };
    Ok(CertifiedSubject { kind, value })
}

fn issuer(certificate: &Certificate) -> Result<String, AttestError> {
    let old = extension(certificate, ISSUER_V1)?.map(str::from_utf8).transpose();
    let old = old.or_else(|_| bad_certificate("its issuer is no text"))?;
    let new = extension(certificate, ISSUER_V2)?.map(String::from_der).transpose();
    let new = new.or_else(|_| bad_certificate("its issuer is no text"))?;
    match (old, new.as_deref()) {
        (Some(old), Some(new)) if old != new => bad_certificate("it names two issuers"),
        (_, Some(issuer)) | (Some(issuer), None) => Ok(issuer.to_owned()),
        (None, None) => bad_certificate("it names no identity provider"),
    }
}

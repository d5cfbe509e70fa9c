//! Certificates of the user's own authorities: what one says, and whether a chain of them leads to
//! an authority that is trusted (RFC 5280, as far as signing models needs it; the rest is refused).

mod chain;
mod names;
mod signature;

use sealkit_oci::Digest;
use x509_cert::certificate::Version;
use x509_cert::der::{AnyRef, Decode, Encode as _, Header, Reader as _, SliceReader};
use x509_cert::ext::Extension;

pub(crate) use chain::{ChainRules, certify};

use crate::{AttestError, CertifiedSubject, PublicKey, pem};

/// Largest certificate that is read, in bytes.
const MAX_CERTIFICATE: usize = 32 << 10;
/// Largest file of certificates that is read, in bytes.
const MAX_FILE: usize = 1 << 20;
/// Most certificates of one file: as many as a bundle may carry.
const MAX_CERTIFICATES: usize = 32;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// A certificate that is well formed: version 3, no extension twice, one signature algorithm. Nothing
/// of what it says is proven by that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    parsed: x509_cert::Certificate,
}

impl Certificate {
    /// Reads a certificate, DER.
    pub fn from_der(der: &[u8]) -> Result<Self, AttestError> {
        if der.len() > MAX_CERTIFICATE {
            let (document, limit) = ("certificate", MAX_CERTIFICATE);
            return Err(AttestError::Limit { document, what: "byte", limit });
        }
        let parsed = x509_cert::Certificate::from_der(der)
            .map_err(|_| AttestError::KeyInvalid { what: "certificate" })?;
        let read = Self { der: der.to_vec(), parsed };
        if read.parsed.tbs_certificate.version != Version::V3 {
            return Err(read.fault("it is not of version 3"));
        }
        if read.parsed.signature_algorithm != read.parsed.tbs_certificate.signature {
            return Err(read.fault("it names two signature algorithms"));
        }
        let all = read.extensions();
        let twice = |(at, one): (usize, &Extension)| {
            all.iter().skip(at + 1).any(|other| other.extn_id == one.extn_id)
        };
        if all.iter().enumerate().any(twice) {
            return Err(read.fault("it has one extension twice"));
        }
        Ok(read)
    }

    /// Reads the certificates of a PEM file, in its order. Text between them is passed over, as
    /// RFC 7468 has it; a file without a certificate is an error.
    pub fn from_pem_file(text: &str) -> Result<Vec<Self>, AttestError> {
        if text.len() > MAX_FILE {
            let (document, limit) = ("certificate file", MAX_FILE);
            return Err(AttestError::Limit { document, what: "byte", limit });
        }
        let (mut found, mut rest) = (Vec::new(), text);
        while let Some(start) = rest.find(BEGIN) {
            let block = rest.get(start..).unwrap_or_default();
            let end = block.find(END).map(|at| at + END.len());
            let reason = "a certificate has no end";
            let end = end.ok_or(AttestError::Pem { reason })?;
            let (block, after) = block.split_at(end);
            found.push(Self::from_der(&pem::parse(block)?.content)?);
            if found.len() > MAX_CERTIFICATES {
                let (document, limit) = ("certificate file", MAX_CERTIFICATES);
                return Err(AttestError::Limit { document, what: "certificate", limit });
            }
            rest = after;
        }
        if found.is_empty() {
            return Err(AttestError::Pem { reason: "it has no `CERTIFICATE`" });
        }
        Ok(found)
    }

    /// The exact bytes.
    pub fn to_der(&self) -> &[u8] {
        &self.der
    }

    /// The `CERTIFICATE` PEM.
    pub fn to_pem(&self) -> String {
        pem::emit("CERTIFICATE", &self.der)
    }

    /// Lower-case hex SHA-256 of the bytes.
    pub fn fingerprint(&self) -> String {
        Digest::of(&self.der).hex().to_owned()
    }

    /// The key that it certifies; other kinds than elliptic curves are an error.
    pub fn public_key(&self) -> Result<PublicKey, AttestError> {
        let info = self.parsed.tbs_certificate.subject_public_key_info.to_der();
        PublicKey::from_der(&info.map_err(|_| AttestError::KeyInvalid { what: "public key" })?)
    }

    /// The names of the holder: the alternative ones, or where there are none the subject. Empty
    /// where it names nobody in a way that is known.
    pub fn subjects(&self) -> Result<Vec<CertifiedSubject>, AttestError> {
        names::of(self)
    }

    /// The holder, for people: quoted.
    pub fn subject(&self) -> String {
        AttestError::quote(&self.parsed.tbs_certificate.subject.to_string())
    }

    /// Who issued it, for people: quoted.
    pub fn issuer(&self) -> String {
        AttestError::quote(&self.parsed.tbs_certificate.issuer.to_string())
    }

    fn extensions(&self) -> &[Extension] {
        self.parsed.tbs_certificate.extensions.as_deref().unwrap_or_default()
    }

    /// The signed part, as it came: never encoded anew.
    fn signed_part(&self) -> Option<&[u8]> {
        let mut reader = SliceReader::new(&self.der).ok()?;
        Header::decode(&mut reader).ok()?;
        reader.tlv_bytes().ok()
    }

    /// The value of an extension that is there once at most.
    fn extension<'a, T: Decode<'a>>(&'a self, id: &str) -> Result<Option<T>, AttestError> {
        let found = self.extensions().iter().find(|one| one.extn_id.to_string() == id);
        let Some(found) = found else { return Ok(None) };
        let bytes = found.extn_value.as_bytes();
        // Nothing may stand behind the value.
        AnyRef::from_der(bytes)
            .and_then(|_| T::from_der(bytes))
            .map(Some)
            .map_err(|_| self.fault(format!("its extension {id} is malformed")))
    }

    fn fault(&self, reason: impl Into<String>) -> AttestError {
        AttestError::CertificateInvalid { subject: self.subject(), reason: reason.into() }
    }
}

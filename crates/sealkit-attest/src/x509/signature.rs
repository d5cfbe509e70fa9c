//! Whether one certificate signed another.

use rsa::RsaPublicKey;
use rsa::pkcs8::DecodePublicKey as _;
use x509_cert::der::Encode as _;

use super::Certificate;
use crate::sigstore::crypto::{Hash, VerifyKey};

/// Whether the key of `issuer` made the signature of `certificate`. An algorithm that is not known
/// made none.
pub(super) fn is_signed_by(certificate: &Certificate, issuer: &Certificate) -> bool {
    verified(certificate, issuer).unwrap_or(false)
}

fn verified(certificate: &Certificate, issuer: &Certificate) -> Option<bool> {
    let message = certificate.signed_part()?;
    let signature = certificate.parsed.signature.as_bytes()?;
    let algorithm = &certificate.parsed.signature_algorithm;
    // RFC 5758 has no parameters for ECDSA, RFC 4055 a NULL for RSA: anything else is refused.
    let parameters = algorithm.parameters.as_ref();
    let null = parameters.is_some_and(x509_cert::der::asn1::Any::is_null);
    let (is_rsa, hash) = match algorithm.oid.to_string().as_str() {
        "1.2.840.10045.4.3.2" => (false, Hash::Sha256),
        "1.2.840.10045.4.3.3" => (false, Hash::Sha384),
        "1.2.840.10045.4.3.4" => (false, Hash::Sha512),
        "1.2.840.113549.1.1.11" => (true, Hash::Sha256),
        "1.2.840.113549.1.1.12" => (true, Hash::Sha384),
        "1.2.840.113549.1.1.13" => (true, Hash::Sha512),
        _ => return None,
    };
    if if is_rsa { !null } else { parameters.is_some() } {
        return None;
    }
    let hashed = hash.of(message);
    if !is_rsa {
        return Some(issuer.public_key().ok()?.verify_hash(&hashed, signature).is_ok());
    }
    let key = issuer.parsed.tbs_certificate.subject_public_key_info.to_der().ok()?;
    let key = RsaPublicKey::from_public_key_der(&key).ok()?;
    Some(VerifyKey::of_rsa(key)?.verify_digest(&hashed, signature))
}

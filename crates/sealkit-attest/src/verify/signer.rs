//! Whose signature it is.

use std::borrow::Cow;

use sealkit_oci::Digest;

use super::{Verifier, legacy};
use crate::key::refuse_insecure_test_key;
use crate::{AttestError, Bundle, KeyAlgorithm, PublicKey, TrustedKey};

/// What a signature covers, hashed once for however many keys are tried on it.
pub(super) struct SignedMessage<'a> {
    bytes: Option<&'a [u8]>,
    sha256: Cow<'a, Digest>,
}

impl<'a> SignedMessage<'a> {
    /// The bytes themselves.
    pub(super) fn bytes(bytes: &'a [u8]) -> Self {
        Self { bytes: Some(bytes), sha256: Cow::Owned(Digest::of(bytes)) }
    }

    /// Bytes of which only the digest is at hand.
    pub(super) fn digest(sha256: &'a Digest) -> Self {
        Self { bytes: None, sha256: Cow::Borrowed(sha256) }
    }

    /// The bytes, where they are at hand.
    pub(super) fn whole(&self) -> Option<&'a [u8]> {
        self.bytes
    }

    /// Their digest.
    pub(super) fn sha256(&self) -> &Digest {
        &self.sha256
    }

    pub(super) fn is_signed_by(&self, key: &PublicKey, signature: &[u8]) -> bool {
        match (key.algorithm(), self.bytes) {
            (KeyAlgorithm::EcdsaP384 | KeyAlgorithm::EcdsaP521, Some(bytes)) => {
                key.verify(bytes, signature).is_ok()
            }
            _ => key.verify_digest(&self.sha256, signature).is_ok(),
        }
    }
}

/// A key under which the signature is valid.
#[derive(Clone, Copy)]
pub(super) enum SignedBy<'a> {
    /// A key of the trust root, in or out of its window.
    Trusted(&'a TrustedKey),
    /// The key that claims to be the signer's, and is not trusted.
    Claimed(&'a PublicKey),
}

impl<'a> SignedBy<'a> {
    /// The trusted key, if it is one that this build may trust.
    pub(super) fn trusted(self, release: bool) -> Result<&'a TrustedKey, AttestError> {
        match self {
            Self::Trusted(key) => {
                refuse_insecure_test_key(&key.public_key, release)?;
                Ok(key)
            }
            Self::Claimed(key) => Err(AttestError::UntrustedKey {
                fingerprint: key.fingerprint(),
                public_key: key.to_pem(),
            }),
        }
    }
}

/// Finds the key that made `signature`. Every trusted key is tried, whatever the hint says, those that the hint and
/// the claim name first; and no other where the verifier tries named keys alone.
pub(super) fn find<'a>(
    verifier: &Verifier<'a>,
    bundle: &Bundle,
    message: &SignedMessage<'_>,
    signature: &[u8],
) -> Result<SignedBy<'a>, AttestError> {
    check_material(bundle)?;
    let made = |key: &PublicKey| message.is_signed_by(key, signature);
    let hint = bundle.hint();
    let is_hinted = |key: &PublicKey| hint.is_some_and(|hint| key.is_hinted(hint));
    // Whether a key fits the hint is a hash of it: asked once of each.
    let keys = verifier.trust.keys().iter().map(|key| (key, is_hinted(&key.public_key)));
    let is_named = |(key, hinted): &(&TrustedKey, bool)| {
        *hinted || verifier.claimed.is_some_and(|claimed| *claimed == key.public_key)
    };
    let (mut named, others): (Vec<_>, Vec<_>) = keys.partition(is_named);
    let is_known = named.iter().any(|(_, hinted)| *hinted);
    if !verifier.named_only {
        named.extend(others);
    }
    let tried: Vec<&TrustedKey> = named.into_iter().map(|(key, _)| key).collect();
    if let Some(key) = tried.iter().find(|key| made(&key.public_key)) {
        return Ok(SignedBy::Trusted(key));
    }
    if let Some(old) = legacy::message(bundle) {
        let made = |key: &PublicKey| legacy::is_signed_by(&old, key, signature);
        if let Some(key) = tried.iter().find(|key| made(&key.public_key)) {
            return verifier.legacy.check_format().map(|()| SignedBy::Trusted(key));
        }
    }
    if let Some(claimed) = verifier.claimed.filter(|claimed| made(claimed)) {
        return Ok(SignedBy::Claimed(claimed));
    }
    let reason = match verifier.claimed {
        _ if verifier.named_only => None,
        Some(_) => Some("it is not by the key that is named as the signer's"),
        None => is_known.then_some("it is not by the trusted key that the bundle names"),
    };
    if let Some(reason) = reason {
        return Err(AttestError::SignatureInvalid { reason });
    }
    Err(AttestError::UnknownKey { hint: hint.map_or("none".to_owned(), AttestError::quote) })
}

/// Refuses material that cannot be verified yet; a certificate is no key.
pub(super) fn check_material(bundle: &Bundle) -> Result<(), AttestError> {
    match bundle.material() {
        crate::Material::PublicKey { .. } => Ok(()),
        other => Err(AttestError::MaterialUnsupported { material: other.name() }),
    }
}

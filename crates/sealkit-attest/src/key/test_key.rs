//! The fixed key `insecure-test-key`: for golden bytes in tests, and for nothing else.

use super::PublicKey;
use crate::AttestError;

/// The key's id.
const ID: &str = "be656b214a0cc6bef4673e7da84469f5b6416835f298c76d07c77167c6cc1d0e";

/// The private half. It is in builds with debug assertions only, so a release cannot sign with it.
#[cfg(debug_assertions)]
pub fn insecure_test_key() -> Result<super::PrivateKey, AttestError> {
    // The digest of the key's own name: anyone can make it.
    let scalar = sealkit_oci::Digest::of(b"insecure-test-key").raw();
    let key = p256::ecdsa::SigningKey::from_slice(&scalar);
    super::PrivateKey::new(key.map_err(|_| AttestError::KeyInvalid { what: "private key" })?)
}

/// Whether `key` is the public half of `insecure-test-key`. A build without debug assertions
/// refuses every signature of it, trusted or not.
pub fn is_insecure_test_key(key: &PublicKey) -> bool {
    key.id() == ID
}

/// Refuses the test key where `release` says that this build must.
pub(crate) fn refuse_insecure_test_key(key: &PublicKey, release: bool) -> Result<(), AttestError> {
    if release && is_insecure_test_key(key) {
        return Err(AttestError::InsecureTestKey);
    }
    Ok(())
}

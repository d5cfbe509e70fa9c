//! Keys: ECDSA P-256 to sign and verify, P-384 and P-521 to verify.

mod cosign;
mod private;
mod public;
mod test_key;

pub use private::{PrivateKey, key_file_needs_password};
pub use public::{ANNOTATION_PUBLIC_KEY, KeyAlgorithm, PublicKey};
#[cfg(debug_assertions)]
pub use test_key::insecure_test_key;
pub use test_key::is_insecure_test_key;
pub(crate) use test_key::refuse_insecure_test_key;

use crate::AttestError;

/// Something that signs: a key in memory now, a token or a service later.
pub trait Signer {
    /// The key that verifies what it signs.
    fn public_key(&self) -> PublicKey;

    /// Signs `message`, which is not hashed yet; gives a DER signature.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, AttestError>;
}

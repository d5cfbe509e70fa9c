//! Naming a signer who is not trusted.

use super::signer::{self, SignedMessage};
use crate::{Bundle, Content, PublicKey};

/// What can be said of a key that claims to have signed a bundle. It proves who signed, never that
/// they may be trusted: whoever swaps the bundle can swap the claim with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedSigner {
    /// The key.
    pub public_key: PublicKey,
    /// Whether it made the bundle's signature.
    pub signature_valid: bool,
    /// Whether the bundle's hint names it.
    pub hint_matches: bool,
}

/// Compares `bundle` with the key of an annotation or a file that claims to be its signer's.
/// A bare message signature or a certificate is never valid here.
pub fn identify(bundle: &Bundle, claimed: &PublicKey) -> ClaimedSigner {
    let signature_valid = match bundle.content() {
        Content::Dsse(envelope) if signer::check_material(bundle).is_ok() => {
            let bytes = envelope.signed_bytes();
            SignedMessage::bytes(&bytes).is_signed_by(claimed, &envelope.signature)
        }
        _ => false,
    };
    let hint_matches = bundle.hint().is_some_and(|hint| claimed.is_hinted(hint));
    ClaimedSigner { public_key: claimed.clone(), signature_valid, hint_matches }
}

//! Verification: from a bundle and a trust root to verified values.

mod checks;
mod identify;
mod signer;
pub mod step;
mod verified;

pub use checks::{Check, Verification};
pub use identify::{ClaimedSigner, identify};
pub use verified::{Verified, VerifiedStatement};

use sealkit_oci::Digest;

use crate::{AttestError, Bundle, Content, Predicate, PublicKey, Statement, TrustRoot};
use signer::SignedMessage;

/// Verifies bundles under a trust root, at a time, for a kind of predicate.
#[derive(Clone, Copy, Debug)]
pub struct Verifier<'a> {
    trust: &'a TrustRoot,
    now: i64,
    claimed: Option<&'a PublicKey>,
    expected: Option<fn(&Statement) -> Result<(), AttestError>>,
    release: bool,
}

impl<'a> Verifier<'a> {
    /// A verifier that trusts `trust` at `now` (unix seconds) and takes any predicate.
    pub fn new(trust: &'a TrustRoot, now: i64) -> Self {
        Self { trust, now, claimed: None, expected: None, release: !cfg!(debug_assertions) }
    }

    /// The same verifier, which takes only well-formed predicates of kind `P`: an attestation of
    /// another kind proves nothing about what was asked.
    #[must_use]
    pub fn expecting<P: Predicate>(mut self) -> Self {
        self.expected = Some(|statement| statement.predicate::<P>().map(drop));
        self
    }

    /// The same verifier, told which key claims to be the signer's. The claim is used to name an
    /// untrusted signer and never for trust.
    #[must_use]
    pub fn claiming(mut self, key: &'a PublicKey) -> Self {
        self.claimed = Some(key);
        self
    }

    /// Verifies that `bundle` states something about `subject`; the first failure, or else the
    /// first thing that could not be checked, is the error.
    pub fn verify(
        &self,
        bundle: &[u8],
        subject: &Digest,
    ) -> Result<VerifiedStatement, AttestError> {
        self.check(bundle, subject).into_result()
    }

    /// Makes every check and reports each; never stops at the first failure.
    pub fn check(&self, bundle: &[u8], subject: &Digest) -> Verification {
        checks::run(self, bundle, subject)
    }
}

/// Verifies that `bundle` is a trusted statement of any kind about `expected_subject` at `now` (unix
/// seconds). Whoever wants one kind of statement uses [`Verifier::expecting`].
pub fn verify_bundle(
    bundle: &[u8],
    expected_subject: &Digest,
    trust: &TrustRoot,
    now: i64,
) -> Result<VerifiedStatement, AttestError> {
    Verifier::new(trust, now).verify(bundle, expected_subject)
}

/// Verifies a bundle that signs bare bytes: that a trusted key signed those of digest `expected`.
pub fn verify_message(
    bundle: &[u8],
    expected: &Digest,
    trust: &TrustRoot,
    now: i64,
) -> Result<Verified<Digest>, AttestError> {
    let parsed = Bundle::parse(bundle.to_vec())?;
    let Content::Message { algorithm, digest, signature } = parsed.content() else {
        return Err(AttestError::NoMessage);
    };
    if !digest.is_empty() && (algorithm != "SHA2_256" || *digest != expected.raw()) {
        let found = AttestError::quote(algorithm);
        let expected = expected.clone();
        return Err(AttestError::SubjectMismatch {
            expected,
            found: format!("another {found} digest"),
        });
    }
    let verifier = Verifier::new(trust, now);
    let message = SignedMessage::digest(expected);
    let key = signer::find(&verifier, &parsed, &message, signature)?.trusted(verifier.release)?;
    signer::check_window(key, now)?;
    Ok(Verified::new(expected.clone(), key.clone(), Digest::of(bundle)))
}

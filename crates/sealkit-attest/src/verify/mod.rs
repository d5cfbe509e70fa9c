//! Verification: from a bundle and a trust root to verified values.

mod certified;
mod checks;
mod identify;
mod keyless;
mod legacy;
mod logged;
mod model;
mod signed_by;
mod signer;
mod simple_signing;
pub mod step;
mod verified;

pub use checks::{Check, Verification};
pub use identify::{ClaimedSigner, identify};
pub use keyless::{VouchedIdentity, claimed_identity};
pub use legacy::Legacy;
pub use model::ModelVerification;
pub use simple_signing::{SIMPLE_SIGNING_LIMITS, SimpleSigning, verify_simple_signing};
pub use verified::{Verified, VerifiedStatement};

use sealkit_oci::Digest;

use crate::{AttestError, Bundle, Content, Predicate, PublicKey, Statement, TrustRoot};
use signer::SignedMessage;

type PredicateCheck = fn(&Statement) -> Result<(), AttestError>;

/// Verifies bundles under a trust root, at a time, for a kind of predicate.
#[derive(Clone, Copy, Debug)]
pub struct Verifier<'a> {
    trust: &'a TrustRoot,
    now: i64,
    claimed: Option<&'a PublicKey>,
    expected: Option<PredicateCheck>,
    v01: bool,
    legacy: Legacy,
    named_only: bool,
    release: bool,
}

impl<'a> Verifier<'a> {
    /// A verifier that trusts `trust` at `now` (unix seconds) and takes any predicate.
    pub fn new(trust: &'a TrustRoot, now: i64) -> Self {
        let release = !cfg!(debug_assertions);
        Self {
            trust,
            now,
            claimed: None,
            expected: None,
            v01: false,
            legacy: Legacy::default(),
            named_only: false,
            release,
        }
    }

    /// The same verifier, which takes only well-formed predicates of kind `P`: an attestation of
    /// another kind proves nothing about what was asked.
    #[must_use]
    pub fn expecting<P: Predicate>(mut self) -> Self {
        self.expected = Some(|statement| statement.predicate::<P>().map(drop));
        self
    }

    /// The same verifier, which takes statements of in-toto's v0.1 too, as `cosign attest` 3.1 still
    /// writes them.
    #[must_use]
    pub fn allowing_statement_v01(mut self) -> Self {
        self.v01 = true;
        self
    }

    /// The same verifier, which tries those trusted keys alone that the bundle's hint or the claim names: for
    /// whoever has more to verify than they can try every key on. A signature of another one is then of an
    /// unknown key.
    #[must_use]
    pub fn trying_named_keys_only(mut self) -> Self {
        self.named_only = true;
        self
    }

    /// The same verifier, which takes what old signers wrote, as far as `legacy` says. Each part of
    /// it makes a signature prove less: see [`Legacy`].
    #[must_use]
    pub fn insecure_allowing_legacy(mut self, legacy: Legacy) -> Self {
        self.legacy = legacy;
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

    /// Makes every check of a model's signature (OpenSSF Model Signing), which names its files, and
    /// reports each.
    pub fn check_model(&self, bundle: &[u8]) -> ModelVerification {
        model::run(self, bundle)
    }

    /// Makes every check and reports each; never stops at the first failure.
    pub fn check(&self, bundle: &[u8], subject: &Digest) -> Verification {
        checks::run(self, bundle, |statement| statement.check_subject(subject))
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

/// Verifies a bundle that signs bare bytes: that a trusted signer signed those of digest `expected`.
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
    let signature =
        keyless::Signature { bundle: &parsed, message: &message, bytes: signature, envelope: None };
    let (signer, witnesses) = keyless::message_signer(&verifier, &signature)?;
    Ok(Verified::new(expected.clone(), signer, witnesses, Digest::of(bundle)))
}

#[cfg(all(test, debug_assertions))]
mod tests {
    use super::*;
    use crate::{HintStyle, Role, Signer as _, TrustedKey};
    use sealkit_report::Hint as _;

    #[test]
    fn a_release_build_refuses_the_test_key_even_if_it_is_trusted() {
        let key = crate::insecure_test_key().unwrap();
        let subject = Digest::of(b"x");
        let subjects = vec![crate::Subject::of(&subject)];
        let made = Statement::new(subjects, &crate::CosignSign {}).unwrap();
        let bytes = Bundle::sign(&made, &key, HintStyle::Cosign).unwrap().into_bytes();
        let mut trust = TrustRoot::default();
        trust.add(TrustedKey::new(key.public_key(), "test", Role::Signer)).unwrap();
        let debug = Verifier::new(&trust, 0);
        debug.verify(&bytes, &subject).unwrap();
        let release = Verifier { release: true, ..debug };
        let result = release.check(&bytes, &subject);
        assert!(result.verified().is_none());
        assert_eq!(result.into_result().unwrap_err().code(), "insecure-test-key");
    }
}

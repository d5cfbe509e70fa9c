//! Values that only a verifier can make.

use sealkit_oci::Digest;

use crate::{AttestError, Predicate, Statement, TrustedKey};

/// A value that a trusted key signed, checked in every way that was asked for. There is no other
/// way to make one than to verify, so whoever takes it sees verified facts only:
///
/// ```compile_fail,E0451
/// # fn forge(signer: sealkit_attest::TrustedKey, evidence: sealkit_oci::Digest) {
/// let forged = sealkit_attest::Verified { value: "anything", signer, evidence };
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Verified<T> {
    value: T,
    signer: TrustedKey,
    evidence: Digest,
}

/// A statement that a trusted key signed.
pub type VerifiedStatement = Verified<Statement>;

impl<T> Verified<T> {
    pub(super) fn new(value: T, signer: TrustedKey, evidence: Digest) -> Self {
        Self { value, signer, evidence }
    }

    /// The value.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Who signed, as the trust root names them.
    pub fn signer(&self) -> &TrustedKey {
        &self.signer
    }

    /// Digest of the bundle that proves it.
    pub fn evidence(&self) -> &Digest {
        &self.evidence
    }
}

impl Verified<Statement> {
    /// What the statement says, as a `P`, verified as the statement is.
    pub fn predicate<P: Predicate>(&self) -> Result<Verified<P>, AttestError> {
        let value = self.value.predicate()?;
        Ok(Verified { value, signer: self.signer.clone(), evidence: self.evidence.clone() })
    }
}

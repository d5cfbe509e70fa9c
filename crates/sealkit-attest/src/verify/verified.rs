//! Values that only a verifier can make.

use sealkit_oci::Digest;

use crate::{AttestError, Predicate, Statement, TrustedSigner, Witnesses};

/// A value that a trusted key signed, checked in every way that was asked for. There is no other
/// way to make one than to verify, so whoever takes it sees verified facts only:
///
/// ```compile_fail,E0451
/// # fn forge(signer: sealkit_attest::TrustedSigner, evidence: sealkit_oci::Digest) {
/// let witnesses = sealkit_attest::Witnesses::default();
/// let forged = sealkit_attest::Verified { value: "anything", signer, witnesses, evidence };
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Verified<T> {
    value: T,
    signer: TrustedSigner,
    witnesses: Witnesses,
    evidence: Digest,
}

/// A statement that a trusted key signed.
pub type VerifiedStatement = Verified<Statement>;

impl<T> Verified<T> {
    pub(super) fn new(
        value: T,
        signer: TrustedSigner,
        witnesses: Witnesses,
        evidence: Digest,
    ) -> Self {
        Self { value, signer, witnesses, evidence }
    }

    /// Another value that the same signature proves.
    pub(super) fn with<U>(self, value: U) -> Verified<U> {
        let Self { signer, witnesses, evidence, .. } = self;
        Verified { value, signer, witnesses, evidence }
    }

    /// The value.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Who signed, as the trust root names them.
    pub fn signer(&self) -> &TrustedSigner {
        &self.signer
    }

    /// The logs and timestamps that were verified with it.
    pub fn witnesses(&self) -> &Witnesses {
        &self.witnesses
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
        let Self { signer, witnesses, evidence, .. } = self.clone();
        Ok(Verified { value, signer, witnesses, evidence })
    }
}

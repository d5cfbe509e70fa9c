//! Keyless signers: what is trusted for one run, and who signed without being trusted.

use sealkit_attest::{AttestError, SubjectRule, TrustRoot, Verification, VouchedIdentity};

use crate::OpsError;
use crate::trust::{Role, SigstoreInstance, SigstoreRoot, TrustedIdentity};

/// Sigstore instances and identities that are trusted for one run, beside those of the trust store.
#[derive(Clone, Debug, Default)]
pub struct Keyless {
    /// Trusted roots.
    pub roots: Vec<SigstoreRoot>,
    /// Identities, each with its provider.
    pub identities: Vec<(SubjectRule, String)>,
}

impl Keyless {
    /// Adds them under names that are free.
    pub(crate) fn add_to(&self, trust: &mut TrustRoot) -> Result<(), OpsError> {
        for root in &self.roots {
            if trust.sigstore().iter().all(|old| old.root != *root) {
                let name = free(trust, "trusted root of this run");
                trust.add_sigstore(SigstoreInstance { name, root: root.clone() })?;
            }
        }
        for (subject, issuer) in &self.identities {
            let name = free(trust, "identity of this run");
            trust.add_identity(TrustedIdentity {
                name,
                role: Role::Signer,
                issuer: issuer.clone(),
                subject: subject.clone(),
                valid_from: None,
                valid_until: None,
            })?;
        }
        Ok(())
    }
}

fn free(trust: &TrustRoot, name: &str) -> String {
    let numbered = (2..).map(|number| format!("{name} {number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names.find(|name| !trust.has_name(name)).unwrap_or_default()
}

/// Notes a signer for whom an instance vouched and whom nobody trusts.
pub(super) fn add_untrusted(result: &Verification, found: &mut super::Verification) {
    let mismatch = |check: &sealkit_attest::Check| {
        matches!(check.error, Some(AttestError::IdentityMismatch { .. }))
    };
    let named = result.identity().filter(|_| result.checks.iter().any(mismatch));
    let known = &mut found.untrusted_identities;
    known.extend(named.filter(|identity| !known.contains(identity)).cloned());
}

/// Who they are, for people.
pub(super) fn names(strangers: &[VouchedIdentity]) -> String {
    let one = |identity: &VouchedIdentity| {
        let (subject, issuer) = (&identity.subject.value, &identity.issuer);
        let quote = AttestError::quote;
        format!("signed by {}, known to {}, whom you do not trust", quote(subject), quote(issuer))
    };
    strangers.iter().map(one).collect::<Vec<_>>().join("; ")
}

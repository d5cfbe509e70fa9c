//! Signers whom a certificate of a Sigstore instance names.

use super::Verifier;
use super::signer::SignedMessage;
use crate::sigstore::{
    KeyEvidence, LogSource, Signed, SignedBy, SignerCertificate, key_evidence, vouch,
};
use crate::trust::Window;
use crate::{
    AttestError, Bundle, CertifiedSubject, Envelope, Material, PublicKey, SigstoreRoot,
    TrustedIdentity, TrustedSigner, Witnesses,
};

/// Somebody by the name in a certificate. From [`super::Verification::identity`] a trusted Sigstore
/// instance vouched for them: proven, which is not to say trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VouchedIdentity {
    /// The name in the certificate.
    pub subject: CertifiedSubject,
    /// The identity provider that knew them.
    pub issuer: String,
}

/// Whom a certificate of Fulcio's profile says to name; `others` are the intermediates that came
/// with it. Unverified: it is a claim of whoever made it.
pub fn claimed_identity(leaf: &[u8], others: &[Vec<u8>]) -> Result<VouchedIdentity, AttestError> {
    SignerCertificate::parse(leaf, others).map(|certificate| identity(&certificate))
}

/// A signature with its envelope, where it has one.
#[derive(Clone, Copy)]
pub(super) struct Signature<'a> {
    pub(super) bundle: &'a Bundle,
    pub(super) message: &'a SignedMessage<'a>,
    pub(super) bytes: &'a [u8],
    pub(super) envelope: Option<&'a Envelope>,
}

impl<'a> Signature<'a> {
    fn signed(&self, by: SignedBy<'a>, sha256: &'a [u8]) -> Signed<'a> {
        Signed { signature: self.bytes, by, sha256, envelope: self.envelope }
    }
}

/// The leaf and the intermediates of a bundle that Fulcio's profile fits; none for other bundles.
pub(super) fn certificate(bundle: &Bundle) -> Option<Result<SignerCertificate, AttestError>> {
    let (leaf, others) = match bundle.material() {
        Material::Certificate(leaf) => (leaf, &[][..]),
        Material::CertificateChain(chain) => chain.split_first()?,
        Material::PublicKey { .. } => return None,
    };
    SignerCertificate::is_fulcio(leaf).then(|| SignerCertificate::parse(leaf, others))
}

/// Verifies the signature itself with the certificate's key.
pub(super) fn check_signature(
    signature: &Signature<'_>,
    certificate: &SignerCertificate,
) -> Result<(), AttestError> {
    let good = match signature.message.whole() {
        Some(message) => certificate.key.verify(message, signature.bytes),
        None => certificate.key.verify_digest(&signature.message.sha256().raw(), signature.bytes),
    };
    let reason = "it is not by the key of the certificate";
    if good { Ok(()) } else { Err(AttestError::SignatureInvalid { reason }) }
}

/// What the trusted Sigstore instances prove of the signature and its certificate.
pub(super) fn witnesses(
    verifier: &Verifier<'_>,
    signature: &Signature<'_>,
    certificate: &SignerCertificate,
) -> Result<Witnesses, AttestError> {
    let (leaf, sha256) = (certificate.leaf(), signature.message.sha256().raw());
    let roots = roots(verifier);
    let source = LogSource { roots: &roots, logs: verifier.trust.logs(), now: verifier.now };
    let signed = signature.signed(SignedBy::Certificate(leaf), &sha256);
    vouch(&source, signature.bundle, &signed, certificate)
}

/// What trusted logs and timestamp authorities prove of a signature by `key`.
pub(super) fn key_witnesses(
    verifier: &Verifier<'_>,
    signature: &Signature<'_>,
    key: &PublicKey,
) -> Result<KeyEvidence, AttestError> {
    let sha256 = signature.message.sha256().raw();
    let roots = roots(verifier);
    let source = LogSource { roots: &roots, logs: verifier.trust.logs(), now: verifier.now };
    let signed = signature.signed(SignedBy::Key(key.to_der()), &sha256);
    key_evidence(&source, signature.bundle, &signed)
}

fn roots<'a>(verifier: &Verifier<'a>) -> Vec<&'a SigstoreRoot> {
    verifier.trust.sigstore().iter().map(|instance| &instance.root).collect()
}

/// The trusted identity that the certificate names; one whose window is open goes first.
pub(super) fn trusted(
    verifier: &Verifier<'_>,
    certificate: &SignerCertificate,
) -> Result<TrustedSigner, AttestError> {
    let identity = identity(certificate);
    let meant = |one: &&TrustedIdentity| {
        one.issuer == identity.issuer && one.subject.matches(&identity.subject)
    };
    let mut all = verifier.trust.identities().iter().filter(meant);
    let open = |one: &&TrustedIdentity| one.window(verifier.now) == Window::Inside;
    let found = all.clone().find(open).or_else(|| all.next());
    match found {
        Some(one) => {
            let signed_with = Some(certificate.signed_with());
            Ok(TrustedSigner::Identity(one.clone(), identity.subject, signed_with))
        }
        None => Err(AttestError::IdentityMismatch {
            kind: identity.subject.kind.name(),
            subject: AttestError::quote(&identity.subject.value),
            issuer: AttestError::quote(&identity.issuer),
        }),
    }
}

/// The identity of a certificate.
pub(super) fn identity(certificate: &SignerCertificate) -> VouchedIdentity {
    let (subject, issuer) = (certificate.subject.clone(), certificate.issuer.clone());
    VouchedIdentity { subject, issuer }
}

/// Makes every check of a bare message signature in turn.
pub(super) fn message_signer(
    verifier: &Verifier<'_>,
    signature: &Signature<'_>,
) -> Result<(TrustedSigner, Witnesses), AttestError> {
    let (signer, witnesses) = if let Some(certificate) = certificate(signature.bundle) {
        let certificate = certificate?;
        check_signature(signature, &certificate)?;
        let witnesses = witnesses(verifier, signature, &certificate)?;
        (trusted(verifier, &certificate)?, witnesses)
    } else {
        let Signature { bundle, message, bytes, .. } = signature;
        let key =
            super::signer::find(verifier, bundle, message, bytes)?.trusted(verifier.release)?;
        let evidence = key_witnesses(verifier, signature, &key.public_key)?;
        (TrustedSigner::Key(key.clone()), evidence.witnesses)
    };
    signer.window(verifier.now).check(signer.name())?;
    Ok((signer, witnesses))
}

//! The steps that say whose signature it is. The one place where the kinds of material part.

use super::checks::{Run, needs};
use super::keyless::{self, Signature, VouchedIdentity};
use super::signer::{self, SignedMessage};
use super::{Verifier, certified, step};
use crate::sigstore::{KeyEvidence, SignerCertificate};
use crate::{AttestError, Bundle, Envelope, TrustedSigner, Witnesses};

/// What came of the steps about the signer.
#[derive(Default)]
pub(super) struct SignerChecks {
    /// Who signed, if they are trusted.
    pub(super) signer: Option<TrustedSigner>,
    /// Whom a certificate is proven to name, trusted or not.
    pub(super) identity: Option<VouchedIdentity>,
    /// What logs and timestamps prove, or why they do not; none where nothing was to be proven.
    pub(super) evidence: Option<Result<KeyEvidence, AttestError>>,
}

const SIGNATURE: &str = "signature is valid";
const TRUSTED: &str = "signer is trusted";
const WINDOW: &str = "key is in its window of trust";
const NO_BUNDLE: &str = "there is no bundle";

/// Makes the checks of the signer.
pub(super) fn check(
    run: &mut Run,
    verifier: &Verifier<'_>,
    bundle: Option<&Bundle>,
    envelope: Option<&Envelope>,
) -> SignerChecks {
    // Where nobody but Sigstore instances may vouch, what is missing is their log entry.
    let private = !verifier.trust.authorities().is_empty() || verifier.trust.sigstore().is_empty();
    if let Some(chain) = bundle.and_then(certified::chain).filter(|_| private) {
        let signer = certified::check(run, verifier, chain, envelope);
        return SignerChecks { signer, ..SignerChecks::default() };
    }
    match bundle.and_then(keyless::certificate) {
        Some(certificate) => check_certificate(run, verifier, bundle, envelope, certificate),
        None => check_key(run, verifier, bundle, envelope),
    }
}

fn check_key(
    run: &mut Run,
    verifier: &Verifier<'_>,
    bundle: Option<&Bundle>,
    envelope: Option<&Envelope>,
) -> SignerChecks {
    let material = needs(bundle, NO_BUNDLE).and_then(signer::check_material);
    let material = run.record(step::MATERIAL, "signer is named by a key", material);
    let bytes = envelope.map(Envelope::signed_bytes).unwrap_or_default();
    let message = SignedMessage::bytes(&bytes);
    let signed = match (bundle, envelope) {
        (None, _) => Err(AttestError::NotChecked { needs: NO_BUNDLE }),
        (Some(_), None) => Err(AttestError::NoStatement),
        (Some(_), Some(_)) if material.is_none() => {
            Err(AttestError::NotChecked { needs: "the signer is not named by a key" })
        }
        (Some(bundle), Some(envelope)) => {
            signer::find(verifier, bundle, &message, &envelope.signature)
        }
    };
    let signed = run.record(step::SIGNATURE, SIGNATURE, signed);
    let key = needs(signed, "no known key made the signature")
        .and_then(|signed| signed.trusted(verifier.release));
    let key = run.record(step::TRUSTED, TRUSTED, key);
    let signer = key.map(|key| TrustedSigner::Key(key.clone()));
    explain_and_check_window(run, verifier, signer.as_ref());
    let evidence = match (bundle, envelope, key) {
        (Some(bundle), Some(envelope), Some(key)) => {
            let (message, bytes) = (&message, envelope.signature.as_slice());
            let signature = Signature { bundle, message, bytes, envelope: Some(envelope) };
            Some(keyless::key_witnesses(verifier, &signature, &key.public_key))
        }
        _ => None,
    };
    SignerChecks { signer, identity: None, evidence }
}

fn check_certificate(
    run: &mut Run,
    verifier: &Verifier<'_>,
    bundle: Option<&Bundle>,
    envelope: Option<&Envelope>,
    certificate: Result<SignerCertificate, AttestError>,
) -> SignerChecks {
    let certificate = run.record(step::MATERIAL, "signer is named by a certificate", certificate);
    let bytes = envelope.map(Envelope::signed_bytes).unwrap_or_default();
    let message = SignedMessage::bytes(&bytes);
    let signature = match (bundle, envelope) {
        (Some(bundle), Some(envelope)) => {
            let (message, bytes) = (&message, envelope.signature.as_slice());
            Ok(Signature { bundle, message, bytes, envelope: Some(envelope) })
        }
        _ => Err(AttestError::NoStatement),
    };
    let known = needs(certificate.as_ref(), "the certificate can not be read");
    let signed = signature.and_then(|signature| {
        let certificate = known?;
        keyless::check_signature(&signature, certificate).map(|()| (signature, certificate))
    });
    let signed = run.record(step::SIGNATURE, SIGNATURE, signed);
    let vouched = needs(signed, "the signature is not valid").and_then(|(signature, of)| {
        keyless::witnesses(verifier, &signature, of).map(|witnesses| (witnesses, of))
    });
    let (vouched, evidence) = split(vouched);
    let title = "certificate is of a trusted Sigstore instance";
    let vouched = run.record(step::CERTIFICATE, title, vouched);
    let identity = vouched.map(keyless::identity);
    let trusted = needs(vouched, "nobody vouches for the certificate")
        .and_then(|certificate| keyless::trusted(verifier, certificate));
    let signer = run.record(step::TRUSTED, TRUSTED, trusted);
    explain_and_check_window(run, verifier, signer.as_ref());
    SignerChecks { signer, identity, evidence }
}

type Vouched<'a> = Result<&'a SignerCertificate, AttestError>;

/// What is wrong with a log or a time is said where logs are, what is wrong with the certificate
/// where that is.
fn split(
    found: Result<(Witnesses, &SignerCertificate), AttestError>,
) -> (Vouched<'_>, Option<Result<KeyEvidence, AttestError>>) {
    match found {
        Ok((witnesses, certificate)) => {
            (Ok(certificate), Some(Ok(KeyEvidence { witnesses, ..KeyEvidence::default() })))
        }
        Err(
            error @ (AttestError::ChainInvalid { .. }
            | AttestError::CertificateUntrusted { .. }
            | AttestError::NotChecked { .. }),
        ) => (Err(error), None),
        Err(error) => {
            let needs = "no proven time of signing";
            (Err(AttestError::NotChecked { needs }), Some(Err(error)))
        }
    }
}

fn explain_and_check_window(
    run: &mut Run,
    verifier: &Verifier<'_>,
    signer: Option<&TrustedSigner>,
) {
    if let Some(signer) = signer {
        run.explain(signer.proves());
    }
    let window = needs(signer, "the signer is not trusted")
        .and_then(|signer| signer.window(verifier.now).check(signer.name()));
    run.record(step::WINDOW, WINDOW, window);
}

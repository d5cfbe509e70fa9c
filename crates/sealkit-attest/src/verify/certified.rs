//! Signers whom a certificate of the user's own authority names (OpenSSF Model Signing, method
//! `certificate`). The certificates come with the bundle and prove nothing by themselves: they must
//! lead to an authority of the trust root.

use super::checks::{Run, needs};
use super::signer::SignedMessage;
use super::{Verifier, legacy, step};
use crate::x509::{ChainRules, certify};
use crate::{
    AttestError, Bundle, Certificate, CertifiedSubject, Envelope, Material, PublicKey,
    SigningCertificate, TrustedAuthority, TrustedSigner,
};

/// The certificates of a bundle that names its signer by some of a private authority: a chain or one,
/// without the log or timestamp that would make it one of Sigstore's.
pub(super) fn chain(bundle: &Bundle) -> Option<&[Vec<u8>]> {
    if !bundle.log_entries().is_empty() || !bundle.timestamps().is_empty() {
        return None;
    }
    match bundle.material() {
        Material::CertificateChain(chain) => Some(chain),
        Material::Certificate(one) => Some(std::slice::from_ref(one)),
        _ => None,
    }
}

/// Makes the checks of the signer.
pub(super) fn check(
    run: &mut Run,
    verifier: &Verifier<'_>,
    chain: &[Vec<u8>],
    envelope: Option<&Envelope>,
) -> Option<TrustedSigner> {
    let read = read(chain);
    let read = run.record(step::MATERIAL, "signer is named by a certificate", read);
    let missing = "the certificates are not readable";
    let signed = needs(read.as_ref(), missing).and_then(|(key, _, _)| {
        envelope.ok_or(AttestError::NoStatement).and_then(|read| signed(verifier, key, read))
    });
    let signed = run.record(step::SIGNATURE, "signature is valid", signed);
    let found = needs(read.as_ref(), missing)
        .and_then(|(_, leaf, pool)| {
            needs(signed, "the signature is not valid").map(|()| (leaf, pool))
        })
        .and_then(|(leaf, pool)| find(verifier, leaf, pool));
    let found = run.record(step::TRUSTED, "signer is certified by a trusted authority", found);
    let window = needs(found.as_ref(), "no trusted authority certified the signer")
        .and_then(|(authority, _)| authority.window(verifier.now).check(&authority.name));
    run.record(step::WINDOW, "authority is in its window of trust", window);
    let (authority, subject) = found?;
    let (key, leaf, pool) = read.as_ref()?;
    let all = std::iter::once(leaf).chain(pool).map(Certificate::to_der);
    let certificate = SigningCertificate::new(key.id(), all);
    let signer = TrustedSigner::Certified(authority.clone(), subject, Some(certificate));
    run.explain_step(step::TRUSTED, signer.proves());
    Some(signer)
}

type Read = (PublicKey, Certificate, Vec<Certificate>);

fn read(chain: &[Vec<u8>]) -> Result<Read, AttestError> {
    let all = chain.iter().map(|der| Certificate::from_der(der));
    let mut all = all.collect::<Result<Vec<_>, _>>()?.into_iter();
    let reason = "its certificate chain is empty";
    let leaf = all.next().ok_or(AttestError::BundleInvalid { reason })?;
    Ok((leaf.public_key()?, leaf, all.collect()))
}

fn signed(
    verifier: &Verifier<'_>,
    key: &PublicKey,
    envelope: &Envelope,
) -> Result<(), AttestError> {
    crate::key::refuse_insecure_test_key(key, verifier.release)?;
    let bytes = envelope.signed_bytes();
    if SignedMessage::bytes(&bytes).is_signed_by(key, &envelope.signature) {
        return Ok(());
    }
    let old = legacy::of_envelope(envelope);
    if old.is_some_and(|old| legacy::is_signed_by(&old, key, &envelope.signature)) {
        return verifier.legacy.check_format();
    }
    let reason = "it is not by the key that the bundle's certificate names";
    Err(AttestError::SignatureInvalid { reason })
}

/// The authority that certified the signer, and by which name it knows them. Every authority is
/// tried; of what is wrong with them, what is closest to trust is told.
fn find<'a>(
    verifier: &Verifier<'a>,
    leaf: &Certificate,
    pool: &[Certificate],
) -> Result<(&'a TrustedAuthority, CertifiedSubject), AttestError> {
    let rules = ChainRules { now: verifier.now, ca_signer: verifier.legacy.ca_signer };
    let mut fault = None;
    for authority in verifier.trust.authorities() {
        match vouch(authority, leaf, pool, rules) {
            Ok(Some(subject)) => return Ok((authority, subject)),
            Ok(None) => {}
            Err(error) => fault = fault.or(Some(error)),
        }
    }
    Err(fault.unwrap_or_else(|| AttestError::UntrustedCertificate {
        subject: shown(leaf),
        issuer: leaf.issuer(),
    }))
}

fn vouch(
    authority: &TrustedAuthority,
    leaf: &Certificate,
    pool: &[Certificate],
    rules: ChainRules,
) -> Result<Option<CertifiedSubject>, AttestError> {
    let invalid = |reason: String| {
        let name = AttestError::quote(&authority.name);
        AttestError::TrustRootInvalid { reason: format!("authority `{name}`: {reason}") }
    };
    let roots = Certificate::from_pem_file(&authority.certificate);
    let roots = roots.map_err(|error| invalid(error.full_message()))?;
    let [root] = roots.as_slice() else {
        return Err(invalid("it has more than one certificate".to_owned()));
    };
    if !certify(leaf, pool, root, rules)? {
        return Ok(None);
    }
    let subjects = leaf.subjects()?;
    let meant = |subject: &CertifiedSubject| {
        let rules = &authority.subjects;
        rules.is_empty() || rules.iter().any(|rule| rule.matches(subject))
    };
    subjects.into_iter().find(meant).map(Some).ok_or_else(|| AttestError::SubjectNotTrusted {
        authority: AttestError::quote(&authority.name),
        found: shown(leaf),
    })
}

/// The names of the holder, for people.
fn shown(leaf: &Certificate) -> String {
    let subjects = leaf.subjects().unwrap_or_default();
    let names: Vec<_> = subjects.iter().map(|subject| AttestError::quote(&subject.value)).collect();
    if names.is_empty() { leaf.subject() } else { AttestError::quote(&names.join(", ")) }
}

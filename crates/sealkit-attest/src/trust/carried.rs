//! A trust root as one signed file, to be carried to a place without network.

use sealkit_oci::Digest;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Role, TrustRoot, TrustedKey};
use crate::{
    AttestError, Bundle, HintStyle, Predicate, PublicKey, Signer, Statement, Subject, Verifier,
};

/// The predicate of a signed trust root. The statement's subject is the digest of the root's text.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrustExport {
    /// When it was signed, unix seconds, as the signer says.
    pub issued_at: i64,
    /// The trust root, as the text that was signed.
    trust_root: Box<RawValue>,
}

impl Predicate for TrustExport {
    const TYPE: &'static str = "https://sealkit.dev/attestations/trust-root/v1";
}

impl TrustRoot {
    /// Writes this trust root as one signed file: a Sigstore bundle with a statement. Keys of role
    /// `self` stay at home: to somebody else they would say "signed by you".
    pub fn export(&self, signer: &dyn Signer, issued_at: i64) -> Result<Vec<u8>, AttestError> {
        let mut root = self.clone();
        root.keys.retain(|key| key.role != Role::Own);
        let mut text = root.to_json()?;
        text.truncate(text.trim_ascii_end().len());
        let trust_root = serde_json::from_slice(&text)
            .map_err(|source| AttestError::Json { document: "trust root", source })?;
        let subject = Subject::of(&Digest::of(&text));
        let statement = Statement::new(vec![subject], &TrustExport { issued_at, trust_root })?;
        Ok(Bundle::sign(&statement, signer, HintStyle::Cosign)?.into_bytes())
    }

    /// Reads what [`TrustRoot::export`] wrote, if `signer` signed it; with the time at which it was
    /// signed, unix seconds. Nothing of the file is used before the signature is verified.
    pub fn import(
        bytes: &[u8],
        signer: &PublicKey,
        now: i64,
    ) -> Result<(TrustRoot, i64), AttestError> {
        let mut trust = TrustRoot::default();
        trust.add(TrustedKey::new(signer.clone(), "signer", Role::Signer))?;
        // Of which text the statement has to be stands in the file; that it is, is verified.
        let verified = Verifier::new(&trust, now)
            .claiming(signer)
            .expecting::<TrustExport>()
            .verify(bytes, &digest_of_text(bytes)?)?;
        let export = verified.predicate::<TrustExport>()?;
        let text = export.value().trust_root.get().as_bytes();
        let root = TrustRoot::parse(text)?;
        if let Some(own) = root.keys().iter().find(|key| key.role == Role::Own) {
            let name = AttestError::quote(&own.name);
            let reason = format!("`{name}` has the role `self`, which nobody can give to another");
            return Err(AttestError::TrustRootInvalid { reason });
        }
        Ok((root, export.value().issued_at))
    }
}

/// Digest of the trust root's text, unverified.
fn digest_of_text(bytes: &[u8]) -> Result<Digest, AttestError> {
    let export: TrustExport = Bundle::parse(bytes.to_vec())?.statement()?.predicate()?;
    Ok(Digest::of(export.trust_root.get().as_bytes()))
}

//! Signatures in cosign's old format (cosign `specs/SIGNATURE_SPEC.md`): a key signs a small JSON
//! document that names a manifest. Whoever asks for them has decided that they may count: they
//! have no statement, no bundle, and nothing tells them from what was left over by an older release.

use sealkit_oci::Digest;
use serde::Deserialize;

use super::signer::{SignedBy, SignedMessage};
use super::{Verified, Verifier};
use crate::strict_json::{self, Limits};
use crate::{AttestError, TrustRoot, TrustedSigner, Witnesses, base64};

/// The largest payload that is read, in bytes.
pub const SIMPLE_SIGNING_LIMITS: Limits = Limits { bytes: 64 << 10, depth: 16, string: 16 << 10 };
/// What cosign writes as the type.
const TYPE: &str = "cosign container image signature";

/// What such a signature says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimpleSigning {
    /// The manifest that is signed.
    pub manifest: Digest,
    /// The name under which it was signed: informative, and not checked against anything.
    pub reference: String,
}

#[derive(Deserialize)]
struct PayloadJson {
    critical: CriticalJson,
}

#[derive(Deserialize)]
struct CriticalJson {
    #[serde(default)]
    identity: IdentityJson,
    image: ImageJson,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Default, Deserialize)]
struct IdentityJson {
    #[serde(rename = "docker-reference", default)]
    reference: String,
}

#[derive(Deserialize)]
struct ImageJson {
    #[serde(rename = "docker-manifest-digest")]
    digest: String,
}

impl SimpleSigning {
    /// Reads a payload, verified or not.
    pub fn parse(payload: &[u8]) -> Result<Self, AttestError> {
        let json: PayloadJson =
            strict_json::from_slice(payload, "signed payload", SIMPLE_SIGNING_LIMITS)?;
        let PayloadJson { critical } = json;
        if critical.kind != TYPE {
            let found = AttestError::quote(&critical.kind);
            return Err(AttestError::PayloadType { found });
        }
        let digest = AttestError::quote(&critical.image.digest);
        let manifest =
            critical.image.digest.parse().map_err(|_| AttestError::StatementInvalid {
                reason: format!("`{digest}` is no digest of a manifest"),
            })?;
        Ok(Self { manifest, reference: critical.identity.reference })
    }
}

/// Verifies that a trusted key, in its window at `now` (unix seconds), signed `payload`, and that it
/// names `expected`. `signature` is base64 of an ASN.1 ECDSA signature over the bytes of `payload`.
pub fn verify_simple_signing(
    payload: &[u8],
    signature: &str,
    expected: &Digest,
    trust: &TrustRoot,
    now: i64,
) -> Result<Verified<SimpleSigning>, AttestError> {
    let signed = SimpleSigning::parse(payload)?;
    let signature = base64::decode(signature, "signature")?;
    let message = SignedMessage::bytes(payload);
    let made = trust.keys().iter().find(|key| message.is_signed_by(&key.public_key, &signature));
    let key = made.ok_or_else(|| AttestError::UnknownKey { hint: "none".to_owned() })?;
    let key = SignedBy::Trusted(key).trusted(Verifier::new(trust, now).release)?;
    let signer = TrustedSigner::Key(key.clone());
    signer.window(now).check(signer.name())?;
    if signed.manifest != *expected {
        let (expected, found) = (expected.clone(), signed.manifest.to_string());
        return Err(AttestError::SubjectMismatch { expected, found });
    }
    Ok(Verified::new(signed, signer, Witnesses::default(), Digest::of(payload)))
}

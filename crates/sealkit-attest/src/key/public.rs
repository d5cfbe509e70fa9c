//! Public keys: SPKI in DER or PEM, their names, and verification.

use std::fmt;
use std::str::FromStr;

use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::pkcs8::{
    DecodePublicKey as _, EncodePublicKey as _, ObjectIdentifier, SubjectPublicKeyInfoRef,
};
use rsa::sha2::{Digest as _, Sha384, Sha512};
use sealkit_oci::{Algorithm, Digest};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{AttestError, HintStyle, base64, pem};

/// Annotation of a bundle's manifest: the signer's SPKI PEM. A claim that names the signer of a
/// bundle whose key is not known yet; it is never trusted.
pub const ANNOTATION_PUBLIC_KEY: &str = "dev.sealkit.publicKey";

const PEM_LABEL: &str = "PUBLIC KEY";

/// Bytes of the key id that a fingerprint shows.
const FINGERPRINT_HEX: usize = 16;

/// The key algorithms that can be verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyAlgorithm {
    /// ECDSA with P-256 and SHA-256.
    EcdsaP256,
    /// ECDSA with P-384 and SHA-384.
    EcdsaP384,
    /// ECDSA with P-521 and SHA-512.
    EcdsaP521,
}

impl KeyAlgorithm {
    /// The name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::EcdsaP256 => "ECDSA P-256",
            Self::EcdsaP384 => "ECDSA P-384",
            Self::EcdsaP521 => "ECDSA P-521",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Inner {
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    P521(p521::PublicKey),
}

/// A public key. Equal keys have equal DER.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    inner: Inner,
    der: Vec<u8>,
}

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo` (RFC 5480), named curve, DER.
    pub fn from_der(der: &[u8]) -> Result<Self, AttestError> {
        let broken = |_| AttestError::KeyInvalid { what: "public key" };
        let info = SubjectPublicKeyInfoRef::try_from(der)
            .map_err(|_| AttestError::KeyInvalid { what: "public key" })?;
        match algorithm(info.algorithm.oid, info.algorithm.parameters_oid().ok())? {
            KeyAlgorithm::EcdsaP256 => {
                p256::ecdsa::VerifyingKey::from_public_key_der(der).map_err(broken)?.try_into()
            }
            KeyAlgorithm::EcdsaP384 => {
                let inner = p384::ecdsa::VerifyingKey::from_public_key_der(der).map_err(broken)?;
                let der = inner.to_public_key_der().map_err(broken)?.into_vec();
                Ok(Self { inner: Inner::P384(inner), der })
            }
            KeyAlgorithm::EcdsaP521 => {
                let inner = p521::PublicKey::from_public_key_der(der).map_err(broken)?;
                let der = inner.to_public_key_der().map_err(broken)?.into_vec();
                Ok(Self { inner: Inner::P521(inner), der })
            }
        }
    }

    /// Reads a `PUBLIC KEY` PEM.
    pub fn from_pem(text: &str) -> Result<Self, AttestError> {
        let pem = pem::parse(text)?;
        if pem.label != PEM_LABEL {
            let found = AttestError::quote(&pem.label);
            return Err(AttestError::PemLabel { found, expected: "`PUBLIC KEY`" });
        }
        Self::from_der(&pem.content)
    }

    /// The `SubjectPublicKeyInfo`, DER, uncompressed point.
    pub fn to_der(&self) -> &[u8] {
        &self.der
    }

    /// The `PUBLIC KEY` PEM: 64 columns, a newline at the end; cosign's `cosign.pub`.
    pub fn to_pem(&self) -> String {
        pem::emit(PEM_LABEL, &self.der)
    }

    /// The algorithm.
    pub fn algorithm(&self) -> KeyAlgorithm {
        match self.inner {
            Inner::P256(_) => KeyAlgorithm::EcdsaP256,
            Inner::P384(_) => KeyAlgorithm::EcdsaP384,
            Inner::P521(_) => KeyAlgorithm::EcdsaP521,
        }
    }

    /// The key's id: lower-case hex SHA-256 of its SPKI DER.
    pub fn id(&self) -> String {
        Digest::of(&self.der).hex().to_owned()
    }

    /// The start of the id in groups of four, for people to compare: `SHA256:3b1f 9c02 77aa 10de`.
    /// For display alone; two keys can be made to share it.
    pub fn fingerprint(&self) -> String {
        let digest = Digest::of(&self.der);
        let mut text = "SHA256:".to_owned();
        for (at, digit) in digest.hex().chars().take(FINGERPRINT_HEX).enumerate() {
            if at > 0 && at % 4 == 0 {
                text.push(' ');
            }
            text.push(digit);
        }
        text
    }

    /// The hint by which a bundle names this key.
    pub fn hint(&self, style: HintStyle) -> String {
        match style {
            HintStyle::Cosign => base64::encode(&Digest::of(&self.der).raw()),
            HintStyle::ModelSigning => Digest::of(self.to_pem().as_bytes()).hex().to_owned(),
        }
    }

    /// Whether `hint` names this key in one of the known ways. A hint selects no trust.
    pub fn is_hinted(&self, hint: &str) -> bool {
        hint == self.id()
            || hint == self.hint(HintStyle::Cosign)
            || hint == self.hint(HintStyle::ModelSigning)
    }

    /// Verifies a DER signature over `message`: strict DER, neither part zero or out of range. Both
    /// `s` and its negative are valid, as for every peer; so a signature's bytes identify nothing.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), AttestError> {
        match &self.inner {
            Inner::P256(_) => self.verify_hash(&Digest::of(message).raw(), signature),
            Inner::P384(_) => self.verify_hash(&Sha384::digest(message), signature),
            Inner::P521(_) => self.verify_hash(&Sha512::digest(message), signature),
        }
    }

    /// Verifies a DER signature over the bytes of which `digest` is the digest, where the key's
    /// algorithm hashes in the same way.
    pub fn verify_digest(&self, digest: &Digest, signature: &[u8]) -> Result<(), AttestError> {
        match (&self.inner, digest.algorithm()) {
            (Inner::P256(_), Algorithm::Sha256) => self.verify_hash(&digest.raw(), signature),
            _ => Err(AttestError::SignatureInvalid {
                reason: "the key does not sign digests of this algorithm",
            }),
        }
    }

    /// Verifies a DER signature over a hash of any algorithm: certificates name theirs themselves.
    /// A hash shorter than half of the curve's order is refused.
    pub(crate) fn verify_hash(&self, hash: &[u8], signature: &[u8]) -> Result<(), AttestError> {
        let (form, wrong) = faults();
        match &self.inner {
            Inner::P256(key) => {
                let parsed = p256::ecdsa::Signature::from_der(signature).map_err(form)?;
                key.verify_prehash(hash, &parsed).map_err(wrong)
            }
            Inner::P384(key) => {
                let parsed = p384::ecdsa::Signature::from_der(signature).map_err(form)?;
                key.verify_prehash(hash, &parsed).map_err(wrong)
            }
            Inner::P521(key) => {
                let parsed = p521::ecdsa::Signature::from_der(signature).map_err(form)?;
                let key = p521::ecdsa::VerifyingKey::from_affine(*key.as_affine()).map_err(form)?;
                key.verify_prehash(hash, &parsed).map_err(wrong)
            }
        }
    }
}

type Fault = fn(p256::ecdsa::Error) -> AttestError;

fn faults() -> (Fault, Fault) {
    (
        |_| AttestError::SignatureInvalid { reason: "it has no valid form for the key" },
        |_| AttestError::SignatureInvalid { reason: "it is not by this key over these bytes" },
    )
}

/// The algorithm of an SPKI by its object identifiers; the error names those of other kinds.
pub(super) fn algorithm(
    oid: ObjectIdentifier,
    curve: Option<ObjectIdentifier>,
) -> Result<KeyAlgorithm, AttestError> {
    let (oid, curve) = (oid.to_string(), curve.map(|oid| oid.to_string()));
    let name = match (oid.as_str(), curve.as_deref()) {
        ("1.2.840.10045.2.1", Some("1.2.840.10045.3.1.7")) => return Ok(KeyAlgorithm::EcdsaP256),
        ("1.2.840.10045.2.1", Some("1.3.132.0.34")) => return Ok(KeyAlgorithm::EcdsaP384),
        ("1.2.840.10045.2.1", Some("1.3.132.0.35")) => return Ok(KeyAlgorithm::EcdsaP521),
        ("1.2.840.10045.2.1", Some("1.3.132.0.10")) => "ECDSA secp256k1".to_owned(),
        ("1.2.840.10045.2.1", curve) => {
            format!("elliptic curve {}", curve.unwrap_or("without a name"))
        }
        ("1.2.840.113549.1.1.1" | "1.2.840.113549.1.1.10", _) => "RSA".to_owned(),
        ("1.3.101.112", _) => "Ed25519".to_owned(),
        ("1.3.101.113", _) => "Ed448".to_owned(),
        ("2.16.840.1.101.3.4.3.17", _) => "ML-DSA-44".to_owned(),
        ("2.16.840.1.101.3.4.3.18", _) => "ML-DSA-65".to_owned(),
        ("2.16.840.1.101.3.4.3.19", _) => "ML-DSA-87".to_owned(),
        (other, _) => other.to_owned(),
    };
    Err(AttestError::UnsupportedAlgorithm { algorithm: name })
}

impl TryFrom<p256::ecdsa::VerifyingKey> for PublicKey {
    type Error = AttestError;

    fn try_from(inner: p256::ecdsa::VerifyingKey) -> Result<Self, AttestError> {
        let der = inner.to_public_key_der();
        let der = der.map_err(|_| AttestError::KeyInvalid { what: "public key" })?.into_vec();
        Ok(Self { inner: Inner::P256(inner), der })
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({}, {})", self.algorithm().name(), self.id())
    }
}

impl FromStr for PublicKey {
    type Err = AttestError;

    fn from_str(text: &str) -> Result<Self, AttestError> {
        Self::from_pem(text)
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_pem())
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_pem(&text).map_err(|error| serde::de::Error::custom(error.full_message()))
    }
}

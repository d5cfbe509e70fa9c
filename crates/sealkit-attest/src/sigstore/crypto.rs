//! Signature verification for certificates, logs and timestamps: ECDSA on P-256 and P-384, Ed25519,
//! RSA with PKCS #1 v1.5 (2048 to 4096 bits). A key of another kind can be named in a trusted root
//! and then verifies nothing.

use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use rsa::pkcs1::DecodeRsaPublicKey as _;
use rsa::traits::PublicKeyParts as _;
use rsa::{Pkcs1v15Sign, RsaPublicKey};
use rustls_pki_types::{
    AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use x509_cert::der::Decode as _;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::spki::SubjectPublicKeyInfoRef;

use crate::AttestError;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// Shortest modulus, in bytes; the longest is what `rsa` takes, 4096 bits.
const MIN_RSA: usize = 256;

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const ID_ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// A hash of the SHA-2 family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    /// SHA-256
    Sha256,
    /// SHA-384
    Sha384,
    /// SHA-512
    Sha512,
}

impl Hash {
    /// The hash of `message`.
    pub(crate) fn of(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Sha384 => Sha384::digest(message).to_vec(),
            Self::Sha512 => Sha512::digest(message).to_vec(),
        }
    }
}

/// A key that verifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum VerifyKey {
    /// ECDSA on P-256.
    P256(p256::ecdsa::VerifyingKey),
    /// ECDSA on P-384.
    P384(p384::ecdsa::VerifyingKey),
    /// Ed25519.
    Ed25519(ed25519_dalek::VerifyingKey),
    /// RSA, PKCS #1 v1.5.
    Rsa(RsaPublicKey),
}

impl VerifyKey {
    /// Reads a `SubjectPublicKeyInfo`, DER.
    pub(crate) fn from_spki(der: &[u8]) -> Result<Self, AttestError> {
        let fault = || AttestError::KeyInvalid { what: "public key" };
        let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| fault())?;
        let bytes = info.subject_public_key.as_bytes().ok_or_else(fault)?;
        match (info.algorithm.oid, info.algorithm.parameters_oid().ok()) {
            (EC_PUBLIC_KEY, Some(P256)) => Self::p256(bytes).ok_or_else(fault),
            (EC_PUBLIC_KEY, Some(P384)) => Self::p384(bytes).ok_or_else(fault),
            (RSA, _) => Self::rsa(bytes).ok_or_else(fault),
            (ID_ED25519, None) => Self::ed25519(bytes),
            (oid, _) => Err(AttestError::UnsupportedAlgorithm { algorithm: oid.to_string() }),
        }
    }

    /// The 32 bytes of an Ed25519 key.
    pub(crate) fn ed25519(bytes: &[u8]) -> Result<Self, AttestError> {
        let bytes = <&[u8; 32]>::try_from(bytes).ok();
        let key = bytes.and_then(|bytes| ed25519_dalek::VerifyingKey::from_bytes(bytes).ok());
        // A key of small order verifies signatures that nobody made.
        let key = key.filter(|key| !key.is_weak());
        key.map(Self::Ed25519).ok_or(AttestError::KeyInvalid { what: "public key" })
    }

    fn p256(point: &[u8]) -> Option<Self> {
        p256::ecdsa::VerifyingKey::from_sec1_bytes(point).ok().map(Self::P256)
    }

    fn p384(point: &[u8]) -> Option<Self> {
        p384::ecdsa::VerifyingKey::from_sec1_bytes(point).ok().map(Self::P384)
    }

    /// An `RSAPublicKey` (PKCS #1), DER.
    pub(crate) fn rsa(der: &[u8]) -> Option<Self> {
        Self::of_rsa(RsaPublicKey::from_pkcs1_der(der).ok()?)
    }

    /// An RSA key that is long enough.
    pub(crate) fn of_rsa(key: RsaPublicKey) -> Option<Self> {
        (key.size() >= MIN_RSA).then_some(Self::Rsa(key))
    }

    /// The same key, if it is one for ECDSA with SHA-256.
    pub(crate) fn ecdsa_sha256(self) -> Result<Self, AttestError> {
        match self {
            key @ Self::P256(_) => Ok(key),
            _ => Err(AttestError::KeyInvalid { what: "P-256 public key" }),
        }
    }

    /// Whether `signature` over `message` is by this key, with the hash that goes with its kind.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let hash = if matches!(self, Self::P384(_)) { Hash::Sha384 } else { Hash::Sha256 };
        self.verify_with(hash, message, signature)
    }

    /// Whether `signature` over `message` is by this key; Ed25519 has its own hash.
    pub(crate) fn verify_with(&self, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Ed25519(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
            _ => self.verify_digest(&hash.of(message), signature),
        }
    }

    /// Whether `signature` over what has the hash `digest` is by this key; never with Ed25519.
    pub(crate) fn verify_digest(&self, digest: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::P256(key) => p256::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok()),
            Self::P384(key) => p384::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok()),
            Self::Rsa(key) => {
                let scheme = match digest.len() {
                    32 => Pkcs1v15Sign::new::<rsa::sha2::Sha256>(),
                    48 => Pkcs1v15Sign::new::<rsa::sha2::Sha384>(),
                    64 => Pkcs1v15Sign::new::<rsa::sha2::Sha512>(),
                    _ => return false,
                };
                key.verify(scheme, digest, signature).is_ok()
            }
            Self::Ed25519(_) => false,
        }
    }
}

/// One combination of key and hash for certificate chains.
#[derive(Debug)]
struct ChainAlgorithm {
    key: AlgorithmIdentifier,
    signature: AlgorithmIdentifier,
    read: fn(&[u8]) -> Option<VerifyKey>,
    hash: Hash,
}

impl SignatureVerificationAlgorithm for ChainAlgorithm {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let key = (self.read)(public_key).ok_or(InvalidSignature)?;
        if key.verify_with(self.hash, message, signature) { Ok(()) } else { Err(InvalidSignature) }
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.key
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }
}

const fn chain(
    key: AlgorithmIdentifier,
    signature: AlgorithmIdentifier,
    read: fn(&[u8]) -> Option<VerifyKey>,
    hash: Hash,
) -> ChainAlgorithm {
    ChainAlgorithm { key, signature, read, hash }
}

/// The algorithms of certificate chains.
pub(crate) static CHAIN_ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    &chain(alg_id::ECDSA_P256, alg_id::ECDSA_SHA256, VerifyKey::p256, Hash::Sha256),
    &chain(alg_id::ECDSA_P256, alg_id::ECDSA_SHA384, VerifyKey::p256, Hash::Sha384),
    &chain(alg_id::ECDSA_P384, alg_id::ECDSA_SHA256, VerifyKey::p384, Hash::Sha256),
    &chain(alg_id::ECDSA_P384, alg_id::ECDSA_SHA384, VerifyKey::p384, Hash::Sha384),
    &chain(alg_id::RSA_ENCRYPTION, alg_id::RSA_PKCS1_SHA256, VerifyKey::rsa, Hash::Sha256),
    &chain(alg_id::RSA_ENCRYPTION, alg_id::RSA_PKCS1_SHA384, VerifyKey::rsa, Hash::Sha384),
    &chain(alg_id::RSA_ENCRYPTION, alg_id::RSA_PKCS1_SHA512, VerifyKey::rsa, Hash::Sha512),
    &chain(alg_id::ED25519, alg_id::ED25519, |key| VerifyKey::ed25519(key).ok(), Hash::Sha512),
];

#[cfg(test)]
#[path = "crypto_tests.rs"]
mod tests;

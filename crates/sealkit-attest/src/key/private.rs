//! Private keys: ECDSA P-256.

use std::fmt;

use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::Signer as _;
use p256::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, PrivateKeyInfo};
use zeroize::Zeroizing;

use super::{PublicKey, Signer, cosign};
use crate::{AttestError, pem};

const PLAIN_LABEL: &str = "PRIVATE KEY";
/// RFC 5915, as `openssl ecparam -genkey` writes it.
const SEC1_LABEL: &str = "EC PRIVATE KEY";

/// How often a random source may give bytes that are no key; one miss has odds of 2^-32.
const MAX_DRAWS: usize = 16;

/// An ECDSA P-256 private key. Wiped when it is dropped; its debug form shows the public half.
#[derive(Clone)]
pub struct PrivateKey {
    key: SigningKey,
    public: PublicKey,
}

/// Whether the key file `text` is encrypted, so that it needs a password. One that no password could
/// open, or whose parameters are refused, is an error: nobody is asked in vain.
pub fn key_file_needs_password(text: &str) -> Result<bool, AttestError> {
    let pem = pem::parse(text)?;
    let is_encrypted = cosign::is_label(&pem.label);
    if is_encrypted {
        cosign::read(&pem.content)?;
    }
    Ok(is_encrypted)
}

impl PrivateKey {
    /// Makes a key from `random`, which must fill its argument with secret random bytes.
    pub fn generate(random: &mut dyn FnMut(&mut [u8])) -> Result<Self, AttestError> {
        let mut scalar = Zeroizing::new([0_u8; 32]);
        for _ in 0..MAX_DRAWS {
            random(scalar.as_mut_slice());
            if let Ok(key) = SigningKey::from_slice(scalar.as_slice()) {
                return Self::new(key);
            }
        }
        Err(AttestError::RandomSource)
    }

    /// Reads a key file: cosign's encrypted one with its password (the empty one is legal), or an
    /// unencrypted `PRIVATE KEY` (PKCS#8) or `EC PRIVATE KEY` (RFC 5915), for which the password is not looked at.
    pub fn from_pem(text: &str, password: Option<&[u8]>) -> Result<Self, AttestError> {
        let pem = pem::parse(text)?;
        if cosign::is_label(&pem.label) {
            let sealed = cosign::read(&pem.content)?;
            let der = sealed.open(password.ok_or(AttestError::PasswordNeeded)?)?;
            return Self::from_pkcs8_der(&der);
        }
        if pem.label == SEC1_LABEL {
            let broken = |_| AttestError::KeyInvalid { what: "P-256 private key" };
            let key = p256::SecretKey::from_sec1_der(&pem.content).map_err(broken)?;
            return Self::new(SigningKey::from(key));
        }
        if pem.label != PLAIN_LABEL {
            let found = AttestError::quote(&pem.label);
            let expected = "`ENCRYPTED SIGSTORE PRIVATE KEY`, `PRIVATE KEY` or `EC PRIVATE KEY`";
            return Err(AttestError::PemLabel { found, expected });
        }
        Self::from_pkcs8_der(&pem.content)
    }

    /// Reads PKCS#8 DER (RFC 5958).
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, AttestError> {
        let broken = AttestError::KeyInvalid { what: "private key" };
        let Ok(info) = PrivateKeyInfo::try_from(der) else { return Err(broken) };
        let curve = info.algorithm.parameters_oid().ok();
        match super::public::algorithm(info.algorithm.oid, curve)? {
            super::KeyAlgorithm::EcdsaP256 => {
                Self::new(SigningKey::from_pkcs8_der(der).map_err(|_| broken)?)
            }
            other => Err(AttestError::UnsupportedAlgorithm { algorithm: other.name().to_owned() }),
        }
    }

    /// The key as PKCS#8 DER: a secret, wiped when it is dropped.
    pub fn to_pkcs8_der(&self) -> Result<Zeroizing<Vec<u8>>, AttestError> {
        let der = self.key.to_pkcs8_der();
        let der = der.map_err(|_| AttestError::KeyInvalid { what: "private key" })?;
        Ok(Zeroizing::new(der.as_bytes().to_vec()))
    }

    /// The key as cosign's encrypted key file, under `password`; `random` gives salt and nonce.
    /// Takes 64 MiB of memory and about a tenth of a second, as its scrypt is meant to.
    pub fn to_encrypted_pem(
        &self,
        password: &[u8],
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Result<String, AttestError> {
        let sealed = cosign::seal(&self.to_pkcs8_der()?, password, random)?;
        Ok(pem::emit(cosign::LABEL, &sealed))
    }

    /// The key as an unencrypted `PRIVATE KEY` file (PKCS#8): a secret, for programs that have nobody to ask for
    /// a password. Wiped when it is dropped.
    pub fn to_secret_pem(&self) -> Result<Zeroizing<String>, AttestError> {
        Ok(Zeroizing::new(pem::emit(PLAIN_LABEL, &self.to_pkcs8_der()?)))
    }

    pub(super) fn new(key: SigningKey) -> Result<Self, AttestError> {
        let public = PublicKey::try_from(*key.verifying_key())?;
        Ok(Self { key, public })
    }
}

impl Signer for PrivateKey {
    fn public_key(&self) -> PublicKey {
        self.public.clone()
    }

    /// Deterministic (RFC 6979 with SHA-256): the same message gives the same signature.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, AttestError> {
        let signature: Result<p256::ecdsa::Signature, _> = self.key.try_sign(message);
        let signature =
            signature.map_err(|_| AttestError::SignatureInvalid { reason: "signing failed" })?;
        Ok(signature.to_der().as_bytes().to_vec())
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey(secret of {})", self.public.id())
    }
}

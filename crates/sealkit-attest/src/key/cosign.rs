//! cosign's encrypted key files: JSON in PEM, scrypt and XSalsa20-Poly1305 (go-securesystemslib,
//! `encrypted`; cosign `pkg/cosign/keys.go`).

use crypto_secretbox::aead::{Aead as _, KeyInit as _};
use crypto_secretbox::{Key, Nonce, XSalsa20Poly1305};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::strict_json::{self, Limits};
use crate::{AttestError, base64};

/// The PEM label that is written.
pub(super) const LABEL: &str = "ENCRYPTED SIGSTORE PRIVATE KEY";
const OLD_LABEL: &str = "ENCRYPTED COSIGN PRIVATE KEY";

const KDF: &str = "scrypt";
const CIPHER: &str = "nacl/secretbox";
const SALT_LEN: usize = 32;
const NONCE_LEN: usize = 24;
const KEY_LEN: usize = 32;

/// The parameters that cosign writes and reads: another set could cost any time and memory.
const ALLOWED: [Params; 3] = [Params::of(15), Params::of(16), Params::of(17)];
const WRITTEN: Params = Params::of(16);

#[derive(Serialize, Deserialize)]
struct FileJson {
    kdf: KdfJson,
    cipher: CipherJson,
    ciphertext: String,
}

#[derive(Serialize, Deserialize)]
struct KdfJson {
    name: String,
    params: Params,
    salt: String,
}

#[derive(Serialize, Deserialize)]
struct CipherJson {
    name: String,
    nonce: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Params {
    #[serde(rename = "N")]
    n: u64,
    r: u32,
    p: u32,
}

impl Params {
    const fn of(log_n: u8) -> Self {
        Self { n: 1 << log_n, r: 8, p: 1 }
    }
}

/// Whether a PEM label is that of an encrypted key file.
pub(super) fn is_label(label: &str) -> bool {
    matches!(label, LABEL | OLD_LABEL)
}

/// Encrypts `secret` into the JSON of a key file.
pub(super) fn seal(
    secret: &[u8],
    password: &[u8],
    random: &mut dyn FnMut(&mut [u8]),
) -> Result<Vec<u8>, AttestError> {
    let (mut salt, mut nonce) = ([0; SALT_LEN], [0; NONCE_LEN]);
    random(&mut salt);
    random(&mut nonce);
    let key = derive(password, &salt, WRITTEN)?;
    let cipher = XSalsa20Poly1305::new(Key::from_slice(key.as_slice()));
    let sealed = cipher.encrypt(Nonce::from_slice(&nonce), secret);
    let json = FileJson {
        kdf: KdfJson { name: KDF.to_owned(), params: WRITTEN, salt: base64::encode(&salt) },
        cipher: CipherJson { name: CIPHER.to_owned(), nonce: base64::encode(&nonce) },
        ciphertext: base64::encode(&sealed.map_err(|_| invalid())?),
    };
    serde_json::to_vec(&json).map_err(|source| AttestError::Json { document: "key file", source })
}

/// An encrypted key whose parameters are all allowed ones: nothing was derived yet.
pub(super) struct Sealed {
    params: Params,
    salt: Vec<u8>,
    nonce: Vec<u8>,
    ciphertext: Vec<u8>,
}

/// Reads the JSON of a key file.
pub(super) fn read(file: &[u8]) -> Result<Sealed, AttestError> {
    let json: FileJson = strict_json::from_slice(file, "key file", Limits::default())?;
    if json.kdf.name != KDF {
        return Err(refused("kdf", &json.kdf.name));
    }
    if json.cipher.name != CIPHER {
        return Err(refused("cipher", &json.cipher.name));
    }
    let params = json.kdf.params;
    if !ALLOWED.contains(&params) {
        let found = format!("N={}, r={}, p={}", params.n, params.r, params.p);
        return Err(refused("scrypt parameters", &found));
    }
    let salt = base64::decode(&json.kdf.salt, "salt")?;
    let nonce = base64::decode(&json.cipher.nonce, "nonce")?;
    if salt.len() != SALT_LEN || nonce.len() != NONCE_LEN {
        let found = format!("{} and {} bytes", salt.len(), nonce.len());
        return Err(refused("salt or nonce length", &found));
    }
    let ciphertext = base64::decode(&json.ciphertext, "ciphertext")?;
    Ok(Sealed { params, salt, nonce, ciphertext })
}

impl Sealed {
    /// Decrypts it.
    pub(super) fn open(&self, password: &[u8]) -> Result<Zeroizing<Vec<u8>>, AttestError> {
        let key = derive(password, &self.salt, self.params)?;
        let cipher = XSalsa20Poly1305::new(Key::from_slice(key.as_slice()));
        let opened = cipher.decrypt(Nonce::from_slice(&self.nonce), self.ciphertext.as_slice());
        opened.map(Zeroizing::new).map_err(|_| AttestError::WrongPassword)
    }
}

fn derive(
    password: &[u8],
    salt: &[u8],
    params: Params,
) -> Result<Zeroizing<[u8; KEY_LEN]>, AttestError> {
    let log_n = params.n.trailing_zeros() as u8;
    let settings =
        scrypt::Params::new(log_n, params.r, params.p, KEY_LEN).map_err(|_| invalid())?;
    let mut key = Zeroizing::new([0; KEY_LEN]);
    scrypt::scrypt(password, salt, &settings, key.as_mut_slice()).map_err(|_| invalid())?;
    Ok(key)
}

fn refused(what: &'static str, found: &str) -> AttestError {
    AttestError::KdfParams { what, found: AttestError::quote(found) }
}

fn invalid() -> AttestError {
    AttestError::KeyInvalid { what: "encrypted key file" }
}

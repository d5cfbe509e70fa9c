//! Keys that verify signed notes, in the form `name+id+base64(type ‖ key)` (C2SP `signed-note`).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::Digest as _;

use super::SignedNote;
use crate::sigstore::crypto::VerifyKey;
use crate::sigstore::hex;
use crate::{AttestError, base64};

/// Ed25519: 32 bytes.
const ED25519: u8 = 0x01;
/// ECDSA with SHA-256 as the logs of Sigstore's first generation have it: SPKI, DER.
const ECDSA: u8 = 0x02;
/// Longest text form, in bytes.
const MAX_TEXT: usize = 1024;

/// A key that verifies signed notes: Ed25519, or ECDSA with SHA-256.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NoteKey {
    name: String,
    id: [u8; 32],
    kind: u8,
    bytes: Vec<u8>,
    key: VerifyKey,
}

impl NoteKey {
    /// An Ed25519 key of the log or witness `name`.
    pub fn ed25519(name: &str, public_key: &[u8; 32]) -> Result<Self, AttestError> {
        Self::new(name, ED25519, public_key)
    }

    fn new(name: &str, kind: u8, bytes: &[u8]) -> Result<Self, AttestError> {
        if name.is_empty()
            || name.contains('+')
            || name.chars().any(|c| c.is_whitespace() || c.is_control())
        {
            return fault();
        }
        let (key, id) = match kind {
            ED25519 => {
                let named = [name.as_bytes(), &[b'\n', kind], bytes].concat();
                (VerifyKey::ed25519(bytes)?, named)
            }
            ECDSA => (VerifyKey::from_spki(bytes)?.ecdsa_sha256()?, bytes.to_vec()),
            _ => return fault(),
        };
        let id = sha2::Sha256::digest(&id).into();
        Ok(Self { name: name.to_owned(), id, kind, bytes: bytes.to_vec(), key })
    }

    /// The name, which for a log is its origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole id, of which notes have the first four bytes, and bundles all 32.
    pub fn id(&self) -> &[u8; 32] {
        &self.id
    }

    /// The first four bytes of the id, lower-case hex, as the text form has them.
    pub fn short_id(&self) -> String {
        hex(self.id.get(..4).unwrap_or_default())
    }

    /// The public key's bytes: 32 of an Ed25519 key, SPKI (DER) of others.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Verifies that this key signed `note`. Ids of four bytes can collide, so every line of this
    /// name and id is tried.
    pub fn verify(&self, note: &SignedNote) -> Result<(), AttestError> {
        let mut reason = "the checkpoint is not signed by the log's key";
        for line in note.signatures() {
            if line.name == self.name && self.id.starts_with(&line.key_id) {
                if self.key.verify(note.text().as_bytes(), &line.signature) {
                    return Ok(());
                }
                reason = "the log's signature on the checkpoint is not valid";
            }
        }
        Err(AttestError::LogProofInvalid { reason: reason.to_owned() })
    }
}

impl fmt::Display for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&[self.kind], self.bytes.as_slice()].concat();
        write!(f, "{}+{}+{}", self.name, self.short_id(), base64::encode(&bytes))
    }
}

impl FromStr for NoteKey {
    type Err = AttestError;

    fn from_str(text: &str) -> Result<Self, AttestError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(_), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return fault();
        };
        let bytes = base64::decode(key, "note key")?;
        let Some((kind, bytes)) = bytes.split_first().filter(|_| text.len() <= MAX_TEXT) else {
            return fault();
        };
        let key = Self::new(name, *kind, bytes)?;
        // The id is redundant: one that does not fit means that one of the parts was altered.
        if key.to_string() == text { Ok(key) } else { fault() }
    }
}

impl TryFrom<String> for NoteKey {
    type Error = AttestError;

    fn try_from(text: String) -> Result<Self, AttestError> {
        text.parse()
    }
}

impl From<NoteKey> for String {
    fn from(key: NoteKey) -> Self {
        key.to_string()
    }
}

fn fault<T>() -> Result<T, AttestError> {
    Err(AttestError::KeyInvalid { what: "note verifier key" })
}

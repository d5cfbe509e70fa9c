//! The private key of a log: signs checkpoints (C2SP `signed-note`, `tlog-checkpoint`).

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signer as _, SigningKey};
use zeroize::Zeroizing;

use super::{MerkleHash, NoteKey};
use crate::{AttestError, base64};

/// Ed25519.
const ED25519: u8 = 0x01;
/// How the text form begins.
const PREFIX: &str = "PRIVATE+KEY+";
/// Longest text form, in bytes.
const MAX_TEXT: usize = 1024;

/// An Ed25519 key that signs notes under a name, which for a log is its origin.
///
/// Its text form is `PRIVATE+KEY+name+id+base64(0x01 ‖ seed)`, as Go's `note` package has it. The
/// debug form has no secret.
#[derive(Clone)]
pub struct NoteSigner {
    key: SigningKey,
    public: NoteKey,
}

impl NoteSigner {
    /// The key of `seed`, 32 random bytes, under `name`: without blanks, `+` and control characters.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, AttestError> {
        let key = SigningKey::from_bytes(seed);
        let public = NoteKey::ed25519(name, key.verifying_key().as_bytes())?;
        Ok(Self { key, public })
    }

    /// The public half.
    pub fn public(&self) -> &NoteKey {
        &self.public
    }

    /// The text form, with the secret.
    pub fn to_secret_text(&self) -> Zeroizing<String> {
        let mut secret = Zeroizing::new(vec![ED25519]);
        secret.extend_from_slice(self.key.as_bytes());
        let (name, id) = (self.public.name(), self.public.short_id());
        Zeroizing::new(format!("{PREFIX}{name}+{id}+{}", base64::encode(&secret)))
    }

    /// Signs what the log says of itself: of `size` entries its tree has `root`.
    pub fn sign_checkpoint(&self, size: u64, root: &MerkleHash) -> String {
        let name = self.public.name();
        let text = format!("{name}\n{size}\n{}\n", base64::encode(root));
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        let id = self.public.id().get(..4).unwrap_or_default();
        let line = base64::encode(&[id, &signature].concat());
        format!("{text}\n\u{2014} {name} {line}\n")
    }
}

impl FromStr for NoteSigner {
    type Err = AttestError;

    fn from_str(text: &str) -> Result<Self, AttestError> {
        let fault = || AttestError::KeyInvalid { what: "note signer key" };
        let rest = text.strip_prefix(PREFIX).filter(|_| text.len() <= MAX_TEXT);
        let mut parts = rest.ok_or_else(fault)?.splitn(3, '+');
        let (Some(name), Some(_), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(fault());
        };
        let bytes = Zeroizing::new(base64::decode(key, "note signer key").map_err(|_| fault())?);
        let seed = bytes.strip_prefix(&[ED25519]).and_then(|seed| seed.try_into().ok());
        let signer = Self::from_seed(name, seed.ok_or_else(fault)?)?;
        // The id is redundant: one that does not fit means that one of the parts was altered.
        if *signer.to_secret_text() == text { Ok(signer) } else { Err(fault()) }
    }
}

impl fmt::Debug for NoteSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NoteSigner")
            .field("public", &self.public.to_string())
            .finish_non_exhaustive()
    }
}

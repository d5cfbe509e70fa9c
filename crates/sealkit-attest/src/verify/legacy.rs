//! What `model_signing` wrote before 1.0, and what bundles of its own test suite need: refused unless
//! it was asked for.

use std::fmt::Write as _;

use rsa::sha2::{Digest as _, Sha256};

use crate::{AttestError, Bundle, Content, Envelope, IN_TOTO_PAYLOAD, PublicKey};

/// The name that the payloads of every version have in common.
const MARK: &[u8] = b"https://model_signing/";

/// Which old forms of signatures are taken. None of them by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Legacy {
    /// The format of `model_signing` 0.2: predicate `https://model_signing/Digests/v0.1`, which binds
    /// no list of ignored files and has no root digest, and its faulty pre-authentication encoding.
    pub format: bool,
    /// Signers whose certificate is one of an authority: whoever holds such a key can also make
    /// signers.
    pub ca_signer: bool,
    /// Files that are signed in pieces (`shards`), which no other tool verifies.
    pub shards: bool,
}

impl Legacy {
    /// Refuses the format of 0.2 unless it was asked for.
    pub(crate) fn check_format(self) -> Result<(), AttestError> {
        if self.format {
            return Ok(());
        }
        let what = "the signature format of model_signing 0.2";
        Err(AttestError::LegacyRefused { what, flag: "--insecure-allow-legacy-format" })
    }
}

/// The bytes that `model_signing` 0.2 signed in place of the pre-authentication encoding: it wrote
/// the payload as Python shows bytes. None where the payload is not one of its own.
pub(super) fn message(bundle: &Bundle) -> Option<Vec<u8>> {
    match bundle.content() {
        Content::Dsse(envelope) => of_envelope(envelope),
        Content::Message { .. } => None,
    }
}

/// [`message`] of an envelope.
pub(super) fn of_envelope(envelope: &Envelope) -> Option<Vec<u8>> {
    let payload = envelope.payload.as_slice();
    let is_own = payload.windows(MARK.len()).any(|part| part == MARK);
    if envelope.payload_type != IN_TOTO_PAYLOAD || !is_own {
        return None;
    }
    let (kind, length) = (IN_TOTO_PAYLOAD, payload.len());
    let text = format!("DSSEV1 {} {kind} {length} {}", kind.len(), python_bytes(payload));
    Some(text.into_bytes())
}

/// Whether `key` signed such bytes; 0.2 hashed with SHA-256 whatever the curve.
pub(super) fn is_signed_by(message: &[u8], key: &PublicKey, signature: &[u8]) -> bool {
    key.verify(message, signature).is_ok()
        || key.verify_hash(&Sha256::digest(message), signature).is_ok()
}

/// `repr` of bytes in Python 3.
fn python_bytes(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut text = String::with_capacity(bytes.len() + 8);
    text.extend(['b', quote]);
    for &byte in bytes {
        match byte {
            b'\\' => text.push_str("\\\\"),
            b'\t' => text.push_str("\\t"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            _ if char::from(byte) == quote => text.extend(['\\', quote]),
            b' '..=b'~' => text.push(char::from(byte)),
            _ => {
                // A string takes whatever is written to it.
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
    }
    text.push(quote);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_as_python_shows_them() {
        for (bytes, text) in [
            (b"a\"b".as_slice(), r#"b'a"b'"#),
            (b"a'b", r#"b"a'b""#),
            (b"a'\"b", r#"b'a\'"b'"#),
            (b"\\\n\r\t\x00\x7f\xff~ ", r"b'\\\n\r\t\x00\x7f\xff~ '"),
            (b"", "b''"),
        ] {
            assert_eq!(python_bytes(bytes), text);
        }
    }
}

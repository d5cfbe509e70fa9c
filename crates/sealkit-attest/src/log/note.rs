//! Signed notes (C2SP `signed-note`): a text, and lines of signatures below it.

use crate::{AttestError, base64};

/// Largest note that is read, in bytes.
pub const MAX_NOTE_BYTES: usize = 64 << 10;
/// Most signature lines of a note: a log, and its witnesses.
const MAX_SIGNATURES: usize = 64;
/// Bytes of the key's id before the signature itself.
const KEY_ID: usize = 4;

/// One signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    /// The name of the key that is said to have signed.
    pub name: String,
    /// First bytes of the key's id: a hint that may collide.
    pub key_id: [u8; KEY_ID],
    /// The signature.
    pub signature: Vec<u8>,
}

/// A note as it was read. Nothing of it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedNote {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl SignedNote {
    /// Reads a note. A line that is not of its form is an error and never skipped.
    pub fn parse(note: &str) -> Result<Self, AttestError> {
        if note.len() > MAX_NOTE_BYTES {
            return Err(AttestError::Limit {
                document: "note",
                what: "byte",
                limit: MAX_NOTE_BYTES,
            });
        }
        if note.chars().any(|c| c.is_control() && c != '\n') {
            return fault("the note has a control character");
        }
        // The last blank line: the text itself may have some.
        let Some(at) = note.rfind("\n\n") else {
            return fault("the note has no blank line before its signatures");
        };
        let (text, below) = (note.get(..=at), note.get(at + 2..));
        let (Some(text), Some(below)) = (text, below) else {
            return fault("the note has no signatures");
        };
        let Some(below) = below.strip_suffix('\n') else {
            return fault("the note does not end with a line break");
        };
        let signatures = below.split('\n').map(signature).collect::<Result<Vec<_>, _>>()?;
        if signatures.len() > MAX_SIGNATURES {
            let (document, what) = ("note", "signature");
            return Err(AttestError::Limit { document, what, limit: MAX_SIGNATURES });
        }
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// The text that is signed, with its last line break.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines, in their order.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }
}

fn signature(line: &str) -> Result<NoteSignature, AttestError> {
    let parts = line.strip_prefix("\u{2014} ").and_then(|rest| rest.split_once(' '));
    let Some((name, encoded)) = parts else {
        return fault("a signature line is not `— name base64`");
    };
    if name.is_empty() || name.contains('+') || name.chars().any(char::is_whitespace) {
        return fault("a signature line has no good name");
    }
    let bytes = base64::decode(encoded, "note signature")?;
    match bytes.split_first_chunk::<KEY_ID>() {
        Some((key_id, signature)) if !signature.is_empty() => Ok(NoteSignature {
            name: name.to_owned(),
            key_id: *key_id,
            signature: signature.to_vec(),
        }),
        _ => fault("a signature line has no signature"),
    }
}

fn fault<T>(reason: &str) -> Result<T, AttestError> {
    Err(AttestError::LogProofInvalid { reason: reason.to_owned() })
}

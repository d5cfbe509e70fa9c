//! Padded standard base64 (RFC 4648 §4) in its one canonical form: no URL alphabet, no line
//! breaks, no bits left over at the end.

use ::base64::Engine as _;
use ::base64::engine::general_purpose::STANDARD;

use crate::AttestError;

/// Encodes `bytes`.
pub fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Decodes `text`; `field` names it in the error.
pub fn decode(text: &str, field: &'static str) -> Result<Vec<u8>, AttestError> {
    STANDARD.decode(text).map_err(|source| AttestError::Base64 { field, source })
}

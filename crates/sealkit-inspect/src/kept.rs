//! Texts that are kept whole, and those of which only the digest is.

use sealkit_oci::Digest;

use crate::Value;

/// Longest text that is kept, in bytes.
const MAX: usize = 16 << 10;

/// A text, or the digest of one that is long.
pub(crate) fn text(text: &str) -> Value {
    if text.len() > MAX { digest(text) } else { Value::Text(text.to_owned()) }
}

/// The SHA-256 of a text.
pub(crate) fn digest(text: &str) -> Value {
    Value::Text(Digest::of(text.as_bytes()).to_string())
}

/// A key as one step of a JSON pointer (RFC 6901).
pub fn step(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

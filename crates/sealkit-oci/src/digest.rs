//! Content digests (OCI image-spec, descriptor.md §Digests).

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Digest as _;

use crate::Sha256;

/// A digest algorithm that SealKit can check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// SHA-256: 32 bytes, 64 hex digits. What SealKit writes.
    Sha256,
    /// SHA-512: 64 bytes, 128 hex digits. Read and checked, never written.
    Sha512,
}

impl Algorithm {
    /// The registered name, as before the colon of a digest.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// Number of hex digits of an encoded digest.
    pub fn hex_len(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }
}

/// Why a text is not a digest that SealKit accepts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// There is no `algorithm:` before the encoded part.
    #[error("digest `{0}` has no algorithm: expected `sha256:<64 hex digits>`")]
    NoAlgorithm(String),
    /// The algorithm is not one that can be checked.
    #[error("digest algorithm `{0}` is not supported: expected `sha256` or `sha512`")]
    UnknownAlgorithm(String),
    /// The encoded part is not lower-case hex of the right length.
    #[error("{}", malformed(.0))]
    Malformed(String),
}

fn malformed(text: &str) -> String {
    let is_sha512 = text.split(':').next() == Some(Algorithm::Sha512.name());
    let digits = if is_sha512 { Algorithm::Sha512 } else { Algorithm::Sha256 }.hex_len();
    format!(
        "digest `{text}` is malformed: the part after the colon must be {digits} lower-case hex digits"
    )
}

/// A content digest, `algorithm:hex`, always well formed.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest {
    algorithm: Algorithm,
    hex: String,
}

impl Digest {
    /// The SHA-256 digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = Sha256::default();
        hasher.update(bytes);
        hasher.finish()
    }

    /// A SHA-256 digest from its 32 raw bytes.
    pub fn from_sha256(raw: [u8; 32]) -> Self {
        Self { algorithm: Algorithm::Sha256, hex: to_hex(&raw) }
    }

    /// The algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The encoded part: lower-case hex digits.
    pub fn hex(&self) -> &str {
        &self.hex
    }

    /// The first 12 hex digits, for tables that people read.
    pub fn short(&self) -> &str {
        &self.hex[..12]
    }

    /// The raw bytes that the hex digits encode: 32 for SHA-256, 64 for SHA-512.
    pub fn raw(&self) -> Vec<u8> {
        self.hex.as_bytes().chunks_exact(2).map(|p| (nibble(p[0]) << 4) | nibble(p[1])).collect()
    }

    /// Whether `bytes` hash to this digest.
    pub fn matches(&self, bytes: &[u8]) -> bool {
        match self.algorithm {
            Algorithm::Sha256 => Self::of(bytes) == *self,
            Algorithm::Sha512 => to_hex(&sha2::Sha512::digest(bytes)) == self.hex,
        }
    }
}

fn nibble(c: u8) -> u8 {
    if c.is_ascii_digit() { c - b'0' } else { c - b'a' + 10 }
}

fn to_hex(raw: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = |byte: &u8| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
    // Made of digits alone, it is a text.
    String::from_utf8(raw.iter().flat_map(digits).collect()).unwrap_or_default()
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let Some((name, hex)) = text.split_once(':') else {
            return Err(DigestError::NoAlgorithm(text.to_owned()));
        };
        let algorithm = match name {
            "sha256" => Algorithm::Sha256,
            "sha512" => Algorithm::Sha512,
            _ => return Err(DigestError::UnknownAlgorithm(name.to_owned())),
        };
        let is_hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
        if hex.len() != algorithm.hex_len() || !hex.bytes().all(is_hex) {
            return Err(DigestError::Malformed(text.to_owned()));
        }
        Ok(Self { algorithm, hex: hex.to_owned() })
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.name(), self.hex)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl JsonSchema for Digest {
    fn schema_name() -> Cow<'static, str> {
        "Digest".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$",
            "description": "Digest of content: the algorithm and lower-case hex digits.",
        })
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn the_digest_of_nothing_is_the_published_one() {
        assert_eq!(Digest::of(b"").to_string(), EMPTY);
        assert!(EMPTY.parse::<Digest>().unwrap().matches(b""));
    }

    #[test]
    fn raw_and_hex_reverse() {
        let digest = Digest::of(b"x");
        let raw: [u8; 32] = digest.raw().try_into().unwrap();
        assert_eq!(Digest::from_sha256(raw), digest);
    }

    #[test]
    fn malformed_digests_are_refused_with_the_reason() {
        let upper = EMPTY.to_uppercase().replace("SHA256", "sha256");
        for (text, reason) in [
            ("abc", "has no algorithm"),
            ("md5:d41d8cd98f00b204e9800998ecf8427e", "is not supported"),
            ("sha256:abc", "is malformed"),
            (&upper, "is malformed"),
        ] {
            let error = text.parse::<Digest>().unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn sha512_is_checked_too() {
        let empty = "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce\
                     47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e";
        let digest: Digest = empty.replace(' ', "").parse().unwrap();
        assert!(digest.matches(b""));
        assert!(!digest.matches(b"x"));
    }
}

//! Values that predicates share: times, URIs and digest sets (in-toto v1, field types).
//!
//! A value that exists is a good value: what does not have the form is refused where it is read.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use sealkit_oci::{Algorithm, Digest};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Longest URI that is taken, in bytes.
const MAX_URI: usize = 8192;

/// Why a text is not a value of a predicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// Not a point in time.
    #[error("not an RFC 3339 time in UTC that ends with `Z`")]
    Timestamp,
    /// Not a URI with a scheme.
    #[error("not a URI with a scheme")]
    Uri,
    /// A digest set that names nothing.
    #[error("digest set is empty")]
    NoDigest,
    /// A digest whose value does not have the form of its algorithm.
    #[error("digest is not lower-case hex of the length of its algorithm")]
    Digest,
}

/// A point in time: RFC 3339 in UTC, kept as it was written (in-toto v1, Timestamp).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp {
    text: String,
    nanoseconds: i128,
}

impl Timestamp {
    /// The time of `seconds` since 1970, UTC; refuses years that RFC 3339 cannot write.
    pub fn from_unix(seconds: i64) -> Result<Self, ValueError> {
        let time =
            OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| ValueError::Timestamp)?;
        time.format(&Rfc3339).map_err(|_| ValueError::Timestamp)?.try_into()
    }

    /// `seconds` since 1970 for people: RFC 3339, or the number where the format has no such year.
    pub fn shown(seconds: i64) -> String {
        Self::from_unix(seconds).map_or_else(|_| seconds.to_string(), String::from)
    }

    /// Whole seconds since 1970, UTC.
    pub fn unix(&self) -> i64 {
        self.nanoseconds.div_euclid(1_000_000_000) as i64
    }

    /// The time as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether this time is later than `other`, to the nanosecond.
    pub fn is_after(&self, other: &Self) -> bool {
        self.nanoseconds > other.nanoseconds
    }
}

impl TryFrom<String> for Timestamp {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, ValueError> {
        let time = OffsetDateTime::parse(&text, &Rfc3339).map_err(|_| ValueError::Timestamp)?;
        if !text.ends_with('Z') || text.as_bytes().get(10) != Some(&b'T') {
            return Err(ValueError::Timestamp);
        }
        Ok(Self { nanoseconds: time.unix_timestamp_nanos(), text })
    }
}

impl From<Timestamp> for String {
    fn from(time: Timestamp) -> Self {
        time.text
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "date-time",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?Z$",
            "description": "A point in time: RFC 3339 in UTC, with `Z`.",
        })
    }
}

/// A URI with a scheme (in-toto v1, ResourceURI and TypeURI). It names; nothing is fetched by it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Uri(String);

impl Uri {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Uri {
    type Error = ValueError;

    /// RFC 3986: a scheme, a colon, something behind it; no space and no control character.
    fn try_from(text: String) -> Result<Self, ValueError> {
        let (scheme, rest) = text.split_once(':').ok_or(ValueError::Uri)?;
        let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        let good = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(letters)
            && !rest.is_empty()
            && text.len() <= MAX_URI
            && !text.chars().any(|c| c.is_whitespace() || c.is_control());
        if good { Ok(Self(text)) } else { Err(ValueError::Uri) }
    }
}

impl TryFrom<&str> for Uri {
    type Error = ValueError;

    fn try_from(text: &str) -> Result<Self, ValueError> {
        text.to_owned().try_into()
    }
}

impl From<Uri> for String {
    fn from(uri: Uri) -> Self {
        uri.0
    }
}

impl JsonSchema for Uri {
    fn schema_name() -> Cow<'static, str> {
        "Uri".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[A-Za-z][A-Za-z0-9+.-]*:[^\\s]+$",
            "maxLength": MAX_URI,
            "description": "A URI with a scheme.",
        })
    }
}

/// Digests of one thing: algorithm name → value, never empty (in-toto v1, DigestSet).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct DigestSet(BTreeMap<String, String>);

impl DigestSet {
    /// A set of one digest.
    pub fn of(digest: &Digest) -> Self {
        let pair = (digest.algorithm().name().to_owned(), digest.hex().to_owned());
        Self(BTreeMap::from([pair]))
    }

    /// A git commit: 40 hex digits, or 64 in a repository of SHA-256.
    pub fn git_commit(hex: &str) -> Result<Self, ValueError> {
        BTreeMap::from([("gitCommit".to_owned(), hex.to_owned())]).try_into()
    }

    /// The SHA-256 digest; none where the set names the thing by others alone.
    pub fn sha256(&self) -> Option<Digest> {
        let name = Algorithm::Sha256.name();
        format!("{name}:{}", self.0.get(name)?).parse().ok()
    }

    /// The value of `algorithm`.
    pub fn get(&self, algorithm: &str) -> Option<&str> {
        self.0.get(algorithm).map(String::as_str)
    }

    /// Every algorithm with its value, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether both sets name the same thing: they share an algorithm and agree on every shared one.
    pub fn agrees_with(&self, other: &Self) -> bool {
        let mut shared = false;
        for (name, value) in &self.0 {
            match other.0.get(name) {
                Some(theirs) if theirs == value => shared = true,
                Some(_) => return false,
                None => {}
            }
        }
        shared
    }
}

/// How many hex digits the value of an algorithm has; none where its form is not known here.
fn hex_lengths(algorithm: &str) -> Option<&'static [usize]> {
    Some(match algorithm {
        "sha256" | "sha512_256" | "sha3_256" | "dirHash" | "dirHash1" => &[64],
        "sha384" | "sha3_384" => &[96],
        "sha512" | "sha3_512" => &[128],
        "sha224" | "sha512_224" | "sha3_224" => &[56],
        "sha1" => &[40],
        "md5" => &[32],
        "gitCommit" | "gitTree" | "gitBlob" | "gitTag" => &[40, 64],
        _ => return None,
    })
}

impl TryFrom<BTreeMap<String, String>> for DigestSet {
    type Error = ValueError;

    fn try_from(set: BTreeMap<String, String>) -> Result<Self, ValueError> {
        if set.is_empty() {
            return Err(ValueError::NoDigest);
        }
        let is_hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
        let good = set.iter().all(|(name, value)| match hex_lengths(name) {
            Some(lengths) => lengths.contains(&value.len()) && value.bytes().all(is_hex),
            None => !name.is_empty() && !value.is_empty(),
        });
        if good { Ok(Self(set)) } else { Err(ValueError::Digest) }
    }
}

impl From<DigestSet> for BTreeMap<String, String> {
    fn from(set: DigestSet) -> Self {
        set.0
    }
}

impl JsonSchema for DigestSet {
    fn schema_name() -> Cow<'static, str> {
        "DigestSet".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "minProperties": 1,
            "description": "Digests of one thing: algorithm name, and lower-case hex.",
            "properties": {
                "sha256": { "type": "string", "pattern": "^[0-9a-f]{64}$" },
                "sha512": { "type": "string", "pattern": "^[0-9a-f]{128}$" },
                "gitCommit": { "type": "string", "pattern": "^([0-9a-f]{40}|[0-9a-f]{64})$" },
            },
            "additionalProperties": { "type": "string", "minLength": 1 },
        })
    }
}

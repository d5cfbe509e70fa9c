//! How names on the wire are held.
#![allow(clippy::unwrap_used, reason = "helpers of tests unwrap as tests do")]

use sealkit_oci::Digest;

pub(crate) fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

/// Writes, compares with the promised text, and reads it back.
pub(crate) fn holds<T>(value: &T, expected: serde_json::Value)
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    assert_eq!(serde_json::to_value(value).unwrap(), expected);
    assert_eq!(&serde_json::from_value::<T>(expected).unwrap(), value);
}

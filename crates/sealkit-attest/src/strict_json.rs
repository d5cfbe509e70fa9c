//! JSON that every reader understands in the same way: no key twice in one object, no array in place of an
//! object, nothing before or after the document, no number out of range, bounded size, depth and strings.
//!
//! A signed document that two readers could read in two ways is two documents (RFC 8259 §4 leaves
//! duplicate keys open). The check is one pass that builds nothing; then `serde_json` reads.

mod objects;

use std::collections::HashSet;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, MapAccess, SeqAccess, Visitor};

use crate::AttestError;
use objects::Objects;

/// Whole numbers at or above this cannot be told apart as IEEE doubles (RFC 8259 §6): 2^53.
const EXACT_WHOLE: f64 = 9_007_199_254_740_992.0;

/// How large a document may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest size in bytes.
    pub bytes: usize,
    /// Deepest nesting of objects and arrays, at most 120.
    pub depth: usize,
    /// Longest string or key in bytes of UTF-8.
    pub string: usize,
}

impl Default for Limits {
    /// For keys and settings: 1 MiB, depth 32, strings of 64 KiB.
    fn default() -> Self {
        Self { bytes: 1 << 20, depth: 32, string: 64 << 10 }
    }
}

/// Checks that `bytes` are one strict JSON document. `document` names it in errors.
pub fn check(bytes: &[u8], document: &'static str, limits: Limits) -> Result<(), AttestError> {
    if bytes.len() > limits.bytes {
        return Err(AttestError::Limit { document, what: "byte", limit: limits.bytes });
    }
    let mut found = None;
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let seed = Checker { document, limits, depth: 0, found: &mut found };
    let result = seed.deserialize(&mut reader).and_then(|()| reader.end());
    match (result, found) {
        (_, Some(error)) => Err(error),
        (Err(source), None) => Err(AttestError::Json { document, source }),
        (Ok(()), None) => Ok(()),
    }
}

/// Reads a `T` from one strict JSON document.
pub fn from_slice<T: DeserializeOwned>(
    bytes: &[u8],
    document: &'static str,
    limits: Limits,
) -> Result<T, AttestError> {
    check(bytes, document, limits)?;
    read(bytes).map_err(|source| AttestError::Json { document, source })
}

/// Reads a `T` from JSON that was checked; a struct from an object alone.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = T::deserialize(Objects(&mut reader))?;
    reader.end()?;
    Ok(read)
}

/// Reads any value from one strict JSON document.
pub fn parse(
    bytes: &[u8],
    document: &'static str,
    limits: Limits,
) -> Result<serde_json::Value, AttestError> {
    from_slice(bytes, document, limits)
}

/// Reads a `T` from a value that was checked, in the same way.
pub(crate) fn read_value<T: DeserializeOwned>(
    value: &serde_json::Value,
) -> Result<T, serde_json::Error> {
    T::deserialize(Objects(value))
}

/// Walks one value. A typed cause travels in `found`, because serde's errors carry only text.
struct Checker<'a> {
    document: &'static str,
    limits: Limits,
    depth: usize,
    found: &'a mut Option<AttestError>,
}

impl Checker<'_> {
    fn stop<E: serde::de::Error>(&mut self, error: AttestError) -> E {
        let text = E::custom(&error);
        *self.found = Some(error);
        text
    }

    fn limit<E: serde::de::Error>(&mut self, what: &'static str, limit: usize) -> E {
        self.stop(AttestError::Limit { document: self.document, what, limit })
    }

    fn enter<E: serde::de::Error>(&mut self) -> Result<(), E> {
        if self.depth >= self.limits.depth {
            return Err(self.limit("depth", self.limits.depth));
        }
        Ok(())
    }

    fn string<E: serde::de::Error>(&mut self, text: &str) -> Result<(), E> {
        if text.len() > self.limits.string {
            return Err(self.limit("string", self.limits.string));
        }
        Ok(())
    }

    fn inner(&mut self) -> Checker<'_> {
        let (document, limits, depth) = (self.document, self.limits, self.depth + 1);
        Checker { document, limits, depth, found: self.found }
    }
}

impl<'de> DeserializeSeed<'de> for Checker<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Checker<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: serde::de::Error>(mut self, number: f64) -> Result<(), E> {
        // A whole number beyond 64 bits arrives here rounded.
        if !number.is_finite() || number.abs() >= EXACT_WHOLE {
            return Err(self.stop(AttestError::Number { document: self.document, number }));
        }
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(mut self, text: &str) -> Result<(), E> {
        self.string(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        self.enter()?;
        while items.next_element_seed(self.inner())?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<(), A::Error> {
        self.enter()?;
        let mut seen = HashSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            self.string::<A::Error>(&key)?;
            if seen.contains(&key) {
                let (document, key) = (self.document, AttestError::quote(&key));
                return Err(self.stop(AttestError::DuplicateKey { document, key }));
            }
            seen.insert(key);
            entries.next_value_seed(self.inner())?;
        }
        Ok(())
    }
}

//! Names that follow from content: component ids and UUIDs.

use sealkit_oci::Digest;
use sha1::Digest as _;

use crate::{ComponentId, Kind};

/// The name space of URLs (RFC 9562, section 6.6).
const NAMESPACE: [u8; 16] = [
    0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8,
];

/// The id of a component from the texts that make it what it is.
pub(crate) fn component_id(kind: Kind, parts: &[&str]) -> ComponentId {
    // Length prefixes keep `a`+`bc` and `ab`+`c` apart.
    let mut joined = String::new();
    for part in parts {
        joined.push_str(&part.len().to_string());
        joined.push(':');
        joined.push_str(part);
    }
    let digest = Digest::of(joined.as_bytes());
    let hex: String = digest.hex().chars().take(32).collect();
    ComponentId(format!("{}:{hex}", kind.name()))
}

/// A name-based UUID (RFC 9562, version 5), as CycloneDX writes it.
pub(crate) fn urn_uuid(name: &[u8]) -> String {
    let mut hasher = sha1::Sha1::new();
    hasher.update(NAMESPACE);
    hasher.update(name);
    let hash = hasher.finalize();
    let mut raw = [0_u8; 16];
    for (to, from) in raw.iter_mut().zip(hash) {
        *to = from;
    }
    let number = u128::from_be_bytes(raw);
    let number = number & !(0xF << 76) | (5 << 76);
    let number = number & !(0x3 << 62) | (2 << 62);
    let hex = format!("{number:032x}");
    let cut = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
    let groups = [cut(0, 8), cut(8, 12), cut(12, 16), cut(16, 20), cut(20, 32)];
    format!("urn:uuid:{}", groups.join("-"))
}

/// Everything but the unreserved characters of RFC 3986 as `%XX`.
pub(crate) fn escape(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_the_one_that_others_make() {
        // Python: uuid.uuid5(uuid.NAMESPACE_URL, "http://www.example.com/")
        let expected = "urn:uuid:fcde3c85-2270-590f-9e7c-ee003d65e0e2";
        assert_eq!(urn_uuid(b"http://www.example.com/"), expected);
    }

    #[test]
    fn ids_keep_their_parts_apart() {
        let id = |parts: &[&str]| component_id(Kind::File, parts);
        assert_ne!(id(&["a", "bc"]), id(&["ab", "c"]));
        assert_eq!(id(&["a", "bc"]), id(&["a", "bc"]));
        assert_ne!(id(&["a"]), component_id(Kind::Docs, &["a"]));
    }
}

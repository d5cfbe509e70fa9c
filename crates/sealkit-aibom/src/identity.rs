//! Names that follow from content: component ids and UUIDs.

use std::io;

use sealkit_oci::Digest;
use serde::Serialize;
use sha1::Digest as _;

use crate::{ComponentId, Kind};

/// The name space of URLs (RFC 9562, section 6.6).
const NAMESPACE: [u8; 16] = [
    0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8,
];

/// The id of a component from the texts that make it what it is.
pub(crate) fn component_id(kind: Kind, parts: &[&str]) -> ComponentId {
    // Length prefixes keep `a`+`bc` and `ab`+`c` apart.
    let mut joined = String::with_capacity(160);
    for part in parts {
        joined.push_str(&part.len().to_string());
        joined.push(':');
        joined.push_str(part);
    }
    let digest = Digest::of(joined.as_bytes());
    let hex = digest.hex();
    ComponentId(format!("{}:{}", kind.name(), hex.get(..32).unwrap_or(hex)))
}

/// A name-based UUID (RFC 9562, version 5), as CycloneDX writes it.
pub(crate) fn urn_uuid(name: &[u8]) -> String {
    let mut hasher = sha1::Sha1::new();
    hasher.update(NAMESPACE);
    hasher.update(name);
    urn(hasher)
}

/// The same of a document as JSON, which is not held in memory for it.
pub(crate) fn urn_uuid_of(document: &impl Serialize) -> Result<String, serde_json::Error> {
    struct Hashed(sha1::Sha1);

    impl io::Write for Hashed {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut hasher = sha1::Sha1::new();
    hasher.update(NAMESPACE);
    // The writer of JSON gives single characters at times.
    let mut buffered = io::BufWriter::with_capacity(16 << 10, Hashed(hasher));
    serde_json::to_writer(&mut buffered, document)?;
    let hashed =
        buffered.into_inner().map_err(|error| serde_json::Error::io(error.into_error()))?;
    Ok(urn(hashed.0))
}

fn urn(hasher: sha1::Sha1) -> String {
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
        let document = serde_json::json!({"b": [1, "x"], "a": null});
        let text = serde_json::to_vec(&document).unwrap();
        assert_eq!(urn_uuid_of(&document).unwrap(), urn_uuid(&text));
    }

    #[test]
    fn ids_keep_their_parts_apart() {
        let id = |parts: &[&str]| component_id(Kind::File, parts);
        assert_ne!(id(&["a", "bc"]), id(&["ab", "c"]));
        assert_eq!(id(&["a", "bc"]), id(&["a", "bc"]));
        assert_ne!(id(&["a"]), component_id(Kind::Docs, &["a"]));
    }
}

//! Names that follow from content: component ids, package URLs, UUIDs.

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

/// Package URL of a kit: `pkg:oci/NAME@DIGEST?repository_url=HOST/PATH` (purl-spec, type oci).
pub(crate) fn oci_purl(repository: &str, digest: &Digest) -> Option<String> {
    let name = repository.rsplit('/').next().filter(|name| !name.is_empty())?;
    let name = escape(&name.to_lowercase());
    let version = escape(&digest.to_string());
    let url = repository.split('/').map(escape).collect::<Vec<_>>().join("/");
    Some(format!("pkg:oci/{name}@{version}?repository_url={url}"))
}

/// Package URL of a Hugging Face model: `pkg:huggingface/OWNER/NAME@REVISION` (purl-spec, type
/// huggingface). None for anything that is not `owner/name`.
pub(crate) fn hugging_face_purl(id: &str, revision: Option<&str>) -> Option<String> {
    let (owner, name) = id.split_once('/')?;
    let is_plain = |text: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        !text.is_empty() && !text.starts_with('.') && text.chars().all(fits)
    };
    if !is_plain(owner) || !is_plain(name) {
        return None;
    }
    let is_commit = |text: &&str| text.len() == 40 && text.bytes().all(|c| c.is_ascii_hexdigit());
    let version = revision.filter(is_commit).map(|r| format!("@{}", r.to_lowercase()));
    Some(format!("pkg:huggingface/{owner}/{name}{}", version.unwrap_or_default()))
}

/// Percent-encodes what purl-spec does not allow as it is.
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

    #[test]
    fn package_urls_have_the_form_of_the_specification() {
        let digest = Digest::of(b"");
        let purl = oci_purl("docker.io/library/Debian", &digest).unwrap();
        let version = format!("sha256%3A{}", digest.hex());
        let expected = format!("pkg:oci/debian@{version}?repository_url=docker.io/library/Debian");
        assert_eq!(purl, expected);
        assert_eq!(oci_purl("a/", &digest), None);
        let commit = "043235D6088ecd3dd5fb5ca3592b6913fd516027";
        let purl = hugging_face_purl("distilbert/base-1.3", Some(commit)).unwrap();
        assert_eq!(purl, format!("pkg:huggingface/distilbert/base-1.3@{}", commit.to_lowercase()));
        let main = hugging_face_purl("a/b", Some("main"));
        assert_eq!(main.as_deref(), Some("pkg:huggingface/a/b"));
        for other in ["gpt2", "./models/x", "/abs/x", "a/b/c", "a/b c", "a/../b"] {
            assert_eq!(hugging_face_purl(other, None), None, "{other}");
        }
    }
}

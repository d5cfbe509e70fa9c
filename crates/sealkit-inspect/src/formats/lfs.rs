//! Git LFS pointers: a text in place of a large file.
//!
//! Source: git-lfs specification, "The Pointer".

use sealkit_report::{Budget, Severity};

use crate::{
    Class, Confidence, Facts, FileInfo, Format, InspectError, Inspector, Probe, ReadAt, Value,
    property, read_at,
};

const FORMAT: Format =
    Format::new("git-lfs-pointer", "Git LFS pointer", Class::Unknown, &[]).media("text/plain");
/// The first line of a pointer; the host is part of the specification's own name.
const START: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";
/// A pointer is shorter than this, in bytes.
const MAX_POINTER: u64 = 1024;

pub(crate) struct LfsPointer;

impl Inspector for LfsPointer {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let is_pointer = probe.len < MAX_POINTER && probe.has(0, START);
        if is_pointer { Confidence::Magic } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let bytes = read_at::piece(source, budget, 0, MAX_POINTER)?;
        let mut facts = Facts { incomplete: true, ..Facts::default() };
        let text = String::from_utf8_lossy(&bytes);
        let field =
            |key: &str| text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' '));
        let digest = field("oid").and_then(|oid| oid.strip_prefix("sha256:"));
        let is_hex = |hex: &&str| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit());
        if let Some(digest) = digest.filter(is_hex) {
            let file = FileInfo {
                path: path.to_owned(),
                size: field("size").and_then(|size| size.parse().ok()),
                digests: vec![format!("sha256:{}", digest.to_ascii_lowercase())],
            };
            facts.declared(path, "lines 2-3", property::FILE_REFERENCE, Value::File(file));
        }
        let message = "a Git LFS pointer instead of the content: the file itself is not here";
        facts.find("lfs-pointer", Severity::Medium, (path, ""), message);
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[property::FILE_REFERENCE]
    }
}

/// The pointer that Git LFS stores for a file with this digest and size: what `git` has as its
/// content.
pub fn lfs_pointer(sha256: &str, size: u64) -> String {
    let start = String::from_utf8_lossy(START);
    format!("{start}oid sha256:{sha256}\nsize {size}\n")
}

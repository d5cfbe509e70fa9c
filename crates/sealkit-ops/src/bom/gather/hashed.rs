//! Digests of bytes that were hashed while they came.

use sealkit_oci::{Digest, FileEntry};
use sealkit_store::HashedRange;

/// The digest of a file where exactly its bytes are among those that were hashed.
pub(super) fn hashed_at<'a>(hashed: &'a [HashedRange], entry: &FileEntry) -> Option<&'a Digest> {
    let at = hashed.binary_search_by_key(&entry.offset, |one| one.range.start).ok()?;
    let end = entry.offset.checked_add(entry.size)?;
    hashed.get(at).filter(|found| found.range.end == end).map(|found| &found.digest)
}

#[cfg(test)]
mod tests {
    use sealkit_oci::FileKind;

    use super::*;

    #[test]
    fn a_file_has_the_digest_of_a_range_that_is_exactly_its_own() {
        let range = |start, end: u64| HashedRange {
            range: start..end,
            digest: Digest::of(format!("{start}-{end}").as_bytes()),
        };
        let hashed = [range(512, 900), range(2_048, 5_000)];
        let entry = |offset, size| FileEntry {
            path: "weights".to_owned(),
            size,
            offset,
            kind: FileKind::File,
            mode: 0o644,
            digest: None,
            segments: String::new(),
        };
        assert_eq!(hashed_at(&hashed, &entry(512, 388)), Some(&hashed[0].digest));
        assert_eq!(hashed_at(&hashed, &entry(2_048, 2_952)), Some(&hashed[1].digest));
        for (offset, size) in
            [(512, 387), (512, 389), (511, 389), (2_048, 0), (0, 512), (512, u64::MAX)]
        {
            assert_eq!(hashed_at(&hashed, &entry(offset, size)), None, "{offset} {size}");
        }
        assert_eq!(hashed_at(&[], &entry(512, 388)), None);
    }
}

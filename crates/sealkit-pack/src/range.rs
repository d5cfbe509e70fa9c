//! Single files and ranges out of a layer, believed only where they match a trusted file table.

use std::io::{self, Write};
use std::ops::Range;

use sealkit_oci::{FileEntry, FileKind, FileTableError, SEGMENT_SIZE, Sha256};

use crate::PackError;
use crate::hash::segment_hash;
use crate::tar::RangeSource;

/// Copies one whole file out of its uncompressed layer. Every segment is verified before any byte of
/// it is written, and the whole by its SHA-256.
pub fn read_file(
    entry: &FileEntry,
    layer: &dyn RangeSource,
    to: &mut dyn Write,
) -> Result<(), PackError> {
    let mut hasher = Sha256::default();
    let mut copy = |bytes: &[u8]| {
        hasher.update(bytes);
        to.write_all(bytes)
    };
    for_segments(entry, layer, 0..entry.size, &mut copy)?;
    check_digest(entry, hasher)
}

/// The bytes of `range` of one file, verified. Whole segments are fetched: a file of one segment or
/// less is verified by its SHA-256, a larger one by the BLAKE3 of the segments that hold the range.
pub fn read_range(
    entry: &FileEntry,
    layer: &dyn RangeSource,
    range: Range<u64>,
) -> Result<Vec<u8>, PackError> {
    let (start, end, size) = (range.start, range.end, entry.size);
    if start > end || end > size {
        return Err(PackError::Range { path: entry.path.clone(), start, end, size });
    }
    let mut bytes = Vec::new();
    let mut keep = |segment: &[u8]| {
        bytes.extend_from_slice(segment);
        Ok(())
    };
    for_segments(entry, layer, range, &mut keep)?;
    Ok(bytes)
}

/// Gives the parts of verified segments that lie in `range`.
fn for_segments(
    entry: &FileEntry,
    layer: &dyn RangeSource,
    range: Range<u64>,
    give: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> Result<(), PackError> {
    check_entry(entry)?;
    let mut index = range.start / SEGMENT_SIZE;
    loop {
        let first = index * SEGMENT_SIZE;
        let size = SEGMENT_SIZE.min(entry.size.saturating_sub(first));
        let bytes = fetch(entry, layer, first, size as usize)?;
        check_segment(entry, index, &bytes)?;
        let from = range.start.saturating_sub(first).min(size) as usize;
        let to = range.end.saturating_sub(first).min(size) as usize;
        let wanted = bytes.get(from..to).unwrap_or_default();
        give(wanted).map_err(|error| PackError::io("write", &entry.path, error))?;
        index += 1;
        if index * SEGMENT_SIZE >= range.end {
            return Ok(());
        }
    }
}

fn check_entry(entry: &FileEntry) -> Result<(), PackError> {
    if entry.kind != FileKind::File || entry.digest.is_none() {
        return Err(FileTableError::Digest(entry.path.clone()).into());
    }
    if entry.offset.checked_add(entry.size).is_none() {
        return Err(FileTableError::Range(entry.path.clone()).into());
    }
    let hashes = if entry.size > SEGMENT_SIZE { entry.size.div_ceil(SEGMENT_SIZE) } else { 0 };
    if entry.segment_hashes().count() as u64 != hashes {
        return Err(FileTableError::Segments(entry.path.clone()).into());
    }
    Ok(())
}

fn fetch(
    entry: &FileEntry,
    layer: &dyn RangeSource,
    first: u64,
    size: usize,
) -> Result<Vec<u8>, PackError> {
    let mut bytes = vec![0; size];
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        let read = layer.read_at(entry.offset + first + filled as u64, rest);
        match read.map_err(|error| PackError::io("read", &entry.path, error))? {
            0 => {
                let actual = first + filled as u64;
                let what = format!("`{}`", entry.path);
                return Err(PackError::Size { what, expected: entry.size, actual });
            }
            count => filled += count,
        }
    }
    Ok(bytes)
}

fn check_segment(entry: &FileEntry, index: u64, bytes: &[u8]) -> Result<(), PackError> {
    if entry.size <= SEGMENT_SIZE {
        let mut hasher = Sha256::default();
        hasher.update(bytes);
        return check_digest(entry, hasher);
    }
    let position = usize::try_from(index).ok();
    let expected = position.and_then(|position| entry.segment_hashes().nth(position));
    if expected != Some(segment_hash(bytes).as_str()) {
        return Err(PackError::Segment { path: entry.path.clone(), index });
    }
    Ok(())
}

fn check_digest(entry: &FileEntry, hasher: Sha256) -> Result<(), PackError> {
    let actual = hasher.finish();
    match &entry.digest {
        Some(expected) if *expected == actual => Ok(()),
        Some(expected) => Err(PackError::Mismatch {
            what: format!("`{}`", entry.path),
            expected: expected.clone(),
            actual,
        }),
        None => Err(FileTableError::Digest(entry.path.clone()).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::FileHasher;

    fn layer(size: usize) -> (Vec<u8>, FileEntry) {
        let body: Vec<u8> = (0..size).map(|i| (i % 249) as u8).collect();
        let mut hasher = FileHasher::new(size as u64);
        hasher.update(&body);
        let (digest, segments) = hasher.finish();
        let entry = FileEntry {
            path: "f".into(),
            kind: FileKind::File,
            mode: 0o644,
            offset: 512,
            size: size as u64,
            digest: Some(digest),
            segments,
        };
        ([vec![0; 512], body, vec![0; 1024]].concat(), entry)
    }

    #[test]
    fn files_and_ranges_come_out_verified() {
        for size in [0, 1, 1000, 1 << 20, (1 << 20) + 1, 3_500_000] {
            let (bytes, entry) = layer(size);
            let mut whole = Vec::new();
            read_file(&entry, &&bytes[..], &mut whole).unwrap();
            assert_eq!(whole, bytes[512..512 + size]);
            let (from, to) = (size / 3, size - size / 5);
            let part = read_range(&entry, &&bytes[..], from as u64..to as u64).unwrap();
            assert_eq!(part, bytes[512 + from..512 + to]);
            assert!(read_range(&entry, &&bytes[..], 0..size as u64 + 1).is_err());
        }
    }

    #[test]
    fn a_wrong_byte_is_met_before_it_is_given() {
        for (size, at) in [(1000, 700), (3_500_000, 2_500_000)] {
            let (mut bytes, entry) = layer(size);
            bytes[512 + at] ^= 1;
            let mut whole = Vec::new();
            assert!(read_file(&entry, &&bytes[..], &mut whole).is_err());
            assert!(whole.len() <= at);
            assert!(read_range(&entry, &&bytes[..], at as u64..at as u64 + 1).is_err());
        }
        let (bytes, entry) = layer(3_500_000);
        let cut = read_file(&entry, &&bytes[..1_000_000], &mut Vec::new());
        assert!(matches!(cut, Err(PackError::Size { .. })));
        let lying = FileEntry { segments: String::new(), ..entry };
        assert!(matches!(
            read_range(&lying, &&bytes[..], 0..1),
            Err(PackError::FileTable(FileTableError::Segments(_)))
        ));
    }
}

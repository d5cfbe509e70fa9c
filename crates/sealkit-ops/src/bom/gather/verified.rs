//! A file of a remote kit, read by ranges that a trusted file table vouches for.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use sealkit_inspect::{ReadAt, ReadError, end_within};
use sealkit_oci::{FileEntry, SEGMENT_SIZE};
use sealkit_pack::tar::RangeSource;

/// Segments that are kept.
const KEPT: usize = 4;

/// One file. A byte is given only after its segment was verified.
pub(crate) struct Verified<'a> {
    entry: &'a FileEntry,
    layer: &'a dyn RangeSource,
    kept: Mutex<Vec<(u64, Vec<u8>)>>,
}

impl<'a> Verified<'a> {
    /// The file that `entry` describes, inside of `layer`.
    pub(crate) fn new(entry: &'a FileEntry, layer: &'a dyn RangeSource) -> Self {
        Self { entry, layer, kept: Mutex::default() }
    }

    fn segment(&self, number: u64) -> Range<u64> {
        let start = number * SEGMENT_SIZE;
        start..(start + SEGMENT_SIZE).min(self.entry.size)
    }

    fn copy(&self, number: u64, from: usize, to: &mut [u8]) -> Result<usize, ReadError> {
        let range = self.segment(number);
        let failed = |source: sealkit_pack::PackError| ReadError::Source {
            offset: range.start,
            len: range.end - range.start,
            source: Box::new(source),
        };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if !kept.iter().any(|(at, _)| *at == number) {
            let bytes = sealkit_pack::read_range(self.entry, self.layer, range.clone());
            kept.insert(0, (number, bytes.map_err(failed)?));
            kept.truncate(KEPT);
        }
        let bytes = kept.iter().find(|(at, _)| *at == number).map_or(&[][..], |(_, bytes)| bytes);
        let part = bytes.get(from..).unwrap_or_default();
        let count = part.len().min(to.len());
        let target = to.get_mut(..count).unwrap_or_default();
        target.copy_from_slice(part.get(..count).unwrap_or_default());
        Ok(count)
    }
}

impl ReadAt for Verified<'_> {
    fn len(&self) -> u64 {
        self.entry.size
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let (len, size) = (buf.len() as u64, self.entry.size);
        end_within(offset, len, size)?;
        let mut filled = 0;
        while let Some(rest) = buf.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let at = offset + filled as u64;
            match self.copy(at / SEGMENT_SIZE, (at % SEGMENT_SIZE) as usize, rest)? {
                0 => return Err(ReadError::OutOfRange { offset, len, size }),
                count => filled += count,
            }
        }
        Ok(())
    }

    fn is_far(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use sealkit_oci::{Digest, FileKind};

    use super::*;

    fn entry(body: &[u8]) -> FileEntry {
        let segments = if body.len() as u64 > SEGMENT_SIZE {
            body.chunks(SEGMENT_SIZE as usize)
                .map(|s| blake3::hash(s).to_hex().to_string())
                .collect()
        } else {
            String::new()
        };
        FileEntry {
            path: "model.bin".into(),
            kind: FileKind::File,
            mode: 0o644,
            offset: 512,
            size: body.len() as u64,
            digest: Some(Digest::of(body)),
            segments,
        }
    }

    #[test]
    fn only_bytes_that_fit_the_table_are_given() {
        for size in [1_usize, 5000, 3 * SEGMENT_SIZE as usize + 77] {
            let body: Vec<u8> = (0..size).map(|at| (at % 253) as u8).collect();
            let entry = entry(&body);
            let mut layer = [vec![0; 512], body.clone(), vec![0; 100]].concat();
            let source = &layer[..];
            let file = Verified::new(&entry, &source);
            let mut buffer = vec![0; size];
            file.read_at(0, &mut buffer).unwrap();
            assert_eq!(buffer, body);
            file.read_at(size as u64 - 1, &mut buffer[..1]).unwrap();
            assert_eq!(buffer[0], body[size - 1]);
            assert!(file.read_at(size as u64, &mut [0]).is_err());
            let last = 512 + size - 1;
            layer[last] ^= 1;
            let source = &layer[..];
            let file = Verified::new(&entry, &source);
            assert!(file.read_at(size as u64 - 1, &mut [0]).is_err());
        }
    }
}

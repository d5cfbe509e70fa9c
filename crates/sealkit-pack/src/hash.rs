//! The hashes of one file, made while its bytes go by: SHA-256, and BLAKE3 of each segment.

use std::fmt::Write as _;

use sealkit_oci::{Digest, SEGMENT_SIZE, Sha256};

/// Hashes one file in one pass.
pub(crate) struct FileHasher {
    whole: Sha256,
    segments: Option<Segments>,
}

struct Segments {
    hasher: blake3::Hasher,
    left: usize,
    hex: String,
}

impl FileHasher {
    /// For a file of `size` bytes: one of more than one segment gets segment hashes.
    pub(crate) fn new(size: u64) -> Self {
        let segments = (size > SEGMENT_SIZE).then(|| Segments {
            hasher: blake3::Hasher::new(),
            left: SEGMENT_SIZE as usize,
            hex: String::new(),
        });
        Self { whole: Sha256::default(), segments }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        // Both hashes read each piece while it is still in the processor's cache.
        for piece in bytes.chunks(128 * 1024) {
            self.whole.update(piece);
            if let Some(segments) = &mut self.segments {
                segments.update(piece);
            }
        }
    }

    /// The digest, and the segment hashes as the file table has them.
    pub(crate) fn finish(self) -> (Digest, String) {
        let segments = self.segments.map(Segments::finish).unwrap_or_default();
        (self.whole.finish(), segments)
    }
}

impl Segments {
    fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (part, rest) = bytes.split_at(bytes.len().min(self.left));
            self.hasher.update(part);
            self.left -= part.len();
            if self.left == 0 {
                self.close();
            }
            bytes = rest;
        }
    }

    fn close(&mut self) {
        // Writing into a string does not fail.
        let _ = write!(self.hex, "{}", self.hasher.finalize().to_hex());
        self.hasher.reset();
        self.left = SEGMENT_SIZE as usize;
    }

    fn finish(mut self) -> String {
        if self.left < SEGMENT_SIZE as usize {
            self.close();
        }
        self.hex
    }
}

/// BLAKE3 of one segment, 64 hex digits.
pub(crate) fn segment_hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_do_not_depend_on_how_the_bytes_arrive() {
        let bytes: Vec<u8> = (0..5 * SEGMENT_SIZE / 2).map(|i| (i % 251) as u8).collect();
        let expected: String = bytes.chunks(SEGMENT_SIZE as usize).map(segment_hash).collect();
        for step in [1000, 128 * 1024, 1 << 20, bytes.len()] {
            let mut hasher = FileHasher::new(bytes.len() as u64);
            bytes.chunks(step).for_each(|chunk| hasher.update(chunk));
            assert_eq!(hasher.finish(), (Digest::of(&bytes), expected.clone()));
        }
    }

    #[test]
    fn one_segment_needs_no_hash_of_its_own() {
        let bytes = vec![1; SEGMENT_SIZE as usize];
        let mut hasher = FileHasher::new(bytes.len() as u64);
        hasher.update(&bytes);
        assert_eq!(hasher.finish().1, "");
    }
}

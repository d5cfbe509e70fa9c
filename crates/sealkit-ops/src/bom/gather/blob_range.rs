//! Ranges of one blob of a kit.

use std::io;
use std::ops::Range;

use sealkit_oci::Digest;

use super::cached::Fetch;
use crate::files::blob::Blobs;

/// A blob that is read by ranges.
pub(super) struct BlobRange {
    pub(super) blobs: Blobs,
    pub(super) digest: Digest,
}

impl Fetch for BlobRange {
    fn fetch(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        let len = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(0);
        let mut bytes = Vec::with_capacity(len);
        let mut from = self.blobs.read(&self.digest, range).map_err(io::Error::other)?;
        io::Read::read_to_end(&mut from, &mut bytes)?;
        Ok(bytes)
    }
}

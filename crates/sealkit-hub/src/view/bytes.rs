//! One file of a kit as the inspectors read it.

use std::sync::{Mutex, PoisonError};

use sealkit_inspect::{ReadAt, ReadError, end_within};
use sealkit_pack::tar::RangeSource;

use crate::ranges::BlobRanges;
use crate::unpacked::PackedFile;

/// Bytes that are read ahead of a small read: inspectors go through headers in small steps.
const BLOCK: usize = 64 << 10;

/// A file of a kit. Read from a blocking thread only.
pub(crate) enum FileBytes {
    /// Ranges of the layer.
    Ranged(RangedFile),
    /// A stream of a compressed layer.
    Packed(PackedFile),
}

impl ReadAt for FileBytes {
    fn len(&self) -> u64 {
        match self {
            Self::Ranged(file) => file.len(),
            Self::Packed(file) => file.len(),
        }
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), ReadError> {
        match self {
            Self::Ranged(file) => file.read_at(offset, buffer),
            Self::Packed(file) => file.read_at(offset, buffer),
        }
    }
}

/// A file inside a blob.
pub(crate) struct RangedFile {
    blob: BlobRanges,
    start: u64,
    len: u64,
    /// The last block that was read, and where it begins inside the file.
    block: Mutex<(u64, Vec<u8>)>,
}

impl RangedFile {
    /// The `len` bytes of `blob` from `start` on; they lie inside of it.
    pub(crate) fn new(blob: BlobRanges, start: u64, len: u64) -> Self {
        Self { blob, start, len, block: Mutex::new((0, Vec::new())) }
    }

    fn fill(&self, offset: u64, buffer: &mut [u8]) -> Result<(), ReadError> {
        let len = buffer.len() as u64;
        let failed = |source| ReadError::Source { offset, len, source };
        let read = self.blob.read_at(self.start.saturating_add(offset), buffer);
        match read {
            Ok(count) if count == buffer.len() => Ok(()),
            Ok(_) => Err(failed("the blob ends before it".into())),
            Err(error) => Err(failed(error.into())),
        }
    }
}

impl ReadAt for RangedFile {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), ReadError> {
        let len = buffer.len() as u64;
        end_within(offset, len, self.len)?;
        if buffer.len() >= BLOCK {
            return self.fill(offset, buffer);
        }
        // A reader that panicked left a whole block or none.
        let mut block = self.block.lock().unwrap_or_else(PoisonError::into_inner);
        if copy(&block, offset, buffer) {
            return Ok(());
        }
        let ahead = usize::try_from(self.len - offset).unwrap_or(BLOCK).min(BLOCK);
        let mut bytes = vec![0; ahead];
        self.fill(offset, &mut bytes)?;
        *block = (offset, bytes);
        copy(&block, offset, buffer);
        Ok(())
    }
}

/// Fills `buffer` from the block, where all of it is there.
fn copy((start, block): &(u64, Vec<u8>), offset: u64, buffer: &mut [u8]) -> bool {
    let from = offset.checked_sub(*start).and_then(|from| usize::try_from(from).ok());
    let bytes = from.and_then(|from| block.get(from..from.checked_add(buffer.len())?));
    bytes.map(|bytes| buffer.copy_from_slice(bytes)).is_some()
}

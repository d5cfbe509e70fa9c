//! The writing half of one layer: compression, and the store's writer, which hashes the blob.

use std::io::{self, Write};

use flate2::write::GzEncoder;
use sealkit_oci::{Compression, Digest, Sha256};
use sealkit_store::{BlobWrite, StoreError};

use crate::pipe::PipeReader;

/// A blob in the store.
pub(super) struct Written {
    pub(super) digest: Digest,
    pub(super) size: u64,
    pub(super) diff_id: Digest,
}

/// Why the writing thread stopped.
pub(super) enum WriteError {
    Io(io::Error),
    Store(StoreError),
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<StoreError> for WriteError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Writes everything that comes through the pipe; nothing stays where the pipe breaks.
pub(super) fn write(
    mut pipe: PipeReader,
    mut blob: Box<dyn BlobWrite>,
    compression: Compression,
) -> Result<Written, WriteError> {
    let gzip = |blob, level| GzEncoder::new(blob, flate2::Compression::new(level));
    let (blob, diff_id) = match compression {
        Compression::None => {
            while let Some(chunk) = pipe.chunk()? {
                blob.write_all(chunk)?;
                let count = chunk.len();
                pipe.take(count);
            }
            // What the store hashes is the tar itself: once is enough.
            (blob, None)
        }
        Compression::Gzip | Compression::GzipFastest => {
            let level = if compression == Compression::Gzip { 6 } else { 1 };
            let mut encoder = gzip(blob, level);
            let diff_id = copy_hashed(&mut pipe, &mut encoder)?;
            (encoder.finish()?, Some(diff_id))
        }
        Compression::Zstd => {
            let mut encoder = zstd::Encoder::new(blob, zstd::DEFAULT_COMPRESSION_LEVEL)?;
            let diff_id = copy_hashed(&mut pipe, &mut encoder)?;
            (encoder.finish()?, Some(diff_id))
        }
    };
    let (digest, size) = blob.commit()?;
    Ok(Written { diff_id: diff_id.unwrap_or_else(|| digest.clone()), digest, size })
}

fn copy_hashed(pipe: &mut PipeReader, to: &mut dyn Write) -> io::Result<Digest> {
    let mut hasher = Sha256::default();
    while let Some(chunk) = pipe.chunk()? {
        hasher.update(chunk);
        to.write_all(chunk)?;
        let count = chunk.len();
        pipe.take(count);
    }
    Ok(hasher.finish())
}

//! The blobs of one kit for the engines, which are sync: read in order or by ranges.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use bytes::{Buf as _, Bytes};
use futures_util::TryStreamExt as _;
use sealkit_oci::{Descriptor, Digest};
use sealkit_pack::LayerSource;
use sealkit_pack::tar::RangeSource;
use sealkit_store::{ByteStream, HashedRange, Layout, Naming, Repository, StoreError};
use tokio::runtime::Handle;

use crate::{Context, Kit, OpsError, Place};

/// Where the blobs of a kit are. It must be used on threads that may block.
#[derive(Clone)]
pub(crate) struct Blobs {
    repository: Arc<dyn Repository>,
    /// The layout, where they are on this machine: files are read without a detour.
    layout: Option<Layout>,
    /// Whether they are on this machine although they have no file here: a hub's own storage.
    served: bool,
    runtime: Handle,
}

impl Blobs {
    /// The blobs of `kit`, which was opened at `place`. Called on the async runtime.
    pub(crate) fn of(context: &Context, place: &Place, kit: &Kit) -> Result<Self, OpsError> {
        let layout = match place {
            Place::Local(_) => Some(context.store()?),
            Place::Layout { dir, .. } => Some(Layout::open(dir, Naming::Plain)?),
            Place::Remote(_) | Place::Served(_) | Place::Archive(_) | Place::Folder(_) => None,
        };
        let (served, runtime) = (matches!(place, Place::Served(_)), Handle::current());
        Ok(Self { repository: Arc::clone(&kit.repository), layout, served, runtime })
    }

    /// Whether reading costs a network's time.
    pub(crate) fn is_remote(&self) -> bool {
        self.layout.is_none() && !self.served
    }

    /// The file of a blob on this machine; none where it is elsewhere, or no file of its own.
    pub(crate) fn file(&self, digest: &Digest) -> Result<Option<File>, OpsError> {
        let Some(layout) = &self.layout else {
            return Ok(self.runtime.block_on(self.repository.file(digest))?);
        };
        let path = layout.blob_path(digest);
        File::open(&path).map(Some).map_err(|error| OpsError::io("read", path, error))
    }

    /// Whether its place has a blob.
    pub(crate) fn has(&self, digest: &Digest) -> Result<bool, StoreError> {
        Ok(self.runtime.block_on(self.repository.stat(digest))?.is_some())
    }

    /// Ranges of a blob that its place hashed while its bytes came, in their order.
    pub(crate) fn hashed_ranges(&self, digest: &Digest) -> Result<Arc<[HashedRange]>, StoreError> {
        self.runtime.block_on(self.repository.hashed_ranges(digest))
    }

    /// The bytes of a range of a blob, in order and not verified.
    pub(crate) fn read(
        &self,
        digest: &Digest,
        range: Range<u64>,
    ) -> Result<Box<dyn Read + Send>, StoreError> {
        if range.is_empty() {
            return Ok(Box::new(io::empty()));
        }
        if let Some(layout) = &self.layout {
            return Ok(Box::new(layout.read_blob_range(digest, range)?));
        }
        let left = range.end - range.start;
        let stream = self.runtime.block_on(self.repository.read(digest, range))?;
        Ok(Box::new(Streamed { runtime: self.runtime.clone(), stream, chunk: Bytes::new(), left }))
    }

    /// A blob that is read by ranges.
    pub(crate) fn ranges(&self, blob: &Descriptor) -> BlobRanges {
        // A layout says more where a blob is short. Where no file can be opened, reading tells why.
        let file = if self.served { self.file(&blob.digest).ok().flatten() } else { None };
        BlobRanges { blobs: self.clone(), file, digest: blob.digest.clone(), size: blob.size }
    }
}

impl LayerSource for Blobs {
    fn open(&self, layer: &Descriptor) -> Result<Box<dyn Read + Send>, StoreError> {
        match &self.layout {
            // The whole file, whatever the descriptor says: a wrong size must be noticed.
            Some(layout) => Ok(Box::new(layout.read_blob(&layer.digest)?)),
            None => self.read(&layer.digest, 0..layer.size),
        }
    }
}

/// A stream of the runtime as a reader.
struct Streamed {
    runtime: Handle,
    stream: ByteStream,
    chunk: Bytes,
    left: u64,
}

impl Read for Streamed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() && self.left > 0 {
            let next = self.runtime.block_on(self.stream.try_next()).map_err(io::Error::other)?;
            let Some(chunk) = next else { break };
            self.chunk = chunk;
        }
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        let count = buffer.len().min(self.chunk.len()).min(left);
        if let Some(part) = buffer.get_mut(..count) {
            self.chunk.copy_to_slice(part);
        }
        self.left -= count as u64;
        Ok(count)
    }
}

/// One blob by ranges. Its bytes are not verified.
pub(crate) struct BlobRanges {
    blobs: Blobs,
    file: Option<File>,
    digest: Digest,
    size: u64,
}

impl RangeSource for BlobRanges {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let end = offset.saturating_add(buffer.len() as u64).min(self.size);
        if let Some(file) = &self.file {
            let count = usize::try_from(end.saturating_sub(offset)).unwrap_or(usize::MAX);
            let room = buffer.get_mut(..count).unwrap_or_default();
            return if room.is_empty() { Ok(0) } else { file.read_at(offset, room) };
        }
        let range = self.blobs.read(&self.digest, offset.min(end)..end);
        let mut reader = range.map_err(io::Error::other)?;
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match reader.read(rest)? {
                0 => break,
                count => filled += count,
            }
        }
        Ok(filled)
    }
}

/// Runs an engine on a thread that may block.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, OpsError> + Send + 'static,
) -> Result<T, OpsError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(OpsError::usage("interrupted", "the work was interrupted")),
        },
    }
}

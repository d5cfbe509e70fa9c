//! The bytes of a layer on their way: fetched and hashed on one thread, decompressed, hashed and
//! limited on the other.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};

use sealkit_oci::{Algorithm, Compression, Descriptor, Digest, Sha256};
use sealkit_report::Exceeded;
use sealkit_store::StoreError;

use super::guard::Guard;
use super::{LayerSource, Limits};
use crate::PackError;
use crate::pipe::{PipeReader, PipeWriter};

/// Uncompressed bytes that need no justification by the size of the blob.
const FREE_BYTES: u64 = 16 << 20;
/// The largest window of a zstd layer: 64 MiB, because memory is bounded.
const ZSTD_WINDOW_LOG: u32 = 26;

/// The uncompressed bytes of a layer as they come; of Zstandard with a window of at most two to the power of
/// `window_log` bytes, which is what it takes of memory.
pub fn decompress<'a, R: Read + Send + 'a>(
    from: R,
    compression: Compression,
    window_log: u32,
) -> io::Result<Box<dyn Read + Send + 'a>> {
    Ok(match compression {
        Compression::None => Box::new(from),
        Compression::Gzip | Compression::GzipFastest => {
            Box::new(flate2::read::MultiGzDecoder::new(from))
        }
        Compression::Zstd => {
            let mut decoder = zstd::Decoder::new(from)?;
            decoder.window_log_max(window_log)?;
            Box::new(decoder)
        }
    })
}

/// Sends the blob through the pipe and checks its size and digest.
pub(super) fn fetch(
    source: &dyn LayerSource,
    layer: &Descriptor,
    mut pipe: PipeWriter,
    stop: &AtomicBool,
) -> Result<(), PackError> {
    if layer.digest.algorithm() != Algorithm::Sha256 {
        let place = layer.digest.to_string();
        return Err(StoreError::Unsupported { what: "layers with sha512 digests", place }.into());
    }
    let unreadable = |source| PackError::Read { layer: layer.digest.clone(), source };
    let mut blob = source.open(layer)?;
    let mut hasher = Sha256::default();
    let mut open = true;
    while open && !stop.load(Ordering::Relaxed) {
        let mut failed = None;
        let filled = pipe.fill(u64::MAX, |buffer| {
            Ok(read_some(&mut *blob, buffer).unwrap_or_else(|error| {
                failed = Some(error);
                0
            }))
        });
        // The other side stopped: it knows why.
        let Ok(bytes) = filled else { return Err(unreadable(io::ErrorKind::BrokenPipe.into())) };
        hasher.update(bytes);
        open = !bytes.is_empty();
        if let Some(error) = failed {
            return Err(unreadable(error));
        }
        check_size(layer, pipe.position(), !open)?;
    }
    let actual = hasher.finish();
    if actual != layer.digest {
        let what = format!("layer {}", layer.digest);
        return Err(PackError::Mismatch { what, expected: layer.digest.clone(), actual });
    }
    // Where the other side is done already, nobody waits for the end.
    let _ = pipe.finish();
    Ok(())
}

fn check_size(layer: &Descriptor, actual: u64, at_end: bool) -> Result<(), PackError> {
    let expected = layer.size;
    if actual > expected || (at_end && actual < expected) {
        let what = format!("layer {}", layer.digest);
        return Err(PackError::Size { what, expected, actual });
    }
    Ok(())
}

pub(crate) fn read_some<R: Read + ?Sized>(from: &mut R, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match from.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// Most bytes that a blob of this size may become.
pub(super) fn most(limits: &Limits, blob_size: u64) -> u64 {
    blob_size.saturating_mul(limits.ratio).saturating_add(FREE_BYTES)
}

/// The uncompressed bytes of a layer: counted against the limits, and hashed where the blob's own
/// digest does not say it all.
pub(super) struct Decoded<'a> {
    inner: Box<dyn Read + Send + 'a>,
    hasher: Option<Sha256>,
    guard: &'a Guard,
    count: u64,
    most: u64,
}

impl<'a> Decoded<'a> {
    pub(super) fn new(
        pipe: &'a mut PipeReader,
        compression: Compression,
        blob_size: u64,
        guard: &'a Guard,
    ) -> io::Result<Self> {
        let inner = decompress(pipe, compression, ZSTD_WINDOW_LOG)?;
        let hasher = (compression != Compression::None).then(Sha256::default);
        let most = most(&guard.limits, blob_size);
        Ok(Self { inner, hasher, guard, count: 0, most })
    }

    /// Digest of the bytes; none where it is the blob's.
    pub(super) fn finish(self) -> Option<Digest> {
        self.hasher.map(Sha256::finish)
    }
}

impl Read for Decoded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let bytes = buffer.get(..count).unwrap_or_default();
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
        self.count = self.count.saturating_add(count as u64);
        if self.count > self.most {
            let limit = self.guard.limits.ratio;
            return Err(io::Error::other(Exceeded { what: "expansion ratio", limit }));
        }
        self.guard.count_bytes(count as u64).map_err(io::Error::other)?;
        Ok(count)
    }
}

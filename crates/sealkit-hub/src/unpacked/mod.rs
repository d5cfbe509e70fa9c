//! Compressed layers, unpacked in a stream: nothing in them can be found but by reading all that stands before it.
//!
//! One request unpacks so many bytes within so much time and no more, a few requests of the process do so at once,
//! and what is kept in memory does not grow with the layer.

mod file;
mod send;

use std::io::{self, BufReader, Read};
use std::sync::Arc;

use sealkit_oci::{Compression, Descriptor, LayerType};
use sealkit_pack::decompress;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

pub(crate) use file::{PackedFile, PackedLayer};
pub(crate) use send::Sent;

use crate::ranges::{Allowance, BlobRanges, Bound};

/// Layers that the process unpacks at the same time; who waits keeps what was unpacked.
static TURNS: Semaphore = Semaphore::const_new(2);
/// Bytes of the blob that are read at once.
const BLOB: usize = 128 << 10;
/// Bytes that are unpacked at once.
const CHUNK: usize = 64 << 10;
/// The largest window of Zstandard, 8 MiB: what every level but the ultra ones needs.
const WINDOW_LOG: u32 = 23;

/// How a layer is compressed; none where it is not, or is of an unknown type.
pub(crate) fn compression(layer: &Descriptor) -> Option<Compression> {
    let kind = layer.media_type.parse::<LayerType>().ok()?;
    (kind.compression != Compression::None).then_some(kind.compression)
}

/// The unpacked bytes of a layer from its beginning on. Read from a blocking thread only.
pub(crate) struct Stream {
    inner: Box<dyn Read + Send>,
    at: u64,
    allowance: Arc<Allowance>,
    runtime: Handle,
    /// Whether it takes no longer than the allowance lets.
    timed: bool,
}

impl Stream {
    /// The bytes of `blob` unpacked.
    pub(crate) fn open(blob: BlobRanges, compression: Compression) -> io::Result<Self> {
        let (allowance, runtime) = (Arc::clone(&blob.allowance), blob.runtime.clone());
        let blob = BufReader::with_capacity(BLOB, Blob { ranges: blob, at: 0 });
        let inner = decompress(blob, compression, WINDOW_LOG)?;
        Ok(Self { inner, at: 0, allowance, runtime, timed: true })
    }

    /// Offset of the next byte in the unpacked layer.
    pub(crate) fn at(&self) -> u64 {
        self.at
    }

    /// From now on it may take as long as whoever reads it.
    pub(crate) fn patient(self) -> Self {
        Self { timed: false, ..self }
    }

    /// Passes over everything before `to`.
    pub(crate) fn skip_to(&mut self, to: u64) -> io::Result<()> {
        let mut chunk = vec![0; CHUNK];
        while let Some(left) = to.checked_sub(self.at).filter(|left| *left > 0) {
            let room = usize::try_from(left).map_or(CHUNK, |left| left.min(CHUNK));
            if self.read(chunk.get_mut(..room).unwrap_or_default())? == 0 {
                return Err(self.ends_early());
            }
        }
        Ok(())
    }

    /// That the layer ends before what is wanted of it.
    pub(crate) fn ends_early(&self) -> io::Error {
        let error = io::Error::new(io::ErrorKind::UnexpectedEof, "the layer ends before it");
        self.allowance.note(&error);
        error
    }

    fn step(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.timed {
            self.allowance.in_time()?;
        }
        let turn = self.runtime.block_on(TURNS.acquire()).map_err(io::Error::other)?;
        let count = self.inner.read(buffer)?;
        drop(turn);
        self.allowance.unpack(count as u64)?;
        self.at = self.at.saturating_add(count as u64);
        Ok(count)
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.step(buffer);
        if let Err(error) = &read {
            self.allowance.note(error);
        }
        read
    }
}

/// A blob from its beginning on.
struct Blob {
    ranges: BlobRanges,
    at: u64,
}

impl Read for Blob {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // What a store says may name places of this machine.
        let count = self.ranges.read_packed(self.at, buffer).map_err(|error| {
            if Bound::is(&error) { error } else { io::Error::other("it could not be read here") }
        })?;
        self.at = self.at.saturating_add(count as u64);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use sealkit_inspect::ReadAt as _;
    use sealkit_store::{Memory, Repository};

    use super::*;

    /// The blob in a store, to be read within `unpacked` bytes.
    async fn blob(bytes: Vec<u8>, unpacked: u64) -> BlobRanges {
        within(bytes, &Allowance::unpacking(0, Duration::from_mins(1), unpacked)).await
    }

    async fn within(bytes: Vec<u8>, allowance: &Arc<Allowance>) -> BlobRanges {
        let repository: Arc<dyn Repository> = Arc::new(Memory::new().repository("k"));
        let blob = Descriptor::of("application/octet-stream", &bytes);
        let mut upload = repository.write(&blob).await.unwrap();
        upload.append(Bytes::from(bytes)).await.unwrap();
        upload.finish().await.unwrap();
        BlobRanges::new(&repository, &blob.digest, blob.size, allowance)
    }

    fn pack(bytes: &[u8], how: Compression) -> Vec<u8> {
        if how == Compression::Zstd {
            return zstd::encode_all(bytes, 1).unwrap();
        }
        let mut all = Vec::new();
        let level = flate2::Compression::fast();
        flate2::read::GzEncoder::new(bytes, level).read_to_end(&mut all).unwrap();
        all
    }

    /// Members of nothing: bytes are read and none come out.
    fn nothing(len: usize) -> Vec<u8> {
        let member = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let member = member.finish().unwrap();
        member.repeat(len / member.len())
    }

    fn numbers(len: u32) -> Vec<u8> {
        (0..len / 4).flat_map(u32::to_be_bytes).collect()
    }

    async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
        tokio::task::spawn_blocking(work).await.unwrap()
    }

    #[tokio::test]
    async fn any_place_of_a_file_is_read_in_any_order() {
        const LEN: u32 = 20 << 20;
        let plain = numbers(LEN);
        let packed = blob(zstd::encode_all(&plain[..], 1).unwrap(), 1 << 30).await;
        aside(move || {
            let layer = Arc::new(PackedLayer::new(packed, Compression::Zstd));
            let start = 1_000;
            let file = PackedFile::new(layer, start as u64, u64::from(LEN) - start as u64);
            let last = plain.len() - start;
            let places =
                [0, 5, 70_000, (9 << 20) - 7, 60, last - 50, last - 90_000, 12 << 20, 3, last];
            for at in places {
                for len in [0, 1, 40, 65_536, 3 << 20] {
                    let len = len.min(last - at);
                    let mut buffer = vec![0; len];
                    file.read_at(at as u64, &mut buffer).unwrap();
                    assert!(buffer == plain[start + at..start + at + len], "{len} at {at}");
                }
            }
            assert!(file.read_at(last as u64, &mut [0]).is_err(), "behind its end");
        })
        .await;
    }

    #[tokio::test]
    async fn no_more_is_unpacked_than_the_request_may() {
        for how in [Compression::Gzip, Compression::Zstd] {
            let bomb = vec![0; 64 << 20];
            let packed = blob(pack(&bomb, how), 1 << 20).await;
            aside(move || {
                let mut stream = Stream::open(packed, how).unwrap();
                stream.skip_to(1 << 20).unwrap();
                let error = stream.skip_to((1 << 20) + 1).unwrap_err();
                assert!(Bound::is(&error), "{error}");
                assert!(error.to_string().contains("1.0 MiB"), "{error}");
            })
            .await;
        }
    }

    #[tokio::test]
    async fn a_layer_that_does_not_grow_is_bounded_too() {
        let packed = blob(nothing(3 << 20), 1 << 20).await;
        aside(move || {
            let mut stream = Stream::open(packed, Compression::Gzip).unwrap();
            let error = stream.skip_to(1).unwrap_err();
            assert!(Bound::is(&error), "{error}");
        })
        .await;
    }

    #[tokio::test]
    async fn a_layer_of_nothing_is_not_gone_through_for_a_download_either() {
        let allowance = Allowance::sending(u64::MAX, Duration::from_mins(1));
        let packed = within(nothing(17 << 20), &allowance).await;
        let sent = aside(move || Sent::begin(packed, Compression::Gzip, 1..2)).await;
        let error = sent.map(|_| ()).unwrap_err();
        assert!(Bound::is(&error), "{error}");
        assert!(error.to_string().contains("without anything"), "{error}");
    }

    #[tokio::test]
    async fn a_window_that_is_too_large_is_refused() {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(26).unwrap();
        std::io::Write::write_all(&mut encoder, &numbers(1 << 20)).unwrap();
        let packed = blob(encoder.finish().unwrap(), 1 << 30).await;
        aside(move || {
            let mut stream = Stream::open(packed, Compression::Zstd).unwrap();
            assert!(stream.skip_to(1).is_err());
        })
        .await;
    }
}

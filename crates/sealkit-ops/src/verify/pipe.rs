//! A blob as it arrives, hashed on the way: for readers that know no async runtime.

use std::io::{self, Read};

use bytes::{Buf as _, Bytes};
use futures_util::TryStreamExt as _;
use sealkit_oci::{Descriptor, Digest, Sha256};
use sealkit_store::{Repository, StoreError};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Pieces that may wait between the place and the reader.
const WAITING: usize = 2;

/// The reading end: hashes every byte that goes by.
pub(crate) struct Pipe {
    receiver: Receiver<io::Result<Bytes>>,
    piece: Bytes,
    hasher: Sha256,
    size: u64,
}

impl Pipe {
    /// A pipe and its writing end.
    pub(crate) fn new() -> (Sender<io::Result<Bytes>>, Self) {
        let (sender, receiver) = channel(WAITING);
        let hasher = Sha256::default();
        (sender, Self { receiver, piece: Bytes::new(), hasher, size: 0 })
    }

    /// Reads what is left and gives digest and size of all.
    pub(crate) fn finish(mut self) -> io::Result<(Digest, u64)> {
        io::copy(&mut self, &mut io::sink())?;
        Ok((self.hasher.finish(), self.size))
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.receiver.blocking_recv() {
                Some(piece) => self.piece = piece?,
                None => return Ok(0),
            }
        }
        let count = self.piece.len().min(buffer.len());
        if let Some(to) = buffer.get_mut(..count) {
            self.piece.copy_to_slice(to);
            self.hasher.update(to);
            self.size += count as u64;
        }
        Ok(count)
    }
}

/// Sends the blob into the pipe. Ends early where nobody reads any more.
pub(crate) async fn feed(
    repository: &dyn Repository,
    blob: &Descriptor,
    sender: Sender<io::Result<Bytes>>,
) -> Result<(), StoreError> {
    let mut stream = repository.read(&blob.digest, 0..blob.size).await?;
    loop {
        match stream.try_next().await {
            Ok(Some(piece)) => {
                if sender.send(Ok(piece)).await.is_err() {
                    return Ok(());
                }
            }
            Ok(None) => return Ok(()),
            Err(error) => {
                // The reader must not take what came so far for the whole.
                let cut = io::Error::other("the blob could not be read to its end");
                let _ = sender.send(Err(cut)).await;
                return Err(error);
            }
        }
    }
}

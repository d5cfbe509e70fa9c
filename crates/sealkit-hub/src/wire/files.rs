//! Files as bodies of answers: piece by piece, each in memory before it is lent.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use rustix::io::{ReadWriteFlags, preadv2};
use sealkit_hubstore::blocking;
use sealkit_registry::FileSender;
use sealkit_store::{ByteStream, StoreError};

use super::lent::{Lent, PIECE};

/// What the system keeps or drops as one, as far as is asked: it reads ahead by more, and drops by less only
/// where it lacks memory.
const STEP: usize = 64 * 1024;

#[async_trait]
impl FileSender for Lent {
    async fn send(&self, file: File, range: Range<u64>) -> Result<ByteStream, StoreError> {
        let (lent, file) = (self.clone(), Arc::new(file));
        let sending = Sending { lent, file, at: range.start, end: range.end };
        // What can not be read is an error before anything is sent.
        sending.fetch().await?;
        Ok(Box::pin(futures_util::stream::try_unfold(sending, Sending::next)))
    }
}

/// A file on its way.
struct Sending {
    lent: Lent,
    file: Arc<File>,
    at: u64,
    end: u64,
}

impl Sending {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, StoreError> {
        if self.size() == 0 {
            return Ok(None);
        }
        self.fetch().await?;
        let bytes = self.lent.lend(Arc::clone(&self.file), self.at, self.size());
        self.at += bytes.len() as u64;
        Ok(Some((bytes, self)))
    }

    /// How many bytes come next.
    fn size(&self) -> usize {
        usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(PIECE).min(PIECE)
    }

    /// Sees that what comes next is in memory: who sends it is a thread that others need too.
    async fn fetch(&self) -> Result<(), StoreError> {
        let (file, at, size) = (Arc::clone(&self.file), self.at, self.size());
        if is_in_memory(&file, at, size) {
            return Ok(());
        }
        blocking(move || read(&file, at, size)).await
    }
}

/// Whether a part of a file is in the system's cache (preadv2(2), `RWF_NOWAIT`), as far as its ends and places
/// between them tell. ext4, XFS and Btrfs can say it, tmpfs can not.
fn is_in_memory(file: &File, at: u64, size: usize) -> bool {
    let Some(last) = size.checked_sub(1) else { return true };
    let places = (0..size).step_by(STEP).chain([last]);
    places.into_iter().all(|place| {
        let (byte, at) = (&mut [0], at.saturating_add(place as u64));
        let buffer = &mut [io::IoSliceMut::new(byte)];
        matches!(preadv2(file, buffer, at, ReadWriteFlags::NOWAIT), Ok(1))
    })
}

/// Reads a part of a file for nothing but that the system has it.
fn read(file: &File, at: u64, size: usize) -> Result<(), StoreError> {
    let mut buffer = vec![0; STEP.min(size)];
    for place in (0..size).step_by(STEP) {
        let step = buffer.get_mut(..STEP.min(size - place)).unwrap_or_default();
        let read = file.read_exact_at(step, at.saturating_add(place as u64));
        read.map_err(|source| StoreError::io("read", "object", source))?;
    }
    Ok(())
}

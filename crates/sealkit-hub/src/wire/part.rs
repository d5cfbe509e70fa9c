//! A part of a file, and whether the system has it in memory.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use rustix::io::{Errno, ReadWriteFlags, preadv2};

/// How a system says that it can not do something with a file, or may not.
pub(super) const UNABLE: [Errno; 4] = [Errno::INVAL, Errno::NOSYS, Errno::OPNOTSUPP, Errno::PERM];
/// How far apart the bytes are that are asked for. It is a sample: the system reads ahead by as much where it has
/// to read, but it may have given up a page between two that are there.
const SAMPLE: usize = 128 * 1024;
/// Bytes that are read at once.
const STEP: usize = 64 * 1024;

/// So many bytes of a file from a place on.
#[derive(Clone)]
pub(super) struct Part {
    pub(super) file: Arc<File>,
    pub(super) at: u64,
    pub(super) size: usize,
}

impl Part {
    /// Whether all of it is in the system's cache (preadv2(2), `RWF_NOWAIT`); none where that can not be told. ext4,
    /// XFS and Btrfs can, tmpfs can not.
    pub(super) fn is_in_memory(&self) -> Option<bool> {
        let Some(last) = self.size.checked_sub(1) else { return Some(true) };
        for offset in (0..self.size).step_by(SAMPLE).chain([last]) {
            let (byte, at) = (&mut [0], self.at.saturating_add(offset as u64));
            let buffer = &mut [io::IoSliceMut::new(byte)];
            match preadv2(&*self.file, buffer, at, ReadWriteFlags::NOWAIT) {
                Ok(1) => {}
                Err(error) if UNABLE.contains(&error) => return None,
                // The end of the file too: who reads there hears what is wrong.
                _ => return Some(false),
            }
        }
        Some(true)
    }

    /// Reads it on a thread that may block, for nothing but that the system has it.
    pub(super) async fn fetch(self) -> io::Result<()> {
        tokio::task::spawn_blocking(move || self.read()).await.map_err(io::Error::other)?
    }

    fn read(&self) -> io::Result<()> {
        let mut buffer = vec![0; STEP.min(self.size)];
        for offset in (0..self.size).step_by(STEP) {
            let step = buffer.get_mut(..STEP.min(self.size - offset)).unwrap_or_default();
            self.file.read_exact_at(step, self.at.saturating_add(offset as u64))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn part(bytes: &[u8], at: u64, size: usize) -> Part {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Part { file: Arc::new(file), at, size }
    }

    #[tokio::test]
    async fn what_is_there_is_in_memory_once_it_was_read_and_what_is_not_is_an_error() {
        let bytes = vec![1; 300_000];
        for (at, size, is_there) in [
            (0, 300_000, true),
            (5, 0, true),
            (299_999, 1, true),
            (0, 300_001, false),
            (300_000, 1, false),
            (i64::MAX as u64 - 7, 7, false),
        ] {
            let part = part(&bytes, at, size);
            let read = part.clone().fetch().await;
            assert_eq!(read.is_ok(), is_there, "{at} {size}");
            // A file system may not tell.
            assert!(part.is_in_memory().is_none_or(|is| is == is_there), "{at} {size}");
        }
    }
}

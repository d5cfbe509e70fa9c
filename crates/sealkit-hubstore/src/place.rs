//! A file that is read from a place on.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// Where reading goes on.
pub(crate) struct Place {
    file: File,
    at: u64,
}

impl Place {
    /// The file from the byte `at` on.
    pub(crate) fn new(file: File, at: u64) -> Self {
        Self { file, at }
    }

    /// The next bytes, as many as there is room for; a file that ends before is an error. It may block.
    pub(crate) fn read_exact(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.at))?;
        self.file.read_exact(buffer)?;
        self.at += buffer.len() as u64;
        Ok(())
    }

    /// How many of the next bytes are in memory, which are read then: nothing is waited for. None where the
    /// system can not tell that, or where reading fails: whoever reads on hears why.
    pub(crate) fn read_at_once(&mut self, buffer: &mut [u8]) -> usize {
        let count = in_memory(&self.file, buffer, self.at);
        self.at += count as u64;
        count
    }
}

/// Reads what lies in the system's cache (preadv2(2), `RWF_NOWAIT`). ext4, XFS and Btrfs can, tmpfs can not.
#[cfg(target_os = "linux")]
fn in_memory(file: &File, buffer: &mut [u8], at: u64) -> usize {
    use rustix::io::{ReadWriteFlags, preadv2};
    let buffer = &mut [io::IoSliceMut::new(buffer)];
    preadv2(file, buffer, at, ReadWriteFlags::NOWAIT).unwrap_or(0)
}

#[cfg(not(target_os = "linux"))]
fn in_memory(_file: &File, _buffer: &mut [u8], _at: u64) -> usize {
    0
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    #[test]
    fn both_ways_of_reading_go_on_where_the_other_was() {
        let all: Vec<u8> = (0..100_000_u32).map(|at| (at / 3) as u8).collect();
        let mut place = Place::new(file(&all), 10);
        let (mut got, mut turn, mut at_once) = (Vec::new(), 0, 0);
        while got.len() < all.len() - 10 {
            turn += 1;
            let mut buffer = vec![0; (turn * 97).min(all.len() - 10 - got.len())];
            let mut count = if turn % 2 == 0 { place.read_at_once(&mut buffer) } else { 0 };
            at_once += count;
            if count == 0 {
                place.read_exact(&mut buffer).unwrap();
                count = buffer.len();
            }
            got.extend_from_slice(&buffer[..count]);
        }
        assert!(got == all[10..]);
        // Whether a file system can tell what is in memory is its own matter.
        assert!(at_once == 0 || cfg!(target_os = "linux"));
    }

    #[test]
    fn the_end_of_a_file_is_no_bytes_at_once_and_then_an_error() {
        let mut place = Place::new(file(b"abc"), 1);
        let mut buffer = [0; 4];
        let count = place.read_at_once(&mut buffer);
        assert!(count == 0 || &buffer[..count] == b"bc");
        assert_eq!(place.read_at_once(&mut [0; 4][..0]), 0);
        let rest = place.read_exact(&mut buffer).unwrap_err();
        assert_eq!(rest.kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(Place::new(file(b"abc"), u64::MAX).read_at_once(&mut buffer), 0);
        Place::new(file(b"abc"), u64::MAX).read_exact(&mut buffer).unwrap_err();
    }
}

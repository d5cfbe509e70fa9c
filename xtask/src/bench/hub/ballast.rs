//! Memory that is given free right before it is needed.
//!
//! A guest gives free memory back to its host, and a page that the host has to give anew costs whoever touches it first some microseconds:
//! several times what a push costs. Which of the pushes it strikes is chance (docs/decisions/0133).

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use crate::run::Outcome;

/// Bytes that are written at once.
const STEP: usize = 8 << 20;

/// A file that the system holds in memory. It goes away with this.
pub(super) struct Ballast {
    file: File,
    left: u64,
}

impl Ballast {
    /// One of so many bytes in `folder`.
    pub(super) fn new(folder: &Path, size: u64) -> Outcome<Self> {
        let mut file = tempfile::tempfile_in(folder)?;
        let bytes = vec![1; STEP];
        let mut left = 0;
        while left < size {
            file.write_all(&bytes)?;
            left += STEP as u64;
        }
        // What is not on the disk yet is not given free at once.
        file.sync_all()?;
        Ok(Self { file, left })
    }

    /// Gives so many bytes of memory free, or all that are left.
    pub(super) fn give(&mut self, bytes: u64) -> Outcome {
        self.left = self.left.saturating_sub(bytes);
        Ok(self.file.set_len(self.left)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_is_gone_and_no_more_than_there_is() {
        let folder = tempfile::tempdir().unwrap();
        let mut ballast = Ballast::new(folder.path(), 1).unwrap();
        let size = |ballast: &Ballast| ballast.file.metadata().unwrap().len();
        assert_eq!(size(&ballast), STEP as u64);
        ballast.give(STEP as u64 - 7).unwrap();
        assert_eq!(size(&ballast), 7);
        ballast.give(8).unwrap();
        assert_eq!(size(&ballast), 0);
    }
}

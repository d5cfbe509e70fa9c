//! Temporary files of the store: transfers that were cut off, and what is being written now.

use std::time::Duration;

use super::Layout;
use super::blobs::regular_files;
use super::gc::GcReport;
use super::lock::Lock;
use crate::StoreError;

/// Files younger than this may belong to a command that is running.
const IN_USE: Duration = Duration::from_mins(1);

impl Layout {
    /// Bytes that temporary files take.
    pub fn temporary_bytes(&self) -> Result<u64, StoreError> {
        let files = regular_files(&self.ingest_dir())?;
        Ok(files.iter().fold(0, |sum, (_, meta)| sum.saturating_add(meta.len())))
    }

    /// Removes temporary files that no running command uses, and returns how many. A transfer that
    /// was cut off then starts anew.
    pub fn clear_temporary(&self) -> Result<usize, StoreError> {
        let _lock = Lock::exclusive(self.root())?;
        let mut report = GcReport::default();
        let cutoff = self.cutoff(IN_USE)?;
        self.sweep_ingest(cutoff, false, &mut report)?;
        Ok(report.leftovers)
    }
}

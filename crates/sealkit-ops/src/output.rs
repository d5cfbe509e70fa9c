//! Files that a person asked for with `--output`: there whole or not at all.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sealkit_store::WholeFile;

use crate::OpsError;

/// Writes a file whole, in place of one that is there.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), OpsError> {
    let output = Output::begin(path)?;
    output.writer().write_all(bytes).map_err(|source| OpsError::io("write", path, source))?;
    output.finish()
}

/// A file that is being written. Dropped before it is finished, it leaves nothing.
#[derive(Debug)]
pub struct Output {
    path: PathBuf,
    file: Shared,
}

type Shared = Arc<Mutex<Option<WholeFile>>>;

impl Output {
    /// Begins the file at `path`.
    pub fn begin(path: &Path) -> Result<Self, OpsError> {
        let file = WholeFile::output(path).map_err(|source| OpsError::io("write", path, source))?;
        Ok(Self { path: path.to_owned(), file: Arc::new(Mutex::new(Some(file))) })
    }

    /// Takes its bytes; fails once the file is finished or dropped.
    pub fn writer(&self) -> OutputWriter {
        OutputWriter(Arc::clone(&self.file))
    }

    /// Gives the file its place.
    pub fn finish(self) -> Result<(), OpsError> {
        let Some(file) = take(&self.file) else { return Ok(()) };
        file.replace().map_err(|source| OpsError::io("write", &self.path, source))
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // A thread that was left behind may still hold a writer: what it has written goes now.
        drop(take(&self.file));
    }
}

/// Takes the bytes of an [`Output`].
#[derive(Debug)]
pub struct OutputWriter(Shared);

impl Write for OutputWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        guard(&self.0).as_mut().map_or_else(|| Err(gone()), |file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        guard(&self.0).as_mut().map_or_else(|| Err(gone()), Write::flush)
    }
}

fn take(file: &Shared) -> Option<WholeFile> {
    guard(file).take()
}

/// Whether a thread died while it held the file does not matter: nothing half-written is kept.
fn guard(file: &Shared) -> MutexGuard<'_, Option<WholeFile>> {
    file.lock().unwrap_or_else(PoisonError::into_inner)
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the file is no longer wanted")
}

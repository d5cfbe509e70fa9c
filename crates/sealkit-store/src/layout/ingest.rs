//! Blobs whose digest is known before their bytes come: what pulling writes, and goes on with
//! after it was stopped.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use sealkit_oci::{Descriptor, Digest};

use super::disk::temp_file;
use super::lock::{Lock, open_rw, try_own};
use super::writer::SharedSession;
use super::{BUFFER, Layout};
use crate::StoreError;
use crate::hasher::Hasher;

/// How the names of partial blobs end.
pub(super) const PARTIAL_SUFFIX: &str = ".partial";

/// A blob that is being written. Dropping it keeps what is there, for a later one to go on with.
pub struct Ingest {
    layout: Layout,
    _session: SharedSession,
    expected: Descriptor,
    offset: u64,
    state: State,
}

enum State {
    /// The blob was there already.
    Present,
    /// The bytes were thrown away.
    Gone,
    /// Bytes go into `file`; `own` is set where the file is ours alone and is not resumed.
    Writing { file: File, path: PathBuf, own: Option<tempfile::TempPath>, hasher: Box<Hasher> },
}

impl Layout {
    /// Starts to write the blob that `expected` describes, or goes on where an earlier write
    /// stopped. What is already there is read and hashed again. Of two writers of one blob, the
    /// second writes a copy of its own; whoever finishes first publishes.
    pub(super) fn ingest(
        &self,
        expected: &Descriptor,
        session: &SharedSession,
    ) -> Result<Ingest, StoreError> {
        let held = session.begin(self)?;
        let begin = |offset, state| Ingest {
            layout: self.clone(),
            _session: session.clone(),
            expected: expected.clone(),
            offset,
            state,
        };
        if self.claim(expected, held)? {
            return Ok(begin(expected.size, State::Present));
        }
        let path = self.partial_path(&expected.digest);
        let file = open_rw(&path)?;
        let hasher = Box::new(Hasher::new(expected.digest.algorithm()));
        if try_own(&file, &path)? {
            let (offset, hasher) = resume(&file, &path, expected, hasher)?;
            return Ok(begin(offset, State::Writing { file, path, own: None, hasher }));
        }
        let (file, own) = temp_file(&self.ingest_dir())?.into_parts();
        let path = own.to_path_buf();
        Ok(begin(0, State::Writing { file, path, own: Some(own), hasher }))
    }

    pub(super) fn partial_path(&self, digest: &Digest) -> PathBuf {
        let name = format!("{}-{}{PARTIAL_SUFFIX}", digest.algorithm().name(), digest.hex());
        self.ingest_dir().join(name)
    }
}

/// Hashes what an earlier writer left in `file`.
fn resume(
    file: &File,
    path: &Path,
    expected: &Descriptor,
    mut hasher: Box<Hasher>,
) -> Result<(u64, Box<Hasher>), StoreError> {
    let failed = |e| StoreError::io("read", path, e);
    let size = file.metadata().map_err(failed)?.len();
    if size > expected.size {
        file.set_len(0).map_err(|e| StoreError::io("write", path, e))?;
        return Ok((0, hasher));
    }
    let mut reader = file;
    reader.seek(SeekFrom::Start(0)).map_err(failed)?;
    let mut buffer = vec![0; BUFFER.min(usize::try_from(size).unwrap_or(BUFFER))];
    let mut offset = 0;
    while offset < size {
        let count = reader.read(&mut buffer).map_err(failed)?;
        if count == 0 {
            break;
        }
        hasher.update(buffer.get(..count).unwrap_or_default());
        offset += count as u64;
    }
    Ok((offset, hasher))
}

impl Ingest {
    /// Where the next byte goes: the bytes before it are already there.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Adds bytes. More than the descriptor allows are refused, and everything is thrown away.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let end = self.offset.saturating_add(bytes.len() as u64);
        if end > self.expected.size {
            self.discard()?;
            return Err(self.wrong_size(end));
        }
        if let State::Writing { file, path, hasher, .. } = &mut self.state {
            if let Err(error) = self.layout.inner.disk.write(file, path, bytes) {
                // What was half written can not be told from what was not: cut it off, and free
                // the space that a full disk lacks only where the whole is thrown away.
                let _ = file.set_len(self.offset);
                let _ = file.seek(SeekFrom::Start(self.offset));
                return Err(error);
            }
            hasher.update(bytes);
        }
        self.offset = end;
        Ok(())
    }

    /// Makes the blob visible and durable after its size and digest were found right. Bytes that
    /// are wrong are thrown away and reported; too few are kept, for a later write to go on with.
    pub fn finish(mut self) -> Result<(), StoreError> {
        if self.offset != self.expected.size {
            return Err(self.wrong_size(self.offset));
        }
        let (file, path, actual) = match &self.state {
            State::Present => return Ok(()),
            State::Gone => return Err(self.wrong_size(0)),
            State::Writing { file, path, hasher, .. } => (file, path, hasher.clone().finish()?),
        };
        if actual != self.expected.digest {
            self.discard()?;
            return Err(StoreError::DigestMismatch {
                expected: self.expected.digest.clone(),
                actual,
                place: "the source".to_owned(),
            });
        }
        self.layout.inner.disk.sync(file, path)?;
        let lock = Lock::shared(&self.layout.inner.root)?;
        if self.layout.touch(&self.expected)? {
            drop(lock);
            return self.discard();
        }
        self.layout.publish_path(path, &self.expected)?;
        self.forget();
        Ok(())
    }

    /// Throws the written bytes away.
    pub fn abort(mut self) -> Result<(), StoreError> {
        self.discard()
    }

    fn discard(&mut self) -> Result<(), StoreError> {
        self.offset = 0;
        match std::mem::replace(&mut self.state, State::Gone) {
            State::Present | State::Gone => Ok(()),
            State::Writing { own: Some(own), .. } => {
                let path = own.to_path_buf();
                own.close().map_err(|e| StoreError::io("remove", path, e))
            }
            State::Writing { path, own: None, .. } => {
                fs::remove_file(&path).map_err(|e| StoreError::io("remove", path, e))
            }
        }
    }

    /// The file is a blob now: its temporary name must not be removed.
    fn forget(&mut self) {
        if let State::Writing { own: Some(own), .. } =
            std::mem::replace(&mut self.state, State::Present)
        {
            let _ = own.keep();
        }
    }

    fn wrong_size(&self, actual: u64) -> StoreError {
        StoreError::SizeMismatch {
            digest: self.expected.digest.clone(),
            expected: self.expected.size,
            actual,
            place: "the source".to_owned(),
        }
    }
}

//! Blobs in their files: `blobs/<algorithm>/<hex>`.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sealkit_oci::{Descriptor, Digest};

use super::disk::keep;
use super::lock::Lock;
use super::{Layout, Session};
use crate::StoreError;

impl Layout {
    /// The file in which the blob `digest` is, or would be. Its bytes are verified when they are
    /// written, not when they are read: whoever uses them checks them.
    pub fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.inner.root.join("blobs").join(digest.algorithm().name()).join(digest.hex())
    }

    /// Size of the blob in bytes, none where it is absent.
    pub fn blob_size(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        let path = self.blob_path(digest);
        match fs::symlink_metadata(&path) {
            // A link or a pipe in a layout from elsewhere is not a blob: it could lead anywhere.
            Ok(meta) if meta.is_file() => Ok(Some(meta.len())),
            Ok(_) => Ok(None),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(StoreError::io("read", path, e)),
        }
    }

    /// The whole blob, to read and seek in.
    pub fn read_blob(&self, digest: &Digest) -> Result<BlobReader, StoreError> {
        let path = self.blob_path(digest);
        let Some(size) = self.blob_size(digest)? else {
            return Err(self.not_found("blob", digest));
        };
        match File::open(&path) {
            Ok(file) => Ok(BlobReader { file, window: 0..size, at: 0 }),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Err(self.not_found("blob", digest)),
            Err(e) => Err(StoreError::io("read", path, e)),
        }
    }

    /// The bytes of `range` of the blob, to read and seek in. A range that ends behind the blob is
    /// [`StoreError::SizeMismatch`].
    pub fn read_blob_range(
        &self,
        digest: &Digest,
        range: Range<u64>,
    ) -> Result<BlobReader, StoreError> {
        let whole = self.read_blob(digest)?;
        if range.end > whole.window.end || range.start > range.end {
            return Err(StoreError::SizeMismatch {
                digest: digest.clone(),
                expected: range.end,
                actual: whole.window.end,
                place: self.place(),
            });
        }
        let mut reader = BlobReader { file: whole.file, window: range, at: 0 };
        reader.rewind().map_err(|e| StoreError::io("read", self.blob_path(digest), e))?;
        Ok(reader)
    }

    /// Removes a blob that nothing needs. One that a manifest of any repository names is kept:
    /// [`StoreError::Unsupported`].
    pub fn remove_blob(&self, digest: &Digest) -> Result<(), StoreError> {
        let _lock = Lock::exclusive(&self.inner.root)?;
        let path = self.blob_path(digest);
        if self.blob_size(digest)?.is_none() {
            return Err(self.not_found("blob", digest));
        }
        if self.is_needed(digest)? {
            let what = "removing a blob that a manifest names";
            return Err(StoreError::Unsupported { what, place: self.place() });
        }
        fs::remove_file(&path).map_err(|e| StoreError::io("remove", path, e))
    }

    /// Makes the temporary file `file`, whose content is synced and verified, the blob that
    /// `expected` describes, also in the place of one that is there: that may have been damaged since it came.
    pub(super) fn publish(
        &self,
        file: tempfile::NamedTempFile,
        expected: &Descriptor,
    ) -> Result<(), StoreError> {
        let _lock = Lock::shared(&self.inner.root)?;
        match self.publish_path(file.path(), expected) {
            Ok(()) => keep(file),
            // One of another user, in a folder in which only that user may replace it, is as good.
            Err(_) if self.touch(expected)? => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Makes the file `from` a blob. The caller holds the store's lock, so that `gc` is not at work.
    pub(super) fn publish_path(
        &self,
        from: &Path,
        expected: &Descriptor,
    ) -> Result<(), StoreError> {
        let path = self.blob_path(&expected.digest);
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory).map_err(|e| StoreError::io("create", directory, e))?;
        }
        self.inner.disk.rename(from, &path)
    }

    /// Whether the blob is there with the right size. If so it is made young again, so that `gc`
    /// spares it until a manifest names it. The caller holds the store's lock.
    pub(super) fn touch(&self, expected: &Descriptor) -> Result<bool, StoreError> {
        if self.blob_size(&expected.digest)? != Some(expected.size) {
            return Ok(false);
        }
        if let Ok(file) = File::open(self.blob_path(&expected.digest)) {
            // A blob of another user can not be made younger; that user's `gc` alone can remove it.
            let _ = file.set_modified(SystemTime::now());
        }
        Ok(true)
    }

    /// Like [`touch`](Self::touch), under the lock that keeps `gc` out meanwhile.
    pub(super) fn claim(
        &self,
        expected: &Descriptor,
        _session: &Session,
    ) -> Result<bool, StoreError> {
        if self.blob_size(&expected.digest)?.is_none() {
            return Ok(false);
        }
        let _lock = Lock::shared(&self.inner.root)?;
        self.touch(expected)
    }
}

/// A blob, or a range of one, to read and seek in. Its bytes are not verified.
#[derive(Debug)]
pub struct BlobReader {
    file: File,
    window: Range<u64>,
    at: u64,
}

impl BlobReader {
    /// Number of bytes that can be read.
    pub fn size(&self) -> u64 {
        self.window.end - self.window.start
    }

    /// Number of bytes from here to the end.
    pub(super) fn left(&self) -> u64 {
        self.size().saturating_sub(self.at)
    }
}

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.left()).unwrap_or(usize::MAX).min(buffer.len());
        let Some(buffer) = buffer.get_mut(..wanted) else { return Ok(0) };
        let count = self.file.read(buffer)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for BlobReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.size().checked_add_signed(by),
        };
        let absolute = target.and_then(|at| at.checked_add(self.window.start));
        let (Some(target), Some(absolute)) = (target, absolute) else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "seek before the start"));
        };
        self.file.seek(SeekFrom::Start(absolute))?;
        self.at = target;
        Ok(target)
    }
}

/// The regular files of a directory with what is known of them; none where it does not exist.
pub(super) fn regular_files(directory: &Path) -> Result<Vec<(PathBuf, Metadata)>, StoreError> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(StoreError::io("read", directory, e)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|e| StoreError::io("read", directory, e))?;
        match entry.metadata() {
            Ok(meta) if meta.is_file() => files.push((entry.path(), meta)),
            // Others may remove files while this lists them.
            _ => {}
        }
    }
    Ok(files)
}

//! New blobs whose digest is not known yet: what packing writes.

use std::io::{self, Write};
use std::sync::{Arc, OnceLock};

use sealkit_oci::{Descriptor, Digest, Sha256};

use super::disk::{guard, temp_file};
use super::{BUFFER, Layout, Session};
use crate::{BlobWrite, BlobWriter, StoreError};

/// Starts new blobs in a layout. While it, or a blob that it started, exists, `gc` touches nothing
/// that is younger than it.
#[derive(Clone)]
pub struct LayoutWriter {
    layout: Layout,
    session: SharedSession,
}

/// A session that begins with the first write.
#[derive(Clone, Default)]
pub(super) struct SharedSession(Arc<OnceLock<Session>>);

impl SharedSession {
    pub(super) fn begin(&self, layout: &Layout) -> Result<&Session, StoreError> {
        if let Some(session) = self.0.get() {
            return Ok(session);
        }
        let session = Session::begin(&layout.ingest_dir())?;
        // Of two threads that begin at once, one's session is dropped; the other's covers both.
        Ok(self.0.get_or_init(|| session))
    }
}

impl Layout {
    /// Sync access for packing: starts new blobs. Hold it until a manifest names them, so that no
    /// `gc`, of this or another process, takes them meanwhile.
    pub fn blob_writer(&self) -> LayoutWriter {
        LayoutWriter { layout: self.clone(), session: SharedSession::default() }
    }
}

impl BlobWriter for LayoutWriter {
    fn create(&self) -> Result<Box<dyn BlobWrite>, StoreError> {
        self.session.begin(&self.layout)?;
        Ok(Box::new(NewBlob {
            file: temp_file(&self.layout.ingest_dir())?,
            layout: self.layout.clone(),
            _session: self.session.clone(),
            buffer: Vec::with_capacity(BUFFER),
            hasher: Sha256::default(),
            size: 0,
            failed: None,
        }))
    }
}

struct NewBlob {
    file: tempfile::NamedTempFile,
    layout: Layout,
    _session: SharedSession,
    buffer: Vec<u8>,
    hasher: Sha256,
    size: u64,
    failed: Option<StoreError>,
}

impl NewBlob {
    fn spill(&mut self) -> Result<(), StoreError> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let buffer = std::mem::take(&mut self.buffer);
        let written = self.put(&buffer);
        self.buffer = buffer;
        self.buffer.clear();
        written
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        self.layout.inner.disk.write(self.file.as_file(), self.file.path(), bytes)
    }

    /// What `write` returns; the cause is kept for `commit`, which must not succeed any more.
    fn fail(&mut self, error: StoreError) -> io::Error {
        let told = match &error {
            StoreError::Io { source, .. } => {
                io::Error::new(source.kind(), format!("{error}: {source}"))
            }
            _ => io::Error::other(error.to_string()),
        };
        self.failed.get_or_insert(error);
        told
    }
}

impl Write for NewBlob {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.failed.is_some() {
            return Err(io::Error::other("an earlier write of this blob failed"));
        }
        let written = if bytes.len() >= BUFFER {
            // Large writes go straight through: copying them would cost and gain nothing.
            self.spill().and_then(|()| self.put(bytes))
        } else {
            self.buffer.extend_from_slice(bytes);
            if self.buffer.len() >= BUFFER { self.spill() } else { Ok(()) }
        };
        match written {
            Ok(()) => Ok(bytes.len()),
            Err(error) => Err(self.fail(error)),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.spill().map_err(|error| self.fail(error))
    }
}

impl BlobWrite for NewBlob {
    fn commit(mut self: Box<Self>) -> Result<(Digest, u64), StoreError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        self.spill()?;
        let Self { file, layout, _session, hasher, size, .. } = *self;
        let digest = hasher.finish();
        layout.inner.disk.sync(file.as_file(), file.path())?;
        layout.publish(file, &Descriptor::new("", digest.clone(), size))?;
        Ok((digest, size))
    }
}

/// Links that were read once, by digest: documents never change under their digest.
pub(super) fn remember<K: std::hash::Hash + Eq, V: Clone>(
    cache: &std::sync::Mutex<std::collections::HashMap<K, V>>,
    limit: usize,
    key: K,
    value: V,
) -> V {
    let mut cache = guard(cache);
    if cache.len() >= limit {
        cache.clear();
    }
    cache.insert(key, value.clone());
    value
}

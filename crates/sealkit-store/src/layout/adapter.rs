//! The async traits over the sync layout: every call runs on a thread that may block.

use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use sealkit_oci::{Descriptor, Digest, Target};

use super::writer::SharedSession;
use super::{BUFFER, BlobReader, Expect, Ingest, Layout};
use crate::{
    BlobStore, ByteStream, Namespace, Page, RefStore, Referrers, Repository, StoreError,
    StoredManifest, Upload,
};

/// One repository of a layout, as [`copy`](crate::copy) and servers see it. While it exists after
/// its first write, `gc` touches nothing that is younger.
#[derive(Clone)]
pub struct LayoutRepository {
    layout: Layout,
    name: String,
    session: SharedSession,
}

impl Layout {
    /// A repository of this layout; it need not exist yet. A plain layout has one, whatever the
    /// name.
    pub fn repository(&self, name: &str) -> LayoutRepository {
        let (layout, name) = (self.clone(), name.to_owned());
        LayoutRepository { layout, name, session: SharedSession::default() }
    }
}

impl LayoutRepository {
    /// The layout.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The name of the repository.
    pub fn name(&self) -> &str {
        &self.name
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let own = self.clone();
        blocking(self.layout.root(), move || work(&own)).await
    }
}

/// Runs `work` on a thread that may block.
async fn blocking<T: Send + 'static>(
    root: &Path,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        // The thread panicked or the runtime is going down.
        Err(e) => Err(StoreError::io("access", root, std::io::Error::other(e))),
    }
}

#[async_trait]
impl BlobStore for LayoutRepository {
    async fn stat(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        let digest = digest.clone();
        self.run(move |own| own.layout.blob_size(&digest)).await
    }

    async fn read(&self, digest: &Digest, range: Range<u64>) -> Result<ByteStream, StoreError> {
        let wanted = digest.clone();
        let reader = self.run(move |own| own.layout.read_blob_range(&wanted, range)).await?;
        let path = self.layout.blob_path(digest);
        Ok(Box::pin(futures_util::stream::try_unfold(reader, move |reader| {
            let path = path.clone();
            async move { blocking(&path.clone(), move || next_chunk(reader, &path)).await }
        })))
    }

    async fn write(&self, expected: &Descriptor) -> Result<Box<dyn Upload>, StoreError> {
        let expected = expected.clone();
        let ingest = self.run(move |own| own.layout.ingest(&expected, &own.session)).await?;
        let root = self.layout.root().to_owned();
        Ok(Box::new(LayoutUpload {
            offset: ingest.offset(),
            ingest: Some(ingest),
            pending: BytesMut::new(),
            root,
        }))
    }

    async fn mount(&self, expected: &Descriptor, _from: &str) -> Result<bool, StoreError> {
        // All repositories of a layout share their blobs.
        let expected = expected.clone();
        self.run(move |own| {
            let session = own.session.begin(&own.layout)?;
            own.layout.claim(&expected, session)
        })
        .await
    }

    async fn delete_blob(&self, digest: &Digest) -> Result<(), StoreError> {
        let digest = digest.clone();
        self.run(move |own| own.layout.remove_blob(&digest)).await
    }
}

/// The next piece of a blob and the reader for the piece after it.
fn next_chunk(
    mut reader: BlobReader,
    path: &Path,
) -> Result<Option<(Bytes, BlobReader)>, StoreError> {
    let wanted = reader.left().min(BUFFER as u64);
    if wanted == 0 {
        return Ok(None);
    }
    let mut chunk = Vec::with_capacity(BUFFER.min(usize::try_from(wanted).unwrap_or(BUFFER)));
    let count = (&mut reader)
        .take(wanted)
        .read_to_end(&mut chunk)
        .map_err(|e| StoreError::io("read", path, e))?;
    if count as u64 != wanted {
        let cut = std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        return Err(StoreError::io("read", path, cut));
    }
    Ok(Some((Bytes::from(chunk), reader)))
}

/// Gathers bytes, so that small pieces from a network do not each cost a change of thread.
struct LayoutUpload {
    ingest: Option<Ingest>,
    pending: BytesMut,
    offset: u64,
    root: std::path::PathBuf,
}

impl LayoutUpload {
    /// Writes what was gathered. Where this is dropped half-way, the thread still finishes, and
    /// what it wrote is kept.
    async fn spill(&mut self) -> Result<(), StoreError> {
        let Some(mut ingest) = self.ingest.take() else { return Err(self.gone()) };
        let pending = self.pending.split().freeze();
        let (ingest, written) = blocking(&self.root, move || {
            let written = ingest.append(&pending);
            Ok((ingest, written))
        })
        .await?;
        self.offset = ingest.offset();
        self.ingest = Some(ingest);
        written
    }

    fn gone(&self) -> StoreError {
        let source = std::io::Error::other("an earlier write of this blob was cancelled");
        StoreError::io("write", &self.root, source)
    }
}

#[async_trait]
impl Upload for LayoutUpload {
    fn offset(&self) -> u64 {
        self.offset
    }

    async fn append(&mut self, bytes: Bytes) -> Result<(), StoreError> {
        self.offset = self.offset.saturating_add(bytes.len() as u64);
        self.pending.extend_from_slice(&bytes);
        if self.pending.len() >= BUFFER { self.spill().await } else { Ok(()) }
    }

    async fn finish(mut self: Box<Self>) -> Result<(), StoreError> {
        if !self.pending.is_empty() {
            self.spill().await?;
        }
        let Some(ingest) = self.ingest.take() else { return Err(self.gone()) };
        blocking(&self.root, move || ingest.finish()).await
    }

    async fn abort(mut self: Box<Self>) -> Result<(), StoreError> {
        self.pending.clear();
        let Some(ingest) = self.ingest.take() else { return Err(self.gone()) };
        blocking(&self.root, move || ingest.abort()).await
    }
}

impl Drop for LayoutUpload {
    fn drop(&mut self) {
        // Less than one buffer: worth keeping, and quick.
        if let Some(ingest) = &mut self.ingest
            && !self.pending.is_empty()
        {
            let _ = ingest.append(&self.pending);
        }
    }
}

#[async_trait]
impl RefStore for LayoutRepository {
    async fn manifest(&self, target: &Target) -> Result<Option<StoredManifest>, StoreError> {
        let target = target.clone();
        self.run(move |own| own.layout.manifest(&own.name, &target)).await
    }

    async fn put_manifest(
        &self,
        media_type: &str,
        bytes: Bytes,
        tag: Option<&str>,
    ) -> Result<Descriptor, StoreError> {
        let (media_type, tag) = (media_type.to_owned(), tag.map(str::to_owned));
        self.run(move |own| own.layout.put_manifest(&own.name, &media_type, &bytes, tag.as_deref()))
            .await
    }

    async fn delete_manifest(&self, target: &Target) -> Result<(), StoreError> {
        let target = target.clone();
        self.run(move |own| match &target {
            Target::Tag(tag) => own.layout.untag(&own.name, tag, &Expect::Any),
            Target::Digest(digest) => own.layout.remove(&own.name, digest),
        })
        .await
    }

    async fn tags(&self, page: &Page) -> Result<Vec<String>, StoreError> {
        let page = page.clone();
        self.run(move |own| Ok(page.cut(own.layout.tags(&own.name)?))).await
    }
}

#[async_trait]
impl Referrers for LayoutRepository {
    async fn referrers(
        &self,
        subject: &Digest,
        artifact_type: Option<&str>,
    ) -> Result<Vec<Descriptor>, StoreError> {
        let (subject, kind) = (subject.clone(), artifact_type.map(str::to_owned));
        self.run(move |own| own.layout.referrers(&own.name, &subject, kind.as_deref())).await
    }
}

impl Repository for LayoutRepository {
    fn place(&self) -> String {
        self.layout.place()
    }
}

#[async_trait]
impl Namespace for Layout {
    async fn repositories(&self, page: &Page) -> Result<Vec<String>, StoreError> {
        let (own, page) = (self.clone(), page.clone());
        blocking(self.root(), move || Ok(page.cut(Layout::repositories(&own)?))).await
    }

    fn repository(&self, name: &str) -> Result<Arc<dyn Repository>, StoreError> {
        Ok(Arc::new(Layout::repository(self, name)))
    }
}

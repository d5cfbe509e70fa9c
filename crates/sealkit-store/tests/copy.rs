//! Copying between stores: what moves, what does not, and who is to blame.

#![expect(clippy::unwrap_used, reason = "a test panics on failure")]

mod common;

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt;
use sealkit_oci::{Descriptor, Digest, Index, Raw, Target, media_type};
use sealkit_store::conformance::{put, write};
use sealkit_store::{
    BlobStore, ByteStream, CopyEvent, CopyLimits, CopyOptions, Layout, Memory, MemoryRepository,
    Naming, Page, RefStore, Referrers, Repository, StoreError, StoredManifest, Upload, copy,
};

fn tag(name: &str) -> Target {
    Target::Tag(name.to_owned())
}

fn recursive() -> CopyOptions {
    CopyOptions { recursive: true, ..CopyOptions::default() }
}

fn layout() -> (tempfile::TempDir, Layout) {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::create(folder.path(), Naming::Store).unwrap();
    (folder, layout)
}

/// An index of two kits; the first is signed, and so is the index.
async fn graph(repository: &dyn Repository) -> Descriptor {
    let one = put(repository, "one", None, None).await;
    let two = put(repository, "two", None, None).await;
    put(repository, "signature of one", None, Some(&one)).await;
    let index = Raw::build(media_type::OCI_INDEX, Index::of(vec![one, two])).unwrap();
    let bytes = Bytes::copy_from_slice(index.bytes());
    let root = repository.put_manifest(media_type::OCI_INDEX, bytes, Some("all")).await.unwrap();
    let signature = put(repository, "signature of all", None, Some(&root)).await;
    put(repository, "signature of signature", None, Some(&signature)).await;
    root
}

#[tokio::test(flavor = "multi_thread")]
async fn a_graph_arrives_whole_and_a_second_copy_moves_nothing() {
    let source = Memory::new().repository("r");
    let root = graph(&source).await;
    let (_folder, layout) = layout();
    let repository = layout.repository("localhost/copy");
    let options = CopyOptions { tag: Some("t".to_owned()), ..recursive() };
    let report = copy(&source, &repository, &tag("all"), &options).await.unwrap();
    assert_eq!(report.descriptor.bare(), root.bare());
    // Six manifests, five layers that differ, one empty config.
    assert_eq!((report.copied, report.skipped, report.mounted), (12, 0, 0));
    assert_eq!(layout.fsck(true).unwrap().problems, []);
    assert_eq!(layout.tags("localhost/copy").unwrap(), ["t"]);
    let about = layout.referrers("localhost/copy", &root.digest, None).unwrap();
    assert_eq!(layout.referrers("localhost/copy", &about[0].digest, None).unwrap().len(), 1);
    let again = copy(&source, &repository, &tag("all"), &options).await.unwrap();
    assert_eq!((again.copied, again.skipped, again.bytes), (0, 12, 0));

    let back = Memory::new().repository("back");
    let target = Target::Digest(root.digest.clone());
    copy(&repository, &back, &target, &recursive()).await.unwrap();
    let (sent, came) = (source.manifest(&target).await.unwrap(), back.manifest(&target).await);
    assert_eq!(came.unwrap().unwrap().bytes, sent.unwrap().bytes);
    assert_eq!(back.tags(&Page::default()).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn referrers_stay_behind_unless_asked_for() {
    let source = Memory::new().repository("r");
    let root = graph(&source).await;
    let there = Memory::new().repository("x");
    let report = copy(&source, &there, &tag("all"), &CopyOptions::default()).await.unwrap();
    // Three manifests, two layers, one config.
    assert_eq!(report.copied, 6);
    assert_eq!(there.referrers(&root.digest, None).await.unwrap(), []);
}

#[tokio::test]
async fn blobs_are_mounted_where_the_destination_has_them() {
    let source = Memory::new().repository("r");
    put(&source, "kit", Some("v1"), None).await;
    let place = Memory::new();
    write(&place.repository("other"), b"kit").await;
    let options = CopyOptions { from_repo: Some("other".to_owned()), ..CopyOptions::default() };
    let there = place.repository("mine");
    let report = copy(&source, &there, &tag("v1"), &options).await.unwrap();
    assert_eq!((report.mounted, report.copied), (1, 2));
}

/// A source that misbehaves as it is told.
#[derive(Clone)]
struct Evil {
    inner: MemoryRepository,
    /// What happens to the bytes of a blob.
    spoil: fn(Vec<u8>) -> Vec<u8>,
    /// Listed as a referrer of everything.
    extra: Vec<Descriptor>,
    /// What every manifest is answered with.
    manifest: Option<Bytes>,
    /// Where each read began.
    reads: Arc<Mutex<Vec<Range<u64>>>>,
    running: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Evil {
    fn new(inner: MemoryRepository) -> Self {
        Self {
            inner,
            spoil: |bytes| bytes,
            extra: Vec::new(),
            manifest: None,
            reads: Arc::default(),
            running: Arc::default(),
            most: Arc::default(),
        }
    }
}

#[async_trait]
impl BlobStore for Evil {
    async fn stat(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        self.inner.stat(digest).await
    }

    async fn read(&self, digest: &Digest, range: Range<u64>) -> Result<ByteStream, StoreError> {
        self.reads.lock().unwrap().push(range.clone());
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(running, Ordering::SeqCst);
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        self.running.fetch_sub(1, Ordering::SeqCst);
        let mut stream = self.inner.read(digest, range).await?;
        let mut bytes = Vec::new();
        while let Some(chunk) = stream.next().await {
            bytes.extend_from_slice(&chunk?);
        }
        let bytes = Bytes::from((self.spoil)(bytes));
        Ok(Box::pin(futures_util::stream::iter([Ok(bytes)])))
    }

    async fn write(&self, expected: &Descriptor) -> Result<Box<dyn Upload>, StoreError> {
        self.inner.write(expected).await
    }

    async fn mount(&self, expected: &Descriptor, from: &str) -> Result<bool, StoreError> {
        self.inner.mount(expected, from).await
    }

    async fn delete_blob(&self, digest: &Digest) -> Result<(), StoreError> {
        self.inner.delete_blob(digest).await
    }
}

#[async_trait]
impl RefStore for Evil {
    async fn manifest(&self, target: &Target) -> Result<Option<StoredManifest>, StoreError> {
        let mut found = self.inner.manifest(target).await?;
        if let (Some(found), Some(bytes)) = (&mut found, &self.manifest) {
            found.bytes = bytes.clone();
        }
        Ok(found)
    }

    async fn put_manifest(
        &self,
        media_type: &str,
        bytes: Bytes,
        tag: Option<&str>,
    ) -> Result<Descriptor, StoreError> {
        self.inner.put_manifest(media_type, bytes, tag).await
    }

    async fn delete_manifest(&self, target: &Target) -> Result<(), StoreError> {
        self.inner.delete_manifest(target).await
    }

    async fn tags(&self, page: &Page) -> Result<Vec<String>, StoreError> {
        self.inner.tags(page).await
    }
}

#[async_trait]
impl Referrers for Evil {
    async fn referrers(
        &self,
        subject: &Digest,
        artifact_type: Option<&str>,
    ) -> Result<Vec<Descriptor>, StoreError> {
        let mut found = self.inner.referrers(subject, artifact_type).await?;
        found.extend(self.extra.iter().cloned());
        Ok(found)
    }
}

impl Repository for Evil {
    fn place(&self) -> String {
        "the evil registry".to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_bytes_are_blamed_on_the_source_and_nothing_is_left() {
    let spoils: [fn(Vec<u8>) -> Vec<u8>; 4] = [
        |bytes| bytes.iter().map(|byte| byte ^ 1).collect(),
        |bytes| bytes[..bytes.len() / 2].to_vec(),
        |bytes| [bytes.as_slice(), b"more"].concat(),
        |_| Vec::new(),
    ];
    for spoil in spoils {
        let mut source = Evil::new(Memory::new().repository("r"));
        put(&source, "kit", Some("v1"), None).await;
        source.spoil = spoil;
        let (_folder, layout) = layout();
        let repository = layout.repository("localhost/x");
        let error = copy(&source, &repository, &tag("v1"), &recursive()).await.unwrap_err();
        assert!(error.to_string().contains("the evil registry"), "{error}");
        assert!(
            matches!(error, StoreError::DigestMismatch { .. } | StoreError::SizeMismatch { .. }),
            "{error:?}"
        );
        assert_eq!(layout.list().unwrap(), []);
        let report = layout.fsck(true).unwrap();
        assert_eq!(report.problems, []);
    }
}

#[tokio::test]
async fn a_manifest_that_is_not_what_was_asked_for_is_refused() {
    let mut source = Evil::new(Memory::new().repository("r"));
    let kit = put(&source, "kit", Some("v1"), None).await;
    source.manifest = Some(Bytes::from_static(b"{}"));
    for target in [tag("v1"), Target::Digest(kit.digest)] {
        let there = Memory::new().repository("x");
        let error = copy(&source, &there, &target, &recursive()).await.unwrap_err();
        assert!(matches!(error, StoreError::DigestMismatch { .. }), "{error}");
    }
    let absent = copy(&source, &source, &tag("absent"), &recursive()).await.unwrap_err();
    assert!(matches!(absent, StoreError::NotFound { what: "tag", .. }), "{absent}");
}

#[tokio::test]
async fn a_referrer_of_something_else_is_refused() {
    let mut source = Evil::new(Memory::new().repository("r"));
    put(&source, "kit", Some("v1"), None).await;
    let other = put(&source, "other", None, None).await;
    source.extra = vec![other];
    let there = Memory::new().repository("x");
    let error = copy(&source, &there, &tag("v1"), &recursive()).await.unwrap_err();
    let reason = std::error::Error::source(&error).unwrap().to_string();
    assert!(reason.contains("listed as a referrer of another"), "{reason}");
}

#[tokio::test]
async fn a_listing_that_runs_in_circles_ends() {
    let mut source = Evil::new(Memory::new().repository("r"));
    let kit = put(&source, "kit", Some("v1"), None).await;
    let about = put(&source, "about", None, Some(&kit)).await;
    source.extra = vec![kit, about];
    let there = Memory::new().repository("x");
    let report = copy(&source, &there, &tag("v1"), &recursive()).await.unwrap();
    assert_eq!(report.copied, 5);
}

#[tokio::test]
async fn limits_end_a_source_that_does_not() {
    let source = Memory::new().repository("r");
    let mut last = put(&source, "kit", Some("v1"), None).await;
    for i in 0..10 {
        last = put(&source, &format!("level {i}"), None, Some(&last)).await;
    }
    let all = CopyLimits::default();
    for (limits, what) in [
        (CopyLimits { depth: 5, ..all }, "levels of manifests"),
        (CopyLimits { manifests: 3, ..all }, "manifests"),
        (CopyLimits { manifest_bytes: 1000, ..all }, "bytes of manifests"),
        (CopyLimits { blobs: 3, ..all }, "blobs"),
        (CopyLimits { referrers: 0, ..all }, "referrers of one manifest"),
    ] {
        let there = Memory::new().repository("x");
        let options = CopyOptions { limits, ..recursive() };
        let error = copy(&source, &there, &tag("v1"), &options).await.unwrap_err();
        match error {
            StoreError::Limit { what: named, .. } => assert_eq!(named, what),
            other => panic!("{what}: {other}"),
        }
        assert_eq!(there.stat(&Digest::of(b"kit")).await.unwrap(), None, "something moved");
    }
}

fn content(size: u32) -> String {
    (0..size).map(|i| char::from(b'a' + (i % 23) as u8)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_was_cut_off_goes_on_where_it_stopped() {
    let source = Evil::new(Memory::new().repository("r"));
    let text = content(3 << 20);
    put(&source, &text, Some("v1"), None).await;
    let (_folder, layout) = layout();
    let repository = layout.repository("localhost/x");
    let blob = Descriptor::of("x", text.as_bytes());
    let mut upload = repository.write(&blob).await.unwrap();
    upload.append(Bytes::copy_from_slice(&text.as_bytes()[..2_000_000])).await.unwrap();
    drop(upload);
    let moved = Arc::new(Mutex::new(0));
    let seen = Arc::clone(&moved);
    let progress = move |event: CopyEvent<'_>| {
        if let CopyEvent::Moved(_, count) = event {
            *seen.lock().unwrap() += count;
        }
    };
    let options = CopyOptions { progress: Some(Arc::new(progress)), ..recursive() };
    copy(&source, &repository, &tag("v1"), &options).await.unwrap();
    assert!(source.reads.lock().unwrap().contains(&(2_000_000..blob.size)));
    let config = media_type::EMPTY_JSON.len() as u64;
    assert_eq!(*moved.lock().unwrap(), blob.size - 2_000_000 + config);
    assert_eq!(layout.fsck(true).unwrap().problems, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_part_from_an_earlier_try_is_fetched_again() {
    let source = Evil::new(Memory::new().repository("r"));
    let text = content(100_000);
    put(&source, &text, Some("v1"), None).await;
    let (_folder, layout) = layout();
    let blob = Descriptor::of("x", text.as_bytes());
    let partial = layout.root().join(format!("ingest/sha256-{}.partial", blob.digest.hex()));
    std::fs::write(partial, vec![0; 60_000]).unwrap();
    let repository = layout.repository("localhost/x");
    copy(&source, &repository, &tag("v1"), &recursive()).await.unwrap();
    assert_eq!(layout.fsck(true).unwrap().problems, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_blobs_move_at_once_than_allowed_and_all_are_reported() {
    let source = Evil::new(Memory::new().repository("r"));
    let mut children = Vec::new();
    for i in 0..20 {
        children.push(put(&source, &format!("layer {i}"), None, None).await);
    }
    let index = Raw::build(media_type::OCI_INDEX, Index::of(children)).unwrap();
    let bytes = Bytes::copy_from_slice(index.bytes());
    source.put_manifest(media_type::OCI_INDEX, bytes, Some("all")).await.unwrap();
    let told = Arc::new(Mutex::new((0, 0, 0_u64, 0_u64)));
    let seen = Arc::clone(&told);
    let progress = move |event: CopyEvent<'_>| {
        let mut told = seen.lock().unwrap();
        match event {
            CopyEvent::Planned { items, bytes } => (told.0, told.2) = (items, bytes),
            CopyEvent::Copied(_) => told.1 += 1,
            CopyEvent::Moved(_, count) => told.3 += count,
            _ => {}
        }
    };
    let options = CopyOptions {
        concurrency: 3,
        progress: Some(Arc::new(progress)),
        ..CopyOptions::default()
    };
    let there = Memory::new().repository("x");
    let report = copy(&source, &there, &tag("all"), &options).await.unwrap();
    let most = source.most.load(Ordering::SeqCst);
    assert!((2..=3).contains(&most), "{most} at once");
    let told = told.lock().unwrap();
    assert_eq!((told.0, told.1), (42, 42));
    assert_eq!(told.2, report.bytes);
    assert!(told.3 > 0 && told.3 < told.2);
}

//! What refers to a manifest costs a page of it, however much there is.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use sealkit_oci::{Descriptor, Digest, Index, Manifest, Target, media_type};
use sealkit_store::{
    BlobStore, ByteStream, Memory, Namespace, Page, RefStore, Referrers, ReferrersPage,
    ReferrersPart, Repository, StoreError, StoredManifest, Upload,
};
use sealkit_testkit::{Client, KitBuilder, TestRegistry};

const KIND: &str = "application/x.test";

/// Repositories that write down what they are asked, and give all referrers at once to nobody.
#[derive(Default)]
struct Counted {
    inner: Memory,
    pages: Arc<Mutex<Vec<ReferrersPage>>>,
    manifests: Arc<AtomicUsize>,
}

struct CountedRepository {
    inner: Arc<dyn Repository>,
    pages: Arc<Mutex<Vec<ReferrersPage>>>,
    manifests: Arc<AtomicUsize>,
}

#[async_trait]
impl Namespace for Counted {
    async fn repositories(&self, page: &Page) -> Result<Vec<String>, StoreError> {
        self.inner.repositories(page).await
    }

    fn repository(&self, name: &str) -> Result<Arc<dyn Repository>, StoreError> {
        let inner = Namespace::repository(&self.inner, name)?;
        let (pages, manifests) = (Arc::clone(&self.pages), Arc::clone(&self.manifests));
        Ok(Arc::new(CountedRepository { inner, pages, manifests }))
    }
}

#[async_trait]
impl BlobStore for CountedRepository {
    async fn stat(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        self.inner.stat(digest).await
    }

    async fn read(&self, digest: &Digest, range: Range<u64>) -> Result<ByteStream, StoreError> {
        self.inner.read(digest, range).await
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
impl RefStore for CountedRepository {
    async fn manifest(&self, target: &Target) -> Result<Option<StoredManifest>, StoreError> {
        self.manifests.fetch_add(1, Ordering::SeqCst);
        self.inner.manifest(target).await
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
impl Referrers for CountedRepository {
    async fn referrers(&self, _: &Digest, _: Option<&str>) -> Result<Vec<Descriptor>, StoreError> {
        panic!("all referrers were asked for");
    }

    async fn referrers_page(
        &self,
        subject: &Digest,
        artifact_type: Option<&str>,
        page: &ReferrersPage,
    ) -> Result<ReferrersPart, StoreError> {
        self.pages.lock().unwrap().push(page.clone());
        self.inner.referrers_page(subject, artifact_type, page).await
    }
}

impl Repository for CountedRepository {
    fn place(&self) -> String {
        self.inner.place()
    }
}

/// A registry with manifests about one subject.
struct Stage {
    registry: TestRegistry,
    repository: Arc<dyn Repository>,
    pages: Arc<Mutex<Vec<ReferrersPage>>>,
    manifests: Arc<AtomicUsize>,
    plain: Manifest,
}

impl Stage {
    async fn new() -> Self {
        let namespace = Counted::default();
        let (pages, manifests) = (Arc::clone(&namespace.pages), Arc::clone(&namespace.manifests));
        let registry = TestRegistry::over(Arc::new(namespace)).await;
        let repository = registry.repository("org/kit");
        let kit = KitBuilder::small("small").store(repository.as_ref(), "v1").await;
        let plain = kit.manifest.value().clone();
        Self { registry, repository, pages, manifests, plain }
    }

    fn subject() -> Descriptor {
        Descriptor::of(media_type::OCI_MANIFEST, b"subject")
    }

    /// A manifest of its own, which names the subject or not.
    async fn put(&self, text: &str, names_it: bool) -> Descriptor {
        let manifest = Manifest {
            artifact_type: Some(KIND.to_owned()),
            annotations: [("text".to_owned(), text.to_owned())].into(),
            subject: names_it.then(Self::subject),
            ..self.plain.clone()
        };
        let bytes = Bytes::from(serde_json::to_vec(&manifest).unwrap());
        let put = self.repository.put_manifest(media_type::OCI_MANIFEST, bytes, None).await;
        Descriptor { artifact_type: manifest.artifact_type, ..put.unwrap() }
    }

    /// Lists manifests under the tag.
    async fn list(&self, entries: Vec<Descriptor>) {
        let tag = Self::subject().digest.to_string().replace(':', "-");
        let bytes = Bytes::from(serde_json::to_vec(&Index::of(entries)).unwrap());
        self.repository.put_manifest(media_type::OCI_INDEX, bytes, Some(&tag)).await.unwrap();
    }

    async fn remove(&self, gone: &Descriptor) {
        self.repository.delete_manifest(&Target::Digest(gone.digest.clone())).await.unwrap();
    }

    /// The digests on each page.
    async fn walk(&self, query: &str) -> Vec<Vec<String>> {
        let first = format!("/v2/org/kit/referrers/{}{query}", Self::subject().digest);
        let (client, mut next, mut pages) = (self.registry.client(), Some(first), Vec::new());
        while let Some(path) = next {
            let (digests, link) = page(&client, &path).await;
            pages.push(digests);
            assert!(pages.len() < 60, "the listing must end");
            next = link;
        }
        pages
    }
}

/// The digests of one page, and the path of the next.
async fn page(client: &Client, path: &str) -> (Vec<String>, Option<String>) {
    let reply = client.get(path).await;
    assert_eq!(reply.status, 200, "{path}");
    let index: Index = serde_json::from_slice(&reply.body).unwrap();
    let link = reply.header("link").strip_prefix('<');
    let link = link.and_then(|rest| rest.strip_suffix(">; rel=\"next\"")).map(str::to_owned);
    (index.manifests.iter().map(|one| one.digest.to_string()).collect(), link)
}

#[tokio::test]
async fn a_page_asks_the_store_for_what_it_holds() {
    let stage = Stage::new().await;
    for number in 0..5 {
        stage.put(&number.to_string(), true).await;
    }
    let pages = stage.walk("?n=2").await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
    let asked = std::mem::take(&mut *stage.pages.lock().unwrap());
    assert!(asked.iter().all(|page| page.limit == 2 && page.bytes <= 4 << 20), "{asked:?}");
    let after: Vec<_> = asked.iter().map(|page| page.after.clone()).collect();
    assert_eq!(after, [None, pages[0].last().cloned(), pages[1].last().cloned()]);
    let before = stage.manifests.load(Ordering::SeqCst);
    assert_eq!(stage.walk("?n=0").await, [Vec::<String>::new()]);
    assert_eq!(*stage.pages.lock().unwrap(), [], "nothing is read for nothing");
    assert_eq!(stage.manifests.load(Ordering::SeqCst), before);
}

#[tokio::test]
async fn pages_go_through_both_lists_as_through_one() {
    let stage = Stage::new().await;
    let (mut expected, mut listed, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..12 {
        let own = stage.put(&format!("own {number}"), true).await;
        expected.push(own.digest.to_string());
        if number % 3 == 0 {
            listed.push(own);
        }
        let one = stage.put(&format!("listed {number}"), false).await;
        if number % 4 == 0 {
            gone.push(one.clone());
        } else {
            expected.push(one.digest.to_string());
        }
        listed.extend([one.clone(), one]);
    }
    stage.list(listed).await;
    for one in &gone {
        stage.remove(one).await;
    }
    expected.sort();
    assert_eq!(expected.len(), 21);
    for n in 1..=22 {
        for query in [format!("?n={n}"), format!("?n={n}&artifactType={KIND}")] {
            let pages = stage.walk(&query).await;
            assert_eq!(pages.concat(), expected, "{query}");
            let (last, full) = pages.split_last().unwrap();
            assert!(full.iter().all(|page| page.len() == n) && last.len() <= n, "{query}");
        }
    }
    assert_eq!(stage.walk("").await, [expected]);
    assert_eq!(stage.walk("?artifactType=application/other").await.concat(), Vec::<String>::new());
}

#[tokio::test]
async fn pages_of_large_referrers_of_both_lists_are_bounded_in_bytes() {
    let stage = Stage::new().await;
    let (large, mut listed, mut expected) = ("x".repeat(700_000), Vec::new(), Vec::new());
    for number in 0..4 {
        let own = stage.put(&format!("own {number} {large}"), true).await;
        let one = stage.put(&format!("listed {number}"), false).await;
        expected.extend([own.digest.to_string(), one.digest.to_string()]);
        let annotations = [("large".to_owned(), large.clone())].into();
        listed.push(Descriptor { annotations, ..one });
    }
    stage.list(listed).await;
    expected.sort();
    let pages = stage.walk("").await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 2, 2]);
    assert_eq!(pages.concat(), expected);
}

#[tokio::test]
async fn all_of_a_long_list_is_folded() {
    let stage = Stage::new().await;
    let mut listed = Vec::new();
    for number in 0..2_100 {
        listed.push(stage.put(&number.to_string(), false).await);
    }
    let mut expected: Vec<String> = listed.iter().map(|one| one.digest.to_string()).collect();
    expected.sort();
    stage.list(listed).await;
    let pages = stage.walk("").await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [1_000, 1_000, 100]);
    assert_eq!(pages.concat(), expected);
}

/// Whoever lists thousands and removes them makes no request slow, and hides nothing.
#[tokio::test]
async fn a_page_looks_for_so_many_that_are_gone_and_no_more() {
    let stage = Stage::new().await;
    let mut listed = Vec::new();
    for number in 0..2_100 {
        listed.push(stage.put(&number.to_string(), false).await);
    }
    stage.list(listed.clone()).await;
    listed.sort_by_key(|one| one.digest.to_string());
    let last = listed.pop().unwrap();
    for gone in &listed {
        stage.remove(gone).await;
    }
    let before = stage.manifests.load(Ordering::SeqCst);
    let pages = stage.walk("?n=5").await;
    assert_eq!(pages, [vec![], vec![], vec![last.digest.to_string()]]);
    let asked = stage.manifests.load(Ordering::SeqCst) - before;
    assert_eq!(asked, 2_100 + pages.len(), "each entry once, and the list for each page");
}

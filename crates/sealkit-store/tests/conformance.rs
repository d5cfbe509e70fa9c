//! Every store of this crate keeps the promises of the traits.

#![expect(clippy::unwrap_used, reason = "a test panics on failure")]

use std::sync::Arc;

use sealkit_store::{Layout, Memory, Naming, Repository, conformance};

fn layout(naming: Naming) -> (tempfile::TempDir, Layout) {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::create(folder.path(), naming).unwrap();
    (folder, layout)
}

async fn run_on_layout(naming: Naming, name: &str) {
    let folders = std::sync::Mutex::new(Vec::new());
    conformance::run_all(|| async {
        let (folder, layout) = layout(naming);
        folders.lock().unwrap().push(folder);
        Arc::new(layout.repository(name)) as Arc<dyn Repository>
    })
    .await;
    for folder in folders.into_inner().unwrap() {
        let layout = Layout::open(folder.path(), naming).unwrap();
        let report = layout.fsck(true).unwrap();
        assert_eq!(report.problems, []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_conforms() {
    conformance::run_all(|| async {
        Arc::new(Memory::new().repository("a/b")) as Arc<dyn Repository>
    })
    .await;
    conformance::run_namespace(&Memory::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_local_store_conforms() {
    run_on_layout(Naming::Store, "localhost/a/b").await;
    let (_folder, layout) = layout(Naming::Store);
    conformance::run_namespace(&layout).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_layout_conforms() {
    run_on_layout(Naming::Plain, "").await;
}

#[tokio::test]
async fn memory_mounts_between_repositories() {
    use sealkit_store::BlobStore;
    let memory = Memory::new();
    let (one, two) = (memory.repository("one"), memory.repository("two"));
    let blob = conformance::write(&one, b"shared").await;
    assert_eq!(two.stat(&blob.digest).await.unwrap(), None);
    assert!(two.mount(&blob, "one").await.unwrap());
    assert_eq!(two.stat(&blob.digest).await.unwrap(), Some(6));
}

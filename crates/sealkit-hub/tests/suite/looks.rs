//! A version is looked at again when something is attached to it or taken from it, whenever the hub is killed.

use std::path::Path;
use std::sync::Arc;

use crate::common::TestHub;
use crate::common::looking::context;
use sealkit_attest::log::NoteSigner;
use sealkit_hub::log::{Log, LoggedNames, MemoryLog};
use sealkit_hub::{CatalogIndex, Namespace, Running, Storage};
use sealkit_hubstore::quietly;
use sealkit_oci::{Digest, media_type};
use sealkit_ops::catalog::index::Catalog;
use sealkit_testkit::{Kit, KitBuilder};

/// A hub over a folder, as a start makes it.
struct Stage {
    storage: Storage,
    names: Arc<dyn Namespace>,
    index: CatalogIndex,
    running: Option<Running>,
}

impl Stage {
    async fn start(folder: &Path) -> Self {
        let storage = Storage::open(folder).unwrap();
        let signer = NoteSigner::from_seed("hub.example", &[7; 32]).unwrap();
        let log = Arc::new(Log::open(Arc::new(MemoryLog::default()), signer).unwrap().0);
        let names: Arc<dyn Namespace> = Arc::new(LoggedNames::of_storage(&storage, log));
        let (catalog, _) = Catalog::open(&folder.join("catalog.db")).unwrap();
        let (own, versions) = (Arc::new(storage.clone()), Arc::new(storage.clone()));
        let index = CatalogIndex::with(catalog, own, versions, context(folder));
        let index = index.remembering(storage.database()).await.unwrap();
        Self { storage, names, index, running: None }
    }

    /// The same, whose catalogue follows what happens.
    async fn working(folder: &Path) -> Self {
        let mut stage = Self::start(folder).await;
        stage.running = stage.index.start();
        stage.index.settled().await.unwrap();
        stage
    }

    /// Whether the catalogue knows of an AIBOM that somebody attached.
    async fn has_aibom(&self, kit: &Kit) -> bool {
        self.index.settled().await.unwrap();
        let entry = self.index.catalog().entry("org/a", kit.manifest.digest()).unwrap().unwrap();
        entry.facets.iter().any(|facet| facet.0.name() == "aibom" && facet.1 == "yes")
    }

    async fn wishes(&self) -> i64 {
        let count = |sql: &rusqlite::Connection| {
            Ok(sql.query_row("SELECT count(*) FROM looks", [], |row| row.get(0))?)
        };
        self.storage.database().read(count).await.unwrap()
    }

    /// Attaches an AIBOM past the registry: its watch is told of nothing.
    async fn attach(&self, kit: &Kit) -> Digest {
        let here = self.names.repository("org/a").unwrap();
        kit.attach(&*here, media_type::CYCLONEDX, b"{}").await.digest
    }
}

async fn stored(stage: &Stage) -> Kit {
    let kit = KitBuilder::small("one").build();
    kit.store(&*stage.names.repository("org/a").unwrap(), Some("v1")).await;
    kit
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_is_killed_right_after_an_act_looks_when_it_starts() {
    let folder = tempfile::tempdir().unwrap();
    let stage = Stage::working(folder.path()).await;
    let kit = stored(&stage).await;
    drop(stage);
    let stage = Stage::working(folder.path()).await;
    assert!(!stage.has_aibom(&kit).await, "the version is known, and has none");
    let attached = stage.attach(&kit).await;
    // Nobody was told: that is how it is where the hub is killed between the act and its watch.
    assert_eq!(stage.wishes().await, 1);
    assert!(!stage.has_aibom(&kit).await);
    drop(stage);
    let stage = Stage::working(folder.path()).await;
    assert!(stage.has_aibom(&kit).await);
    assert_eq!(stage.wishes().await, 0);
    let here = stage.names.repository("org/a").unwrap();
    here.delete_manifest(&sealkit_oci::Target::Digest(attached)).await.unwrap();
    assert_eq!(stage.wishes().await, 1);
    drop((stage, here));
    let stage = Stage::working(folder.path()).await;
    assert!(!stage.has_aibom(&kit).await);
    assert_eq!(stage.wishes().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_what_was_attached_through_the_registry_has_the_version_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let stage = Stage::working(folder.path()).await;
    let kit = stored(&stage).await;
    let index = stage.index.clone();
    let hub = TestHub::over(Arc::clone(&stage.names), |options| options.catalog = Some(index));
    let hub = hub.await;
    hub.push("org/a", "v1", &kit).await;
    assert!(!stage.has_aibom(&kit).await);
    let attached = stage.attach(&kit).await;
    // Any act wakes the catalogue, which then takes in every wish.
    hub.push("org/a", "v2", &kit).await;
    assert!(stage.has_aibom(&kit).await);
    let path = format!("/v2/org/a/manifests/{attached}");
    assert_eq!(hub.client.call("DELETE", &path).await.status, 202);
    assert!(!stage.has_aibom(&kit).await);
    assert_eq!(stage.wishes().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_hub_itself_attaches_asks_nobody_to_look() {
    let folder = tempfile::tempdir().unwrap();
    let stage = Stage::start(folder.path()).await;
    let kit = stored(&stage).await;
    quietly(stage.attach(&kit)).await;
    assert_eq!(stage.wishes().await, 0);
    stage.attach(&kit).await;
    assert_eq!(stage.wishes().await, 1, "a wish of the same act, made aloud");
    stage.attach(&kit).await;
    assert_eq!(stage.wishes().await, 1, "one for each version");
}

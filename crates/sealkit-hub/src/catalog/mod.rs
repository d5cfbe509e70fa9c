//! The catalogue of a hub: what its kits contain, kept beside what it serves.
//!
//! A [`Watch`](sealkit_registry::Watch) notes what was pushed; a worker looks at one version after the other,
//! by ranges of its blobs, and puts its entry; another one hashes its tensors behind it. When the hub starts, and when more happened than was noted, what
//! is served is compared with the catalogue: nothing is missed because a process ended.

mod looks;
mod packed;
mod reconcile;
mod routes;
mod tensors;
mod turns;
mod versions;
mod watch;
mod worker;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use sealkit_hubstore::Database;
use sealkit_oci::Digest;
use sealkit_ops::Context;
use sealkit_ops::catalog::index::{Catalog, CatalogError};
use sealkit_store::{Namespace, StoreError};
use tokio::sync::Notify;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

pub(crate) use packed::{compressed, has_compressed, packed};
pub(crate) use routes::{concerned, contents, entry, impact, known, parameters, routes, search};
pub(crate) use tensors::{is_hashed, place as tensor_place, tensors};
pub use versions::{Version, Versions, tagged_versions};
pub(crate) use watch::CatalogWatch;

use crate::clock::now;
use looks::Looks;
use watch::Noted;

use crate::{Aiboms, HubError};

/// Acts that are noted and not yet taken in; when more wait, everything is compared instead.
const WAITING: usize = 10_000;

/// The catalogue of one hub. Clones share it.
#[derive(Clone)]
pub struct CatalogIndex {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) catalog: Catalog,
    names: Arc<dyn Namespace>,
    versions: Arc<dyn Versions>,
    /// What kits are looked at with: its trust store, its clock, no network.
    pub(crate) context: Context,
    /// Where the AIBOM of each version is stored; not set where none is.
    aiboms: OnceLock<Aiboms>,
    /// Wishes to look again that outlive the process; not set where none do.
    looks: OnceLock<Looks>,
    /// Whom entries were last held against: the digest of the trust root.
    trust: std::sync::Mutex<Option<String>>,
    /// Held while an act is taken in, and while what is served is read and written down: what was read before
    /// an act never overwrites what the act wrote.
    order: tokio::sync::Mutex<()>,
    /// Wakes the worker.
    work: Notify,
    /// Wakes what hashes tensors.
    tensors: Notify,
    /// Whether something may have been missed.
    missed: AtomicBool,
    noted: Sender<Noted>,
    /// Acts that are noted and not taken in yet.
    behind: AtomicUsize,
    acts: std::sync::Mutex<Option<Receiver<Noted>>>,
}

impl CatalogIndex {
    /// The catalogue in the file at `path`, of the kits of `names`; `versions` lists them. Kits are looked at
    /// with `context`.
    ///
    /// # Errors
    /// When the file can neither be read nor made anew.
    pub fn open(
        path: &Path,
        names: Arc<dyn Namespace>,
        versions: Arc<dyn Versions>,
        context: Context,
    ) -> Result<Self, CatalogError> {
        Ok(Self::with(Catalog::open(path)?.0, names, versions, context))
    }

    /// The same over a catalogue that is open.
    pub fn with(
        catalog: Catalog,
        names: Arc<dyn Namespace>,
        versions: Arc<dyn Versions>,
        context: Context,
    ) -> Self {
        let (noted, acts) = channel(WAITING);
        let served = Arc::clone(&names);
        let inner = Inner {
            catalog,
            names,
            versions,
            context: Context { served: Some(served), ..context },
            aiboms: OnceLock::new(),
            looks: OnceLock::new(),
            trust: std::sync::Mutex::default(),
            order: tokio::sync::Mutex::new(()),
            work: Notify::new(),
            tensors: Notify::new(),
            missed: AtomicBool::new(true),
            noted,
            behind: AtomicUsize::new(0),
            acts: std::sync::Mutex::new(Some(acts)),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Stores the AIBOM of each version that is looked at from now on. A second call does nothing.
    #[must_use]
    pub fn storing(self, aiboms: Aiboms) -> Self {
        let _ = self.inner.aiboms.set(aiboms);
        self
    }

    /// Looks again at every version to which something was attached in the storage of `database`, or from which
    /// something was taken, also where the hub is killed right after that. A second call does nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remembering(self, database: &Database) -> Result<Self, StoreError> {
        let _ = self.inner.looks.set(Looks::of(database).await?);
        Ok(self)
    }

    /// Keeps the catalogue up to date until the task is dropped or aborted. A second call does nothing.
    pub fn start(&self) -> Option<Running> {
        let acts =
            self.inner.acts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()?;
        let noting = tokio::spawn(watch::take_in(Arc::clone(&self.inner), acts));
        let working = tokio::spawn(worker::work(Arc::clone(&self.inner)));
        let hashing = tokio::spawn(tensors::work(Arc::clone(&self.inner)));
        Some(Running { tasks: vec![noting, working, hashing] })
    }

    /// Waits until everything that was pushed so far is in the catalogue, the digests of its tensors too.
    pub async fn settled(&self) -> Result<(), CatalogError> {
        loop {
            if self.inner.behind() == 0
                && self.inner.ask(|catalog| catalog.next_job(i64::MAX)).await?.is_none()
                && self.inner.ask(|catalog| catalog.next_tensors(i64::MAX)).await?.is_none()
            {
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// The index itself.
    pub fn catalog(&self) -> &Catalog {
        &self.inner.catalog
    }

    /// What the handlers share.
    pub(crate) fn inner(&self) -> Arc<Inner> {
        Arc::clone(&self.inner)
    }
}

impl Inner {
    /// Acts that the catalogue does not know of yet: those that are noted, and at least one where some may
    /// have been missed.
    pub(crate) fn behind(&self) -> usize {
        self.behind.load(Ordering::Acquire) + usize::from(self.missed.load(Ordering::Acquire))
    }

    /// Takes in every wish to look at a version again: it is a job before it is forgotten as a wish.
    async fn take_wishes(self: &Arc<Self>) -> Result<(), HubError> {
        let Some(looks) = self.looks.get() else { return Ok(()) };
        while let Some(wishes) = looks.next().await? {
            let now = now();
            let versions = wishes.versions.iter().cloned();
            let jobs: Vec<_> = versions.map(|(name, digest)| (name, digest, now)).collect();
            self.ask(move |catalog| catalog.enqueue(&jobs, now)).await?;
            looks.settle(wishes).await?;
        }
        Ok(())
    }

    /// When a manifest came, in seconds since 1970; 0 where nobody knows.
    pub(crate) async fn pushed(&self, name: &str, digest: &Digest) -> Result<i64, StoreError> {
        self.versions.pushed(name, digest).await
    }

    /// Looks at a version that waits now; false where it does not wait.
    pub(crate) async fn retry(
        self: &Arc<Self>,
        repository: String,
        digest: Digest,
    ) -> Result<bool, CatalogError> {
        let waits = self.ask(move |catalog| catalog.retry(&repository, &digest, now())).await?;
        self.work.notify_one();
        Ok(waits)
    }

    /// Asks the catalogue on a thread that may block.
    pub(crate) async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        act: impl FnOnce(&Catalog) -> Result<T, CatalogError> + Send + 'static,
    ) -> Result<T, CatalogError> {
        let own = Arc::clone(self);
        match tokio::task::spawn_blocking(move || act(&own.catalog)).await {
            Ok(done) => done,
            Err(failed) => match failed.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is ending: nobody hears.
                Err(_) => std::future::pending().await,
            },
        }
    }
}

/// The tasks that keep a catalogue up to date; dropping it ends them.
pub struct Running {
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

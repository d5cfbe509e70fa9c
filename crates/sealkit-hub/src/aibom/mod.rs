//! The AIBOMs that the hub makes of what it holds: stored beside each version, signed with the hub's own key.
//!
//! The worker of the catalogue looks at a version and hands over what it found. The hub signs what it found in the
//! bytes and nothing that it was told, so that the statement is true whoever pushed the kit. It is attached as any
//! client would attach it, past the registry: nobody is told to look again, and no quota is used.

mod keep;
mod key;
mod routes;
mod summary;
mod table;

use std::collections::BTreeSet;
use std::sync::Arc;

use sealkit_attest::PublicKey;
use sealkit_hubstore::{Database, Storage};
use sealkit_oci::Digest;
use sealkit_store::{Namespace, StoreError};

pub use key::{HubKey, HubKeyError};
pub(crate) use routes::{Wanted, list, routes};
pub(crate) use summary::show as show_summary;
pub(crate) use table::{Kept, bytes};

use crate::{HubError, Quarantine, events};

/// The version of SealKit that makes AIBOMs here: another one looks at everything again.
const TOOL: &str = env!("CARGO_PKG_VERSION");
/// Versions whose quarantine is looked up in one go.
const HELD: usize = 10_000;

/// The AIBOMs of one hub. Clones share them.
#[derive(Clone)]
pub struct Aiboms {
    inner: Arc<Inner>,
}

struct Inner {
    storage: Storage,
    /// What is served, with its log: what is stored has its entry.
    names: Arc<dyn Namespace>,
    key: HubKey,
    quarantine: Option<Quarantine>,
    clock: fn() -> i64,
}

/// Makes the tables in `database`.
pub(crate) async fn own_tables(database: &Database) -> Result<(), StoreError> {
    database.own_tables(table::OWNER, table::STEPS).await
}

impl Aiboms {
    /// Those beside what `storage` holds, signed with `key` and stored in `names`, which serves that storage. Of
    /// what is under `quarantine` none is made.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of(
        storage: &Storage,
        names: Arc<dyn Namespace>,
        key: HubKey,
        quarantine: Option<Quarantine>,
    ) -> Result<Self, StoreError> {
        own_tables(storage.database()).await?;
        events::own_tables(storage.database()).await?;
        let (storage, clock) = (storage.clone(), crate::clock::now as fn() -> i64);
        Ok(Self { inner: Arc::new(Inner { storage, names, key, quarantine, clock }) })
    }

    /// The key that those who want to trust what this hub found have to trust.
    pub fn key(&self) -> PublicKey {
        self.inner.key.public()
    }

    /// Which versions this version of SealKit has looked at.
    pub(crate) async fn seen(&self) -> Result<BTreeSet<(String, Digest)>, StoreError> {
        self.inner.storage.database().read(|sql| table::seen(sql, TOOL)).await
    }

    /// Those that the hub stored beside one version, the newest first and deleted ones included, and why it could
    /// make none.
    pub(crate) async fn of_kit(
        &self,
        repository: &str,
        kit: &Digest,
    ) -> Result<(Vec<Kept>, Option<String>), StoreError> {
        let (repository, kit) = (repository.to_owned(), kit.clone());
        let read = move |sql: &rusqlite::Connection| {
            let kept = table::of_kit(sql, &repository, &kit)?;
            Ok((kept, table::problem(sql, &repository, &kit)?))
        };
        self.inner.storage.database().read(read).await
    }

    /// Versions that were under quarantine when they were looked at, and are no more: each is given once, and found
    /// at the next start where that was in vain.
    pub(crate) async fn released(&self) -> Result<Vec<(String, Digest)>, HubError> {
        let database = self.inner.storage.database();
        let held = database.read(|sql| table::held(sql, HELD)).await?;
        let mut released = Vec::new();
        for (repository, kit) in held {
            if self.is_held(&repository, &kit).await? {
                continue;
            }
            let (name, digest) = (repository.clone(), kit.clone());
            database.write(move |sql| table::release(sql, &name, &digest)).await?;
            released.push((repository, kit));
        }
        Ok(released)
    }

    async fn is_held(&self, repository: &str, kit: &Digest) -> Result<bool, HubError> {
        match &self.inner.quarantine {
            Some(quarantine) => Ok(quarantine.of_manifest(repository, kit).await?.is_some()),
            None => Ok(false),
        }
    }
}

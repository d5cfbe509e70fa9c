//! What was done on a hub: every write, refusal and act of its administration, in the hub's own
//! database. Nothing is changed or taken out; pulls are counted and not told one by one.
//!
//! The transparency log proves to others what became of repositories. Events are for the hub's own
//! people, and hold what the log must not: who was refused what, from where.

mod actions;
mod denials;
mod notes;
mod pulls;
mod routes;
mod table;
mod watch;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sealkit_api::{HubEvent, PullCount};
use sealkit_hubstore::{Database, Storage};
use sealkit_store::StoreError;

pub(crate) use actions::{ACTIONS, is_known};
use denials::Denials;
use pulls::Pulls;

pub(crate) use denials::Refused;
pub(crate) use routes::{Asked, events_repository, list, pulls, router};
pub use table::{EventFilter, NewEvent};
pub(crate) use table::{event, insert};
pub(crate) use watch::{EventWatch, act_as_caller};

/// Whose tables these are in the database.
const OWNER: &str = "events";
/// Counts are written so long after the first of them.
const DELAY: Duration = Duration::from_secs(5);
/// Who acts by a command on the hub's own machine.
pub const OPERATOR: &str = "operator";
/// Who acts where the hub does by itself.
pub const HUB: &str = "hub";
/// Who acts where nobody showed who they are.
pub(crate) const ANYONE: &str = "anonymous";

/// Who acts, by name, also where nobody said theirs.
pub(crate) fn named(actor: &str) -> &str {
    if actor.is_empty() { ANYONE } else { actor }
}

/// The events of one hub. Clones share them.
#[derive(Clone)]
pub struct Events {
    inner: Arc<Inner>,
}

struct Inner {
    database: Database,
    clock: fn() -> i64,
    denials: Mutex<Denials>,
    pulls: Mutex<Pulls>,
    /// Whether somebody is going to write what is counted.
    is_due: AtomicBool,
}

/// Makes the tables in `database`.
pub(crate) async fn own_tables(database: &Database) -> Result<(), StoreError> {
    database.own_tables(OWNER, table::STEPS).await
}

impl Events {
    /// The events beside what `storage` holds.
    pub async fn of(storage: &Storage) -> Result<Self, StoreError> {
        Self::with_clock(storage.database().clone(), crate::access::now).await
    }

    /// The events in `database`, with a clock in seconds since 1970.
    pub async fn with_clock(database: Database, clock: fn() -> i64) -> Result<Self, StoreError> {
        own_tables(&database).await?;
        database.along_notes(notes::along);
        database.along_blobs(notes::along_blob);
        let (denials, pulls) = (Mutex::default(), Mutex::default());
        let is_due = AtomicBool::new(false);
        Ok(Self { inner: Arc::new(Inner { database, clock, denials, pulls, is_due }) })
    }

    /// Writes an event; it is on the disk when this returns.
    pub async fn record(&self, event: NewEvent) -> Result<(), StoreError> {
        let now = (self.inner.clock)();
        self.inner.database.write(move |sql| insert(sql, &event, now, 1)).await
    }

    /// The same without waiting for the disk.
    async fn record_later(&self, event: NewEvent, count: u64) {
        let now = (self.inner.clock)();
        self.inner.database.write_later(move |sql| insert(sql, &event, now, count)).await;
    }

    /// A page of the events that fit, the newest first.
    pub async fn list(&self, filter: EventFilter) -> Result<Vec<HubEvent>, StoreError> {
        self.flush().await?;
        self.inner.database.read(move |sql| table::list(sql, &filter)).await
    }

    /// How often the manifests of `repository` were pulled.
    pub async fn pulls(&self, repository: &str) -> Result<Vec<PullCount>, StoreError> {
        self.flush().await?;
        let repository = repository.to_owned();
        self.inner.database.read(move |sql| table::pulls(sql, &repository)).await
    }

    /// Notes that something was refused: the first time at once, after that counted.
    pub(crate) async fn refused(&self, refused: Refused) {
        let now = (self.inner.clock)();
        let first = {
            let mut denials = self.inner.denials.lock().unwrap_or_else(PoisonError::into_inner);
            denials.add(refused, now)
        };
        if let Some(event) = first {
            self.record_later(event, 1).await;
        }
        self.write_soon();
    }

    /// Counts a pull.
    fn pulled(&self, repository: &str, digest: &sealkit_oci::Digest) {
        let now = (self.inner.clock)();
        self.inner
            .pulls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .add(repository, digest, now);
        self.write_soon();
    }

    /// Writes what is counted, in a while.
    fn write_soon(&self) {
        if self.inner.is_due.swap(true, Ordering::AcqRel) {
            return;
        }
        let own = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(DELAY).await;
            own.inner.is_due.store(false, Ordering::Release);
            // Pulls that can not be written are counted on, and tried again with the next.
            let _ = own.flush().await;
            let waits = own.inner.denials.lock().unwrap_or_else(PoisonError::into_inner).waits();
            if waits {
                own.write_soon();
            }
        });
    }

    /// Writes what was counted and is complete.
    async fn flush(&self) -> Result<(), StoreError> {
        self.write_counted(false).await
    }

    /// Writes everything that was counted, before the hub ends.
    pub(crate) async fn close(&self) {
        // The hub ends either way.
        let _ = self.write_counted(true).await;
    }

    async fn write_counted(&self, all: bool) -> Result<(), StoreError> {
        let now = (self.inner.clock)();
        let pulls = self.inner.pulls.lock().unwrap_or_else(PoisonError::into_inner).take();
        let denials = {
            let mut denials = self.inner.denials.lock().unwrap_or_else(PoisonError::into_inner);
            denials.take(now, all)
        };
        if pulls.is_empty() && denials.is_empty() {
            return Ok(());
        }
        let kept = pulls.clone();
        let act = move |sql: &rusqlite::Connection| {
            for (event, count) in &denials {
                insert(sql, event, now, *count)?;
            }
            table::add_pulls(sql, &pulls)
        };
        let written = self.inner.database.write(act).await;
        if written.is_err() {
            self.inner.pulls.lock().unwrap_or_else(PoisonError::into_inner).put_back(kept);
        }
        written
    }
}

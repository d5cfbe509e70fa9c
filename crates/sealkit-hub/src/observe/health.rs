//! Whether a hub can do its work, and what it has.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sealkit_hubstore::Storage;
use serde::Serialize;
use tokio::sync::Mutex;

/// How long an answer about the folder and the database is used again: anyone may ask.
const FRESH: Duration = Duration::from_secs(1);
/// How long numbers of the database are used again: counting looks at every row.
const COUNTED: Duration = Duration::from_secs(15);

/// What a hub writes to.
#[derive(Clone)]
pub struct Data {
    /// Its storage.
    pub storage: Storage,
    /// The folder of the storage.
    pub folder: PathBuf,
}

/// What `/readyz` answers.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) ready: bool,
    /// Whether the hub is about to end.
    pub(crate) draining: bool,
    /// Whether the database answers.
    pub(crate) database: bool,
    /// Whether the folder of the data can be written to.
    pub(crate) folder: bool,
}

/// What is stored.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) blobs: u64,
    pub(crate) bytes: u64,
    pub(crate) manifests: u64,
    pub(crate) uploads: u64,
}

/// The health of one hub.
pub(crate) struct Health {
    data: Option<Data>,
    draining: AtomicBool,
    last: Mutex<Option<(Instant, bool, bool)>>,
    stored: Mutex<Option<(Instant, Stored)>>,
}

impl Health {
    pub(super) fn new(data: Option<Data>) -> Self {
        let draining = AtomicBool::new(false);
        Self { data, draining, last: Mutex::default(), stored: Mutex::default() }
    }

    /// From now on nobody should be sent here.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    pub(crate) async fn report(&self) -> Report {
        let draining = self.draining.load(Ordering::Acquire);
        let (database, folder) = match &self.data {
            Some(data) => self.look(data).await,
            None => (true, true),
        };
        Report { ready: database && folder && !draining, draining, database, folder }
    }

    async fn look(&self, data: &Data) -> (bool, bool) {
        let mut last = self.last.lock().await;
        if let Some((at, database, folder)) = *last
            && at.elapsed() < FRESH
        {
            return (database, folder);
        }
        let ask =
            data.storage.database().read(|sql| Ok(sql.query_row("SELECT 1", [], |_| Ok(()))?));
        let database = ask.await.is_ok();
        let path = data.folder.clone();
        let write = tokio::task::spawn_blocking(move || {
            tempfile::tempfile_in(path).and_then(|mut file| file.write_all(b"x"))
        });
        let folder = write.await.is_ok_and(|written| written.is_ok());
        *last = Some((Instant::now(), database, folder));
        (database, folder)
    }

    /// What is stored; none where there is no storage of the hub's own, or it does not answer.
    pub(crate) async fn stored(&self) -> Option<Stored> {
        let data = self.data.as_ref()?;
        let mut known = self.stored.lock().await;
        if let Some((at, stored)) = &*known
            && at.elapsed() < COUNTED
        {
            return Some(stored.clone());
        }
        let query = "SELECT (SELECT count(*) FROM blobs), (SELECT coalesce(sum(size), 0) FROM blobs), \
                     (SELECT count(*) FROM manifests), (SELECT count(*) FROM uploads)";
        let counted = data.storage.database().read(move |sql| {
            Ok(sql.query_row(query, [], |row| {
                let (blobs, bytes) = (row.get(0)?, row.get(1)?);
                Ok(Stored { blobs, bytes, manifests: row.get(2)?, uploads: row.get(3)? })
            })?)
        });
        let stored = counted.await.ok()?;
        *known = Some((Instant::now(), stored.clone()));
        Some(stored)
    }
}

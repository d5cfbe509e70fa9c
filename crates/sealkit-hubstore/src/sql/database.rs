//! The database: one writer that commits several acts at once, and readers beside it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};
use sealkit_store::StoreError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::schema;
use super::watcher::Watcher;
use crate::along::Along;
use crate::moment::{Bound, bound};

/// Most acts of one commit: a slow disk is then waited for once and not for each.
const GROUP: usize = 256;
/// Most acts that wait for the writer; who comes then waits until one is done.
const QUEUE: usize = 1024;
/// Most connections that are kept for reading.
const READERS: usize = 8;
/// How long another process may hold the database.
const BUSY: Duration = Duration::from_secs(10);

/// Why an act on the database did not succeed.
#[derive(Debug)]
pub enum Fault {
    /// The database failed.
    Sql(rusqlite::Error),
    /// The act itself was refused.
    Store(StoreError),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

type Reply = Box<dyn FnOnce(Option<StoreError>) + Send>;
/// Called without a connection where there is no transaction to act in.
type Job = Box<dyn FnOnce(Option<&Connection>) -> Reply + Send>;

/// One SQLite file: write-ahead log, `synchronous=FULL`. Clones share it.
#[derive(Clone)]
pub struct Database {
    path: Arc<Path>,
    writer: Sender<Job>,
    /// Room among the acts that wait.
    room: Arc<Semaphore>,
    readers: Arc<Mutex<Vec<Connection>>>,
    /// Asked only whether others have changed anything.
    watcher: Arc<Watcher>,
    /// What others write with its acts.
    pub(crate) along: Arc<Along>,
}

impl Database {
    /// Opens the database at `path`, made where it is missing, and brings it to this version. One of a
    /// later version is refused and left as it is.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let failed = |error| failed("open", path, error);
        let connection = connect(path, false).map_err(failed)?;
        // Before anything is written: one that can not be read may be somebody's only copy.
        schema::look(&connection, path)?;
        let wal = connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()));
        wal.map_err(|error| failed(error.into()))?;
        schema::migrate(&connection, path)?;
        let watcher = connect(path, true).map_err(failed)?;
        // Whoever asks it must not wait.
        watcher.busy_timeout(Duration::ZERO).map_err(|error| failed(error.into()))?;
        let (writer, jobs) = channel();
        let own: Arc<Path> = Arc::from(path);
        let name = Arc::clone(&own);
        std::thread::Builder::new()
            .name("hub-database".to_owned())
            .spawn(move || serve(&connection, &name, &jobs))
            .map_err(|source| StoreError::io("open", path, source))?;
        let room = Arc::new(Semaphore::new(QUEUE));
        let watcher = Arc::new(Watcher::new(watcher));
        let (readers, along) = (Arc::default(), Arc::default());
        Ok(Self { path: own, writer, room, readers, watcher, along })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file, as clones of this share it.
    pub(crate) fn name(&self) -> Arc<Path> {
        Arc::clone(&self.path)
    }

    /// A number that is another one as soon as anybody has changed anything, other processes too; none
    /// where that can not be told at once. It costs a microsecond; where something changed, one page is
    /// read. Locks of others are never waited for. Within [`Database::at_one_moment`] it is the one from then.
    pub fn stamp(&self) -> Option<u64> {
        if let Bound::Since(stamp) = bound(&self.path) {
            return stamp;
        }
        self.watcher.stamp()
    }

    /// Brings the tables that `owner` keeps beside those of the storage to their newest version:
    /// `steps[n]` makes version n + 1 of version n, and all of them are one act. Tables of a later
    /// version are refused and left as they are. An owner writes by [`Database::write`], together
    /// with whatever else belongs to the act.
    pub async fn own_tables(
        &self,
        owner: &'static str,
        steps: &'static [&'static str],
    ) -> Result<(), StoreError> {
        let path = Arc::clone(&self.path);
        self.write(move |sql| schema::migrate_owner(sql, &path, owner, steps)).await
    }

    /// Makes an act that writes: all of it or nothing, together with those of others that wait. It has
    /// happened, and is on the disk, when this returns.
    pub async fn write<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let room = self.room().await?;
        let (told, answer) = oneshot::channel();
        let path = Arc::clone(&self.path);
        let job: Job = Box::new(move |connection| {
            let result = connection.map(|connection| attempt(connection, act));
            drop(room);
            Box::new(move |error| {
                let result = match (result, error) {
                    // Its own error says more than that of the others' transaction.
                    (Some(Err(fault)), _) => Err(failed("write", &path, fault)),
                    (_, Some(error)) => Err(error),
                    (Some(Ok(done)), None) => Ok(done),
                    (None, None) => Err(lost(&path)),
                };
                // Whoever asked may have gone away.
                let _ = told.send(result);
            })
        });
        self.send(job)?;
        answer.await.map_err(|_| self.stopped())?
    }

    /// The same, waiting only for its turn: for what may be lost in a crash.
    pub async fn write_later(
        &self,
        act: impl FnOnce(&Connection) -> Result<(), Fault> + Send + 'static,
    ) {
        // Where the writer has stopped, nothing is written any more.
        let Ok(room) = self.room().await else { return };
        self.write_soon(move |connection| {
            let done = act(connection);
            drop(room);
            done
        });
    }

    /// The same waiting for nothing, whatever waits already: for what can not be more than there are
    /// uploads.
    pub(crate) fn write_soon(
        &self,
        act: impl FnOnce(&Connection) -> Result<(), Fault> + Send + 'static,
    ) {
        let job: Job = Box::new(move |connection| {
            let _ = connection.map(|connection| attempt(connection, act));
            Box::new(|_| ())
        });
        let _ = self.send(job);
    }

    async fn room(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        Arc::clone(&self.room).acquire_owned().await.map_err(|_| self.stopped())
    }

    /// Makes an act that reads, on a thread that may block.
    pub async fn read<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let own = self.clone();
        let done = tokio::task::spawn_blocking(move || own.read_here(act)).await;
        done.map_err(|source| StoreError::io("read", &*self.path, std::io::Error::other(source)))?
    }

    /// Makes an act that reads on this thread.
    pub fn read_here<T>(
        &self,
        act: impl FnOnce(&Connection) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let kept = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match kept {
            Some(connection) => connection,
            None => connect(&self.path, true).map_err(|error| failed("open", &self.path, error))?,
        };
        let done = act(&connection).map_err(|fault| failed("read", &self.path, fault));
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < READERS {
            readers.push(connection);
        }
        done
    }

    /// Writes a copy of one moment to a new file, while others read and write.
    pub(super) fn copy_into(&self, file: &Path) -> Result<(), StoreError> {
        // Kept readers may write nothing at all.
        let copied = connect(&self.path, false).and_then(|connection| {
            Ok(connection.execute("VACUUM INTO ?1", [&*file.to_string_lossy()])?)
        });
        copied.map(drop).map_err(|fault| failed("read", &self.path, fault))
    }

    fn send(&self, job: Job) -> Result<(), StoreError> {
        self.writer.send(job).map_err(|_| self.stopped())
    }

    fn stopped(&self) -> StoreError {
        StoreError::io("write", &*self.path, std::io::Error::other("the writer has stopped"))
    }
}

fn connect(path: &Path, read_only: bool) -> Result<Connection, Fault> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if !read_only {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    if read_only {
        connection.pragma_update(None, "query_only", true)?;
    }
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

/// Makes one act between savepoints, so that one that fails takes nothing from the others.
fn attempt<T>(
    connection: &Connection,
    act: impl FnOnce(&Connection) -> Result<T, Fault>,
) -> Result<T, Fault> {
    connection.execute_batch("SAVEPOINT act")?;
    // What a panicking act had in hand is gone with it, and what it wrote is undone.
    let done = catch_unwind(AssertUnwindSafe(|| act(connection)));
    let done = done.unwrap_or_else(|_| {
        let source = std::io::Error::other("an act panicked");
        Err(StoreError::io("write", "hub", source).into())
    });
    let end = if done.is_ok() { "RELEASE act" } else { "ROLLBACK TO act; RELEASE act" };
    let ended = connection.execute_batch(end);
    done.and_then(|done| ended.map(|()| done).map_err(Fault::from))
}

/// Commits what comes, several acts at once where several wait, until nobody can send any more.
fn serve(connection: &Connection, path: &Path, jobs: &Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let waiting = std::iter::from_fn(|| jobs.try_recv().ok()).take(GROUP);
        let (replies, committed) = commit(connection, path, std::iter::once(first).chain(waiting));
        if committed.is_some() && !connection.is_autocommit() {
            let _ = connection.execute_batch("ROLLBACK");
        }
        for reply in replies {
            reply(
                committed
                    .as_ref()
                    .map(|(code, text)| with_text("write", path, *code, text.clone())),
            );
        }
    }
}

/// Why nothing of a group was committed.
type Uncommitted = (Option<ErrorCode>, String);

/// Makes a group of acts in one transaction. SQLite undoes the whole transaction on some errors, such as
/// a full disk: an act after that would be committed on its own, and is not made.
fn commit(
    connection: &Connection,
    path: &Path,
    jobs: impl Iterator<Item = Job>,
) -> (Vec<Reply>, Option<Uncommitted>) {
    let why = |error: rusqlite::Error| (error.sqlite_error_code(), error.to_string());
    let mut failed = connection.execute_batch("BEGIN IMMEDIATE").err().map(why);
    let mut replies = Vec::new();
    for job in jobs {
        replies.push(job(Some(connection).filter(|_| failed.is_none())));
        if failed.is_none() && connection.is_autocommit() {
            failed = Some((None, lost(path).to_string()));
        }
    }
    if failed.is_none() {
        failed = connection.execute_batch("COMMIT").err().map(why);
    }
    (replies, failed)
}

fn lost(path: &Path) -> StoreError {
    StoreError::io("write", path, std::io::Error::other("the transaction was undone"))
}

pub(super) fn failed(action: &'static str, path: &Path, fault: impl Into<Fault>) -> StoreError {
    match fault.into() {
        Fault::Store(error) => error,
        Fault::Sql(error) => with_text(action, path, error.sqlite_error_code(), error.to_string()),
    }
}

fn with_text(
    action: &'static str,
    path: &Path,
    code: Option<ErrorCode>,
    text: String,
) -> StoreError {
    let path: PathBuf = path.to_owned();
    match code {
        Some(ErrorCode::DiskFull) => {
            StoreError::io(action, path, std::io::Error::from(std::io::ErrorKind::StorageFull))
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            StoreError::Corrupt { path, reason: text }
        }
        _ => StoreError::Database { action, path, source: text.into() },
    }
}

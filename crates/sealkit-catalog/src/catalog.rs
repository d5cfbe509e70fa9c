//! The catalogue as one SQLite file, or in memory.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::{CatalogError, schema};

/// Most connections that are kept for reading.
const READERS: usize = 8;
/// How long another process may hold the file.
const BUSY: Duration = Duration::from_secs(10);

/// The catalogue. Its methods block; callers of an async runtime use threads that may.
pub struct Catalog {
    /// None for one in memory, which has one connection for everything.
    path: Option<PathBuf>,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
}

impl Catalog {
    /// A catalogue in memory.
    pub fn in_memory() -> Result<Self, CatalogError> {
        let failed = failure("make", None);
        let connection = Connection::open_in_memory().map_err(&failed)?;
        connection.execute_batch(schema::TABLES).map_err(failed)?;
        Ok(Self::with(connection, None))
    }

    /// The catalogue in the file at `path`; true where it is new and empty: there was none, it was of
    /// another version, or it was damaged.
    pub fn open(path: &Path) -> Result<(Self, bool), CatalogError> {
        match existing(path) {
            Ok(Some(connection)) => return Ok((Self::with(connection, Some(path)), false)),
            Err(error) if is_passing(&error) => return Err(failure("open", Some(path))(error)),
            _ => {}
        }
        for end in ["", "-wal", "-shm"] {
            let mut file = path.as_os_str().to_owned();
            file.push(end);
            match std::fs::remove_file(&file) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    return Err(CatalogError::Remove { path: file.into(), source });
                }
                _ => {}
            }
        }
        let failed = failure("make", Some(path));
        let connection = connect(path, false).map_err(&failed)?;
        let make = || {
            connection.execute_batch("BEGIN IMMEDIATE")?;
            connection.execute_batch(schema::TABLES)?;
            connection.pragma_update(None, "user_version", schema::VERSION)?;
            connection.execute_batch("COMMIT")
        };
        make().map_err(failed)?;
        Ok((Self::with(connection, Some(path)), true))
    }

    fn with(connection: Connection, path: Option<&Path>) -> Self {
        let path = path.map(Path::to_owned);
        let writer = Mutex::new(connection);
        Self { path, writer, readers: Mutex::default() }
    }

    /// One act that writes: all of it or nothing.
    pub(crate) fn writing<T>(
        &self,
        act: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, CatalogError> {
        let failed = failure("write", self.path.as_deref());
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let change = writer.transaction().map_err(&failed)?;
        let done = act(&change).map_err(&failed)?;
        change.commit().map_err(failed)?;
        Ok(done)
    }

    /// One act that reads.
    pub(crate) fn reading<T>(
        &self,
        act: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, CatalogError> {
        let failed = failure("read", self.path.as_deref());
        let Some(path) = &self.path else {
            let only = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            return act(&only).map_err(failed);
        };
        let kept = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match kept {
            Some(connection) => connection,
            None => connect(path, true).map_err(&failed)?,
        };
        // Several statements of one act see one moment.
        connection.execute_batch("BEGIN").map_err(&failed)?;
        let done = act(&connection);
        connection.execute_batch("COMMIT").map_err(&failed)?;
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < READERS {
            readers.push(connection);
        }
        done.map_err(failed)
    }
}

fn failure(
    action: &'static str,
    path: Option<&Path>,
) -> impl Fn(rusqlite::Error) -> CatalogError + use<> {
    let path = path.map(Path::to_owned);
    move |source| CatalogError::Database { action, path: path.clone(), source: Box::new(source) }
}

/// Whether an error says nothing of the file itself.
fn is_passing(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked, DiskFull, OutOfMemory};
    let code = error.sqlite_error_code();
    matches!(code, Some(DatabaseBusy | DatabaseLocked | DiskFull | OutOfMemory))
}

/// The catalogue that is there, if it is one of this version and whole.
fn existing(path: &Path) -> rusqlite::Result<Option<Connection>> {
    if !path.is_file() {
        return Ok(None);
    }
    let connection = connect(path, false)?;
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version != schema::VERSION {
        return Ok(None);
    }
    // Whether its pages are there at all; a full check would read everything.
    connection.query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'jobs'", [], |row| {
        row.get::<_, i64>(0)
    })?;
    Ok(Some(connection))
}

/// What is lost in a crash is made again: the write-ahead log is synced at checkpoints only.
fn connect(path: &Path, reads: bool) -> rusqlite::Result<Connection> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if !reads {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    if reads {
        connection.pragma_update(None, "query_only", true)?;
    }
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

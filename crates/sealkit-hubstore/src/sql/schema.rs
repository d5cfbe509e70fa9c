//! The tables, and how an older database becomes one of this version.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, params};
use sealkit_store::StoreError;

use super::Fault;
use super::database::failed;

/// The version that this program writes.
pub const VERSION: i64 = 3;

/// What brings a database from the version before to the next, oldest first.
const STEPS: [&str; VERSION as usize] = [FIRST, OWNERS, NOTES];

/// `blobs` says which object holds which content, `held` which repository has it. A manifest's body is
/// kept once, with its links; `listed` says which repository has it and what a listing says of it.
const FIRST: &str = "
CREATE TABLE blobs (
  digest TEXT PRIMARY KEY, key TEXT NOT NULL UNIQUE, size INTEGER NOT NULL,
  damaged INTEGER NOT NULL DEFAULT 0, checked INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE held (
  repository TEXT NOT NULL, digest TEXT NOT NULL REFERENCES blobs(digest), used INTEGER NOT NULL,
  PRIMARY KEY (repository, digest)
) WITHOUT ROWID;
CREATE INDEX held_by_digest ON held (digest);
CREATE INDEX held_by_use ON held (used);
CREATE TABLE manifests (digest TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE links (
  digest TEXT NOT NULL, child TEXT NOT NULL, is_manifest INTEGER NOT NULL,
  PRIMARY KEY (digest, child, is_manifest)
) WITHOUT ROWID;
CREATE INDEX links_by_child ON links (child);
CREATE TABLE listed (
  repository TEXT NOT NULL, digest TEXT NOT NULL REFERENCES manifests(digest),
  media_type TEXT NOT NULL, subject TEXT, artifact_type TEXT, annotations TEXT, at INTEGER NOT NULL,
  PRIMARY KEY (repository, digest)
) WITHOUT ROWID;
CREATE INDEX listed_by_digest ON listed (digest);
CREATE INDEX listed_by_subject ON listed (repository, subject) WHERE subject IS NOT NULL;
CREATE TABLE tags (
  repository TEXT NOT NULL, tag TEXT NOT NULL, digest TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (repository, tag)
) WITHOUT ROWID;
CREATE INDEX tags_by_digest ON tags (repository, digest);
CREATE TABLE tag_moves (
  number INTEGER PRIMARY KEY AUTOINCREMENT, repository TEXT NOT NULL, tag TEXT NOT NULL,
  before TEXT, after TEXT, at INTEGER NOT NULL
);
CREATE INDEX tag_moves_by_tag ON tag_moves (repository, tag);
CREATE TABLE uploads (
  id TEXT PRIMARY KEY, repository TEXT NOT NULL, key TEXT NOT NULL, digest TEXT,
  algorithm TEXT NOT NULL, place INTEGER NOT NULL, state BLOB NOT NULL, touched INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX uploads_by_digest ON uploads (repository, digest) WHERE digest IS NOT NULL;
";

/// Which version the tables of others have, who keep theirs in the same file.
const OWNERS: &str = "
CREATE TABLE owners (owner TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
";

/// What was written with an act for whoever goes on from there. There are as many rows as acts under way.
const NOTES: &str = "
CREATE TABLE notes (
  number INTEGER PRIMARY KEY AUTOINCREMENT, repository TEXT NOT NULL, note BLOB NOT NULL
);
";

/// Whether it is a database, with tables that can be read, of a version that is known; changes nothing.
pub(super) fn look(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let look = || -> Result<(), Fault> {
        version(connection, path)?;
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if tables == 0 {
            return Ok(());
        }
        let blobs = "SELECT EXISTS (SELECT 1 FROM blobs)";
        Ok(connection.query_row(blobs, [], |_| Ok(()))?)
    };
    look().map_err(|fault| failed("open", path, fault))
}

/// Brings the database to [`VERSION`], each step in one transaction.
pub(super) fn migrate(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    run(connection, path).map_err(|fault| failed("open", path, fault))
}

fn run(connection: &Connection, path: &Path) -> Result<(), Fault> {
    loop {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let step = one(connection, path);
        connection.execute_batch(if step.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
        if step? {
            return Ok(());
        }
    }
}

/// The version that it has, where that is one that is known.
fn version(connection: &Connection, path: &Path) -> Result<i64, Fault> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if !(0..=VERSION).contains(&version) {
        let reason = format!("it is of version {version}, and this program knows {VERSION}");
        return Err(StoreError::Corrupt { path: path.to_owned(), reason }.into());
    }
    Ok(version)
}

/// Takes the next step; true where there is none.
fn one(connection: &Connection, path: &Path) -> Result<bool, Fault> {
    let version = version(connection, path)?;
    let Some(step) = usize::try_from(version).ok().and_then(|at| STEPS.get(at)) else {
        return Ok(true);
    };
    connection.execute_batch(step)?;
    connection.pragma_update(None, "user_version", version + 1)?;
    Ok(false)
}

/// Brings the tables of one owner to the version that `steps` make.
pub(super) fn migrate_owner(
    connection: &Connection,
    path: &Path,
    owner: &str,
    steps: &[&str],
) -> Result<(), Fault> {
    let version: Option<usize> = connection
        .query_row("SELECT version FROM owners WHERE owner = ?1", [owner], |row| row.get(0))
        .optional()?;
    let version = version.unwrap_or_default();
    let Some(missing) = steps.get(version..) else {
        let known = steps.len();
        let reason = format!(
            "its tables of {owner} are of version {version}, and this program knows {known}"
        );
        return Err(StoreError::Corrupt { path: path.to_owned(), reason }.into());
    };
    for step in missing {
        connection.execute_batch(step)?;
    }
    let text = "INSERT INTO owners VALUES (?1, ?2) ON CONFLICT DO UPDATE SET version = ?2";
    connection.execute(text, params![owner, steps.len()])?;
    Ok(())
}

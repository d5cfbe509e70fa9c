//! Digests of single tensors: what is the bytes of a place inside a layer, once for all versions of a
//! repository that have the layer.
//!
//! A file is known by the layer that holds it and its place there, and a tensor by its place in the file: what
//! stands here is true of those bytes, whatever a header or a file table says of them. Nothing is shared
//! between repositories, so that nobody learns from it what another has.

use rusqlite::{Connection, OptionalExtension as _, params};
use sealkit_api::Hashed;
use sealkit_oci::Digest;

use crate::write::{id_of, number};
use crate::{Catalog, CatalogError, Visible};

/// A file that holds tensors: a place in a layer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TensorPlace {
    /// The layer.
    pub layer: Digest,
    /// Where the file begins in it, in bytes.
    pub offset: u64,
    /// Size of the file in bytes.
    pub size: u64,
}

/// A version whose tensors are to be hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorJob {
    /// Which asking this is: a version that is asked for anew has another one.
    id: i64,
    /// Its repository.
    pub repository: String,
    /// Digest of its manifest.
    pub digest: Digest,
    /// How often it was tried in vain.
    pub attempts: u32,
}

/// A tensor of a file: its offset and its size in bytes.
pub type TensorSpan = (u64, u64);

/// A tensor whose bytes were hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashedTensor {
    /// Where it lies in its file.
    pub span: TensorSpan,
    /// What the header calls what lies there, at least one name.
    pub names: Vec<String>,
    /// Digest of its bytes, `blake3:HEX`.
    pub digest: String,
}

impl Catalog {
    /// The next version whose tensors are to be hashed; it stays until [`Catalog::finish_tensors`] or
    /// [`Catalog::postpone_tensors`]. Putting an entry asks for it.
    pub fn next_tensors(&self, now: i64) -> Result<Option<TensorJob>, CatalogError> {
        self.reading(|connection| {
            let sql = "SELECT id, repository, digest, attempts FROM tensor_jobs
                       WHERE due <= ?1 ORDER BY due, id LIMIT 1";
            let job = |row: &rusqlite::Row<'_>| {
                Ok(TensorJob {
                    id: row.get(0)?,
                    repository: row.get(1)?,
                    digest: crate::read::digest(row, 2)?,
                    attempts: row.get(3)?,
                })
            };
            connection.prepare_cached(sql)?.query_row([now], job).optional()
        })
    }

    /// A job is done. Where its version was asked for anew meanwhile, that stays.
    pub fn finish_tensors(&self, job: &TensorJob) -> Result<(), CatalogError> {
        self.writing(|connection| {
            connection.execute("DELETE FROM tensor_jobs WHERE id = ?1", [job.id]).map(drop)
        })
    }

    /// A job failed and is tried again at `due`.
    pub fn postpone_tensors(&self, job: &TensorJob, due: i64) -> Result<(), CatalogError> {
        self.writing(|connection| {
            let sql = "UPDATE tensor_jobs SET due = ?2, attempts = attempts + 1 WHERE id = ?1";
            connection.execute(sql, params![job.id, due]).map(drop)
        })
    }

    /// Number of versions that wait for their tensors to be hashed, in the repositories that are `visible`.
    pub fn tensors_waiting(&self, visible: Option<&[Visible]>) -> Result<u64, CatalogError> {
        self.reading(|connection| crate::read::count(connection, "tensor_jobs", visible))
    }

    /// Says which files with tensors a version has, by place and path, and gives those whose tensors are to be hashed still. What
    /// belongs to no version any more goes. None where the version has no entry.
    pub fn set_tensor_files(
        &self,
        repository: &str,
        digest: &Digest,
        files: &[(TensorPlace, String)],
    ) -> Result<Option<Vec<TensorPlace>>, CatalogError> {
        self.writing(|connection| {
            let Some(kit) = id_of(connection, repository, digest)? else { return Ok(None) };
            connection.execute("DELETE FROM tensor_kits WHERE kit = ?1", [kit])?;
            let mut open = Vec::new();
            for (file, path) in files {
                let (id, hashed) = match row_of(connection, repository, file)? {
                    Some(row) => row,
                    None => (insert(connection, repository, file)?, Hashed::Waiting),
                };
                let sql = "INSERT OR IGNORE INTO tensor_kits (kit, file, path) VALUES (?1, ?2, ?3)";
                connection.prepare_cached(sql)?.execute(params![kit, id, path])?;
                if hashed == Hashed::Waiting && !open.contains(file) {
                    open.push(file.clone());
                }
            }
            sweep(connection, repository)?;
            Ok(Some(open))
        })
    }

    /// Adds digests of tensors of a file. Of a file that belongs to no version any more, nothing is kept.
    pub fn put_tensors(
        &self,
        repository: &str,
        file: &TensorPlace,
        tensors: &[HashedTensor],
    ) -> Result<(), CatalogError> {
        self.writing(|connection| {
            let Some((id, _)) = row_of(connection, repository, file)? else { return Ok(()) };
            let mut row = connection.prepare_cached(
                "INSERT OR REPLACE INTO tensor_digests (file, start, size, name, digest)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            for HashedTensor { span: (start, size), names, digest } in tensors {
                for name in names {
                    row.execute(params![id, number(*start), number(*size), name, digest])?;
                }
            }
            Ok(())
        })
    }

    /// Everything in a file that can be hashed is; `whole` says whether that is every tensor.
    pub fn end_tensors(
        &self,
        repository: &str,
        file: &TensorPlace,
        whole: bool,
    ) -> Result<(), CatalogError> {
        self.writing(|connection| {
            let sql = "UPDATE tensor_files SET state = ?5
                WHERE repository = ?1 AND layer = ?2 AND start = ?3 AND size = ?4";
            let (start, size) = (number(file.offset), number(file.size));
            let state = if whole { WHOLE } else { PARTLY };
            let layer = file.layer.to_string();
            connection.execute(sql, params![repository, layer, start, size, state]).map(drop)
        })
    }

    /// How far the tensors of a file are hashed, and the digest of each of `spans`, `blake3:HEX`, where it is
    /// known. A file that nobody has come to yet waits.
    pub fn tensors(
        &self,
        repository: &str,
        file: &TensorPlace,
        spans: &[TensorSpan],
    ) -> Result<(Hashed, Vec<Option<String>>), CatalogError> {
        self.reading(|connection| {
            let Some((id, hashed)) = row_of(connection, repository, file)? else {
                return Ok((Hashed::Waiting, vec![None; spans.len()]));
            };
            let sql = "SELECT digest FROM tensor_digests
                WHERE file = ?1 AND start = ?2 AND size = ?3 LIMIT 1";
            let mut row = connection.prepare_cached(sql)?;
            let digest = |(start, size): &TensorSpan| {
                let span = [id, number(*start), number(*size)];
                row.query_row(span, |row| row.get(0)).optional()
            };
            let digests = spans.iter().map(digest).collect::<rusqlite::Result<_>>()?;
            Ok((hashed, digests))
        })
    }
}

const WAITING: i64 = 0;
const WHOLE: i64 = 1;
pub(crate) const PARTLY: i64 = 2;

fn row_of(
    connection: &Connection,
    repository: &str,
    file: &TensorPlace,
) -> rusqlite::Result<Option<(i64, Hashed)>> {
    let sql = "SELECT id, state FROM tensor_files
        WHERE repository = ?1 AND layer = ?2 AND start = ?3 AND size = ?4";
    let (start, size) = (number(file.offset), number(file.size));
    let key = params![repository, file.layer.to_string(), start, size];
    let mut found = connection.prepare_cached(sql)?;
    let row = |row: &rusqlite::Row<'_>| {
        let hashed = match row.get::<_, i64>(1)? {
            WHOLE => Hashed::Whole,
            PARTLY => Hashed::Partly,
            _ => Hashed::Waiting,
        };
        Ok((row.get(0)?, hashed))
    };
    found.query_row(key, row).optional()
}

fn insert(connection: &Connection, repository: &str, file: &TensorPlace) -> rusqlite::Result<i64> {
    let sql = "INSERT INTO tensor_files (repository, layer, start, size, state)
        VALUES (?1, ?2, ?3, ?4, ?5)";
    let (start, size) = (number(file.offset), number(file.size));
    let values = params![repository, file.layer.to_string(), start, size, WAITING];
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(connection.last_insert_rowid())
}

/// Asks for the tensors of a version, now.
pub(crate) fn ask(
    connection: &Connection,
    repository: &str,
    digest: &Digest,
) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO tensor_jobs (repository, digest, due) VALUES (?1, ?2, 0)";
    connection.prepare_cached(sql)?.execute(params![repository, digest.to_string()]).map(drop)
}

/// Forgets the tensors of a version whose row is gone.
pub(crate) fn forget(
    connection: &Connection,
    repository: &str,
    digest: &Digest,
    kit: i64,
) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM tensor_kits WHERE kit = ?1", [kit])?;
    crate::packed::forget(connection, kit)?;
    let sql = "DELETE FROM tensor_jobs WHERE repository = ?1 AND digest = ?2";
    connection.execute(sql, params![repository, digest.to_string()])?;
    sweep(connection, repository)
}

/// Removes the files of a repository that no version has.
fn sweep(connection: &Connection, repository: &str) -> rusqlite::Result<()> {
    let unused = "SELECT id FROM tensor_files WHERE repository = ?1
        AND NOT EXISTS (SELECT 1 FROM tensor_kits WHERE file = tensor_files.id)";
    let sql = format!("DELETE FROM tensor_digests WHERE file IN ({unused})");
    connection.prepare_cached(&sql)?.execute([repository])?;
    let sql = format!("DELETE FROM tensor_files WHERE id IN ({unused})");
    connection.prepare_cached(&sql)?.execute([repository]).map(drop)
}

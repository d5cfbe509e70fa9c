//! Tensors of versions with compressed layers: what such a layer holds is read once, from its beginning to its end, and
//! nothing of it can be looked up later. So all of it is kept: names, types and shapes beside the digests.

use rusqlite::{Connection, OptionalExtension as _, params};
use sealkit_oci::Digest;

use crate::write::{id_of, number};
use crate::{Catalog, CatalogError};

/// A tensor of a version with compressed layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedTensor {
    /// Path of the file that holds it.
    pub path: String,
    /// Its name.
    pub name: String,
    /// Element type as the format names it.
    pub dtype: String,
    /// Size of each dimension.
    pub shape: Vec<u64>,
    /// Size in bytes; 0 where they do not lie in one piece.
    pub bytes: u64,
    /// Digest of its bytes, `blake3:HEX`.
    pub digest: Option<String>,
    /// The layer that holds the file, where that is known.
    pub layer: Option<Digest>,
}

/// What was read of a version with compressed layers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packed {
    /// Its tensors, in the order in which they were read.
    pub tensors: Vec<PackedTensor>,
    /// Formats of the files that hold them.
    pub formats: Vec<String>,
    /// Whether these are all of its tensors.
    pub whole: bool,
}

impl Catalog {
    /// Keeps what was read of a version, instead of what was kept before; nothing where the version has no entry.
    pub fn put_packed(
        &self,
        repository: &str,
        digest: &Digest,
        packed: &Packed,
    ) -> Result<(), CatalogError> {
        self.writing(|connection| {
            let Some(kit) = id_of(connection, repository, digest)? else { return Ok(()) };
            forget(connection, kit)?;
            let sql = "INSERT INTO packed (kit, whole, formats) VALUES (?1, ?2, ?3)";
            let formats = packed.formats.join(",");
            connection.execute(sql, params![kit, packed.whole, formats])?;
            let mut row = connection.prepare_cached(
                "INSERT INTO packed_tensors (kit, path, name, dtype, shape, bytes, digest, layer)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?;
            for one in &packed.tensors {
                let shape: Vec<String> = one.shape.iter().map(u64::to_string).collect();
                let (shape, bytes) = (shape.join(","), number(one.bytes));
                let PackedTensor { path, name, dtype, digest, .. } = one;
                let layer = one.layer.as_ref().map(Digest::to_string);
                row.execute(params![kit, path, name, dtype, shape, bytes, digest, layer])?;
            }
            Ok(())
        })
    }

    /// What was read of a version with compressed layers; none where nothing was, or not yet.
    pub fn packed(
        &self,
        repository: &str,
        digest: &Digest,
    ) -> Result<Option<Packed>, CatalogError> {
        self.reading(|connection| {
            let Some(kit) = id_of(connection, repository, digest)? else { return Ok(None) };
            let sql = "SELECT whole, formats FROM packed WHERE kit = ?1";
            let mut found = connection.prepare_cached(sql)?;
            let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, String>(1)?));
            let Some((whole, formats)) = found.query_row([kit], row).optional()? else {
                return Ok(None);
            };
            let listed = formats.split(',').filter(|format| !format.is_empty());
            let formats = listed.map(str::to_owned).collect();
            Ok(Some(Packed { tensors: tensors(connection, kit)?, formats, whole }))
        })
    }

    /// The tensors of a version wait no longer: all that can be known of them was put.
    pub fn tensors_done(&self, repository: &str, digest: &Digest) -> Result<(), CatalogError> {
        self.writing(|connection| {
            let sql = "DELETE FROM tensor_jobs WHERE repository = ?1 AND digest = ?2";
            connection.execute(sql, params![repository, digest.to_string()]).map(drop)
        })
    }

    /// Whether the tensors of a version wait to be hashed.
    pub fn tensors_wait(&self, repository: &str, digest: &Digest) -> Result<bool, CatalogError> {
        self.reading(|connection| {
            let sql = "SELECT 1 FROM tensor_jobs WHERE repository = ?1 AND digest = ?2";
            connection.prepare_cached(sql)?.exists(params![repository, digest.to_string()])
        })
    }
}

fn tensors(connection: &Connection, kit: i64) -> rusqlite::Result<Vec<PackedTensor>> {
    let sql = "SELECT path, name, dtype, shape, bytes, digest, layer FROM packed_tensors
        WHERE kit = ?1 ORDER BY rowid";
    let tensor = |row: &rusqlite::Row<'_>| {
        let shape: String = row.get(3)?;
        Ok(PackedTensor {
            path: row.get(0)?,
            name: row.get(1)?,
            dtype: row.get(2)?,
            shape: shape.split(',').filter_map(|size| size.parse().ok()).collect(),
            bytes: row.get(4)?,
            digest: row.get(5)?,
            layer: row.get::<_, Option<String>>(6)?.and_then(|layer| layer.parse().ok()),
        })
    };
    connection.prepare_cached(sql)?.query_map([kit], tensor)?.collect()
}

/// Forgets what was read of a version.
pub(crate) fn forget(connection: &Connection, kit: i64) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM packed_tensors WHERE kit = ?1", [kit])?;
    connection.execute("DELETE FROM packed WHERE kit = ?1", [kit]).map(drop)
}

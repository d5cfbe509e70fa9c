//! Manifests as whoever derives something from them lists them.

use rusqlite::{OptionalExtension as _, Row};
use sealkit_oci::{Digest, media_type};
use sealkit_store::StoreError;

use super::{Database, Fault};
use crate::Storage;

impl Storage<Database> {
    /// Repository, digest and time (seconds since 1970) of each manifest that refers to no other and is no
    /// index, the oldest first.
    pub async fn subjects(&self) -> Result<Vec<(String, Digest, i64)>, StoreError> {
        let rows = self.database().read(|sql| {
            let mut rows = sql.prepare_cached(
                "SELECT repository, digest, at, media_type FROM listed WHERE subject IS NULL
                 ORDER BY at, repository, digest",
            )?;
            let read = |row: &Row<'_>| {
                Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get::<_, String>(3)?))
            };
            rows.query_map([], read)?.collect::<Result<Vec<_>, _>>().map_err(Fault::from)
        });
        let rows: Vec<(String, String, i64, String)> = rows.await?;
        let version = |(repository, digest, at, kind): (String, String, i64, String)| {
            let digest = digest.parse().ok().filter(|_| media_type::is_manifest(&kind))?;
            Some((repository, digest, at))
        };
        Ok(rows.into_iter().filter_map(version).collect())
    }

    /// When a manifest came, in seconds since 1970; 0 where it is not there.
    pub async fn listed_at(&self, repository: &str, digest: &Digest) -> Result<i64, StoreError> {
        let (repository, digest) = (repository.to_owned(), digest.to_string());
        let found = self.database().read(move |sql| {
            let text = "SELECT at FROM listed WHERE repository = ?1 AND digest = ?2";
            let mut row = sql.prepare_cached(text)?;
            Ok(row.query_row([repository, digest], |row| row.get(0)).optional()?)
        });
        Ok(found.await?.unwrap_or(0))
    }
}

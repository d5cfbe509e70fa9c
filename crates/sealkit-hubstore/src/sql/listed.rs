//! Manifests as whoever derives something from them lists them.

use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension as _, Row};
use sealkit_oci::{Digest, Manifest, media_type};
use sealkit_store::StoreError;

use super::{Database, Fault};
use crate::Storage;

/// Manifests that may be kits. Of those that refer to another the body is read where it has the name of a kit's type, or
/// a backslash, with which JSON may write it otherwise: few of very many.
const CANDIDATES: &str = "
SELECT repository, digest, at, media_type, NULL FROM listed WHERE subject IS NULL
UNION ALL
SELECT repository, listed.digest, at, media_type, body
FROM listed JOIN manifests ON manifests.digest = listed.digest
WHERE subject IS NOT NULL AND (
  instr(body, CAST('vnd.kitops.modelkit' AS BLOB)) OR instr(body, CAST('vnd.cncf.model' AS BLOB))
  OR instr(body, CAST('vnd.cnai.model' AS BLOB)) OR instr(body, x'5C'))
ORDER BY 3, 1, 2";

impl Storage<Database> {
    /// Repository, digest and time (seconds since 1970) of each manifest that may be a kit, the oldest first: those that
    /// refer to no other and are no index, and kits that do refer to one.
    pub async fn candidates(&self) -> Result<Vec<(String, Digest, i64)>, StoreError> {
        let rows = self.database().read(|sql| {
            let mut rows = sql.prepare_cached(CANDIDATES)?;
            rows.query_map([], candidate)?.collect::<Result<Vec<_>, _>>().map_err(Fault::from)
        });
        Ok(rows.await?.into_iter().flatten().collect())
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

/// What a row names; none where it is no manifest that may be a kit.
fn candidate(row: &Row<'_>) -> rusqlite::Result<Option<(String, Digest, i64)>> {
    let (digest, kind): (String, String) = (row.get(1)?, row.get(3)?);
    let is_kit = match row.get_ref(4)? {
        ValueRef::Blob(body) => serde_json::from_slice::<Manifest>(body)
            .map_or(true, |read| read.kit_format().is_some()),
        _ => true,
    };
    let digest = digest.parse().ok().filter(|_| is_kit && media_type::is_manifest(&kind));
    let Some(digest) = digest else { return Ok(None) };
    Ok(Some((row.get(0)?, digest, row.get(2)?)))
}

//! What only certain manifests use.

use rusqlite::{OptionalExtension as _, params};
use sealkit_oci::Digest;
use sealkit_store::StoreError;

use crate::{Fault, Storage};

/// `marked` are manifests of the repository, and those that name a marked blob; with them go the manifests below
/// one of them that have no tag and stand below no other. `top` is what was marked.
const MARKED: &str = "
WITH RECURSIVE
  marked (digest, top) AS (
    SELECT value, value FROM json_each(?3)
    UNION
    SELECT links.digest, value FROM json_each(?3)
    JOIN links ON links.child = value AND NOT links.is_manifest
    JOIN listed ON listed.repository = ?1 AND listed.digest = links.digest),
  below (digest, top) AS (
    SELECT digest, top FROM marked
    UNION
    SELECT links.child, below.top
    FROM below JOIN links ON links.digest = below.digest AND links.is_manifest
    JOIN listed ON listed.repository = ?1 AND listed.digest = links.child
    WHERE NOT EXISTS (
      SELECT 1 FROM tags WHERE tags.repository = ?1 AND tags.digest = links.child)
    AND NOT EXISTS (
      SELECT 1 FROM links AS other
      JOIN listed AS holder ON holder.repository = ?1 AND holder.digest = other.digest
      WHERE other.child = links.child AND other.is_manifest
      AND other.digest NOT IN (SELECT digest FROM marked)))
";

const MANIFEST: &str = "SELECT top FROM below WHERE digest = ?2 LIMIT 1";

const BLOB: &str = "
SELECT top FROM below
JOIN listed ON listed.repository = ?1 AND listed.digest = below.digest
JOIN links ON links.digest = below.digest AND NOT links.is_manifest
WHERE links.child = ?2 AND NOT EXISTS (
  SELECT 1 FROM links AS other
  JOIN listed AS holder ON holder.repository = ?1 AND holder.digest = other.digest
  WHERE other.child = ?2 AND NOT other.is_manifest
  AND other.digest NOT IN (SELECT digest FROM below))
LIMIT 1";

const HOLDERS: &str = "
SELECT repository, digest FROM listed WHERE digest = ?1
UNION
SELECT listed.repository, listed.digest FROM links JOIN listed ON listed.digest = links.digest
WHERE links.child = ?1 AND NOT links.is_manifest
ORDER BY 1, 2 LIMIT ?2";

const NAMING: &str = "
SELECT listed.digest FROM links JOIN listed ON listed.digest = links.digest
WHERE links.child = ?2 AND NOT links.is_manifest AND listed.repository = ?1
ORDER BY listed.at DESC, 1 LIMIT ?3";

impl Storage {
    /// The one of the digests `marked` through which `repository` has the blob `digest`, where no manifest
    /// beside those that are marked, or name a marked blob, names it. An index takes along the manifests below it
    /// that are neither tagged nor in another one.
    pub async fn blob_only_of(
        &self,
        repository: &str,
        digest: &Digest,
        marked: &[Digest],
    ) -> Result<Option<Digest>, StoreError> {
        self.only_of(BLOB, repository, digest, marked).await
    }

    /// The same for a manifest: one of `marked` itself, one that names a blob of them, or one that only those hold.
    pub async fn manifest_only_of(
        &self,
        repository: &str,
        digest: &Digest,
        marked: &[Digest],
    ) -> Result<Option<Digest>, StoreError> {
        self.only_of(MANIFEST, repository, digest, marked).await
    }

    /// Repository and digest of each manifest that has this digest or names the blob of this digest, sorted, up to
    /// `most`.
    pub async fn holders(
        &self,
        digest: &Digest,
        most: usize,
    ) -> Result<Vec<(String, Digest)>, StoreError> {
        let digest = digest.to_string();
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let act = move |state: &rusqlite::Connection| {
            let mut asked = state.prepare_cached(HOLDERS)?;
            let rows = asked.query_map(params![digest, most], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            })?;
            Ok::<_, Fault>(rows.collect::<Result<Vec<_>, _>>()?)
        };
        let rows = self.database().read(act).await?;
        rows.into_iter().map(|(name, digest)| Ok((name, digest.parse()?))).collect()
    }

    /// The manifests of `repository` that name the blob of this digest, those that were pushed last first, up to
    /// `most`.
    pub async fn naming(
        &self,
        repository: &str,
        blob: &Digest,
        most: usize,
    ) -> Result<Vec<Digest>, StoreError> {
        let (repository, blob) = (repository.to_owned(), blob.to_string());
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let act = move |state: &rusqlite::Connection| {
            let mut asked = state.prepare_cached(NAMING)?;
            let rows = asked.query_map(params![repository, blob, most], |row| row.get(0))?;
            Ok::<_, Fault>(rows.collect::<Result<Vec<String>, _>>()?)
        };
        let rows = self.database().read(act).await?;
        rows.into_iter().map(|digest| Ok(digest.parse()?)).collect()
    }

    async fn only_of(
        &self,
        question: &str,
        repository: &str,
        digest: &Digest,
        marked: &[Digest],
    ) -> Result<Option<Digest>, StoreError> {
        let (text, repository) = (format!("{MARKED}{question}"), repository.to_owned());
        let (digest, marked) = (digest.to_string(), json(marked));
        let found: Option<String> = self
            .database()
            .read(move |state| {
                let mut asked = state.prepare_cached(&text)?;
                let found = asked.query_row(params![repository, digest, marked], |row| row.get(0));
                Ok::<_, Fault>(found.optional()?)
            })
            .await?;
        Ok(found.map(|digest| digest.parse()).transpose()?)
    }
}

fn json(digests: &[Digest]) -> String {
    let texts: Vec<String> = digests.iter().map(ToString::to_string).collect();
    serde_json::to_string(&texts).unwrap_or_default()
}

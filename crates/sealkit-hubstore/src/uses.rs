//! What only certain manifests use.

use rusqlite::{OptionalExtension as _, params};
use sealkit_oci::Digest;
use sealkit_store::StoreError;

use crate::{Fault, Storage};

/// `marked` are manifests of the repository; with them go the manifests below one of them that have no tag
/// and stand below no other.
const MARKED: &str = "
WITH RECURSIVE
  marked (digest) AS (SELECT value FROM json_each(?3)),
  below (digest, top) AS (
    SELECT digest, digest FROM marked
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

impl Storage {
    /// The one of the manifests `marked` through which `repository` has the blob `digest`, where no manifest
    /// beside them names it. An index takes along the manifests below it that are neither tagged nor in
    /// another one.
    pub async fn blob_only_of(
        &self,
        repository: &str,
        digest: &Digest,
        marked: &[Digest],
    ) -> Result<Option<Digest>, StoreError> {
        self.only_of(BLOB, repository, digest, marked).await
    }

    /// The same for a manifest: one of `marked` itself, or one that only they hold.
    pub async fn manifest_only_of(
        &self,
        repository: &str,
        digest: &Digest,
        marked: &[Digest],
    ) -> Result<Option<Digest>, StoreError> {
        self.only_of(MANIFEST, repository, digest, marked).await
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

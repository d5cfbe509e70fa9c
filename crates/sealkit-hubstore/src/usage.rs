//! How much repositories hold.

use std::sync::atomic::Ordering;

use rusqlite::params;
use sealkit_store::StoreError;

use crate::Storage;

/// What the repositories below a prefix hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Bytes of their blobs, each counted once however many of them have it, and of uploads under way.
    pub bytes: u64,
    /// Number of their tags.
    pub tags: u64,
}

// `0` comes right behind `/`: everything below a prefix stands between both.
const BYTES: &str = "
SELECT coalesce(sum(size), 0) FROM blobs WHERE digest IN (
  SELECT digest FROM held WHERE ?1 IS NULL OR repository = ?1
    OR (repository > ?1 || '/' AND repository < ?1 || '0'))";
const UPLOADS: &str = "SELECT id, place FROM uploads WHERE ?1 IS NULL OR repository = ?1
    OR (repository > ?1 || '/' AND repository < ?1 || '0')";
const TAGS: &str = "SELECT count(*) FROM tags WHERE ?1 IS NULL OR repository = ?1
    OR (repository > ?1 || '/' AND repository < ?1 || '0')";

impl Storage {
    /// What the repositories `prefix` and below it hold; all of them where none is given. It is counted, which
    /// takes time with the number of blobs.
    pub async fn usage(&self, prefix: Option<&str>) -> Result<Usage, StoreError> {
        let prefix = prefix.map(str::to_owned);
        let act = move |sql: &rusqlite::Connection| {
            let one = |query: &str| -> rusqlite::Result<u64> {
                sql.prepare_cached(query)?.query_row(params![prefix], |row| row.get(0))
            };
            let usage = Usage { bytes: one(BYTES)?, tags: one(TAGS)? };
            let mut uploads = sql.prepare_cached(UPLOADS)?;
            let uploads =
                uploads.query_map(params![prefix], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok((usage, uploads.collect::<rusqlite::Result<Vec<(String, u64)>>>()?))
        };
        let (mut usage, uploads) = self.database().read(act).await?;
        for (id, kept) in uploads {
            // The row tells of an upload only from time to time how far it has come.
            let live = self.inner.if_known(&id).map(|live| live.place.load(Ordering::Acquire));
            usage.bytes = usage.bytes.saturating_add(live.unwrap_or_default().max(kept));
        }
        Ok(usage)
    }
}

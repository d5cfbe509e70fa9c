//! How much repositories hold.

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
SELECT coalesce((SELECT sum(size) FROM blobs WHERE digest IN (
  SELECT digest FROM held WHERE ?1 IS NULL OR repository = ?1
    OR (repository > ?1 || '/' AND repository < ?1 || '0'))), 0)
+ coalesce((SELECT sum(place) FROM uploads WHERE ?1 IS NULL OR repository = ?1
    OR (repository > ?1 || '/' AND repository < ?1 || '0')), 0)";
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
            Ok(Usage { bytes: one(BYTES)?, tags: one(TAGS)? })
        };
        self.database().read(act).await
    }
}

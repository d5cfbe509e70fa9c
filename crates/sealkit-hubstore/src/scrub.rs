//! Reading everything again: a disk may give other bytes than it was given.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};
use sealkit_oci::Digest;
use sealkit_store::StoreError;
use serde::Serialize;

use crate::storage::Inner;
use crate::{Fault, Storage, upload};

/// What scrubbing found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScrubReport {
    /// Blobs that were read.
    pub blobs: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Digests whose bytes are others, or gone.
    pub damaged: Vec<String>,
    /// Tags whose kits have one of them, themselves or through an index: `repository:tag`.
    pub tags: Vec<String>,
}

impl Storage {
    /// Reads and hashes every blob, at most `rate` bytes a second where one is given. A blob that is
    /// damaged is not given out any more: whoever pushes it again heals it.
    pub async fn scrub(&self, rate: Option<u64>) -> Result<ScrubReport, StoreError> {
        let mut report = ScrubReport::default();
        let begun = Instant::now();
        let rows = self.inner.database.read(rows).await?;
        for (digest, key, size) in rows {
            let objects = Arc::clone(&self.inner.objects);
            let (expected, object) = (digest.clone(), key.clone());
            let good = Inner::blocking(move || Ok(is_good(&*objects, &expected, &object, size)));
            let (good, now) = (good.await?, (self.inner.clock)());
            report.blobs += 1;
            report.bytes += size;
            let (own, text) = (key, digest.clone());
            let act = move |state: &Connection| note(state, &text, &own, good, now);
            // It may have been swept or healed meanwhile.
            if self.inner.database.write(act).await? && !good {
                report.damaged.push(digest);
            }
            if let Some(rate) = rate.filter(|rate| *rate > 0) {
                let due = Duration::from_secs_f64(report.bytes as f64 / rate as f64);
                tokio::time::sleep(due.saturating_sub(begun.elapsed())).await;
            }
        }
        let damaged = report.damaged.clone();
        report.tags = self.inner.database.read(move |state| tags_of(state, &damaged)).await?;
        Ok(report)
    }
}

fn is_good(objects: &dyn crate::Objects, digest: &str, key: &str, size: u64) -> bool {
    let Ok(expected) = digest.parse::<Digest>() else { return false };
    let hashed = upload::hash(objects, key, expected.algorithm(), size);
    let is_whole = objects.size(key).is_ok_and(|actual| actual == Some(size));
    is_whole && hashed.and_then(|hasher| Ok(hasher.finish()?)).is_ok_and(|got| got == expected)
}

fn rows(state: &Connection) -> Result<Vec<(String, String, u64)>, Fault> {
    let mut asked = state.prepare("SELECT digest, key, size FROM blobs ORDER BY checked")?;
    let rows = asked.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn note(state: &Connection, digest: &str, key: &str, good: bool, now: i64) -> Result<bool, Fault> {
    let changed = state.execute(
        "UPDATE blobs SET damaged = ?3, checked = ?4 WHERE digest = ?1 AND key = ?2",
        params![digest, key, !good, now],
    )?;
    Ok(changed > 0)
}

fn tags_of(state: &Connection, damaged: &[String]) -> Result<Vec<String>, Fault> {
    let mut asked = state.prepare(
        "WITH RECURSIVE above (digest) AS (
           SELECT digest FROM links WHERE child = ?1
           UNION SELECT links.digest FROM links JOIN above ON links.child = above.digest)
         SELECT DISTINCT tags.repository || ':' || tags.tag FROM above JOIN tags USING (digest)
         JOIN held ON held.repository = tags.repository AND held.digest = ?1",
    )?;
    let mut found = Vec::new();
    for digest in damaged {
        let tags = asked.query_map([digest], |row| row.get::<_, String>(0))?;
        found.extend(tags.collect::<Result<Vec<_>, _>>()?);
    }
    found.sort();
    found.dedup();
    Ok(found)
}

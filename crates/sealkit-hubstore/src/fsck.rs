//! Whether the storage is whole: every row against what it names.

use std::sync::Arc;

use rusqlite::Connection;
use sealkit_oci::Digest;
use sealkit_store::{Links, StoreError, is_foreign};
use serde::Serialize;

use crate::storage::Inner;
use crate::{Fault, Storage, manifests};

/// Most problems that are listed.
const MOST: usize = 10_000;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// What is wrong: `object-missing`, `object-size`, `object-damaged`, `manifest-digest`,
    /// `content-missing` or `database`.
    pub kind: &'static str,
    /// Digest of what is concerned, or a text of the database.
    pub subject: String,
    /// More of it, for people.
    pub reason: String,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FsckReport {
    /// Blobs that were looked at.
    pub blobs: u64,
    /// Manifests that were looked at.
    pub manifests: u64,
    /// What is wrong, sorted; empty where nothing is.
    pub problems: Vec<Problem>,
}

impl Storage {
    /// Looks at every row: objects are there and have their size, manifests hash to their digest, what
    /// they name is there. Contents of objects are read by [`Storage::scrub`].
    pub async fn fsck(&self) -> Result<FsckReport, StoreError> {
        let objects = Arc::clone(&self.inner.objects);
        let database = self.inner.database.clone();
        Inner::blocking(move || {
            let (rows, mut report) = database.read_here(|state| {
                let mut report = FsckReport::default();
                check_database(state, &mut report)?;
                check_manifests(state, &mut report)?;
                Ok((blobs(state)?, report))
            })?;
            for (digest, key, size, damaged) in rows {
                report.blobs += 1;
                let (kind, reason) = match objects.size(&key)? {
                    _ if damaged => ("object-damaged", "scrub found other bytes".to_owned()),
                    None => ("object-missing", "its object is gone".to_owned()),
                    Some(actual) if actual != size => {
                        ("object-size", format!("its object has {actual} bytes, not {size}"))
                    }
                    Some(_) => continue,
                };
                note(&mut report, kind, digest, reason);
            }
            report.problems.sort();
            Ok(report)
        })
        .await
    }

    /// Makes what is derived from the bodies of manifests anew: their links, and what listings say of
    /// them. Gives the number of manifests.
    pub async fn reindex(&self) -> Result<u64, StoreError> {
        self.inner.database.write(rebuild).await
    }
}

type BlobRow = (String, String, u64, bool);

fn blobs(state: &Connection) -> Result<Vec<BlobRow>, Fault> {
    let mut asked = state.prepare("SELECT digest, key, size, damaged FROM blobs")?;
    let rows =
        asked.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn note(report: &mut FsckReport, kind: &'static str, subject: String, reason: String) {
    if report.problems.len() < MOST {
        report.problems.push(Problem { kind, subject, reason });
    }
}

fn check_database(state: &Connection, report: &mut FsckReport) -> Result<(), Fault> {
    let mut asked = state.prepare("PRAGMA quick_check(100)")?;
    let found = asked.query_map([], |row| row.get::<_, String>(0))?;
    for text in found {
        let text = text?;
        if text != "ok" {
            note(report, "database", text, "the database is damaged".to_owned());
        }
    }
    Ok(())
}

fn check_manifests(state: &Connection, report: &mut FsckReport) -> Result<(), Fault> {
    let mut asked = state.prepare("SELECT digest, body FROM manifests")?;
    let mut rows = asked.query([])?;
    while let Some(row) = rows.next()? {
        let (digest, body): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
        report.manifests += 1;
        if !digest.parse::<Digest>().is_ok_and(|expected| expected.matches(&body)) {
            note(report, "manifest-digest", digest, "its body does not hash to it".to_owned());
        }
    }
    let mut asked = state.prepare(
        "SELECT listed.repository, listed.digest, links.child, listed.media_type, manifests.body
         FROM listed JOIN links USING (digest) JOIN manifests USING (digest)
         WHERE NOT EXISTS (SELECT 1 FROM held WHERE held.repository = listed.repository
             AND held.digest = links.child)
         AND NOT EXISTS (SELECT 1 FROM listed AS other WHERE other.repository = listed.repository
             AND other.digest = links.child)",
    )?;
    let mut rows = asked.query([])?;
    while let Some(row) = rows.next()? {
        let (repository, digest): (String, String) = (row.get(0)?, row.get(1)?);
        let child: String = row.get(2)?;
        let (media_type, body): (String, Vec<u8>) = (row.get(3)?, row.get(4)?);
        if is_elsewhere(&media_type, &body, &child) {
            continue;
        }
        let reason = format!("{digest} in `{repository}` names it, and it is not there");
        note(report, "content-missing", child, reason);
    }
    Ok(())
}

/// Whether a manifest says of what it names that it is to be had elsewhere.
fn is_elsewhere(media_type: &str, body: &[u8], child: &str) -> bool {
    let links = Links::parse(media_type, body).unwrap_or_default();
    let mut named = links.blobs.iter().filter(|blob| blob.digest.to_string() == child).peekable();
    named.peek().is_some() && named.all(is_foreign)
}

fn rebuild(state: &Connection) -> Result<u64, Fault> {
    state.execute("DELETE FROM links", [])?;
    let mut asked = state.prepare(
        "SELECT repository, digest, media_type, body FROM listed JOIN manifests USING (digest)",
    )?;
    let mut rows = asked.query([])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let (repository, digest): (String, String) = (row.get(0)?, row.get(1)?);
        let (media_type, body): (String, Vec<u8>) = (row.get(2)?, row.get(3)?);
        // A body that can not be read any more is what `fsck` names.
        let Ok(links) = Links::parse(&media_type, &body) else { continue };
        manifests::link(state, &digest, &links)?;
        manifests::describe(state, &repository, &digest, &links)?;
        count += 1;
    }
    Ok(count)
}

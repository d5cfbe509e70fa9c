//! Whether the storage is whole: every row against what it names.

use std::sync::Arc;

use sealkit_store::{Links, StoreError, is_foreign};
use serde::Serialize;

use crate::here::blocking;
use crate::{State, Storage};

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

impl<S: State> Storage<S> {
    /// Looks at every row: objects are there and have their size, manifests hash to their digest, what
    /// they name is there. Contents of objects are read by [`Storage::scrub`].
    pub async fn fsck(&self) -> Result<FsckReport, StoreError> {
        let objects = Arc::clone(&self.inner.objects);
        let (manifests, problems) = self.inner.state.check().await?;
        let known = self.inner.state.blobs().await?;
        blocking(move || {
            let mut report = FsckReport { blobs: known.len() as u64, manifests, problems };
            for blob in known {
                let (kind, reason) = match objects.size(&blob.key)? {
                    _ if blob.damaged => ("object-damaged", "scrub found other bytes".to_owned()),
                    None => ("object-missing", "its object is gone".to_owned()),
                    Some(actual) if actual != blob.size => {
                        let size = blob.size;
                        ("object-size", format!("its object has {actual} bytes, not {size}"))
                    }
                    Some(_) => continue,
                };
                note(&mut report.problems, kind, blob.digest.to_string(), reason);
            }
            report.problems.sort();
            Ok(report)
        })
        .await
    }

    /// Makes what is derived from the bodies of manifests anew: their links, and what listings say of
    /// them. Gives the number of manifests.
    pub async fn reindex(&self) -> Result<u64, StoreError> {
        self.inner.state.reindex().await
    }
}

/// Adds a problem, within the bound.
pub(crate) fn note(
    problems: &mut Vec<Problem>,
    kind: &'static str,
    subject: String,
    reason: String,
) {
    if problems.len() < MOST {
        problems.push(Problem { kind, subject, reason });
    }
}

/// Whether a manifest says of what it names that it is to be had elsewhere.
pub(crate) fn is_elsewhere(media_type: &str, body: &[u8], child: &str) -> bool {
    let links = Links::parse(media_type, body).unwrap_or_default();
    let mut named = links.blobs.iter().filter(|blob| blob.digest.to_string() == child).peekable();
    named.peek().is_some() && named.all(is_foreign)
}

/// Adds that a body is not that of its digest.
pub(crate) fn wrong_body(problems: &mut Vec<Problem>, digest: String) {
    note(problems, "manifest-digest", digest, "its body does not hash to it".to_owned());
}

/// Adds that what a manifest names is not in its repository.
pub(crate) fn missing_content(
    problems: &mut Vec<Problem>,
    digest: &str,
    repository: &str,
    child: String,
) {
    let reason = format!("{digest} in `{repository}` names it, and it is not there");
    note(problems, "content-missing", child, reason);
}

//! Versions of which it can not be told whether something concerns them: they wait, or were not read wholly.

use std::collections::HashSet;

use rusqlite::Row;
use sealkit_api::{Affected, OpenVersion};
use sealkit_oci::Digest;

use super::look::Look;
use crate::Question;
use crate::tensors::PARTLY;

/// Most versions that are named.
const MAX_NAMED: usize = 100;

/// What stays open of an answer.
#[derive(Default)]
pub(super) struct Open {
    /// Versions that are not looked at yet.
    pub(super) waiting: u64,
    /// Others of which not everything could be read.
    pub(super) unread: u64,
    /// The first of both.
    pub(super) named: Vec<OpenVersion>,
}

/// What stays open of a question for whoever looks. Those that are affected are told already.
pub(super) fn find(
    look: &Look<'_>,
    question: &Question,
    affected: &[Affected],
) -> rusqlite::Result<Open> {
    let is_tensor = matches!(question, Question::Tensor(_));
    let is_told: HashSet<(&str, &Digest)> =
        affected.iter().map(|one| (one.repository.as_str(), &one.digest)).collect();
    let mut open = Open::default();
    let mut waits = HashSet::new();
    for version in rows(look, &waiting(is_tensor))? {
        open.waiting += 1;
        waits.insert((version.repository.clone(), version.digest.clone()));
        open.name(version);
    }
    for version in rows(look, &unread(is_tensor))? {
        if is_told.contains(&(version.repository.as_str(), &version.digest)) {
            continue;
        }
        open.unread += 1;
        if !waits.contains(&(version.repository.clone(), version.digest.clone())) {
            open.name(version);
        }
    }
    Ok(open)
}

impl Open {
    fn name(&mut self, version: OpenVersion) {
        if self.named.len() < MAX_NAMED {
            self.named.push(version);
        }
    }
}

/// Versions that wait, each once and with why; those that failed so far first.
fn waiting(is_tensor: bool) -> String {
    let all = "SELECT repository, digest,
          coalesce('it could not be looked at so far: ' || problem, 'it is not looked at yet') AS reason FROM jobs";
    let tensors =
        "UNION ALL SELECT repository, digest, 'its tensors are not hashed yet' FROM tensor_jobs";
    grouped(all, is_tensor.then_some(tensors), "reason, ")
}

/// Versions of which something could not be read, each once and with what.
fn unread(is_tensor: bool) -> String {
    let all = "SELECT repository, digest, problem AS reason FROM kits WHERE problem IS NOT NULL";
    let tensors = format!(
        "UNION ALL SELECT repository, digest, 'it has tensors that could not be hashed' FROM kits WHERE id IN (
          SELECT kit FROM tensor_kits JOIN tensor_files ON tensor_files.id = file WHERE state = {PARTLY}
          UNION SELECT kit FROM packed WHERE NOT whole)"
    );
    grouped(all, is_tensor.then_some(&tensors), "")
}

fn grouped(versions: &str, more: Option<&str>, first: &str) -> String {
    format!(
        "SELECT repository, digest, min(reason) AS reason FROM ({versions} {}) GROUP BY repository, digest
         ORDER BY {first}repository, digest",
        more.unwrap_or_default()
    )
}

/// Those that may be seen.
fn rows(look: &Look<'_>, sql: &str) -> rusqlite::Result<Vec<OpenVersion>> {
    let mut asked = look.connection.prepare_cached(sql)?;
    let read = |row: &Row<'_>| {
        let (repository, reason) = (row.get(0)?, row.get(2)?);
        Ok(OpenVersion { repository, digest: crate::read::digest(row, 1)?, reason })
    };
    let all = asked.query_map([], read)?;
    let seen = |found: &rusqlite::Result<OpenVersion>| {
        found.as_ref().map_or(true, |version| look.sees(&version.repository))
    };
    all.filter(seen).collect()
}

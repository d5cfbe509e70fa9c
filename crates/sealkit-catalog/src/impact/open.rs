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
    let mut told: HashSet<(String, Digest)> =
        affected.iter().map(|one| (one.repository.clone(), one.digest.clone())).collect();
    let mut open = Open::default();
    for (repository, digest, problem) in rows(look, &waiting(is_tensor))? {
        open.waiting += 1;
        let reason = problem.map_or_else(
            || "it is not looked at yet".to_owned(),
            |problem| format!("it could not be looked at so far: {problem}"),
        );
        told.insert((repository.clone(), digest.clone()));
        open.name(OpenVersion { repository, digest, reason });
    }
    for (repository, digest, problem) in rows(look, &unread(is_tensor))? {
        let version = (repository, digest);
        if told.contains(&version) {
            continue;
        }
        open.unread += 1;
        let (repository, digest) = version;
        open.name(OpenVersion { repository, digest, reason: problem.unwrap_or_default() });
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

/// Versions that wait, each once; those that failed so far first.
fn waiting(is_tensor: bool) -> String {
    let tensors = "UNION ALL SELECT repository, digest, NULL FROM tensor_jobs";
    grouped("SELECT repository, digest, problem FROM jobs", is_tensor.then_some(tensors))
}

/// Versions of which something could not be read, each once.
fn unread(is_tensor: bool) -> String {
    let tensors = format!(
        "UNION ALL SELECT repository, digest, 'it has tensors that could not be hashed' FROM kits WHERE id IN (
          SELECT kit FROM tensor_kits JOIN tensor_files ON tensor_files.id = file WHERE state = {PARTLY}
          UNION SELECT kit FROM packed WHERE NOT whole)"
    );
    let kits = "SELECT repository, digest, problem FROM kits WHERE problem IS NOT NULL";
    grouped(kits, is_tensor.then_some(&tensors))
}

fn grouped(versions: &str, more: Option<&str>) -> String {
    format!(
        "SELECT repository, digest, max(problem) FROM ({versions} {}) GROUP BY repository, digest
         ORDER BY max(problem) IS NULL, repository, digest",
        more.unwrap_or_default()
    )
}

type Version = (String, Digest, Option<String>);

/// Those that may be seen.
fn rows(look: &Look<'_>, sql: &str) -> rusqlite::Result<Vec<Version>> {
    let mut asked = look.connection.prepare_cached(sql)?;
    let read = |row: &Row<'_>| Ok((row.get(0)?, crate::read::digest(row, 1)?, row.get(2)?));
    let all = asked.query_map([], read)?;
    let seen = |found: &rusqlite::Result<Version>| {
        found.as_ref().map_or(true, |(repository, _, _)| look.sees(repository))
    };
    all.filter(seen).collect()
}

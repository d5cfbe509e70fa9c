//! What is known of a version's security: facts of inspection, and what people said against it.
//!
//! The catalogue looked at the files when they were pushed; nothing is read again. Rules over what it found are a
//! scanner's, so an empty list says that nothing was found and no more.

mod rules;
mod sarif;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use sealkit_api::{
    CodeFact, CodeFactKind, KitSecurity, LicenceOf, Note, PlacedName, RunsCode, SecurityFinding,
    SeverityCount, SignedAdvisory,
};
use sealkit_oci::Digest;
use sealkit_ops::catalog::index::Inspection;
use sealkit_report::Severity;
use serde::Deserialize;

use crate::hub::Shared;
use crate::quarantine::entry;
use crate::reader::Kit;
use crate::{HubError, api, provenance};

/// Which findings are wanted, and how.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct SecurityQuery {
    /// Only those of this severity.
    pub(crate) severity: Option<Severity>,
    /// Only those of this rule.
    pub(crate) rule: Option<String>,
    /// Only those of this file.
    pub(crate) file: Option<String>,
    /// `json` or `sarif`.
    pub(crate) format: Option<String>,
}

impl SecurityQuery {
    fn lets_through(&self, note: &Note) -> bool {
        self.severity.is_none_or(|severity| severity == note.severity)
            && self.rule.as_ref().is_none_or(|rule| *rule == note.rule)
            && self.file.as_ref().is_none_or(|file| *file == note.file)
    }
}

/// The paths of the API.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    let version = "/api/v1/kits/{name}/versions/{reference}";
    Router::new().route(&format!("{version}/security"), get(show))
}

/// `GET /api/v1/kits/{name}/versions/{reference}/security?severity=&rule=&file=&format=`.
async fn show(
    State(shared): State<Arc<Shared>>,
    Path((name, reference)): Path<(String, String)>,
    query: Result<Query<SecurityQuery>, QueryRejection>,
) -> Result<Response, HubError> {
    let Query(query) = query.map_err(|_| HubError::Query("severity"))?;
    let found = of(&shared, &name, &reference, &query).await?;
    match query.format.as_deref() {
        None | Some("json") => Ok(Json(found).into_response()),
        Some("sarif") => {
            let name = "attachment; filename=\"findings.sarif\"";
            let headers = [
                (header::CONTENT_TYPE, "application/sarif+json"),
                (header::CONTENT_DISPOSITION, name),
            ];
            Ok((headers, sarif::sarif(&found).to_string()).into_response())
        }
        Some(_) => Err(HubError::Query("format")),
    }
}

/// What is known of one file, for a list of files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FileMark {
    /// The worst that was found in it.
    pub(crate) worst: Option<Severity>,
    /// Whether loading it can run code, as far as anything says so.
    pub(crate) runs: bool,
    /// Whether it was not read to its end.
    pub(crate) unread: bool,
}

/// What [`of`] says of each file of a version that it says anything of; none where the hub has not looked.
pub(crate) async fn by_files(
    shared: &Shared,
    name: &str,
    digest: &Digest,
) -> Result<Option<HashMap<String, FileMark>>, HubError> {
    let Some(catalog) = &shared.catalog else { return Ok(None) };
    let (name, digest) = (name.to_owned(), digest.clone());
    let inspection = catalog.ask(move |catalog| catalog.inspection(&name, &digest)).await?;
    Ok(inspection.map(|inspection| {
        let mut marks: HashMap<String, FileMark> = HashMap::new();
        for note in inspection.notes {
            let mark = marks.entry(note.file).or_default();
            mark.worst = mark.worst.max(Some(note.severity));
        }
        for fact in inspection.code {
            let mark = marks.entry(fact.file).or_default();
            match fact.what {
                CodeFactKind::Runs => mark.runs = true,
                CodeFactKind::Unread => mark.unread = true,
                CodeFactKind::Calls | CodeFactKind::Embeds => {}
            }
        }
        marks
    }))
}

/// What is known of a version's security.
pub(crate) async fn of(
    shared: &Shared,
    name: &str,
    reference: &str,
    query: &SecurityQuery,
) -> Result<KitSecurity, HubError> {
    let _reader = shared.readers.acquire().await.map_err(|_| HubError::Stopped)?;
    let catalog = shared.catalog.as_ref().ok_or(HubError::NoCatalog)?;
    let kit = api::open_any(shared, name, reference).await?;
    let mut found = KitSecurity::new(kit.name.clone(), kit.digest.clone());
    let (name, digest) = (kit.name.clone(), kit.digest.clone());
    let inspection = catalog.ask(move |catalog| catalog.inspection(&name, &digest)).await?;
    if let Some(inspection) = inspection {
        tell(&mut found, inspection, query);
    }
    if let Some(quarantine) = &shared.quarantine {
        let held = quarantine.of_manifest(&kit.name, &kit.digest).await?;
        found.quarantine = held.as_ref().map(entry);
    }
    found.advisories = advisories(shared, &kit).await;
    if let Some(gate) = &shared.gate {
        found.policies = gate.verdicts(&kit.name, &kit.digest).await?;
    }
    Ok(found)
}

fn tell(found: &mut KitSecurity, inspection: Inspection, query: &SecurityQuery) {
    found.inspected = true;
    found.problem = inspection.problem;
    let mut counts: BTreeMap<Severity, u64> = BTreeMap::new();
    for note in &inspection.notes {
        *counts.entry(note.severity).or_default() += 1;
    }
    let counts = counts.into_iter().rev();
    found.counts = counts.map(|(severity, count)| SeverityCount { severity, count }).collect();
    let wanted = inspection.notes.into_iter().filter(|note| query.lets_through(note));
    found.findings = wanted.map(finding).collect();
    let unread = |fact: &&CodeFact| fact.what == CodeFactKind::Unread;
    found.unread = inspection.code.iter().filter(unread).map(|fact| fact.file.clone()).collect();
    found.unread.dedup();
    found.code = by_file(&inspection.code);
    found.licence_conflict = conflict(&inspection.licences);
    found.licences = inspection.licences;
}

fn finding(note: Note) -> SecurityFinding {
    let Note { severity, rule, file, place, message } = note;
    let (meaning, advice) = rules::explained(&rule);
    let (meaning, advice) = (meaning.to_owned(), advice.to_owned());
    SecurityFinding { severity, rule, file, place, message, meaning, advice }
}

/// The facts about code, those of one file together; the files that surely run code first.
fn by_file(facts: &[CodeFact]) -> Vec<RunsCode> {
    let mut files: BTreeMap<&str, RunsCode> = BTreeMap::new();
    for fact in facts.iter().filter(|fact| fact.what != CodeFactKind::Unread) {
        let file = files.entry(&fact.file).or_insert_with(|| RunsCode {
            file: fact.file.clone(),
            format: None,
            runs: None,
            calls: Vec::new(),
            embedded: Vec::new(),
        });
        let placed = || PlacedName { name: fact.name.clone(), place: fact.place.clone() };
        match fact.what {
            CodeFactKind::Runs => {
                file.runs = file.runs.max(Some(fact.known));
                let format = Some(fact.name.clone()).filter(|format| !format.is_empty());
                file.format = file.format.take().or(format);
            }
            CodeFactKind::Calls => file.calls.push(placed()),
            CodeFactKind::Embeds => file.embedded.push(placed()),
            CodeFactKind::Unread => {}
        }
    }
    let mut files: Vec<RunsCode> = files.into_values().collect();
    files.sort_by_key(|file| std::cmp::Reverse(file.runs));
    files
}

/// How the licences of a kit and its models contradict each other, and those of their base models.
fn conflict(licences: &[LicenceOf]) -> Option<String> {
    let same = |a: &str, b: &str| a.trim().eq_ignore_ascii_case(b.trim());
    let of = |kinds: &[&str]| {
        let mut found: Vec<&str> = Vec::new();
        let of_kind = licences.iter().filter(|one| kinds.contains(&one.kind.as_str()));
        for licence in of_kind.flat_map(|one| &one.licences) {
            if !found.iter().any(|known| same(known, licence)) {
                found.push(licence);
            }
        }
        found
    };
    let (own, base) = (of(&["kit", "model"]), of(&["base-model"]));
    if own.len() > 1 {
        return Some(format!(
            "the kit and its models are under different licences: {}",
            own.join(", ")
        ));
    }
    let own = *own.first()?;
    let other: Vec<&str> = base.into_iter().filter(|licence| !same(licence, own)).collect();
    let text = || format!("the kit is under {own}, and its base model under {}", other.join(", "));
    (!other.is_empty()).then(text)
}

/// The advisories that are attached; none where what is attached could not be read.
async fn advisories(shared: &Shared, kit: &Kit) -> Option<Vec<SignedAdvisory>> {
    let stated = provenance::of(shared, kit).await.ok()?;
    let advisory = |one: sealkit_api::AttachedStatement| {
        let signer = one.signer.map(|signer| signer.name);
        Some(SignedAdvisory { advisory: one.advisory?, manifest: one.manifest, signer })
    };
    (!stated.more).then(|| stated.statements.into_iter().filter_map(advisory).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn licence(kind: &str, licences: &[&str]) -> LicenceOf {
        let licences = licences.iter().map(|text| (*text).to_owned()).collect();
        LicenceOf { kind: kind.to_owned(), name: kind.to_owned(), licences }
    }

    #[test]
    fn licences_conflict_where_they_differ_and_not_where_they_are_spelled_otherwise() {
        let of = |all: &[LicenceOf]| conflict(all);
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[licence("kit", &["MIT"]), licence("model", &["mit "])]), None);
        assert_eq!(of(&[licence("dataset", &["MIT"]), licence("kit", &["Apache-2.0"])]), None);
        let two = of(&[licence("kit", &["MIT"]), licence("model", &["Apache-2.0"])]).unwrap();
        assert!(two.contains("MIT, Apache-2.0"), "{two}");
        let base = of(&[licence("model", &["MIT"]), licence("base-model", &["llama2"])]).unwrap();
        assert!(base.contains("MIT") && base.contains("llama2"), "{base}");
        assert_eq!(of(&[licence("base-model", &["llama2"])]), None);
    }
}

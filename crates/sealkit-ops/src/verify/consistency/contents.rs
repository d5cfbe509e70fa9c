//! What statements say of files, against the files of the kit.

use std::collections::BTreeMap;

use sealkit_attest::{DatasetVersion, DependencyRole, Provenance, VerifiedStatement};
use sealkit_oci::{Digest, FileTable};
use sealkit_report::Step;

use super::things::read;
use super::{Contradiction, Said, judged};

const ID: &str = "statements-fit-files";
const TITLE: &str = "what statements say of files is so in the kit";

/// Digest of each file, by path.
type Files<'a> = BTreeMap<&'a str, &'a Digest>;

/// Compares what is named by a path of the kit.
pub(super) fn step(said: &Said<'_>) -> Step {
    let Some(table) = said.table else {
        return Step::skip(ID, TITLE, "there is no sealed file table to compare them with");
    };
    let files = files(table);
    let (mut compared, mut found) = (0, Vec::new());
    for statement in said.statements {
        let mut compare = |name: &str, claimed: &Digest, what: &str| {
            let Some(real) = files.get(name.trim_start_matches("./")) else { return };
            compared += 1;
            if *real != claimed {
                let reason = format!(
                    "`{name}` is not the file that {what}: {claimed} there, {real} in the kit"
                );
                found.push(Contradiction {
                    about: name.to_owned(),
                    reason,
                    evidence: statement.evidence().clone(),
                });
            }
        };
        subjects(statement, &mut compare);
        dependencies(statement, &mut compare);
    }
    for statement in said.statements {
        splits(statement, table, &files, &mut compared, &mut found);
    }
    judged((ID, "digest-mismatch"), TITLE, compared, found)
}

fn files(table: &FileTable) -> Files<'_> {
    let entries = table.layers.iter().flat_map(|layer| &layer.files);
    entries.filter_map(|entry| Some((entry.path.as_str(), entry.digest.as_ref()?))).collect()
}

/// What a statement is about, beside the manifest: files that were made or looked at.
fn subjects(statement: &VerifiedStatement, compare: &mut impl FnMut(&str, &Digest, &str)) {
    for subject in statement.value().subjects() {
        if let (Some(name), Some(digest)) = (&subject.name, subject.sha256()) {
            compare(name, &digest, "a statement is about");
        }
    }
}

/// What a run used, where the kit holds a file of that path.
fn dependencies(statement: &VerifiedStatement, compare: &mut impl FnMut(&str, &Digest, &str)) {
    let Ok(run) = read::<Provenance>(statement) else { return };
    for used in &run.build_definition.resolved_dependencies {
        let what = match used.role() {
            Some(DependencyRole::Dataset | DependencyRole::Evaluation) => {
                "was trained or tested on"
            }
            Some(DependencyRole::BaseModel | DependencyRole::Teacher) => "it was made from",
            Some(DependencyRole::Code) => "ran",
            // Packages and containers are named, and are no files of the kit.
            Some(DependencyRole::Environment) => continue,
            _ => "went into it",
        };
        if let (Some(name), Some(digest)) = (used.name.as_deref(), used.sha256()) {
            compare(name, &digest, what);
        }
    }
}

/// The splits of a dataset that the kit holds as a part of that name or path.
fn splits(
    statement: &VerifiedStatement,
    table: &FileTable,
    files: &Files<'_>,
    compared: &mut usize,
    found: &mut Vec<Contradiction>,
) {
    let Ok(data) = read::<DatasetVersion>(statement) else { return };
    let below = |path: &&str| {
        let rest = path.strip_prefix(data.id.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let mut held: Vec<&Digest> =
        files.iter().filter(|(path, _)| below(path)).map(|(_, digest)| *digest).collect();
    if held.is_empty() {
        return;
    }
    held.extend(table.layers.iter().map(|layer| &layer.diff_id));
    for (name, split) in &data.splits {
        let Some(claimed) = split.digest.sha256() else { continue };
        *compared += 1;
        if !held.contains(&&claimed) {
            found.push(Contradiction {
                about: format!("{} ({name})", data.id),
                reason: format!(
                    "split `{name}` of `{}` version `{}` is {claimed}, which the kit does not hold",
                    data.id, data.version
                ),
                evidence: statement.evidence().clone(),
            });
        }
    }
}

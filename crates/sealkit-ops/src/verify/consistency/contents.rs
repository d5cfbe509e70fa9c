//! What statements say of files, against the files of the kit.

use sealkit_attest::{DatasetVersion, DependencyRole, Provenance, VerifiedStatement};
use sealkit_oci::{Digest, FileTable};
use sealkit_report::Step;

use super::things::read;
use super::{Contradiction, Said, judged};
use crate::record::used::{Files, Found, Places, used};

const ID: &str = "statements-fit-files";
const TITLE: &str = "what statements say of files is so in the kit";

/// What came of all comparisons.
struct Compared<'a> {
    table: &'a FileTable,
    files: Files,
    count: usize,
    found: Vec<Contradiction>,
    /// Folders of which it can not be told.
    unclear: Vec<String>,
}

/// Compares what is named by a path of the kit.
pub(super) fn step(said: &Said<'_>) -> Step {
    let Some(table) = said.table else {
        return Step::skip(ID, TITLE, "there is no sealed file table to compare them with");
    };
    let (count, found, unclear) = (0, Vec::new(), Vec::new());
    let mut all = Compared { table, files: files(table), count, found, unclear };
    for statement in said.statements {
        all.subjects(statement);
        all.dependencies(statement);
        all.splits(statement);
    }
    if all.found.is_empty() && !all.unclear.is_empty() {
        let reason = format!(
            "a run read {}, whose files its record does not name, and the kit does not hold the whole of it",
            all.unclear.join(", ")
        );
        return Step::unknown(ID, TITLE, reason).coded(["not-checked"]);
    }
    judged((ID, "digest-mismatch"), TITLE, all.count, all.found)
}

fn files(table: &FileTable) -> Files {
    let entries = table.layers.iter().flat_map(|layer| &layer.files);
    entries.filter_map(|entry| Some((entry.path.clone(), entry.digest.clone()?))).collect()
}

impl Compared<'_> {
    /// Notes that the kit holds other bytes at `path` than were claimed.
    fn other(
        &mut self,
        statement: &VerifiedStatement,
        what: &str,
        (path, claimed, real): (&str, &Digest, &Digest),
    ) {
        let reason =
            format!("`{path}` is not the file that {what}: {claimed} there, {real} in the kit");
        let evidence = statement.evidence().clone();
        self.found.push(Contradiction { about: path.to_owned(), reason, evidence });
    }

    /// What a statement is about, beside the manifest: files that were made or looked at.
    fn subjects(&mut self, statement: &VerifiedStatement) {
        for subject in statement.value().subjects() {
            let (Some(name), Some(claimed)) = (&subject.name, subject.sha256()) else { continue };
            let Some(real) = self.files.get(name.trim_start_matches("./")).cloned() else {
                continue;
            };
            self.count += 1;
            if real != claimed {
                self.other(statement, "a statement is about", (name, &claimed, &real));
            }
        }
    }

    /// What a run used, where the kit holds it.
    fn dependencies(&mut self, statement: &VerifiedStatement) {
        let Ok(run) = read::<Provenance>(statement) else { return };
        let files = std::mem::take(&mut self.files);
        let places = Places::of(&files, statement.value());
        for by in &run.build_definition.resolved_dependencies {
            let what = match by.role() {
                Some(DependencyRole::Dataset | DependencyRole::Evaluation) => {
                    "was trained or tested on"
                }
                Some(DependencyRole::BaseModel | DependencyRole::Teacher) => "it was made from",
                Some(DependencyRole::Code) => "ran",
                _ => "went into it",
            };
            for one in used(by) {
                match places.look(&one) {
                    Found::Elsewhere => continue,
                    Found::Same => {}
                    Found::Other(path, real) => {
                        if let Some(claimed) = one.digest() {
                            self.other(statement, what, (&path, claimed, &real));
                        }
                    }
                    Found::Unclear(path) => self.unclear.push(format!("`{path}`")),
                }
                self.count += 1;
            }
        }
        self.files = files;
    }

    /// The splits of a dataset that the kit holds as a part of that name or path.
    fn splits(&mut self, statement: &VerifiedStatement) {
        let Ok(data) = read::<DatasetVersion>(statement) else { return };
        let below = |path: &str| {
            let rest = path.strip_prefix(data.id.trim_end_matches('/'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let mut held: Vec<&Digest> =
            self.files.iter().filter(|(path, _)| below(path)).map(|(_, digest)| digest).collect();
        if held.is_empty() {
            return;
        }
        held.extend(self.table.layers.iter().map(|layer| &layer.diff_id));
        for (name, split) in &data.splits {
            let Some(claimed) = split.digest.sha256() else { continue };
            self.count += 1;
            if !held.contains(&&claimed) {
                self.found.push(Contradiction {
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
}

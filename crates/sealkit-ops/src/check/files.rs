//! What a policy may ask of each file.

use std::collections::BTreeSet;

use sealkit_inspect::{Facts, Value, capabilities, property};
use sealkit_policy::FileFact;
use sealkit_report::Known;

use crate::bom::gather::Gathered;

/// Formats that are pickles, or hold them, by their own names.
const PICKLES: &[&str] = &["pickle", "pytorch-legacy", "pytorch-tar", "compressed-pickle"];

/// The files of a kit with what their bytes say; none where some layer could not be listed.
pub(super) fn facts(gathered: &Gathered) -> Option<Vec<FileFact>> {
    let mut all = Vec::new();
    for part in &gathered.parts {
        for file in part.files.as_ref()? {
            let facts = gathered.facts.get(&file.path);
            let (formats, traits) = facts.map_or((None, Vec::new()), said);
            let (path, digest) = (file.path.clone(), file.digest.clone());
            all.push(FileFact { path, digest, formats, traits });
        }
    }
    Some(all)
}

/// Formats and traits of one file.
fn said(facts: &Facts) -> (Option<Vec<String>>, Vec<String>) {
    let mut traits = BTreeSet::new();
    for fact in facts.facts.iter().filter(|fact| fact.property == property::CAN_RUN_CODE) {
        if fact.value == Value::Bool(true) {
            // What a file declares is code elsewhere, which its reader is asked to allow.
            let is_declared = fact.evidence.known == Known::Declared;
            traits.insert(if is_declared { "custom-code" } else { "can-run-code" });
        }
    }
    if facts.facts.iter().any(|fact| fact.property == property::EMBEDDED_CODE) {
        traits.insert("embedded-code");
    }
    let format = facts.text(property::FORMAT);
    // Where a reader that looks for code could not read on, nobody knows that there is none.
    let could_hide = format.is_none_or(looks_for_code);
    let formats = (!(facts.incomplete && could_hide)).then(|| formats(facts, format));
    (formats, traits.into_iter().map(str::to_owned).collect())
}

fn formats(facts: &Facts, format: Option<&str>) -> Vec<String> {
    let mut all = vec![format.unwrap_or("unknown").to_owned()];
    let holds_pickle = format.is_some_and(|format| PICKLES.contains(&format))
        || facts.facts.iter().any(|fact| fact.property == property::PICKLE_PROTOCOL);
    if holds_pickle && !all.iter().any(|format| format == "pickle") {
        all.push("pickle".to_owned());
    }
    all
}

fn looks_for_code(format: &str) -> bool {
    capabilities()
        .any(|one| one.format.id == format && one.properties.contains(&property::CAN_RUN_CODE))
}

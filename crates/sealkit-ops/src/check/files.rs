//! What a policy may ask of each file.

use std::collections::BTreeSet;

use sealkit_inspect::{Facts, Value, property};
use sealkit_oci::LayerRole;
use sealkit_policy::FileFact;
use sealkit_report::Known;

use crate::bom::gather::Gathered;
use crate::references::Use;

/// Formats that are pickles, or hold them, by their own names.
const PICKLES: &[&str] = &["pickle", "pytorch-legacy", "pytorch-tar", "compressed-pickle"];

/// Findings that say that a file may be something else, or hold something that nobody looked at.
const DOUBTS: &[&str] =
    &["not-opened", "pickle-open", "polyglot", "zip-ambiguous", "zip-duplicate-member"];
/// Formats that are text, which no loader runs: what is incomplete of them is a number of rows, or a part of a description.
const TEXTS: &[&str] = &[
    "compressed-csv",
    "compressed-jsonl",
    "compressed-tsv",
    "csv",
    "dataset-card",
    "git-lfs-pointer",
    "json-records",
    "jsonl",
    "markdown",
    "model-card",
    "prompt",
    "text",
    "tsv",
    "zstd-csv",
    "zstd-jsonl",
    "zstd-tsv",
];

/// The files of a kit with what their bytes say: those of what is used of it, all where that is none. None
/// where some layer could not be listed.
pub(super) fn facts(gathered: &Gathered, used: Option<Use>) -> Option<Vec<FileFact>> {
    let mut all = Vec::new();
    let is_used = |role: Option<LayerRole>| match used {
        None => true,
        Some(Use::Model) => matches!(role, None | Some(LayerRole::Model | LayerRole::ModelPart)),
        Some(Use::Datasets) => matches!(role, None | Some(LayerRole::Dataset)),
    };
    for part in gathered.parts.iter().filter(|part| is_used(part.role)) {
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
    let formats =
        (!(facts.incomplete && could_hide(facts, format))).then(|| formats(facts, format));
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

/// Whether code can hide in what was not read of a file. A file that is not what it seems, or was not
/// opened, can be anything; so can what a reader could not read to its end, unless all of it is text.
fn could_hide(facts: &Facts, format: Option<&str>) -> bool {
    facts.findings.iter().any(|finding| DOUBTS.contains(&finding.rule.as_str()))
        || !format.is_some_and(|format| TEXTS.contains(&format))
}

#[cfg(test)]
mod tests {
    use sealkit_report::Severity;

    use super::*;

    fn of(format: &str, incomplete: bool) -> Facts {
        let mut facts = Facts { incomplete, ..Facts::default() };
        facts.measured("a", "", property::FORMAT, Value::Text(format.to_owned()));
        facts
    }

    #[test]
    fn what_was_not_read_to_its_end_has_no_formats() {
        for format in ["gguf", "tflite", "zip", "gzip", "tar", "pickle", "safetensors"] {
            assert_eq!(said(&of(format, true)).0, None, "{format}");
            assert!(said(&of(format, false)).0.is_some(), "{format}");
        }
        assert_eq!(said(&Facts { incomplete: true, ..Facts::default() }).0, None);
        // A table of which some rows are broken hides nothing, as long as it is one.
        assert_eq!(said(&of("csv", true)).0, Some(vec!["csv".to_owned()]));
        let mut facts = of("csv", true);
        facts.find(
            "pickle-open",
            Severity::Medium,
            ("a", ""),
            "as a pickle it is more than is followed",
        );
        assert_eq!(said(&facts).0, None);
    }

    #[test]
    fn what_is_inside_counts_for_the_file() {
        let mut facts = of("zip", false);
        facts.measured("a", "m.pkl", property::PICKLE_PROTOCOL, Value::Uint(4));
        facts.measured("a", "m.pkl", property::CAN_RUN_CODE, Value::Bool(true));
        let (formats, traits) = said(&facts);
        assert_eq!(formats, Some(vec!["zip".to_owned(), "pickle".to_owned()]));
        assert_eq!(traits, ["can-run-code"]);
    }
}

//! A report as SARIF 2.1.0, for what shows findings beside code.

use std::collections::BTreeMap;

use sealkit_report::{Outcome, Report, Step};
use serde_json::{Value as Json, json};

use crate::Kind;
use crate::identity::escape;

/// The schema that documents name.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Writes a report as SARIF 2.1.0: one rule for each step, one result for each thing that a step
/// speaks of. `document` is what was judged, by the name that its user gave; name and version are
/// those of the software that judged it. Equal reports give equal documents.
pub fn sarif(report: &Report, document: &str, (name, version): (&str, &str)) -> Json {
    let mut rules: Vec<Json> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut results = Vec::new();
    for step in &report.steps {
        let next = rules.len();
        let rule = *places.entry(&step.id).or_insert(next);
        if rule == next {
            rules.push(json!({"id": step.id, "shortDescription": {"text": step.title}}));
        }
        results.extend(of_step(step, rule, document));
    }
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": name, "version": version, "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn of_step(step: &Step, rule: usize, document: &str) -> Vec<Json> {
    let (kind, level) = match step.outcome {
        Outcome::Fail => ("fail", "error"),
        Outcome::Unknown => ("open", "none"),
        Outcome::Pass => ("pass", "none"),
        Outcome::Skip => ("notApplicable", "none"),
    };
    let result = |text: &str, location: Json| {
        let text = if text.is_empty() { step.title.as_str() } else { text };
        json!({
            "ruleId": step.id,
            "ruleIndex": rule,
            "kind": kind,
            "level": level,
            "message": {"text": text},
            "locations": [location],
        })
    };
    if step.subjects.is_empty() {
        return vec![result(&step.reason, physical(document))];
    }
    // A step names its subjects in the order of its reasons; what is beyond its limit is counted.
    let pieces: Vec<&str> = step.reason.split("; ").collect();
    let is_counted = pieces.last().is_some_and(|piece| piece.starts_with("and "));
    let fits = pieces.len() == step.subjects.len() + usize::from(is_counted);
    let text = |at: usize| pieces.get(at).filter(|_| fits).copied().unwrap_or(&step.reason);
    let each = step.subjects.iter().enumerate();
    each.map(|(at, subject)| result(text(at), location(subject, document))).collect()
}

/// A path as a place in the artifact; anything else by its name in the document.
fn location(subject: &str, document: &str) -> Json {
    let is_named = subject.ends_with('`')
        && Kind::ALL.iter().any(|kind| {
            subject.strip_prefix(kind.name()).is_some_and(|rest| rest.starts_with(" `"))
        });
    let is_path =
        !is_named && !matches!(subject, "document" | "artifact") && !subject.contains("://");
    if is_path {
        return physical(subject);
    }
    let mut place = physical(document);
    if let Some(map) = place.as_object_mut() {
        map.insert("logicalLocations".to_owned(), json!([{"name": subject}]));
    }
    place
}

fn physical(path: &str) -> Json {
    json!({"physicalLocation": {"artifactLocation": {"uri": uri(path)}}})
}

/// A relative reference (RFC 3986): each step of the path percent-encoded, so that no character of
/// a file name is taken for a scheme, a query or a fragment.
fn uri(path: &str) -> String {
    let path = path.trim_start_matches('/');
    let steps: Vec<String> = path.split('/').map(escape).collect();
    let joined = steps.join("/");
    if joined.is_empty() { ".".to_owned() } else { joined }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        Report {
            steps: vec![
                Step::fail("file-hashes", "files", "`a b#c` is x; `d` is y; and 3 more")
                    .about(["a b#c".to_owned(), "d".to_owned()]),
                Step::unknown("file-hashes", "files", "`e` is open").about(["e".to_owned()]),
                Step::fail("lineage", "origins", "one; two; three").about(["model `m`".to_owned()]),
                Step::pass("document", "document is whole"),
                Step::skip("evidence", "evidence", "none"),
            ],
        }
    }

    #[test]
    fn every_step_is_a_rule_and_every_subject_a_result() {
        let sarif = sarif(&report(), "bom.json", ("sealkit", "1.0"));
        let run = &sarif["runs"][0];
        assert_eq!(run["tool"]["driver"]["rules"].as_array().unwrap().len(), 4);
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), 6);
        assert_eq!(results[0]["message"]["text"], "`a b#c` is x");
        let uri = "/locations/0/physicalLocation/artifactLocation/uri";
        assert_eq!(results[0].pointer(uri).unwrap(), "a%20b%23c");
        assert_eq!((&results[1]["level"], &results[1]["kind"]), (&json!("error"), &json!("fail")));
        assert_eq!((&results[2]["level"], &results[2]["kind"]), (&json!("none"), &json!("open")));
        assert_eq!(results[2]["ruleIndex"], 0);
        // Reasons that cannot be told apart stand whole.
        assert_eq!(results[3]["message"]["text"], "one; two; three");
        assert_eq!(results[3].pointer(uri).unwrap(), "bom.json");
        assert_eq!(results[3]["locations"][0]["logicalLocations"][0]["name"], "model `m`");
        assert_eq!(results[4]["message"]["text"], "document is whole");
        assert_eq!(results[5]["kind"], "notApplicable");
    }

    #[test]
    fn paths_are_relative_references() {
        assert_eq!(uri("/etc/passwd"), "etc/passwd");
        assert_eq!(uri("javascript:x"), "javascript%3Ax");
        assert_eq!(uri("ä/b?c"), "%C3%A4/b%3Fc");
        assert_eq!(uri(""), ".");
    }
}

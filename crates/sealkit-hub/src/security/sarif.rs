//! Findings as SARIF 2.1.0 (OASIS), for what shows findings beside code.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sealkit_api::{KitSecurity, SecurityFinding};
use sealkit_report::Severity;
use serde_json::{Value, json};

/// The schema that documents name.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The findings, one result each. Equal findings give equal documents.
pub(super) fn sarif(found: &KitSecurity) -> Value {
    let mut rules: Vec<Value> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in &found.findings {
        let next = rules.len();
        if *places.entry(&finding.rule).or_insert(next) == next {
            rules.push(json!({
                "id": finding.rule,
                "shortDescription": { "text": finding.meaning },
                "help": { "text": finding.advice },
            }));
        }
    }
    let result = |finding: &SecurityFinding| {
        let at = places.get(finding.rule.as_str());
        json!({
            "ruleId": finding.rule,
            "ruleIndex": at,
            "level": level(finding.severity),
            "message": { "text": finding.message },
            "locations": [location(finding)],
        })
    };
    let version = env!("CARGO_PKG_VERSION");
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "sealkit-hub", "version": version, "rules": rules } },
            "automationDetails": { "id": format!("{}@{}", found.name, found.digest) },
            // Where nobody looked, no result means nothing.
            "invocations": [{ "executionSuccessful": found.inspected && found.problem.is_none() }],
            "results": found.findings.iter().map(result).collect::<Vec<_>>(),
        }],
    })
}

/// SARIF has three levels (§3.27.10).
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Info | Severity::Low => "note",
        Severity::Medium => "warning",
        Severity::High | Severity::Critical => "error",
    }
}

/// The file as a relative address; a byte or a line as a region, any other place by its name.
fn location(finding: &SecurityFinding) -> Value {
    let mut physical = json!({ "artifactLocation": { "uri": address(&finding.file) } });
    let number = |start: &str| finding.place.strip_prefix(start)?.parse::<u64>().ok();
    if let Some(byte) = number("byte ") {
        physical["region"] = json!({ "byteOffset": byte });
    } else if let Some(line) = number("line ").filter(|line| *line > 0) {
        physical["region"] = json!({ "startLine": line });
    }
    let mut location = json!({ "physicalLocation": physical });
    if !finding.place.is_empty() {
        location["logicalLocations"] = json!([{ "fullyQualifiedName": finding.place }]);
    }
    location
}

/// A path as a relative reference (RFC 3986 §4.2): everything but plain letters is escaped, so that no path
/// becomes an address of something else.
fn address(path: &str) -> String {
    let mut text = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                text.push(char::from(byte));
            }
            byte => {
                // Writing to a string cannot fail.
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text.trim_start_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use sealkit_oci::Digest;

    use super::*;

    #[test]
    fn findings_have_rules_places_and_no_foreign_address() {
        let mut found = KitSecurity::new("a".to_owned(), Digest::of(b"a"));
        let finding = |file: &str, place: &str| SecurityFinding {
            severity: Severity::High,
            rule: "r".to_owned(),
            file: file.to_owned(),
            place: place.to_owned(),
            message: "m".to_owned(),
            meaning: "M.".to_owned(),
            advice: "a".to_owned(),
        };
        found.findings = vec![
            finding("https://evil.example/é", "byte 7"),
            finding("//x", "line 3"),
            finding("a", "/x/0"),
        ];
        let text = sarif(&found);
        let run = &text["runs"][0];
        assert_eq!(run["tool"]["driver"]["rules"].as_array().unwrap().len(), 1);
        assert_eq!(run["invocations"][0]["executionSuccessful"], false);
        let place = |at: usize| &run["results"][at]["locations"][0];
        let uri = &place(0)["physicalLocation"]["artifactLocation"]["uri"];
        assert_eq!(uri, "https%3A//evil.example/%C3%A9");
        assert_eq!(place(0)["physicalLocation"]["region"]["byteOffset"], 7);
        assert_eq!(place(1)["physicalLocation"]["region"]["startLine"], 3);
        assert_eq!(place(1)["physicalLocation"]["artifactLocation"]["uri"], "x");
        assert_eq!(place(2)["logicalLocations"][0]["fullyQualifiedName"], "/x/0");
        assert_eq!(run["results"][0]["level"], "error");
    }
}

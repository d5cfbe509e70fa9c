//! What strangers' programs say of a document: valid or not, and how complete.

use std::path::Path;

use sealkit_oci::Digest;
use serde_json::Value;

use super::owasp;
use super::tools::{SECONDS, Tools};
use crate::run::{Outcome, capture, root};

/// Scores of one document; none where the judge is not there.
#[derive(Default)]
pub(super) struct Scores {
    /// The sum of the OWASP AIBOM generator, over the document alone.
    pub(super) owasp: f64,
    /// `aisbom score`.
    pub(super) aisbom: Option<f64>,
    /// `sbom-tools quality --profile ai-readiness`.
    pub(super) readiness: Option<f64>,
    /// Errors of `sbom-tools validate --standard bsi-ai`.
    pub(super) errors: Option<usize>,
}

/// Scores a CycloneDX document.
pub(super) fn score(tools: &Tools, path: &Path) -> Outcome<Scores> {
    let document: Value = serde_json::from_slice(&std::fs::read(path)?)?;
    let mut scores = Scores { owasp: owasp::score(&document), ..Scores::default() };
    if let Some(program) = tools.find("aisbom") {
        let mut command = tools.command(&program);
        let text = capture(command.arg("score").arg(path).args(["--json", "--offline"]))?;
        scores.aisbom = serde_json::from_str::<Value>(&text)?["overall"].as_f64();
    }
    if let Some(program) = tools.find("sbom-tools") {
        let mut quality = tools.command(&program);
        quality.arg("quality").arg(path).args(["--profile", "ai-readiness", "-o", "json"]);
        scores.readiness = json_of(&mut quality).as_ref().and_then(readiness);
        let mut validate = tools.command(&program);
        validate.arg("validate").arg(path).args(["--standard", "bsi-ai", "-o", "json"]);
        scores.errors = json_of(&mut validate).map(|found| count_errors(&found));
    }
    Ok(scores)
}

/// The JSON that a program prints, whatever its exit code: judges fail on what they find.
fn json_of(command: &mut std::process::Command) -> Option<Value> {
    let output = command.output().ok()?;
    serde_json::from_slice(&output.stdout).ok()
}

fn readiness(found: &Value) -> Option<f64> {
    let places = ["/report/overall_score", "/overall_score", "/score"];
    places.iter().find_map(|place| found.pointer(place)?.as_f64())
}

fn count_errors(found: &Value) -> usize {
    match found {
        Value::Object(map) => {
            let here = map.get("severity").is_some_and(|severity| {
                severity.as_str().is_some_and(|text| text.eq_ignore_ascii_case("error"))
            });
            usize::from(here) + map.values().map(count_errors).sum::<usize>()
        }
        Value::Array(list) => list.iter().map(count_errors).sum(),
        _ => 0,
    }
}

/// Holds a document of ours against the official schemas; gives each validator with its verdict.
pub(super) fn validate(tools: &Tools, path: &Path) -> Vec<(&'static str, String)> {
    let shared = root().join("../shared");
    let shared = if shared.is_dir() { shared } else { root().join("../../shared") };
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if name.ends_with("spdx3.json") {
        return vec![("schema and SHACL", spdx(tools, &shared, path))];
    }
    let (version, member) = if name.contains("1.7") { ("1.7", "V1_7") } else { ("1.6", "V1_6") };
    let schemas = shared.join("testdata/cyclonedx/schemas");
    let schema = schemas.join(format!("bom-{version}.schema.json"));
    let first = match tools.find("check-jsonschema").filter(|_| schema.is_file()) {
        None => "skipped".to_owned(),
        Some(program) => {
            let mut command = tools.command(&program);
            command.arg("--base-uri").arg(format!("file://{}/", schemas.display()));
            verdict(command.arg("--schemafile").arg(&schema).arg(path))
        }
    };
    let script = format!(
        "import sys\nfrom cyclonedx.schema import SchemaVersion\n\
         from cyclonedx.validation.json import JsonStrictValidator\n\
         error = JsonStrictValidator(SchemaVersion.{member}).validate_str(open(sys.argv[1]).read())\n\
         sys.exit(str(error) if error else 0)\n"
    );
    let second =
        match tools.find("check-jsonschema").map(|program| program.with_file_name("python")) {
            None => "skipped".to_owned(),
            Some(python) => verdict(tools.command(&python).args(["-c", &script]).arg(path)),
        };
    vec![("check-jsonschema", first), ("cyclonedx-python-lib, strict", second)]
}

fn spdx(tools: &Tools, shared: &Path, path: &Path) -> String {
    let script = shared.join("tools/spdx3_offline_check.py");
    match tools.find("pyshacl").map(|program| program.with_file_name("python")) {
        Some(python) if script.is_file() => {
            once(tools, [&script, path], || verdict(tools.command(&python).arg(&script).arg(path)))
        }
        _ => "skipped".to_owned(),
    }
}

/// A judgement that takes minutes is made once by the same judge of the same bytes: a good one is kept.
fn once(tools: &Tools, of: [&Path; 2], judge: impl FnOnce() -> String) -> String {
    let digest = |path| std::fs::read(path).map(|bytes| Digest::of(&bytes));
    let [judge_of, document] = of.map(digest);
    let kept = judge_of.and_then(|judge_of| {
        let name = Digest::of(format!("{judge_of} {}", document?).as_bytes());
        Ok(tools.kept(&format!("{}.valid", name.hex())))
    });
    if kept.as_ref().is_ok_and(|kept| kept.is_file()) {
        return "valid".to_owned();
    }
    let verdict = judge();
    if let (Ok(kept), "valid") = (kept, verdict.as_str()) {
        // Where it can not be kept it is made again.
        let _ = kept.parent().map_or(Ok(()), std::fs::create_dir_all);
        let _ = std::fs::write(kept, b"");
    }
    verdict
}

/// What a validator says. One that takes too long has said nothing: `timeout` exits with 124 then.
fn verdict(command: &mut std::process::Command) -> String {
    match command.output() {
        Ok(output) if output.status.success() => "valid".to_owned(),
        Ok(output) if output.status.code() == Some(124) => format!("skipped after {SECONDS} s"),
        Ok(output) => {
            let text = [output.stdout, output.stderr].concat();
            let text = String::from_utf8_lossy(&text).into_owned();
            text.lines().take(8).collect::<Vec<_>>().join("; ")
        }
        Err(error) => format!("skipped: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_good_judgement_of_the_same_bytes_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let tools = Tools::new(folder.path());
        let [judge, document] = ["judge", "document"].map(|name| folder.path().join(name));
        std::fs::write(&judge, b"1").unwrap();
        std::fs::write(&document, b"1").unwrap();
        let says = |verdict: &str| once(&tools, [&judge, &document], || verdict.to_owned());
        assert_eq!(says("wrong"), "wrong");
        assert_eq!(says("valid"), "valid");
        assert_eq!(says("not asked"), "valid");
        std::fs::write(&judge, b"2").unwrap();
        assert_eq!(says("asked again"), "asked again");
        std::fs::write(&judge, b"1").unwrap();
        std::fs::write(&document, b"2").unwrap();
        assert_eq!(says("asked again"), "asked again");
    }

    #[test]
    fn errors_are_counted_wherever_they_stand() {
        let found = serde_json::json!({"results": [{"violations": [
            {"severity": "Error"}, {"severity": "Warning"}, {"severity": "ERROR"}]}]});
        assert_eq!(count_errors(&found), 2);
        assert_eq!(readiness(&serde_json::json!({"overall_score": 62.5})), Some(62.5));
    }
}

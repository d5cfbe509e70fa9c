//! What inspection found, in one sentence and a short list.

use std::fmt::Write as _;

use sealkit_ops::bom::RunsCode;
use sealkit_report::{Finding, counted};
use serde::Serialize;

use crate::console::escape;

/// Findings that are repeated.
const SHOWN: usize = 10;
/// Files that run code of which the first names are shown, and names of each.
const FILES: usize = 3;
const NAMES: usize = 3;

/// A file that runs code where it is loaded, or asks for it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CodeRow<'a> {
    file: &'a str,
    /// What it looks up by name.
    looks_up: &'a [String],
    /// Whether the code is elsewhere, and whoever loads the file is asked to allow it.
    asks: bool,
}

/// The rows of these files.
pub(super) fn code_rows(files: &[RunsCode]) -> Vec<CodeRow<'_>> {
    let rows = files.iter().map(|file| CodeRow {
        file: &file.file,
        looks_up: &file.looks_up,
        asks: file.asks,
    });
    rows.collect()
}

/// What was found. That a file can run code is no finding, but whoever reads that nothing was found would take it for
/// that.
pub(super) fn inspection(findings: &[Finding], files: &[RunsCode]) -> String {
    let (own, asked): (Vec<_>, Vec<_>) = files.iter().partition(|file| !file.asks);
    let code = [said("loading can run code", &own), said("code of its own is asked for", &asked)];
    let code: Vec<String> = code.into_iter().flatten().collect();
    if findings.is_empty() && code.is_empty() {
        return "nothing was found".to_owned();
    }
    let count = match findings.len() {
        0 => "no finding".to_owned(),
        count => counted(count, "finding"),
    };
    let mut text = std::iter::once(count).chain(code).collect::<Vec<_>>().join("; ");
    for finding in findings.iter().take(SHOWN) {
        let severity = format!("{:?}", finding.severity).to_lowercase();
        let (file, message) = (escape(&finding.evidence.file), escape(&finding.message));
        let _ = write!(text, "\n  {severity}: {file}: {message} ({})", escape(&finding.rule));
    }
    if findings.len() > SHOWN {
        let _ = write!(text, "\n  and {} more: use `--format json`", findings.len() - SHOWN);
    }
    text
}

fn said(what: &str, files: &[&RunsCode]) -> Option<String> {
    let shown: Vec<String> = files.iter().take(FILES).map(|file| one(file)).collect();
    let more = files.len().saturating_sub(FILES);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    (!files.is_empty())
        .then(|| format!("{what}: {} ({}{more})", counted(files.len(), "file"), shown.join(", ")))
}

fn one(file: &RunsCode) -> String {
    let name = escape(&file.file);
    let names: Vec<String> = file.looks_up.iter().take(NAMES).map(|name| escape(name)).collect();
    if names.is_empty() {
        return name;
    }
    let more = if file.looks_up.len() > NAMES { " and more" } else { "" };
    format!("{name} looks up {}{more}", names.join(", "))
}

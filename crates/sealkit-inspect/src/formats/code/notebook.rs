//! Jupyter notebooks: the code of their cells.
//!
//! Source: nbformat 4, "The Notebook file format".

use sealkit_report::{Budget, Known};
use serde_json::Value as Json;

use super::source::{GIVES, read};
use crate::formats::packages::pip_install;
use crate::python::{Token, tokens};
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, PackageInfo, Probe, ReadAt, Value,
    json, json_pruned, property,
};

const FORMAT: Format = Format::new("notebook", "Jupyter notebook", Class::Code, &[".ipynb"])
    .media("application/x-ipynb+json");

pub(crate) struct Notebook;

impl Inspector for Notebook {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let named = FORMAT.claims_name(probe.file_name());
        let is_like = |text: &str| text.contains("\"cells\"") || text.contains("\"nbformat\"");
        match probe.text() {
            Some(text) if named && is_like(text) => Confidence::Content,
            None if named && probe.len == 0 => Confidence::Name,
            _ => Confidence::No,
        }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        // Plots and tables can take many times the room of the code.
        let root = if source.len() > json::MAX_BYTES {
            json_pruned::read(source, budget, &["outputs", "attachments", "widgets"])?
        } else {
            json::read(source, budget)?
        };
        let mut facts = Facts::default();
        let is_python = language(&root, path, &mut facts);
        let mut all: Vec<Token> = Vec::new();
        // Where the lines of each cell start in the common count.
        let mut starts: Vec<(usize, usize)> = Vec::new();
        let mut lines = 0;
        for (cell, entry) in cells(&root) {
            let code = code(entry);
            let magics = split(&code);
            for (line, command) in magics.commands {
                for package in pip_install(&command) {
                    let place = format!("/cells/{cell}/source line {line}");
                    install(package, path, &place, &mut facts);
                }
            }
            if is_python {
                starts.push((lines, cell));
                let found = tokens(&magics.python, budget)?;
                all.extend(found.into_iter().map(|t| Token { line: t.line + lines, ..t }));
                lines += magics.python.matches('\n').count() + 1;
            }
        }
        let place = |line: usize| {
            let cell = starts.partition_point(|(start, _)| *start < line);
            let (start, cell) = starts.get(cell.saturating_sub(1)).copied().unwrap_or_default();
            format!("/cells/{cell}/source line {}", line - start.min(line))
        };
        read(&all, path, &place, &mut facts);
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        GIVES
    }
}

/// Adds the language of the kernel; whether it is Python, or nothing says otherwise.
fn language(root: &Json, path: &str, facts: &mut Facts) -> bool {
    let pointers = ["/metadata/language_info/name", "/metadata/kernelspec/language"];
    let found = pointers.iter().find_map(|at| Some((*at, root.pointer(at)?.as_str()?)));
    let Some((place, name)) = found else { return true };
    let is_python = name.eq_ignore_ascii_case("python");
    facts.declared(path, place, property::PROGRAMMING_LANGUAGE, Value::Text(name.to_owned()));
    let at = "/metadata/language_info/version";
    if let Some(version) = root.pointer(at).and_then(Json::as_str).filter(|_| is_python) {
        let package = PackageInfo {
            ecosystem: "generic".to_owned(),
            name: "python".to_owned(),
            version: Some(version.to_owned()),
            direct: true,
            ..PackageInfo::default()
        };
        let fact = (property::PACKAGE, Value::Package(package));
        facts.about("generic:python", Known::Declared, (path, at), fact);
    }
    is_python
}

fn cells(root: &Json) -> impl Iterator<Item = (usize, &Json)> {
    let cells = root.get("cells").and_then(Json::as_array).into_iter().flatten().enumerate();
    cells.filter(|(_, cell)| cell.get("cell_type").and_then(Json::as_str) == Some("code"))
}

/// The source of a cell: one text, or its lines.
fn code(cell: &Json) -> String {
    match cell.get("source") {
        Some(Json::String(text)) => text.clone(),
        Some(Json::Array(lines)) => lines.iter().filter_map(Json::as_str).collect(),
        _ => String::new(),
    }
}

struct Magics {
    /// The cell with its magics blanked, so that lines keep their numbers.
    python: String,
    /// Lines, from 1, that start with `%` or `!`.
    commands: Vec<(usize, String)>,
}

fn split(code: &str) -> Magics {
    let mut magics = Magics { python: String::new(), commands: Vec::new() };
    let first = code.trim_start();
    // The cell is for another program, but for these, which run it as it is.
    let other = first.starts_with("%%")
        && !["%%time", "%%timeit", "%%capture"].iter().any(|magic| first.starts_with(magic));
    for (at, line) in (1..).zip(code.lines()) {
        let content = line.trim_start();
        let is_magic = content.starts_with(['%', '!']);
        if is_magic || (other && content.starts_with("pip")) {
            magics.commands.push((at, content.to_owned()));
        }
        if !is_magic && !other {
            magics.python.push_str(line);
        }
        magics.python.push('\n');
    }
    magics
}

fn install(package: PackageInfo, path: &str, place: &str, facts: &mut Facts) {
    let subject = format!("pypi:{}", package.name);
    let fact = (property::PACKAGE, Value::Package(package));
    facts.about(&subject, Known::Inferred, (path, place), fact);
}

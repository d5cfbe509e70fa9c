//! Python source files.

use std::collections::BTreeSet;

use sealkit_report::{Budget, Known, Severity};

use super::{inline, loads};
use crate::formats::packages::{Packages, setup, text};
use crate::python::{Token, calls, checked_tokens, distribution, imports, is_standard};
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, PackageInfo, Probe, ReadAt, Value,
    licence, property,
};

const FORMAT: Format =
    Format::new("python", "Python source", Class::Code, &[".py", ".pyi", ".pyw"])
        .media("text/x-python");

pub(crate) struct Python;

impl Inspector for Python {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let named = FORMAT.claims_name(probe.file_name());
        match probe.text() {
            Some(_) if named => Confidence::Content,
            Some(text) if is_script(text) => Confidence::Guess,
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
        let text = text(source, budget, FORMAT.name)?;
        let mut facts = Facts::default();
        if let Some((expression, line)) = licence::header(&text) {
            let value = Value::Text(expression);
            facts.declared(path, &format!("line {line}"), property::LICENCE, value);
        }
        facts.extend(inline::script(&text, path, budget)?);
        let (tokens, fault) = checked_tokens(&text, budget)?;
        read(&tokens, path, &|line| format!("line {line}"), &mut facts);
        if path.rsplit('/').next() == Some("setup.py") {
            let mut packages = Packages::new(path, budget);
            let read = setup(&tokens, &mut packages);
            facts.extend(packages.finish(read)?);
        }
        if let Some(fault) = fault {
            // What it imports and loads beside that is a guess.
            facts.incomplete = true;
            let message = format!("this is no Python that runs: {}", fault.what);
            let at = format!("line {}", fault.line);
            facts.find("python-broken", Severity::Low, (path, &at), message);
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        GIVES
    }
}

/// What Python code can give, in a file or in a notebook.
pub(super) const GIVES: &[&str] = &[
    property::IMPORT,
    property::PACKAGE,
    property::LOADS_MODEL,
    property::LOADS_DATASET,
    property::FILE_REFERENCE,
    property::CAN_RUN_CODE,
    property::LICENCE,
    property::PROGRAMMING_LANGUAGE,
];

/// A program whose first line names the interpreter.
fn is_script(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.starts_with("#!") && first.contains("python")
}

/// Adds imports, the packages that they come from, and what is loaded. `place` turns a line of
/// the tokens into the place in the file.
pub(super) fn read(
    tokens: &[Token],
    path: &str,
    place: &dyn Fn(usize) -> String,
    facts: &mut Facts,
) {
    let imports = imports(tokens);
    let mut modules = BTreeSet::new();
    let mut packages = BTreeSet::new();
    for import in imports.iter().filter(|import| !is_standard(&import.module)) {
        if !modules.insert(import.module.as_str()) {
            continue;
        }
        let at = place(import.line);
        facts.measured(path, &at, property::IMPORT, Value::Text(import.module.clone()));
        let Some(name) = distribution(&import.module).filter(|name| packages.insert(*name)) else {
            continue;
        };
        let package = PackageInfo {
            ecosystem: "pypi".to_owned(),
            name: name.to_owned(),
            direct: true,
            ..PackageInfo::default()
        };
        let fact = (property::PACKAGE, Value::Package(package));
        facts.about(&format!("pypi:{name}"), Known::Inferred, (path, &at), fact);
    }
    loads::read(&calls(tokens), &imports, path, place, facts);
}

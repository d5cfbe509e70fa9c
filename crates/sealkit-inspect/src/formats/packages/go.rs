//! `go.mod` and `go.sum`.
//!
//! Source: Go Modules Reference, "go.mod files" and "go.sum files".

use std::collections::BTreeMap;

use super::out::Packages;
use crate::{InspectError, PackageInfo, property};

/// A module, or one version of it.
type Old = (String, Option<String>);

/// What takes its place.
struct New {
    name: String,
    version: Option<String>,
    line: usize,
}

/// Reads `go.mod`. A `replace` takes the place of what it names.
pub(super) fn module(text: &str, out: &mut Packages<'_>) -> Result<(), InspectError> {
    let mut block = String::new();
    let mut required = Vec::new();
    let mut replaced: BTreeMap<Old, New> = BTreeMap::new();
    for (at, line) in (1..).zip(text.lines()) {
        out.budget.steps(1)?;
        let (content, comment) = line.split_once("//").unwrap_or((line, ""));
        let words: Vec<&str> = content.split_whitespace().collect();
        if words == [")"] {
            block.clear();
            continue;
        }
        if let ([name, "("], true) = (words.as_slice(), block.is_empty()) {
            (*name).clone_into(&mut block);
            continue;
        }
        let (directive, words) = match words.split_first() {
            Some((first, rest)) if block.is_empty() => (*first, rest),
            _ => (block.as_str(), words.as_slice()),
        };
        match (directive, words) {
            ("module", [name]) => {
                let json = serde_json::Value::String(unquote(name));
                out.project(&format!("line {at}"), property::NAME, Some(&json));
            }
            ("go", [version]) => {
                let mut package = golang("go");
                "generic".clone_into(&mut package.ecosystem);
                package.requirement = Some(format!(">={version}"));
                package.direct = true;
                out.add(format!("line {at}"), package)?;
            }
            ("require", [name, version]) => {
                let mut package = golang(&unquote(name));
                package.version = Some(unquote(version));
                package.direct = !comment.trim_start().starts_with("indirect");
                required.push((format!("line {at}"), package));
            }
            ("replace", words) => replaced.extend(replacement(words, at)),
            _ => {}
        }
    }
    for (mut place, mut package) in required {
        // That of one version comes before that of all.
        let of_one = replaced.get(&(package.name.clone(), package.version.clone()));
        let new = of_one.or_else(|| replaced.get(&(package.name.clone(), None)));
        if let Some(New { name, version, line }) = new {
            match version {
                Some(version) => {
                    name.clone_into(&mut package.name);
                    package.version = Some(version.clone());
                    place = format!("line {line}");
                }
                // Without a version it is a folder.
                None => package.source = Some(name.clone()),
            }
        }
        out.add(place, package)?;
    }
    Ok(())
}

/// `OLD [VERSION] => NEW [VERSION]`.
fn replacement(words: &[&str], line: usize) -> Option<(Old, New)> {
    let mut sides = words.split(|word| *word == "=>").map(|side| {
        let mut words = side.iter().map(|word| unquote(word));
        Some((words.next()?, words.next()))
    });
    let (old, (name, version)) = (sides.next()??, sides.next()??);
    Some((old, New { name, version, line }))
}

/// Reads `go.sum`: modules whose content is listed. Its `h1:` is a digest over a list of digests,
/// kept as it stands. Whether the program uses them all is not said.
pub(super) fn sums(text: &str, out: &mut Packages<'_>) -> Result<(), InspectError> {
    for (at, line) in (1..).zip(text.lines()) {
        out.budget.steps(1)?;
        let mut words = line.split_whitespace();
        let (Some(name), Some(version), Some(sum)) = (words.next(), words.next(), words.next())
        else {
            continue;
        };
        // The other half of the lines is about `go.mod` alone.
        if !version.ends_with("/go.mod") && sum.starts_with("h1:") {
            let mut package = golang(name);
            package.version = Some(version.to_owned());
            package.digests = vec![sum.to_owned()];
            out.add(format!("line {at}"), package)?;
        }
    }
    Ok(())
}

fn unquote(word: &str) -> String {
    word.trim_matches(['"', '`']).to_owned()
}

fn golang(name: &str) -> PackageInfo {
    PackageInfo { ecosystem: "golang".to_owned(), name: name.to_owned(), ..PackageInfo::default() }
}

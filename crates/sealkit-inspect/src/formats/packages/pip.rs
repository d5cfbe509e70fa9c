//! `requirements.txt`, constraint files, and `python_env.yaml`, which has their lines.
//!
//! Source: pip documentation, "Requirements File Format"; MLflow documentation, "MLflow Models", "Additional Logged Files".

use serde_json::Value as Json;

use super::out::{Packages, items};
use super::pep508::{digest_of, fragment_digests, python, requirement};
use crate::address::without_credentials;
use crate::format::ends_with;
use crate::{FileInfo, InspectError, PackageInfo, Scope};
use sealkit_report::Severity;

/// Reads the lines of a requirements file.
pub(super) fn requirements(text: &str, out: &mut Packages<'_>) -> Result<(), InspectError> {
    let mut lines = text.lines().enumerate();
    // What pip-compile and uv write below a requirement: who needs it.
    let mut askers: Vec<(usize, String)> = Vec::new();
    let mut in_via = false;
    while let Some((at, line)) = lines.next() {
        out.budget.steps(1)?;
        if let Some(comment) = line.trim_start().strip_prefix('#') {
            let via = comment.trim_start().strip_prefix("via");
            in_via = via.is_some() || (in_via && comment.starts_with("   "));
            let asker = via.unwrap_or(comment).trim();
            if let (Some(last), true) = (out.count().checked_sub(1), in_via && !asker.is_empty()) {
                askers.push((last, asker.to_owned()));
            }
            continue;
        }
        in_via = false;
        let mut whole = line.to_owned();
        let mut last = at;
        // A backslash at the end of a line joins the next to it; a comment ends the line first.
        while whole.ends_with('\\') && !is_comment(&whole) {
            whole.pop();
            let Some((next, line)) = lines.next() else { break };
            out.budget.steps(1)?;
            whole.push_str(line);
            last = next;
        }
        let place = match last {
            last if last == at => format!("line {}", at + 1),
            last => format!("lines {}-{}", at + 1, last + 1),
        };
        line_of(without_comment(&whole), place, out)?;
    }
    out.asked_by(&askers);
    Ok(())
}

/// Reads `python_env.yaml` of MLflow: lists of lines of a requirements file.
pub(super) fn environment(root: &Json, out: &mut Packages<'_>) -> Result<(), InspectError> {
    for key in ["build_dependencies", "dependencies"] {
        for (at, line) in items(root, key).enumerate() {
            out.budget.steps(1)?;
            let before = out.count();
            let line = line.as_str().unwrap_or_default();
            line_of(without_comment(line), format!("/{key}/{at}"), out)?;
            if key == "build_dependencies" {
                out.rescope(before, Scope::Build);
            }
        }
    }
    Ok(())
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// A `#` starts a comment at the start of a line or after a space; elsewhere it belongs to a URL.
fn without_comment(line: &str) -> &str {
    if is_comment(line) {
        return "";
    }
    let end = line.find(" #").or_else(|| line.find("\t#"));
    line.get(..end.unwrap_or(line.len())).unwrap_or(line).trim()
}

fn line_of(line: &str, place: String, out: &mut Packages<'_>) -> Result<(), InspectError> {
    if line.is_empty() {
        return Ok(());
    }
    for (short, long) in [("-r", "--requirement"), ("-c", "--constraint")] {
        if let Some(path) = option(line, short, long) {
            let path = without_credentials(path);
            out.file(&place, FileInfo { path, ..FileInfo::default() });
            return Ok(());
        }
    }
    if let Some(target) = option(line, "-e", "--editable") {
        return address(target, place, out);
    }
    // Options of pip itself: index addresses, and the like.
    if line.starts_with('-') {
        return Ok(());
    }
    let (line, digests) = split_options(line);
    if line.contains("://") && !line.contains(" @ ") && requirement(line).is_none() {
        return address(line, place, out);
    }
    match requirement(line) {
        Some(mut package) => {
            package.direct = true;
            package.digests.extend(digests);
            out.add(place, package)
        }
        None if line.starts_with(['.', '/']) || ends_with(line, ".whl") => {
            out.file(&place, FileInfo { path: line.to_owned(), ..FileInfo::default() });
            Ok(())
        }
        None => {
            let message = "a line that is no requirement".to_owned();
            out.find("requirement-unread", Severity::Low, &place, message);
            Ok(())
        }
    }
}

/// What follows an option in its short or long form.
fn option<'l>(line: &'l str, short: &str, long: &str) -> Option<&'l str> {
    let rest = match line.strip_prefix(long) {
        Some(rest) => rest.strip_prefix(['=', ' '])?,
        None => line.strip_prefix(short)?,
    };
    let rest = rest.trim().trim_matches(['"', '\'']);
    (!rest.is_empty() && !rest.starts_with('-')).then_some(rest)
}

/// The requirement before the first option, and the digests that `--hash` gives.
fn split_options(line: &str) -> (&str, Vec<String>) {
    let Some((requirement, options)) = line.split_once(" --") else { return (line, Vec::new()) };
    let words = options.split([' ', '\t', '=']).filter(|word| !word.is_empty());
    (requirement.trim(), words.filter_map(digest_of).collect())
}

/// An address or a folder in place of a requirement. Its name is in `#egg=`, in the name of the
/// archive, or unknown.
fn address(target: &str, place: String, out: &mut Packages<'_>) -> Result<(), InspectError> {
    if !target.contains("://") {
        // A folder, with the extras that pip reads from its end.
        let path = target.split('[').next().unwrap_or(target).to_owned();
        out.file(&place, FileInfo { path, ..FileInfo::default() });
        return Ok(());
    }
    let target = target.split_once(" ;").map_or(target, |(target, _)| target);
    let egg = target.split_once('#').map_or("", |(_, fragment)| fragment);
    let egg = egg.split('&').find_map(|pair| pair.strip_prefix("egg="));
    let bare = without_credentials(target);
    // A commit or a branch is no version of the package: it stays where it is written.
    let repository = match bare.rsplit_once('@') {
        Some((before, revision))
            if target.starts_with("git+") && !revision.contains(['/', ':']) =>
        {
            before
        }
        _ => &bare,
    };
    let last = repository.rsplit('/').next().unwrap_or_default();
    let wheel = last.strip_suffix(".whl").map(|stem| stem.split('-'));
    let mut package = match (egg, wheel) {
        (Some(egg), _) => python(egg.split('[').next().unwrap_or(egg)),
        (None, Some(mut parts)) => {
            let mut package = python(parts.next().unwrap_or_default());
            package.version = parts.next().map(str::to_owned);
            package
        }
        (None, None) => {
            archive(last).unwrap_or_else(|| python(last.strip_suffix(".git").unwrap_or(last)))
        }
    };
    package.digests = fragment_digests(target);
    package.source = Some(bare);
    package.direct = true;
    out.add(place, package)
}

/// Name and version of a source archive (`NAME-VERSION.tar.gz`).
fn archive(file: &str) -> Option<PackageInfo> {
    let ends = [".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz"];
    let stem = ends.iter().find_map(|end| file.strip_suffix(end))?;
    let (name, version) = stem.rsplit_once('-').unwrap_or((stem, ""));
    let is_version = version.starts_with(|c: char| c.is_ascii_digit());
    let mut package = python(if is_version { name } else { stem });
    package.version = is_version.then(|| version.to_owned());
    Some(package)
}

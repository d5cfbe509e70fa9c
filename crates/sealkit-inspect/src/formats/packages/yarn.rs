//! `yarn.lock`, of version 1 and as newer ones (Berry) write it.
//!
//! Source: the lock files that Yarn 1.22 and 2 to 4 write.

use super::graph::Roots;
use super::npm::npm;
use super::out::Packages;
use crate::address::integrity;
use crate::{InspectError, PackageInfo};

/// One entry while its lines come.
#[derive(Default)]
struct Open {
    line: usize,
    package: PackageInfo,
    /// The list that lines of four spaces belong to.
    section: String,
    is_local: bool,
}

/// Reads either form: both have entries at the margin, fields below, and lists below these.
pub(super) fn lock(text: &str, out: &mut Packages<'_>) -> Result<(), InspectError> {
    let mut roots = Roots::default();
    let mut open: Option<Open> = None;
    for (at, line) in (1..).zip(text.lines()) {
        out.budget.steps(1)?;
        let content = line.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        if indent == 0 {
            close(open.take(), at - 1, &mut roots, out)?;
            open = start(content, at);
        } else if let Some(open) = &mut open {
            let (key, value) = pair(content);
            match indent {
                0..=2 => field(open, &key, &value),
                _ if value.starts_with("workspace:") => {}
                _ if matches!(open.section.as_str(), "dependencies" | "optionalDependencies") => {
                    open.package.needs.push(key);
                }
                _ => {}
            }
        }
    }
    close(open.take(), text.lines().count(), &mut roots, out)?;
    out.settle(&roots)
}

/// `"@scope/name@^1.0.0", name@npm:^2:`: the name before the last `@` of the first.
fn start(content: &str, line: usize) -> Option<Open> {
    let first = content.trim_end_matches(':').split(", ").next()?.trim_matches('"');
    let at = first.get(1..)?.find('@')? + 1;
    let (name, wanted) = first.split_at_checked(at)?;
    let wanted = wanted.trim_start_matches('@');
    // `alias@npm:name@range`: the package is the one behind the alias.
    let alias = wanted.strip_prefix("npm:").and_then(|rest| {
        let at = rest.get(1..)?.find('@')? + 1;
        rest.get(..at)
    });
    let is_local = wanted.starts_with("workspace:");
    let package = npm(alias.unwrap_or(name));
    Some(Open { line, package, section: String::new(), is_local })
}

/// `key "value"` of version 1, `key: value` of the newer ones.
fn pair(content: &str) -> (String, String) {
    let (key, value) = match content.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
        Some((key, value)) => (key, value),
        None => content.split_once([' ', ':']).unwrap_or((content, "")),
    };
    let clean = |text: &str| text.trim_start_matches(':').trim().trim_matches('"').to_owned();
    (key.trim_end_matches(':').to_owned(), clean(value))
}

fn field(open: &mut Open, key: &str, value: &str) {
    open.section.clear();
    let package = &mut open.package;
    match key {
        "version" => package.version = Some(value.to_owned()),
        "integrity" => package.digests = integrity(value),
        "resolved" => package.source = Some(value.to_owned()),
        // The digest of the archive as Yarn packs it again, which is none of what a registry has.
        "checksum" => {}
        "resolution" => {
            if let Some((_, url)) = value.split_once("@http") {
                package.source = Some(format!("http{url}"));
            }
            if value.contains("@workspace:") {
                open.is_local = true;
            }
        }
        _ => key.clone_into(&mut open.section),
    }
}

fn close(
    open: Option<Open>,
    end: usize,
    roots: &mut Roots,
    out: &mut Packages<'_>,
) -> Result<(), InspectError> {
    let Some(open) = open else { return Ok(()) };
    if open.is_local {
        // A workspace does not tell which of its needs are for development.
        roots.runtime.extend(open.package.needs);
        return Ok(());
    }
    out.add(format!("lines {}-{end}", open.line), open.package)
}

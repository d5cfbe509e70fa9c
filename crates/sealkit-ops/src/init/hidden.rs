//! Hidden files: neither lost without a word nor packed without a word.

use sealkit_kitfile::Listed;
use sealkit_pack::Ignore as _;
use sealkit_pack::path::is_within;

use super::InitOutcome;
use crate::pack::{FolderRules, IGNORE_FILE, KITFILE_NAMES};

/// Finds what is hidden and lies in a part of the Kitfile, and keeps it out by a `.kitignore`; where
/// the folder has one already, the person is told.
pub(super) fn settle(entries: &[Listed], rules: &FolderRules, outcome: &mut InitOutcome) {
    let parts: Vec<String> = outcome.kitfile.parts().into_iter().map(|part| part.path).collect();
    let slips_in = |path: &str| parts.iter().any(|part| part != path && is_within(path, part));
    let own = |path: &str| path == IGNORE_FILE || KITFILE_NAMES.contains(&path);
    let hidden = entries.iter().map(|entry| entry.path.as_str()).filter(|path| {
        path.rsplit('/').next().is_some_and(|name| name.starts_with('.'))
            && !own(path)
            && slips_in(path)
            && !rules.ignores(path)
    });
    let hidden: Vec<String> = hidden.map(str::to_owned).collect();
    if hidden.is_empty() {
        return;
    }
    if rules.digest.is_some() {
        outcome.warnings.extend(hidden.iter().map(|path| {
            format!("hidden `{path}` will be packed: add it to `{IGNORE_FILE}` to keep it out")
        }));
        return;
    }
    let mut text =
        "# Hidden files, kept out of the kit. Remove a line to pack what it names.\n".to_owned();
    for path in &hidden {
        text.push_str(&pattern(path));
        text.push('\n');
    }
    outcome.ignore = Some(text);
    outcome.kept_out = hidden;
}

/// The path as a pattern that means itself only.
fn pattern(path: &str) -> String {
    let mut pattern = String::with_capacity(path.len());
    for c in path.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

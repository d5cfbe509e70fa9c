//! The names that `forbiddenFormats` knows: a name that nothing is called would forbid nothing.

use sealkit_inspect::{Format, capabilities};

/// Names beside those of the formats: what a file can do or holds, and what no inspector knows.
const WORDS: [&str; 5] = ["pickle", "can-run-code", "embedded-code", "custom-code", "unknown"];

/// What is wrong with a name, and which one may be meant.
pub(crate) fn fault(name: &str) -> Option<String> {
    if WORDS.contains(&name) || formats().any(|format| format.id == name) {
        return None;
    }
    let name = crate::yaml::shown(name);
    Some(match nearest(&name) {
        Some(known) => format!("no format is called `{name}`; did you mean `{known}`?"),
        None => format!("no format is called `{name}`; docs/reference/formats.md has the names"),
    })
}

fn formats() -> impl Iterator<Item = &'static Format> {
    capabilities().map(|one| one.format)
}

/// The name that is nearest: written otherwise, what people call the format, an ending of its files, a part
/// of its name, or a slip.
fn nearest(name: &str) -> Option<&'static str> {
    let bare = plain(name);
    let known: Vec<&'static str> = WORDS.into_iter().chain(formats().map(|one| one.id)).collect();
    let same = |text: &str| plain(text) == bare;
    let ends = |format: &&Format| format.extensions.iter().any(|ending| same(ending));
    // Of several names the shortest says the least that nobody asked for.
    let has = |id: &&&str| bare.len() > 3 && plain(id).contains(&bare);
    let part = || known.iter().filter(has).min_by_key(|id| id.len()).copied();
    let found = known.iter().find(|id| same(id)).copied();
    found
        .or_else(|| formats().find(|format| same(format.name)).map(|format| format.id))
        .or_else(|| formats().find(ends).map(|format| format.id))
        .or_else(part)
        .or_else(|| sealkit_kitfile::nearest(name, &known))
}

/// Its letters and digits, in lower case.
fn plain(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

//! Licence texts as SPDX knows them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

/// How a licence can be named in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LicenceForm {
    /// An identifier of the SPDX list, in its own case.
    Id(&'static str),
    /// An expression of several identifiers.
    Expression(String),
    /// A name that SPDX does not know, such as `llama3.2`.
    Name(String),
}

/// Longest text that is tried as an expression, in bytes.
const MAX_EXPRESSION: usize = 1024;

/// Finds the form of a licence text; none where it says nothing.
pub fn licence_form(text: &str) -> Option<LicenceForm> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let known = spdx::identifiers::LICENSES.iter().find(|l| l.name.eq_ignore_ascii_case(text));
    if let Some(licence) = known {
        return Some(LicenceForm::Id(licence.name));
    }
    if let Some(id) = from_address(text) {
        return Some(LicenceForm::Id(id));
    }
    if text.len() <= MAX_EXPRESSION {
        let spelled = spelled(text);
        let joined = [" AND ", " OR ", " WITH "].iter().any(|word| spelled.contains(word));
        if joined && spdx::Expression::parse(&spelled).is_ok() {
            return Some(LicenceForm::Expression(spelled));
        }
    }
    Some(LicenceForm::Name(text.to_owned()))
}

/// The text with the words of an expression in the case that SPDX has for them: people write `mit or apache-2.0`.
fn spelled(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for piece in text.split_inclusive(|c: char| c.is_whitespace() || matches!(c, '(' | ')')) {
        let end = |c: char| c.is_whitespace() || matches!(c, '(' | ')');
        let word = piece.trim_end_matches(end);
        out.push_str(&known(word).unwrap_or_else(|| word.to_owned()));
        out.push_str(piece.get(word.len()..).unwrap_or_default());
    }
    out
}

/// An operator, an identifier or an exception of SPDX in its own case.
fn known(word: &str) -> Option<String> {
    let is = |name: &&str| name.eq_ignore_ascii_case(word);
    if let Some(operator) = ["AND", "OR", "WITH"].iter().find(|name| is(name)) {
        return Some((*operator).to_owned());
    }
    let (bare, plus) = word.strip_suffix('+').map_or((word, ""), |bare| (bare, "+"));
    let mut licences = spdx::identifiers::LICENSES.iter().map(|licence| licence.name);
    if let Some(id) = licences.find(|id| id.eq_ignore_ascii_case(bare)) {
        return Some(format!("{id}{plus}"));
    }
    let mut exceptions = spdx::identifiers::EXCEPTIONS.iter().map(|exception| exception.name);
    exceptions.find(is).map(str::to_owned)
}

/// The licence that stands at a well-known address.
fn from_address(text: &str) -> Option<&'static str> {
    let (scheme, rest) = text.split_once("://")?;
    let rest = rest.strip_prefix("www.").unwrap_or(rest).to_ascii_lowercase();
    if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") {
        return None;
    }
    let steps: Vec<&str> = rest.split('/').filter(|step| !step.is_empty()).collect();
    let named = match steps.as_slice() {
        ["creativecommons.org", "licenses", kind, version, ..] => format!("CC-{kind}-{version}"),
        ["creativecommons.org", "publicdomain", "zero", version, ..] => format!("CC0-{version}"),
        ["apache.org", "licenses", file] => {
            let version = file.trim_end_matches(".html").trim_end_matches(".txt");
            format!("Apache-{}", version.strip_prefix("license-")?)
        }
        [
            "opensource.org" | "opendatacommons.org" | "spdx.org" | "choosealicense.com",
            "licenses" | "license",
            name,
        ] => name.trim_end_matches(".html").to_owned(),
        _ => return None,
    };
    let mut known = spdx::identifiers::LICENSES.iter().map(|licence| licence.name);
    known.find(|id| id.eq_ignore_ascii_case(&named))
}

/// Lower-case letters and digits.
pub(crate) fn folded(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether two licences can both be meant: the same, a version `-only` and one `-or-later`, or one
/// of a choice.
pub(crate) fn same_licence(a: &str, b: &str) -> bool {
    let (a, b) = (ids(a), ids(b));
    a.is_empty() || b.is_empty() || a.iter().any(|id| b.contains(id))
}

/// The licences that a text names, each in one spelling.
fn ids(text: &str) -> BTreeSet<String> {
    if matches!(folded(text).as_str(), "other" | "unknown") {
        return BTreeSet::new();
    }
    words(text).iter().map(|word| bare(word)).collect()
}

/// The licences and exceptions that a text names, as they are written there.
fn words(text: &str) -> Vec<String> {
    match licence_form(text) {
        None => Vec::new(),
        Some(LicenceForm::Id(id)) => vec![id.to_owned()],
        Some(LicenceForm::Name(name)) => vec![name],
        Some(LicenceForm::Expression(text)) => text
            .split(|c: char| c.is_whitespace() || matches!(c, '(' | ')'))
            .filter(|word| !matches!(*word, "" | "AND" | "OR" | "WITH"))
            .map(str::to_owned)
            .collect(),
    }
}

/// An identifier without what it says of later versions, in one spelling.
fn bare(id: &str) -> String {
    let id = id.trim_end_matches('+');
    folded(id.strip_suffix("-only").or_else(|| id.strip_suffix("-or-later")).unwrap_or(id))
}

/// What a text is found by that names licences: each of them in one spelling, whatever is said of later versions.
/// Full names count as the identifiers that SPDX has for them.
pub fn licence_keys(text: &str) -> BTreeSet<String> {
    let keys = wanted(text).into_iter().map(|word| bare(&word));
    keys.filter(|key| !key.is_empty()).collect()
}

/// Whether what is licensed as `held` says is under the licence `asked`: a part of an expression counts. None where
/// it may be: `GPL-3.0-only` is asked for and `GPL-3.0-or-later` is there, or one of several that are asked for.
pub fn is_licence(asked: &str, held: &str) -> Option<bool> {
    let (asked, held) = (wanted(asked), wanted(held));
    let (mut some, mut surely) = (false, true);
    for one in &asked {
        let same: Vec<&String> = held.iter().filter(|other| bare(other) == bare(one)).collect();
        some |= !same.is_empty();
        surely &= same.iter().any(|other| covers(later(one), later(other)));
    }
    match (some, surely) {
        (true, true) => Some(true),
        (true, false) => None,
        (false, _) => Some(false),
    }
}

/// As [`words`], with a full name as its identifier.
fn wanted(text: &str) -> Vec<String> {
    match licence_form(text) {
        Some(LicenceForm::Name(name)) => {
            let (plain, plus) = name.strip_suffix('+').map_or((&*name, ""), |plain| (plain, "+"));
            vec![named(plain).map_or_else(|| name.clone(), |id| format!("{id}{plus}"))]
        }
        _ => words(text),
    }
}

/// What an identifier says of later versions of its licence.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Later {
    Unsaid,
    Not,
    Too,
}

fn later(id: &str) -> Later {
    match id {
        _ if id.ends_with('+') || id.ends_with("-or-later") => Later::Too,
        _ if id.ends_with("-only") => Later::Not,
        _ => Later::Unsaid,
    }
}

/// `GPL-3.0` was written for either until SPDX told them apart.
fn covers(asked: Later, held: Later) -> bool {
    match asked {
        Later::Unsaid => true,
        Later::Not => held != Later::Too,
        Later::Too => held == Later::Too,
    }
}

/// The identifier that SPDX has for a licence that is called by its full name: `Apache License 2.0`, `GPL v3`.
fn named(name: &str) -> Option<&'static str> {
    if name.len() > MAX_NAME {
        return None;
    }
    let (whole, short) = (folded(name), shortened(name));
    let full = NAMES.iter().find(|row| row.full == whole);
    let is_short = |id: &str| id == short || id.strip_suffix('0') == Some(short.as_str());
    let found = full.or_else(|| NAMES.iter().find(|row| !short.is_empty() && is_short(&row.short)));
    found.map(|row| row.id)
}

/// A licence of SPDX with its full name and its identifier as they are compared.
struct Names {
    id: &'static str,
    full: String,
    short: String,
}

static NAMES: LazyLock<Vec<Names>> = LazyLock::new(|| {
    let all = spdx::identifiers::LICENSES.iter();
    let row = |one: &spdx::License| Names {
        id: one.name,
        full: folded(one.full_name),
        short: shortened(one.name),
    };
    all.map(row).collect()
});

/// Longest full name of a licence, in bytes.
const MAX_NAME: usize = 128;

/// Folded, without the words that people put around a licence and its version.
fn shortened(name: &str) -> String {
    const AROUND: [&str; 6] = ["the", "license", "licence", "version", "gnu", "v"];
    let name = name.to_lowercase();
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !AROUND.contains(word));
    let mut out = String::new();
    for word in words {
        // `GPLv3`, `v2.0`: the letter before the number says nothing.
        let number = word.trim_start_matches(|c: char| !c.is_ascii_digit());
        let letters = word.strip_suffix(number).unwrap_or(word);
        out.push_str(letters.strip_suffix('v').filter(|_| !number.is_empty()).unwrap_or(letters));
        out.push_str(number);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_licences_are_these_licences() {
        for (address, id) in [
            ("https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"),
            ("http://creativecommons.org/licenses/by-nc-sa/3.0/legalcode", "CC-BY-NC-SA-3.0"),
            ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
            ("https://www.apache.org/licenses/LICENSE-2.0.txt", "Apache-2.0"),
            ("https://opensource.org/licenses/MIT", "MIT"),
            ("https://spdx.org/licenses/BSD-3-Clause.html", "BSD-3-Clause"),
        ] {
            assert_eq!(licence_form(address), Some(LicenceForm::Id(id)), "{address}");
        }
    }

    #[test]
    fn expressions_are_read_in_any_case() {
        let expression = |text: &str| Some(LicenceForm::Expression(text.to_owned()));
        for (text, spelled) in [
            ("mit OR apache-2.0", "MIT OR Apache-2.0"),
            ("MIT or (Apache-2.0 and bsd-3-clause)", "MIT OR (Apache-2.0 AND BSD-3-Clause)"),
            (
                "gpl-2.0-or-later with classpath-exception-2.0",
                "GPL-2.0-or-later WITH Classpath-exception-2.0",
            ),
            ("MIT OR LicenseRef-Mine", "MIT OR LicenseRef-Mine"),
        ] {
            assert_eq!(licence_form(text), expression(spelled), "{text}");
        }
        for name in ["MIT and others", "mit or", "with thanks"] {
            assert_eq!(licence_form(name), Some(LicenceForm::Name(name.to_owned())));
        }
        assert!(same_licence("mit or apache-2.0", "Apache-2.0"));
    }

    #[test]
    fn any_other_address_is_a_name() {
        for address in [
            "https://lab.example/licenses/MIT",
            "https://creativecommons.org/licenses/by/",
            "ftp://opensource.org/licenses/MIT",
            "https://opensource.org/licenses/mine",
            "https://",
        ] {
            assert_eq!(licence_form(address), Some(LicenceForm::Name(address.into())), "{address}");
        }
    }

    #[test]
    fn a_licence_is_asked_for_by_any_of_its_names() {
        for (asked, held, wanted) in [
            ("MIT", "mit", Some(true)),
            ("MIT", "MIT OR Apache-2.0", Some(true)),
            ("bsd-3-clause", "(MIT AND BSD-3-Clause)", Some(true)),
            ("MIT OR Apache-2.0", "MIT", None),
            ("Apache License 2.0", "apache-2.0", Some(true)),
            ("apache-2.0", "Apache License, Version 2.0", Some(true)),
            ("MIT License", "https://opensource.org/licenses/MIT", Some(true)),
            ("llama3.2", "Llama3.2", Some(true)),
            ("MIT", "MIT-0", Some(false)),
            ("MIT", "", Some(false)),
            ("", "MIT", Some(false)),
        ] {
            assert_eq!(is_licence(asked, held), wanted, "{asked} of {held}");
            let shared = !licence_keys(asked).is_disjoint(&licence_keys(held));
            assert_eq!(shared, wanted != Some(false), "{asked} of {held}");
        }
    }

    #[test]
    fn what_is_said_of_later_versions_counts_where_it_is_said() {
        for (asked, held, wanted) in [
            ("GPL-3.0", "GPL-3.0-only", Some(true)),
            ("GPL-3.0", "GPL-3.0-or-later", Some(true)),
            ("GPLv3", "GPL-3.0-or-later", Some(true)),
            ("GPL-3.0-only", "GPL-3.0", Some(true)),
            ("GPL-3.0-only", "GPL-3.0-or-later", None),
            ("GPL-3.0-or-later", "GPL-3.0+", Some(true)),
            ("GPL-3.0-or-later", "GPL-3.0-only", None),
            ("GPL-2.0", "GPL-3.0-only", Some(false)),
            ("GPL-3.0", "LGPL-3.0-only", Some(false)),
            ("GPL-3.0", "GPL-3.0-only WITH Classpath-exception-2.0", Some(true)),
        ] {
            assert_eq!(is_licence(asked, held), wanted, "{asked} of {held}");
        }
    }
}

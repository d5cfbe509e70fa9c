//! Licence texts as SPDX knows them.

use std::collections::BTreeSet;

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
    let bare = |id: &str| {
        let id = id.trim_end_matches('+');
        let id = id.strip_suffix("-only").or_else(|| id.strip_suffix("-or-later")).unwrap_or(id);
        folded(id)
    };
    match licence_form(text) {
        None => BTreeSet::new(),
        Some(LicenceForm::Id(id)) => BTreeSet::from([bare(id)]),
        Some(LicenceForm::Name(name)) => BTreeSet::from([bare(&name)]),
        Some(LicenceForm::Expression(text)) => text
            .split(|c: char| c.is_whitespace() || matches!(c, '(' | ')'))
            .filter(|word| !matches!(*word, "" | "AND" | "OR" | "WITH"))
            .map(bare)
            .collect(),
    }
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
}

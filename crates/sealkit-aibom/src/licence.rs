//! Licence texts as SPDX knows them.

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
    let joined = [" AND ", " OR ", " WITH "].iter().any(|word| text.contains(word));
    if joined && text.len() <= MAX_EXPRESSION && spdx::Expression::parse(text).is_ok() {
        return Some(LicenceForm::Expression(text.to_owned()));
    }
    Some(LicenceForm::Name(text.to_owned()))
}

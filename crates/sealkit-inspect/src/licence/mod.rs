//! Licences: told by their text, by a line in a source, and by the names that model hubs use.

mod known;
mod names;
mod texts;

pub use names::{LicenceName, hub};
pub use texts::{Match, detect};

/// Bytes of a source in which its licence line is looked for.
pub(crate) const MAX_HEAD: usize = 8 << 10;

/// The expression behind `SPDX-License-Identifier:` (SPDX 2.3, annex E) near the start of a
/// source, and its line, from 1. What is no valid expression is none.
pub fn header(text: &str) -> Option<(String, usize)> {
    const MARK: &str = "SPDX-License-Identifier:";
    let end = (0..=text.len().min(MAX_HEAD)).rev().find(|at| text.is_char_boundary(*at))?;
    let head = text.get(..end)?;
    let (line, content) = (1..).zip(head.lines()).find(|(_, line)| line.contains(MARK))?;
    let (_, expression) = content.split_once(MARK)?;
    // Comments close behind it.
    let closes = ["*/", "-->", "#}", "\"\"\"", "'''"];
    let expression = closes
        .iter()
        .fold(expression, |text, close| text.split_once(close).map_or(text, |(before, _)| before));
    let expression = expression.trim();
    let is_valid = !expression.is_empty() && spdx::Expression::parse(expression).is_ok();
    is_valid.then(|| (expression.to_owned(), line))
}

/// Lower case, one space between words, no punctuation: line breaks and quotes differ in copies.
fn normal(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut out = String::with_capacity(text.len());
    for word in words {
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(word.chars().flat_map(char::to_lowercase));
    }
    out
}

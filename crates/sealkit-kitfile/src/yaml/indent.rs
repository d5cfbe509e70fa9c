//! Lines of a list or map in brackets that are not indented more than its key. YAML 1.2 wants them to be
//! (§7.4, flow styles in a block); Go's YAML, which `kit` reads with, takes them wherever they begin. Blanks at
//! the start of such a line mean nothing, so that they are put there for the parser.

use std::collections::BTreeMap;

use saphyr_parser::ScanError;

use super::Tree;

/// What the parser says of such a line.
const MEANT: [&str; 2] = ["invalid indentation", "invalid indentation in flow construct"];
/// Most lines that are indented: the text is read anew for each.
const MAX_LINES: usize = 64;
/// Blanks that are put before a line at a time.
const STEP: usize = 64;

/// Whether the error is about the indentation of a line inside brackets.
pub(super) fn is_meant(error: &ScanError) -> bool {
    MEANT.contains(&error.info())
}

/// A text with some of its lines indented.
pub(super) struct Padded {
    text: String,
    /// Blanks before each line, by its number from one.
    lines: BTreeMap<usize, usize>,
    tries: usize,
}

impl Padded {
    /// The text as it is.
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), lines: BTreeMap::new(), tries: 0 }
    }

    /// The text as it is now.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Indents a line; false where that was done often enough.
    pub(super) fn pad(&mut self, line: usize) -> bool {
        self.tries += 1;
        let Some(at) = start(&self.text, line).filter(|_| self.tries <= MAX_LINES) else {
            return false;
        };
        self.text.insert_str(at, &" ".repeat(STEP));
        *self.lines.entry(line).or_default() += STEP;
        true
    }

    /// Puts the places of a tree back to where they are in the text as it was.
    pub(super) fn settle(&self, tree: &mut Tree) {
        for node in &mut tree.nodes {
            let pad = self.lines.get(&node.span.line).copied().unwrap_or_default();
            node.span.column = node.span.column.saturating_sub(pad);
        }
    }
}

/// Where line `number`, counted from one, begins. A line ends with `\n`, `\r\n` or `\r`, as in YAML.
fn start(text: &str, number: usize) -> Option<usize> {
    let mut at = 0;
    for _ in 1..number {
        let rest = text.get(at..)?;
        let end = rest.find(['\n', '\r'])?;
        let ending = if rest.get(end..)?.starts_with("\r\n") { 2 } else { 1 };
        at += end + ending;
    }
    Some(at)
}

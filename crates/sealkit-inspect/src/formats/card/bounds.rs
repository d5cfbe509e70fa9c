//! Sentences about the use of a model that name a bound: "input longer than 256 word pieces is
//! truncated". Cards without a section for limits have them there.

use super::markdown::{Kind, Line};
use super::prose::place;
use super::sections::Section;
use crate::pick::{MAX_TEXT, Pen, cut};
use crate::{Value, property};

/// Words that make a sentence one about a bound.
const PHRASES: &[&str] = &[
    "is truncated",
    "are truncated",
    "be truncated",
    "is limited to",
    "are limited to",
    "does not support",
    "do not support",
    "only supports",
    "not suitable",
    "not intended",
    "not recommended",
    "should not be used",
    "must not be used",
];
/// Most sentences that are taken from one section.
const MAX_SENTENCES: usize = 20;

/// Reads what a section about uses says of bounds.
pub(super) fn read(pen: &mut Pen<'_>, section: &Section<'_>) {
    let mut found = 0;
    for paragraph in section.lines.split(|line| line.kind != Kind::Text) {
        for (text, first, last) in sentences(paragraph) {
            let lower = text.to_lowercase();
            if found < MAX_SENTENCES && PHRASES.iter().any(|phrase| lower.contains(phrase)) {
                found += 1;
                let value = Value::Text(cut(&text, MAX_TEXT).to_owned());
                pen.inferred(&place(first, last), property::LIMITATION, value);
            }
        }
    }
}

/// The sentences of a paragraph, each with its first and last line.
fn sentences(paragraph: &[Line]) -> Vec<(String, u64, u64)> {
    let mut all = Vec::new();
    let mut open: Option<(String, u64)> = None;
    let mut last = 0;
    for line in paragraph {
        last = line.number;
        let is_item = line.text.trim_start().starts_with(['-', '*', '+', '|']);
        if is_item && let Some((text, first)) = open.take() {
            all.push((text, first, last.saturating_sub(1)));
        }
        for piece in line.text.trim().split_inclusive(". ") {
            let (text, _) = open.get_or_insert_with(|| (String::new(), line.number));
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(piece.trim());
            if piece.trim_end().ends_with(['.', '!', '?']) {
                all.extend(open.take().map(|(text, first)| (text, first, line.number)));
            }
        }
    }
    all.extend(open.map(|(text, first)| (text, first, last)));
    all
}
